from functools import lru_cache

import numpy as np
from scipy import fft
from scipy.signal import butter, sosfilt

from sslearn.simulation._image_sources import SPEED_OF_SOUND
from sslearn.simulation._noise import mix_diffuse
from sslearn.simulation._tail import fade_to_tail

LEAD = 40  # samples before the peak of the interpolation filter: latency of the responses
_N_PHASES = 16  # steps per sample of the delays of reflections
_N_TABLE = 4096
_HIGH_PASS = 10.0  # Hz


def direct_response(source, mics, fs):
    """Compute the response of the direct path, with its exact delay.

    Parameters
    ----------
    source : ndarray of shape (3,)
        Position in metres.
    mics : ndarray of shape (n_mics, 3)
        Positions in metres.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    response : ndarray of shape (n_mics, n_taps)
        Sample ``LEAD`` is the emission; 1 at a distance of 1 m.
    """
    distance = np.linalg.norm(source - mics, axis=1)
    arrival = distance * (fs / SPEED_OF_SOUND) + LEAD
    times = np.arange(int(arrival.max()) + LEAD + 2)
    return _interpolator(times - arrival[:, None]) / distance[:, None]


def _interpolator(times):
    """Sinc in a Hann window of ``LEAD`` samples on either side, as in pyroomacoustics."""
    window = np.where(np.abs(times) < LEAD, 0.5 + 0.5 * np.cos(np.pi * times / LEAD), 0.0)
    return np.sinc(times) * window


def array_response(images, layout=None):
    """Compute the response of a rectangular room at microphones, without the direct path.

    Parameters
    ----------
    images : ImageSources
        Image sources; their points are the microphones.
    layout : ndarray of shape (n_mics, 3), default=None
        Microphones in the frame of the array, for the coherence of a diffuse tail.

    Returns
    -------
    response : ndarray of shape (n_mics, n_taps)
        Float32. Sample ``LEAD`` is the emission.

    Notes
    -----
    Reflections, ``damping / distance``, are rounded to 1/16 sample, summed at 16 times the sampling
    rate and decimated by one transform. All are positive and add up at 0 Hz, where the sum of
    hundreds of thousands outlasts the reverberation by half: a second-order high-pass filter at
    10 Hz removes it.
    """
    if images.max_order == 0:
        return np.zeros((len(images.points), 0), dtype=np.float32)
    fine = _fine_response(images, len(images.points))
    for slab in images.slabs():
        damping = images.damping(slab)
        for m, square in enumerate(images.squares(slab)):
            distance = np.sqrt(square)
            delay = _fine_delay(distance, images.fs)
            # Images of equal delay are summed by bincount, much faster than by np.add.at.
            for band, amplitude in zip(fine, damping, strict=True):
                band[m] += np.bincount(delay, amplitude / distance, minlength=fine.shape[2])
    response, tail, fs = _at_sampling_rate(fine, images), images.tail, images.fs
    if tail is None:
        return response
    spectra = [mix_diffuse(x, layout, fs, tail.n_times) for x in tail.spectra(len(layout), fs)]
    return fade_to_tail(response, images, spectra, LEAD)


def ambisonic_response(images):
    """Compute the first-order ambisonic response of a room, without the direct path.

    Parameters
    ----------
    images : ImageSources
        Image sources; their only point is the microphone.

    Returns
    -------
    response : ndarray of shape (4, n_taps)
        W, X, Y, Z along the axes of the room, float32: each image source has the gain 1 in W and
        its unit vector in X, Y, Z.
    """
    if images.max_order == 0:
        return np.zeros((4, 0), dtype=np.float32)
    fine = _fine_response(images, 4)
    for slab in images.slabs():
        [square] = images.squares(slab)
        distance = np.sqrt(square)
        delay = _fine_delay(distance, images.fs)
        # Gains damping / r in W, and damping / r * (x, y, z) / r in X, Y, Z.
        components = [distance, *images.offsets(slab, np.float32)]
        for band, amplitude in zip(fine, images.damping(slab), strict=True):
            gradient = amplitude / square
            for channel, along in zip(band, components, strict=True):
                channel += np.bincount(delay, gradient * along, minlength=fine.shape[2])
    response = _at_sampling_rate(fine, images)
    if images.tail is None:
        return response
    # In a diffuse field X, Y and Z have a third of the power of W, and are uncorrelated.
    gains = np.float32([[1.0], *[[3**-0.5]] * 3])
    spectra = [gains * x for x in images.tail.spectra(4, images.fs)]
    return fade_to_tail(response, images, spectra, LEAD)


def _fine_response(images, n_channels):
    """Zeros (n_bands, n_channels, n_phases * n_taps), long enough for all image sources."""
    farthest = images.reach + np.linalg.norm(images.points - images.centre, axis=1).max()
    # LEAD samples before the emission, and as many after the last image, for the interpolation.
    n_taps = int(np.ceil(farthest * images.fs / SPEED_OF_SOUND)) + 2 * LEAD + 1
    n_taps = fft.next_fast_len(n_taps, real=True)
    return np.zeros((images.n_bands, n_channels, _N_PHASES * n_taps), dtype=np.float32)


def _fine_delay(distance, fs):
    """Delays in steps of 1/16 sample, rounded."""
    # As delays are positive, adding 0.5 and truncating rounds them.
    scale = np.float32(_N_PHASES * fs / SPEED_OF_SOUND)
    return (distance * scale + np.float32(_N_PHASES * LEAD + 0.5)).astype(np.intp)


def _at_sampling_rate(fine, images):
    """Response (n_channels, n_taps) at the sampling rate, high-pass filtered."""
    response = _decimate(fine, fine.shape[2] // _N_PHASES, images.filters)
    return sosfilt(_high_pass(images.fs), response).astype(np.float32)


@lru_cache(maxsize=1)
def _high_pass(fs):
    return butter(2, _HIGH_PASS, "highpass", fs=fs, output="sos")


@lru_cache(maxsize=1)
def _low_pass():
    """Spectrum of the interpolation filter, at ``_N_TABLE`` + 1 frequencies from 0 to fs."""
    n_fine = _N_TABLE * _N_PHASES
    times = np.arange(n_fine)
    # Taps that are symmetric about sample 0 have a real spectrum; their sum is n_phases.
    taps = _interpolator(np.minimum(times, n_fine - times) / _N_PHASES)
    return fft.rfft(taps).real[: _N_TABLE + 1] / _N_PHASES


def _decimate(fine, n_taps, filters):
    """Low-pass filter responses (n_bands, n_mics, n_phases * n_taps), keep every 16th sample."""
    freqs = np.arange(n_taps + 1) / n_taps
    low_pass = np.interp(freqs, np.linspace(0, 1, _N_TABLE + 1), _low_pass()).astype(np.float32)
    n_freqs = n_taps // 2 + 1
    gains = [1.0] if filters is None else filters(n_taps).astype(np.float32)
    total = 0.0
    for band, gain in zip(fine, gains, strict=True):
        # All microphones at once: hardly slower than one.
        spectrum = fft.rfft(band)[:, : n_taps + 1] * low_pass
        # Decimation folds back what is left above fs / 2: Y(f) = X(f) + conj(X(fs - f)).
        folded = spectrum[:, :n_freqs] + spectrum[:, ::-1][:, :n_freqs].conj()
        total = total + gain * folded
    return fft.irfft(total, n_taps)
