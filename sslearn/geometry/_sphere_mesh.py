"""Triangles between the directions of a grid on the sphere."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.spatial import ConvexHull, QhullError, cKDTree
from sklearn.utils import gen_batches

from sslearn.geometry._directions import (
    angles_to_unit_vectors,
    check_directions,
    unit_vectors_to_angles,
)
from sslearn.geometry._neighbors import grid_neighbors

# Most numbers in memory when directions are compared with triangles.
_CHUNK_NUMBERS = 2**22
# A share above minus this is a rounding error, also of angles in float32.
_ROUNDING = 1e-6
# Differences of cosines up to this are rounding errors: 1e-9 degrees, half a cell from a corner.
_TIE = 1e-12


@dataclass
class SphereMesh:
    """Triangles between directions on the sphere, which are their corners.

    Parameters
    ----------
    vectors : ndarray of shape (n_directions, 3)
        Unit vectors of the corners.
    triangles : ndarray of shape (n_triangles, 3)
        Indices of corners.
    inverses : ndarray of shape (n_triangles, 3, 3)
        Matrices ``inv([v1 v2 v3])``, which map a vector u to its shares s of the three corners:
        ``u = s1 v1 + s2 v2 + s3 v3``, with no negative share inside the triangle.
    neighbors : ndarray of shape (n_directions, n_neighbors), default=None
        Neighbours of each corner, as :func:`grid_neighbors` returns them.

    Examples
    --------
    >>> from sslearn.geometry import icosahedral_grid, sphere_mesh
    >>> grid = icosahedral_grid(1)
    >>> mesh = sphere_mesh(grid)
    >>> int(mesh.nearest(grid[[7]])[0])
    7
    """

    vectors: np.ndarray
    triangles: np.ndarray
    inverses: np.ndarray
    neighbors: np.ndarray | None = None

    def distances(self, directions):
        """Angles (..., n_directions) to the corners, in degrees."""
        cosine = angles_to_unit_vectors(directions) @ self.vectors.T
        return np.rad2deg(np.arccos(np.clip(cosine, -1.0, 1.0)))

    def nearest(self, directions):
        """Index of the nearest corner, the lowest one if several are equally near."""
        cosine = angles_to_unit_vectors(directions) @ self.vectors.T
        return (cosine >= cosine.max(axis=-1, keepdims=True) - _TIE).argmax(axis=-1)

    def triangles_around(self, directions):
        """Index of the triangle around each direction, or of the nearest one."""
        vectors = angles_to_unit_vectors(directions)
        triangles = np.empty(len(vectors), dtype=int)
        parts = [np.ascontiguousarray(self.inverses[:, i]) for i in range(3)]
        step = max(1, _CHUNK_NUMBERS // (4 * len(self.triangles)))
        for rows in gen_batches(len(vectors), step):
            # The triangle around u is the one whose smallest share s_i = (inv([v1 v2 v3]) u)_i is
            # largest; each product is (n_rows, n_triangles).
            least = np.minimum.reduce([vectors[rows] @ part.T for part in parts])
            triangles[rows] = least.argmax(axis=1)
        return triangles

    def shares(self, directions):
        """Corners (n, 3) of the triangle around each direction, and their shares (n, 3)."""
        around = self.triangles_around(directions)
        vectors = angles_to_unit_vectors(directions)
        shares = np.einsum("nij,nj->ni", self.inverses[around], vectors)
        outside = shares.min(axis=1) < -_ROUNDING
        if outside.any():
            azimuth, elevation = unit_vectors_to_angles(vectors[outside][0])
            raise ValueError(
                f"y must lie within the triangles of the grid; got azimuth {azimuth:g}, elevation "
                f"{elevation:g} degrees. Use a grid that covers it."
            )
        shares = np.maximum(shares, 0.0)
        return self.triangles[around], shares / shares.sum(axis=1, keepdims=True)

    def weights(self, directions):
        """Compute barycentric weights of the corners; outside all triangles, the nearest gets 1.

        Parameters
        ----------
        directions : array-like of shape (n, 2)
            Azimuths and elevations in degrees.

        Returns
        -------
        weights : sparse array of shape (n, n_directions)
            Each row sums to 1 and has at most three non-zeros.
        """
        vectors = angles_to_unit_vectors(directions)
        candidates = self._centres.query(vectors, k=min(16, len(self.triangles)))[1]
        candidates = candidates.reshape(len(vectors), -1)
        shares = np.einsum("ncij,nj->nci", self.inverses[candidates], vectors)
        row = np.arange(len(vectors))
        best = shares.min(axis=2).argmax(axis=1)
        around, shares = candidates[row, best], shares[row, best]
        for i in np.flatnonzero(shares.min(axis=1) < -1e-9):
            # Large triangles span gaps between the corners; their centres may be far.
            everywhere = self.inverses @ vectors[i]
            around[i] = everywhere.min(axis=1).argmax()
            shares[i] = everywhere[around[i]]
        columns = self.triangles[around]
        distance, nearest = self._corners.query(vectors)
        alone = (distance < 1e-9) | (shares.min(axis=1) < -_ROUNDING)
        columns[alone], shares[alone] = nearest[alone, None], [1.0, 0.0, 0.0]
        shares = np.maximum(shares, 0.0)
        shares /= shares.sum(axis=1, keepdims=True)
        pointers = np.arange(0, 3 * len(vectors) + 1, 3)
        shape = (len(vectors), len(self.vectors))
        return sparse.csr_array((shares.ravel(), columns.ravel(), pointers), shape=shape)

    @cached_property
    def _centres(self):
        centres = self.vectors[self.triangles].sum(axis=1)
        return cKDTree(centres / np.linalg.norm(centres, axis=1, keepdims=True))

    @cached_property
    def _corners(self):
        return cKDTree(self.vectors)


def _check_angles(directions, name):
    """Checked azimuths and elevations, without a distance."""
    directions = check_directions(directions, name=name)
    if directions.shape[1:] != (2,):
        raise ValueError(
            f"{name} must have shape (n_directions, 2), azimuth and elevation; got "
            f"{directions.shape}."
        )
    return directions


def hull_mesh(directions):
    """Build the triangles of the convex hull of directions, including those across gaps.

    Parameters
    ----------
    directions : array-like of shape (n_directions, 2)
        Azimuths and elevations in degrees.

    Returns
    -------
    mesh : SphereMesh
        Mesh without neighbours.

    Raises
    ------
    ValueError
        If the directions are not valid, or lie in one plane.

    See Also
    --------
    sphere_mesh : Build triangles between neighbours only.

    Examples
    --------
    >>> from sslearn.geometry import fibonacci_grid, hull_mesh
    >>> hull_mesh(fibonacci_grid(50)).weights([[10.0, 20.0]]).shape
    (1, 50)
    """
    vectors = angles_to_unit_vectors(_check_angles(directions, "directions"))
    try:
        hull = ConvexHull(vectors)
    except (QhullError, ValueError) as error:
        raise ValueError(
            f"directions must not lie in one plane; got {len(vectors)} that do."
        ) from error
    # Without triangles that have the origin on their outer side, which cover directions twice.
    triangles = hull.simplices[hull.equations[:, 3] < -1e-9]
    return SphereMesh(vectors, triangles, np.linalg.inv(vectors[triangles].swapaxes(1, 2)))


def sphere_mesh(grid):
    """Build the triangles between neighbours of a grid, without those across its open side.

    Parameters
    ----------
    grid : array-like of shape (n_directions, 2)
        Azimuths and elevations in degrees.

    Returns
    -------
    mesh : SphereMesh
        Mesh; the corners of each triangle are neighbours by
        :func:`sslearn.geometry.grid_neighbors`.

    Raises
    ------
    ValueError
        If the directions are not valid, lie on one circle, or one occurs twice.

    Examples
    --------
    >>> from sslearn.geometry import icosahedral_grid, sphere_mesh
    >>> len(sphere_mesh(icosahedral_grid(0)).triangles)
    20
    """
    grid = _check_angles(grid, "grid")
    if np.ptp(grid[:, 1]) == 0:
        raise ValueError(
            f"grid must hold several elevations where y has elevations; got {grid[0, 1]:g} degrees "
            "only. Use azimuths alone, or icosahedral_grid."
        )
    neighbors = grid_neighbors(grid)
    vectors = angles_to_unit_vectors(grid)
    triangles = ConvexHull(vectors).simplices
    joined = [
        (neighbors[triangles[:, i]] == triangles[:, i - 1, None]).any(axis=1) for i in range(3)
    ]
    # A triangle whose plane contains the origin has no directions inside.
    solid = np.abs(np.linalg.det(vectors[triangles])) > 1e-12
    triangles = triangles[np.all(joined, axis=0) & solid]
    inverses = np.linalg.inv(vectors[triangles].swapaxes(1, 2))
    return SphereMesh(vectors, triangles, inverses, neighbors)
