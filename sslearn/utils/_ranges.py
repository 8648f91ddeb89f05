"""Ranges of values and of frequencies."""

import numpy as np

from sslearn.utils._numbers import to_numbers
from sslearn.utils.param_validation import Integral, Interval, Real, validated


@validated(lowest=[Real], highest=[Real])
def check_range(limits, name, lowest=-np.inf, highest=np.inf):
    """Validate a pair (low, high) with ``lowest <= low <= high <= highest``.

    Parameters
    ----------
    limits : array-like of shape (2,)
        Pair to check.
    name : str
        Name used in messages.
    lowest, highest : float, default=-inf and inf
        Bounds of both values.

    Returns
    -------
    limits : ndarray of shape (2,)
        Pair as floats.

    Raises
    ------
    ValueError
        If there are not two numbers, or they are inverted or out of bounds.

    Examples
    --------
    >>> from sslearn.utils import check_range
    >>> check_range((20, 8000), "freq_range", lowest=0).tolist()
    [20.0, 8000.0]
    """
    limits = to_numbers(limits, name)
    if limits.shape != (2,) or not (lowest <= limits[0] <= limits[1] <= highest):
        raise ValueError(
            f"{name} must be a pair (low, high) with {lowest:g} <= low <= high <= {highest:g}; "
            f"got {limits.tolist()}."
        )
    return limits


@validated(
    fs=[Interval(Real, 0, None, closed="neither")],
    n_fft=[Interval(Integral, 0, None, closed="left")],
)
def band_slice(freq_range, *, fs, n_fft, name="freq_range"):
    """Select the bins ``round(f n_fft / fs)`` from the low to below the high frequency.

    Parameters
    ----------
    freq_range : tuple of (float, float) or None
        Lowest and highest frequency, in Hz; None for every bin.
    fs : float
        Sampling rate, in Hz.
    n_fft : int
        Length of the Fourier transform.
    name : str, default="freq_range"
        Name used in messages.

    Returns
    -------
    bins : slice
        Bins of the band.

    Raises
    ------
    ValueError
        If the frequencies are out of order, above half of ``fs``, or contain no bin.

    Examples
    --------
    >>> from sslearn.utils import band_slice
    >>> band_slice((200, 4000), fs=16000, n_fft=512)
    slice(6, 128, None)
    """
    if freq_range is None:
        return slice(0, n_fft // 2 + 1)
    band = to_numbers(freq_range, name)
    if band.shape != (2,) or not 0 <= band[0] < band[1] <= fs / 2:
        raise ValueError(
            f"{name} must be (low, high) in Hz with 0 <= low < high <= fs / 2 = {fs / 2:g}; "
            f"got {freq_range}. Lower the range or raise fs."
        )
    # Bin k is at k fs / n_fft Hz; the nearest bin is used.
    low, high = (round(f * n_fft / fs) for f in band.tolist())
    if low >= high:
        raise ValueError(
            f"{name} must hold at least one of the bins, which are {fs / max(n_fft, 1):g} Hz apart "
            f"at fs={fs:g}; got {freq_range}. Widen the range or raise n_fft."
        )
    return slice(low, high)
