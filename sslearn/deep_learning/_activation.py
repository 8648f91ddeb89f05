"""The last activation, and the range of its input."""

import numpy as np

# Activations inside the losses that take raw scores.
_OF_SCORES = {"scores": "softmax", "sigmoid_scores": "sigmoid"}


def takes_scores(loss):
    """Return whether a loss takes the network's output before the last activation."""
    return getattr(loss, "takes", "any") in _OF_SCORES


def last_activation(activation, spec, loss):
    """Choose the last activation, on which the encoding and the loss must agree.

    Parameters
    ----------
    activation : {"auto", "softmax", "sigmoid", "tanh"} or None
        Parameter of the localizer.
    spec : OutputSpec
        Specification of the output by the encoding.
    loss : callable
        Criterion of output and target.

    Returns
    -------
    activation : {"softmax", "sigmoid", "tanh"} or None
        The activation.

    Raises
    ------
    ValueError
        If the loss needs classes but the encoding has none, is not defined for this activation,
        needs the targets of another encoding, or cannot express that a source is absent.
    """
    takes = getattr(loss, "takes", "any")
    if not spec.classes and (takes_scores(loss) or activation == "softmax"):
        raise ValueError(
            "loss='cross_entropy', loss='gibbs_weighted' and activation='softmax' need an encoding "
            f"on a grid, such as UnbiasedEncoding; got one with outputs of shape {spec.shape}."
        )
    if isinstance(takes, tuple) and takes != spec.code:
        _refuse_code(spec.code, loss)
    allowed = ("softmax", "sigmoid") if takes == "probabilities" else None
    if takes_scores(loss):
        allowed = (_OF_SCORES[takes],)
    if activation == "auto":
        activation = _OF_SCORES.get(takes, spec.activation)
    if allowed is not None and activation not in allowed:
        raise ValueError(
            f"activation must be 'auto' or one of {allowed} for {type(loss).__name__}, which takes "
            f"{takes}; got {activation!r}."
        )
    if spec.absence and (activation == "softmax" or not getattr(loss, "learns_absence", True)):
        raise ValueError(
            f"{type(loss).__name__} with activation={activation!r} cannot express that a source is "
            "absent. Use loss='mse' or loss='bce' with activation='auto', or threshold=None of the "
            "encoding where all sources are always present."
        )
    return activation


def _refuse_code(code, loss):
    cure = "AngleEncoding('sigmoid')"
    if code is not None:
        cure = f"AngularLoss({code[0]!r}, scale={code[1]!r})"
    raise ValueError(
        f"encoding must have code={loss.takes} for loss={loss!r}, which reads its targets; got "
        f"code={code}. Use {cure}."
    )


def range_before(activation, targets):
    """Compute, to first order, deviation and mean of the last activation's input for the targets.

    Scaled by them, a network with outputs of order 1 starts in the middle of the targets, however
    narrow their range is.

    Parameters
    ----------
    activation : {"softmax", "sigmoid", "tanh"} or None
        The last activation.
    targets : ndarray of shape (n_samples, n_outputs)
        Targets of all samples.

    Returns
    -------
    deviation, mean : ndarray of shape (n_outputs,)
        Scale ``deviation / f'(x)`` and shift ``x = f^-1(mean)`` before the activation ``f``.
    """
    mean, deviation = targets.mean(axis=0), targets.std(axis=0)
    if activation == "tanh":
        # tanh' = 1 - tanh^2; the limit keeps the inverse finite.
        mean = np.clip(mean, -0.99, 0.99)
        return deviation / (1.0 - mean**2), np.arctanh(mean)
    if activation == "sigmoid":
        # s' = s (1 - s) and s^-1(m) = log(m / (1 - m)) of the sigmoid s.
        mean = np.clip(mean, 0.005, 0.995)
        return deviation / (mean * (1.0 - mean)), np.log(mean / (1.0 - mean))
    return deviation, mean
