"""Errors of predicted directions, right at every wrap and at the poles."""

import warnings

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import median_absolute_error
from sklearn.utils import check_consistent_length, column_or_1d

from sslearn.geometry import check_doa, circular_difference, great_circle_distance
from sslearn.metrics._median import angular_median

# What rounding adds to an angle of exactly the tolerance, or to an error of exactly zero.
_ROUNDING = 1e-9


def _check_pair(y_true, y_pred, sample_weight=None):
    y_true, y_pred = check_doa(y_true, name="y_true"), check_doa(y_pred, name="y_pred")
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"y_true and y_pred must have the same shape; got {y_true.shape} and {y_pred.shape}."
        )
    if sample_weight is not None:
        sample_weight = column_or_1d(sample_weight)
        check_consistent_length(y_true, sample_weight)
    return y_true, y_pred, sample_weight


def _errors(y_true, y_pred, component):
    if component is None and y_true.ndim == 2:
        return great_circle_distance(y_true, y_pred)
    if component in (None, "azimuth"):
        columns = (y_true, y_pred) if y_true.ndim == 1 else (y_true[:, 0], y_pred[:, 0])
        return np.abs(circular_difference(*columns))
    if component != "elevation":
        raise ValueError(f"component must be 'azimuth', 'elevation' or None; got {component!r}.")
    if y_true.ndim == 1:
        raise ValueError(
            "component='elevation' needs y of shape (n_samples, 2), azimuth and elevation; "
            f"got {y_true.shape}."
        )
    return np.abs(y_true[:, 1] - y_pred[:, 1])


def angular_error(y_true, y_pred, *, component=None):
    """Compute the angle between true and predicted direction of each sample.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True azimuth; azimuth and elevation; and distance (not used), in degrees and metres.
    y_pred : array-like of the same shape
        Predicted directions.
    component : {"azimuth", "elevation"}, default=None
        Error of one angle alone. None is the angle between the two directions: the circular
        difference of azimuths, or the great circle where elevations are given.

    Returns
    -------
    errors : ndarray of shape (n_samples,)
        Errors in [0, 180] degrees.

    Raises
    ------
    ValueError
        If the directions are not valid, their shapes differ, or ``component`` is unknown.

    Examples
    --------
    >>> from sslearn.metrics import angular_error
    >>> angular_error([179, 10], [-179, 12]).tolist()
    [2.0, 2.0]
    >>> angular_error([[0, 90]], [[120, 90]]).round(6).tolist()
    [0.0]
    >>> angular_error([[0, 90]], [[120, 90]], component="azimuth").tolist()
    [120.0]
    """
    y_true, y_pred, _ = _check_pair(y_true, y_pred)
    return _errors(y_true, y_pred, component)


def mean_angular_error(y_true, y_pred, *, component=None, sample_weight=None):
    """Mean angular error in degrees.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees.
    y_pred : array-like of the same shape
        Predicted directions.
    component : {"azimuth", "elevation"}, default=None
        As in :func:`angular_error`.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    error : float
        Mean error in degrees; 0 is best.

    Examples
    --------
    >>> from sslearn.metrics import mean_angular_error
    >>> mean_angular_error([179, 10], [-179, 14])
    3.0
    """
    y_true, y_pred, weight = _check_pair(y_true, y_pred, sample_weight)
    return float(np.average(_errors(y_true, y_pred, component), weights=weight))


def median_angular_error(y_true, y_pred, *, component=None, sample_weight=None):
    """Median angular error in degrees.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees.
    y_pred : array-like of the same shape
        Predicted directions.
    component : {"azimuth", "elevation"}, default=None
        As in :func:`angular_error`.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    error : float
        Median error in degrees; 0 is best.

    Examples
    --------
    >>> from sslearn.metrics import median_angular_error
    >>> median_angular_error([179, 10, 0], [-179, 14, 90])
    4.0
    """
    y_true, y_pred, weight = _check_pair(y_true, y_pred, sample_weight)
    errors = _errors(y_true, y_pred, component)
    return float(median_absolute_error(np.zeros_like(errors), errors, sample_weight=weight))


def localization_accuracy_score(
    y_true, y_pred, *, tolerance=5.0, component=None, sample_weight=None
):
    """Share of the samples whose angular error is at most a tolerance.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees.
    y_pred : array-like of the same shape
        Predicted directions.
    tolerance : float, default=5.0
        Largest error, in degrees, that counts as correct.
    component : {"azimuth", "elevation"}, default=None
        As in :func:`angular_error`.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    score : float
        Accuracy in [0, 1].

    Raises
    ------
    ValueError
        If ``tolerance`` is negative.

    Examples
    --------
    >>> from sslearn.metrics import localization_accuracy_score
    >>> localization_accuracy_score([0, 0, 180, 180], [5, 6, -176, 0])
    0.5
    """
    if not tolerance >= 0:
        raise ValueError(f"tolerance must be at least 0 degrees; got {tolerance}.")
    y_true, y_pred, weight = _check_pair(y_true, y_pred, sample_weight)
    correct = _errors(y_true, y_pred, component) <= tolerance + _ROUNDING
    return float(np.average(correct, weights=weight))


def d2_angular_error_score(y_true, y_pred, *, sample_weight=None):
    """Share of the mean angular error that the predictions explain.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees.
    y_pred : array-like of the same shape
        Predicted directions.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    score : float
        1 is perfect, 0 is no better than the best constant direction, and worse is negative. If
        ``y_true`` is constant: 1 for perfect predictions and 0 for all others. NaN for less than
        two samples.

    Warns
    -----
    UndefinedMetricWarning
        If there are less than two samples.

    Notes
    -----
    ``1 - mean error / mean error of the best constant``. The best constant is the circular
    median for azimuths, found exactly, and the geodesic median on the sphere for azimuth and
    elevation, found by Weiszfeld iterations from the best of a few hundred starting points [1]_.

    References
    ----------
    .. [1] P. T. Fletcher, S. Venkatasubramanian and S. Joshi, "The geometric median on Riemannian
       manifolds with application to robust atlas estimation", NeuroImage 45, 2009,
       doi:10.1016/j.neuroimage.2008.10.052.

    Examples
    --------
    >>> from sslearn.metrics import d2_angular_error_score
    >>> d2_angular_error_score([178, 179, -179, -178], [-178, -179, 179, 178])
    -1.0
    >>> d2_angular_error_score([0, 90, 180, -90], [1, 91, -179, -89]).__round__(3)
    0.989
    """
    y_true, y_pred, weight = _check_pair(y_true, y_pred, sample_weight)
    if len(y_true) < 2:
        msg = "D^2 score is not well-defined with less than two samples."
        warnings.warn(msg, UndefinedMetricWarning)
        return float("nan")
    error = np.average(_errors(y_true, y_pred, None), weights=weight)
    baseline = np.average(_errors(y_true, angular_median(y_true, weight), None), weights=weight)
    if baseline <= _ROUNDING:
        return float(error <= _ROUNDING)
    return float(1.0 - error / baseline)
