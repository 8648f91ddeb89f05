"""Diffuse tail of a room response: noise with the statistics of the late image sources."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft

from sslearn.simulation._image_sources import SPEED_OF_SOUND

LEAST_MIXING_TIME = 0.03  # seconds, before which image sources are too few for statistics
FADE = 0.01  # seconds from image sources alone to noise alone
_LEAST = 1e-30  # damping that stands for silence, below the smallest reverberation
_BASS = (20.0, 1000.0)  # Hz, where modes along two axes count
_N_KNOTS = 32
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

    def spectra(self, n_channels, fs):
        """Spectra of noise (n_channels, n_freqs): of white noise of power 1, and below 1 kHz 1 / f.

        Their values are uniform, which is drawn fastest.
        """
        rng = np.random.default_rng(self.seed)
        n_freqs = self.n_times // 2 + 1
        n_bass = int(_BASS[1] / fs * self.n_times)
        noise = rng.random((n_channels, n_freqs + n_bass, 2), dtype=np.float32)
        noise -= 0.5
        noise *= (6 * self.n_times) ** 0.5
        white, bass = np.split(noise.view(np.complex64)[..., 0], [n_freqs], axis=1)
        freqs = np.arange(n_bass) * (fs / self.n_times)
        return white, bass * ((freqs > _BASS[0]) / np.sqrt(np.maximum(freqs, _BASS[0])))


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


def late_statistics(images, times):
    """Mean and power of the sum of the image sources at the given times.

    Parameters
    ----------
    images : ImageSources
        Room with its source and its microphones.
    times : ndarray of shape (n_times,)
        Seconds after the emission.

    Returns
    -------
    statistics : ndarray of shape (3, n_bands, n_times)
        Per second: the sum of the amplitudes, the power of sound with a flat spectrum, and that at
        1 Hz of sound with the spectrum 1 / f.

    Notes
    -----
    Image sources fill space with one per volume V of the room. In the direction u and at the
    distance r = c t, the walls of axis i with the amplitudes b are hit r |u_i| / (2 L_i) times
    each, so that with the mean over all directions

    ``power(t) = 4 pi c / V * mean_u(prod_i (b_i0 b_i1) ** (c t |u_i| / L_i) * p_i)``

    and ``sum(t) = 4 pi c**2 t / V * mean_u(prod_i (b_i0 b_i1) ** (c t |u_i| / (2 L_i)))``.

    Half of all images are pairs at ``d + 2 n L_i`` and ``d - 2 n L_i`` along axis i, which arrive
    together if source and microphones are at the same height or otherwise near along an axis:
    ``p_i = 1 + sinc(2 d |u_i| fs / c) / 2`` where n is not 0.

    The modes of the room without a node along axis i add ``c / (4 L_i f)``. They decay like sound
    in the plane across that axis, more slowly than other sound, and are the bass of a late tail.
    """
    sizes, path = images.room["sizes"], SPEED_OF_SOUND * times
    exponents = -np.log(np.maximum(np.prod(images.walls, axis=1), _LEAST)) / sizes[:, None]
    sphere, over_sphere, planes, over_plane = _directions()
    apart = 2 * images.fs / SPEED_OF_SOUND * (images.source - images.centre)
    met = sphere[..., None] * path > sizes[:, None]
    pairs = np.prod(1 + 0.5 * np.sinc(sphere * apart)[..., None] * met, axis=1)
    damping = np.exp(-0.5 * (sphere @ exponents).T[..., None] * path)
    energy = np.exp(-(planes @ exponents).transpose(2, 0, 1)[..., None] * path)
    bass = over_plane @ energy * (SPEED_OF_SOUND / 4 / sizes[:, None])
    density = 4 * np.pi * SPEED_OF_SOUND / np.prod(sizes)
    sums = path * (over_sphere @ damping), over_sphere @ (np.square(damping) * pairs)
    return density * np.stack([*sums, bass.sum(axis=1)])


@lru_cache(maxsize=1)
def _directions():
    """Unit vectors (n, 3) in an eighth of the sphere, and in its planes (3, m, 3); their weights."""
    nodes, weights = np.polynomial.legendre.leggauss(_N_NODES)
    nodes, weights = (nodes + 1) / 2, weights / 2  # on [0, 1]
    up, turn = np.meshgrid(nodes, nodes * np.pi / 2)
    level = np.sqrt(1 - np.square(up))
    sphere = np.stack([level * np.cos(turn), level * np.sin(turn), up], axis=-1)
    circle = np.stack([0 * nodes, np.cos(nodes * np.pi / 2), np.sin(nodes * np.pi / 2)], axis=-1)
    planes = np.stack([np.roll(circle, i, axis=1) for i in range(3)])
    return sphere.reshape(-1, 3), np.outer(weights, weights).ravel(), planes, weights


def add_tail(early, images, spectra, common, lead):
    """Fade from early image sources to the tail.

    Parameters
    ----------
    early : ndarray of shape (n_bands, n_channels, n_early)
        Responses of the bands to the image sources up to the mixing time, not yet filtered.
    images : ImageSources
        Those image sources, with their tail.
    spectra : list of ndarray of shape (n_channels, n_freqs)
        Those of :meth:`Tail.spectra`, with the coherence of the channels.
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
    mean, *powers = _tabulated(images, (np.arange(first, last) - lead) / fs)
    noises = [fft.irfft(kind, tail.n_times)[:, : last - first] for kind in spectra]
    late = sum(np.sqrt(p)[:, None] * noise for p, noise in zip(powers, noises, strict=True))
    mean = mean[:, None] * common[:, None]
    angle = np.linspace(0, np.pi / 2, int(FADE * fs), dtype=np.float32)
    fading = slice(len(angle))
    late[..., fading] *= np.sin(angle)
    mean[..., fading] *= 1 - np.cos(angle)
    late += mean
    heard = early[..., first : first + len(angle)] * np.cos(angle)
    late[..., : heard.shape[2]] += heard
    bands = np.concatenate([early[..., :first], late], axis=2)
    return bands[0] if images.filters is None else _filtered(bands, images.filters)


def _tabulated(images, times):
    """Statistics (3, n_bands, n_times) per sample, interpolated on a logarithmic scale."""
    knots = np.linspace(times[0], times[-1], _N_KNOTS)
    levels = np.log(np.maximum(late_statistics(images, knots) / images.fs, _LEAST))
    return np.exp([[np.interp(times, knots, x) for x in kind] for kind in levels], dtype=np.float32)


def _filtered(bands, filters):
    n_fft = fft.next_fast_len(bands.shape[2], real=True)
    spectra = fft.rfft(bands, n_fft)
    return fft.irfft(np.einsum("bf,bcf->cf", filters(n_fft).astype(np.float32), spectra), n_fft)
