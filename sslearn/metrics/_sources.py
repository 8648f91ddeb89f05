"""Detection of several sources: missed sources and false alarms."""

import numpy as np

from sslearn.metrics._matching import hit_errors, present, ratio, reported
from sslearn.metrics._validation import AVERAGE, TOLERANCE, check_multi_pair
from sslearn.utils.param_validation import StrOptions, validated


def _total(values):
    """Sum over the frames and sources of each sample."""
    return np.nansum(values, axis=tuple(range(1, values.ndim)))


def _mean_ratio(parts, wholes, weight, average, what):
    """Ratio of the sums over all samples, or mean of the ratios of each (0 of a whole of 0)."""
    pooled = ratio(weight @ parts, weight @ wholes, what)
    if average == "pooled" or np.isnan(pooled):
        return pooled
    ratios = np.divide(parts, wholes, out=np.zeros(len(parts)), where=wholes > 0)
    return float(np.average(ratios, weights=weight))


@validated(tolerance=TOLERANCE, average=AVERAGE)
def missed_detection_rate(y_true, y_pred, *, tolerance=5.0, average="pooled", sample_weight=None):
    """Share of the true sources that no prediction comes close to.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, n_true, k) or (n_samples, n_frames, n_true, k)
        True directions in degrees: azimuth (k = 1), azimuth and elevation (k = 2), and distance
        (k = 3, not used). NaN where a source is absent.
    y_pred : array-like of shape (n_samples, n_pred, k) or (n_samples, n_frames, n_pred, k)
        Predicted directions, in any order and number.
    tolerance : float, default=5.0
        Largest error, in degrees, of a detected source.
    average : {"pooled", "clips"}, default="pooled"
        Whether the numbers of all samples are summed before the division, or the rates of the
        samples are averaged, each clip with the same weight; a clip without any true source then
        counts as 0.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    rate : float
        Rate in [0, 1]; 0 is best. NaN without any true source.

    Raises
    ------
    ValueError
        If the directions are not valid, their shapes do not fit, or ``tolerance`` is negative.

    Warns
    -----
    UndefinedMetricWarning
        If there is no true source.

    See Also
    --------
    false_alarm_rate : The opposite error.
    match_sources : The matching within the tolerance.

    Notes
    -----
    ``(number of true sources - number of matches) / number of true sources``, each number summed
    over all samples and frames before the division [1]_. The pooled rate is one minus
    :func:`localization_accuracy_score`. The authors' program averages the rates of clips.

    References
    ----------
    .. [1] Y. Wang, B. Yang and X. Li, "IPDnet: A universal direct-path IPD estimation network for
       sound source localization", IEEE/ACM Transactions on Audio, Speech, and Language Processing
       32, 2024, doi:10.1109/TASLP.2024.3507560.

    Examples
    --------
    >>> from sslearn.metrics import missed_detection_rate
    >>> missed_detection_rate([[[179.0], [20.0]]], [[[26.0], [-179.0]]])
    0.5
    """
    y_true, y_pred, weight = check_multi_pair(y_true, y_pred, sample_weight)
    found = _total(~np.isnan(hit_errors(y_true, y_pred, tolerance)))
    n_true = _total(present(y_true))
    return _mean_ratio(n_true - found, n_true, weight, average, "true source")


@validated(tolerance=TOLERANCE, active_only=["boolean"], average=AVERAGE)
def false_alarm_rate(
    y_true, y_pred, *, tolerance=5.0, active_only=False, average="pooled", sample_weight=None
):
    """Predicted sources without a true one, relative to the number of true sources.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, n_true, k) or (n_samples, n_frames, n_true, k)
        True directions in degrees: azimuth (k = 1), azimuth and elevation (k = 2), and distance
        (k = 3, not used). NaN where a source is absent.
    y_pred : array-like of shape (n_samples, n_pred, k) or (n_samples, n_frames, n_pred, k)
        Predicted directions, in any order and number.
    tolerance : float, default=5.0
        Largest error, in degrees, of a detected source.
    active_only : bool, default=False
        Leave out the samples or frames where no source is active, as published tables do [1]_.
        Otherwise predictions in silence count as well.
    average : {"pooled", "clips"}, default="pooled"
        Whether the numbers of all samples are summed before the division, or the rates of the
        samples are averaged, each clip with the same weight; a clip without any true source then
        counts as 0.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    rate : float
        Rate of at least 0, which is best; above 1 if there are more false than true sources. NaN
        without any true source.

    Raises
    ------
    ValueError
        If the directions are not valid, their shapes do not fit, or ``tolerance`` is negative.

    Warns
    -----
    UndefinedMetricWarning
        If there is no true source.

    See Also
    --------
    missed_detection_rate : The opposite error.
    match_sources : The matching within the tolerance.

    Notes
    -----
    ``(number of predicted sources - number of matches) / number of true sources``, each number
    summed over all samples and frames before the division. The denominator holds the true sources,
    not the predicted ones [1]_, so that the rate can be added to that of missed detections. A
    prediction beyond the tolerance counts as a false alarm and leaves a missed source.

    References
    ----------
    .. [1] Y. Wang, B. Yang and X. Li, "IPDnet2: an efficient and improved inter-channel phase
       difference estimation network for sound source localization", arXiv:2509.21900, 2025.

    Examples
    --------
    >>> from sslearn.metrics import false_alarm_rate
    >>> false_alarm_rate([[[179.0], [20.0]]], [[[26.0], [-179.0]]])
    0.5
    """
    y_true, y_pred, weight = check_multi_pair(y_true, y_pred, sample_weight)
    found = _total(~np.isnan(hit_errors(y_true, y_pred, tolerance)))
    # Numbers of predictions and of true sources; a prediction without a match is a false alarm.
    said, there = _total(reported(y_true, y_pred, active_only)), _total(present(y_true))
    return _mean_ratio(said - found, there, weight, average, "true source")


