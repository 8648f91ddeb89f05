"""Base of the classical localizers: chunks of clips, blocks of frames, bands, silence."""

import warnings
from abc import abstractmethod

import numpy as np
from joblib import Parallel, delayed
from sklearn import get_config
from sklearn.base import BaseEstimator
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted

from sslearn.base import LocalizerMixin
from sslearn.doa._recording_checks import Listener, warn_of_units
from sslearn.exceptions import SilenceWarning
from sslearn.geometry import check_doa, check_mic_positions, check_multi_doa
from sslearn.utils import (
    band_slice,
    check_finite,
    check_spectrum,
    fit_batch_transform,
    keep_freed_memory,
    take_rows,
)
from sslearn.utils.param_validation import HasMethods, Integral, Interval, Real, _fit_context

# Spectra of this size, with the arrays computed from them, nearly fit into the last-level cache.
_CHUNK_BYTES = 2**24


class SpectrumLocalizer(LocalizerMixin, BaseEstimator):
    """Base of localizers for a known array: from spectra to directions, chunk by chunk.

    A subclass implements ``_prepare(freqs, n_angles)``, which ``fit`` calls, and ``_locate(X)``,
    from the spectra (n, n_channels, n_freqs, n_frames) of a band to directions.
    """

    _parameter_constraints: dict = {
        "mic_positions": ["array-like"],
        "fs": [Interval(Real, 0, None, closed="neither")],
        "freq_range": ["array-like", None],
        "speed_of_sound": [Interval(Real, 0, None, closed="neither")],
        "block_size": [Interval(Integral, 1, None, closed="left"), None],
        "batch_transform": [HasMethods(["fit", "transform"]), None],
        "n_jobs": [Integral, None],
    }
    # Minimum number of frames per estimate.
    _min_frames = 1

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Prepare for the array and the frequencies; nothing is learned from the audio.

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
        n_samples = _n_samples(X)
        n_chunk = _chunk_size(X, self.batch_transform)
        self.batch_transform_ = fit_batch_transform(self.batch_transform, X, n_chunk)
        spectrum = self._spectra(X, slice(0, 1), n_channels=n_channels)
        n_angles = None if y is None else _n_angles(y, n_samples)
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
        return self._map(self._locate_blocks, X)

    def _check_array(self):
        """Validate the array, and return its number of channels."""
        self.mic_positions_ = check_mic_positions(self.mic_positions, min_mics=2)
        return len(self.mic_positions_)

    @abstractmethod
    def _prepare(self, freqs, n_angles):
        """Compute the state for ``predict``; ``n_angles`` is None without y.

        The array and the spectra have been validated before.
        """

    @abstractmethod
    def _locate(self, X):
        """Directions of spectra of a block of frames, within the band."""

    def _locate_blocks(self, X):
        tracks = self._blocks(self._locate, X)
        if self.block_size is None:
            return tracks
        # One direction per block: a track of a single source.
        if tracks.ndim == 2:
            return tracks[..., None, None]
        return tracks[:, :, None] if tracks.ndim == 3 else tracks

    def _blocks(self, function, X):
        """Apply a function to blocks of frames; the results are stacked on axis 1."""
        if self.block_size is None:
            return function(X)
        starts = range(0, X.shape[3], self.block_size)
        return np.stack([function(X[..., t : t + self.block_size]) for t in starts], axis=1)

    def _map(self, function, X):
        """Apply a function to chunks of spectra within the band; join the results."""
        check_is_fitted(self)
        keep_freed_memory()
        chunks = gen_batches(_n_samples(X), _chunk_size(X, self.batch_transform_))
        listener = Listener(_n_samples(X), self._freqs)
        results = Parallel(self.n_jobs, require="sharedmem")(
            delayed(self._apply)(function, X, rows, listener) for rows in chunks
        )
        if hasattr(self, "mic_positions_"):
            listener.warn(self.mic_positions_, self.fs, self.speed_of_sound)
        self._warn_of_silence([place for _, silent in results for place in silent])
        return _join([result for result, _ in results])

    def _apply(self, function, X, rows, listener):
        X = self._spectra(X, rows, n_channels=self.n_features_in_)
        if X.shape[2] != self.n_freqs_in_:
            raise ValueError(
                f"X must have n_freqs={self.n_freqs_in_} frequencies on axis 2, as in fit; got "
                f"{X.shape[2]}. Use one n_fft throughout."
            )
        n_frames = min(X.shape[3], self.block_size or X.shape[3])
        if n_frames < self._min_frames:
            raise ValueError(
                f"X must have at least {self._min_frames} frames per estimate for "
                f"{type(self).__name__}; got {n_frames}. Use longer clips, a smaller hop_length or "
                "a larger block_size."
            )
        X = X[:, :, self.bins_]
        check_finite(X, first_sample=rows.start)
        listener.hear(X, rows.start)
        return function(X), _silent_channels(X, rows.start)

    def _spectra(self, X, rows, *, n_channels):
        """Validated spectra of some samples, with all frequencies."""
        X = take_rows(X, rows)
        if self.batch_transform_ is not None:
            X = self.batch_transform_.transform(X)
        return check_spectrum(X, n_channels=n_channels, ensure_finite=False)

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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.target_tags.required = False
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags


def _n_samples(X):
    n_samples = len(X) if hasattr(X, "__len__") else 0
    if n_samples == 0:
        raise ValueError(f"X must hold samples: found 0 sample(s) in a {type(X).__name__}.")
    return n_samples


def _n_angles(y, n_samples):
    if np.ndim(y) > 2:
        return check_multi_doa(y, n_samples=n_samples).shape[-1]
    y = check_doa(y, n_samples=n_samples)
    return 1 if y.ndim == 1 else y.shape[1]


def _chunk_size(X, batch_transform):
    # Clips of a list may differ in length, so they are not stacked.
    if isinstance(X, (list, tuple)):
        return 1
    sample = np.asarray(take_rows(X, slice(0, 1)))
    if sample.dtype.kind not in "fc":
        return 8  # paths
    # Overlapping complex frames of real audio take eight times its bytes at a quarter hop.
    n_bytes = sample.nbytes * (1 if batch_transform is None else 8)
    limit = min(_CHUNK_BYTES, get_config()["working_memory"] * 2**20 / 8)
    return max(1, int(limit // max(n_bytes, 1)))


def _silent_channels(X, first_sample):
    """Sample and channel of each channel that is all 0."""
    candidates = ~X[..., X.shape[3] // 2].any(axis=2)
    return [
        (first_sample + int(sample), int(channel))
        for sample, channel in np.argwhere(candidates)
        if not X[sample, channel].any()
    ]


def _join(results):
    if len({result.shape[1:] for result in results}) > 1:
        raise ValueError(
            "X must hold clips of equal length where block_size makes a track of each; got "
            f"{sorted({result.shape[1] for result in results})} blocks. Localize clip by clip."
        )
    return np.concatenate(results)
