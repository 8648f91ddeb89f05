"""What every localizer shares."""

import numpy as np
import pandas as pd
from sklearn.base import RegressorMixin

from sslearn.metrics import d2_angular_error_score

__all__ = ["LocalizerMixin", "is_localizer", "track_table"]


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


def track_table(tracks, times, *, samples=None, scores=None):
    """Table of directions over time.

    Parameters
    ----------
    tracks : array-like of shape (n_samples, n_frames, n_sources, n_angles)
        Azimuths, or azimuths and elevations, in degrees, or also distances in metres; NaN where a
        source is absent.
    times : array-like of shape (n_frames,) or (n_samples, n_frames)
        Times of the frames in seconds.
    samples : sequence of length n_samples, default=None
        Label or path of each sample; None numbers them.
    scores : array-like of shape (n_samples, n_frames, n_sources), default=None
        How sure each direction is; NaN if None.

    Returns
    -------
    table : DataFrame
        Columns ``sample``, ``time``, ``source``, ``azimuth`` (``elevation``, ``distance``) and
        ``score``: a row for each source that is present.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.base import track_table
    >>> tracks = np.array([[[[30.0], [-60.0]], [[32.0], [np.nan]]]])
    >>> track_table(tracks, [0.1, 0.3], samples=["a.wav"])
      sample  time  source  azimuth  score
    0  a.wav   0.1       0     30.0    NaN
    1  a.wav   0.1       1    -60.0    NaN
    2  a.wav   0.3       0     32.0    NaN
    """
    tracks = np.asarray(tracks, dtype=float)
    sample, frame, source = np.nonzero(~np.isnan(tracks[..., 0]))
    times = np.broadcast_to(np.asarray(times, dtype=float), tracks.shape[:2])
    labels = sample if samples is None else pd.Index(samples).take(sample)
    table = {"sample": labels, "time": times[sample, frame], "source": source}
    names = ("azimuth", "elevation", "distance")
    table |= dict(zip(names, tracks[sample, frame, source].T, strict=False))
    table["score"] = np.nan if scores is None else np.asarray(scores)[sample, frame, source]
    return pd.DataFrame(table)
