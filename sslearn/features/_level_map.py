import numpy as np

from sslearn.features._base import ArrayTransformer
from sslearn.features._interchannel import within_range
from sslearn.utils import band_slice, check_channels, check_spectrum
from sslearn.utils.param_validation import Interval, Real, _fit_context


class LevelMap(ArrayTransformer):
    """Level of each bin above the mean of its channel, in dB.

    Parameters
    ----------
    channels : array-like of int, default=None
        Channels that get a map, such as ``[0]`` for W of ambisonics; None means all of them.
    floor : float, default=-60.0
        Level in dB added to all powers: the lowest value of the map, also in silence.
    fs : float, default=16000
        Sampling rate, in Hz; used for ``freq_range`` only.
    freq_range : tuple of (float, float), default=None
        Lowest and highest frequency, in Hz; the highest is left out. None keeps every bin.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels seen in ``fit``.

    See Also
    --------
    ILD : Differences of level between channels.
    PhaseMap : The phases.

    Notes
    -----
    ``10 log10(|X|^2 / P + 10^(floor / 10))`` with the mean P of ``|X|^2`` over the bins of
    ``freq_range`` in all frames of a channel: the level of the clip cancels, and its distribution
    over time and frequency stays.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import LevelMap
    >>> spectrum = np.array([3j, 1.0, 0.0]).reshape(1, 1, 3, 1)
    >>> LevelMap().transform(spectrum).ravel().round(2).tolist()
    [4.31, -5.23, -60.0]
    """

    _parameter_constraints: dict = {
        "channels": ["array-like", None],
        "floor": [Interval(Real, None, 0, closed="neither")],
        "fs": [Interval(Real, 0, None, closed="neither")],
        "freq_range": ["array-like", None],
    }

    def __init__(self, channels=None, *, floor=-60.0, fs=16000, freq_range=None):
        self.channels = channels
        self.floor = floor
        self.fs = fs
        self.freq_range = freq_range

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Validate the parameters and the spectra; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, as returned by :class:`STFT`.
        y : None
            Ignored.

        Returns
        -------
        self : LevelMap
            The transformer.
        """
        X, self._channels, self._bins = self._plan(X)
        self.n_features_in_, self._n_freqs_in = X.shape[1:3]
        return self

    def transform(self, X):
        """Compute the levels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, as returned by :class:`STFT`.

        Returns
        -------
        maps : ndarray of shape (n_samples, n_maps, n_freqs, n_frames)
            Levels in dB, a map for each of ``channels``; float32 for complex64 spectra.

        Raises
        ------
        TypeError
            If X is not complex.
        ValueError
            If X is not finite, has no such channel, or ``freq_range`` holds no bin.
        """
        self._validate_params()
        X, channels, bins = self._plan(X)
        return within_range(self._levels, X[:, channels][:, :, bins], axis=(2, 3))

    def _axis_names(self):
        return [f"level_{c}" for c in self._channels], self._bin_names(self._bins)

    def _levels(self, X):
        # |X|^2 = Re^2 + Im^2, without the square root that abs would take.
        power = np.square(X.real)
        power += np.square(X.imag)
        # Digital silence: 0 over the smallest normal number is 0.
        power /= power.mean(axis=(2, 3), keepdims=True) + np.finfo(power.dtype).tiny
        power += np.asarray(10 ** (self.floor / 10), power.dtype)
        levels = np.log10(power, out=power)
        levels *= 10
        return levels

    def _plan(self, X):
        X = check_spectrum(X)
        n_channels = X.shape[1]
        channels = np.arange(n_channels)
        if self.channels is not None:
            channels = check_channels(self.channels, n_channels)
        bins = band_slice(self.freq_range, fs=self.fs, n_fft=2 * (X.shape[2] - 1))
        return X, channels, bins
