"""Directions that an array can resolve."""

import numpy as np

from sslearn.geometry._arrays import array_dimension, check_places
from sslearn.geometry._directions import angles_to_unit_vectors
from sslearn.geometry._grids import circular_grid, icosahedral_grid


def array_grid(mic_positions, n_angles=1, *, azimuth_step=2.0, n_subdivisions=4):
    """Grid of all directions that an array can resolve.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres.
    n_angles : {1, 2}, default=1
        1 for azimuths, 2 for azimuths and elevations.
    azimuth_step : float, default=2.0
        Distance of azimuths in degrees.
    n_subdivisions : int, default=4
        Subdivisions of the icosahedron of azimuths and elevations; 4 makes about 2,500 directions.

    Returns
    -------
    grid : ndarray of shape (n_directions,) or (n_directions, 2)
        Directions; for a line of microphones those in front of it, for a plane those above it (in
        front of it, if it is vertical).

    Raises
    ------
    ValueError
        If a parameter is not valid, or there is no such grid: a line for two angles, or a vertical
        line.

    Examples
    --------
    >>> from sslearn.geometry import array_grid, circular_array, linear_array
    >>> array_grid(circular_array(4, 0.05)).shape
    (180,)
    >>> front = array_grid(linear_array(4, 0.05))
    >>> front[[0, -1]].tolist()
    [-90.0, 90.0]
    """
    if n_angles not in (1, 2):
        raise ValueError(
            f"n_angles must be 1, azimuths, or 2, azimuths and elevations; got {n_angles!r}."
        )
    mics = check_places(mic_positions)
    n_dims = array_dimension(mics)
    if n_dims == 0:
        raise ValueError("mic_positions must hold at least 2 microphones in different places.")
    if n_dims < n_angles:
        raise ValueError(
            "mic_positions must span 2 dimensions for azimuth and elevation; they lie on a line. "
            "Use azimuths alone."
        )
    grid = circular_grid(azimuth_step) if n_angles == 1 else icosahedral_grid(n_subdivisions)
    # Rows: principal axes of the array, largest first; the third is the normal of a plane.
    axes = np.linalg.svd(mics - mics.mean(axis=0))[2]
    if n_angles == 1 and n_dims < 3:
        normal = _horizontal_normal(axes, n_dims)
    else:
        normal = axes[2] if n_dims == 2 else None
    if normal is None:
        return grid
    # The normal points up; if it is horizontal, to the front; if it is lateral, to the left.
    side = next(x for x in normal[[2, 0, 1]] if abs(x) > 1e-6)
    # u.n >= 0; the tolerance keeps directions that lie in the plane.
    ahead = angles_to_unit_vectors(grid) @ normal * np.sign(side) > -1e-9
    return grid[ahead]


def _horizontal_normal(axes, n_dims):
    """Direction without delay on the horizontal plane; None if the array spans that plane."""
    flat = axes[:n_dims, :2]
    rank = np.linalg.matrix_rank(flat, tol=1e-6)
    if rank == 0:
        raise ValueError(
            "mic_positions must not be a vertical line, which cannot resolve azimuth. Tilt it, or "
            "use more microphones."
        )
    if rank == 2:
        return None
    return np.append(np.linalg.svd(flat)[2][1], 0.0)
