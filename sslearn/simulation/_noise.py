from dataclasses import dataclass
from functools import lru_cache
from numbers import Real

import numpy as np
from scipy import fft
from sklearn.base import BaseEstimator

from sslearn.simulation._image_sources import SPEED_OF_SOUND
from sslearn.simulation._sounds import as_sounds
from sslearn.utils import check_range, to_numbers
from sslearn.utils.param_validation import StrOptions


class Noise(BaseEstimator):
    """Noise added to clips.

    Parameters
    ----------
    snr : float or tuple of (float, float)
        Signal-to-noise ratio in dB, or a range to draw it from.
    kind : {"white", "diffuse", "coherent"}, default="white"
        White noise, independent in each channel; a spherically diffuse field, whose coherence
        between two microphones at distance d is ``sin(2 pi f d / c) / (2 pi f d / c)``; or the
        same signal at all microphones, as from a source at broadside. Heads support white noise
        only, ambisonics all but coherent noise.
    reference : {"auto", "direct", "reverberant"}, default="auto"
        Signal power in ``snr``, averaged over the clip: that of the direct sound, as it would be
        without a room, or of all sound of the sources. "auto" is "reverberant" for a head and
        "direct" for other receivers.
    sounds : Sounds or list, default=None
        Recordings for diffuse or coherent noise, as :func:`sslearn.datasets.load_noise` reads
        them; white noise if None.

    See Also
    --------
    Interferer : Interfering point source.

    Examples
    --------
    >>> from sslearn.simulation import Noise
    >>> Noise((0, 20), kind="diffuse")
    Noise(kind='diffuse', snr=(0, 20))
    """

    _parameter_constraints: dict = {
        "snr": [Real, "array-like"],
        "kind": [StrOptions({"white", "diffuse", "coherent"})],
        "reference": [StrOptions({"auto", "direct", "reverberant"})],
    }

    def __init__(self, snr, *, kind="white", reference="auto", sounds=None):
        self.snr = snr
        self.kind = kind
        self.reference = reference
        self.sounds = sounds


class Interferer(BaseEstimator):
    """Additional source in the same room that is not to be localized.

    Parameters
    ----------
    sounds : Sounds or list, default=None
        Signals of the interferer; white noise if None.
    sir : float or tuple of (float, float), default=0.0
        Ratio of the sources to the interferer in dB, or a range to draw it from.
    reference : {"direct", "reverberant"}, default="direct"
        Sound that ``sir`` compares: the direct sound, as it would be without a room, or all sound.

    See Also
    --------
    Noise : Background noise.

    Examples
    --------
    >>> from sslearn.simulation import Interferer
    >>> Interferer(sir=(0, 10))
    Interferer(sir=(0, 10))
    """

    _parameter_constraints: dict = {
        "sir": [Real, "array-like"],
        "reference": [StrOptions({"direct", "reverberant"})],
    }

    def __init__(self, sounds=None, *, sir=0.0, reference="direct"):
        self.sounds = sounds
        self.sir = sir
        self.reference = reference


@dataclass(repr=False)
class Background:
    """Validated noise or interferer: its range of levels, their reference, and its sounds."""

    ratio: np.ndarray
    reference: str
    player: object
    kind: str = "point"


def check_noise(noise, kinds, reference, *, fs, n_times):
    """Validate noise: a recipe, a ratio in dB, a range of ratios, or None for no noise.

    Parameters
    ----------
    noise : Noise, float, tuple of (float, float) or None
        User input.
    kinds : tuple of str
        Kinds that the receiver supports.
    reference : str
        Value of "auto".
    fs, n_times
        Parameters of :meth:`Sounds.player`.

    Returns
    -------
    background : Background or None
        Validated noise.
    """
    if noise is None:
        return None
    if not isinstance(noise, Noise):
        noise = Noise(_ratio(noise, "noise (snr in dB)"))
    noise._validate_params()
    if noise.kind not in kinds:
        raise ValueError(f"noise must be of a kind in {list(kinds)}; got {noise.kind!r}.")
    if noise.kind == "white" and noise.sounds is not None:
        raise ValueError(
            'noise: sounds must be None where kind="white". Set kind="diffuse" to use recordings.'
        )
    reference = reference if noise.reference == "auto" else noise.reference
    snr = _ratio(noise.snr, "noise: snr")
    player = as_sounds(noise.sounds).player(fs=fs, n_times=n_times, name="noise.sounds")
    return Background(snr, reference, player, noise.kind)


