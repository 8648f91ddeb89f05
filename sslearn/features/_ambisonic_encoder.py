import numpy as np
from scipy.signal import oaconvolve
from scipy.special import sph_harm_y, spherical_jn, spherical_yn

from sslearn.features._ambisonic_format import ambisonic_gains
from sslearn.features._base import ArrayTransformer
from sslearn.features._intensity_vector import AMBISONIC_CONVENTIONS
from sslearn.geometry import check_mic_positions
from sslearn.utils import check_audio
from sslearn.utils.param_validation import Interval, Real, StrOptions, _fit_context

# Seconds on each side of a radial filter, which decays within a few travel times of the sphere.
_HALF_LENGTH = 0.02
# Distances from the centre may differ by this share of the radius.
_ROUND = 0.05
# Highest condition number of a basis of harmonics; beyond it, fewer orders are used.
_MAX_CONDITION = 3.0


def radial_response(order, kr, baffle):
    """Response of microphones on a sphere to the spherical harmonics of a plane wave.

    Parameters
    ----------
    order : int
        Order of the harmonics.
    kr : ndarray
        Wave number times radius, positive.
    baffle : {"rigid", "open", "cardioid"}
        Sphere: rigid, or open with omnidirectional microphones or outward cardioids.

    Returns
    -------
    response : ndarray of complex
        Factor of ``(2 order + 1) P(cos angle)`` in the pressure, for ``exp(+j omega t)``.
    """
    slope = spherical_jn(order, kr, derivative=True)
    if baffle == "rigid":
        # b = i^n (j - j' h / h') with h = j - i y; by the Wronskian j h' - j' h = -i / (kr)^2,
        # b = i^n (-i) / ((kr)^2 h'), without the difference of two large terms.
        outgoing = slope - 1j * spherical_yn(order, kr, derivative=True)
        return 1j**order * -1j / (kr**2 * outgoing)
    # Open: b = i^n j. Cardioids, half pressure and half velocity: b = i^n (j - i j') / 2.
    wave = spherical_jn(order, kr)
    return 1j**order * (wave if baffle == "open" else (wave - 1j * slope) / 2)


def _harmonics(unit_vectors, order):
    """Spherical harmonics (n, (order + 1)^2): W, X, Y, Z with gains 1 and u, then higher orders."""
    x, y, z = unit_vectors.T
    polar, azimuth = np.arccos(np.clip(z, -1, 1)), np.arctan2(y, x)
    columns = [np.ones(len(x)), x, y, z]
    for n in range(2, order + 1):
        columns.append(sph_harm_y(n, 0, polar, azimuth).real)
        for m in range(1, n + 1):
            values = sph_harm_y(n, m, polar, azimuth)
            columns += [values.real, values.imag]
    return np.stack(columns, axis=1)


def _separating_matrix(unit_vectors):
    """Matrix (4, n_mics) from microphones to W, X, Y, Z that rejects the higher orders it can."""
    # The order is limited by (order + 1)^2 <= n_mics.
    for order in range(int(len(unit_vectors) ** 0.5) - 1, 0, -1):
        basis = _harmonics(unit_vectors, order)
        basis = basis / np.linalg.norm(basis, axis=0)
        if order == 1 or np.linalg.cond(basis) < _MAX_CONDITION:
            break
    # p = Y a has the least-squares solution a = pinv(Y) p; rows 0 to 3 are orders 0 and 1.
    return np.linalg.pinv(_harmonics(unit_vectors, order))[:4]


