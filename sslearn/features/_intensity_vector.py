from functools import partial

import numpy as np

from sslearn.features._base import ArrayTransformer
from sslearn.features._interchannel import within_range
from sslearn.utils import band_slice, check_spectrum
from sslearn.utils.param_validation import Interval, Real, StrOptions, _fit_context

# Channels of W, X, Y, Z, and the gains of W and of the others that turn them to N3D, where a plane
# wave of modulus 1 has W = 1 and X, Y, Z = sqrt(3) times the components of its unit vector.
AMBISONIC_CONVENTIONS = {
    "sn3d": ([0, 3, 1, 2], 1.0, 3**0.5),
    "n3d": ([0, 3, 1, 2], 1.0, 1.0),
    "fuma": ([0, 1, 2, 3], 2**0.5, 3**0.5),
}


def sound_intensity(spectrum, convention, *, normalize=True, reactive=True):
    """Active and reactive intensity of first-order ambisonic spectra.

    Parameters
    ----------
    spectrum : ndarray of shape (4, ...)
        Complex spectra of one clip.
    convention : {"sn3d", "n3d", "fuma"}
        Order and gains of the channels.
    normalize : bool, default=True
        Whether the intensity is divided by the energy.
    reactive : bool, default=True
        Whether the reactive intensity follows the active one.

    Returns
    -------
    intensity : ndarray of shape (6, ...) or (3, ...)
        x, y, z of the active, then of the reactive intensity.

    Raises
    ------
    ValueError
        If an intensity that is not divided by the energy exceeds the range of its dtype.
    """
    intensity = partial(_intensity, convention=convention, normalize=normalize, reactive=reactive)
    if normalize:
        return within_range(intensity, spectrum)
    try:
        with np.errstate(over="raise", invalid="raise"):
            return intensity(spectrum)
    except FloatingPointError as error:
        raise ValueError(
            "X must have finite squares where normalize=False; got values up to "
            f"{np.abs(spectrum).max():.1g}. Scale X or set normalize=True."
        ) from error


def _intensity(spectrum, convention, normalize, reactive):
    channels, pressure_gain, velocity_gain = AMBISONIC_CONVENTIONS[convention]
    # Products of contiguous real arrays: faster than complex ones, of which half is not needed.
    real, imag = spectrum.real[channels], spectrum.imag[channels]
    values = np.empty((6 if reactive else 3, *real.shape[1:]), real.dtype)
    # Re(conj(W) V) = Re W Re V + Im W Im V
    np.multiply(real[0], real[1:], out=values[:3])
    values[:3] += imag[0] * imag[1:]
    if reactive:
        # Im(conj(W) V) = Re W Im V - Im W Re V
        np.multiply(real[0], imag[1:], out=values[3:])
        values[3:] -= imag[0] * real[1:]
    gain = np.asarray(pressure_gain * velocity_gain, real.dtype)
    if not normalize:
        values *= gain
        return values
    # C = |W|^2 + (|X|^2 + |Y|^2 + |Z|^2) / 3
    power = np.square(real, out=real)
    power += np.square(imag, out=imag)
    energy = power[1:].sum(axis=0)
    energy *= np.asarray(velocity_gain**2 / 3, real.dtype)
    energy += np.asarray(pressure_gain**2, real.dtype) * power[0]
    # Digital silence has no direction: 0 over the smallest normal number is 0.
    energy += np.finfo(energy.dtype).tiny
    values *= np.divide(gain, energy, out=energy)
    return values


