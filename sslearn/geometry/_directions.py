"""Angles in degrees and unit vectors: azimuth counter-clockwise, 0 front (+x), 90 left (+y)."""

import warnings

import numpy as np
from sklearn.exceptions import DataConversionWarning

from sslearn.geometry._label_kinds import in_named_order
from sslearn.utils import as_numbers, to_numbers

_DEGREES = "angles in degrees"


def _angles(values, name):
    return as_numbers(values, name, _DEGREES)


def _check_broadcast(a, b, names):
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise ValueError(
            f"{names} must have shapes that broadcast; got {a.shape} and {b.shape}."
        ) from None


def wrap_azimuth(azimuth):
    """Wrap angles into [-180, 180).

    Parameters
    ----------
    azimuth : array-like
        Angles in degrees.

    Returns
    -------
    azimuth : ndarray
        The same angles in [-180, 180).

    Examples
    --------
    >>> from sslearn.geometry import wrap_azimuth
    >>> wrap_azimuth([180.0, 190.0, -540.0]).tolist()
    [-180.0, -170.0, -180.0]
    """
    azimuth = _angles(azimuth, "azimuth")
    wrapped = np.mod(azimuth + 180.0, 360.0) - 180.0
    # mod of a tiny negative number rounds up to 360 itself.
    wrapped = np.where(wrapped >= 180.0, -180.0, wrapped)
    # Angles that are inside already are returned exactly, without the rounding of mod.
    return np.where((azimuth >= -180.0) & (azimuth < 180.0), azimuth, wrapped)


def circular_difference(a, b):
    """Signed difference ``a - b`` of two angles, the short way round.

    Parameters
    ----------
    a, b : array-like
        Angles in degrees, broadcast against each other.

    Returns
    -------
    difference : ndarray
        Difference in [-180, 180).

    Raises
    ------
    ValueError
        If the angles are not numbers, or their shapes do not broadcast.

    Examples
    --------
    >>> from sslearn.geometry import circular_difference
    >>> circular_difference([179.0, 10.0], [-179.0, 350.0]).tolist()
    [-2.0, 20.0]
    """
    a, b = _angles(a, "a"), _angles(b, "b")
    _check_broadcast(a, b, "a and b")
    return wrap_azimuth(np.subtract(a, b, dtype=float))


