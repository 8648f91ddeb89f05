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