class AmbisonicEncoder(ArrayTransformer):
    """First-order ambisonics of a spherical or tetrahedral microphone array (A-format).

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres, on a sphere around the origin; at least four, not all in
        one plane. :func:`sslearn.geometry.device_array` returns those of some devices.
    fs : float, default=16000
        Sampling rate in Hz.
    baffle : {"rigid", "open", "cardioid"}, default="rigid"
        ``"rigid"``: microphones in the surface of a hard sphere; ``"open"``: omnidirectional
        microphones in the air; ``"cardioid"``: outward-facing cardioids, as in most
        tetrahedral microphones (A-format).
    convention : {"sn3d", "n3d", "fuma"}, default="sn3d"
        Order and gains of the output, as :class:`IntensityVector` describes them.
    max_gain : float, default=20.0
        Limit of the gain of the radial filters, in dB.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels seen in ``fit``.

    See Also
    --------
    IntensityVector : Features of the output.
    sslearn.doa.IntensityLocalizer : Directions of the output.
    sslearn.recipes.ambisonic_histogram : A network on the output.

    Notes
    -----
    A plane wave from ``u`` has the pressure ``sum_n b_n(kr) (2n + 1) P_n(u . m)`` at the microphone
    in direction ``m`` [1]_. Least squares over all orders that the array resolves give the sums of
    order 0 and 1, and the filters ``conj(b_n) / (|b_n|^2 + l^2)`` undo ``b_n``, with ``l`` such
    that no gain exceeds ``max_gain`` [2]_. The limit lowers X, Y and Z alike at low frequencies,
    which leaves the direction of the intensity. Above ``kr = 1`` for four microphones (2 kHz at
    2.7 cm), and about ``kr = sqrt(n_mics) - 1`` for many, higher orders leak into X, Y and Z
    (spatial aliasing): set ``freq_range`` of the features accordingly.

    References
    ----------
    .. [1] B. Rafaely, "Fundamentals of Spherical Array Processing", Springer, 2015,
       doi:10.1007/978-3-662-45664-4.
    .. [2] S. Moreau, J. Daniel, S. Bertet, "3D sound field recording with higher order ambisonics:
       objective measurements and validation of a 4th order spherical microphone", 120th AES
       Convention, 2006.
    .. [3] P. G. Craven, M. A. Gerzon, "Coincident microphone simulation covering three dimensional
       space and yielding various directional outputs", US patent 4,042,779, 1977.

    Examples
    --------
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.doa import IntensityLocalizer
    >>> from sslearn.features import STFT, AmbisonicEncoder
    >>> from sslearn.geometry import tetrahedral_array
    >>> from sklearn.pipeline import make_pipeline
    >>> mics = tetrahedral_array(0.02)
    >>> X, y = make_plane_waves(
    ...     1, mic_positions=mics, directions=[[40.0, 20.0]], random_state=0, return_X_y=True
    ... )
    >>> AmbisonicEncoder(mics, baffle="open").transform(X).shape
    (1, 4, 1600)
    >>> to_spectra = make_pipeline(AmbisonicEncoder(mics, baffle="open"), STFT(512))
    >>> localizer = IntensityLocalizer(batch_transform=to_spectra, freq_range=(200, 2000))
    >>> localizer.fit(X, y).predict(X).round().tolist()
    [[40.0, 20.0]]
    """

    _parameter_constraints: dict = {
        "mic_positions": ["array-like"],
        "fs": [Interval(Real, 0, None, closed="neither")],
        "baffle": [StrOptions({"rigid", "open", "cardioid"})],
        "convention": [StrOptions(set(AMBISONIC_CONVENTIONS))],
        "max_gain": [Interval(Real, 0, None, closed="left")],
        "speed_of_sound": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        mic_positions,
        *,
        fs=16000,
        baffle="rigid",
        convention="sn3d",
        max_gain=20.0,
        speed_of_sound=343.0,
    ):
        self.mic_positions = mic_positions
        self.fs = fs
        self.baffle = baffle
        self.convention = convention
        self.max_gain = max_gain
        self.speed_of_sound = speed_of_sound

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Validate the parameters and the audio; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_mics, n_times) or list of (n_mics, n_times_i)
            Audio at ``fs``, float32 or float64.
        y : None
            Ignored.

        Returns
        -------
        self : AmbisonicEncoder
            The transformer.
        """
        mics = self._check_mics()
        check_audio(X, n_channels=len(mics))
        self.n_features_in_ = len(mics)
        return self

    def transform(self, X):
        """Encode the audio.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_mics, n_times) or list of (n_mics, n_times_i)
            Audio at ``fs``, float32 or float64.

        Returns
        -------
        audio : ndarray of shape (n_samples, 4, n_times) or list of (4, n_times_i)
            First-order ambisonics, without delay, of the dtype of X.

        Raises
        ------
        TypeError
            If X is not float32 or float64 audio.
        ValueError
            If the microphones are fewer than four, in one plane or not on a sphere around the
            origin, or X has another number of channels, is not finite, or has a known rate
            other than ``fs``.
        """
        self._validate_params()
        mics = self._check_mics()
        X = check_audio(X, n_channels=len(mics))
        radius = np.linalg.norm(mics, axis=1, keepdims=True)
        matrix = _separating_matrix(mics / radius)
        filters = self._filters(radius.mean())
        gains = ambisonic_gains(self.convention)
        audio = [self._encode(clip, matrix, filters, gains) for clip in X]
        return np.stack(audio) if isinstance(X, np.ndarray) else audio

    def get_feature_names_out(self, input_features=None):
        """Names of the four channels.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Ignored; here for scikit-learn.

        Returns
        -------
        names : ndarray of str, object
            W, X, Y and Z in the order of the convention.
        """
        places = AMBISONIC_CONVENTIONS[self.convention][0]
        return np.array(["W", "X", "Y", "Z"], dtype=object)[np.argsort(places)]

    def _check_mics(self):
        mics = check_mic_positions(self.mic_positions, min_mics=4, n_dims=3)
        radius = np.linalg.norm(mics, axis=1)
        if np.ptp(radius) > _ROUND * radius.mean():
            raise ValueError(
                "mic_positions must lie on a sphere around the origin; got distances from "
                f"{radius.min():.4g} to {radius.max():.4g} m. Subtract the centre of the sphere."
            )
        return mics

    def _filters(self, radius):
        """Impulse responses of order 0 and 1, with zero delay in their middle."""
        half = max(1, round(_HALF_LENGTH * self.fs))
        n_taps = 2 * half + 1
        freqs = np.fft.rfftfreq(n_taps, 1 / self.fs)
        # 0 Hz becomes kr = 1e-6, because the rigid response divides by (kr)^2.
        kr = np.maximum(2 * np.pi * freqs * radius / self.speed_of_sound, 1e-6)
        # |b| / (|b|^2 + l^2) is at most 1 / (2 l), which must be 10^(max_gain / 20).
        limit = 0.5 * 10 ** (-self.max_gain / 20)
        responses = np.stack([radial_response(n, kr, self.baffle) for n in (0, 1)])
        # The harmonics X, Y, Z are a third of (2n + 1) P_n for order 1.
        responses[1] *= 3
        inverse = responses.conj() / (np.abs(responses) ** 2 + limit**2)
        # irfft centres the responses at sample 0; _encode removes the delay of the roll.
        return np.roll(np.fft.irfft(inverse, n_taps), half, axis=1)

    def _encode(self, clip, matrix, filters, gains):
        half, n_times = filters.shape[1] // 2, clip.shape[1]
        channels = matrix @ clip
        filtered = oaconvolve(channels, filters[[0, 1, 1, 1]], axes=1)[:, half : half + n_times]
        return (gains @ filtered).astype(clip.dtype)
