"""When and with which phase a sound from a direction arrives at each microphone."""

import numpy as np

from sslearn.geometry._arrays import check_places
from sslearn.geometry._directions import angles_to_unit_vectors, check_directions
from sslearn.utils import to_numbers
from sslearn.utils.param_validation import Interval, Real, validated

_SPEED = [Interval(Real, 0, np.inf, closed="neither")]


@validated(speed_of_sound=_SPEED)
def propagation_delays(mic_positions, directions, *, speed_of_sound=343.0):
    """Arrival times at the microphones, relative to the origin.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres.
    directions : array-like of shape (n_directions,), (n_directions, 2) or (n_directions, 3)
        Azimuth; azimuth and elevation, of plane waves; and distance from the origin in metres,
        of spherical waves. Angles in degrees.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.

    Returns
    -------
    delays : ndarray of shape (n_directions, n_mics)
        Delays in seconds, negative for microphones that the sound reaches before the origin.

    Raises
    ------
    ValueError
        If positions or directions are not valid, or ``speed_of_sound`` is not positive.

    Notes
    -----
    Plane waves: ``tau_m = -p_m . u / c``. Spherical waves: ``tau_m = (|s - p_m| - |s|) / c`` with
    the source at ``s``, which tends to the former as the distance grows.

    Examples
    --------
    >>> from sslearn.geometry import propagation_delays
    >>> propagation_delays([[0.343, 0, 0], [0, 0, 0]], [0.0, 90.0]).round(6).tolist()
    [[-0.001, 0.0], [-0.0, 0.0]]
    """
    mics = check_places(mic_positions)
    directions = check_directions(directions)
    vectors = angles_to_unit_vectors(directions)
    if directions.ndim == 1 or directions.shape[1] == 2:
        return -vectors @ mics.T / speed_of_sound
    # tau = (|s - p| - |s|) / c, with all differences s - p of shape (n_directions, n_mics, 3).
    distance = directions[:, 2:]
    paths = np.linalg.norm((distance * vectors)[:, None] - mics, axis=2)
    return (paths - distance) / speed_of_sound


@validated(speed_of_sound=_SPEED)
def steering_vectors(mic_positions, directions, freqs, *, speed_of_sound=343.0):
    """Phase factors of the microphones for each direction.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres.
    directions : array-like of shape (n_directions,), (n_directions, 2) or (n_directions, 3)
        Directions, as in :func:`propagation_delays`.
    freqs : array-like of shape (n_freqs,)
        Frequencies in Hz.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.

    Returns
    -------
    steering_vectors : ndarray of shape (n_freqs, n_directions, n_mics)
        ``exp(-2j pi f tau)``, complex128.

    Raises
    ------
    ValueError
        If an argument is not finite or not valid, or ``speed_of_sound`` is not positive.

    Examples
    --------
    >>> from sslearn.geometry import circular_array, steering_vectors
    >>> steering_vectors(circular_array(4, 0.05), [0.0, 10.0], [500.0, 1000.0, 2000.0]).shape
    (3, 2, 4)
    """
    delays = propagation_delays(mic_positions, directions, speed_of_sound=speed_of_sound)
    freqs = to_numbers(freqs, "freqs", "frequencies in Hz")
    if freqs.ndim != 1 or not np.isfinite(freqs).all():
        raise ValueError(
            f"freqs must be finite, of shape (n_freqs,); got shape {freqs.shape}, or NaN or "
            "infinity."
        )
    # (n_freqs, 1, 1) times (n_directions, n_mics).
    return np.exp(-2j * np.pi * freqs[:, None, None] * delays)
