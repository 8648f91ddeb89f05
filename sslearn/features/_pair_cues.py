import numpy as np

from sslearn.features._base import ArrayTransformer
from sslearn.features._interchannel import (
    guarded_magnitude,
    level_ratio,
    unit_phasor,
    within_range,
)
from sslearn.utils import band_slice, check_pairs, check_spectrum
from sslearn.utils.param_validation import Integral, Interval, Real, _fit_context


def half_frame(fs, n_freqs):
    """Half the length of a frame of spectra, in seconds: the longest delay that they resolve."""
    return (n_freqs - 1) / fs


def check_max_tau(max_tau, fs, n_freqs):
    """Raise if a largest delay, in seconds, exceeds half a frame of spectra."""
    longest = half_frame(fs, n_freqs)
    if max_tau > longest:
        raise ValueError(
            f"max_tau must be at most half a frame, {longest:g} s; got {max_tau:g}. It is in "
            "seconds. Raise n_fft or lower max_tau."
        )


class PairCue(ArrayTransformer):
    """Base of cues that compare channels of a spectrum in pairs, sample after sample."""

    _parameter_constraints: dict = {
        "reference": [Interval(Integral, 0, None, closed="left")],
        "pairs": ["array-like", None],
        "fs": [Interval(Real, 0, None, closed="neither")],
        "freq_range": ["array-like", None],
    }

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
        self : object
            The transformer.
        """
        X = check_spectrum(X)
        self._pairs, self._bins = self._plan(X)
        self.n_features_in_, self._n_freqs_in = X.shape[1:3]
        return self

    def transform(self, X):
        """Compute the cue of each pair.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, as returned by :class:`STFT`.

        Returns
        -------
        maps : ndarray of shape (n_samples, n_pairs, n_freqs, n_frames)
            The cue at each frequency of ``freq_range`` (a single row if it belongs to no
            frequency) and frame; float32 for complex64 spectra.

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
        channels, references = map(list, zip(*pairs, strict=True))
        band = X[:, :, bins]
        # f_k = k fs / n_fft; n_fft = 2 (n_freqs - 1), since a spectrum does not show an odd n_fft.
        freqs = np.arange(bins.start, bins.stop) * self.fs / (2 * (X.shape[2] - 1))

        def cue(sample):
            # Indexing by lists of n_pairs channels gives (n_pairs, n_bins, n_frames).
            return self._cue(sample[channels], sample[references], freqs)

        return np.stack([within_range(cue, sample) for sample in band])

    def _axis_names(self):
        cue = self._cue_name
        maps = [f"{cue}_{channel}-{reference}" for channel, reference in self._pairs]
        return maps, self._row_names()

    def _row_names(self):
        return self._bin_names(self._bins)

    def _plan(self, X):
        n_fft = 2 * (X.shape[2] - 1)
        pairs = check_pairs(self.pairs, self.reference, X.shape[1])
        return pairs, band_slice(self.freq_range, fs=self.fs, n_fft=n_fft)


class ILD(PairCue):
    """Level differences of pairs of channels, in dB.

    Parameters
    ----------
    reference : int, default=0
        Channel that every other one is compared with. For two ears ``reference=1`` gives left
        minus right, positive for sources on the left, as in :class:`BinauralCues`.
    pairs : array-like of shape (n_pairs, 2), default=None
        Channel and reference of each pair, instead of ``reference``.
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
    IPD, ITD : The other differences.
    BinauralCues : Averages over time, straight from the audio of two ears.

    Notes
    -----
    ``20 log10(|X[:, channel]| / |X[:, reference]|)``, limited to 90 dB where one channel is
    silent, 0 where both are. ``n_fft`` is assumed to be even.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import ILD, STFT
    >>> noise = np.random.default_rng(0).standard_normal((1, 1, 2048))
    >>> X = np.concatenate([noise, 10 * noise], axis=1)
    >>> maps = ILD().transform(STFT().transform(X))
    >>> maps.shape, round(maps.mean().item(), 6)
    ((1, 1, 257, 13), 20.0)
    """

    _cue_name = "ild"

    def __init__(self, reference=0, *, pairs=None, fs=16000, freq_range=None):
        self.reference = reference
        self.pairs = pairs
        self.fs = fs
        self.freq_range = freq_range

    def _cue(self, spectrum, reference, freqs):
        return 20 * np.log10(level_ratio(guarded_magnitude(spectrum), guarded_magnitude(reference)))


class IPD(PairCue):
    """Phase differences of pairs of channels, in radians.

    Parameters
    ----------
    reference : int, default=0
        Channel that every other one is compared with. For two ears ``reference=1`` gives left
        minus right, as in :class:`BinauralCues`.
    pairs : array-like of shape (n_pairs, 2), default=None
        Channel and reference of each pair, instead of ``reference``.
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
    ILD, ITD : The other differences.
    TimePooling : ``TimePooling("circular")`` averages phases without breaking at the wrap.

    Notes
    -----
    ``angle(X[:, channel] / X[:, reference])`` in (-pi, pi], 0 where either channel is silent. A
    channel that the wave reaches ``tau`` seconds after the reference has the phase difference
    ``-2 pi f tau``. ``n_fft`` is assumed to be even.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import IPD
    >>> spectrum = np.ones((1, 2, 3, 1)) * np.exp(1j * np.array([0.0, 0.5]))[:, None, None]
    >>> IPD().transform(spectrum).ravel().round(6).tolist()
    [0.5, 0.5, 0.5]
    """

    _cue_name = "ipd"

    def __init__(self, reference=0, *, pairs=None, fs=16000, freq_range=None):
        self.reference = reference
        self.pairs = pairs
        self.fs = fs
        self.freq_range = freq_range

    def _cue(self, spectrum, reference, freqs):
        return np.angle(unit_phasor(spectrum, reference))
