import numpy as np
import pytest

from sslearn.geometry import (
    circular_grid,
    fibonacci_grid,
    great_circle_distance,
    grid_neighbors,
    icosahedral_grid,
    near_field_grid,
    quasi_uniform_grid,
    sphere_grid,
)


def test_neighbours_on_the_circle():
    neighbors = grid_neighbors(circular_grid(30))
    np.testing.assert_array_equal(neighbors[:, 1], (np.arange(12) + 1) % 12)
    np.testing.assert_array_equal(neighbors[:, 0], (np.arange(12) - 1) % 12)


def test_order_of_the_grid_does_not_matter():
    grid = circular_grid(30)
    order = np.random.default_rng(0).permutation(12)
    shuffled = grid_neighbors(grid[order])
    np.testing.assert_array_equal(order[shuffled], grid_neighbors(grid)[order])


def test_a_ring_of_one_elevation_is_a_circle():
    ring = np.column_stack([circular_grid(30), np.full(12, 20.0)])
    np.testing.assert_array_equal(grid_neighbors(ring), grid_neighbors(circular_grid(30)))


def test_a_grid_of_a_whole_turn_stays_open():
    neighbors = grid_neighbors(np.linspace(0, 360, 73))
    assert neighbors[[0, 36, 72]].tolist() == [[0, 1], [35, 37], [71, 72]]


def test_directions_at_other_distances_are_no_neighbours():
    ring, ball = circular_grid(30), icosahedral_grid(1)
    neighbors = grid_neighbors(near_field_grid(ring, [1.0, 2.0]))
    np.testing.assert_array_equal(neighbors[:12], grid_neighbors(ring))
    np.testing.assert_array_equal(neighbors[12:], grid_neighbors(ring) + 12)
    level = np.column_stack([ring, np.zeros(12), np.ones(12)])
    mixed = grid_neighbors(np.concatenate([level, near_field_grid(ball, [2.0])]))
    np.testing.assert_array_equal(mixed[:12, :2], grid_neighbors(ring))
    assert (mixed[:12, 2:] == np.arange(12)[:, None]).all()
    np.testing.assert_array_equal(mixed[12:], grid_neighbors(ball) + 12)


@pytest.mark.parametrize("n_subdivisions", [1, 2])
def test_icosahedral_grid_has_twelve_corners_of_five(n_subdivisions):
    neighbors = grid_neighbors(icosahedral_grid(n_subdivisions))
    degree = (neighbors != np.arange(len(neighbors))[:, None]).sum(axis=1)
    assert np.bincount(degree).tolist() == [0] * 5 + [12, len(neighbors) - 12]


@pytest.mark.parametrize(
    "grid",
    [
        fibonacci_grid(300),
        sphere_grid(10),
        sphere_grid(10, elevation_range=(0, 60)),
        quasi_uniform_grid(10),
    ],
    ids=["spiral", "rings", "cap", "uniform_rings"],
)
def test_neighbours_are_mutual_and_near(grid):
    neighbors = grid_neighbors(grid)
    for i, row in enumerate(neighbors):
        assert all(i in neighbors[j] for j in row)
    distances = great_circle_distance(grid[:, None], grid[neighbors])
    assert distances.max() < 30
    assert (distances > 0).sum(axis=1).min() >= 2


def test_directions_twice_are_refused():
    with pytest.raises(ValueError, match="once"):
        grid_neighbors([0.0, 10.0, 370.0])
    with pytest.raises(ValueError, match="once"):
        grid_neighbors([0.0, 360.0])
    with pytest.raises(ValueError, match="once"):
        grid_neighbors([[0.0, 10.0, 1.0], [360.0, 10.0, 1.0]])
    with pytest.raises(ValueError, match="4 directions"):
        grid_neighbors([[0.0, 0.0], [0.0, 10.0], [0.0, 20.0]])
