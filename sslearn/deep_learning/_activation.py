"""The last activation: which one, and what enters it."""

import numpy as np

from sslearn.encoding import GridEncoding

# What losses that take raw scores apply to them.
_OF_SCORES = {"scores": "softmax", "sigmoid_scores": "sigmoid"}


def takes_scores(loss):
    """Whether a loss takes what the network answers before the last activation."""
    return getattr(loss, "takes", "any") in _OF_SCORES


def last_activation(activation, encoding, loss):
    """The activation after the network, which the encoding and the loss have a say in.

    Parameters
    ----------
    activation : {"auto", "softmax", "sigmoid", "tanh"} or None
        What the user asked for.
    encoding : Encoding
        Encoding of the directions.
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
        activation, or it reads the targets as those of another encoding.
    """
    on_grid, takes = isinstance(encoding, GridEncoding), getattr(loss, "takes", "any")
    if not on_grid and (takes_scores(loss) or activation == "softmax"):
        raise ValueError(
            "loss='cross_entropy', loss='gibbs_weighted' and activation='softmax' need an encoding "
            f"on a grid, such as UnbiasedEncoding; got encoding={encoding!r}."
        )
    if isinstance(takes, tuple):
        _check_code(encoding, loss)
    allowed = ("softmax", "sigmoid") if takes == "probabilities" else None
    if takes_scores(loss):
        allowed = (_OF_SCORES[takes],)
    if activation == "auto":
        activation = _OF_SCORES.get(takes, encoding.activation)
    if allowed is not None and activation not in allowed:
        raise ValueError(
            f"activation must be 'auto' or one of {allowed} for {type(loss).__name__}, which takes "
            f"{takes}; got {activation!r}."
        )
    return activation


def _check_code(encoding, loss):
    """Refuse a loss that would read the encoded directions in another way."""
    code, scale = loss.takes
    if (encoding.code, encoding.scale) == (code, scale):
        return
    cure = (
        "Use AngleEncoding('sigmoid')"
        if encoding.code is None
        else f"Use AngularLoss({encoding.code!r}, scale={encoding.scale!r})"
    )
    raise ValueError(
        f"encoding must have code={code!r} and scale={scale!r} for loss={loss!r}; got "
        f"{encoding!r} with code={encoding.code!r} and scale={encoding.scale!r}. {cure}."
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
