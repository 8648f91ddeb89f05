"""Diffuse tail of a room response: noise with the statistics of the late image sources."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft

from sslearn.simulation._image_sources import SPEED_OF_SOUND

LEAST_MIXING_TIME = 0.03  # seconds, over which the level is measured
FADE = 0.01  # seconds from image sources alone to noise alone
_LEAST = 1e-30  # damping that stands for silence, below the smallest reverberation
_N_KNOTS = 64
_N_NODES = 16  # per angle: the mean over directions is exact to 1e-6


@dataclass(frozen=True)
class Tail:
    """Tail of a response: where it begins and ends, and its noise.

    Attributes
    ----------
    start, end : float
        Seconds after the emission; fading takes ``FADE`` seconds from ``start`` on.
    seed : tuple of int
        Seed of the noise.
    n_times : int
        Number of its samples, at least those of the longest response.
    """

    start: float
    end: float
    seed: tuple
    n_times: int

    def noise(self, n_channels):
        """White noise (n_channels, n_times) of power 1, uniform, which is drawn fastest."""
        rng = np.random.default_rng(self.seed)
        noise = rng.random((n_channels, self.n_times), dtype=np.float32)
        noise -= 0.5
        noise *= 12**0.5
        return noise


def split_horizon(mixing_time, sizes, distance, *, horizon, seed, n_times):
    """Split a response at the mixing time.

    Parameters
    ----------
    mixing_time : float or "auto"
        Time after the direct sound, in seconds; "auto" is :func:`auto_mixing_time`.
    sizes : ndarray of shape (3,)
        Length, width and height of the room in metres.
    distance : float
        From the source to the receiver, in metres.
    horizon : float
        End of the response, in seconds after the emission.
    seed, n_times
        Parameters of :class:`Tail`.

    Returns
    -------
    limits : dict
        ``horizon`` of the image sources, and their ``tail``: None if it would begin too late.
    """
    after = auto_mixing_time(sizes) if mixing_time == "auto" else mixing_time
    start = distance / SPEED_OF_SOUND + after
    if start + FADE >= horizon:
        return {"horizon": horizon, "tail": None}
    return {"horizon": start + FADE, "tail": Tail(start, horizon, seed, n_times)}


def auto_mixing_time(sizes):
    """Mixing time of a room in seconds, after the direct sound.

    The estimate from the volume in "Perceptual evaluation of model- and signal-based predictors of
    the mixing time in binaural room impulse responses" (A. Lindau, L. Kosanke, S. Weinzierl, J.
    Audio Eng. Soc. 60 (2012), 887-898) for the most critical 5 % of listeners.
    """
    return 0.0501 + 1.17e-5 * float(np.prod(sizes))


def late_statistics(walls, sizes, times):
    """Mean and power of the sum of the image sources at the given times.

    Parameters
    ----------
    walls : ndarray of shape (3, 2, n_bands)
        Reflected amplitudes of the walls.
    sizes : ndarray of shape (3,)
        Length, width and height in metres.
    times : ndarray of shape (n_times,)
        Seconds after the emission.

    Returns
    -------
    mean, power : ndarray of shape (n_bands, n_times)
        Sums of the amplitudes and of their squares, per second.

    Notes
    -----
    Image sources fill space with one per volume V of the room. In the direction u and at the
    distance r = c t, the walls of axis i with the amplitudes b are hit r |u_i| / (2 L_i) times
    each, so that with the mean over all directions

    ``power(t) = 4 pi c / V * mean_u(prod_i (b_i0 b_i1) ** (c t |u_i| / L_i))``

    and, without the square, ``mean(t) = 4 pi c**2 t / V * mean_u(prod_i ... ** (... / 2))``.
    """
    exponents = -np.log(np.maximum(np.prod(walls, axis=1), _LEAST)) / sizes[:, None]
    directions, weights = _octant()
    path = SPEED_OF_SOUND * times
    damping = np.exp(-0.5 * (directions @ exponents).T[..., None] * path)
    density = 4 * np.pi * SPEED_OF_SOUND / np.prod(sizes)
    return density * path * (weights @ damping), density * (weights @ np.square(damping))


@lru_cache(maxsize=1)
def _octant():
    """Unit vectors (n_directions, 3) and their weights, for means over an eighth of the sphere."""
    nodes, weights = np.polynomial.legendre.leggauss(_N_NODES)
    nodes, weights = (nodes + 1) / 2, weights / 2  # on [0, 1]
    up, turn = np.meshgrid(nodes, nodes * np.pi / 2)
    level = np.sqrt(1 - np.square(up))
    directions = np.stack([level * np.cos(turn), level * np.sin(turn), up], axis=-1)
    return directions.reshape(-1, 3), np.outer(weights, weights).ravel()


def add_tail(early, images, noise, common, lead):
    """Fade from early image sources to the tail.

    Parameters
    ----------
    early : ndarray of shape (n_bands, n_channels, n_early)
        Responses of the bands to the image sources up to the mixing time, not yet filtered.
    images : ImageSources
        Those image sources, with their tail.
    noise : ndarray of shape (n_channels, n_times)
        Noise of power 1, with the coherence of the channels.
    common : ndarray of shape (n_channels,)
        Gains for the mean of all image sources.
    lead : int
        Sample of the emission.

    Returns
    -------
    response : ndarray of shape (n_channels, n_taps)
        Sum of the filtered bands.

    Notes
    -----
    Image sources and noise, which are uncorrelated, fade with the cosine and the sine of an angle,
    so that the power stays. The mean, which the noise lacks, complements the cosine to one.
    """
    tail, fs = images.tail, images.fs
    first, last = (lead + int(seconds * fs) for seconds in (tail.start, tail.end))
    before = int(LEAST_MIXING_TIME * fs)
    mean, power = _tabulated(images, (np.arange(first - before, last) - lead) / fs)
    mean = mean[:, None] * common[:, None]
    noise = noise[:, first - before : last]
    bands = np.zeros((*early.shape[:2], last), dtype=np.float32)
    bands[..., : early.shape[2]] = early[..., :last]
    tails = np.sqrt(power)[:, None] * noise
    heard, made = bands[..., first - before : first] - mean[..., :before], tails[..., :before]
    levels = [np.square(part).sum(axis=(1, 2), keepdims=True) for part in (heard, made)]
    tails *= np.sqrt(levels[0] / levels[1])
    late, tails, mean = bands[..., first:], tails[..., before:], mean[..., before:]
    angle = np.linspace(0, np.pi / 2, int(FADE * fs), dtype=np.float32)
    fading = slice(len(angle))
    late[..., fading] *= np.cos(angle)
    late[..., len(angle) :] = 0.0
    mean[..., fading] *= 1 - np.cos(angle)
    tails[..., fading] *= np.sin(angle)
    late += mean
    late += tails
    return bands[0] if images.filters is None else _filtered(bands, images.filters)


def _tabulated(images, times):
    """Mean and power (n_bands, n_times) per sample, interpolated on a logarithmic scale."""
    knots = np.linspace(times[0], times[-1], _N_KNOTS)
    statistics = late_statistics(images.walls, images.room["sizes"], knots)
    levels = np.log(np.maximum(np.divide(statistics, images.fs), _LEAST))
    return np.exp([[np.interp(times, knots, x) for x in kind] for kind in levels], dtype=np.float32)


def _filtered(bands, filters):
    n_fft = fft.next_fast_len(bands.shape[2], real=True)
    spectra = fft.rfft(bands, n_fft)
    return fft.irfft(np.einsum("bf,bcf->cf", filters(n_fft).astype(np.float32), spectra), n_fft)
