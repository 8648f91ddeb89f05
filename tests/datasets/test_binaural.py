import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy.signal import fftconvolve
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Bunch

from sslearn.datasets import make_binaural, make_shoebox_rooms, structural_hrirs
from sslearn.exceptions import SilenceWarning
from sslearn.simulation import Noise, Placement, Sounds, _chunks

FS = 16000


@pytest.fixture(scope="module")
def head():
    return structural_hrirs(fs=FS)


@pytest.fixture(scope="module")
def rooms():
    return make_shoebox_rooms(3, dimensions=((4, 4, 2.6), (6, 5, 3)), random_state=0)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(_chunks, "CHUNK", 4)


class Power(TransformerMixin, BaseEstimator):
    """Stateless: mean power of both ears."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.square(X).mean(axis=2)


def test_layout(head, rooms):
    bunch = make_binaural(6, heads=head, rooms=rooms, duration=0.25, noise=(10, 20), random_state=0)
    assert bunch.data.shape == (6, 2, 4000) and bunch.data.dtype == np.float32
    assert bunch.target.shape == (6, 2)
    assert (np.abs(bunch.target) <= [90, 45]).all()
    columns = ["room", "receiver", "head", "speaker", "source", "distance", "snr", "yaw"]
    assert list(bunch.metadata.columns) == columns
    assert bunch.metadata["snr"].between(10, 20).all()
    assert set(bunch.metadata["distance"]) <= {1.0, 1.5, 2.0}
    X, y = make_binaural(
        6, heads=head, rooms=rooms, duration=0.25, noise=(10, 20), random_state=0, return_X_y=True
    )
    np.testing.assert_array_equal(X, bunch.data)
    np.testing.assert_array_equal(y, bunch.target)


def test_measured_directions_are_exact(head):
    source = np.random.default_rng(0).standard_normal(4000)
    X, y = make_binaural(
        5,
        heads=head,
        sounds=[source],
        duration=0.25,
        placement=Placement(directions="measured"),
        random_state=0,
        return_X_y=True,
    )
    for clip, direction in zip(X, y, strict=True):
        row = np.flatnonzero((head.directions == direction).all(axis=1))[0]
        expected = fftconvolve(source[None], head.hrirs[row], axes=1)[:, :4000]
        np.testing.assert_allclose(clip, expected, atol=1e-4 * np.abs(expected).max())


def test_measured_rooms_as_heads():
    brirs = np.random.default_rng(0).standard_normal((2, 2, 9000)) * np.exp(-np.arange(9000) / 900)
    head = Bunch(
        hrirs=brirs,
        directions=np.array([[30.0, 0.0], [-30.0, 0.0]]),
        distance=np.array([1.5, 2.5]),
        fs=FS,
        name="office_head",
        room="office",
    )
    params = {"duration": 0.1, "placement": Placement(directions="measured"), "random_state": 0}
    clips = make_binaural(8, heads=head, **params)
    X, y, metadata = clips.data, clips.target, clips.metadata
    assert X.shape == (8, 2, 1600)
    assert set(y[:, 0]) == {30.0, -30.0}
    assert set(metadata["room"]) == {"office"} and set(metadata["head"]) == {"office_head"}
    assert metadata["distance"].tolist() == np.where(y[:, 0] > 0, 1.5, 2.5).tolist()
    with pytest.raises(ValueError, match="directions='measured'"):
        make_binaural(2, heads=head, duration=0.1)


def test_left_is_left_also_for_turned_heads(head, rooms):
    clips = make_binaural(
        12,
        heads=head,
        rooms=rooms,
        duration=0.2,
        placement=Placement(directions=[[70.0, 0.0]]),
        max_order=0,
        random_state=0,
    )
    X, metadata = clips.data, clips.metadata
    assert metadata["yaw"].abs().max() > 90
    level = 10 * np.log10(np.square(X).mean(axis=2))
    assert (level[:, 0] - level[:, 1] > 3).all()


def test_level_falls_with_distance(head, rooms):
    clips = make_binaural(
        30,
        heads=head,
        rooms=rooms,
        placement=Placement(directions=[[0.0, 0.0]]),
        max_order=0,
        random_state=0,
    )
    X, metadata = clips.data, clips.metadata
    level = 10 * np.log10(np.square(X).mean(axis=(1, 2)))
    near, far = (level[metadata["distance"] == distance].mean() for distance in (1.0, 2.0))
    assert near - far == pytest.approx(6.02, abs=0.2)


def test_sources_stay_inside_and_receivers_are_fixed(head, rooms):
    params = {"heads": head, "rooms": rooms, "duration": 0.01, "max_order": 0, "random_state": 0}
    metadata = make_binaural(60, placement=Placement(n_receivers=2), **params).metadata
    assert len(metadata.groupby(["room", "receiver"])) == 6
    assert metadata["yaw"].nunique() == 60
    free = make_binaural(20, placement=Placement(n_receivers=None), **params).metadata
    assert free["yaw"].nunique() == 20 and (free["receiver"] == -1).all()


def test_yaw_is_kept_and_turns_the_head(head, rooms):
    params = {"heads": head, "rooms": rooms, "duration": 0.1, "max_order": 3, "random_state": 0}
    ahead, turned = (
        make_binaural(
            3, placement=Placement(directions=[[30.0, 0.0]], n_receivers=1, yaw=yaw), **params
        )
        for yaw in (0.0, 120.0)
    )
    assert (ahead.metadata["yaw"] == 0.0).all() and (turned.metadata["yaw"] == 120.0).all()
    assert np.abs(ahead.data - turned.data).max() > 0.1 * np.abs(ahead.data).max()


def test_receiver_of_the_table(head, rooms):
    places = Placement(directions=[[0.0, 0.0]], yaw=0.0, distances=(1.0,))
    params = {"heads": head, "duration": 0.05, "max_order": 0, "placement": places}
    params["random_state"] = 0
    placed = rooms.iloc[:1].assign(receiver_x=1.0, receiver_y=1.0)
    data = make_binaural(2, rooms=placed, **params)
    assert (data.metadata["receiver"] == 0).all()
    with pytest.raises(ValueError, match="receiver_x and receiver_y inside"):
        make_binaural(2, rooms=placed.assign(receiver_x=99.0), **params)


def test_given_directions_are_used_in_turn(head):
    wanted = [[10.0, 5.0], [-20.0, 0.0], [185.0, 40.0]]
    places = Placement(directions=wanted)
    _, y = make_binaural(5, heads=head, duration=0.01, placement=places, return_X_y=True)
    expected = [[10, 5], [-20, 0], [-175, 40], [10, 5], [-20, 0]]
    np.testing.assert_allclose(y, expected)


def test_uniform_on_the_sphere_patch(head):
    y = make_binaural(2000, heads=head, duration=0.0001, random_state=0).target
    assert np.sin(np.deg2rad(y[:, 1])).std() == pytest.approx(np.sqrt(2) / np.sqrt(12), rel=0.05)
    assert y[:, 0].std() == pytest.approx(180 / np.sqrt(12), rel=0.05)


def test_snr_is_met(head):
    params = {"heads": head, "duration": 0.5, "random_state": 0}
    clean, noisy = make_binaural(4, **params), make_binaural(4, noise=6.0, **params)
    power = [np.square(x).mean(axis=(1, 2)) for x in (clean.data, noisy.data - clean.data)]
    np.testing.assert_allclose(10 * np.log10(power[0] / power[1]), 6.0, atol=0.2)


def test_independent_of_workers_chunks_and_number(head, rooms, monkeypatch):
    params = {"heads": head, "rooms": rooms, "duration": 0.05, "noise": 20.0, "max_order": 2}
    params["random_state"] = 3
    expected = make_binaural(10, **params)
    monkeypatch.setattr(_chunks, "CHUNK", 3)
    for other in (make_binaural(10, n_jobs=2, **params), make_binaural(7, **params)):
        np.testing.assert_array_equal(other.data, expected.data[: len(other.data)])
        np.testing.assert_array_equal(other.target, expected.target[: len(other.data)])
    assert not np.array_equal(make_binaural(10, **params | {"random_state": 4}).data, expected.data)


def test_batch_transform_sees_chunks(head, small_chunks):
    params = {"heads": head, "duration": 0.05, "random_state": 0}
    X = make_binaural(10, batch_transform=Power(), **params).data
    np.testing.assert_array_equal(X, Power().fit_transform(make_binaural(10, **params).data))


def test_several_heads(head):
    other = Bunch(**{**head, "hrirs": head.hrirs[:, ::-1], "name": "mirrored"})
    bunch = make_binaural(
        20,
        heads=[head, other],
        placement=Placement(directions=[[80.0, 0.0]]),
        duration=0.05,
        random_state=0,
    )
    louder_left = (
        np.square(bunch.data).mean(axis=2)[:, 0] > np.square(bunch.data).mean(axis=2)[:, 1]
    )
    assert set(bunch.metadata["head"]) == {head.name, "mirrored"}
    np.testing.assert_array_equal(louder_left, bunch.metadata["head"] == head.name)


def test_heads_are_resampled_and_arguments_untouched(rooms):
    head = structural_hrirs(fs=44100)
    before, table = head.hrirs.copy(), rooms.copy()
    assert make_binaural(2, heads=head, rooms=rooms, duration=0.05).data.shape == (2, 2, 800)
    np.testing.assert_array_equal(head.hrirs, before)
    pd.testing.assert_frame_equal(rooms, table)


def test_recordings_files_speakers_and_pauses(tmp_path, head):
    rng = np.random.default_rng(0)
    speech = np.concatenate([np.zeros(30000), 0.1 * rng.standard_normal(10000)])
    soundfile.write(tmp_path / "b.flac", np.repeat(speech, 2), 2 * FS)
    sounds = Sounds([speech, tmp_path / "b.flac"], speakers=["a", "b"])
    bunch = make_binaural(20, heads=head, sounds=sounds, duration=0.25, random_state=0)
    assert set(bunch.metadata["speaker"]) == {"a", "b"}
    assert (
        bunch.metadata["source"].map({0: "a", 1: "b"}).tolist()
        == bunch.metadata["speaker"].tolist()
    )
    # Three quarters of the recording are a pause.
    assert (np.square(bunch.data).max(axis=(1, 2)) > 0).all()


def test_silence_warns_and_names_the_clip(head):
    with pytest.warns(SilenceWarning, match="digital silence, first clip 0 \\(source 0\\)"):
        bunch = make_binaural(2, heads=head, sounds=[np.zeros(2000)], duration=0.1)
    assert not bunch.data.any()


def _places(**params):
    return {"placement": Placement(**params)}


@pytest.mark.parametrize(
    ("params", "match"),
    [
        (_places(azimuth_range=(90, -90)), "azimuth_range"),
        (_places(elevation_range=(-100, 0)), "elevation_range"),
        (_places(distances=(1.0, 0.0)), "distances must be positive numbers"),
        (_places(distances=()), "distances"),
        (_places(directions="grid"), "directions"),
        (_places(directions=[[10.0, 20.0, 1.0]]), "directions must have shape"),
        (_places(directions=[[0.0, 95.0]]), "elevations"),
        (_places(directions="measured", elevation_range=(-89.9, -89.8)), "none of the"),
        (_places(n_receivers=0), "n_receivers"),
        ({"sounds": "speech"}, "sounds must be"),
        ({"sounds": []}, "sounds is empty"),
        ({"sounds": 5}, "sounds must be Sounds, a list .* got 5"),
        ({"sounds": [np.full(5000, np.nan)]}, r"sounds\[0\] contains NaN"),
        ({"sounds": [np.ones(100)]}, r"sounds\[0\] has 100 samples"),
        ({"sounds": [np.ones((5000, 2))]}, r"sounds\[0\] must be a one-dim"),
        ({"sounds": ["missing.flac"]}, "no readable audio file"),
        ({"sounds": Sounds([np.ones(5000)], speakers=["a", "b"])}, "speakers must have"),
        ({"sounds": Sounds(speakers=["a"])}, "speakers must be None"),
        ({"heads": []}, "heads is empty"),
        ({"noise": (20, 10)}, "snr"),
        ({"noise": np.nan}, "snr"),
        ({"noise": Noise(20, kind="diffuse")}, "noise must be of a kind in"),
        ({"rooms": "small"}, "rooms"),
        ({"max_order": -1}, "max_order"),
        ({"duration": 0}, "duration"),
    ],
)
def test_refused_and_nothing_cached(head, tmp_path, params, match):
    cache = tmp_path / "cache"
    with pytest.raises((ValueError, TypeError), match=match):
        make_binaural(2, **{"heads": head, "duration": 0.1, "memory": str(cache)} | params)
    assert not cache.exists()


def test_impossible_places(head, rooms):
    for places, match in (
        (Placement(distances=[20.0]), "No room of rooms holds sources"),
        (
            Placement(directions=[[0.0, 90.0]], distances=[1.5]),
            r"No room of rooms holds sources at azimuths \[0\.0\]",
        ),
        (Placement(height=4.0), "height must leave"),
    ):
        with pytest.raises(ValueError, match=match):
            make_binaural(2, heads=head, rooms=rooms, placement=places)


def test_damaged_file_is_named(tmp_path, head):
    path = tmp_path / "cut.flac"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(40000), FS)
    path.write_bytes(path.read_bytes()[:30000])
    with pytest.raises(ValueError, match=r"cut\.flac"):
        make_binaural(4, heads=head, sounds=[path], duration=1.0, random_state=0)


ROOMS = {"n_rooms": 2, "dimensions": ((4, 4, 2.6), (6, 5, 3)), "random_state": 0}
SLOW = {"n_samples": 48, "duration": 0.1, "max_order": 22, "random_state": 0}
SCRIPT = f"""
import sys
from sslearn.datasets import make_binaural, make_shoebox_rooms
from sslearn.simulation import _chunks

