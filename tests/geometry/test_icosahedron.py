"""The icosahedron on five charts, and the directions of its edges."""

import numpy as np
import pytest

from sslearn.geometry import (
    angles_to_unit_vectors,
    grid_neighbors,
    hexagonal_mesh,
    icosahedral_charts,
    icosahedral_grid,
    unit_vectors_to_angles,
)

levels = pytest.mark.parametrize("level", [1, 2, 3])


def cosines(vectors):
    return np.sort(np.ravel(vectors @ vectors.T))


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_charts_are_the_grid_without_the_poles(level):
    charts = icosahedral_charts(level)
    assert charts.shape == (5, 2**level, 2 ** (level + 1), 2)
    vectors = angles_to_unit_vectors(charts.reshape(-1, 2))
    vectors = np.vstack([vectors, [[0, 0, 1], [0, 0, -1]]])
    # Turned, but with the same distances.
    grid = angles_to_unit_vectors(icosahedral_grid(level))
    np.testing.assert_allclose(cosines(vectors), cosines(grid), atol=1e-12)


def test_coarse_charts_are_part_of_finer_ones():
    fine = icosahedral_charts(3)[:, 1::2, ::2]
    np.testing.assert_allclose(fine, icosahedral_charts(2), atol=1e-9)


@levels
def test_neighbors_within_a_chart(level):
    charts = angles_to_unit_vectors(icosahedral_charts(level).reshape(-1, 2))
    charts = charts.reshape(5, 2**level, -1, 3)
    longest = 1.2 * np.arctan(2) / 2**level
    for ends in (
        (charts[:, 1:], charts[:, :-1]),
        (charts[:, :, 1:], charts[:, :, :-1]),
        (charts[:, 1:, :-1], charts[:, :-1, 1:]),
    ):
        angle = np.arccos(np.sum(ends[0] * ends[1], axis=-1))
        assert angle.max() < longest


@levels
def test_mesh_has_the_edges_of_the_hull(level):
    mesh = hexagonal_mesh(level)
    n_vertices = len(mesh.neighbors)
    assert n_vertices == 10 * 4**level - 10
    expected = grid_neighbors(unit_vectors_to_angles(mesh.vectors))
    for row, near in enumerate(expected):
        found = mesh.neighbors[row] if row < n_vertices else mesh.corner_neighbors[row - n_vertices]
        assert set(found) == set(near) - {row}
    charts = angles_to_unit_vectors(icosahedral_charts(level).reshape(-1, 2))
    np.testing.assert_allclose(mesh.vectors[:n_vertices], charts[mesh.places], atol=1e-12)


@levels
def test_directions_go_counter_clockwise(level):
    mesh = hexagonal_mesh(level)
    own = mesh.vectors[: len(mesh.neighbors), None]
    near = mesh.vectors[mesh.neighbors]
    turned = np.cross(near, np.roll(near, -1, axis=1))
    assert (np.sum(turned * own, axis=2) > 0).all()


@pytest.mark.parametrize("level", [2, 3])
def test_a_coarse_edge_is_two_steps_straight_on(level):
    fine, coarse = hexagonal_mesh(level), hexagonal_mesh(level - 1)
    rows = np.append(fine.coarser, len(fine.neighbors) + np.arange(12))
    np.testing.assert_allclose(fine.vectors[rows], coarse.vectors, atol=1e-12)
    middle = fine.neighbors[fine.coarser]
    onward = (np.arange(6) + fine.turns[fine.coarser]) % 6
    np.testing.assert_array_equal(fine.neighbors[middle, onward], rows[coarse.neighbors])


@levels
def test_a_walk_around_a_vertex(level):
    """A direction comes back as it was around six triangles, and a step off around five."""
    mesh = hexagonal_mesh(level)
    n_vertices = len(mesh.neighbors)
    for row in range(n_vertices + 12):
        is_corner = row >= n_vertices
        ring = mesh.corner_neighbors[row - n_vertices] if is_corner else mesh.neighbors[row]
        if (ring >= n_vertices).any():
            continue
        turn, here = 0, ring[0]
        for _ in ring:
            # The next neighbour on the ring is the edge before the one to its middle.
            edge = (np.flatnonzero(mesh.neighbors[here] == row)[0] - 1) % 6
            turn += mesh.turns[here, edge]
            here = mesh.neighbors[here, edge]
        assert here == ring[0]
        assert turn % 6 in ((1, 5) if is_corner else (0,))


@pytest.mark.parametrize("level", [-1, 9, 1.5, "2"])
def test_level_is_checked(level):
    with pytest.raises((ValueError, TypeError), match="level"):
        icosahedral_charts(level)
