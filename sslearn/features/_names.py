"""Names of features: the cue of a map, then its frequency or delay."""

import math

import numpy as np


def bin_names(bins, *, n_fft, fs=None):
    """Names of frequencies.

    Parameters
    ----------
    bins : slice
        Bins of the Fourier transform.
    n_fft : int
        Length of the Fourier transform.
    fs : float, default=None
        Sampling rate, in Hz; None if it is unknown.

    Returns
    -------
    names : list of str
        Such as ``"203hz"``, rounded to 1 Hz or as fine as the distance of the bins needs; or
        ``"bin13"`` where the rate is unknown.
    """
    if fs is None:
        return [f"bin{k}" for k in range(bins.start, bins.stop)]
    # One decimal for each power of ten by which the spacing fs / n_fft is below 1 Hz.
    digits = max(0, math.ceil(math.log10(n_fft / fs)))
    return [f"{k * fs / n_fft:.{digits}f}hz" for k in range(bins.start, bins.stop)]


def lag_names(lags):
    """Names of delays, in microseconds, as fine as their distance needs.

    Parameters
    ----------
    lags : ndarray of shape (n_lags,)
        Delays in seconds, equally spaced.

    Returns
    -------
    names : list of str
        Such as ``"-31us"``.
    """
    digits = max(0, math.ceil(-math.log10(1e6 * (lags[1] - lags[0]))))
    return [f"{1e6 * lag:.{digits}f}us" for lag in lags.tolist()]


def crossed(*axes):
    """Names of every combination of the names along the axes of an array, the last fastest.

    Parameters
    ----------
    *axes : list of str
        Names along each axis.

    Returns
    -------
    names : ndarray of str, object
        Joined by underscores.
    """
    names = [""]
    for axis in axes:
        names = [f"{name}_{part}" if name else part for name in names for part in axis]
    return np.array(names, dtype=object)