@validated(tolerance=TOLERANCE, active_only=["boolean"], average=AVERAGE)
def detection_error(
    y_true, y_pred, *, tolerance=5.0, active_only=False, average="pooled", sample_weight=None
):
    """Missed detections and false alarms as one number.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, n_true, k) or (n_samples, n_frames, n_true, k)
        True directions in degrees, as in :func:`missed_detection_rate`.
    y_pred : array-like of shape (n_samples, n_pred, k) or (n_samples, n_frames, n_pred, k)
        Predicted directions, in any order and number.
    tolerance : float, default=5.0
        Largest error, in degrees, of a detected source.
    active_only : bool, default=False
        Leave out the samples or frames where no source is active, as in :func:`false_alarm_rate`.
    average : {"pooled", "clips"}, default="pooled"
        How the rates of the samples are averaged, as in :func:`false_alarm_rate`.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    error : float
        Error of at least 0, which is best. NaN without any true source.

    Raises
    ------
    ValueError
        If the directions are not valid, their shapes do not fit, or ``tolerance`` is negative.

    Warns
    -----
    UndefinedMetricWarning
        If there is no true source.

    See Also
    --------
    missed_detection_rate, false_alarm_rate : The two rates.

    Notes
    -----
    ``sqrt(missed_detection_rate ** 2 + false_alarm_rate ** 2)`` [1]_: the figure to minimize when a
    detection threshold is chosen.

    References
    ----------
    .. [1] B. Yang, H. Liu and X. Li, "SRP-DNN: Learning direct-path phase difference for multiple
       moving sound source localization", ICASSP, 2022, arXiv:2202.07859.

    Examples
    --------
    >>> from sslearn.metrics import detection_error
    >>> detection_error([[[179.0], [20.0]]], [[[26.0], [-179.0]]]).__round__(3)
    0.707
    """
    options = {"tolerance": tolerance, "average": average, "sample_weight": sample_weight}
    missed = missed_detection_rate(y_true, y_pred, **options)
    false = false_alarm_rate(y_true, y_pred, active_only=active_only, **options)
    return float(np.hypot(missed, false))


@validated(tolerance=TOLERANCE, statistic=[StrOptions({"mean", "rms"})], average=AVERAGE)
def matched_angular_error(
    y_true, y_pred, *, tolerance=5.0, statistic="mean", average="pooled", sample_weight=None
):
    """Mean error of the sources that are detected.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, n_true, k) or (n_samples, n_frames, n_true, k)
        True directions in degrees, as in :func:`missed_detection_rate`.
    y_pred : array-like of shape (n_samples, n_pred, k) or (n_samples, n_frames, n_pred, k)
        Predicted directions, in any order and number.
    tolerance : float, default=5.0
        Largest error, in degrees, of a detected source.
    statistic : {"mean", "rms"}, default="mean"
        Mean, or root of the mean square.
    average : {"pooled", "clips"}, default="pooled"
        Whether the mean is over the detected sources of all samples, or over the means of the
        samples; a clip without any detected source then counts as 0, as in the published tables.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    error : float
        Error in degrees, in [0, ``tolerance``]; 0 is best. NaN if no source is detected.

    Raises
    ------
    ValueError
        If the directions are not valid, their shapes do not fit, or ``tolerance`` is negative.

    Warns
    -----
    UndefinedMetricWarning
        If no source is detected.

    See Also
    --------
    mean_angular_error : The error of all matched pairs, however large.
    match_sources : The matching within the tolerance.

    Examples
    --------
    >>> from sslearn.metrics import matched_angular_error
    >>> matched_angular_error([[[179.0], [20.0]]], [[[26.0], [-179.0]]])
    2.0
    """
    y_true, y_pred, weight = check_multi_pair(y_true, y_pred, sample_weight)
    errors = hit_errors(y_true, y_pred, tolerance)
    power = 1 if statistic == "mean" else 2
    sums, n_hits = _total(errors**power), _total(~np.isnan(errors))
    # Root mean square of a clip: sqrt(sum / n) = sqrt(sum) / sqrt(n).
    if average == "clips":  # the root is taken in each clip
        sums, n_hits, power = sums ** (1 / power), n_hits ** (1 / power), 1
    return _mean_ratio(sums, n_hits, weight, average, "detected source") ** (1 / power)
