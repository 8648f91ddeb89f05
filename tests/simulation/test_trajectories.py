import numpy as np
import pytest

from sslearn.geometry import great_circle_distance
from sslearn.simulation import (
    AmbisonicReceiver,
    ArrayReceiver,
    HeadReceiver,
    Interferer,
    Overlap,
    Placement,
    Trajectories,
    _simulate,
    make_shoebox_rooms,
    simulate,
)
from sslearn.simulation._trajectories import directions_along, positions_along

PAIR = ArrayReceiver([[0.0, 0.15, 0.0], [0.0, -0.15, 0.0]])
ROOMS = make_shoebox_rooms(3, dimensions=((4, 4, 2.6), (6, 5, 3)), random_state=0)


def make(n_samples=3, *, receiver=PAIR, **params):
    shared = {"rooms": ROOMS, "max_order": 0, "duration": 0.5, "random_state": 0}
    return simulate(receiver, n_samples, **shared | params)


@pytest.fixture
def plan(monkeypatch):
    """Dict that receives the plan of the next call."""
    kept, render = {}, _simulate.render_plan

    def kept_plan(plan, *args, **params):
        kept.update(plan=plan)
        return render(plan, *args, **params)

    monkeypatch.setattr(_simulate, "render_plan", kept_plan)
    return kept


def columns(**changes):
    start = {"yaw": 0.0, "azimuth_0": 0.0, "elevation_0": 0.0, "distance_0": 2.0}
    return start | {"speed_0": 1.0, "heading_0": 90.0, "turn_0": 0.0} | changes


def test_a_source_without_turns_walks_along_a_line():
    times = np.array([0.0, 1.0, 2.0])
    along = positions_along(columns(), 0, times)
    np.testing.assert_allclose(along, [[2, 0, 0], [2, 1, 0], [2, 2, 0]], atol=1e-12)
    directions = directions_along(columns(yaw=10.0, azimuth_0=-10.0), 0, times)
    np.testing.assert_allclose(directions[2], [35.0, 0.0], atol=1e-12)


def test_a_turning_source_walks_along_a_circle():
    times = np.linspace(0.0, 4.0, 9)
    along = positions_along(columns(speed_0=0.5, turn_0=90.0), 0, times)
    radius = 0.5 / np.deg2rad(90.0)
    centre = np.array([2.0 - radius, 0.0, 0.0])
    np.testing.assert_allclose(np.linalg.norm(along - centre, axis=1), radius)
    np.testing.assert_allclose(along[-1], along[0], atol=1e-12)


def test_an_arc_has_a_constant_rate_across_the_wrap():
    place = Placement(directions=[[175.0, 20.0]], distances=(1.2,))
    data = make(6, placement=place, trajectories=Trajectories("arc", speed=0.8))
    rate = np.rad2deg(0.8 / (1.2 * np.cos(np.deg2rad(20.0))))
    way = np.sign(data.target[:, 1, 0, 0] - data.target[:, 0, 0, 0])
    way[np.abs(np.diff(data.target[:, :2, 0, 0])[:, 0]) > 180] *= -1
    assert set(way) == {-1, 1}
    expected = 175.0 + way[:, None] * rate * (np.arange(5) * 0.1 + 0.05)
    np.testing.assert_allclose(data.target[..., 0, 0], (expected + 180) % 360 - 180, atol=1e-9)
    np.testing.assert_allclose(data.target[..., 1], 20.0)
    assert data.metadata["speed"].tolist() == [0.8] * 6


def test_sources_that_stay_are_where_they_are_without_trajectories():
    still = make(n_sources=2)
    tracks = make(n_sources=2, trajectories=Trajectories(moving=0.0))
    np.testing.assert_array_equal(tracks.data, still.data)
    frames = np.repeat(still.target[:, None], 5, axis=1)
    np.testing.assert_allclose(tracks.target, frames, atol=1e-9)
    half = make(200, max_order=0, duration=0.1, trajectories=Trajectories(moving=0.5))
    assert 70 < (half.metadata["speed"] > 0).sum() < 130


def test_rules_of_the_placement_hold_along_the_path(plan):
    place = Placement(azimuth_range=(-120, 120), min_separation=30.0, distances=(1.0,))
    data = make(
        40, placement=place, n_sources=2, duration=2.0, interferer=Interferer(),
        trajectories=Trajectories(speed=(0.5, 1.0), min_distance=0.8),
    )  # fmt: skip
    assert (data.metadata[["speed_0", "speed_1"]] >= 0.5).all(axis=None)
    assert (np.abs(data.target) <= 120).all()
    first, second = np.moveaxis(data.target, 2, 0)
    assert great_circle_distance(first, second).min() >= 30.0
    assert great_circle_distance(first, np.zeros(1)).max() > 100
    third = data.metadata[["interferer_azimuth"]].to_numpy()[:, None]
    assert min(great_circle_distance(path, third).min() for path in (first, second)) >= 30.0
    plan, times = plan["plan"], np.linspace(0, 2, 41)
    sizes = ROOMS[["length", "width", "height"]].to_numpy()[plan["room_row"]]
    receiver = plan[[f"receiver_{axis}" for axis in "xyz"]].to_numpy()
    for s in range(2):
        paths = positions_along(plan, s, times)
        assert np.linalg.norm(paths, axis=-1).min() >= 0.8 - 1e-6
        place = receiver[:, None] + paths
        assert (place > 0.099).all() and (place < sizes[:, None] - 0.099).all()


