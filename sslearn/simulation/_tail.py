"""Diffuse tail of a room response: noise with the statistics of the late image sources."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft

from sslearn.simulation._image_sources import SPEED_OF_SOUND

LEAST_MIXING_TIME = 0.03  # seconds, before which image sources are too few for statistics
FADE = 0.01  # seconds from image sources alone to noise alone
_LEAST = 1e-30  # damping that stands for silence, below the smallest reverberation
_BASS = (20.0, 1000.0)  # Hz: lowest modes, and where their planes count no more
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
        n_silent, n_bass = (min(int(f / fs * self.n_times) + 1, n_freqs) for f in _BASS)
        # Uniform numbers of width 1 have the variance 1/12: scaled by (6 n)^0.5 in both parts,
        # |X|^2 has the mean n of white noise of power 1.
        noise = rng.random((n_channels, n_freqs + n_bass, 2), dtype=np.float32)
        noise -= 0.5
        noise *= (6 * self.n_times) ** 0.5
        white, bass = np.split(noise.view(np.complex64)[..., 0], [n_freqs], axis=1)
        for kind in (white, bass):
            kind[:, :n_silent] = 0
        bass[:, n_silent:] /= np.sqrt(np.arange(n_silent, n_bass) * np.float32(fs / self.n_times))
        return white, bass


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


def late_power(images, times):
    """Power of the sum of the image sources at the given times.

    Parameters
    ----------
    images : ImageSources
        Room with its source and its microphones.
    times : ndarray of shape (n_times,)
        Seconds after the emission.

    Returns
    -------
    power : ndarray of shape (2, n_bands, n_times)
        Per second: of sound with a flat spectrum, and at 1 Hz of sound with the spectrum 1 / f.

    Notes
    -----
    Image sources fill space with one per volume V of the room. In the direction u and at the
    distance r = c t, the walls of axis i with the amplitudes b are hit r |u_i| / (2 L_i) times
    each, so that with the mean over all directions

    ``power(t) = 4 pi c / V * mean_u(prod_i (b_i0 b_i1) ** (c t |u_i| / L_i) * p_i)``.

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
    # n is not 0 once the path along an axis is longer than the room.
    met = sphere[..., None] * path > sizes[:, None]
    pairs = np.prod(1 + 0.5 * np.sinc(sphere * apart)[..., None] * met, axis=1)
    energy = np.exp(-(sphere @ exponents).T[..., None] * path)
    across = np.exp(-(planes @ exponents).transpose(2, 0, 1)[..., None] * path)
    bass = over_plane @ across * (SPEED_OF_SOUND / 4 / sizes[:, None])
    density = 4 * np.pi * SPEED_OF_SOUND / np.prod(sizes)
    return density * np.stack([over_sphere @ (energy * pairs), bass.sum(axis=1)])


@lru_cache(maxsize=1)
def _directions():
    """Unit vectors (n, 3) in an eighth of the sphere, and (3, m, 3) in its planes; weights."""
    nodes, weights = np.polynomial.legendre.leggauss(_N_NODES)
    nodes, weights = (nodes + 1) / 2, weights / 2  # on [0, 1]
    up, turn = np.meshgrid(nodes, nodes * np.pi / 2)
    level = np.sqrt(1 - np.square(up))
    sphere = np.stack([level * np.cos(turn), level * np.sin(turn), up], axis=-1)
    circle = np.stack([0 * nodes, np.cos(nodes * np.pi / 2), np.sin(nodes * np.pi / 2)], axis=-1)
    planes = np.stack([np.roll(circle, i, axis=1) for i in range(3)])
    return sphere.reshape(-1, 3), np.outer(weights, weights).ravel(), planes, weights


def fade_to_tail(early, images, spectra, lead):
    """Fade from early image sources to the tail.

    Parameters
    ----------
    early : ndarray of shape (n_channels, n_early)
        Response to the image sources up to the mixing time.
    images : ImageSources
        Those image sources, with their tail.
    spectra : list of ndarray of shape (n_channels, n_freqs)
        Those of :meth:`Tail.spectra`, with the coherence of the channels.
    lead : int
        Sample of the emission.

    Returns
    -------
    response : ndarray of shape (n_channels, n_taps)
        The whole response.

    Notes
    -----
    Image sources and noise, which are uncorrelated, fade with the cosine and the sine of an angle,
    so that the power stays.
    """
    first, last = (lead + int(time * images.fs) for time in (images.tail.start, images.tail.end))
    late = _late(images, spectra, (np.arange(first, last) - lead) / images.fs)
    # sin^2 + cos^2 = 1 keeps the power.
    angle = np.linspace(0, np.pi / 2, int(FADE * images.fs), dtype=np.float32)
    late[:, : len(angle)] *= np.sin(angle)
    late[:, : len(angle)] += early[:, first : first + len(angle)] * np.cos(angle)
    return np.concatenate([early[:, :first], late], axis=1)


def _late(images, spectra, times):
    """Sum (n_channels, n_times) of the noise of all bands, white and bass."""
    n_fft = images.tail.n_times
    knots = np.linspace(times[0], times[-1], _N_KNOTS)
    # Logarithm of the rms per sample at the knots: a decay is nearly a straight line there.
    levels = 0.5 * np.log(np.maximum(late_power(images, knots) / images.fs, _LEAST))
    gains = [1.0] if images.filters is None else images.filters(n_fft).astype(np.float32)
    late = 0.0
    for spectrum, kind in zip(spectra, levels, strict=True):
        for gain, level in zip(gains, kind, strict=True):
            part = spectrum * (gain if images.filters is None else gain[: spectrum.shape[1]])
            rms = np.exp(np.interp(times, knots, level), dtype=np.float32)
            late = late + rms * fft.irfft(part, n_fft)[:, : len(times)]
    return late
