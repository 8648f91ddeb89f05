"""Kalman filters of directions, and which direction belongs to which track."""

import numpy as np
import pytest

from sslearn.geometry import angles_to_unit_vectors, great_circle_distance, wrap_azimuth
from sslearn.streaming import DirectionTracker, TrackedDirections

TIMES = np.arange(50) / 10


def azimuths(*sources):
    """Directions (n_times, n_sources, 1)."""
    return wrap_azimuth(np.stack(np.broadcast_arrays(*sources, TIMES * 0)[:-1], axis=1))[..., None]


def kalman(observed, *, noise, drift, step):
    """Azimuths filtered by the textbook equations, away from the wrap."""
    state, P = np.array([observed[0], 0.0]), np.diag([noise**2, drift**2])
    F, H = np.array([[1, step], [0, 1]]), np.array([[1.0, 0.0]])
    Q = drift**2 * np.array([[step**3 / 3, step**2 / 2], [step**2 / 2, step]])
    found = [state[0]]
    for z in observed[1:]:
        state, P = F @ state, F @ P @ F.T + Q
        K = P @ H.T / (H @ P @ H.T + noise**2)
        state, P = state + K[:, 0] * (z - state[0]), (np.eye(2) - K @ H) @ P
        found.append(state[0])
    return np.array(found)


@pytest.mark.parametrize("start", [0.0, 170.0])
def test_a_track_on_the_circle_is_that_of_the_textbook(start):
    noisy = 20 * TIMES + np.random.default_rng(0).normal(0, 3, len(TIMES))
    tracker = DirectionTracker(n_hits=1, noise=3, drift=10, gate=40)
    tracks = tracker.track(TIMES, azimuths(noisy + start))
    expected = wrap_azimuth(kalman(noisy, noise=3, drift=10, step=0.1) + start)
    np.testing.assert_allclose(tracks[:, 0, 0], expected, atol=1e-9)


def test_a_walk_is_the_scalar_filter():
    noisy = np.random.default_rng(0).normal(0, 3, len(TIMES))
    tracker = DirectionTracker(motion="walk", n_hits=1, noise=3, drift=5, gate=40)
    tracks = tracker.track(TIMES, azimuths(noisy))
    place, variance = noisy[0], 9.0
    for track, z in zip(tracks[1:, 0, 0], noisy[1:], strict=True):
        variance += 25 * 0.1
        gain = variance / (variance + 9)
        place, variance = place + gain * (z - place), (1 - gain) * variance
        assert track == pytest.approx(place, abs=1e-9)


