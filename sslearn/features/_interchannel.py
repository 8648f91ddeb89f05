"""Level and phase of one channel against another, guarded against silence."""

import numpy as np

# 90 dB, as a ratio of magnitudes: about the dynamic range of 16-bit audio.
_RATIO_LIMIT = 10**4.5


def level_ratio(magnitude, reference):
    """Ratio of magnitudes, limited to 90 dB either way; 1 where both are silent.

    Parameters
    ----------
    magnitude, reference : ndarray of shape (...)
        Magnitudes of spectra.

    Returns
    -------
    ratio : ndarray of shape (...)
        ``magnitude / reference``.
    """
    tiny = np.finfo(magnitude.dtype).tiny
    with np.errstate(over="ignore"):
        ratio = (magnitude + tiny) / (reference + tiny)
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
    phasor = spectrum * reference.conj()
    modulus = np.abs(phasor)
    silent = modulus < np.finfo(modulus.dtype).tiny
    modulus[silent] = 1
    phasor[silent] = 1
    phasor *= np.reciprocal(modulus)
    return phasor
