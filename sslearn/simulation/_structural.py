import numpy as np
from scipy.fft import irfft
from scipy.special import spherical_jn, spherical_yn

from sslearn.geometry import (
    angles_to_unit_vectors,
    check_directions,
    circular_difference,
    fibonacci_grid,
)
from sslearn.simulation._head import make_head
from sslearn.utils import to_numbers
from sslearn.utils.param_validation import Integral, Interval, Real, validated

# Pinna reflections of Brown and Duda (1998), table I: gain, then A, B (samples at 44.1 kHz), D.
_GAIN = np.array([0.5, -1.0, 0.5, -0.25, 0.25])
_A = np.array([1.0, 5.0, 5.0, 5.0, 5.0]) / 44100
_B = np.array([2.0, 4.0, 7.0, 11.0, 13.0]) / 44100
_D = np.array([1.0, 0.5, 0.5, 0.5, 0.5])
_PINNA_AXIS = 45.0  # a pinna opens to the side and to the front

# KEMAR as a snowman (Algazi et al. 2002), in head radii: torso radius, torso centre below head.
_TORSO_RADIUS = 1.93
_TORSO_DEPTH = 3.53

_LEAD = 32  # samples before the earliest arrival, for the ringing of the band limit


def _sphere(cosines, wavenumbers):
    """Pressure on a rigid sphere of radius 1 over the free field at its centre.

    ``cosines`` (n_points,) of the angle between source and point, ``wavenumbers`` (n_freqs,) > 0;
    returns (n_points, n_freqs). Terms beyond the order ka + 4 ka^(1/3) + 10 are negligible.
    """
    top = wavenumbers.max()
    order = np.arange(int(top + 4.0 * np.cbrt(top)) + 11)[:, None]
    # High orders overflow at low frequencies, where they contribute nothing.
    with np.errstate(over="ignore", invalid="ignore"):
        steep = np.nan_to_num(spherical_yn(order, wavenumbers, derivative=True), nan=1e300)
    # p = -j / x^2 * sum_m (2m + 1) j^m P_m(cosine) / h_m'(x), with h = j - 1j y and x = ka.
    # 1j ** (order % 4) is exact; 1j ** order rounds.
    slope = spherical_jn(order, wavenumbers, derivative=True) - 1j * np.minimum(steep, 1e300)
    weights = -1j * (2 * order + 1) * 1j ** (order % 4) / (slope * wavenumbers**2)
    return np.polynomial.legendre.legvander(cosines, len(order) - 1) @ weights


def _pinna_reflections(directions, pinna_scale, omega):
    """Sum of the reflections of both pinnae, (n_directions, 2, n_freqs)."""
    axis = np.array([_PINNA_AXIS, -_PINNA_AXIS])
    # Half of the angle is in [-90, 90]: the cosine is continuous where the azimuth wraps.
    half_rad = np.deg2rad(circular_difference(directions[:, :1], axis) / 2.0)
    zenith_rad = np.deg2rad(90.0 - directions[:, 1:])
    reflections = 0.0
    for gain, a, b, d in zip(_GAIN, _A, _B, _D, strict=True):
        delay = pinna_scale * (a * np.cos(half_rad) * np.sin(d * zenith_rad) + b)
        reflections = reflections + gain * np.exp(-1j * omega * delay[..., None])
    return reflections


def _shoulder_echo(vectors, ears, wavenumbers):
    """Specular reflection off a spherical torso, (n_directions, 2, n_freqs), lengths in head radii.

    The point of reflection lies in the plane of the torso's centre, the ear and the source, at an
    angle ``beta`` from the ear; ``beta`` fixes the incidence and with it the angle ``alpha``
    between ear and source, a monotone relation that is inverted by interpolation. The cosine of
    the incidence lets the echo fade out where the ear falls into the shadow of the torso.
    """
    offsets = ears + np.array([0.0, 0.0, _TORSO_DEPTH])
    distance = np.linalg.norm(offsets[0])
    beta = np.linspace(0.0, np.arccos(_TORSO_RADIUS / distance), 1000)
    # From the point of reflection to the ear, as a complex number with the normal as real axis.
    ray = distance * np.exp(1j * beta) - _TORSO_RADIUS
    alpha = np.arccos(np.clip(vectors @ offsets.T / distance, -1.0, 1.0))
    incidence = np.interp(alpha, beta + np.angle(ray), np.angle(ray))
    length = np.interp(alpha, beta + np.angle(ray), np.abs(ray))
    cosine = np.cos(incidence)[..., None]
    # The echo's detour: length (1 + cos 2i) = 2 length cos(i)^2.
    return cosine * np.exp(-2j * wavenumbers * length[..., None] * cosine**2)


def _band_limit(n_freqs):
    """Raised cosine over the last fifth of the band: without it, the responses ring too long."""
    position = np.clip((np.linspace(0.0, 1.0, n_freqs) - 0.8) / 0.2, 0.0, 1.0)
    return 0.5 * (1.0 + np.cos(np.pi * position))


