import numpy as np
import pytest

from sslearn.geometry import (
    circular_array,
    linear_array,
    propagation_delays,
    spherical_array,
    steering_vectors,
)


def test_plane_wave_reaches_the_nearer_microphone_first():
    delays = propagation_delays(linear_array(2, 0.343), [90.0, 0.0, -90.0])
    np.testing.assert_allclose(delays, [[-5e-4, 5e-4], [0, 0], [5e-4, -5e-4]], atol=1e-12)


def test_elevation_shortens_horizontal_delays():
    delays = propagation_delays(circular_array(4, 0.1), [[0.0, 60.0], [0.0, 0.0]])
    np.testing.assert_allclose(delays[0], delays[1] / 2, atol=1e-12)


def test_spherical_waves_tend_to_plane_waves():
    mics = spherical_array(6, 0.1)
    plane = propagation_delays(mics, [[30.0, 20.0]])
    far = propagation_delays(mics, [[30.0, 20.0, 1e5]])
    near = propagation_delays(mics, [[30.0, 20.0, 0.3]])
    np.testing.assert_allclose(far, plane, atol=1e-9)
    assert np.abs(near - plane).max() > 1e-5


def test_spherical_wave_from_a_known_place():
    delays = propagation_delays([[1.0, 0, 0], [0, 0, 0]], [[0.0, 0.0, 3.0]], speed_of_sound=100.0)
    np.testing.assert_allclose(delays, [[-0.01, 0.0]], atol=1e-12)


def test_steering_vectors_turn_with_the_delay():
    mics, freqs = circular_array(3, 0.05), np.array([0.0, 1000.0])
    steering = steering_vectors(mics, [10.0, 100.0], freqs)
    assert steering.shape == (2, 2, 3)
    np.testing.assert_allclose(steering[0], 1)
    delays = propagation_delays(mics, [10.0, 100.0])
    np.testing.assert_allclose(np.angle(steering[1]), -2 * np.pi * 1000 * delays)


def test_bad_directions_are_refused():
    with pytest.raises(ValueError, match="distances"):
        propagation_delays(circular_array(3, 0.05), [[0.0, 0.0, -1.0]])


@pytest.mark.parametrize("bad", [0, -343.0, np.nan, np.inf, "343", None, [343.0]])
def test_speed_of_sound_is_positive(bad):
    with pytest.raises((ValueError, TypeError), match="speed_of_sound"):
        propagation_delays([[0.0, 0.1, 0.0]], [90.0], speed_of_sound=bad)
    with pytest.raises((ValueError, TypeError), match="speed_of_sound"):
        steering_vectors([[0.0, 0.1, 0.0]], [90.0], [100.0], speed_of_sound=bad)


@pytest.mark.parametrize("bad", [[[0.0, np.nan, 0.0]], np.zeros((3, 4)), "x", None, [0, 1, 0]])
def test_positions_are_finite_and_laid_out(bad):
    with pytest.raises(ValueError, match="mic_positions"):
        propagation_delays(bad, [90.0])
    with pytest.raises(ValueError, match="mic_positions"):
        steering_vectors(bad, [90.0], [100.0])


@pytest.mark.parametrize("bad", [[np.nan], [np.inf], 100.0, [[100.0]], "x", None, [1j]])
def test_frequencies_are_finite(bad):
    with pytest.raises(ValueError, match="freqs"):
        steering_vectors([[0.0, 0.1, 0.0]], [90.0], bad)


def test_microphones_of_delays_may_coincide():
    assert propagation_delays(np.zeros((2, 3)), [90.0]).tolist() == [[0.0, 0.0]]
