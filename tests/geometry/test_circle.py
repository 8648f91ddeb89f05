import numpy as np
import pytest

from sslearn.geometry import azimuth_order, circular_grid, unroll_azimuths, wrap_azimuth


@pytest.mark.parametrize(
    ("azimuth", "closed", "first"),
    [
        (circular_grid(5), True, -180),
        (circular_grid(360 / 7), True, -180),
        (np.arange(0, 360, 120), True, -120),
        ([-170, -80, -75, 0, 20, 100], True, -170),
        ([-90, 0, 90], False, -90),  # half a turn behind
        ([-90, 90], False, -90),
        ([-100, -60, 40, 90], False, -100),  # 170 degrees behind, at most 100 in front
        (np.arange(135, 226, 5), False, 135),  # open in front
        (np.linspace(0, 360, 73), False, 0),  # one direction twice
        ([7], False, 7),
    ],
)
def test_one_rule_for_every_grid(azimuth, closed, first):
    order, is_closed = azimuth_order(azimuth)
    assert is_closed is closed
    assert wrap_azimuth(azimuth)[order[0]] == pytest.approx(first)
    assert sorted(order) == list(range(len(azimuth)))
    assert (np.diff(unroll_azimuths(wrap_azimuth(azimuth)[order])) > 0).all()


def test_the_order_of_what_is_given_does_not_matter():
    grid = np.random.default_rng(0).permutation(np.arange(135, 226, 5))
    order, closed = azimuth_order(grid)
    assert not closed
    np.testing.assert_array_equal(grid[order], np.arange(135, 226, 5))


def test_unrolled_azimuths_end_a_turn_later():
    positions = unroll_azimuths(wrap_azimuth(np.linspace(0, 360, 73)))
    np.testing.assert_allclose(positions, np.linspace(0, 360, 73))
