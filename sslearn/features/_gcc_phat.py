import numpy as np

from sslearn.features._interchannel import within_range
from sslearn.features._names import lag_names
from sslearn.features._pair_cues import PairCue, check_max_tau, half_frame
from sslearn.geometry import mic_pairs
from sslearn.utils import band_slice, check_pairs, check_spectrum
from sslearn.utils.param_validation import Integral, Interval, Real

# Travel time of sound along 34 cm, in seconds.
_DEFAULT_MAX_TAU = 1e-3


def whiten(spectrum):
    """Set every modulus to 1 and keep the phase.

    Parameters
    ----------
    spectrum : ndarray of shape (...)
        Complex spectra.

    Returns
    -------
    phasors : ndarray of shape (...)
        ``spectrum / |spectrum|``; 0 where the spectrum is 0, so that silence contributes nothing.
    """
    return within_range(_whiten, spectrum)


def _whiten(spectrum):
    parts = np.ascontiguousarray(spectrum).view(spectrum.real.dtype)
    squares = np.square(parts)
    modulus = squares[..., ::2] + squares[..., 1::2]
    np.sqrt(modulus, out=modulus)
    # Twice as fast as numpy.abs, which is needed only where squares underflow.
    tiny = np.finfo(modulus.dtype).tiny
    underflow = modulus <= np.sqrt(tiny)
    if underflow.any():
        modulus[underflow] = np.abs(spectrum[underflow])
    # The smallest normal number keeps the division finite, and 0 stays 0.
    np.maximum(modulus, tiny, out=modulus)
    return spectrum * np.reciprocal(modulus, out=modulus)


