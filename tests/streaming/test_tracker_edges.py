"""Births, deaths, crossings and poles of tracks, with times and counts known on paper."""

import numpy as np
import pytest

from sslearn.geometry import great_circle_distance, wrap_azimuth
from sslearn.metrics import identity_switches
from sslearn.streaming import DirectionTracker

TIMES = np.arange(60) / 10
EMPTY = np.empty((0, 1))


def present(track):
    return np.flatnonzero(np.isfinite(track[:, 0]))


@pytest.mark.parametrize("n_hits", [1, 2, 4])
def test_a_track_begins_with_its_last_needed_direction(n_hits):
    y = np.full((60, 1, 1), 30.0)
    y[:10] = np.nan
    tracks = DirectionTracker(n_hits=n_hits).track(TIMES, y)
    assert present(tracks[:, 0])[0] == 10 + n_hits - 1


def test_a_track_is_held_hidden_and_dead_at_times_of_hand():
    # Heard last at frame 20: shown for 0.35 s, so to frame 23. At frame 31 it has been silent for
    # longer than 1.05 s, so that a direction starts another one.
    for back, n_tracks in ((30, 1), (31, 2), (32, 2)):
        y = np.full((60, 1, 1), 30.0)
        y[21:back] = np.nan
        tracker = DirectionTracker(n_hits=2, hold=0.35, max_silence=1.05)
        tracks = tracker.track(TIMES, y)
        assert tracks.shape[1] == n_tracks
        if n_tracks == 1:
            np.testing.assert_array_equal(present(tracks[:, 0]), [*range(1, 24), *range(back, 60)])
        else:
            np.testing.assert_array_equal(present(tracks[:, 0]), range(1, 24))
            # The new one is confirmed by its second direction.
            np.testing.assert_array_equal(present(tracks[:, 1]), range(back + 1, 60))


@pytest.mark.parametrize("speed", [-25.0, 25.0])
@pytest.mark.parametrize("motion", ["velocity", "walk"])
def test_the_wrap_is_no_event(speed, motion):
    azimuths = wrap_azimuth(np.sign(speed) * 120 + speed * TIMES)
    tracks = DirectionTracker(motion=motion).track(TIMES, azimuths[:, None, None])
    assert tracks.shape[1] == 1
    assert (tracks[3:] >= -180).all() and (tracks[3:] < 180).all()
    lag = np.abs(wrap_azimuth(tracks[20:, 0, 0] - azimuths[20:])).max()
    assert lag < (0.5 if motion == "velocity" else 5)


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_a_talker_at_a_pole_has_any_azimuth(pole):
    azimuths = np.random.default_rng(0).uniform(-180, 180, 60)
    y = np.stack([azimuths, np.full(60, pole)], axis=1)[:, None]
    tracks = DirectionTracker().track(TIMES, y)
    assert tracks.shape[1] == 1
    np.testing.assert_allclose(tracks[3:, 0, 1], pole, atol=1e-6)


def test_opposite_directions_start_two_tracks():
    y = np.tile([[[0.0, 90.0], [0.0, -90.0], [0.0, 0.0], [-180.0, 0.0]]], (60, 1, 1))
    tracks = DirectionTracker(gate=89.0).track(TIMES, y)
    assert tracks.shape[1] == 4
    distances = great_circle_distance(tracks[-1], y[-1])
    np.testing.assert_allclose(distances, 0, atol=1e-5)


def test_an_antipode_within_the_widest_gate_gives_finite_tracks():
    tracker = DirectionTracker(gate=180.0, n_hits=1)
    tracker.update(0.0, [[0.0, 0.0]])
    tracks = tracker.update(0.1, [[-180.0, 0.0]])
    assert tracks.identities.tolist() == [0]
    assert np.isfinite(tracks.directions).all()


