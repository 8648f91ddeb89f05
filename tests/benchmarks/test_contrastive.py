"""Clips, models and measures of the study of contrastive embeddings."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks.accuracy.contrastive import bench, clips
from benchmarks.accuracy.contrastive.__main__ import main
from benchmarks.accuracy.contrastive.pictures import rank_correlation
from benchmarks.store import Store
from sslearn.datasets import make_binaural, structural_hrirs
from sslearn.geometry import angles_to_unit_vectors
from sslearn.simulation import Placement, Sounds, make_shoebox_rooms

DIRECTIONS = np.array([[60.0, 0.0], [-30.0, 20.0], [0.0, -40.0]])


@pytest.fixture
def head(monkeypatch):
    """A computed head in place of that of CIPIC."""
    head = structural_hrirs(fs=clips.FS)
    monkeypatch.setattr(clips, "read", lambda *args, **kwargs: head)
    return head


def test_turned_head_sees_the_x_axis_where_it_should():
    for direction in DIRECTIONS:
        axes = clips.head_axes(*direction)
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
        np.testing.assert_allclose(axes[:, 0], angles_to_unit_vectors(direction[None])[0])


def test_head_turned_or_source_moved_is_the_same_without_a_room(head, tmp_path):
    moved = clips.room_responses(tmp_path, DIRECTIONS, t60=None)
    turned = clips.room_responses(tmp_path, DIRECTIONS, t60=None, moves="head")
    np.testing.assert_allclose(turned, moved, atol=1e-4 * np.abs(moved).max())
    in_room = [clips.room_responses(tmp_path, DIRECTIONS, moves=m) for m in ("source", "head")]
    assert np.abs(in_room[0] - in_room[1]).max() > 0.01 * np.abs(in_room[0]).max()


def test_responses_are_those_of_the_simulation(head, tmp_path):
    found = clips.room_responses(tmp_path, DIRECTIONS)
    n_taps = found.shape[2]
    impulse = np.zeros(n_taps, dtype=np.float32)
    impulse[0] = 1.0
    room = make_shoebox_rooms(
        1, dimensions=(clips.SIZES, clips.SIZES), t60=(0.2, 0.2), random_state=0
    ).assign(receiver_x=clips.PLACE[0], receiver_y=clips.PLACE[1])
    places = {"distances": (clips.DISTANCE,), "height": clips.PLACE[2], "yaw": 0.0}
    expected = make_binaural(
        len(DIRECTIONS),
        heads=head,
        rooms=room,
        sounds=Sounds([impulse]),
        placement=Placement(directions=DIRECTIONS, **places),
        duration=n_taps / clips.FS,
        max_order=17,
        random_state=0,
    ).data
    scale = found.max() / expected.max()
    np.testing.assert_allclose(found, scale * expected, atol=1e-3 * found.max())


@pytest.mark.parametrize("shaped", [False, True])
def test_level_of_the_noise(shaped):
    responses = np.zeros((3, 2, 20), dtype=np.float32)
    responses[..., 0] = 1.0
    options = {"duration": 0.5, "shaped": shaped}
    played = [
        clips.play(responses, Sounds(), snr=snr, rng=np.random.default_rng(0), **options)
        for snr in (None, 0.0)
    ]
    noise = played[1] - played[0]
    ratio = np.square(played[0]).mean(axis=(1, 2)) / np.square(noise).mean(axis=(1, 2))
    np.testing.assert_allclose(ratio, 1, rtol=0.05)
    assert abs(np.corrcoef(noise[:, 0].ravel(), noise[:, 1].ravel())[0, 1]) < 0.05


def test_nearest_clip_and_order_of_an_embedding():
    X = np.array([[0.0, 0.0], [100.0, 1.0], [0.0, 1.0]])
    test = np.array([[60.0, 0.1]])
    # The first column varies a hundred times as much as the second.
    assert bench.nearest(X, test, scaled=False).tolist() == [1]
    assert bench.nearest(X, np.array([[20.0, 0.9]])).tolist() == [2]
    y = np.random.default_rng(0).uniform(-40, 40, (300, 2))
    assert rank_correlation(angles_to_unit_vectors(y), y) == pytest.approx(1)
    assert abs(rank_correlation(np.random.default_rng(1).normal(size=(300, 3)), y)) < 0.1


@pytest.fixture
def run(measured_heads, tmp_path):
    """Run the study at its smallest size; return its rows."""

    def run(*options):
        folders = {"data": measured_heads, "cache": tmp_path / "cache", "out": tmp_path / "out"}
        folders = [f"--{name}={path}" for name, path in folders.items()]
        small = ["--quick", "--train", "60", "--test-clips", "20", "--epochs", "1"]
        main([*options, *small, *folders])
        return Store("contrastive", tmp_path / "out").rows

    return run


def test_strict_room(run):
    rows = run("strict", "--step", "30", "--trainings", "no clips held out", "head turned")
    assert len(rows) == 2 * 2 * 4
    settings = rows[0]["settings"]
    assert settings["training"] == "no clips held out" and "train" not in settings
    systems = [row["settings"]["system"] for row in rows[:4]]
    assert systems == ["SCE_sim5", "LEM, raw cues", "nearest cues", "nearest raw cues"]
    assert 0 <= rows[0]["figures"]["azimuth within 1"] <= 100


def test_sets_and_parts_of_them(run):
    rows = run("reduced", "--step", "20")
    found = [(row["settings"]["set"], row["settings"]["share"]) for row in rows]
    assert found == [("varying rooms", s) for s in [25] * 6 + [100] * 6] + [
        ("fixed room", s) for s in [25] * 9 + [100] * 9
    ]
    assert [row["figures"]["clips"] for row in rows[::6]] == [15, 60, 12, 12, 50]


@pytest.mark.parametrize("part", ["radii", "nearest"])
def test_pictures(run, part, tmp_path):
    pytest.importorskip("matplotlib")
    rows = run(part)
    assert (tmp_path / "out" / f"contrastive_{part}.png").exists()
    assert rows[0]["figures"].keys() & {"rank correlation", "nearest azimuth"}


def test_person_and_neighbours(run):
    rows = run("personal")
    assert len(rows) == 2 * 4 and rows[0]["settings"]["clips"] == 0
    rows = run("bank")
    banks = [row["settings"]["neighbours"] for row in rows[8::2]]
    assert banks == ["training part", "all clips", "refit"] * 2


def test_trainings_are_cached_and_continued(tmp_path):
    rng = np.random.default_rng(0)
    y = np.column_stack([rng.uniform(-90, 90, 300), rng.uniform(-45, 45, 300)])
    X = np.column_stack([angles_to_unit_vectors(y), rng.normal(size=(300, 5))])
    options = {"epochs": 3, "patience": 2, "seed": 0, "data": "", "cache": tmp_path}
    studied = bench.Bench(SimpleNamespace(args=SimpleNamespace(**options)))
    model, seconds = studied.fit("WSCE_sim15", (X, y))
    again, same_seconds = studied.fit("WSCE_sim15", (X, y))
    assert same_seconds == seconds
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    own = studied.proceed(model, (X[:100], y[:100]))
    assert own[1].n_iter_ == 2
    assert len(own[2].kneighbors(bench.embed(own, X[:1]), 1)[1]) == 1