@validated(
    directions=["array-like", None],
    fs=[Interval(Real, 0, None, closed="neither")],
    n_taps=[Interval(Integral, 1, None, closed="left")],
    head_radius=[Interval(Real, 0, 0.5, closed="right")],
    ear_azimuth=[Interval(Real, 0, 180, closed="neither")],
    pinna_scale=[Interval(Real, 0, None, closed="neither"), "array-like"],
    shoulder_gain=[Interval(Real, 0, 1, closed="both")],
    speed_of_sound=[Interval(Real, 100, 10_000, closed="both")],
    name=[str],
)
def structural_hrirs(
    directions=None,
    *,
    fs=48000,
    n_taps=256,
    head_radius=0.0875,
    ear_azimuth=100.0,
    pinna_scale=1.0,
    shoulder_gain=0.3,
    speed_of_sound=343.0,
    name="structural",
):
    """Analytic model of head, shoulders and pinnae: a head that needs no file.

    Parameters
    ----------
    directions : array-like of shape (n_directions, 2), default=None
        Azimuth and elevation in degrees; ``fibonacci_grid(2000)`` if None.
    fs : float, default=48000
        Sampling rate in Hz; the last fifth of the band fades out.
    n_taps : int, default=256
        Length of the responses, at least 4 ms.
    head_radius : float, default=0.0875
        Radius of the head in metres, at most 0.5; neck and torso grow with it.
    ear_azimuth : float, default=100.0
        Azimuth of the left ear in degrees; the right one mirrors it. Beyond 90, where ears are,
        front and back differ.
    pinna_scale : float or array-like of shape (2,), default=1.0
        Size of both pinnae, or of the left and the right one, relative to the published size.
        Unequal pinnae, as in people, give elevation an interaural cue on the median plane too.
    shoulder_gain : float, default=0.3
        Gain of the echo of the torso at vertical incidence; 0 for none.
    speed_of_sound : float, default=343.0
        Speed of sound in m/s, at least 100.
    name : str, default="structural"
        Name of the head.

    Returns
    -------
    head : Bunch
        With keys ``hrirs`` of shape (n_directions, 2, n_taps), channel 0 left; ``directions`` of
        shape (n_directions, 2); ``distance``, all NaN, as the sources are plane waves; ``fs``;
        ``name``.

    Raises
    ------
    ValueError
        If the directions have no elevation, or ``n_taps`` is too short for the responses.

    See Also
    --------
    load_sofa : A measured head.

    Notes
    -----
    The response of an ear is ``S (1 + sum_k rho_k exp(-jw tau_k) + g cos(i) exp(-jw tau_s))``.

    - ``S`` is the exact response of a rigid sphere to a plane wave [2]_, with time difference and
      head shadow at all frequencies; the paper [1]_ uses a one-pole approximation.
    - ``tau_k = A_k cos(theta / 2) sin(D_k (90 - phi)) + B_k`` are the pinna reflections of [1]_
      with its table of coefficients; ``phi`` is the elevation. There, ``theta`` is the lateral
      angle and both pinnae reflect equally, so that they cancel in every interaural cue; here it is
      the azimuth from the axis of each pinna, 45 degrees to its side, and covers the back as well.
    - ``tau_s``, ``i`` belong to the specular reflection off a spherical torso [3]_.

    With equal pinnae the head is symmetric: on the median plane, both responses are the same.

    References
    ----------
    .. [1] C. P. Brown, R. O. Duda, "A structural model for binaural sound synthesis", IEEE
       Transactions on Speech and Audio Processing, 6(5), 1998, 476-488, doi:10.1109/89.709673.
    .. [2] R. O. Duda, W. L. Martens, "Range dependence of the response of a spherical head model",
       JASA, 104(5), 1998, 3048-3058, doi:10.1121/1.423886.
    .. [3] V. R. Algazi, R. O. Duda, R. Duraiswami, N. A. Gumerov, Z. Tang, "Approximating the
       head-related transfer function using simple geometric models of the head and torso", JASA,
       112(5), 2002, 2053-2064, doi:10.1121/1.1508780.

    Examples
    --------
    >>> from sslearn.datasets import structural_hrirs
    >>> head = structural_hrirs([[90, 0], [0, 45]])
    >>> head.hrirs.shape
    (2, 2, 256)
    >>> left, right = abs(head.hrirs[0]).argmax(axis=1)
    >>> bool(left < right)
    True
    """
    directions = check_directions(fibonacci_grid(2000) if directions is None else directions)
    if directions.ndim != 2:
        raise ValueError(
            "directions must have shape (n_directions, 2), azimuth and elevation; got "
            f"{directions.shape}. For the horizontal plane, give elevations of 0."
        )
    if n_taps < 0.004 * fs:
        raise ValueError(
            f"n_taps must last at least 4 ms, {0.004 * fs:g} taps at fs={fs:g} Hz; got {n_taps}."
        )
    pinna_scale = to_numbers(pinna_scale, "pinna_scale")
    if pinna_scale.shape not in ((), (2,)) or not (pinna_scale > 0).all():
        raise ValueError(
            f"pinna_scale must be positive, for both pinnae or (left, right); got {pinna_scale}."
        )
    directions = directions[:, :2]
    vectors = angles_to_unit_vectors(directions)
    ears = angles_to_unit_vectors([ear_azimuth, -ear_azimuth])
    radius_s = head_radius / speed_of_sound
    omega = np.pi * fs * np.linspace(0.0, 1.0, n_taps + 1)

    spectra = 1.0 + _pinna_reflections(directions, np.broadcast_to(pinna_scale, 2), omega)
    spectra += shoulder_gain * _shoulder_echo(vectors, ears, omega * radius_s)
    # At 0 Hz the sphere has the gain 1, and the series would divide by 0.
    shadow = _sphere((vectors @ ears.T).ravel(), omega[1:] * radius_s)
    spectra[..., 1:] *= shadow.reshape(len(directions), 2, n_taps)
    latency = radius_s + _LEAD / fs
    spectra *= _band_limit(n_taps + 1) * np.exp(-1j * omega * latency)
    # Twice the length: ringing beyond n_taps is cropped, not wrapped around.
    return make_head(irfft(spectra, 2 * n_taps)[..., :n_taps], directions, fs=fs, name=name)