def test_a_great_circle_is_followed_over_the_pole():
    # 30 degrees per second from the front over the zenith to the back, in no azimuth of its own.
    angles = np.deg2rad(30 * TIMES)
    vectors = np.stack([np.cos(angles), 0.05 * np.sin(angles), np.sin(angles)], axis=1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    y = np.rad2deg([np.arctan2(vectors[:, 1], vectors[:, 0]), np.arcsin(vectors[:, 2])]).T
    tracks = DirectionTracker(n_hits=1).track(TIMES, y[:, None])
    assert tracks.shape == (50, 1, 2)
    assert great_circle_distance(tracks[20:, 0], y[20:]).max() < 0.01


def test_the_sphere_has_the_circle_on_it():
    noisy = azimuths(30 * TIMES, 100 - 20 * TIMES) + np.random.default_rng(1).normal(
        0, 2, (50, 2, 1)
    )
    flat = DirectionTracker().track(TIMES, noisy)
    round_ = DirectionTracker().track(TIMES, np.concatenate([noisy, 0 * noisy], axis=2))
    np.testing.assert_allclose(round_[..., 0], flat[..., 0], atol=1e-9)
    np.testing.assert_allclose(np.nan_to_num(round_[..., 1]), 0, atol=1e-9)


def test_noise_is_reduced():
    truth = azimuths(150 + 15 * TIMES)
    noisy = truth + np.random.default_rng(0).normal(0, 4, truth.shape)
    tracks = DirectionTracker(noise=4, drift=10).track(TIMES, noisy)
    raw, tracked = (np.abs(wrap_azimuth((y - truth)[5:, 0, 0])).mean() for y in (noisy, tracks))
    assert tracked < 0.75 * raw


def test_no_track_is_a_column_of_nan():
    np.testing.assert_array_equal(
        DirectionTracker().track([0.0, 1.0], [[[10.0]], [[90.0]]]), [[[np.nan]]] * 2
    )


def test_crossing_talkers_keep_their_identities():
    truth = azimuths(-50 + 20 * TIMES, 50 - 20 * TIMES)
    shuffled = np.random.default_rng(0).permuted(truth, axis=1)
    tracks = DirectionTracker().track(TIMES, shuffled)
    np.testing.assert_array_equal(tracks.shape, (50, 2, 1))
    order = np.argsort(tracks[10, :, 0])
    np.testing.assert_allclose(tracks[10:, order], truth[10:], atol=3)


def test_birth_needs_directions_in_a_row():
    tracker = DirectionTracker(n_hits=3)
    missing = [[np.nan]]
    for time, found, n_tracks in [
        (0.0, [[10.0]], 0),
        (0.1, [[11.0]], 0),
        (0.2, missing, 0),
        (0.3, [[10.0]], 0),
        (0.4, [[10.0]], 0),
        (0.5, [[10.0]], 1),
    ]:
        tracks = tracker.update(time, found)
        assert len(tracks.identities) == n_tracks
    assert isinstance(tracks, TrackedDirections)


def test_silence_is_held_then_hidden_then_death():
    tracker = DirectionTracker(n_hits=1, hold=0.25, max_silence=1.0, motion="walk")
    tracker.update(0.0, [[10.0]])
    empty = np.empty((0, 1))
    held = tracker.update(0.2, empty)
    assert (held.identities.tolist(), held.are_observed.tolist()) == ([0], [False])
    assert tracker.update(0.3, empty).identities.size == 0
    assert tracker.update(0.9, [[12.0]]).identities.tolist() == [0]
    tracker.update(2.0, empty)
    assert tracker.update(2.1, [[12.0]]).identities.tolist() == [1]


def test_a_direction_beside_a_track_starts_none():
    y = azimuths(10.0, 20.0)
    assert DirectionTracker(gate=15).track(TIMES, y).shape[1] == 1
    assert DirectionTracker(gate=8).track(TIMES, y).shape[1] == 2


def test_low_scores_are_left_out():
    y, scores = azimuths(10.0, 100.0), np.tile([0.9, 0.1], (50, 1))
    assert DirectionTracker(min_score=0.5).track(TIMES, y, scores).shape[1] == 1
    assert DirectionTracker().track(TIMES, y, scores).shape[1] == 2


def test_track_is_what_update_returns():
    y = azimuths(170 + 10 * TIMES, -20.0)
    y[20:28, 0] = np.nan
    tracker = DirectionTracker()
    tracks = tracker.track(TIMES, y)
    tracker.reset()
    for row, time, found in zip(tracks, TIMES, y, strict=True):
        now = tracker.update(time, found)
        np.testing.assert_array_equal(row[now.identities], now.directions)
        assert np.isnan(np.delete(row, now.identities, axis=0)).all()


def test_tracks_of_an_hour_stay_on_the_sphere():
    tracker = DirectionTracker(n_hits=1)
    for i in range(5000):
        tracks = tracker.update(i / 10, [[i * 2.0 % 360, 40.0]])
    assert len(tracks.identities) == 1
    assert great_circle_distance(tracks.directions, [[4999 * 2.0 % 360, 40.0]]).max() < 1
    np.testing.assert_allclose(np.linalg.norm(angles_to_unit_vectors(tracks.directions)), 1)


def test_errors():
    tracker = DirectionTracker()
    tracker.update(0.1, [[10.0]])
    for arguments, message in (
        ((0.1, [[10.0]]), "time must be finite and later than before, 0.1; got 0.1"),
        ((0.2, [10.0]), r"\(n_sources, n_angles\).* got \(1,\)"),
        ((0.2, [[10.0, 20.0]]), "as many at all times"),
        ((0.2, [[10.0]], [1.0, 2.0]), r"scores must have shape \(1,\); got \(2,\)"),
        ((0.2, [[np.inf]]), "directions"),
    ):
        with pytest.raises(ValueError, match=message):
            tracker.update(*arguments)
    with pytest.raises(ValueError, match="times and directions must have shapes"):
        tracker.track(TIMES[:3], azimuths(10.0))
    with pytest.raises(ValueError, match="scores must have 50 rows; got 2"):
        tracker.track(TIMES, azimuths(10.0), [[1.0], [1.0]])
    with pytest.raises(ValueError, match="'gate' parameter"):
        DirectionTracker(gate=0.0)
