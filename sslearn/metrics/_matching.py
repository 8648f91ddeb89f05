"""Assignment of predicted to true sources."""

import warnings
from itertools import permutations
from math import perm

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import gen_batches

from sslearn.geometry import circular_difference, great_circle_distance
from sslearn.metrics._errors import ROUNDING, component_errors
from sslearn.metrics._validation import TOLERANCE, check_multi_pair
from sslearn.utils.param_validation import validated

# Cost of a pair that must not match: more than any sum of errors that do.
_FORBIDDEN = 1e6
_N_ROWS = 2**14
# Up to this many assignments, of three by three sources, are compared for all rows together.
_FEW = 6


def present(y):
    """Which sources are present: bool of shape (..., n_sources)."""
    return ~np.isnan(y[..., 0])


def spread(weight, values):
    """Repeat the weight of each sample for its frames and sources."""
    return np.broadcast_to(weight.reshape(-1, *[1] * (values.ndim - 1)), values.shape)


def _distances(y_true, y_pred):
    y_true, y_pred = y_true[:, :, None], y_pred[:, None]
    if y_true.shape[-1] == 1:
        return np.abs(circular_difference(y_true[..., 0], y_pred[..., 0]))
    return great_circle_distance(y_true[..., :2], y_pred[..., :2])


def _assign_each(cost):
    return np.array([linear_sum_assignment(rows)[1] for rows in cost])


def _cheapest_columns(cost):
    """Column of each row (n, n_rows) of least summed cost (n, n_rows, n_columns)."""
    n, n_rows, n_columns = cost.shape
    if perm(n_columns, n_rows) > _FEW:
        return _assign_each(cost)
    choices = np.array(list(permutations(range(n_columns), n_rows)))
    sums = [cost[:, np.arange(n_rows), choice].sum(axis=1) for choice in choices]
    sums = np.array([*sums, np.full(n, np.inf)])
    columns = choices[sums.argmin(axis=0)]
    # Azimuths on one half of the circle have equal sums: one rule decides for any number of them.
    best, second = np.partition(sums, 1, axis=0)[:2]
    tied = (second - best <= ROUNDING) & (best < n_rows * _FORBIDDEN)
    if tied.any():
        columns[tied] = _assign_each(cost[tied])
    return columns


def _match(y_true, y_pred, limit):
    """Match rows of shape (n_rows, n_sources, k)."""
    cost = _distances(y_true, y_pred)
    cost = np.where(cost <= limit + ROUNDING, cost, _FORBIDDEN)
    # Added columns at the cost of a miss, so that every true source gets one.
    lacking = max(0, cost.shape[1] - cost.shape[2])
    cost = np.pad(cost, [(0, 0), (0, 0), (0, lacking)], constant_values=_FORBIDDEN)
    columns = _cheapest_columns(cost)
    errors = np.take_along_axis(cost, columns[..., None], axis=-1)[..., 0]
    matched = errors < _FORBIDDEN
    return np.where(matched, columns, -1), np.where(matched, errors, np.nan)


def assign(y_true, y_pred, max_error=None):
    """Match checked directions; what :func:`match_sources` returns."""
    shape = y_true.shape[:-1]
    indices, errors = np.full(shape, -1), np.full(shape, np.nan)
    rows_of = [a.reshape(-1, *a.shape[-2:]) for a in (y_true, y_pred)]
    flat = [a.reshape(-1, shape[-1]) for a in (indices, errors)]
    limit = 180.0 if max_error is None else max_error
    for rows in gen_batches(len(flat[0]), _N_ROWS):
        flat[0][rows], flat[1][rows] = _match(rows_of[0][rows], rows_of[1][rows], limit)
    return indices, errors


@validated(max_error=[*TOLERANCE, None])
def match_sources(y_true, y_pred, *, max_error=None):
    """Match predicted to true sources in each sample, or in each frame.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, n_true, k) or (n_samples, n_frames, n_true, k)
        True directions in degrees: azimuth (k = 1), azimuth and elevation (k = 2), and distance
        (k = 3, not used). NaN where a source is absent.
    y_pred : array-like of shape (n_samples, n_pred, k) or (n_samples, n_frames, n_pred, k)
        Predicted directions, in any order and number.
    max_error : float, default=None
        Largest error, in degrees, of a pair. None matches as many sources as possible.

    Returns
    -------
    indices : ndarray of shape (n_samples, n_true) or (n_samples, n_frames, n_true)
        Index of the predicted source that belongs to each true one; -1 where there is none.
    errors : ndarray of the same shape
        Angle between the two, in degrees; NaN where there is none.

    Raises
    ------
    ValueError
        If the directions are not valid, their shapes do not fit, or ``max_error`` is negative.

    See Also
    --------
    missed_detection_rate : Share of the true sources without a match.
    false_alarm_rate : Predicted sources without a match.

    Notes
    -----
    The assignment has the most pairs that ``max_error`` allows, and among these the least sum of
    angles. Each sample or frame is matched independently of the order of the sources in the
    one before.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.metrics import match_sources
    >>> y_true = [[[179.0], [20.0]], [[50.0], [np.nan]]]
    >>> y_pred = [[[24.0], [-179.0]], [[80.0], [51.0]]]
    >>> indices, errors = match_sources(y_true, y_pred)
    >>> indices.tolist()
    [[1, 0], [1, -1]]
    >>> errors.tolist()
    [[2.0, 4.0], [1.0, nan]]
    """
    y_true, y_pred, _ = check_multi_pair(y_true, y_pred)
    return assign(y_true, y_pred, max_error)


def source_errors(y_true, y_pred, component=None):
    """Error of each true source to its match; NaN where there is none.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (..., n_sources, k)
        Checked directions.
    component : {"azimuth", "elevation"}, default=None
        One angle alone; the sources are matched by the whole direction all the same.

    Returns
    -------
    errors : ndarray of shape (..., n_true)
        Errors in degrees.
    """
    indices, errors = assign(y_true, y_pred)
    if component is None:
        return errors
    chosen = np.take_along_axis(y_pred, np.maximum(indices, 0)[..., None], axis=-2)
    k = y_true.shape[-1]
    rows = [a.reshape(-1, k) if k > 1 else a.reshape(-1) for a in (y_true, chosen)]
    errors = component_errors(*rows, component).reshape(indices.shape)
    return np.where(indices >= 0, errors, np.nan)


def hit_errors(y_true, y_pred, tolerance, component=None):
    """Errors of true sources with a prediction of their own within the tolerance; NaN elsewhere."""
    if component is None or (component == "azimuth" and y_true.shape[-1] == 1):
        return assign(y_true, y_pred, tolerance)[1]
    errors = source_errors(y_true, y_pred, component)
    return np.where(errors <= tolerance + ROUNDING, errors, np.nan)


def reported(y_true, y_pred, active_only):
    """Which predictions count: all, or those beside a true source: bool (..., n_pred)."""
    said = present(y_pred)
    return said & present(y_true).any(axis=-1, keepdims=True) if active_only else said


def ratio(part, whole, what):
    """Divide sums; NaN with a warning if the whole is 0."""
    if whole > 0:
        return float(part / whole)
    warnings.warn(f"Not defined without any {what}: NaN.", UndefinedMetricWarning)
    return float("nan")
