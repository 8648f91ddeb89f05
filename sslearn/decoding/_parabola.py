"""Top of a smooth function from its values at a peak of a grid and at the neighbours."""

import numpy as np

from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_difference,
    unit_vectors_to_angles,
    wrap_azimuth,
)


def parabola_top(rows, grid, neighbors, peaks):
    """Find the tops of the parabolas through peaks and their neighbours.

    Parameters
    ----------
    rows : ndarray of shape (n, n_directions)
        Values on the grid.
    grid : ndarray of shape (n_directions,) or (n_directions, 2)
        Directions in degrees.
    neighbors : ndarray of shape (n_directions, n_neighbors)
        Neighbours of each direction, as :func:`sslearn.geometry.grid_neighbors` returns them.
    peaks : ndarray of shape (n,)
        Index of the peak of each row.

    Returns
    -------
    directions : ndarray of shape (n,) or (n, 2)
        Directions of the tops in degrees, or of the peaks without a top within the mesh.
    """
    if neighbors.shape[1] > 2:
        return _sphere_top(rows, grid, neighbors, peaks)
    directions = grid[peaks].astype(float)
    azimuth = directions if grid.ndim == 1 else directions[:, 0]
    offsets = circular_difference(
        (grid if grid.ndim == 1 else grid[:, 0])[neighbors[peaks]], azimuth[:, None]
    )
    values = np.take_along_axis(rows, np.column_stack([peaks, neighbors[peaks]]), axis=1)
    azimuth[:] = wrap_azimuth(azimuth + _offset_of_top(offsets, values.astype(float)))
    return directions


def _offset_of_top(offsets, values):
    """Vertex of the parabola through y(0), y(offsets[:, 0]), y(offsets[:, 1]); 0 if none.

    ``y = y(0) + b x + a x^2`` gives slopes ``(y - y(0)) / x = b + a x`` and the vertex ``-b / 2a``.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = (values[:, 1:] - values[:, :1]) / offsets
        curvature = (slopes[:, 1] - slopes[:, 0]) / (offsets[:, 1] - offsets[:, 0])
        top = -(slopes[:, 0] - curvature * offsets[:, 0]) / (2 * curvature)
    # An end of the grid is its own neighbour, at an offset of 0; a plateau has no curvature.
    return np.where(np.isfinite(top) & (offsets != 0).all(axis=1), top, 0.0)


def _sphere_top(rows, grid, neighbors, peaks):
    directions = grid[peaks].astype(float)
    vectors = angles_to_unit_vectors(grid)
    # The geometry is the same for all rows that share a peak.
    for peak in np.unique(peaks):
        at = np.flatnonzero(peaks == peak)
        around = neighbors[peak][neighbors[peak] != peak]
        basis, tangent = _tangent_plane(vectors[peak], vectors[around])
        rises = rows[at][:, around].astype(float) - rows[at, peak].astype(float)[:, None]
        top = _top_in_plane(tangent, rises)
        directions[at] = unit_vectors_to_angles(_from_plane(vectors[peak], basis, top))
    return directions


def _tangent_plane(center, vectors):
    """Basis (2, 3) of the plane tangent at the centre, and the vectors mapped into it (radians).

    The map keeps angle and bearing from the centre (logarithmic map).
    """
    # The last two right singular vectors of a row vector are orthogonal to it.
    basis = np.linalg.svd(center[None])[2][1:]
    flat = vectors @ basis.T
    sine = np.linalg.norm(flat, axis=1, keepdims=True)
    angle = np.arctan2(sine, (vectors @ center)[:, None])
    return basis, flat * (angle / sine)


def _from_plane(center, basis, points):
    """Unit vectors of points p of the plane: cos(|p|) center + sin(|p|) / |p| p."""
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return np.cos(length) * center + np.sinc(length / np.pi) * (points @ basis)


def _top_in_plane(points, rises):
    """Tops (n, 2) of the least-squares fits ``g.p + p.H p / 2`` to the rises (n, n_points).

    The top is ``-inv(H) g`` if H is negative definite.
    """
    x, y = points.T
    design = np.column_stack([x, y, x * x / 2, x * y, y * y / 2])
    gx, gy, xx, xy, yy = np.linalg.pinv(design) @ rises.T
    # H = [[xx, xy], [xy, yy]], so -inv(H) g = (xy gy - yy gx, xy gx - xx gy) / det(H).
    determinant = xx * yy - xy**2
    with np.errstate(divide="ignore", invalid="ignore"):
        top = np.stack([xy * gy - yy * gx, xy * gx - xx * gy], axis=1) / determinant[:, None]
    # A top beyond the neighbours is an extrapolation, not a refinement.
    inside = np.linalg.norm(top, axis=1) <= np.linalg.norm(points, axis=1).max()
    return np.where(((xx < 0) & (determinant > 0) & inside)[:, None], top, 0.0)
