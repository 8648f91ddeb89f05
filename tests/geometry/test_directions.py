"""Directions in other frames."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sslearn.geometry import (
    angles_to_interaural_polar,
    great_circle_distance,
    interaural_polar_to_angles,
    sphere_grid,
)


@pytest.mark.parametrize(
    ("doa", "lateral_polar"),
    [
        ((0, 0), (0, 0)),
        ((30, 0), (30, 0)),
        ((-30, 0), (-30, 0)),
        ((150, 0), (30, 180)),
        ((-180, 0), (0, 180)),
        ((0, 45), (0, 45)),
        ((0, -45), (0, -45)),
        ((-180, -45), (0, 225)),
        ((-180, 45), (0, 135)),
    ],
)
def test_known_directions(doa, lateral_polar):
    assert_allclose(angles_to_interaural_polar([doa]), [lateral_polar], atol=1e-12)
    back = interaural_polar_to_angles(*lateral_polar)
    assert_allclose(great_circle_distance([back], [doa]), 0, atol=1e-12)


def test_above():
    assert_allclose(angles_to_interaural_polar([(20, 90)]), [(0, 90)], atol=1e-12)


def test_raised_source_to_the_side_leans_to_the_median_plane():
    lateral, polar = angles_to_interaural_polar([(60, 45)])[0]
    assert_allclose(np.sin(np.deg2rad(lateral)), np.sin(np.deg2rad(60)) * np.cos(np.deg2rad(45)))
    assert polar > 45


def test_there_and_back_on_the_sphere():
    doa = sphere_grid(10)
    angles = angles_to_interaural_polar(doa)
    assert angles.shape == doa.shape
    assert (np.abs(angles[:, 0]) <= 90).all()
    assert ((angles[:, 1] >= -90) & (angles[:, 1] < 270)).all()
    assert_allclose(great_circle_distance(interaural_polar_to_angles(*angles.T), doa), 0, atol=1e-9)
