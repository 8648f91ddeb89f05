"""The subdivided icosahedron as five charts, and as a mesh of hexagons."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from sslearn.geometry._directions import unit_vectors_to_angles
from sslearn.utils.param_validation import Integral, Interval, validated

_N_CHARTS = 5
# No edge of the mesh leaves a vertex in this direction, so that rounding changes no order.
_FIRST_RAD = -0.1


def _chart_vectors(level):
    """Unit vectors (5, 2**level, 2**(level + 1), 3) of the charts."""
    # Two rings of five corners at z = +-1 / sqrt(5), at the distance 2 / sqrt(5) from the axis.
    height, radius = 1 / 5**0.5, 2 / 5**0.5

    def ring(turn, z):
        azimuth_rad = 2 * np.pi / _N_CHARTS * (np.arange(_N_CHARTS) + turn)
        x, y = radius * np.cos(azimuth_rad), radius * np.sin(azimuth_rad)
        return np.stack([x, y, np.full(_N_CHARTS, z)], axis=1)

    north, south = np.tile([0.0, 0.0, 1.0], (5, 1)), np.tile([0.0, 0.0, -1.0], (5, 1))
    rows = [[north, ring(1, height), ring(1.5, -height)]]
    rows += [[ring(0, height), ring(0.5, -height), south]]
    charts = np.array(rows).transpose(2, 0, 1, 3)
    for _ in range(level):
        charts = _halve_edges(charts)
    # The other two borders belong to the next charts.
    return charts[:, 1:, :-1]


def _halve_edges(charts):
    """Charts of twice as many vertices: each pixel is cut in two along one diagonal."""
    n_charts, n_rows, n_columns, _ = charts.shape
    finer = np.empty((n_charts, 2 * n_rows - 1, 2 * n_columns - 1, 3))
    finer[:, ::2, ::2] = charts
    finer[:, 1::2, ::2] = charts[:, 1:] + charts[:, :-1]
    finer[:, ::2, 1::2] = charts[:, :, 1:] + charts[:, :, :-1]
    # The middle of a pixel lies on its diagonal edge, the same diagonal on all levels.
    finer[:, 1::2, 1::2] = charts[:, 1:, :-1] + charts[:, :-1, 1:]
    return finer / np.linalg.norm(finer, axis=-1, keepdims=True)


@validated(level=[Interval(Integral, 0, 8, closed="both")])
def icosahedral_charts(level=2):
    """Corners of a subdivided icosahedron as five rectangles, without the two poles.

    Parameters
    ----------
    level : int, default=2
        Number of times that the edges are halved, at most 8.

    Returns
    -------
    grid : ndarray of shape (5, 2**level, 2**(level + 1), 2)
        Azimuth and elevation in degrees.

    Raises
    ------
    ValueError
        If ``level`` is not in [0, 8].

    See Also
    --------
    icosahedral_grid : The same mesh as a list, turned so that no vertex is a pole.
    sslearn.features.IcosahedralSRP : Steered response power in these directions.

    Notes
    -----
    The icosahedron stands on a vertex. A chart consists of four of its triangles: between the north
    pole and the upper ring of five corners, two between both rings, and between the lower ring and
    the south pole. Neighbours in a row, in a column and along one diagonal of a chart are
    neighbours on the sphere; the vertices at its upper and left border continue other charts.
    Each chart holds two of the twelve corners of the icosahedron, and the poles are the others.

    References
    ----------
    T. S. Cohen, M. Weiler, B. Kicanaoglu, M. Welling, "Gauge equivariant convolutional networks and
    the icosahedral CNN", ICML 2019, arXiv:1902.04615.

    Examples
    --------
    >>> from sslearn.geometry import icosahedral_charts
    >>> icosahedral_charts(2).shape
    (5, 4, 8, 2)
    >>> icosahedral_charts(0)[0].round(1).tolist()
    [[[0.0, 26.6], [36.0, -26.6]]]
    """
    return unit_vectors_to_angles(_chart_vectors(level))


@dataclass(frozen=True)
class HexagonalMesh:
    """Vertices of a subdivided icosahedron with six neighbours each, and its twelve corners.

    Rows are the vertices with six neighbours, in the order of the charts, then the corners, the
    poles last. Direction d of a vertex is the edge to its neighbour d, counter-clockwise seen from
    outside, and is the same edge on every level.

    Parameters
    ----------
    vectors : ndarray of shape (n_vertices + 12, 3)
        Unit vectors.
    places : ndarray of shape (n_vertices,)
        Index of each vertex among the flattened charts.
    neighbors : ndarray of shape (n_vertices, 6)
        Rows of the neighbours.
    turns : ndarray of shape (n_vertices, 6)
        Change of a direction's index when it is moved along an edge to the neighbour without
        turning on the faces of the icosahedron; 0 for corners, where it has no meaning.
    corner_neighbors : ndarray of shape (12, 5)
        Rows of the neighbours of each corner.
    coarser : ndarray of shape (n_coarser,)
        Rows of the vertices of the next coarser mesh, in its order.
    """

    vectors: np.ndarray
    places: np.ndarray
    neighbors: np.ndarray
    turns: np.ndarray
    corner_neighbors: np.ndarray
    coarser: np.ndarray


def hexagonal_mesh(level):
    """Build the mesh of a subdivided icosahedron.

    Parameters
    ----------
    level : int
        Number of times that the edges are halved, at least 1.

    Returns
    -------
    mesh : HexagonalMesh
        Mesh of ``10 * 4**level - 10`` vertices with six neighbours, and twelve corners.
    """
    charts = _chart_vectors(level)
    is_corner = _corners(level)
    points, places = charts.reshape(-1, 3), np.flatnonzero(~is_corner)
    vectors = np.concatenate([points[places], points[is_corner.ravel()], [[0, 0, 1], [0, 0, -1]]])
    n_vertices = len(places)
    # The nearest of the seven is the vertex itself.
    near = cKDTree(vectors).query(vectors, k=7)[1][:, 1:]
    neighbors = _counter_clockwise(vectors, near[:n_vertices])
    rows = np.empty(is_corner.shape, dtype=int)
    rows[~is_corner] = np.arange(n_vertices)
    coarser = rows[:, 1::2, ::2][~_corners(level - 1)]
    return HexagonalMesh(
        vectors, places, neighbors, _turns(neighbors), near[n_vertices:, :5], coarser
    )


def _corners(level):
    """Where the charts hold corners of the icosahedron."""
    n_rows = 2**level
    is_corner = np.zeros((_N_CHARTS, n_rows, 2 * n_rows), dtype=bool)
    is_corner[:, -1, ::n_rows] = True
    return is_corner


def _counter_clockwise(vectors, neighbors):
    """Neighbours (n, 6) of the first vectors, in the order of their directions."""
    own = vectors[: len(neighbors)]
    # Angles of the edges in the tangent plane, from east towards north.
    east = np.cross([0.0, 0.0, 1.0], own)
    north = np.cross(own, east)
    steps = vectors[neighbors]
    angle = np.arctan2(np.einsum("ndi,ni->nd", steps, north), np.einsum("ndi,ni->nd", steps, east))
    order = np.argsort((angle - _FIRST_RAD) % (2 * np.pi), axis=1)
    return np.take_along_axis(neighbors, order, axis=1)


def _turns(neighbors):
    n_vertices = len(neighbors)
    is_corner = neighbors >= n_vertices
    # Straight on from an edge is opposite the way back.
    theirs = neighbors[np.where(is_corner, 0, neighbors)]
    back = (theirs == np.arange(n_vertices)[:, None, None]).argmax(axis=2)
    return np.where(is_corner, 0, (back + 3 - np.arange(6)) % 6)
