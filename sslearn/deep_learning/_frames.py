"""Prediction frame by frame."""

from functools import partial

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sslearn.base import track_table
from sslearn.deep_learning._stream import FrameStream
from sslearn.deep_learning._track import clip_durations, labelled, nearest_scores, part_middles
from sslearn.utils import sample_labels, take_rows
from sslearn.utils.param_validation import Integral, Interval, validated


class FramePredictionMixin:
    """Methods of a localizer whose network may have an output for each frame."""

    def predict_frames(self, X):
        """Predict directions in each frame, with a network that has an output for each frame.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Features, or the input of ``batch_transform``.

        Returns
        -------
        y : ndarray of shape (n_samples, n_frames, n_sources, n_angles)
            Directions in degrees; each frame is decoded as ``predict`` decodes their mean.

        Raises
        ------
        ValueError
            If the network has one output per sample.
        """
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        return self._map(lambda part: self._forward_frames(part, self._decode_frames), X)

    def predict_track(self, X):
        """Predict directions with their times, with a network that has an output for each frame.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of ``batch_transform``: paths of files or audio, of any lengths.

        Returns
        -------
        track : DataFrame
            Columns ``sample`` (path, label in the index of X or number), ``time`` in seconds,
            ``source``, ``azimuth`` (``elevation``) and ``score``: one row for each source of each
            frame, none where it is absent. The time is that of ``frame_times``. The score is that
            of the nearest direction of ``grid_``, NaN for encodings without one.

        Raises
        ------
        ValueError
            If the network has one output per sample, or the sampling rate is not known: no step of
            ``batch_transform`` has ``fs``, and X does not come from an AudioReader.

        See Also
        --------
        predict_frames : The directions as an array.
        sslearn.plotting.TrackDisplay : Picture of a track.
        """
        check_is_fitted(self)
        samples = self._check_X(X, reset=False)
        durations = clip_durations(samples, self.batch_transform_)
        tables = []
        for rows in self._by_length(samples):
            part = take_rows(samples, rows)
            found = self._forward_frames(part, self._decode_scored)
            tracks, scores = found[..., :-1], found[..., -1]
            times = part_middles(durations[rows], tracks.shape[1])
            tables.append(track_table(tracks, times, samples=rows, scores=scores))
        return labelled(tables, sample_labels(X))

    @validated(n_frames=[Interval(Integral, 1, None, closed="left")])
    def frame_times(self, X, n_frames):
        """Times of the directions that ``predict_frames`` returns.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of ``batch_transform``: paths of files or audio, of any lengths.
        n_frames : int
            Number of frames that the network returns for each clip.

        Returns
        -------
        times : ndarray of shape (n_samples, n_frames)
            Seconds. Each clip, or the part of it that an AudioReader reads, is divided into
            ``n_frames`` equal parts; the time is the middle of the part, from the start of what is
            read.

        Raises
        ------
        ValueError
            If ``n_frames`` is not positive, or the sampling rate is not known, as in
            ``predict_track``.
        """
        check_is_fitted(self)
        samples = self._check_X(X, reset=False)
        return part_middles(clip_durations(samples, self.batch_transform_), n_frames)

    def stream(self, batch_size=1, *, scores=False):
        """Localize in signals chunk by chunk, with a network that has a state.

        Parameters
        ----------
        batch_size : int, default=1
            Number of parallel signals.
        scores : bool, default=False
            Whether the scores of ``predict_track`` are a last column of the directions.

        Returns
        -------
        stream : FrameStream
            Its ``step(X)`` takes the next frames of the network's input and returns their
            directions, laid out as by ``predict_frames``; ``reset()`` starts new signals.

        Raises
        ------
        ValueError
            If the network has no state.

        Notes
        -----
        A network has a state if its module offers ``initial_state`` and ``step``
        (:class:`sslearn.networks.NetworkRecipe`). ``batch_transform`` is not applied: X is the
        input of the network.
        """
        check_is_fitted(self)
        return FrameStream(self, batch_size, scores)

    def _forward_frames(self, X, finish=None):
        from sslearn.deep_learning._head import FrameOutputs

        module = FrameOutputs(self.module_, self.encoding_.output_spec_)
        return self._forward(X, finish and partial(finish, X=X), module)

    def _decode_frames(self, outputs, X):
        """Tracks (n_samples, n_frames, n_sources, n_angles) from outputs for each frame."""
        if self.encoding_.output_spec_.frames == "track":
            return self._decode(outputs, X)
        y = self._decode(outputs.reshape(-1, *outputs.shape[2:]), X)
        n_sources = y.shape[1] if y.ndim == 3 else 1
        return y.reshape(*outputs.shape[:2], n_sources, 1 if y.ndim == 1 else y.shape[-1])

    def _decode_scored(self, outputs, X):
        """Tracks with the score of the nearest direction of the grid as last column."""
        tracks = self._decode_frames(outputs, X)
        scores = np.full(tracks.shape[:-1], np.nan)
        if hasattr(self.encoding_, "grid_"):
            scores = nearest_scores(tracks, self.encoding_.spatial_spectrum(outputs), self.grid_)
        return np.concatenate([tracks, scores[..., None]], axis=-1)
