"""Detection of several sources: missed sources and false alarms."""

from sslearn.metrics._matching import hits, present, ratio, spread
from sslearn.metrics._validation import TOLERANCE, check_multi_pair
from sslearn.utils.param_validation import validated


def _total(flags, weight):
    return (flags * spread(weight, flags)).sum()


@validated(tolerance=TOLERANCE)
def missed_detection_rate(y_true, y_pred, *, tolerance=5.0, sample_weight=None):
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
    false_alarm_rate : The opposite fault.
    match_sources : The matching within the tolerance.

    Notes
    -----
    ``(number of true sources - number of matches) / number of true sources``, each number summed
    over all samples and frames before the division [1]_. The rate is one minus
    :func:`localization_accuracy_score`.

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
    found = _total(hits(y_true, y_pred, tolerance), weight)
    n_true = _total(present(y_true), weight)
    return ratio(n_true - found, n_true, "true source")


@validated(tolerance=TOLERANCE, active_only=["boolean"])
def false_alarm_rate(y_true, y_pred, *, tolerance=5.0, active_only=False, sample_weight=None):
    """Predicted sources that are not there, relative to the number of true sources.

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
        Otherwise what is predicted in silence counts as well.
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
    missed_detection_rate : The opposite fault.
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
    there, said = present(y_true), present(y_pred)
    if active_only:
        said &= there.any(axis=-1, keepdims=True)
    found = _total(hits(y_true, y_pred, tolerance), weight)
    return ratio(_total(said, weight) - found, _total(there, weight), "true source")
