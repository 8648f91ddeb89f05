import numpy as np
import pytest
from scipy.spatial import SphericalVoronoi

from sslearn.geometry import (
    angles_to_unit_vectors,
    azimuth_grid,
    check_directions,
    circular_grid,
    fibonacci_grid,
    great_circle_distance,
    icosahedral_grid,
    near_field_grid,
    quasi_uniform_grid,
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


def test_quasi_uniform_grid_has_the_rings_of_the_paper():
    grid = quasi_uniform_grid(10)
    elevations, first, counts = np.unique(grid[:, 1], return_index=True, return_counts=True)
    assert elevations.tolist() == list(range(-90, 91, 10))
    assert counts.tolist() == [
        *(1, 7, 13, 19, 24, 29, 32, 35, 36),
        37,
        *(36, 35, 32, 29, 24, 19, 13, 7, 1),
    ]
    assert len(grid) == 429
    # The order of the classes: elevations upward, in each ring azimuths from -180 upward.
    assert (np.diff(grid[:, 1]) >= 0).all()
    assert (np.diff(grid[:, 0])[np.diff(grid[:, 1]) == 0] > 0).all()
    assert (grid[first, 0] == -180).all()
    np.testing.assert_array_equal(check_directions(grid), grid)
    np.testing.assert_allclose(grid[[0, 1, 2]], [[-180, -90], [-180, -80], [-180 + 360 / 7, -80]])


def test_distances_to_the_quasi_uniform_grid():
    vectors = angles_to_unit_vectors(quasi_uniform_grid(10))
    uniform = angles_to_unit_vectors(fibonacci_grid(100003))
    corners = SphericalVoronoi(vectors).vertices
    nearest = [np.rad2deg(np.arccos((p @ vectors.T).max(axis=1))) for p in (uniform, corners)]
    assert nearest[0].mean() == pytest.approx(3.74, abs=0.005)
    assert np.median(nearest[0]) == pytest.approx(3.91, abs=0.005)
    assert (nearest[0] < 5).mean() == pytest.approx(0.808, abs=5e-4)
    # Furthest of all are corners of the cells between the horizon and the ring at 10 degrees.
    assert nearest[1].max() == pytest.approx(6.96, abs=0.001)


@pytest.mark.parametrize("step", [5.0, 7.0, 45.0, 180.0])
def test_quasi_uniform_grid_of_any_step(step):
    grid = quasi_uniform_grid(step)
    distances = great_circle_distance(grid[:, None], grid[None])
    np.fill_diagonal(distances, np.inf)
    nearest = distances.min(axis=1)
    assert nearest.min() > 0.75 * step
    assert nearest.max() < 1.05 * step
    assert np.abs(grid[[0, -1], 1]).tolist() == [90, 90]


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
        (quasi_uniform_grid, (0,), "step"),
        (quasi_uniform_grid, (181,), "step"),
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


@pytest.mark.parametrize("bad", ["x", None, -1, 0, np.nan, np.inf, 1j, [10], np.eye(2)])
@pytest.mark.parametrize("make", [circular_grid, sphere_grid, quasi_uniform_grid])
def test_steps_are_numbers(make, bad):
    with pytest.raises((ValueError, TypeError), match="step"):
        make(bad)


@pytest.mark.parametrize("bad", ["x", None, 0.5, -1, 11, [2]])
def test_subdivisions_are_counts(bad):
    with pytest.raises((ValueError, TypeError), match="n_subdivisions"):
        icosahedral_grid(bad)


@pytest.mark.parametrize("bad", ["x", None, 5.0, (0, 0), (30, 10), (0, "x"), [[0], [1, 2]]])
def test_elevation_ranges_are_pairs(bad):
    with pytest.raises((ValueError, TypeError), match="elevation_range"):
        sphere_grid(10, elevation_range=bad)


@pytest.mark.parametrize("bad", [[], None, "x", [[1.0], [1.0, 2.0]]])
def test_distances_are_numbers(bad):
    with pytest.raises(ValueError, match="distances"):
        near_field_grid([0.0], bad)