class LagCorrelator:
    """Correlation at equally spaced lags around 0, from cross-spectra.

    The sum of cosines and sines is evaluated at each lag itself, so nothing is interpolated. Lags
    of either sign share their cosines and sines, which halves the two products.

    Parameters
    ----------
    lags : ndarray of shape (n_lags,)
        Lags in seconds, symmetric around 0.
    bins : slice
        Bins of the cross-spectra.
    n_fft : int
        Length of the Fourier transform, even.
    fs : float
        Sampling rate, in Hz.
    dtype : dtype, default=float64
        Real type of the arithmetic.
    """

    def __init__(self, lags, bins, *, n_fft, fs, dtype=np.float64):
        k = np.arange(bins.start, bins.stop)
        # The negative frequencies double every bin but the first and the last.
        weights = np.where((k == 0) | (2 * k == n_fft), 1.0, 2.0)
        weights /= weights.sum()
        self.n_lags = len(lags)
        phase = 2 * np.pi * fs / n_fft * lags[self.n_lags // 2 :, None] * k
        self._cosines = (weights * np.cos(phase)).astype(dtype)
        self._sines = (weights * np.sin(phase)).astype(dtype)

    def __call__(self, real, imag):
        """Correlate.

        Parameters
        ----------
        real, imag : ndarray of shape (..., n_bins, n_columns)
            Real and imaginary part of the cross-spectra, channel times conjugate reference.

        Returns
        -------
        correlation : ndarray of shape (..., n_lags, n_columns)
            Weighted mean over the bins of ``Re(cross exp(2j pi f lag))``.
        """
        # Re((a + jb) exp(j phi)) = a cos(phi) - b sin(phi); at the lag -tau, + instead of -.
        even, odd = self._cosines @ real, self._sines @ imag
        n_half = even.shape[-2]
        correlation = np.empty((*even.shape[:-2], self.n_lags, even.shape[-1]), even.dtype)
        np.add(even, odd, out=correlation[..., n_half - 1 :: -1, :])
        np.subtract(even, odd, out=correlation[..., self.n_lags - n_half :, :])
        return correlation


def gcc_phat(spectrum, pairs, correlator):
    """Generalized cross-correlation with phase transform of one clip.

    Parameters
    ----------
    spectrum : ndarray of shape (n_channels, n_bins, n_frames)
        Complex spectra at the bins of the correlator.
    pairs : list of (int, int)
        Channel and reference of each pair.
    correlator : LagCorrelator
        Transform from cross-spectra to lags.

    Returns
    -------
    correlation : ndarray of shape (n_pairs, n_lags, n_frames)
        In [-1, 1], highest where the lag is the arrival time at the channel minus that at the
        reference.
    """
    phasors = whiten(spectrum)
    real, imag = np.ascontiguousarray(phasors.real), np.ascontiguousarray(phasors.imag)
    correlation = np.empty((len(pairs), correlator.n_lags, spectrum.shape[2]), real.dtype)
    # Pair after pair the operands stay in the cache.
    # X_i conj(X_j) = (re_i re_j + im_i im_j) + j (im_i re_j - re_i im_j)
    even, odd, scratch = (np.empty_like(real[0]) for _ in range(3))
    for values, (i, j) in zip(correlation, pairs, strict=True):
        np.multiply(real[i], real[j], out=even)
        even += np.multiply(imag[i], imag[j], out=scratch)
        np.multiply(imag[i], real[j], out=odd)
        odd -= np.multiply(real[i], imag[j], out=scratch)
        values[:] = correlator(even, odd)
    return correlation


class GCCPHAT(PairCue):
    """Cross-correlations of pairs of channels with phase transform (GCC-PHAT).

    Parameters
    ----------
    fs : float, default=16000
        Sampling rate, in Hz.
    max_tau : float, default=None
        Largest lag, in seconds; that of the array is the distance of its outermost microphones
        over the speed of sound. None means 0.001 s, the travel time along 34 cm, or half a frame if
        that is less.
    n_lags : int, default=None
        Number of equally spaced lags from ``-max_tau`` to ``max_tau``, both included. None takes
        the least odd number whose step is at most half a sampling period.
    pairs : array-like of shape (n_pairs, 2), default=None
        Channel and reference of each pair; None takes every pair ``(i, j)`` with ``i < j``, in the
        order of :func:`sslearn.geometry.mic_pairs`.
    freq_range : tuple of (float, float), default=None
        Lowest and highest frequency, in Hz; the highest is left out. None takes every bin.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels seen in ``fit``.

    See Also
    --------
    ITD : The lag of the highest value alone.
    IPD : The phase difference of each frequency.

    Notes
    -----
    With the spectra ``X_i`` of a channel and ``X_j`` of its reference, each lag ``tau`` holds the
    mean of ``Re(X_i conj(X_j) / |X_i X_j| exp(2j pi f tau))`` over the bins, negative frequencies
    included. It is 1 where all bins agree, and highest where ``tau`` is the arrival time at the
    channel **minus** that at the reference: ``-(p_i - p_j) . u / c`` for a plane wave from the
    unit vector ``u``. Bins where either channel is silent add nothing, so silence gives 0.

    Lags may lie between the samples: the sum is evaluated at each of them by one product with a
    matrix of cosines and sines, without zero padding or interpolation. At whole samples and
    with all bins it equals the inverse Fourier transform. ``n_fft`` is assumed to be
    even.

    References
    ----------
    C. H. Knapp and G. C. Carter, "The generalized correlation method for estimation of time
    delay", IEEE Transactions on Acoustics, Speech, and Signal Processing 24(4), 1976,
    doi:10.1109/TASSP.1976.1162830.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import GCCPHAT, STFT
    >>> noise = np.random.default_rng(0).standard_normal(4096)
    >>> X = np.stack([np.roll(noise, 8), noise])[None]
    >>> maps = GCCPHAT(fs=16000, max_tau=1e-3, n_lags=33).transform(STFT(1024).transform(X))
    >>> maps.shape, np.linspace(-1e-3, 1e-3, 33)[maps[0, 0].mean(axis=1).argmax()].round(6).item()
    ((1, 1, 33, 13), 0.0005)
    """

    _parameter_constraints: dict = {
        "fs": PairCue._parameter_constraints["fs"],
        "max_tau": [Interval(Real, 0, None, closed="neither"), None],
        "n_lags": [Interval(Integral, 2, None, closed="left"), None],
        "pairs": ["array-like", None],
        "freq_range": ["array-like", None],
    }

    _cue_name = "gcc_phat"
    _uses_rate = True

    def __init__(self, fs=16000, *, max_tau=None, n_lags=None, pairs=None, freq_range=None):
        self.fs = fs
        self.max_tau = max_tau
        self.n_lags = n_lags
        self.pairs = pairs
        self.freq_range = freq_range

    def transform(self, X):
        """Correlate each pair in each frame.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, as returned by :class:`STFT`.

        Returns
        -------
        maps : ndarray of shape (n_samples, n_pairs, n_lags, n_frames)
            Correlations in [-1, 1]; float32 for complex64 spectra.

        Raises
        ------
        TypeError
            If X is not complex.
        ValueError
            If a parameter is not valid for X, or X is not finite.
        """
        self._validate_params()
        X = check_spectrum(X)
        pairs, bins = self._plan(X)
        correlator = LagCorrelator(
            self._lags(X.shape[2]), bins, n_fft=2 * (X.shape[2] - 1), fs=self.fs, dtype=X.real.dtype
        )
        maps = np.empty((len(X), len(pairs), correlator.n_lags, X.shape[3]), X.real.dtype)
        for sample, values in zip(X, maps, strict=True):
            values[:] = gcc_phat(sample[:, bins], pairs, correlator)
        return maps

    def _row_names(self):
        return lag_names(self._lags(self._n_freqs_in))

    def _plan(self, X):
        if X.shape[1] < 2:
            raise ValueError(f"X must have at least 2 channels on axis 1; got {X.shape[1]}.")
        self._lags(X.shape[2])
        bins = band_slice(self.freq_range, fs=self.fs, n_fft=2 * (X.shape[2] - 1))
        if self.pairs is None:
            return mic_pairs(X.shape[1]).tolist(), bins
        return check_pairs(self.pairs, 0, X.shape[1]), bins

    def _lags(self, n_freqs):
        max_tau = self.max_tau
        if max_tau is None:
            max_tau = min(_DEFAULT_MAX_TAU, half_frame(self.fs, n_freqs))
        check_max_tau(max_tau, self.fs, n_freqs)
        n_lags = self.n_lags
        if n_lags is None:
            # Rounding must not add a lag where the step is just half a period.
            n_lags = 2 * int(np.ceil(2 * max_tau * self.fs - 1e-9)) + 1
        return max_tau * np.linspace(-1, 1, n_lags)
