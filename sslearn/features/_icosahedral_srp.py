import numpy as np

from sslearn.features._base import ArrayTransformer
from sslearn.features._gcc_phat import LagCorrelator, gcc_phat
from sslearn.geometry import check_mic_positions, icosahedral_charts, mic_pairs, propagation_delays
from sslearn.utils import check_spectrum
from sslearn.utils.param_validation import Integral, Interval, Real, _fit_context


class IcosahedralSRP(ArrayTransformer):
    """Steered response power (SRP-PHAT) of each frame on an icosahedral grid.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres.
    fs : float, default=16000
        Sampling rate in Hz.
    level : int, default=2
        Number of times that the edges of the icosahedron are halved, from 1 to 6.
    oversampling : int, default=1
        Lags for each sample, to which the delays of the directions are rounded. 1 is published;
        more make the map of a small array smoother.
    min_level : float, default=None
        Mean square of a frame over microphones and frequencies of the spectrum, in dB, below which
        its map is all zeros. None keeps the maps of all frames but those of digital silence.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels seen in ``fit``.

    See Also
    --------
    sslearn.networks.IcoDOA : Network on these maps.
    sslearn.geometry.icosahedral_charts : The directions.
    sslearn.doa.SRPPHAT : The same power, searched for its maximum.
    GCCPHAT : The correlations.

    Notes
    -----
    The power in the direction ``u`` is the sum over all pairs of microphones of their
    generalized cross-correlation with phase transform, at the lag ``-(p_i - p_j) . u / c`` rounded
    to whole samples. Each map is divided by its maximum. The directions are those of
    :func:`sslearn.geometry.icosahedral_charts`, flattened to the axis of frequencies of other
    features: maps can be joined by :class:`FeatureStack`, and the network sorts the directions by
    their neighbours.

    The published maps use Hann frames of 4096 samples, 3072 apart, and leave out frames of which
    less than two thirds are speech. For 10 maps per second, each in the middle of its 100 ms, use
    ``STFT(4096, hop_length=1600, padding="zeros", first_center=800)``.

    References
    ----------
    D. Diaz-Guerra, A. Miguel, J. R. Beltran, "Direction of arrival estimation of sound sources
    using icosahedral CNNs", IEEE/ACM Trans. Audio, Speech, Language Process. 31, 2023,
    doi:10.1109/TASLP.2022.3224282.

    Examples
    --------
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.features import STFT, IcosahedralSRP
    >>> from sslearn.geometry import circular_array, icosahedral_charts
    >>> mics = circular_array(6, 0.1)
    >>> X, y = make_plane_waves(
    ...     1, mic_positions=mics, directions=[[72.0, 26.6]], random_state=0, return_X_y=True
    ... )
    >>> maps = IcosahedralSRP(mics, level=1).transform(STFT(512).transform(X))
    >>> maps.shape
    (1, 1, 40, 9)
    >>> icosahedral_charts(1).reshape(-1, 2)[maps[0, 0].mean(axis=1).argmax()].round(1).tolist()
    [72.0, 26.6]
    """

    _parameter_constraints: dict = {
        "mic_positions": ["array-like"],
        "fs": [Interval(Real, 0, None, closed="neither")],
        "level": [Interval(Integral, 1, 6, closed="both")],
        "oversampling": [Interval(Integral, 1, None, closed="left")],
        "min_level": [Real, None],
        "speed_of_sound": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        mic_positions,
        *,
        fs=16000,
        level=2,
        oversampling=1,
        min_level=None,
        speed_of_sound=343.0,
    ):
        self.mic_positions = mic_positions
        self.fs = fs
        self.level = level
        self.oversampling = oversampling
        self.min_level = min_level
        self.speed_of_sound = speed_of_sound

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Validate the parameters and the spectra; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_mics, n_freqs, n_frames)
            Spectra, as returned by :class:`STFT`.
        y : None
            Ignored.

        Returns
        -------
        self : IcosahedralSRP
            The transformer.
        """
        mics = self._check_mics()
        self.n_features_in_, self._n_freqs_in = check_spectrum(X, n_channels=len(mics)).shape[1:3]
        self._lags(mics, self._n_freqs_in)
        return self

    def transform(self, X):
        """Map the power of each frame.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_mics, n_freqs, n_frames)
            Spectra, as returned by :class:`STFT`.

        Returns
        -------
        maps : ndarray of shape (n_samples, 1, 10 * 4**level, n_frames)
            Maps with a maximum of 1, or all 0; float32 for complex64 spectra.

        Raises
        ------
        TypeError
            If X is not complex.
        ValueError
            If the microphones are in one place or too far apart for the frames, or X has another
            number of channels or is not finite.
        """
        self._validate_params()
        mics = self._check_mics()
        X = check_spectrum(X, n_channels=len(mics))
        lags, places = self._lags(mics, X.shape[2])
        bins, n_fft = slice(0, X.shape[2]), 2 * (X.shape[2] - 1)
        correlator = LagCorrelator(lags, bins, n_fft=n_fft, fs=self.fs, dtype=X.real.dtype)
        maps = np.empty((len(X), 1, places.shape[1], X.shape[3]), X.real.dtype)
        for spectrum, (power,) in zip(X, maps, strict=True):
            correlations = gcc_phat(spectrum, mic_pairs(len(mics)), correlator)
            # P(u) = sum over pairs of R_ij(tau_i(u) - tau_j(u)), of shape (n_directions, n_frames).
            power[:] = sum(of_pair[at] for of_pair, at in zip(correlations, places, strict=True))
            peak = power.max(axis=0)
            heard = (peak > 0) & self._is_loud(spectrum)
            # Frames of silence or below min_level become 0 instead of 0 / 0.
            power *= heard / np.where(heard, peak, 1)
        return maps

    def _axis_names(self):
        directions = icosahedral_charts(self.level).reshape(-1, 2).tolist()
        return ["srp"], [f"az{azimuth:.1f}el{elevation:.1f}" for azimuth, elevation in directions]

    def _check_mics(self):
        return check_mic_positions(self.mic_positions, min_mics=2)

    def _lags(self, mics, n_freqs):
        """Lags in seconds, and the index (n_pairs, n_directions) of the lag of each direction."""
        rate = self.fs * self.oversampling
        directions = icosahedral_charts(self.level).reshape(-1, 2)
        delays = propagation_delays(mics, directions, speed_of_sound=self.speed_of_sound)
        i, j = mic_pairs(len(mics)).T
        # tau_i - tau_j = -(p_i - p_j) . u / c, rounded to lags: (n_pairs, n_directions).
        places = np.rint(rate * (delays[:, i] - delays[:, j])).astype(int).T
        n_half = int(np.abs(places).max())
        if n_half == 0:
            raise ValueError(
                f"mic_positions must be at least half a sample apart at fs={self.fs:g} Hz and "
                f"speed_of_sound={self.speed_of_sound:g} m/s, to resolve directions; got "
                f"{mics.tolist()} in metres. Raise oversampling, or check the unit."
            )
        if n_half >= (n_freqs - 1) * self.oversampling:
            raise ValueError(
                f"n_freqs={n_freqs} of X must belong to frames of more than twice the largest "
                f"delay between mic_positions, {n_half / rate:.2g} s at speed_of_sound="
                f"{self.speed_of_sound:g} m/s and fs={self.fs:g} Hz. Raise n_fft of the STFT, or "
                "check the unit of mic_positions."
            )
        return np.arange(-n_half, n_half + 1) / rate, places + n_half

    def _is_loud(self, spectrum):
        """Whether each frame reaches ``min_level``."""
        if self.min_level is None:
            return True
        squares = np.square(np.abs(spectrum)).mean(axis=(0, 1), dtype=float)
        return squares >= 10 ** (self.min_level / 10)
