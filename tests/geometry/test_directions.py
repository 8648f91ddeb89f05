"""Directions, their checks and other frames."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sslearn.geometry import (
    angles_to_interaural_polar,
    angles_to_unit_vectors,
    azimuth_order,
    check_directions,
    circular_difference,
    great_circle_distance,
    interaural_polar_to_angles,
    sphere_grid,
    to_float,
    unit_vectors_to_angles,
    unroll_azimuths,
    wrap_azimuth,
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


def test_the_wrap_is_open_at_its_upper_end():
    assert wrap_azimuth(180.0) == -180.0
    assert wrap_azimuth(-180.0) == -180.0
    assert wrap_azimuth([540.0, -1e-15 - 180.0, 179.999]).tolist() == [-180.0, -180.0, 179.999]


def test_elevations_end_at_the_poles():
    assert check_directions([[0.0, 90.0], [0.0, -90.0]])[:, 1].tolist() == [90.0, -90.0]
    for elevation in (90.5, -90.5):
        with pytest.raises(ValueError, match="elevations"):
            check_directions([[0.0, elevation]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_arrays_of_numbers_keep_their_values(dtype):
    azimuth = np.array([-180, 10, 179], dtype=dtype)
    assert wrap_azimuth(azimuth).tolist() == azimuth.tolist()
    assert dtype != np.float32 or wrap_azimuth(azimuth).dtype == dtype


NO_NUMBERS = [
    None,
    "x",
    ["a"],
    [[1.0, 2.0], [3.0]],
    {1},
    {"a": 1},
    1j,
    np.zeros(3, "M8[D]"),
    object,
]


@pytest.mark.parametrize("bad", NO_NUMBERS)
def test_angles_are_numbers(bad):
    for function, name in (
        (wrap_azimuth, "azimuth"),
        (azimuth_order, "azimuth"),
        (unroll_azimuths, "azimuth"),
        (angles_to_unit_vectors, "doa"),
        (angles_to_interaural_polar, "doa"),
        (unit_vectors_to_angles, "vectors"),
        (check_directions, "directions"),
    ):
        with pytest.raises(ValueError, match=rf"\b{name}\b"):
            function(bad)
    for function, names in (
        (circular_difference, "ab"),
        (great_circle_distance, "ab"),
        (interaural_polar_to_angles, ("lateral", "polar")),
    ):
        for i, name in enumerate(names):
            args = [[10.0, 20.0], [30.0, 40.0]]
            args[i] = bad
            with pytest.raises(ValueError, match=rf"\b{name}\b"):
                function(*args)


@pytest.mark.parametrize("bad", [5.0, np.zeros((3, 0)), np.zeros((2, 4))])
def test_directions_have_one_to_three_values(bad):
    with pytest.raises(ValueError, match="doa"):
        angles_to_unit_vectors(bad)
    with pytest.raises(ValueError, match="y_pred"):
        check_directions(bad, name="y_pred")


@pytest.mark.parametrize("bad", [[], np.zeros((0, 2)), np.zeros((3, 0))])
def test_no_directions_are_refused(bad):
    with pytest.raises(ValueError, match="grid"):
        check_directions(bad, name="grid")


def test_shapes_that_do_not_broadcast_are_named():
    for function in (circular_difference, great_circle_distance):
        with pytest.raises(ValueError, match=r"a and b .* broadcast"):
            function([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="lateral and polar"):
        interaural_polar_to_angles([1.0, 2.0], [1.0, 2.0, 3.0])


def test_sparse_angles_are_refused():
    with pytest.raises(TypeError, match="azimuth must be a dense array"):
        to_float(sparse.csr_array([[1.0]]), "azimuth")