_chunks.CHUNK = 4
make_binaural(rooms=make_shoebox_rooms(**{ROOMS}), memory=sys.argv[1], **{SLOW})
"""


@pytest.fixture
def n_rendered(monkeypatch):
    """List that grows by one with each clip rendered in this process."""
    clips, render = [], _chunks.render_clip

    def counted(scene, row, i):
        clips.append(i)
        return render(scene, row, i)

    monkeypatch.setattr(_chunks, "render_clip", counted)
    return clips


def test_killed_half_way_goes_on(tmp_path, small_chunks, n_rendered):
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path)], env=os.environ)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.rglob("output.pkl"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    n_done = len(list(tmp_path.rglob("output.pkl")))
    assert 3 <= n_done < 12, "the process was not killed half-way"
    slow = {"rooms": make_shoebox_rooms(**ROOMS), **SLOW}
    resumed = make_binaural(memory=str(tmp_path), **slow)
    assert len(n_rendered) == 48 - 4 * n_done
    again = make_binaural(memory=str(tmp_path), **slow)
    assert len(n_rendered) == 48 - 4 * n_done
    np.testing.assert_array_equal(again.data, resumed.data)
    np.testing.assert_array_equal(make_binaural(**slow).data, resumed.data)


def test_damaged_cache_entry_is_rendered_again(tmp_path, head, small_chunks, n_rendered):
    params = {"heads": head, "duration": 0.05, "memory": str(tmp_path), "random_state": 0}
    expected = make_binaural(12, **params).data
    first, second, _ = sorted(tmp_path.rglob("output.pkl"))
    first.write_bytes(first.read_bytes()[:100])
    second.unlink()
    np.testing.assert_array_equal(make_binaural(12, **params).data, expected)
    assert len(n_rendered) == 12 + 8


def test_cache_knows_what_matters(tmp_path, head, small_chunks, n_rendered):
    params = {"n_samples": 4, "heads": head, "duration": 0.05, "memory": str(tmp_path)}
    source = np.random.default_rng(0).standard_normal(2000)
    changes = [
        {},
        {"random_state": 1},
        {"noise": 10.0},
        {"batch_transform": Power()},
        {"sounds": [source]},
        {"sounds": [2 * source]},
        {"heads": Bunch(**{**head, "hrirs": 2 * head.hrirs})},
        {"fs": 8000},
    ]
    for k, change in enumerate(changes):
        for _ in range(2):
            make_binaural(**params | {"random_state": 0} | change)
        assert len(n_rendered) == 4 * (k + 1)


def test_more_clips_render_only_those_that_are_new(tmp_path, head, small_chunks, n_rendered):
    params = {"heads": head, "duration": 0.05, "memory": str(tmp_path), "random_state": 0}
    few = make_binaural(8, **params)
    more = make_binaural(20, **params)
    assert len(n_rendered) == 20
    np.testing.assert_array_equal(more.data[:8], few.data)


def test_interrupt_escapes(head, monkeypatch):
    def interrupted(scene, row, i):
        raise KeyboardInterrupt

    monkeypatch.setattr(_chunks, "render_clip", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make_binaural(2, heads=head, duration=0.05)
