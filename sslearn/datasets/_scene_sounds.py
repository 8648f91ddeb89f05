"""Sounds of the eight classes of made scenes."""

from functools import partial

import numpy as np
from scipy import fft

LEAST_FS = 12000  # Hz, twice the highest frequency of a class


def _harmonics(t, fs, rng, *, weight):
    """Harmonics of a note, each with a weight of its number and of its frequency in Hz."""
    pitch = rng.uniform(150, 350)
    numbers = np.arange(1, int(fs / 2 / pitch) + 1)
    weights = weight(numbers, numbers * pitch) * np.exp(2j * np.pi * rng.random(len(numbers)))
    # A polynomial of one wave: sines of each harmonic take ten times as long.
    return np.polyval([*weights[::-1], 0], np.exp(2j * np.pi * pitch * t)).imag


def _noise(t, fs, rng, *, low=0.0, high=np.inf):
    """White noise between two frequencies in Hz."""
    spectrum = fft.rfft(rng.standard_normal(len(t)))
    freqs = fft.rfftfreq(len(t), 1 / fs)
    return fft.irfft(np.where((freqs >= low) & (freqs <= high), spectrum, 0), len(t))


def _cycle(t, rates, rng):
    """Rate in Hz, drawn from a range, and the position in its cycles, from 0 to 1."""
    rate = rng.uniform(*rates)
    return rate, (rate * t + rng.random()) % 1


def _gated_noise(t, fs, rng):
    return _noise(t, fs, rng) * (_cycle(t, (6, 10), rng)[1] < 0.5)


def _sweeps(t, fs, rng):
    freqs = 800 + 1500 * _cycle(t, (3, 5), rng)[1]
    # The phase is the integral of the frequency.
    return np.sin(2 * np.pi * np.cumsum(freqs) / fs)


def _clicks(t, fs, rng):
    rate, position = _cycle(t, (9, 14), rng)
    since = position / rate
    return np.exp(-since / 0.004) * np.sin(2 * np.pi * 1200 * since)


def _all(number, freq):
    return 1 / number


def _odd(number, freq):
    return number % 2 / number


def _near_formant(number, freq):
    return np.exp(-(((freq - 1500) / 400) ** 2))


# Functions of times in seconds (n_times,), the sampling rate and a random generator.
SOUNDS = {
    "all harmonics": partial(_harmonics, weight=_all),
    "odd harmonics": partial(_harmonics, weight=_odd),
    "low noise": partial(_noise, low=250, high=900),
    "high noise": partial(_noise, low=3000, high=6000),
    "gated noise": _gated_noise,
    "harmonics at 1.5 kHz": partial(_harmonics, weight=_near_formant),
    "sweeps": _sweeps,
    "clicks": _clicks,
}


def make_sound(name, n_times, fs, snr, rng):
    """One sound (n_times,), float32, with white noise ``snr`` dB below it."""
    sound = SOUNDS[name](np.arange(n_times) / fs, fs, rng)
    sound /= np.sqrt(np.mean(np.square(sound)))
    # The sound has the rms 1: this is the deviation of noise snr dB below it.
    sound += 10 ** (-snr / 20) * rng.standard_normal(n_times)
    return (0.1 * rng.uniform(0.5, 1.5) * sound).astype(np.float32)
