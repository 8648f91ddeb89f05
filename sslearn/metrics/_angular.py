"""Errors of predicted directions, correct at every wrap and at the poles."""

import warnings

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import median_absolute_error

from sslearn.metrics._errors import ROUNDING, component_errors
from sslearn.metrics._matching import hit_errors, present, ratio, source_errors, spread
from sslearn.metrics._median import angular_median
from sslearn.metrics._validation import (
    COMPONENT,
    TOLERANCE,
    check_multi_pair,
    check_pair,
    has_sources,
)
from sslearn.utils.param_validation import validated

# Cost of a missed source or a false alarm: the mean error of a random direction.
_LOST = 90.0


def _weighted_errors(y_true, y_pred, component, sample_weight):
    """Errors of the samples, or of the matched pairs of several sources, with their weights."""
    if not has_sources(y_true, y_pred):
        y_true, y_pred, weight = check_pair(y_true, y_pred, sample_weight)
        return component_errors(y_true, y_pred, component), weight
    y_true, y_pred, weight = check_multi_pair(y_true, y_pred, sample_weight)
    errors = source_errors(y_true, y_pred, component)
    matched = ~np.isnan(errors)
    if not matched.any():
        warnings.warn("Not defined without any matched source: NaN.", UndefinedMetricWarning)
        return np.array([np.nan]), None
    return errors[matched], spread(weight, errors)[matched]


@validated(component=COMPONENT)
def angular_error(y_true, y_pred, *, component=None):
    """Compute the angle between true and predicted direction of each sample.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True azimuth; azimuth and elevation; and distance (not used), in degrees and metres. Those
        of several sources have shape (n_samples, n_sources, k) or (n_samples, n_frames, n_sources,
        k), with k from 1 to 3 and NaN where a source is absent.
    y_pred : array-like of the same shape
        Predicted directions; the number of sources may differ.
    component : {"azimuth", "elevation"}, default=None
        Error of one angle alone. None is the angle between the two directions: the circular
        difference of azimuths, or the great circle where elevations are given.

    Returns
    -------
    errors : ndarray of shape (n_samples,)
        Errors in [0, 180] degrees. With several sources: (n_samples, n_sources) or (n_samples,
        n_frames, n_sources), the error of each true source to the prediction that
        :func:`match_sources` gives it, NaN where there is none.

    Raises
    ------
    ValueError
        If the directions are not valid, their shapes differ, or ``component`` is unknown.

    See Also
    --------
    match_sources : The matching of several sources, also within a largest error.

    Examples
    --------
    >>> from sslearn.metrics import angular_error
    >>> angular_error([179, 10], [-179, 12]).tolist()
    [2.0, 2.0]
    >>> angular_error([[0, 90]], [[120, 90]]).round(6).tolist()
    [0.0]
    >>> angular_error([[0, 90]], [[120, 90]], component="azimuth").tolist()
    [120.0]

    Two sources, predicted in any order:

    >>> angular_error([[[179], [20]]], [[[24], [-179]]]).tolist()
    [[2.0, 4.0]]
    """
    if has_sources(y_true, y_pred):
        y_true, y_pred, _ = check_multi_pair(y_true, y_pred)
        return source_errors(y_true, y_pred, component)
    y_true, y_pred, _ = check_pair(y_true, y_pred)
    return component_errors(y_true, y_pred, component)


@validated(component=COMPONENT)
def mean_angular_error(y_true, y_pred, *, component=None, sample_weight=None):
    """Mean angular error in degrees.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees; those of several sources as in :func:`match_sources`.
    y_pred : array-like of the same shape
        Predicted directions; the number of sources may differ.
    component : {"azimuth", "elevation"}, default=None
        As in :func:`angular_error`.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    error : float
        Mean error in degrees; 0 is best. With several sources it is taken over the matched pairs,
        so that missed sources and false alarms do not count; NaN if there are no pairs.

    Warns
    -----
    UndefinedMetricWarning
        If no source of several is matched.

    Examples
    --------
    >>> from sslearn.metrics import mean_angular_error
    >>> mean_angular_error([179, 10], [-179, 14])
    3.0
    """
    errors, weight = _weighted_errors(y_true, y_pred, component, sample_weight)
    return float(np.average(errors, weights=weight))


@validated(component=COMPONENT)
def median_angular_error(y_true, y_pred, *, component=None, sample_weight=None):
    """Median angular error in degrees.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees; those of several sources as in :func:`match_sources`.
    y_pred : array-like of the same shape
        Predicted directions; the number of sources may differ.
    component : {"azimuth", "elevation"}, default=None
        As in :func:`angular_error`.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    error : float
        Median error in degrees; 0 is best. With several sources it is taken over the matched pairs,
        so that missed sources and false alarms do not count; NaN if there are no pairs.

    Warns
    -----
    UndefinedMetricWarning
        If no source of several is matched.

    Examples
    --------
    >>> from sslearn.metrics import median_angular_error
    >>> median_angular_error([179, 10, 0], [-179, 14, 90])
    4.0
    """
    errors, weight = _weighted_errors(y_true, y_pred, component, sample_weight)
    if np.isnan(errors).any():
        return float("nan")
    return float(median_absolute_error(np.zeros_like(errors), errors, sample_weight=weight))


