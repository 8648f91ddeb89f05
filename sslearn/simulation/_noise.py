from functools import lru_cache

import numpy as np
from scipy import fft

from sslearn.simulation._rooms import SPEED_OF_SOUND

NOISES = ("white", "diffuse", "coherent")


@lru_cache(maxsize=2)
def _mixing(mics, fs, n_times):
    """Square roots (n_freqs, n_mics, n_mics) of the coherence of a spherically diffuse field.

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
    root = np.empty((len(freqs), *distance.shape), dtype=np.float32)
    for start in range(0, len(freqs), 1024):
        part = slice(start, start + 1024)
        # np.sinc has the pi in it: sin(2 pi f d / c) / (2 pi f d / c).
        coherence = np.sinc(2 * freqs[part, None, None] * distance / SPEED_OF_SOUND)
        values, vectors = np.linalg.eigh(coherence)
        # At low frequencies the matrix is singular: rounding makes eigenvalues of -1e-16.
        scaled = vectors * np.sqrt(np.maximum(values, 0.0))[:, None]
        root[part] = scaled @ vectors.swapaxes(1, 2)
    return root


def noise_signals(sources, n_signals, rng):
    """Different noises (n_signals, n_times) of power 1; silence stays silence."""
    signals = np.stack([sources.excerpt(sources.draw_index(rng), rng) for _ in range(n_signals)])
    rms = np.sqrt(np.mean(np.square(signals), axis=1, keepdims=True))
    return signals / np.where(rms > 0, rms, 1)


def array_noise(kind, sources, mics, fs, rng):
    """Noise at an array.

    Parameters
    ----------
    kind : {"white", "diffuse", "coherent"}
        Independent at each microphone; spherically diffuse; or identical at all microphones.
    sources : NoiseSources or RecordedSources
        What is heard.
    mics : ndarray of shape (n_mics, 3)
        Microphone positions in metres.
    fs : float
        Sampling rate in Hz.
    rng : numpy Generator
        Random numbers.

    Returns
    -------
    noise : ndarray of shape (n_mics, n_times)
        Float32, of power 1, about.
    """
    if kind == "coherent":
        return np.repeat(noise_signals(sources, 1, rng), len(mics), axis=0)
    signals = noise_signals(sources, len(mics), rng)
    if kind == "white":
        return signals
    n_times = signals.shape[1]
    root = _mixing(tuple(map(tuple, mics.tolist())), fs, n_times)
    spectra = np.einsum("fmn,nf->mf", root, fft.rfft(signals))
    return fft.irfft(spectra, n_times)


def gain_to_ratio(power, own, ratio):
    """Gain that puts sound with the power ``own`` ``ratio`` dB below ``power``; 0 of silence."""
    return np.float32(np.sqrt(power / (own * 10 ** (ratio / 10)))) if own > 0 else np.float32(0)


def add_noise(X, snr, rng):
    """Add in place white noise, uncorrelated over channels, ``snr`` dB below each clip."""
    power = np.mean(np.square(X), axis=(1, 2), keepdims=True)
    scale = np.sqrt(power / 10 ** (np.reshape(snr, (-1, 1, 1)) / 10)).astype(X.dtype)
    X += scale * rng.standard_normal(X.shape).astype(X.dtype)
    return X