def check_interferer(interferer, *, fs, n_times):
    """Validate an :class:`Interferer` or None, and return a :class:`Background` or None."""
    if interferer is None:
        return None
    if not isinstance(interferer, Interferer):
        raise TypeError(f"interferer must be an Interferer or None; got {interferer!r}.")
    interferer._validate_params()
    sir = _ratio(interferer.sir, "interferer: sir")
    sounds = as_sounds(interferer.sounds)
    player = sounds.player(fs=fs, n_times=n_times, name="interferer.sounds")
    return Background(sir, interferer.reference, player)


def _ratio(ratio, name):
    """Range of a ratio in dB within the limits of float32; a single value is both ends."""
    ratio = to_numbers(ratio, name, "a ratio or a range of ratios in dB")
    ratio = np.full(2, ratio.item()) if ratio.size == 1 else ratio
    return check_range(ratio, name, lowest=-300, highest=300)


@lru_cache(maxsize=2)
def _mixing(mics, fs, n_times):
    """Symmetric square roots (n_mics, n_mics, n_freqs) of the coherence of a diffuse field.

    Parameters
    ----------
    mics : tuple of tuple of float
        Microphone positions in metres.
    fs : float
        Sampling rate in Hz.
    n_times : int
        Length of the transform.
    """
    mics = np.array(mics)
    distance = np.linalg.norm(mics[:, None] - mics, axis=2)
    freqs = fft.rfftfreq(n_times, 1 / fs)
    root = np.empty((*distance.shape, len(freqs)), dtype=np.float32)
    # Parts of the frequencies bound the memory of the stacked matrices in double precision.
    for start in range(0, len(freqs), 1024):
        part = slice(start, start + 1024)
        # sin(2 pi f d / c) / (2 pi f d / c): np.sinc(x) is sin(pi x) / (pi x).
        coherence = np.sinc(2 * freqs[part, None, None] * distance / SPEED_OF_SOUND)
        values, vectors = np.linalg.eigh(coherence)
        # At low frequencies the matrix is singular, and eigenvalues may round to -1e-16.
        scaled = vectors * np.sqrt(np.maximum(values, 0.0))[:, None]
        root[..., part] = np.moveaxis(scaled @ vectors.swapaxes(1, 2), 0, -1)
    return root


def noise_signals(player, n_signals, rng):
    """Independent noise signals (n_signals, n_times) of power 1; silence stays silence."""
    signals = np.stack([player.excerpt(player.draw_index(rng), rng) for _ in range(n_signals)])
    rms = np.sqrt(np.mean(np.square(signals), axis=1, keepdims=True))
    return signals / np.where(rms > 0, rms, 1)


def array_noise(kind, player, mics, fs, rng):
    """Draw noise at the microphones of an array.

    Parameters
    ----------
    kind : {"white", "diffuse", "coherent"}
        Independent at each microphone; spherically diffuse; or identical at all microphones.
    player : NoisePlayer or RecordingPlayer
        Source of the signals.
    mics : ndarray of shape (n_mics, 3)
        Microphone positions in metres.
    fs : float
        Sampling rate in Hz.
    rng : numpy Generator
        Random numbers.

    Returns
    -------
    noise : ndarray of shape (n_mics, n_times)
        Float32, with a power of about 1.
    """
    if kind == "coherent":
        return np.repeat(noise_signals(player, 1, rng), len(mics), axis=0)
    signals = noise_signals(player, len(mics), rng)
    if kind == "white":
        return signals
    n_times = signals.shape[1]
    return fft.irfft(mix_diffuse(fft.rfft(signals), mics, fs, n_times), n_times)


def mix_diffuse(spectra, mics, fs, n_times):
    """Mix spectra of independent signals into those of a diffuse field at microphones.

    Parameters
    ----------
    spectra : ndarray of shape (n_mics, n_freqs)
        The lowest bins at least.
    mics : ndarray of shape (n_mics, 3)
        Microphone positions in metres.
    fs : float
        Sampling rate in Hz.
    n_times : int
        Length of the transform.

    Returns
    -------
    mixed : ndarray of shape (n_mics, n_freqs)
        Spectra.
    """
    # For independent x of power 1 and a symmetric root C, the covariance of C x is C C.
    root = _mixing(tuple(map(tuple, mics.tolist())), fs, n_times)[..., : spectra.shape[1]]
    return np.einsum("mnf,nf->mf", root, spectra)


def gain_to_ratio(power, own, ratio):
    """Gain that puts a signal of power ``own`` ``ratio`` dB below ``power``; 0 for silence."""
    # 10 log10(power / (gain^2 own)) = ratio.
    return np.float32(np.sqrt(power / (own * 10 ** (ratio / 10)))) if own > 0 else np.float32(0)
