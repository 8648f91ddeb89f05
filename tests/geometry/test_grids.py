import numpy as np
import pytest

from sslearn.geometry import (
    angles_to_unit_vectors,
    azimuth_grid,
    circular_grid,
    fibonacci_grid,
    great_circle_distance,
    icosahedral_grid,
    near_field_grid,
    sphere_grid,
)


def test_azimuth_grid_has_both_ends():
    assert azimuth_grid(-90, 90, 5).tolist() == list(range(-90, 91, 5))


def test_sphere_grid_has_each_pole_once():
    grid = sphere_grid(30)
    assert len(grid) == 5 * 12 + 2
    assert len(np.unique(angles_to_unit_vectors(grid).round(9), axis=0)) == len(grid)


def test_sphere_grid_of_the_upper_half():
    grid = sphere_grid(15, elevation_range=(0, 45))
    assert len(grid) == 4 * 24
    assert grid[:, 1].min() == 0


@pytest.mark.parametrize("n_subdivisions", [0, 1, 2, 3])
def test_icosahedral_grid_is_uniform(n_subdivisions):
    grid = icosahedral_grid(n_subdivisions)
    assert len(grid) == 10 * 4**n_subdivisions + 2
    distances = great_circle_distance(grid[:, None], grid[None])
    np.fill_diagonal(distances, np.inf)
    nearest = distances.min(axis=1)
    # The edge of the icosahedron is 63.4 degrees.
    assert nearest.min() > 0.8 * 63.43 / 2**n_subdivisions
    assert nearest.max() < 1.25 * nearest.min()


def test_icosahedral_grids_are_nested():
    np.testing.assert_array_equal(icosahedral_grid(2)[:42], icosahedral_grid(1))


def test_fibonacci_grid_covers_the_sphere():
    grid = fibonacci_grid(500)
    np.testing.assert_allclose(angles_to_unit_vectors(grid).mean(axis=0), 0, atol=0.01)


def test_near_field_grid():
    grid = near_field_grid([0.0, 90.0, 180.0], [0.5, 1.0])
    assert grid.shape == (6, 3)
    assert grid[:, 2].tolist() == [0.5] * 3 + [1.0] * 3
    assert near_field_grid([[0.0, 10.0]], [1.0]).tolist() == [[0.0, 10.0, 1.0]]


@pytest.mark.parametrize(
    ("make", "args", "name"),
    [
        (circular_grid, (7.0,), "step"),
        (azimuth_grid, (90, -90), "low and high"),
        (azimuth_grid, (-180, 180), "low and high"),
        (azimuth_grid, (-90, 90, 7), "step"),
        (sphere_grid, (7,), "step"),
        (icosahedral_grid, (-1,), "n_subdivisions"),
        (fibonacci_grid, (0,), "n_directions"),
        (near_field_grid, ([0.0], [0.0]), "distances"),
    ],
)
def test_bad_grids_are_refused(make, args, name):
    with pytest.raises(ValueError, match=name):
        make(*args)


def test_sphere_grid_refuses_elevations_beyond_the_poles():
    with pytest.raises(ValueError, match="elevation_range"):
        sphere_grid(10, elevation_range=(-100, 90))
