"""Choice of the threshold above which sources count as present."""

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sslearn.geometry import check_multi_doa
from sslearn.metrics import detection_error
from sslearn.utils import to_numbers


class ThresholdMixin:
    """``tune_threshold`` of localizers whose encoding has one."""

    @available_if(lambda self: hasattr(self.encoding, "match"))
    def tune_threshold(self, X, y, *, thresholds=None, tolerance=5.0):
        """Choose the detection threshold on samples that were not used for training.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Features, or the input of ``batch_transform``.
        y : array-like of shape (n_samples, n_sources, n_angles) or (n_samples, n_frames, \
n_sources, n_angles)
            Directions of the sources in degrees, NaN where one is silent.
        thresholds : array-like of shape (n_thresholds,), default=None
            Candidates for ``threshold`` of the encoding; 0.10 to 0.60 in steps of 0.01 if None.
        tolerance : float, default=5.0
            Largest error, in degrees, of a detected source.

        Returns
        -------
        self : NeuralLocalizer
            The estimator; ``encoding_`` has the threshold with the lowest
            :func:`sslearn.metrics.detection_error`, without the frames of silence.

        Raises
        ------
        ValueError
            If X, y or a threshold is not valid, or y has no axis of sources or no source.
        """
        check_is_fitted(self)
        thresholds = np.arange(10, 61) / 100 if thresholds is None else thresholds
        candidates = to_numbers(thresholds, "thresholds")
        if candidates.ndim != 1 or not len(candidates) or not (candidates > 0).all():
            raise ValueError(
                f"thresholds must have shape (n_thresholds,), all above 0; got {thresholds}."
            )
        X = self._check_X(X, reset=False)
        y = check_multi_doa(y, n_samples=len(X))
        if np.isnan(y).all():
            raise ValueError("y must contain at least one source; got NaN alone.")
        matches = self._map(lambda part: self._forward(part, self._match), X)

        def error_of(threshold):
            found = self.encoding_.detect(matches[..., :-1], matches[..., -1], threshold)
            return detection_error(y, found, tolerance=tolerance, active_only=True)

        self.encoding_.threshold = min(candidates.tolist(), key=error_of)
        return self

    def _match(self, outputs):
        """Directions, present or not, with their scores as last column."""
        y, scores = self.encoding_.match(outputs)
        return np.concatenate([y, scores[..., None]], axis=-1)
