"""Base of the classical localizers: chunks of clips, blocks of frames, bands, silence."""

import warnings
from abc import abstractmethod
from functools import partial, reduce
from itertools import chain
from operator import add

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.utils import gen_even_slices
from sklearn.utils.validation import check_is_fitted

from sslearn.base import LocalizerMixin, track_table
from sslearn.doa._clips import Clips, known_steps
from sslearn.doa._recording_checks import N_CLIPS, Listener, warn_of_units
from sslearn.doa._stream import BlockStreamMixin
from sslearn.exceptions import SilenceWarning, UncertaintyWarning
from sslearn.features import AudioReader, stft_hop, stft_padding
from sslearn.geometry import angles_to_unit_vectors, check_doa, check_multi_doa
from sslearn.utils import (
    as_samples,
    band_slice,
    check_finite,
    check_rate,
    check_spectrum,
    keep_freed_memory,
    run_parallel,
    sample_labels,
    to_numbers,
)
from sslearn.utils.param_validation import HasMethods, Integral, Interval, Real, _fit_context

# Calls per worker process: each carries the state of the localizer, and shares of several sizes
# of work even out.
_CALLS_PER_JOB = 8


class SpectrumLocalizer(BlockStreamMixin, LocalizerMixin, BaseEstimator):
    """Base of localizers for a known array: from spectra to directions, chunk by chunk.

    A subclass implements ``_prepare(freqs, n_angles)``, which ``fit`` calls, ``_sums(X)``, from the
    spectra (n, n_channels, n_freqs, n_frames) of a band to what adds up over their frames, and
    ``_locate(sums)``, from such sums to directions.
    """

    _parameter_constraints: dict = {
        "fs": [Interval(Real, 0, None, closed="neither")],
        "freq_range": ["array-like", None],
        "block_size": [Interval(Integral, 1, None, closed="left"), None],
        "block_duration": [Interval(Real, 0, None, closed="neither"), None],
        "batch_transform": [HasMethods(["fit", "transform"]), None],
        "n_jobs": [Integral, None],
    }
    # Minimum number of frames per estimate.
    _min_frames = 1

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Prepare for the array and the frequencies; nothing is trained.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, as :class:`sslearn.features.STFT` returns them, or the input of
            ``batch_transform``.
        y : array-like, default=None
            Directions in degrees. Only their layout matters: azimuth alone, or azimuth and
            elevation. None is azimuth alone, unless the grid has elevations.

        Returns
        -------
        self : object
            The fitted localizer.

        Raises
        ------
        ValueError
            If a parameter, the shape of X or the layout of y does not suit the method.
        """
        n_channels = self._check_array()
        if hasattr(self, "mic_positions_"):
            warn_of_units(self.mic_positions_)
        self._check_rates()
        clips = self._open(X, self.batch_transform)
        self.batch_transform_ = clips.fitted_transform()
        clips = Clips(clips.samples, self.batch_transform_)
        with clips.errors_named():
            spectrum = check_spectrum(clips.example(), n_channels=n_channels, ensure_finite=False)
        n_angles = None if y is None else _n_angles(y, len(clips.samples))
        n_fft = 2 * (spectrum.shape[2] - 1)
        self.bins_ = band_slice(self.freq_range, fs=self.fs, n_fft=n_fft)
        self.n_freqs_in_ = spectrum.shape[2]
        self.n_features_in_ = n_channels
        self._freqs = np.arange(self.bins_.start, self.bins_.stop) * self.fs / n_fft
        self._prepare(self._freqs, n_angles)
        return self

    def predict(self, X):
        """Predict directions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, or the input of ``batch_transform``.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, n_angles), \
