"""Scorers by name, for ``scoring=`` of scikit-learn."""

from functools import partial
from inspect import signature

from sklearn.metrics import make_scorer

from sslearn.metrics._angular import (
    d2_angular_error_score,
    localization_accuracy_score,
    mean_angular_error,
    median_angular_error,
)
from sslearn.metrics._boxes import (
    consensus_iou_score,
    iou_auc_score,
    pointing_accuracy_score,
)
from sslearn.metrics._front_back import front_back_confusion_rate
from sslearn.metrics._sources import detection_error, false_alarm_rate, missed_detection_rate
from sslearn.utils import split_pipeline
from sslearn.utils.param_validation import _BaseScorer


class _MapScorer(_BaseScorer):
    """Scorer of similarity maps, also of the localizer in a pipeline or a search."""

    def _score(self, method_caller, estimator, X, y_true, **kwargs):
        # A Pipeline has no similarity_map: its last step is called with transformed samples.
        steps, localizer = split_pipeline(estimator)
        if not hasattr(localizer, "similarity_map"):
            raise TypeError(
                "estimator must have similarity_map, as localizers of sound in pictures do; "
                f"got {type(localizer).__name__}."
            )
        for step in steps:
            X = step.transform(X)
        return self._score_func(y_true, localizer.similarity_map(X), **self._kwargs, **kwargs)


def _of_maps(score, **params):
    return _MapScorer(score, 1, params)


_of_errors = partial(make_scorer, greater_is_better=False)
# What makes the scorer of each name, the measure and its parameters.
_RULES = {
    "consensus_iou": (_of_maps, consensus_iou_score, {}),
    "d2_angular_error": (make_scorer, d2_angular_error_score, {}),
    "iou_auc": (_of_maps, iou_auc_score, {}),
    "localization_accuracy": (make_scorer, localization_accuracy_score, {}),
    "neg_detection_error": (_of_errors, detection_error, {}),
    "neg_false_alarm_rate": (_of_errors, false_alarm_rate, {}),
    "neg_front_back_confusion_rate": (_of_errors, front_back_confusion_rate, {}),
    "neg_mean_angular_error": (_of_errors, mean_angular_error, {}),
    "neg_mean_azimuth_error": (_of_errors, mean_angular_error, {"component": "azimuth"}),
    "neg_mean_elevation_error": (_of_errors, mean_angular_error, {"component": "elevation"}),
    "neg_median_angular_error": (_of_errors, median_angular_error, {}),
    "neg_median_azimuth_error": (_of_errors, median_angular_error, {"component": "azimuth"}),
    "neg_median_elevation_error": (_of_errors, median_angular_error, {"component": "elevation"}),
    "neg_missed_detection_rate": (_of_errors, missed_detection_rate, {}),
    "pointing_accuracy": (make_scorer, pointing_accuracy_score, {}),
}
_SCORERS = {name: make(measure, **params) for name, (make, measure, params) in _RULES.items()}


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
    """List the names of the scorers.

    Returns
    -------
    names : list of str
        Sorted names.

    Examples
    --------
    >>> from sslearn.metrics import get_scorer_names
    >>> get_scorer_names()[:3]
    ['consensus_iou', 'd2_angular_error', 'iou_auc']
    """
    return sorted(_SCORERS)


def get_scorer(name, **params):
    """Get a scorer by its name.

    Parameters
    ----------
    name : str
        One of :func:`get_scorer_names`. Names that start with ``neg_`` are errors in degrees, or
        rates, with the sign reversed, so that larger is better. The rates of missed detections and
        false alarms are for several sources, that of front-back confusions is for one;
        ``consensus_iou``, ``iou_auc`` and ``pointing_accuracy`` are for sound in pictures.
    **params : object
        Parameters of the measure, such as ``tolerance=10``, or ``agreement=2`` for the boxes of
        several annotators of SoundNet-Flickr; its own defaults otherwise.

    Returns
    -------
    scorer : callable
        What ``scoring=`` of ``GridSearchCV`` and ``cross_val_score`` takes.

    Raises
    ------
    ValueError
        If the name is unknown, or the measure has no such parameter.

    See Also
    --------
    angular_scorers : Several scorers by their names.

    Notes
    -----
    scikit-learn accepts only its own names: pass ``scoring=get_scorer("neg_median_angular_error")``
    instead of the name.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> from sslearn.metrics import get_scorer
    >>> X, y = [[0.0], [1.0], [2.0]], [-10, 0, 20]
    >>> model = DummyRegressor(strategy="median").fit(X, y)
    >>> get_scorer("neg_mean_angular_error")(model, X, y)
    -10.0
    >>> get_scorer("localization_accuracy", tolerance=15)(model, X, y).__round__(3)
    0.667
    """
    try:
        make, measure, defaults = _RULES[name]
    except (KeyError, TypeError):
        raise ValueError(f"name must be one of {get_scorer_names()}; got {name!r}.") from None
    if not params:
        return _SCORERS[name]
    known = [p.name for p in signature(measure).parameters.values() if p.kind is p.KEYWORD_ONLY]
    known.remove("sample_weight")
    if unknown := sorted(set(params) - set(known)):
        raise ValueError(f"{name} takes the parameters {known}; got {unknown}.")
    return make(measure, **defaults | params)
