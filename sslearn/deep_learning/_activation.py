"""The last activation: which one, and what enters it."""

import numpy as np

# What losses that take raw scores apply to them.
_OF_SCORES = {"scores": "softmax", "sigmoid_scores": "sigmoid"}


def takes_scores(loss):
    """Whether a loss takes the network's output before the last activation."""
    return getattr(loss, "takes", "any") in _OF_SCORES


def last_activation(activation, spec, loss):
    """The activation after the network, on which the encoding and the loss must agree.

    Parameters
    ----------
    activation : {"auto", "softmax", "sigmoid", "tanh"} or None
        The parameter.
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
        If the encoding has no classes to choose from, the loss is not defined without another
        activation, it reads the targets as those of another encoding, or the two cannot express
        that a source is absent.
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
    """Deviation and mean of what the last activation turns into the targets, to first order.

    A network whose own outputs are of order 1 then starts in the middle of the targets, however
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
        Scale and shift.
    """
    mean, deviation = targets.mean(axis=0), targets.std(axis=0)
    if activation == "tanh":
        mean = np.clip(mean, -0.99, 0.99)
        return deviation / (1.0 - mean**2), np.arctanh(mean)
    if activation == "sigmoid":
        mean = np.clip(mean, 0.005, 0.995)
        return deviation / (mean * (1.0 - mean)), np.log(mean / (1.0 - mean))
    return deviation, mean