def angles_to_unit_vectors(doa):
    """Unit vectors of directions.

    Parameters
    ----------
    doa : array-like of shape (..., n_angles)
        Azimuth, or azimuth and elevation (and distance, ignored), in degrees, on the last axis.
        A one-dimensional array is a list of azimuths.

    Returns
    -------
    vectors : ndarray of shape (..., 3)
        x front, y left, z up.

    Raises
    ------
    ValueError
        If the angles are not numbers, or the last axis does not hold 1 to 3 of them.

    Examples
    --------
    >>> from sslearn.geometry import angles_to_unit_vectors
    >>> angles_to_unit_vectors([[0.0, 0.0], [90.0, 0.0], [0.0, 90.0]]).round(6).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    return _unit_vectors(doa, "doa")


def _unit_vectors(doa, name):
    doa = np.asarray(_angles(doa, name), dtype=float)
    if doa.ndim == 1:
        doa = doa[:, None]
    if doa.ndim == 0 or not 1 <= doa.shape[-1] <= 3:
        raise ValueError(
            f"{name} must have shape (n,) or (..., n_angles), with n_angles from 1 to 3; got "
            f"{doa.shape}."
        )
    # u = (cos(az) cos(el), sin(az) cos(el), sin(el))
    azimuth = np.deg2rad(doa[..., 0])
    elevation = np.deg2rad(doa[..., 1]) if doa.shape[-1] > 1 else np.zeros_like(azimuth)
    return np.stack(
        [
            np.cos(azimuth) * np.cos(elevation),
            np.sin(azimuth) * np.cos(elevation),
            np.sin(elevation),
        ],
        axis=-1,
    )


def unit_vectors_to_angles(vectors):
    """Azimuth and elevation of vectors of any positive length.

    Parameters
    ----------
    vectors : array-like of shape (..., 3)
        x front, y left, z up.

    Returns
    -------
    directions : ndarray of shape (..., 2)
        Azimuth in [-180, 180) and elevation in degrees.

    Raises
    ------
    ValueError
        If the components are not numbers, or the last axis does not hold 3 of them.

    Examples
    --------
    >>> from sslearn.geometry import unit_vectors_to_angles
    >>> unit_vectors_to_angles([[0.0, 2.0, 0.0], [0.0, 0.0, 1.0]]).tolist()
    [[90.0, 0.0], [0.0, 90.0]]
    """
    vectors = to_numbers(vectors, "vectors")
    if vectors.shape[-1:] != (3,):
        raise ValueError(f"vectors must have shape (..., 3), x, y and z; got {vectors.shape}.")
    x, y, z = np.moveaxis(vectors, -1, 0)
    # arctan2 needs no unit length and, unlike arcsin(z / |u|), is accurate near the poles.
    azimuth = np.rad2deg(np.arctan2(y, x))
    elevation = np.rad2deg(np.arctan2(z, np.hypot(x, y)))
    return np.stack([wrap_azimuth(azimuth), elevation], axis=-1)


def great_circle_distance(a, b):
    """Angle between directions, in degrees.

    Parameters
    ----------
    a, b : array-like of shape (..., n_angles)
        Directions in degrees, laid out as in :func:`angles_to_unit_vectors`.

    Returns
    -------
    distance : ndarray of shape (...)
        Angle in [0, 180], exact also for nearly equal directions.

    Raises
    ------
    ValueError
        If the directions are not valid, or their shapes do not broadcast.

    Examples
    --------
    >>> from sslearn.geometry import great_circle_distance
    >>> great_circle_distance([[0.0, 80.0]], [[180.0, 80.0]]).round(6).tolist()
    [20.0]
    """
    u, v = _unit_vectors(a, "a"), _unit_vectors(b, "b")
    _check_broadcast(u, v, "a and b")
    cross = np.linalg.norm(np.cross(u, v), axis=-1)
    # atan2 keeps full precision where acos of the dot product loses it (near 0 and 180).
    return np.rad2deg(np.arctan2(cross, (u * v).sum(axis=-1)))


def interaural_polar_to_angles(lateral, polar):
    """Turn interaural-polar angles into azimuth and elevation.

    Parameters
    ----------
    lateral : array-like
        Lateral angle in [-90, 90] in degrees, positive to the LEFT.
    polar : array-like
        Angle around the interaural axis in degrees: 0 front, 90 above, 180 behind.

    Returns
    -------
    directions : ndarray of shape (..., 2)
        Azimuth and elevation in degrees.

    Raises
    ------
    ValueError
        If the angles are not numbers, or their shapes do not broadcast.

    Examples
    --------
    >>> from sslearn.geometry import interaural_polar_to_angles
    >>> interaural_polar_to_angles([40.0, 40.0], [0.0, 180.0]).round(6).tolist()
    [[40.0, 0.0], [140.0, 0.0]]
    """
    lateral, polar = _angles(lateral, "lateral"), _angles(polar, "polar")
    _check_broadcast(lateral, polar, "lateral and polar")
    lateral, polar = np.broadcast_arrays(np.deg2rad(lateral), np.deg2rad(polar))
    # The interaural axis is y: u = (cos(lat) cos(pol), sin(lat), cos(lat) sin(pol)).
    vectors = [np.cos(lateral) * np.cos(polar), np.sin(lateral), np.cos(lateral) * np.sin(polar)]
    return unit_vectors_to_angles(np.stack(vectors, axis=-1))


def angles_to_interaural_polar(doa):
    """Turn azimuth and elevation into interaural-polar angles.

    Parameters
    ----------
    doa : array-like of shape (..., n_angles)
        Directions in degrees, laid out as in :func:`angles_to_unit_vectors`.

    Returns
    -------
    angles : ndarray of shape (..., 2)
        Lateral angle in [-90, 90], positive to the LEFT, and polar angle in [-90, 270) around the
        interaural axis (0 front, 90 above, 180 behind), in degrees.

    Examples
    --------
    >>> from sslearn.geometry import angles_to_interaural_polar
    >>> angles_to_interaural_polar([[40.0, 0.0], [140.0, 0.0], [0.0, 30.0]]).round(6).tolist()
    [[40.0, 0.0], [40.0, 180.0], [0.0, 30.0]]
    """
    x, y, z = np.moveaxis(angles_to_unit_vectors(doa), -1, 0)
    lateral = np.rad2deg(np.arctan2(y, np.hypot(x, z)))
    polar = np.rad2deg(np.arctan2(z, x))
    # The wrap at -180 moves to -90, straight below.
    return np.stack([lateral, wrap_azimuth(polar - 90.0) + 90.0], axis=-1)


def to_float(directions, name):
    """Copy angles into a float64 array of any shape.

    Parameters
    ----------
    directions : array-like or list of ndarray of shape (n_frames_i, n_sources, k)
        Real numbers, or tracks of several lengths.
    name : str
        Name used in messages.

    Returns
    -------
    directions : ndarray
        A copy of the same shape; tracks of several lengths end with NaN.

    Raises
    ------
    TypeError
        If the array is sparse.
    ValueError
        If a value is not a real number, or rows have several lengths.

    Examples
    --------
    >>> from sslearn.geometry import to_float
    >>> to_float([10, 20], "azimuth").tolist()
    [10.0, 20.0]
    """
    return to_numbers(_joined(in_named_order(directions, name)), name, _DEGREES)


def _joined(tracks):
    """Tracks (n_frames_i, n_sources, k) of several lengths in one array that ends with NaN."""
    if not isinstance(tracks, (list, tuple)):
        return tracks
    shapes = {getattr(track, "shape", ()) for track in tracks}
    sources = {shape[1:] for shape in shapes}
    if len(shapes) < 2 or len(sources) > 1 or len(*sources) != 2:
        return tracks
    joined = np.full((len(tracks), *max(shapes)), np.nan)
    for row, track in zip(joined, tracks, strict=True):
        row[: len(track)] = track
    return joined


def check_directions(directions, *, name="directions"):
    """Validate directions: finite angles, elevations in range, azimuths wrapped.

    Parameters
    ----------
    directions : array-like of shape (n_directions,), (n_directions, 2) or (n_directions, 3)
        Azimuth; azimuth and elevation; and distance in metres. Angles in degrees.
    name : str, default="directions"
        Name used in messages.

    Returns
    -------
    directions : ndarray of the same shape, float64
        A copy with azimuths in [-180, 180).

    Raises
    ------
    ValueError
        If the shape is wrong, a value is not finite, an elevation is outside [-90, 90], or a
        distance is not positive.

    Warns
    -----
    DataConversionWarning
        If a column vector was given: it is taken as azimuths.

    Examples
    --------
    >>> from sslearn.geometry import check_directions
    >>> check_directions([[190.0, 20.0]]).tolist()
    [[-170.0, 20.0]]
    """
    directions = to_float(directions, name)
    if directions.ndim == 2 and directions.shape[1] == 1:
        warnings.warn(
            f"A column-vector {name} was passed when a 1d array was expected: taken as azimuths "
            f"of shape (n_samples,). Pass {name}.ravel().",
            DataConversionWarning,
            stacklevel=2,
        )
        directions = directions[:, 0]
    if directions.ndim not in (1, 2) or directions.shape[1:] not in ((), (2,), (3,)):
        raise ValueError(
            f"{name} must have shape (n,) for azimuth, (n, 2) for azimuth and elevation, or (n, 3) "
            f"with distance; got {directions.shape}."
        )
    if len(directions) == 0:
        raise ValueError(f"{name} must hold at least one direction; got none.")
    if not np.isfinite(directions).all():
        raise ValueError(f"Input {name} contains NaN or infinity; expected finite angles.")
    if directions.ndim == 1:
        return wrap_azimuth(directions)
    directions[:, 0] = wrap_azimuth(directions[:, 0])
    _check_elevation(directions, name)
    return directions


def _check_elevation(directions, name):
    outside = np.abs(directions[:, 1]) > 90.0
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise ValueError(
            f"{name} must have elevations (column 1) in [-90, 90] degrees; got "
            f"{directions[row, 1]:g} in row {row}. Interaural-polar angles go through "
            "interaural_polar_to_angles."
        )
    if directions.shape[1] == 3 and (directions[:, 2] <= 0).any():
        raise ValueError(f"{name} must have positive distances in metres in column 2.")
