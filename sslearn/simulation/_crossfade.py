from itertools import pairwise

import numpy as np
from scipy import fft


def filter_sound(sound, responses, n_times):
    """First samples of the convolution of a sound with responses.

    Parameters
    ----------
    sound : ndarray of shape (n_sound,)
        Dry sound.
    responses : ndarray of shape (n_channels, n_taps)
        Impulse responses.
    n_times : int
        Number of samples to keep.

    Returns
    -------
    heard : ndarray of shape (n_channels, n_times)
        Shorter if the convolution ends before.
    """
    # The linear convolution fits into n_fft: nothing wraps around.
    n_fft = fft.next_fast_len(len(sound) + responses.shape[1] - 1, real=True)
    spectra = fft.rfft(sound, n_fft) * fft.rfft(responses, n_fft)
    return fft.irfft(spectra, n_fft)[:, :n_times]


def segment_centres(n_segments, duration):
    """Centres (n_segments,) of segments of equal length."""
    return (np.arange(n_segments) + 0.5) * (duration / n_segments)


def crossfade(sound, responses, *, keep_power):
    """Filter a sound with a response that changes over time.

    Parameters
    ----------
    sound : ndarray of shape (n_times,)
        Dry sound.
    responses : list of ndarray of shape (n_channels, n_taps)
        Responses at the centres of segments of equal length.
    keep_power : bool
        Whether the weights of two neighbours keep the power of white noise, given their
        correlation, rather than the sum of amplitudes, which suits equal responses.

    Returns
    -------
    heard : ndarray of shape (n_channels, n_times)
        Float32.
    """
    n_times, n_segments = len(sound), len(responses)
    heard = np.zeros((len(responses[0]), n_times), dtype=np.float32)
    hop = n_times / n_segments
    alike = [_correlation(*pair) for pair in pairwise(responses)] if keep_power else []
    for k, (centre, response) in enumerate(
        zip(segment_centres(n_segments, n_times), responses, strict=True)
    ):
        # Before the first and after the last centre, the response does not change.
        is_first, is_last = k == 0, k == n_segments - 1
        start = 0 if is_first else int(np.ceil(centre - hop))
        stop = n_times if is_last else int(np.ceil(centre + hop))
        times = np.arange(start, stop)
        # Triangles w around the centres: those of two neighbours add up to 1.
        weight = np.interp(times, centre + hop * np.arange(-1, 2), [is_first, 1, is_last])
        if keep_power:
            # Power of w a + (1 - w) b, with a and b of power 1 and correlation rho:
            # w^2 + (1 - w)^2 + 2 w (1 - w) rho.
            before, after = ([0.0, *alike, 0.0])[k : k + 2]
            both = 2 * weight * (1 - weight) * np.where(times < centre, before, after)
            weight = weight / np.sqrt(weight**2 + (1 - weight) ** 2 + both)
        # Weights before the filter: each sample has the response of its time of emission.
        piece = sound[start:stop] * weight.astype(np.float32)
        part = filter_sound(piece, response, n_times - start)
        heard[:, start : start + part.shape[1]] += part
    return heard


def _correlation(a, b):
    """Normalized correlation of responses, 0 of silent ones."""
    n_taps = min(a.shape[1], b.shape[1])
    power = np.sqrt(np.square(a).sum() * np.square(b).sum())
    return float((a[:, :n_taps] * b[:, :n_taps]).sum() / power) if power > 0 else 0.0
