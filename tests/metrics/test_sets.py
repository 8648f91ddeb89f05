"""Coverage and width of sets whose answers are known."""

import numpy as np
import pytest

from sslearn.geometry import fibonacci_grid, icosahedral_grid, sphere_grid
from sslearn.metrics import coverage_score, is_covered, mean_set_width, set_widths

NAN = float("nan")


@pytest.mark.parametrize(
    ("azimuth", "arcs", "inside"),
    [
        (0, [(-10, 10)], True),
        (10, [(-10, 10)], True),
        (10.001, [(-10, 10)], False),
        (-175, [(170, 190)], True),
        (180, [(170, 190)], True),
        (540, [(170, 190)], True),
        (-169, [(170, 190)], False),
        (0, [(170, 190), (-5, 5)], True),
        (90, [(170, 190), (-5, 5)], False),
        (90, [(NAN, NAN), (80, 100)], True),
        (90, [(NAN, NAN)], False),
        (20, [(20, 20)], True),
        (123, [(-180, 180)], True),
        (123, [(50, 410)], True),
        (49.999999999999, [(50, 60)], True),
    ],
)
def test_membership_of_arcs(azimuth, arcs, inside):
    assert is_covered([azimuth], [arcs]).tolist() == [inside]


@pytest.mark.parametrize(
    ("direction", "cap", "inside"),
    [
        ((170, 0), (-170, 0, 20), True),
        ((170, 0), (-170, 0, 19.9), False),
        ((0, 85), (180, 85, 10), True),
        ((77, 90), (-120, 90, 0), True),
        ((0, -90), (0, 90, 179.9), False),
        ((0, -90), (0, 90, 180), True),
        ((30, 10, 2.5), (30, 15, 5), True),
    ],
)
def test_membership_of_caps(direction, cap, inside):
    assert is_covered([direction], [cap]).tolist() == [inside]


def test_membership_of_cells():
    grid = [[0, 0], [180, 0], [0, 90], [0, -90]]
    front_and_up = np.array([[True, False, True, False]] * 4)
    y = [[80, 0], [100, 0], [180, 60], [-30, -80]]
    assert is_covered(y, front_and_up, grid=grid).tolist() == [True, False, True, False]


def test_widths():
    arcs = [[[170, 190], [NAN, NAN]], [[-180, 180], [NAN, NAN]], [[0, 5], [10, 12.5]]]
    assert set_widths(arcs).tolist() == [20, 360, 7.5]
    assert set_widths([[0, 0, 10], [50, 20, 180]]).tolist() == [20, 360]
    assert set_widths([[[NAN, NAN]]]).tolist() == [0]


def test_width_of_cells_is_that_of_a_cap_of_their_area():
    # Of the 12 cells of an icosahedron, 6 are half of the sphere, as a cap of 90 degrees is.
    half = np.zeros((2, 12), dtype=bool)
    half[0, :6], half[1] = True, True
    widths = set_widths(half, grid=icosahedral_grid(0))
    np.testing.assert_allclose(widths, [180, 360], atol=0.5)


@pytest.mark.parametrize(
    "grid", [fibonacci_grid(2000), sphere_grid(3)], ids=["even", "dense poles"]
)
def test_cells_of_a_cap_have_its_width(grid):
    inside = grid[:, 1] >= 60
    width = set_widths(inside[None], grid=grid)
    np.testing.assert_allclose(width, 60, atol=3.1)


def test_means_with_and_without_weights():
    y, arcs = [0, 90, 180, -90], [[[-10, 10]], [[-10, 10]], [[170, 210]], [[0, 100]]]
    assert coverage_score(y, arcs) == 0.5
    assert coverage_score(y, arcs, sample_weight=[3, 1, 0, 0]) == 0.75
    assert mean_set_width(arcs) == 45
    assert mean_set_width(arcs, sample_weight=[1, 1, 0, 2]) == 60


@pytest.mark.parametrize(
    ("y", "sets", "grid", "message"),
    [
        ([0.0, 1.0], [[[0, 1]]], None, "y_true and sets must hold as many samples; got 2 and 1"),
        ([[0.0, 1.0]], [[[0, 1]]], None, r"y_true must hold azimuths.*got \(1, 2\)"),
        ([0.0], [[0, 0, 5]], None, "y_true must hold azimuths"),
        ([0.0], [[[10, 5]]], None, "start <= end <= start . 360"),
        ([0.0], [[[10, NAN]]], None, "NaN for no arc"),
        ([0.0], [[[10, 371]]], None, "start <= end"),
        ([[0, 0]], [[0, 0, -1]], None, r"radius in \[0, 180\]"),
        ([[0, 0]], [[0, 0, NAN]], None, r"radius in \[0, 180\]"),
        ([[0, 0]], [[0, 100, 1]], None, "elevation"),
        ([[0, 0]], [[0, 0, 1, 1]], None, r"sets must hold arcs.*got shape \(1, 4\)"),
        ([[0, 0]], np.ones((1, 4), bool), None, "grid must be given"),
        ([[0, 0]], np.ones((1, 4), bool), [[0, 0]], r"grid must have shape \(4, 2\)"),
        ([[0, 0]], "bogus", None, "sets must hold angles in degrees"),
    ],
)
def test_errors(y, sets, grid, message):
    with pytest.raises(ValueError, match=message):
        is_covered(y, sets, grid=grid)
