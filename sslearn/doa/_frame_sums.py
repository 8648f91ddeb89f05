"""Sums over frames from which directions follow."""

from dataclasses import dataclass

import numpy as np

from sslearn.features import whiten

# Where a tone or a narrow band sounds, bins with less power than this share of the strongest bin
# have no vote: 40 dB. Of a tone 20 dB above white noise the noise is 42 dB down in each bin of
# 31 Hz. Where most bins are above it, as of speech, the weak ones are signal: without them the
# error in quiet rooms grows by 0.05 degrees (4 %). Below the second share is leakage alone.
_LEAST_OF_NARROW, _LEAST_OF_WIDE = 1e-4, 1e-6
# Two independent sounds, the second 20 dB weaker and 20 degrees aside, leave 0.003 beside rank one
# in the median bin of a circle of 5 cm; one sound from two places 0.0005, in 40 dB of noise 0.0007.
_COHERENT = 2e-3
# Ratio of powers between microphones that interference exceeds, and a plane wave does not.
_UNEVEN = 1.2
# A single frame has rank one whatever it holds.
_MIN_FRAMES = 8


@dataclass
class FrameSums:
    """Sums over frames of clips, at each frequency.

    Parameters
    ----------
    products : ndarray of shape (n, n_freqs, ...), or another for some localizers
        Sums from which the localizer computes directions.
    power : ndarray of shape (n, n_freqs)
        Power of all channels.
    n_frames : int or float
        Number of frames; the sum of their weights where these are not 1.
    """

    products: np.ndarray
    power: np.ndarray
    n_frames: float

    def __post_init__(self):
        if not np.isfinite(self.power).all():
            raise ValueError(
                "X is so loud that its power overflows. Scale it, to [-1, 1] for example, or give "
                "it in double precision."
            )

    def __add__(self, other):
        return FrameSums(
            self.products + other.products,
            self.power + other.power,
            self.n_frames + other.n_frames,
        )

    def scaled(self, factor):
        """Sums with the weight ``factor`` of each frame."""
        factor = self.power.dtype.type(factor)
        return FrameSums(self.products * factor, self.power * factor, self.n_frames * factor)


def bin_power(X):
    """Sum over channels and frames of the squared moduli.

    Parameters
    ----------
    X : ndarray of shape (n, n_channels, n_freqs, n_frames)
        Spectra.

    Returns
    -------
    power : ndarray of shape (n, n_freqs)
        In the precision of X.
    """
    X = X if X.strides[-1] == X.itemsize else np.ascontiguousarray(X)
    parts = X.view(X.real.dtype)
    with np.errstate(over="ignore"):
        return np.einsum("ncft,ncft->nf", parts, parts)


def voting_weights(power):
    """Weight of each bin: 0 without a signal, equal for all others.

    Parameters
    ----------
    power : ndarray of shape (n, n_freqs)
        Power at each frequency.

    Returns
    -------
    weights : ndarray of shape (n, n_freqs)
        They add up to 1 for each clip; all are equal in silence.
    """
    strongest = power.max(axis=1, keepdims=True)
    strong = power >= _LEAST_OF_NARROW * strongest
    is_wide = 2 * strong.sum(axis=1, keepdims=True) > strong.shape[1]
    strong |= is_wide & (power >= _LEAST_OF_WIDE * strongest)
    return strong / strong.sum(axis=1, keepdims=True, dtype=power.dtype)


def covariance_sums(X):
    """Sums of the products of all channels.

    Parameters
    ----------
    X : ndarray of shape (n, n_channels, n_freqs, n_frames)
        Spectra.

    Returns
    -------
    sums : FrameSums
        Its products have shape (n, n_freqs, n_channels, n_channels).
    """
    with np.errstate(over="ignore", invalid="ignore"):
        products = _channel_products(X)
    power = np.trace(products, axis1=2, axis2=3).real
    return FrameSums(products, power, X.shape[3])


def phase_sums(X, pairs):
    """Sums of the cross-spectra of pairs of channels, without their magnitudes.

    Parameters
    ----------
    X : ndarray of shape (n, n_channels, n_freqs, n_frames)
        Spectra.
    pairs : ndarray of shape (n_pairs, 2)
        Channels of each pair.

    Returns
    -------
    sums : FrameSums
        Its products have shape (n, n_freqs, n_pairs).
    """
    power = bin_power(X)
    with np.errstate(over="ignore"):
        products = _channel_products(whiten(X))
    return FrameSums(products[:, :, pairs[:, 0], pairs[:, 1]], power, X.shape[3])


def _channel_products(X):
    X = X.transpose(0, 2, 1, 3)
    return X @ X.conj().swapaxes(2, 3)


def are_coherent(sums, n_channels):
    """Whether the covariances of clips have rank one at most frequencies, as those of one sound.

    Parameters
    ----------
    sums : FrameSums
        Products of all channels, or of all pairs, of modulus 1 in each frame.
    n_channels : int
        Number of channels.

    Returns
    -------
    are_coherent : ndarray of shape (n,), bool
        False for silence and for fewer than 8 frames, which decide nothing.
    """
    products = sums.products
    squares = np.square(np.abs(products.astype(np.complex128)))
    if products.ndim == 4:
        levels = np.einsum("nfcc->nfc", products).real.astype(float)
        trace = levels.sum(axis=2)
        squares = squares.sum(axis=(2, 3))
    else:
        # Phases have modulus 1: n_frames on the diagonal, and each pair i < j counts twice.
        trace = np.full(products.shape[:2], float(n_channels * sums.n_frames))
        squares = n_channels * sums.n_frames**2 + 2 * squares.sum(axis=2)
    votes = (voting_weights(sums.power) > 0) & (trace > 0)
    # 1 - |R|_F^2 / (tr R)^2 = 1 - sum of l^2 / (sum of l)^2 of the eigenvalues l: 0 for rank one.
    beside = np.where(votes, 1 - squares / np.where(votes, trace, 1) ** 2, np.nan)
    coherent = np.zeros(len(products), dtype=bool)
    if sums.n_frames >= _MIN_FRAMES:
        rows = votes.any(axis=1)
        coherent[rows] = np.nanmedian(beside[rows], axis=1) < _COHERENT
    if products.ndim == 4:
        # Plane waves alone in their bins are as loud everywhere; those of one sound interfere.
        spread = levels.max(axis=2) > _UNEVEN * levels.min(axis=2)
        coherent &= (spread & votes).sum(axis=1) > votes.sum(axis=1) / 2
    return coherent
