"""Validation of true and predicted directions, done once in public functions."""

import numpy as np

from sslearn.geometry import check_doa, check_multi_doa, to_float
from sslearn.utils import check_weights
from sslearn.utils.param_validation import Interval, Real, StrOptions

# Constraints of parameters.
COMPONENT = [StrOptions({"azimuth", "elevation"}), None]
TOLERANCE = [Interval(Real, 0, None, closed="left")]
AVERAGE = [StrOptions({"pooled", "clips"})]


def has_sources(y_true, y_pred):
    """Return whether the directions are laid out for several sources."""
    shapes = [
        y.shape if isinstance(y, np.ndarray) else to_float(y, name).shape
        for y, name in ((y_true, "y_true"), (y_pred, "y_pred"))
    ]
    several = [len(shape) > 2 for shape in shapes]
    if any(several) and not all(several):
        flat = "y_true" if several[1] else "y_pred"
        raise ValueError(
            "y_true and y_pred must both have an axis of sources, or neither; got shapes "
            f"{shapes[0]} and {shapes[1]}. Azimuths of several sources are {flat}[..., None]."
        )
    return all(several)


def check_pair(y_true, y_pred, sample_weight=None):
    """Validate true and predicted directions of one source.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        Directions in degrees.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    y_true, y_pred : ndarray of the same shapes
        Checked directions.
    weight : ndarray of shape (n_samples,)
        Weights, ones if None.
    """
    y_true, y_pred = check_doa(y_true, name="y_true"), check_doa(y_pred, name="y_pred")
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"y_true and y_pred must have the same shape; got {y_true.shape} and {y_pred.shape}."
        )
    return y_true, y_pred, check_weights(sample_weight, y_true)


def check_multi_pair(y_true, y_pred, sample_weight=None):
    """Validate true and predicted directions of several sources, which may differ in number.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, n_true, k) or (n_samples, n_frames, n_true, k)
        True directions in degrees.
    y_pred : array-like of shape (n_samples, n_pred, k) or (n_samples, n_frames, n_pred, k)
        Predicted directions.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    y_true, y_pred : ndarray of the same shapes
        Checked directions.
    weight : ndarray of shape (n_samples,)
        Weights, ones if None.
    """
    y_true = check_multi_doa(y_true, name="y_true")
    y_pred = check_multi_doa(y_pred, name="y_pred")
    if y_true.shape[:-2] != y_pred.shape[:-2] or y_true.shape[-1] != y_pred.shape[-1]:
        hint = ""
        if y_true.ndim == y_pred.ndim == 4 and y_true.shape[1] != y_pred.shape[1]:
            n_frames = min(y_true.shape[1], y_pred.shape[1])
            hint = f" If the frames are of one period, compare the first: y_true[:, :{n_frames}]."
        raise ValueError(
            "y_true and y_pred must have the same shape except for the number of sources on axis "
            f"-2; got {y_true.shape} and {y_pred.shape}.{hint}"
        )
    return y_true, y_pred, check_weights(sample_weight, y_true)