class IntensityVector(ArrayTransformer):
    """Active and reactive sound intensity of first-order ambisonics.

    Parameters
    ----------
    convention : {"sn3d", "n3d", "fuma"}, default="sn3d"
        Order and gains of the four channels: ``"sn3d"`` and ``"n3d"`` are W, Y, Z, X (ACN), where
        a plane wave from the unit vector ``u`` has W = 1 and Y, Z, X = ``u`` or ``sqrt(3) u``;
        ``"fuma"`` is W, X, Y, Z with W = ``1 / sqrt(2)`` and X, Y, Z = ``u``.
    normalize : bool, default=True
        Whether the intensity is divided by the energy, which leaves the direction and a measure of
        how close the sound is to one plane wave. Otherwise it is the product of pressure and
        velocity.
    reactive : bool, default=True
        Whether the reactive intensity is put after the active one.
    fs : float, default=16000
        Sampling rate, in Hz; used for ``freq_range`` only.
    freq_range : tuple of (float, float), default=None
        Lowest and highest frequency, in Hz; the highest is left out. None keeps every bin.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels seen in ``fit``, always 4.

    See Also
    --------
    GCCPHAT : The cue of arrays of any shape.

    Notes
    -----
    With W, X, Y, Z in N3D, ``V = (conj(W) X, conj(W) Y, conj(W) Z)`` and
    ``C = |W|^2 + (|X|^2 + |Y|^2 + |Z|^2) / 3``, the maps are ``Re(V) / C`` and ``Im(V) / C``
    [1]_. A plane wave from ``u`` has ``Re(V) / C = sqrt(3) / 2 u`` and ``Im(V) / C = 0`` in every
    bin. The active part points **to** the source. The reactive part has the sign of the code that
    the authors released, opposite to that printed in [2]_. Silence gives 0.

    References
    ----------
    .. [1] L. Perotin, A. Défossez, E. Vincent, R. Serizel and A. Guérin, "Regression versus
       classification for neural network based audio source localization", WASPAA 2019.
    .. [2] L. Perotin, R. Serizel, E. Vincent and A. Guérin, "CRNN-based multiple DoA estimation
       using acoustic intensity features for Ambisonics recordings", IEEE Journal of Selected
       Topics in Signal Processing 13(1), 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import IntensityVector
    >>> wave = np.array([1.0, 0.0, 0.0, 1.0]).reshape(1, 4, 1, 1) * (2 + 1j)
    >>> IntensityVector().transform(wave).ravel().round(3).tolist()
    [0.866, 0.0, 0.0, 0.0, 0.0, 0.0]
    """

    _parameter_constraints: dict = {
        "normalize": ["boolean"],
        "convention": [StrOptions(set(AMBISONIC_CONVENTIONS))],
        "reactive": ["boolean"],
        "fs": [Interval(Real, 0, None, closed="neither")],
        "freq_range": ["array-like", None],
    }

    def __init__(
        self, convention="sn3d", *, normalize=True, reactive=True, fs=16000, freq_range=None
    ):
        self.convention = convention
        self.normalize = normalize
        self.reactive = reactive
        self.fs = fs
        self.freq_range = freq_range

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Validate the parameters and the spectra; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, 4, n_freqs, n_frames)
            Spectra, as returned by :class:`STFT`.
        y : None
            Ignored.

        Returns
        -------
        self : IntensityVector
            The transformer.
        """
        X, self._bins = self._plan(X)
        self.n_features_in_, self._n_freqs_in = X.shape[1:3]
        return self

    def transform(self, X):
        """Compute the intensity.

        Parameters
        ----------
        X : array-like of shape (n_samples, 4, n_freqs, n_frames)
            Spectra, as returned by :class:`STFT`.

        Returns
        -------
        maps : ndarray of shape (n_samples, 6, n_freqs, n_frames)
            Active intensity along x, y, z, then reactive, at each frequency of ``freq_range``;
            only the first 3 maps if ``reactive`` is False; float32 for complex64 spectra.

        Raises
        ------
        TypeError
            If X is not complex.
        ValueError
            If X does not have 4 channels, is not finite, or ``freq_range`` holds no bin.
        """
        self._validate_params()
        X, bins = self._plan(X)
        maps = [
            sound_intensity(
                sample[:, bins], self.convention, normalize=self.normalize, reactive=self.reactive
            )
            for sample in X
        ]
        return np.stack(maps)

    def _axis_names(self):
        parts = ("active", "reactive") if self.reactive else ("active",)
        maps = [f"{part}_{axis}" for part in parts for axis in "xyz"]
        return maps, self._bin_names(self._bins)

    def _plan(self, X):
        X = check_spectrum(X, n_channels=4)
        return X, band_slice(self.freq_range, fs=self.fs, n_fft=2 * (X.shape[2] - 1))
