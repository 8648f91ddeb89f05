"""Cells of the circle and the sphere, and what a spectrum says of them."""

import numpy as np
import pytest

from sslearn.calibration._cells import ArcCells, GridCells, mass_above, most_likely, spread
from sslearn.geometry import (
    azimuth_grid,
    circular_difference,
    circular_grid,
    fibonacci_grid,
    near_field_grid,
    wrap_azimuth,
)


def at(cells, azimuth):
    return cells.find(np.atleast_1d(np.asarray(azimuth, dtype=float)))


def test_density_is_interpolated_and_sums_to_one():
    grid = circular_grid(90)  # -180 -90 0 90
    cells = ArcCells(grid)
    density = cells.density(np.array([[1.0, 1.0, 3.0, 1.0]]))
    assert density.sum() == pytest.approx(1)
    # Zero outside a triangle between -90 and 90, whose area is 90 times its height.
    height = 0.5 / 90
    assert density[0, at(cells, 45)][0] == pytest.approx(height * (90 - 45.25) / 90)
    assert density[0, at(cells, -20)][0] == pytest.approx(height * (90 - 19.75) / 90)
    assert density[0, at(cells, 135)][0] == 0


@pytest.mark.parametrize("peak", [0.0, 177.0, -180.0, -93.0])
def test_peak_across_the_back(peak):
    grid = circular_grid(1)
    power = np.maximum(10 - np.abs(circular_difference(grid, peak)), 0)[None]
    cells = ArcCells(grid)
    arcs = cells.join(most_likely(cells.density(power), np.array([0.75])))
    # The triangle is 10 wide on each side: the middle 5 hold 3/4 of it.
    assert arcs.shape == (1, 1, 2)
    np.testing.assert_allclose(np.diff(arcs)[0, 0], 10, atol=1.01)
    assert abs(circular_difference(arcs.mean(), peak)) < 0.51
    assert -180 <= arcs[0, 0, 0] < 180


def test_two_peaks_are_two_arcs():
    grid = circular_grid(1)
    peaks = [np.exp(-0.5 * (circular_difference(grid, c) / 8) ** 2) for c in (40, 140)]
    cells = ArcCells(grid)
    arcs = cells.join(most_likely(cells.density(sum(peaks)[None]), np.array([0.5])))
    np.testing.assert_allclose(arcs.mean(axis=2), [[40, 140]], atol=0.3)
    # Half of the mass of a Gauss curve is within 0.67 of its width.
    np.testing.assert_allclose(np.diff(arcs)[..., 0], [[10.8, 10.8]], atol=0.6)


def test_open_grids_say_nothing_beyond_their_ends():
    cells = ArcCells(azimuth_grid(-90, 90, 10))
    density = cells.density(np.random.default_rng(0).random((3, 19)) + 1)
    assert (density[:, np.abs(cells.directions) > 95] == 0).all()
    np.testing.assert_allclose(mass_above(density, at(cells, [100, 180, -96])), 1.0)
    # The end of the grid goes on for half a step.
    power = np.arange(19.0)[None]
    density = cells.density(power)
    assert density[0, at(cells, 94)] == density[0, at(cells, 90)] == density.max()


@pytest.mark.parametrize("shift", [0.0, 100.0, 180.0])
def test_open_grids_anywhere(shift):
    grid = azimuth_grid(-40, 40, 10)
    power = np.random.default_rng(0).random((2, len(grid)))
    here = ArcCells(grid).density(power)
    there = ArcCells(wrap_azimuth(grid + shift)).density(power)
    np.testing.assert_allclose(np.roll(here, int(2 * shift), axis=1), there, atol=1e-12)


def test_order_and_repetition_of_the_grid_are_irrelevant():
    grid = circular_grid(10)
    power = np.random.default_rng(0).random((2, 36))
    order = np.random.default_rng(1).permutation(36)
    expected = ArcCells(grid).density(power)
    np.testing.assert_allclose(ArcCells(grid[order]).density(power[:, order]), expected)
    twice = np.append(grid, grid[0]), np.append(power, power[:, :1] / 2, axis=1)
    np.testing.assert_allclose(ArcCells(twice[0]).density(twice[1]), expected)


def test_cells_of_azimuths():
    cells = ArcCells(circular_grid(5))
    y = np.array([-180.0, -179.5, 0.0, 179.999999999, 12.26])
    assert (np.abs(circular_difference(cells.directions[cells.find(y)], y)) <= 0.25 + 1e-9).all()


@pytest.mark.parametrize(
    ("inside", "arcs"),
    [
        ([(0, 2)], [(-180, -179)]),
        ([(0, 720)], [(-180, 180)]),
        ([(718, 720), (0, 2)], [(179, 181)]),
        ([(0, 2), (360, 364), (719, 720)], [(0, 2), (179.5, 181)]),
        ([(718, 720)], [(179, 180)]),
    ],
)
def test_arcs_of_cells(inside, arcs):
    mask = np.zeros((2, 720), dtype=bool)
    for start, stop in inside:
        mask[1, start:stop] = True
    found = ArcCells(circular_grid(5)).join(mask)
    assert np.isnan(found[0]).all()
    assert found[1].tolist() == [list(arc) for arc in arcs]


def test_mass_above_and_most_likely_agree():
    density = np.array([[0.1, 0.4, 0.1, 0.3, 0.1]])
    above = [mass_above(density, np.array([i]))[0] for i in range(5)]
    np.testing.assert_allclose(above, [0.7, 0, 0.7, 0.4, 0.7])
    for bound in (0.0, 0.39, 0.4, 0.69, 0.7, np.inf):
        inside = most_likely(density, np.array([bound]))[0]
        assert inside.tolist() == (np.array(above) <= bound + 1e-9).tolist()


def test_silence_says_nothing():
    for cells in (ArcCells(circular_grid(5)), GridCells(fibonacci_grid(72))):
        density = cells.density(np.full((1, 72), 3.0))
        assert most_likely(density, np.zeros(1)).all()
        assert spread(density, cells.vectors)[0] > 170


def test_spread_of_known_densities():
    cells = ArcCells(circular_grid(1))
    narrow, wide = (
        np.exp(-0.5 * (circular_difference(circular_grid(1), 170) / width) ** 2)
        for width in (5.0, 20.0)
    )
    # That of a Gauss curve is its width.
    found = spread(cells.density(np.stack([narrow, wide])), cells.vectors)
    np.testing.assert_allclose(found, [5, 20], rtol=0.01)


def test_distances_of_one_direction_are_one_cell():
    directions = fibonacci_grid(20)
    near = near_field_grid(directions, [1.0, 2.0])
    power = np.random.default_rng(0).random((3, 40))
    cells = GridCells(near)
    np.testing.assert_allclose(cells.directions, directions)
    least = power.min(axis=1, keepdims=True)
    largest = np.maximum(power[:, :20], power[:, 20:]) - least
    np.testing.assert_allclose(cells.density(power), largest / largest.sum(axis=1, keepdims=True))
    np.testing.assert_array_equal(cells.find(directions), np.arange(20))
