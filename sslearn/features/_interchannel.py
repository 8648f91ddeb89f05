"""Level and phase of one channel against another, guarded against silence."""

import numpy as np

# 90 dB, as a ratio of magnitudes: about the dynamic range of 16-bit audio.
_RATIO_LIMIT = 10**4.5


def within_range(function, spectrum, axis=None):
    """Apply a function that does not depend on the level; scale its input if it overflows.

    Parameters
    ----------
    function : callable
        Function of spectra whose result does not depend on their level.
    spectrum : ndarray of shape (...)
        Complex spectra, or audio. What is not finite becomes NaN.
    axis : tuple of int, default=None
        Axes over which the level is irrelevant; all if None.

    Returns
    -------
    result : ndarray
        ``function(spectrum)``, also where products of the spectra exceed the floating-point range.
    """
    try:
        with np.errstate(over="raise", invalid="raise"):
            return function(spectrum)
    except FloatingPointError:
        # f(a X) = f(X) for every a > 0, so the peak is scaled to 1. Its parts are compared, because
        # the modulus may overflow where they do not.
        parts = np.maximum(np.abs(spectrum.real), np.abs(spectrum.imag))
        peak = parts.max(axis=axis, keepdims=True)
        with np.errstate(invalid="ignore"):
            scaled = spectrum / np.maximum(peak, np.finfo(peak.dtype).tiny)
        return function(scaled)


def guarded_magnitude(spectrum, out=None):
    """Magnitudes that may be divided: silence is the smallest normal number instead of 0.

    Parameters
    ----------
    spectrum : ndarray of shape (...)
        Complex spectra.
    out : ndarray of shape (...), default=None
        Where the magnitudes are written; a new array if None.

    Returns
    -------
    magnitude : ndarray of shape (...)
        Positive magnitudes.
    """
    magnitude = np.abs(spectrum, out=out)
    magnitude += np.finfo(magnitude.dtype).tiny
    return magnitude


def level_ratio(magnitude, reference, out=None):
    """Ratio of magnitudes, limited to 90 dB either way; 1 where both are silent.

    Parameters
    ----------
    magnitude, reference : ndarray of shape (...)
        Guarded magnitudes.
    out : ndarray of shape (...), default=None
        Where the ratio is written; a new array if None.

    Returns
    -------
    ratio : ndarray of shape (...)
        ``magnitude / reference``.
    """
    with np.errstate(over="ignore"):
        ratio = np.divide(magnitude, reference, out=out)
    return np.clip(ratio, 1 / _RATIO_LIMIT, _RATIO_LIMIT, out=ratio)


def unit_phasor(spectrum, reference):
    """Complex number of modulus 1 whose angle is the phase difference.

    Parameters
    ----------
    spectrum, reference : ndarray of shape (...)
        Complex spectra.

    Returns
    -------
    phasor : ndarray of shape (...)
        ``exp(j angle(spectrum / reference))``; 1 where either is silent.
    """
    # exp(j angle(a / b)) = a conj(b) / |a conj(b)|, which does not divide by a silent b.
    phasor = np.conj(reference)
    phasor *= spectrum
    # Silence becomes a tiny positive number, whose phase is 0.
    tiny = np.finfo(phasor.real.dtype).tiny
    phasor += tiny
    modulus = np.abs(phasor)
    phasor *= np.reciprocal(np.maximum(modulus, tiny, out=modulus), out=modulus)
    return phasor
