"""Scorers by name, for ``scoring=`` of scikit-learn."""

from sklearn.metrics import make_scorer

from sslearn.metrics._angular import (
    d2_angular_error_score,
    localization_accuracy_score,
    mean_angular_error,
    median_angular_error,
)
from sslearn.metrics._front_back import front_back_confusion_rate
from sslearn.metrics._sources import false_alarm_rate, missed_detection_rate


def _error_scorer(error, **kwargs):
    return make_scorer(error, greater_is_better=False, **kwargs)


_SCORERS = {
    "d2_angular_error": make_scorer(d2_angular_error_score),
    "localization_accuracy": make_scorer(localization_accuracy_score),
    "neg_false_alarm_rate": _error_scorer(false_alarm_rate),
    "neg_front_back_confusion_rate": _error_scorer(front_back_confusion_rate),
    "neg_mean_angular_error": _error_scorer(mean_angular_error),
    "neg_mean_azimuth_error": _error_scorer(mean_angular_error, component="azimuth"),
    "neg_mean_elevation_error": _error_scorer(mean_angular_error, component="elevation"),
    "neg_median_angular_error": _error_scorer(median_angular_error),
    "neg_median_azimuth_error": _error_scorer(median_angular_error, component="azimuth"),
    "neg_median_elevation_error": _error_scorer(median_angular_error, component="elevation"),
    "neg_missed_detection_rate": _error_scorer(missed_detection_rate),
}


def get_scorer_names():
    """List the names that :func:`get_scorer` knows.

    Returns
    -------
    names : list of str
        Sorted names.

    Examples
    --------
    >>> from sslearn.metrics import get_scorer_names
    >>> get_scorer_names()[:3]
    ['d2_angular_error', 'localization_accuracy', 'neg_false_alarm_rate']
    """
    return sorted(_SCORERS)


def get_scorer(name):
    """Get a scorer by its name.

    Parameters
    ----------
    name : str
        One of :func:`get_scorer_names`. Names that start with ``neg_`` are errors in degrees, or
        rates, with the sign turned, so that larger is better. The rates of missed detections and
        false alarms are for several sources, that of front-back confusions is for one.

    Returns
    -------
    scorer : callable
        What ``scoring=`` of ``GridSearchCV`` and ``cross_val_score`` takes.

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> from sslearn.metrics import get_scorer
    >>> X, y = [[0.0], [1.0], [2.0]], [-10, 0, 20]
    >>> model = DummyRegressor(strategy="median").fit(X, y)
    >>> get_scorer("neg_mean_angular_error")(model, X, y)
    -10.0
    """
    try:
        return _SCORERS[name]
    except (KeyError, TypeError):
        raise ValueError(f"name must be one of {get_scorer_names()}; got {name!r}.") from None
