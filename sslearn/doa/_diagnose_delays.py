"""Relations between the channels of a recording: levels, coherence, polarity, delays."""

from functools import cache

import numpy as np

from sslearn.doa._delay_finder import DelayFinder
from sslearn.geometry import mic_pairs

# Every channel is paired with at least this number of others, if there are as many.
_N_HUBS = 6
# Power over that of the loudest bin, above which a bin has a weight, or is loud.
_FLOOR, _LOUD = 1e-5, 1e-3
_N_ABSOLUTE_STEPS = 8
_MAX_LAGS = (1e-3, 0.03)  # seconds
# Range of the lags over that of the array: a wrong description is found by longer delays.
_SEARCH = 3.0
_UNIQUE, _UNLIKE = 0.4, 0.5


class Channels:
    """Coherence, polarity and delays of the channels in some clips.

    Parameters
    ----------
    covariances : ndarray of shape (n_clips, n_freqs, n_channels, n_channels)
        Mean over the frames of the products of the channels.
    freqs : ndarray of shape (n_freqs,)
        Frequencies in Hz, equally spaced.
    max_lag : float
        Largest delay between two channels of the search, in seconds.

    Attributes
    ----------
    levels : ndarray of shape (n_clips, n_channels)
        Root mean square.
    weights : ndarray of shape (n_clips, n_freqs)
        Weights of the bins, equal for all that are loud enough, of sum 1.
    loud : ndarray of shape (n_clips, n_freqs)
        Bins that make up the sound, as 0 or 1.
    likeness : ndarray of shape (n_clips, n_channels, n_channels)
        Mean over the loud bins of the real part of the coherence: 1 for two equal channels.
    pairs : ndarray of shape (n_pairs, 2)
        Pairs whose lags are found.
    heights : ndarray of shape (n_clips, n_pairs)
        Correlation at the lag, in [0, 1].
    contrast : ndarray of shape (n_channels, n_channels)
        Highest minus lowest correlation, over their sum: negative for opposite polarity.
    polarity : ndarray of shape (n_channels,)
        1, or -1 for channels that are opposite to most others.
    delays : ndarray of shape (n_clips, n_channels)
        Arrival in seconds, relative to the mean over the channels.
    misclosure : ndarray of shape (n_clips,)
        Median difference between the lags and those of ``delays``, in seconds.
    """

    def __init__(self, covariances, freqs, max_lag):
        powers = np.abs(np.diagonal(covariances, axis1=2, axis2=3))
        self.freqs, self.levels = freqs, np.sqrt(powers.sum(axis=1))
        mean = powers.mean(axis=2)
        highest = mean.max(axis=1, keepdims=True)
        bins, self.loud = ((mean > floor * highest) * 1.0 for floor in (_FLOOR, _LOUD))
        scale = np.sqrt(powers)
        scale = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
        coherence = covariances * scale[..., None] * scale[:, :, None]
        self.weights = bins / np.maximum(bins.sum(axis=1, keepdims=True), 1.0)
        share = self.loud / np.maximum(self.loud.sum(axis=1, keepdims=True), 1.0)
        self.likeness = np.einsum("nf,nfij->nij", share, coherence.real)
        self.pairs = _hub_pairs(covariances.shape[2])
        i, j = self.pairs.T
        self.cross = coherence[:, :, i, j] * self.weights[..., None]
        self._find_delays(max_lag)

    def _find_delays(self, max_lag):
        spacing = self.freqs[1] - self.freqs[0]
        first = round(self.freqs[0] / spacing)
        bins = slice(first, first + len(self.freqs))
        # Sampled every `spacing` Hz, the correlation repeats after lags of 1 / spacing.
        max_lag = min(max_lag, _UNIQUE / spacing)
        # DelayFinder takes bins of a transform: any rate with this spacing gives the same lags.
        n_fft = 2 * (bins.stop + 1)
        self._find = DelayFinder(
            np.full(len(self.pairs), max_lag), bins, n_fft=n_fft, fs=spacing * n_fft
        )
        lags = self._find(np.concatenate([self.cross, -self.cross]))
        lags = lags.reshape(2, *self.cross.shape[::2])
        heights = np.stack([self.correlation(lags[0]), -self.correlation(lags[1])])
        self._find_polarity(heights.sum(axis=1))
        i, j = self.pairs.T
        opposite = self.polarity[i] != self.polarity[j]
        self.lags = np.where(opposite, lags[1], lags[0])
        self.heights = np.where(opposite, heights[1], heights[0])
        self.delays, self.misclosure = _close(self.lags, self.pairs, self.heights)

    def correlation(self, lags):
        """Correlation of each pair at lags (n_clips, n_pairs) in seconds."""
        phases = 2 * np.pi * self.freqs[:, None] * lags[:, None]
        return (self.cross.real * np.cos(phases) - self.cross.imag * np.sin(phases)).sum(axis=1)

    def split_undelayed(self):
        """Least squares of an undelayed part and one with the next best lag.

        Returns
        -------
        undelayed, delayed : ndarray of shape (n_clips, n_pairs)
            Shares of both, in [0, 1].
        lags : ndarray of shape (n_clips, n_pairs)
            Lags of the second, in seconds.
        """
        now = self.correlation(np.zeros_like(self.lags))
        lags = self._find(self.cross - now[:, None] * self.weights[..., None])
        then = self.correlation(lags)
        phases = 2 * np.pi * self.freqs[:, None] * lags[:, None]
        overlap = np.einsum("nf,nfp->np", self.weights, np.cos(phases))
        # Normal equations [[1, overlap], [overlap, 1]]: near determinant 0 no split is possible.
        rest = 1.0 - np.square(overlap)
        unlike = np.where(rest > _UNLIKE, 1.0, 0.0) / np.maximum(rest, _UNLIKE)
        undelayed = np.where(unlike > 0, (now - overlap * then) * unlike, now)
        return undelayed, (then - overlap * now) * unlike, lags

    def _find_polarity(self, heights):
        highest, lowest = heights
        total = np.maximum(highest + lowest, np.finfo(float).tiny)
        n_channels = self.levels.shape[1]
        self.contrast = np.zeros((n_channels, n_channels))
        i, j = self.pairs.T
        self.contrast[i, j] = self.contrast[j, i] = (highest - lowest) / total
        # Largest eigenvector: the signs s that maximize s^T contrast s, relaxed to real numbers.
        signs = np.where(np.linalg.eigh(self.contrast)[1][:, -1] < 0, -1, 1)
        # Eigenvectors have an arbitrary sign: the majority is 1, and of two channels the first.
        self.polarity = signs * (-1 if signs.sum() < 0 or signs.sum() == 0 > signs[0] else 1)


