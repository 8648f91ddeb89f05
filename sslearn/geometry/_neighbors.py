"""Neighbours of the directions of a grid."""

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from sslearn.geometry._circle import azimuth_order
from sslearn.geometry._directions import angles_to_unit_vectors, check_directions, wrap_azimuth

# Edges longer than this, in units of the longest distance between nearest neighbours, only close
# the open side of a grid that covers part of the sphere.
_LONGEST_EDGE = 2.5


def grid_neighbors(grid):
    """Find the neighbours of each direction of a grid.

    Parameters
    ----------
    grid : array-like of shape (n_directions,), (n_directions, 2) or (n_directions, 3)
        Azimuths, azimuths and elevations in degrees, and distances in metres, in any order.

    Returns
    -------
    neighbors : ndarray of shape (n_directions, n_neighbors)
        Indices of the neighbours; a row with fewer than ``n_neighbors`` is filled with its own
        index.

    Raises
    ------
    ValueError
        If the grid is not valid, or a direction occurs twice.

    Notes
    -----
    On the circle, neighbours are the previous and the next azimuth; :func:`azimuth_order` decides
    whether the first and the last one are neighbours. On the sphere, they share an edge of the
    Delaunay triangulation (the convex hull of the points), without the long edges that close the
    open side of a grid that covers part of the sphere. Directions at different distances are never
    neighbours.

    Examples
    --------
    >>> from sslearn.geometry import grid_neighbors
    >>> grid_neighbors([-90.0, 0.0, 90.0]).tolist()
    [[0, 1], [0, 2], [1, 2]]
    >>> grid_neighbors([-180.0, -90.0, 0.0, 90.0]).tolist()
    [[3, 1], [0, 2], [1, 3], [2, 0]]
    """
    directions = check_directions(grid, name="grid")
    if directions.ndim == 1:
        # Unwrapped azimuths distinguish a whole turn, such as 0 and 360, from a repetition.
        return _circle_neighbors(np.asarray(grid, dtype=float).ravel())
    if directions.shape[1] == 2:
        return _angle_neighbors(directions)
    shells = [np.flatnonzero(directions[:, 2] == d) for d in np.unique(directions[:, 2])]
    found = [shell[_angle_neighbors(directions[shell, :2])] for shell in shells]
    width = max(rows.shape[1] for rows in found)
    neighbors = np.tile(np.arange(len(directions))[:, None], width)
    for shell, rows in zip(shells, found, strict=True):
        neighbors[shell, : rows.shape[1]] = rows
    return neighbors


def _angle_neighbors(directions):
    if np.ptp(directions[:, 1]) > 0:
        return _sphere_neighbors(angles_to_unit_vectors(directions))
    return _circle_neighbors(directions[:, 0])


def _circle_neighbors(azimuth):
    order, closed = azimuth_order(azimuth)
    if (np.diff(wrap_azimuth(azimuth[order])) == 0).any():
        raise ValueError("grid must hold each direction once; got an azimuth twice.")
    previous, following = np.roll(order, 1), np.roll(order, -1)
    if not closed:
        previous[0], following[-1] = order[0], order[-1]
    neighbors = np.empty((len(azimuth), 2), dtype=int)
    neighbors[order] = np.column_stack([previous, following])
    return neighbors


def _sphere_neighbors(vectors):
    first, second = hull_edges(vectors).T
    lengths = np.linalg.norm(vectors[first] - vectors[second], axis=1)
    if (lengths == 0).any():
        raise ValueError("grid must hold each direction once; got a direction twice.")
    nearest = np.full(len(vectors), np.inf)
    np.minimum.at(nearest, first, lengths)
    np.minimum.at(nearest, second, lengths)
    near = lengths <= _LONGEST_EDGE * nearest[np.isfinite(nearest)].max()
    first, second = first[near], second[near]
    source, target = np.concatenate([first, second]), np.concatenate([second, first])
    order = np.argsort(source, kind="stable")
    source, target = source[order], target[order]
    # Edges are sorted by their source, so the place of an edge in its row is its position minus the
    # number of edges of all sources before.
    counts = np.bincount(source, minlength=len(vectors))
    neighbors = np.tile(np.arange(len(vectors))[:, None], counts.max())
    neighbors[source, np.arange(len(source)) - (np.cumsum(counts) - counts)[source]] = target
    return neighbors


def hull_edges(vectors):
    """Edges (n_edges, 2), each once, of the convex hull of points on the unit sphere."""
    try:
        triangles = ConvexHull(vectors).simplices
    except QhullError as error:
        raise ValueError(
            f"grid must hold at least 4 directions that do not lie on one circle; got "
            f"{len(vectors)} directions. Use azimuths alone, or more elevations."
        ) from error
    # Every edge occurs in two triangles; with sorted ends, np.unique joins both.
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    return np.unique(edges, axis=0)
