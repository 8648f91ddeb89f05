"""What is done to recordings before they are localized: sweeps, direct sounds, ambisonics."""

import numpy as np
from scipy import fft
from scipy.signal import chirp, hilbert
from sklearn.base import BaseEstimator, TransformerMixin


def compress_sweep(X, fs, *, freq_range, duration, before=0.1):
    """Correlate recordings with the linear sweep that was played.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_channels, n_times)
        Recordings.
    fs : float
        Sampling rate in Hz.
    freq_range : tuple of (float, float)
        First and last frequency of the sweep in Hz.
    duration : float
        Length of the sweep in seconds.
    before : float, default=0.1
        Seconds to keep before the lag 0.

    Returns
    -------
    responses : ndarray of shape (n_samples, n_channels, n_times)
        Band-limited impulse responses.
    """
    n_times = X.shape[-1]
    times = np.arange(round(duration * fs)) / fs
    sweep = chirp(times, freq_range[0], duration, freq_range[1])
    n_fft = fft.next_fast_len(n_times + len(sweep), real=True)
    cross = fft.rfft(X, n_fft) * fft.rfft(sweep, n_fft).conj()
    return np.roll(fft.irfft(cross, n_fft), round(before * fs), axis=-1)[..., :n_times]


def cut_arrivals(X, fs, *, width=0.004, threshold=0.5, n_times=1024):
    """Cut the first strong arrival out of impulse responses, at the same place in all channels.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_channels, n_times)
        Impulse responses.
    fs : float
        Sampling rate in Hz.
    width : float, default=0.004
        Length of the cut in seconds, with the arrival in its middle.
    threshold : float, default=0.5
        The arrival is the highest value within 1 ms of where the envelope, added up over the
        channels, first reaches this share of its maximum.
    n_times : int, default=1024
        Length of the result, filled up with zeros.

    Returns
    -------
    cuts : ndarray of shape (n_samples, n_channels, n_times), float32
        The first arrivals.
    """
    envelopes = np.abs(hilbert(X)).sum(axis=1)
    half = round(width * fs / 2)
    cuts = np.zeros((*X.shape[:2], n_times), dtype=np.float32)
    for cut, responses, envelope in zip(cuts, X, envelopes, strict=True):
        first = (envelope >= threshold * envelope.max()).argmax()
        peak = first + envelope[first : first + round(1e-3 * fs)].argmax()
        part = responses[:, max(0, peak - half) : peak + half]
        cut[:, : part.shape[1]] = part
    return cuts


def keep_arrivals(X, fs, *, before=0.0005, after=0.001, threshold=0.25):
    """Silence impulse responses but for the first arrival in each channel.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_channels, n_times)
        Impulse responses.
    fs : float
        Sampling rate in Hz.
    before, after : float, default=0.0005, 0.001
        Seconds to keep before and after the response first reaches the threshold.
    threshold : float, default=0.25
        Share of the peak of the response.

    Returns
    -------
    arrivals : ndarray of shape (n_samples, n_channels, n_times)
        The same responses, 0 elsewhere.
    """
    size = np.abs(X)
    first = (size >= threshold * size.max(axis=-1, keepdims=True)).argmax(axis=-1)
    lag = np.arange(X.shape[-1]) - first[..., None]
    return np.where((lag >= -round(before * fs)) & (lag <= round(after * fs)), X, 0)


class FirstOrder(TransformerMixin, BaseEstimator):
    """Transform audio of a small array to spectra of first-order ambisonics.

    The sound pressure and its gradient in the centre are fitted to the microphones by least
    squares at each frequency.

    Parameters
    ----------
    mic_positions : ndarray of shape (n_mics, 3)
        Microphone positions in metres, around the origin.
    fs : float
        Sampling rate in Hz.
    stft : transformer
        Makes the spectra.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.
    """

    def __init__(self, mic_positions, fs, stft, *, speed_of_sound=343.0):
        self.mic_positions = mic_positions
        self.fs = fs
        self.stft = stft
        self.speed_of_sound = speed_of_sound

    def fit(self, X, y=None):
        """Learn nothing."""
        return self

    def transform(self, X):
        """Spectra (n_samples, 4, n_freqs, n_frames) of W, Y, Z and X."""
        spectrum = self.stft.transform(X)
        mics = self.mic_positions[:, [1, 2, 0]]
        fit = np.linalg.pinv(np.column_stack([np.ones(len(mics)), mics]))
        freqs = np.linspace(0, self.fs / 2, spectrum.shape[2])
        # A plane wave has the gradient 1j k u times its pressure.
        gain = np.ones((4, len(freqs)), dtype=complex)
        gain[1:, 1:] = self.speed_of_sound / (2j * np.pi * freqs[1:])
        encoded = np.einsum("cm,nmft->ncft", fit, spectrum) * gain[..., None]
        return encoded.astype(np.complex64)
