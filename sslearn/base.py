"""What every localizer shares."""

from sklearn.base import RegressorMixin

from sslearn.metrics import d2_angular_error_score

__all__ = ["LocalizerMixin", "is_localizer"]


class LocalizerMixin(RegressorMixin):
    """Mixin of estimators that predict directions.

    A localizer is a regressor for scikit-learn. Its score is the angular D2, because R2 breaks
    where azimuths wrap: a prediction of -179 for 179 degrees is 2 degrees off, not 358.
    Several sources are matched before they are compared, and each one missed or invented counts 90
    degrees (:func:`sslearn.metrics.d2_angular_error_score` says why).
    """

    def score(self, X, y, sample_weight=None):
        """Angular D2 of the predictions: 1 is perfect, 0 no better than a constant.

        Parameters
        ----------
        X : array-like
            What ``predict`` takes.
        y : array-like of shape (n_samples,) or (n_samples, 2)
            True azimuth, or azimuth and elevation, in degrees; those of several sources have shape
            (n_samples, n_sources, k) or (n_samples, n_frames, n_sources, k), NaN where absent.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            ``1 - mean error / mean error of the best constant direction``.
        """
        return d2_angular_error_score(y, self.predict(X), sample_weight=sample_weight)


def is_localizer(estimator):
    """Tell whether an estimator is a localizer.

    Parameters
    ----------
    estimator : object
        Estimator, or Pipeline or search over one.

    Returns
    -------
    bool
        True if its last step predicts directions.
    """
    for inner in ("best_estimator_", "estimator"):
        if hasattr(estimator, inner):
            return is_localizer(getattr(estimator, inner))
    if hasattr(estimator, "steps"):
        return is_localizer(estimator.steps[-1][1])
    return isinstance(estimator, LocalizerMixin)