def test_two_talkers_cross():
    truth = np.stack([-60 + 20 * TIMES, 60 - 20 * TIMES], axis=1)[..., None]
    found = truth.copy()
    # The order of the sources of a localizer means nothing.
    found[1::2] = found[1::2, ::-1]
    assert identity_switches(truth[3:], found[3:], tolerance=10) > 50
    tracks = DirectionTracker().track(TIMES, found)
    assert tracks.shape[1] == 2
    assert identity_switches(truth, tracks, tolerance=10) == 0


@pytest.mark.parametrize("silent", [5, 14])
def test_a_moving_talker_is_missing_for_a_while(silent):
    truth = np.stack([-60 + 20 * TIMES, np.full(60, 150.0)], axis=1)[..., None]
    found = truth.copy()
    found[20 : 20 + silent, 0] = np.nan
    tracks = DirectionTracker(hold=0.25).track(TIMES, found)
    assert tracks.shape[1] == 2
    assert identity_switches(truth, tracks, tolerance=10) == 0
    # Extrapolated by its velocity for 0.25 s, then hidden.
    column = np.nanargmin(np.abs(tracks[19, :, 0] - truth[19, 0, 0]))
    np.testing.assert_allclose(tracks[20:22, column, 0], truth[20:22, 0, 0], atol=1)
    assert np.isnan(tracks[22 : 20 + silent, column]).all()


def test_missing_for_too_long_is_one_switch():
    truth = np.full((60, 1, 1), 30.0)
    found = truth.copy()
    found[20:40] = np.nan
    tracks = DirectionTracker().track(TIMES, found)
    assert tracks.shape[1] == 2
    assert identity_switches(truth, tracks) == 1


class TestNothing:
    def test_no_source_at_any_time(self):
        tracker = DirectionTracker()
        for time in TIMES:
            tracks = tracker.update(time, EMPTY)
        assert tracks.identities.shape == (0,)
        assert tracks.directions.shape == (0, 1)
        assert tracks.are_observed.shape == (0,)

    def test_absent_sources(self):
        tracks = DirectionTracker().track(TIMES, np.full((60, 2, 2), np.nan))
        assert tracks.shape == (60, 1, 2)
        assert np.isnan(tracks).all()

    def test_no_times(self):
        tracks = DirectionTracker().track(np.empty(0), np.empty((0, 2, 1)))
        assert tracks.shape == (0, 1, 1)

    def test_a_refused_update_leaves_the_tracks(self):
        tracker, same = DirectionTracker(n_hits=2), DirectionTracker(n_hits=2)
        for one in (tracker, same):
            one.update(0.0, [[10.0]])
        for wrong in (
            (0.0, [[10.0]]),
            (np.nan, [[10.0]]),
            (0.1, [[np.inf]]),
            (0.1, [[10.0, 20.0, 30.0]]),
            (0.1, [[10.0]], [1.0, 2.0]),
        ):
            with pytest.raises(ValueError):
                tracker.update(*wrong)
        found = [one.update(0.1, [[12.0]]) for one in (tracker, same)]
        for one, other in zip(*found, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_a_refused_first_update_fixes_no_layout(self):
        tracker = DirectionTracker(n_hits=1)
        with pytest.raises(ValueError):
            tracker.update(0.0, [[10.0, 200.0]])
        assert tracker.update(0.0, [[10.0]]).identities.tolist() == [0]


def test_switches_of_hand():
    truth = np.full((6, 1, 1), 30.0)
    tracks = np.full((6, 3, 1), np.nan)
    # Track 0, 0, missed, 1, 0, 2: the silence counts nothing, three changes count.
    for frame, column in ((0, 0), (1, 0), (3, 1), (4, 0), (5, 2)):
        tracks[frame, column] = 33.0
    assert identity_switches(truth, tracks) == 3
    assert identity_switches(truth, tracks, tolerance=2.0) == 0
    assert identity_switches(np.stack([truth, truth]), np.stack([tracks, tracks])) == 6
