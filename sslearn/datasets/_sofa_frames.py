"""Positions of SOFA files, in any coordinates and units, relative to the listener."""

import re

import numpy as np

from sslearn.geometry import angles_to_unit_vectors, check_directions, unit_vectors_to_angles

_METRES = ("metre", "meter", "m")


def _coordinates(file, name):
    """Type of a field of positions, and its unit of angles; both are checked."""
    coordinates, units = file.kind(name)
    units = [unit.rstrip("s") for unit in re.split(r"[,\s]+", units.strip().lower())]
    is_known = coordinates == "cartesian" or (
        coordinates == "spherical" and units[0] in ("degree", "radian")
    )
    if not is_known or units[-1] not in _METRES:
        raise ValueError(
            f"path {file.path} must have {name} spherical in degree, degree, metre or cartesian "
            f"in metre; got {coordinates} in {', '.join(units)}. Evaluate spherical harmonics at "
            "directions, and convert other units, first."
        )
    return coordinates, units[0]


def _to_angles(file, name, positions):
    """Azimuth and elevation (..., 2) in degrees and distance (...) in metres."""
    coordinates, unit = _coordinates(file, name)
    if coordinates == "cartesian":
        return unit_vectors_to_angles(positions), np.linalg.norm(positions, axis=-1)
    angles = np.rad2deg(positions[..., :2]) if unit == "radian" else positions[..., :2].copy()
    # Poles that were stored in single precision lie a little beyond 90 degrees.
    poles = np.abs(np.abs(angles[..., 1]) - 90.0) < 1e-3
    angles[poles, 1] = np.copysign(90.0, angles[poles, 1])
    name = f"{name} of path {file.path}"
    angles = check_directions(angles.reshape(-1, 2), name=name).reshape(angles.shape)
    return angles, positions[..., 2]


def _to_cartesian(file, name, positions):
    """Coordinates (..., 3) in metres."""
    if _coordinates(file, name)[0] == "cartesian":
        return positions
    angles, distance = _to_angles(file, name, positions)
    return angles_to_unit_vectors(angles) * distance[..., None]


def _vectors(file, name, default):
    """Vectors (1 or n_measurements, 3) of a field that may be missing."""
    if name not in file.fields:
        return np.array([default])
    return _to_cartesian(file, name, file.rows(name))


def _axes(file, who):
    """Front, left and top (1 or n_measurements, 3, 3) of "Listener" or "Source", as rows."""
    view = _vectors(file, f"{who}View", (1.0, 0.0, 0.0))
    up = _vectors(file, f"{who}Up", (0.0, 0.0, 1.0))
    left = np.cross(up, view)
    lengths = np.linalg.norm(up, axis=-1) * np.linalg.norm(view, axis=-1)
    is_flat = np.linalg.norm(left, axis=-1) <= 1e-6 * lengths
    if is_flat.any():
        row = int(is_flat.argmax())
        view, up = np.broadcast_arrays(view, up)
        raise ValueError(
            f"path {file.path} must have a {who}View that has a length and is not parallel to "
            f"{who}Up; measurement {row} has {view[row].tolist()} and {up[row].tolist()}."
        )
    # The top is view x left: up need not be perpendicular to view.
    axes = np.stack(np.broadcast_arrays(view, left, np.cross(view, left)), axis=-2)
    return axes / np.linalg.norm(axes, axis=-1, keepdims=True)


def local_positions(file, name):
    """Positions of emitters or receivers relative to the source or the listener.

    Parameters
    ----------
    file : SofaFile
        Content of the file.
    name : {"EmitterPosition", "ReceiverPosition"}
        The field.

    Returns
    -------
    positions : ndarray of shape (1 or n_measurements, n_positions, 3) or None
        Metres; None if the field is missing.

    Raises
    ------
    ValueError
        If the shape or the units are not as they must be.
    """
    if name not in file.fields:
        return None
    positions = file.fields[name]
    positions = positions[..., None] if positions.ndim == 2 else positions
    if positions.ndim != 3 or positions.shape[2] not in (1, len(file.irs)):
        raise ValueError(
            f"path {file.path} must have {name} of shape (n_positions, 3, 1); got "
            f"{file.fields[name].shape}."
        )
    return _to_cartesian(file, name, np.moveaxis(positions, 2, 0))


def _emitters(file):
    """Positions (1 or n_measurements, n_emitters, 3) relative to the source."""
    n_emitters = file.irs.shape[1]
    if n_emitters == 1 and not np.any(file.fields.get("EmitterPosition", 0)):
        return np.zeros((1, 1, 3))
    positions = local_positions(file, "EmitterPosition")
    if n_emitters == 1:  # one response for all emitters of a source: that of their centre
        return positions.mean(axis=1, keepdims=True)
    if positions is None or positions.shape[1] != n_emitters:
        raise ValueError(
            f"path {file.path} must have an EmitterPosition for each of {n_emitters} emitters."
        )
    return positions


def relative_directions(file):
    """Directions of the sources, seen from the listener.

    Parameters
    ----------
    file : SofaFile
        Content of the file.

    Returns
    -------
    directions : ndarray of shape (n_measurements, n_emitters, 2)
        Azimuth and elevation in degrees.
    distance : ndarray of shape (n_measurements, n_emitters)
        Distance in metres.

    Raises
    ------
    ValueError
        If a position is not as it must be, or a source is where the listener is.
    """
    emitters = _emitters(file)
    listener, axes = _vectors(file, "ListenerPosition", (0.0, 0.0, 0.0)), _axes(file, "Listener")
    if emitters.any() or listener.any() or np.abs(axes - np.eye(3)).max() > 1e-6:
        source = _vectors(file, "SourcePosition", None)[:, None] + emitters @ _axes(file, "Source")
        # Scalar products with front, left and top: coordinates in the frame of the listener.
        offset = (source - listener[:, None]) @ np.swapaxes(axes, -1, -2)
        directions, distance = unit_vectors_to_angles(offset), np.linalg.norm(offset, axis=-1)
    else:  # the positions as they are, without rounding
        directions, distance = _to_angles(file, "SourcePosition", file.rows("SourcePosition"))
        directions, distance = directions[:, None], distance[:, None]
    shape = file.irs.shape[:2]
    if (distance <= 0).any():
        row = int((distance <= 0).any(axis=1).argmax())
        raise ValueError(
            f"path {file.path} must have sources away from the listener; measurement {row} has a "
            f"distance of {distance[row].min():g} m."
        )
    return np.broadcast_to(directions, (*shape, 2)), np.broadcast_to(distance, shape)
