import numpy as np
import pytest

from sslearn.geometry import (
    array_dimension,
    check_mic_positions,
    circular_array,
    linear_array,
    mic_pairs,
    rectangular_array,
    spherical_array,
    tetrahedral_array,
)

ARRAYS = {
    "linear": (linear_array(5, 0.04), 5, 1),
    "rectangular": (rectangular_array((2, 3), 0.04), 6, 2),
    "circular": (circular_array(6, 0.04), 6, 2),
    "spherical": (spherical_array(12, 0.04), 12, 3),
    "tetrahedral": (tetrahedral_array(0.04), 4, 3),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_centred_and_span_their_dimensions(name):
    mics, n_mics, n_dims = ARRAYS[name]
    assert mics.shape == (n_mics, 3)
    assert array_dimension(mics) == n_dims
    np.testing.assert_allclose(mics.mean(axis=0), 0, atol=0.003)


@pytest.mark.parametrize("name", ["circular", "spherical", "tetrahedral"])
def test_radius(name):
    np.testing.assert_allclose(np.linalg.norm(ARRAYS[name][0], axis=1), 0.04)


def test_linear_array_runs_from_left_to_right():
    np.testing.assert_allclose(np.diff(linear_array(4, 0.1)[:, 1]), -0.1)


def test_circular_array_starts_in_front_and_turns_left():
    np.testing.assert_allclose(circular_array(4, 1.0)[:2], [[1, 0, 0], [0, 1, 0]], atol=1e-12)


def test_mic_pairs_are_all_pairs_once():
    assert len(mic_pairs(7)) == 21
    assert (mic_pairs(7)[:, 0] < mic_pairs(7)[:, 1]).all()


@pytest.mark.parametrize(
    ("mics", "kwargs", "message"),
    [
        (np.zeros((3, 5)), {}, r"Did you mean mic_positions\.T"),
        ([[0, 0, np.nan], [0, 0, 1]], {}, "NaN"),
        ([[0, 0, 0], [1, 0, 0], [0, 0, 0]], {}, "microphones 0 and 2"),
        ([[0, 0, 0]], {"min_mics": 2}, "at least 2 microphones; got 1"),
        (linear_array(4, 0.1), {"n_dims": 2}, "span 2 dimensions; they lie on a line"),
        (circular_array(4, 0.1), {"n_dims": 3}, "they lie on a plane"),
    ],
)
def test_bad_positions_are_refused(mics, kwargs, message):
    with pytest.raises(ValueError, match=message):
        check_mic_positions(mics, **kwargs)


def test_positions_are_copied():
    mics = circular_array(4, 0.1)
    assert not np.shares_memory(check_mic_positions(mics), mics)


@pytest.mark.parametrize(
    ("make", "args", "name"),
    [
        (linear_array, (1, 0.1), "n_mics"),
        (linear_array, (4, 0.0), "spacing"),
        (rectangular_array, ((2, 2), np.nan), "spacing"),
        (circular_array, (4, -1.0), "radius"),
        (spherical_array, (3, 0.1), "n_mics"),
        (tetrahedral_array, (0,), "radius"),
    ],
)
def test_bad_arrays_are_refused(make, args, name):
    with pytest.raises(ValueError, match=name):
        make(*args)


@pytest.mark.parametrize("bad", ["x", None, True, 2.5, -3, [4], np.eye(2), {4}])
def test_numbers_of_microphones_are_counts(bad):
    for make in (linear_array, circular_array, spherical_array):
        with pytest.raises((ValueError, TypeError), match="n_mics"):
            make(bad, 0.1)
    with pytest.raises((ValueError, TypeError), match="shape"):
        rectangular_array((bad, 2), 0.1)


@pytest.mark.parametrize("bad", ["x", None, 0, -3, np.inf, np.nan, 1j, [0.1], np.eye(2)])
def test_sizes_of_arrays_are_lengths(bad):
    with pytest.raises((ValueError, TypeError), match="radius"):
        tetrahedral_array(bad)
    with pytest.raises((ValueError, TypeError), match="spacing"):
        linear_array(4, bad)


@pytest.mark.parametrize("bad", [-3, 0, "4", 2.0, None])
def test_mic_pairs_need_a_count(bad):
    with pytest.raises((ValueError, TypeError), match="n_mics"):
        mic_pairs(bad)


@pytest.mark.parametrize("bad", [None, "x", [[0, 0], [0]], {1}, np.zeros(3, "M8[D]"), 1j, [[]]])
def test_positions_are_numbers(bad):
    for check in (check_mic_positions, array_dimension):
        with pytest.raises((ValueError, TypeError), match="mic_positions"):
            check(bad)
