"""Delays between channels, from their cross-spectra."""

import numpy as np

from sslearn.features import LagCorrelator

# Lags in a period of the highest frequency: the peak is then well within reach of Newton's method.
LAGS_PER_PERIOD = 8
_N_NEWTON_STEPS = 3


class DelayFinder:
    """Lag that maximizes the correlation of each pair, finer than the samples.

    Parameters
    ----------
    max_lags : ndarray of shape (n_pairs,)
        Largest lag of each pair, in seconds.
    bins : slice
        Bins of the cross-spectra.
    n_fft : int
        Length of the Fourier transform.
    fs : float
        Sampling rate, in Hz.

    Attributes
    ----------
    step : float
        Spacing of the coarse search over the lag, in seconds.
    """

    def __init__(self, max_lags, bins, *, n_fft, fs):
        freqs = np.arange(bins.start, bins.stop) * fs / n_fft
        self._omega = 2 * np.pi * freqs[:, None]
        step = 1 / (LAGS_PER_PERIOD * freqs.max(initial=fs / n_fft))
        # One more than needed: noise may move a peak beyond the largest lag.
        n_half = int(np.ceil(max_lags.max() / step)) + 1
        self._lags = step * np.arange(-n_half, n_half + 1)
        self.step = step
        self._excluded = np.abs(self._lags[:, None]) > max_lags + step
        # Coarse: single precision is enough.
        self._correlate = LagCorrelator(self._lags, bins, n_fft=n_fft, fs=fs, dtype=np.float32)

    def __call__(self, cross):
        """Find the lags.

        Parameters
        ----------
        cross : ndarray of shape (n_samples, n_bins, n_pairs)
            Cross-spectra, channel times conjugate reference.

        Returns
        -------
        lags : ndarray of shape (n_samples, n_pairs)
            Arrival at the channel minus arrival at the reference, in seconds.
        """
        real, imag = np.ascontiguousarray(cross.real), np.ascontiguousarray(cross.imag)
        correlation = self._correlate(real.astype(np.float32), imag.astype(np.float32))
        coarse = self._lags[np.where(self._excluded, -np.inf, correlation).argmax(axis=1)]
        lags = coarse
        for _ in range(_N_NEWTON_STEPS):
            slope, curvature = self._derivatives(real, imag, lags)
            is_peak = curvature < 0
            lags = lags - np.where(is_peak, slope / np.where(is_peak, curvature, 1.0), 0.0)
            # The peak lies within one step of the coarse maximum: clip steps that leave it.
            lags = np.clip(lags, coarse - self.step, coarse + self.step)
        return lags

    def _derivatives(self, real, imag, lags):
        """Slope and curvature of the correlation itself, ``sum Re[cross exp(j omega lag)]``."""
        # C(l) = sum Re[c exp(j w l)] has C' = -sum w Im[c exp(j w l)], C'' = -sum w^2 Re[...].
        phase = (self._omega * lags[:, None]).astype(real.dtype)
        cosine, sine = np.cos(phase), np.sin(phase)
        slope = (self._omega * (real * sine + imag * cosine)).sum(axis=1)
        curvature = (self._omega**2 * (real * cosine - imag * sine)).sum(axis=1)
        return -slope, -curvature