def test_given_directions_may_be_nearer_than_the_separation():
    place = Placement(directions=[[[0.0], [4.0]]])
    data = make(n_sources=2, placement=place, trajectories=Trajectories(speed=0.1))
    first, second = np.moveaxis(data.target, 2, 0)
    assert great_circle_distance(first, second).min() >= 4.0 - 1e-3


@pytest.mark.parametrize("receiver", [HeadReceiver(), AmbisonicReceiver()])
def test_every_receiver_hears_moving_sources(receiver):
    data = make(2, receiver=receiver, max_order=1, duration=0.3, trajectories=Trajectories())
    assert data.target.shape == (2, 3, 1, 2)
    assert np.isfinite(data.data).all()
    assert np.ptp(data.target[..., 0], axis=1).min() > 0.1


def test_a_head_without_a_room_hears_moving_sources():
    arc = Trajectories("arc", speed=1.0)
    place = Placement(directions=[0.0])
    data = make(
        2, receiver=HeadReceiver(), rooms=None, max_order=None, placement=place, trajectories=arc
    )
    rate = np.abs(np.diff(data.target[..., 0, 0], axis=1)) / 0.1
    np.testing.assert_allclose(rate, np.rad2deg(1.0))
    left, right = np.square(data.data[..., -1600:]).mean(axis=2).T
    np.testing.assert_array_equal(left > right, data.target[:, -1, 0, 0] > 0)


def test_delays_follow_the_path():
    data = make(
        4, trajectories=Trajectories("arc", speed=(0.5, 1.0)), placement=Placement(distances=(1.0,))
    )
    frames = data.data[..., : 5 * 1600].reshape(4, 2, 5, 1600)
    spectra = np.fft.rfft(frames, 3200)
    gcc = np.fft.irfft(spectra[:, 0] * spectra[:, 1].conj(), 16 * 3200)
    lags = np.argmax(np.roll(gcc, 1600, axis=-1)[..., :3200], axis=-1) / 16 - 100
    # Microphone 0 is to the left: it hears a source on the left earlier.
    expected = -0.3 * np.sin(np.deg2rad(data.target[..., 0, 0])) * data.fs / 343.0
    np.testing.assert_allclose(lags, expected, atol=0.5)


def test_the_direct_sound_is_that_of_a_moving_point(plan):
    fs, times = 16000, np.arange(16000) / 16000
    tone = np.sin(2 * np.pi * 500 * times)
    receiver = ArrayReceiver([[0.0, 0.0, 0.0]])
    data = make(3, receiver=receiver, sounds=[tone], duration=1.0, trajectories=Trajectories())
    for i, row in enumerate(plan["plan"].to_dict("records")):
        emitted = times - 40 / fs  # all sound is 40 samples late
        for _ in range(20):
            distance = np.linalg.norm(positions_along(row, 0, emitted), axis=1)
            emitted = times - 40 / fs - distance / 343.0
        expected = np.sin(2 * np.pi * 500 * emitted) / distance
        error = data.data[i, 0, 800:-800] - expected[800:-800]
        assert np.sqrt(np.mean(error**2) / np.mean(expected**2)) < 0.01


def test_clips_are_reproducible(tmp_path):
    params = {
        "n_sources": 2, "trajectories": Trajectories(), "overlap": Overlap(), "max_order": 1,
        "duration": 0.2,
    }  # fmt: skip
    data = make(3, **params)
    for other in (
        make(5, **params, n_jobs=2),
        make(3, **params, memory=tmp_path),
        make(3, **params, memory=tmp_path),
    ):
        np.testing.assert_array_equal(other.data[:3], data.data)
        np.testing.assert_array_equal(other.target[:3], data.target)


@pytest.mark.parametrize(
    ("params", "error", "match"),
    [
        ({"trajectories": "arc"}, TypeError, "trajectories must be Trajectories"),
        ({"trajectories": Trajectories(speed=(1.0, 0.5))}, ValueError, "trajectories: speed"),
        ({"trajectories": Trajectories(speed=-1.0)}, ValueError, "trajectories: speed"),
        ({"trajectories": Trajectories(turn_rate=np.nan)}, ValueError, "turn_rate"),
        ({"trajectories": Trajectories("loop")}, ValueError, "'kind'"),
        ({"trajectories": Trajectories(moving=2)}, ValueError, "'moving'"),
        ({"trajectories": Trajectories(speed=99.0)}, ValueError, "none of 1000 paths"),
        ({"trajectories": Trajectories(), "duration": 0.09}, ValueError, "at least one frame"),
    ],
)
def test_errors(params, error, match):
    with pytest.raises(error, match=match):
        make(1, **params)