(n_samples, n_sources, n_angles) or (n_samples, n_blocks, n_sources, n_angles)
            Directions in degrees (and metres). The third layout is for a decoder of several
            sources, the last for ``block_size``, which gives several estimates per clip.

        Raises
        ------
        ValueError
            If X does not have the channels and frequencies of ``fit``, contains NaN, or has too few
            frames.

        Warns
        -----
        SilenceWarning
            If a channel is silent within ``freq_range``.
        """
        return self._map(self._locate_sources, X)

    def predict_track(self, X):
        """Predict directions with their times.

        Parameters
        ----------
        X : array-like
            Input of ``batch_transform``, which must be an STFT, or an AudioReader and an STFT.

        Returns
        -------
        track : DataFrame
            Columns ``sample`` (path, label in the index of X or number), ``time`` in seconds,
            ``source``, ``azimuth`` (``elevation``, ``distance``) and ``score``: one row for each
            source of each block, none where it is absent. The time is the middle of the block,
            whose frames are as long as the STFT's. The score is the value of ``spatial_spectrum``
            at the nearest direction of ``grid_``.

        Raises
        ------
        ValueError
            As ``predict``, or if the times of the frames are not known.

        See Also
        --------
        sslearn.plotting.TrackDisplay : Picture of a track.
        """
        check_is_fitted(self)
        stft = known_steps(self.batch_transform_)[1]
        if stft is None:
            raise ValueError(
                "batch_transform must be an STFT, or an AudioReader and an STFT, for the times of "
                f"the frames; got {self.batch_transform}. Use predict, which numbers the blocks."
            )
        found = self._map(self._locate_and_score, X)
        found = found if self._block_frames else found[:, None]
        n_frames = np.array(self._open(X, self.batch_transform_).n_frames())[:, None]
        size = self._block_frames or n_frames
        middles = (size - 1) / 2 + size * np.arange(found.shape[1])
        start = stft.n_fft / 2 - stft_padding(stft)[0]
        times = (start + middles * stft_hop(stft)) / self.fs
        return track_table(found[..., :-1], times, samples=sample_labels(X), scores=found[..., -1])

    @abstractmethod
    def _check_array(self):
        """Validate the array, and return its number of channels."""

    def _check_rates(self):
        """Raise if ``fs`` is not that of an AudioReader, or blocks have two lengths."""
        if self.block_size is not None and self.block_duration is not None:
            raise ValueError(
                f"block_size and block_duration must not both be set; got {self.block_size} frames "
                f"and {self.block_duration} s. Leave one of them None."
            )
        for _, step in getattr(self.batch_transform, "steps", [("", self.batch_transform)]):
            if isinstance(step, AudioReader) and step.fs != self.fs:
                raise ValueError(
                    f"fs must be that of the AudioReader in batch_transform, {step.fs:g} Hz; got "
                    f"{self.fs:g}. Set both to one rate."
                )

    @property
    def _block_frames(self):
        """Number of frames of a block, None for all."""
        if self.block_duration is None:
            return self.block_size
        stft = known_steps(self.batch_transform_)[1]
        if stft is None:
            raise ValueError(
                "block_duration needs an STFT as batch_transform, or an AudioReader and an STFT; "
                f"got {self.batch_transform}. Give block_size, a number of frames."
            )
        return max(1, round(self.block_duration * self.fs / stft_hop(stft)))

    @abstractmethod
    def _prepare(self, freqs, n_angles):
        """Compute the state for ``predict``; ``n_angles`` is None without y.

        The array and the spectra have been validated before.
        """

    @abstractmethod
    def _sums(self, X):
        """FrameSums of spectra (n, n_channels, n_freqs, n_frames) within the band."""

    @abstractmethod
    def _locate(self, sums):
        """Directions from sums over frames."""

    @abstractmethod
    def _score_sounds(self, sums):
        """Spectra (n, n_directions) from sums over frames, 0 for silence."""

    def _locate_sources(self, sums):
        """Directions; with blocks, those of a track, even of a single source."""
        y = self._locate(sums)
        return y if self._block_frames is None else _as_sources(y)

    def _locate_and_score(self, sums):
        """Directions of sources, followed by their scores, (n, n_sources, n_angles + 1)."""
        y, spectrum = self._locate_with_spectrum(sums)
        y = _as_sources(y)
        grid = self.grid_.reshape(len(self.grid_), -1)[:, : y.shape[-1]]
        # Absent sources (NaN) get an arbitrary place here, and NaN as score below.
        apart = _places(np.nan_to_num(y))[:, :, None] - _places(grid)
        nearest = np.square(apart).sum(axis=3).argmin(axis=2)[..., None]
        scores = np.take_along_axis(spectrum[:, None], nearest, axis=2)
        scores = np.where(np.isnan(y[..., :1]), np.nan, scores)
        return np.concatenate([y, scores], axis=2)

    def _locate_with_spectrum(self, sums):
        return self._locate(sums), self._score_sounds(sums)

    def _open(self, X, batch_transform):
        check_rate(X, self.fs)
        samples = as_samples(X)
        if len(samples) == 0:
            raise ValueError("X must hold at least one sample: found 0 sample(s).")
        return Clips(samples, batch_transform)

    def _map(self, function, X, sums=None):
        """Apply a function of sums over frames to chunks of clips; join the results.

        With ``block_size`` the results of the blocks of a clip are stacked on axis 1.
        """
        check_is_fitted(self)
        keep_freed_memory()
        clips = self._open(X, self.batch_transform_)
        listener = Listener(len(clips.samples), self._freqs)
        chunks = list(clips.chunks())
        n_calls = min(len(chunks), _CALLS_PER_JOB * effective_n_jobs(self.n_jobs))
        groups = [chunks[part] for part in gen_even_slices(len(chunks), n_calls)]
        calls = (
            partial(self._apply_each, function, clips.parts(group), sums or self._sums, listener)
            for group in groups
        )
        found = chain.from_iterable(run_parallel(calls, self.n_jobs, prefer="threads"))
        results, silent, coherent, covariances = zip(*found, strict=True)
        if hasattr(self, "mic_positions_"):
            covariances = list(chain.from_iterable(covariances))
            listener.warn(covariances, self.mic_positions_, self.fs, self.speed_of_sound)
        self._warn_of_silence(np.concatenate(silent).tolist())
        self._warn_of_coherence(np.concatenate(coherent).tolist())
        return _join(results)

    def _apply_each(self, function, parts, sums, listener):
        """Results for several chunks, each a part of the clips."""
        return [self._apply(function, part, sums, listener) for part in parts]

    def _apply(self, function, clips, sums, listener):
        silent, coherent, covariances = [], np.zeros(len(clips.samples), dtype=bool), []

        def band(start, stop):
            X = self._band(read(start, stop))
            if len(covariances) < N_CLIPS:
                covariances.extend(listener.covariances(X, clips.first))
            silent.append(_silent_channels(X))
            return X

        with clips.errors_named():
            n_frames, n_held, read = clips.open()
            size = min(n_frames, self._block_frames or n_frames)
            self._check_n_frames(size)
            blocks = self._block_sums(band, n_frames, size, n_held, sums)
            results = []
            for block in blocks:
                coherent |= self._are_coherent(block)
                results.append(function(block))
        places = np.argwhere(np.logical_and.reduce(silent))
        places[:, 0] += clips.first
        result = results[0] if self._block_frames is None else np.stack(results, axis=1)
        return result, places, clips.first + np.flatnonzero(coherent), covariances

    def _block_sums(self, read, n_frames, size, n_held, sums):
        """FrameSums of each block, with at most ``n_held`` frames in memory."""

        def pieces(start):
            stop = min(start + size, n_frames)
            return (read(t, min(t + n_held, stop)) for t in range(start, stop, n_held))

        if size > n_held:
            for start in range(0, n_frames, size):
                yield self._add_up(partial(pieces, start), sums)
            return
        n_held -= n_held % size
        for start in range(0, n_frames, n_held):
            X = read(start, min(start + n_held, n_frames))
            for t in range(0, X.shape[3], size):
                yield sums(X[..., t : t + size])

    def _add_up(self, pieces, sums):
        """FrameSums of all pieces of a block, which ``pieces()`` iterates over."""
        return reduce(add, map(sums, pieces()))

    def _check_n_frames(self, n_frames):
        if n_frames < self._min_frames:
            raise ValueError(
                f"X must have at least {self._min_frames} frames per estimate for "
                f"{type(self).__name__}; got {n_frames}. Use longer clips, a smaller hop_length or "
                "a larger block_size."
            )

    def _band(self, X):
        """Frequencies of the band, of valid spectra."""
        check_spectrum(X, n_channels=self.n_features_in_, ensure_finite=False)
        if X.shape[2] != self.n_freqs_in_:
            raise ValueError(
                f"X must have n_freqs={self.n_freqs_in_} frequencies on axis 2, as in fit; got "
                f"{X.shape[2]}. Use one n_fft throughout."
            )
        return check_finite(X[:, :, self.bins_])

    def _warn_of_silence(self, silent):
        if silent:
            sample, channel = silent[0]
            warnings.warn(
                f"X is silent between {self.freq_range} Hz in {len(silent)} channel(s), first in "
                f"sample {sample}, channel {channel}: directions found there mean nothing, or come "
                "from the other channels alone. Drop these recordings or these channels.",
                SilenceWarning,
                stacklevel=4,
            )

    def _are_coherent(self, sums):
        """Whether the sources of a clip are coherent, so that the method cannot separate them."""
        return False

    def _warn_of_coherence(self, rows):
        if rows:
            warnings.warn(
                f"The sources are coherent in {len(rows)} sample(s), first in sample {rows[0]}: "
                "one sound from several places, or a single source. Their directions mean little. "
                'On a uniform line of microphones smoothing="spatial" of MUSIC and MVDR, or ESPRIT '
                "for two sources, separates them.",
                UncertaintyWarning,
                stacklevel=4,
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.target_tags.required = False
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags


def _as_sources(y):
    """Directions (n, n_sources, n_angles) of one source or several."""
    return y.reshape(len(y), -1, 1 if y.ndim == 1 else y.shape[-1])


def _places(y):
    """Positions of directions (..., n_angles), at 1 m where there is no distance."""
    rows = y.reshape(-1, y.shape[-1])
    vectors = angles_to_unit_vectors(rows[:, :2] if rows.shape[1] > 1 else rows[:, 0])
    vectors = vectors * rows[:, 2:] if rows.shape[1] == 3 else vectors
    return vectors.reshape(*y.shape[:-1], 3)


def _n_angles(y, n_samples):
    y = y if hasattr(y, "ndim") else to_numbers(y, "y", "angles in degrees")
    if y.ndim > 2:
        return check_multi_doa(y, n_samples=n_samples).shape[-1]
    y = check_doa(y, n_samples=n_samples)
    return 1 if y.ndim == 1 else y.shape[1]


def _silent_channels(X):
    """Whether each channel (n, n_channels) is all 0."""
    # One frame clears nearly all channels; the others are searched in full.
    silent = ~X[..., X.shape[3] // 2].any(axis=2)
    for sample, channel in np.argwhere(silent):
        silent[sample, channel] = not X[sample, channel].any()
    return silent


def _join(results):
    """Results of all chunks, padded with NaN to the largest number of blocks."""
    n_blocks = max(result.shape[1] if result.ndim > 1 else 0 for result in results)
    return np.concatenate([_filled_up(result, n_blocks) for result in results])


def _filled_up(result, n_blocks):
    if result.ndim == 1 or result.shape[1] == n_blocks:
        return result
    missing = [(0, 0), (0, n_blocks - result.shape[1])] + [(0, 0)] * (result.ndim - 2)
    return np.pad(result, missing, constant_values=np.nan)
