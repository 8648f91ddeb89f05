"""Scorers by name, for ``scoring=`` of scikit-learn."""

from sklearn.metrics import make_scorer

from sslearn.metrics._angular import (
    d2_angular_error_score,
    localization_accuracy_score,
    mean_angular_error,
    median_angular_error,
)
from sslearn.metrics._front_back import front_back_confusion_rate
from sslearn.metrics._sources import detection_error, false_alarm_rate, missed_detection_rate


def _error_scorer(error, **kwargs):
    return make_scorer(error, greater_is_better=False, **kwargs)


_SCORERS = {
    "d2_angular_error": make_scorer(d2_angular_error_score),
    "localization_accuracy": make_scorer(localization_accuracy_score),
    "neg_detection_error": _error_scorer(detection_error),
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


def angular_scorers(*names):
    """Get several scorers, for searches and cross-validation with more than one measure.

    Parameters
    ----------
    *names : str
        Names of :func:`get_scorer_names`.

    Returns
    -------
    scorers : dict of str to callable
        Scorer of each name, which ``scoring=`` of ``cross_validate`` and ``GridSearchCV`` takes;
        a search also needs ``refit=`` one of the names.

    Raises
    ------
    ValueError
        If there is no name, or one is unknown.

    See Also
    --------
    get_scorer : One scorer.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> from sklearn.model_selection import cross_validate
    >>> from sslearn.metrics import angular_scorers
    >>> X, y = [[0.0]] * 4, [10.0, 20.0, 20.0, 30.0]
    >>> scoring = angular_scorers("neg_mean_angular_error", "localization_accuracy")
    >>> scores = cross_validate(DummyRegressor(), X, y, cv=2, scoring=scoring)
    >>> scores["test_neg_mean_angular_error"].tolist()
    [-10.0, -10.0]
    """
    if not names:
        raise ValueError(f"names must hold at least one of {get_scorer_names()}; got none.")
    return {name: get_scorer(name) for name in names}


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
    ['d2_angular_error', 'localization_accuracy', 'neg_detection_error']
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

    See Also
    --------
    angular_scorers : Several scorers by their names.

    Notes
    -----
    scikit-learn has a list of its own: ``scoring="neg_median_angular_error"`` is unknown to it,
    ``scoring=get_scorer("neg_median_angular_error")`` is right.

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