@validated(tolerance=TOLERANCE, component=COMPONENT)
def localization_accuracy_score(
    y_true, y_pred, *, tolerance=5.0, component=None, sample_weight=None
):
    """Share of the samples, or of the sources, whose angular error is at most a tolerance.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees; those of several sources as in :func:`match_sources`.
    y_pred : array-like of the same shape
        Predicted directions; the number of sources may differ.
    tolerance : float, default=5.0
        Largest error, in degrees, that counts as correct.
    component : {"azimuth", "elevation"}, default=None
        As in :func:`angular_error`.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    score : float
        Accuracy in [0, 1]. With several sources, the share of all true sources that have a
        prediction of their own within the tolerance: one minus :func:`missed_detection_rate`. NaN
        without any true source.

    Raises
    ------
    ValueError
        If ``tolerance`` is negative.

    Warns
    -----
    UndefinedMetricWarning
        If there are several sources and none is ever present.

    Notes
    -----
    :func:`class_accuracy_score` is the share of samples in their exact class, which papers on
    classes of azimuth report. It depends on the step of the grid.

    Examples
    --------
    >>> from sslearn.metrics import localization_accuracy_score
    >>> localization_accuracy_score([0, 0, 180, 180], [5, 6, -176, 0])
    0.5
    """
    if has_sources(y_true, y_pred):
        y_true, y_pred, weight = check_multi_pair(y_true, y_pred, sample_weight)
        weight = spread(weight, y_true[..., 0]) * present(y_true)
        found = ~np.isnan(hit_errors(y_true, y_pred, tolerance, component))
        return ratio((found * weight).sum(), weight.sum(), "true source")
    y_true, y_pred, weight = check_pair(y_true, y_pred, sample_weight)
    # An error of exactly the tolerance is correct, also after rounding.
    correct = component_errors(y_true, y_pred, component) <= tolerance + ROUNDING
    return float(np.average(correct, weights=weight))


def _one_by_one(y):
    """Present sources in the layout of one source per sample."""
    return y[:, 0] if y.shape[1] == 1 else y


def _summed_error(y_true, y_pred, weight):
    """Angles of the matched pairs, plus 90 degrees per missed source or false alarm, summed."""
    errors = source_errors(y_true, y_pred)
    n_pairs = (~np.isnan(errors)).sum(axis=-1)
    # Missed sources plus false alarms: (true - pairs) + (predicted - pairs).
    n_lost = present(y_true).sum(axis=-1) + present(y_pred).sum(axis=-1) - 2 * n_pairs
    totals = np.nansum(errors, axis=-1) + _LOST * n_lost
    return (totals * spread(weight, totals)).sum()


def d2_angular_error_score(y_true, y_pred, *, sample_weight=None):
    """Share of the mean angular error that the predictions explain.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        True directions in degrees; those of several sources as in :func:`match_sources`.
    y_pred : array-like of the same shape
        Predicted directions; the number of sources may differ.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    score : float
        1 is perfect, 0 is no better than the best constant direction, and worse is negative. If
        ``y_true`` is constant: 1 for perfect predictions and 0 for all others. NaN for fewer than
        two samples, or two sources in all.

    Warns
    -----
    UndefinedMetricWarning
        If there are fewer than two samples, or two sources in all.

    Notes
    -----
    ``1 - mean error / mean error of the best constant``. The best constant is the circular
    median for azimuths, found exactly, and the geodesic median on the sphere for azimuth and
    elevation, found by Weiszfeld iterations from the best of a few hundred starting points [1]_.

    With several sources, the error of a sample or frame sums the angles of the matched pairs and
    90 degrees for each missed source or false alarm. That is what a random direction costs on
    average, so silence gains nothing over a guess, and a miss with a false alarm costs as much as
    the worst pair: the generalized optimal sub-pattern assignment metric [2]_ of order 1 with
    cut-off 180. The constant prediction that scores 0 has the true number of sources, all in one
    direction.

    References
    ----------
    .. [1] P. T. Fletcher, S. Venkatasubramanian and S. Joshi, "The geometric median on Riemannian
       manifolds with application to robust atlas estimation", NeuroImage 45, 2009,
       doi:10.1016/j.neuroimage.2008.10.052.
    .. [2] A. S. Rahmathullah, A. F. Garcia-Fernandez and L. Svensson, "Generalized optimal
       sub-pattern assignment metric", International Conference on Information Fusion, 2017,
       arXiv:1601.05585.

    Examples
    --------
    >>> from sslearn.metrics import d2_angular_error_score
    >>> d2_angular_error_score([178, 179, -179, -178], [-178, -179, 179, 178])
    -1.0
    >>> d2_angular_error_score([0, 90, 180, -90], [1, 91, -179, -89]).__round__(3)
    0.989
    """
    several = has_sources(y_true, y_pred)
    if several:
        y_true, y_pred, weight = check_multi_pair(y_true, y_pred, sample_weight)
        total, there = _summed_error(y_true, y_pred, weight), present(y_true)
        y_true, weight = _one_by_one(y_true[there]), spread(weight, there)[there]
    else:
        y_true, y_pred, weight = check_pair(y_true, y_pred, sample_weight)
    if len(y_true) < 2:
        msg = "D^2 score is not well-defined with less than two samples."
        warnings.warn(msg, UndefinedMetricWarning)
        return float("nan")
    if several:
        error = total / weight.sum()
    else:
        error = np.average(component_errors(y_true, y_pred, None), weights=weight)
    # The median, not the mean: it has the least mean absolute error of all constants.
    constant = angular_median(y_true, weight)
    baseline = np.average(component_errors(y_true, constant, None), weights=weight)
    if baseline <= ROUNDING:
        return float(error <= ROUNDING)
    return float(1.0 - error / baseline)
