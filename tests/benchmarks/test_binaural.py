"""The binaural study at its smallest sizes, with computed heads."""

import importlib

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks.accuracy.binaural import data
from benchmarks.accuracy.binaural.__main__ import main
from benchmarks.store import Store
from sslearn.datasets import structural_hrirs
from sslearn.features import BinauralCues

SMALL = ["--epochs", "1", "--test-clips", "12"]


@pytest.fixture
def run(measured_heads, tmp_path, capsys):
    """Run the study; return its rows and what it wrote to stderr."""

    def run(*options):
        folders = {"data": measured_heads, "cache": tmp_path / "cache", "out": tmp_path / "out"}
        main([*options, *SMALL, *(f"--{name}={path}" for name, path in folders.items())])
        return Store("binaural", tmp_path / "out").rows, capsys.readouterr().err

    return run


def test_varying_rooms(run):
    rows, _ = run("varying", "--train", "60", "--neighbors", "1", "5", "--systems", "LEM")
    assert len(rows) == 2 * 2 * 2
    expected = {"part": "varying", "epochs": 1, "train": 60, "test_clips": 12, "patience": 10}
    expected |= {"seed": 0, "system": "LEM", "test": "test 1", "K": 1}
    assert rows[0]["settings"] == expected
    assert rows[0]["figures"].keys() >= {"azimuth", "elevation", "great circle", "lateral"}
    assert rows[0]["figures"]["clips"] == 60 and rows[0]["measured"]["seconds"] == 0


def test_fixed_room_and_a_part_of_it(run):
    options = ["--trainings", "strict", "augmented", "--systems", "feed-forward", "WSCE_sim15"]
    rows, _ = run("fixed", "--step", "30", *options)
    found = [(row["settings"]["training"], row["figures"]["clips"]) for row in rows[::4]]
    assert found == [("strict", 21), ("augmented", 21 * 8)]
    assert "K" not in rows[0]["settings"] and rows[2]["settings"]["K"] == 5
    rows, _ = run("reduced", "--step", "30", "--trainings", "augmented", "--systems", "LEM")
    shares = [(row["settings"]["share"], row["figures"]["clips"]) for row in rows[8::2]]
    assert shares == [(10, 2 * 8), (25, 5 * 8)]


def test_many_heads_and_one(run):
    options = ["--train", "20", "--mirror", "--systems", "WSCE_sim15"]
    rows, _ = run("heads", "--trainings", "many", "one", *options)
    # One head has no mirror images; two of the people are in tests alone.
    assert [row["settings"]["test"] for row in rows] == [
        f"{heads} heads{place}"
        for heads in ("other", "same")
        for place in ("", ", at 1 m", ", same rooms")
    ]
    assert rows[0]["settings"]["mirror"] is True
    assert (rows[0]["settings"]["heads"], rows[0]["settings"]["other heads"]) == (6, 2)
    assert rows[0]["figures"]["clips"] == 40
    rows, skipped = run("heads", "--trainings", "elsewhere", *options)
    assert len(rows) == 6 and "skipped training elsewhere" in skipped


def test_mirror_images_are_those_of_a_mirrored_head():
    y = np.array([[30.0, 10.0], [-60.0, 0.0]])
    head = structural_hrirs([*y, *(y * (-1, 1))], fs=data.FS)
    noise = np.random.default_rng(0).standard_normal(8000)
    clips = np.array([[np.convolve(noise, ear) for ear in ears] for ears in head.hrirs])
    X = BinauralCues(data.FS).fit_transform(clips)
    both, directions = data.with_mirror_images(X[:2], y)
    np.testing.assert_array_equal(directions, head.directions)
    np.testing.assert_allclose(both, X, atol=1e-3)


@pytest.mark.parametrize("study", ["binaural", "contrastive", "heads_weights"])
def test_folder_without_data(study, tmp_path, monkeypatch, capsys):
    main = importlib.import_module(f"benchmarks.accuracy.{study}.__main__").main
    parts = [] if study == "heads_weights" else ["all"]
    monkeypatch.delenv("SSLEARN_DATA", raising=False)
    with pytest.raises(SystemExit):
        main(parts)
    assert "--data or SSLEARN_DATA must name the folder" in capsys.readouterr().err
    (tmp_path / "data").mkdir()
    main([*parts, f"--data={tmp_path / 'data'}", f"--out={tmp_path / 'out'}", "--quick"])
    skipped = capsys.readouterr().err.splitlines()
    assert all(line.startswith("skipped ") for line in skipped)
    assert len(skipped) >= (5 if parts else 1)
    assert not (tmp_path / "out").exists()