def longest_lag(mic_positions, speed_of_sound):
    """Largest lag of the search, in seconds: beyond what the array allows."""
    span = np.ptp(mic_positions, axis=0)
    return float(np.clip(_SEARCH * np.linalg.norm(span) / speed_of_sound, *_MAX_LAGS))


def mean_covariance(spectrum):
    """Covariance (n_freqs, n_channels, n_channels) of one clip (n_channels, n_freqs, n_frames)."""
    X = spectrum.swapaxes(0, 1)
    return X @ X.conj().swapaxes(1, 2) / X.dtype.type(X.shape[2])


@cache
def _hub_pairs(n_channels):
    pairs = mic_pairs(n_channels)
    hubs = np.unique(np.linspace(0, n_channels - 1, _N_HUBS).astype(int))
    return pairs[np.isin(pairs, hubs).any(axis=1)]


def _close(lags, pairs, heights):
    """Delays of the channels from lags of pairs, by least absolute errors; median residual."""
    n_channels = pairs.max() + 1
    design = np.eye(n_channels)[pairs[:, 0]] - np.eye(n_channels)[pairs[:, 1]]
    squares = (design[:, :, None] * design[:, None, :]).reshape(len(pairs), -1)
    prior = np.square(np.maximum(heights, 0.01))
    weights = prior
    for _ in range(_N_ABSOLUTE_STEPS):
        # Lags determine delays up to a constant: adding ones (1 1^T) sets their mean to 0.
        normal = (weights @ squares).reshape(-1, n_channels, n_channels) + 1.0
        delays = np.linalg.solve(normal, ((weights * lags) @ design)[..., None])[..., 0]
        # Reweighted least squares: weights 1 / |rest| make the sum of squares one of |rest|.
        rest = np.abs(lags - delays @ design.T)
        weights = prior / np.maximum(rest, 1e-6)
        weights /= weights.mean(axis=1, keepdims=True)
    return delays, np.median(rest, axis=1)
