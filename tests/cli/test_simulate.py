import os

import numpy as np
import pandas as pd
import pytest
import soundfile

from sslearn.cli import _simulate

QUICK = ("--rooms", 2, "--t60", 0.2, 0.3, "--duration", 0.25)


@pytest.fixture
def table(run, tmp_path):
    """Function that simulates into a folder and returns its table."""

    def call(*options, folder="clips"):
        done = run("simulate", tmp_path / folder, *options)
        assert done.exit_code == 0, done.stderr
        assert done.stdout == ""
        return pd.read_csv(tmp_path / folder / "table.csv")

    return call


def test_an_array_in_rooms(table, answers, tmp_path):
    rows = table("--array", "circular:4:0.05", "--n", 4, *QUICK, "--snr", 20, 30)
    assert list(rows)[:5] == ["path", "azimuth", "room", "t60", "speaker"]
    assert rows["room"].isin([0, 1]).all()
    assert rows["snr"].between(20, 30).all() and rows["t60"].between(0.2, 0.3).all()
    info = soundfile.info(tmp_path / "clips" / rows["path"][0])
    assert (info.channels, info.frames, info.samplerate, info.subtype) == (4, 4000, 16000, "FLOAT")
    files = [tmp_path / "clips" / name for name in rows["path"]]
    found = answers("locate", *files, "--array", "circular:4:0.05")
    error = np.abs((found["azimuth"] - rows["azimuth"] + 180) % 360 - 180)
    assert error.median() < 4


def test_several_sources_are_numbered_from_one(table):
    rows = table("--head", "--n", 2, "--sources", 2, "--rooms", 0, "--duration", 0.2)
    angles = ["azimuth_1", "elevation_1", "azimuth_2", "elevation_2"]
    assert list(rows)[:5] == ["path", *angles]
    assert {"distance_1", "distance_2", "speaker_1", "speaker_2", "head"} <= set(rows)
    assert not {"distance_0", "speaker_0"} & set(rows)
    assert (rows["room"] == "anechoic").all()


def test_directions_are_within_the_ranges(table):
    ranges = ("--azimuth", 20, 40, "--elevation", -10, 10, "--distance", 0.8, 1.2)
    rows = table("--ambisonic", "--n", 5, *QUICK, *ranges)
    assert rows["azimuth"].between(20, 40).all()
    assert rows["elevation"].between(-10, 10).all()
    assert rows["distance"].between(0.8, 1.2).all()


def test_speakers_are_the_folders_of_the_sounds(table, tmp_path):
    rng = np.random.default_rng(0)
    for name in ["anna/one.wav", "anna/two.wav", "bert/one.wav"]:
        os.makedirs((tmp_path / "speech" / name).parent, exist_ok=True)
        soundfile.write(tmp_path / "speech" / name, rng.uniform(-1, 1, 8000), 16000)
    sounds = ("--sounds", tmp_path / "speech")
    rows = table("--array", "linear:2:0.1", "--n", 6, "--rooms", 0, "--duration", 0.2, *sounds)
    assert set(rows["speaker"]) == {"anna", "bert"}
    alone = ("--sounds", tmp_path / "speech" / "anna" / "*.wav")
    options = ("--array", "linear:2:0.1", "--n", 6, "--rooms", 0, "--duration", 0.2, *alone)
    assert set(table(*options, folder="alone")["speaker"]) == {"one", "two"}


def test_clips_depend_on_the_seed_not_on_the_number(table, tmp_path, monkeypatch):
    monkeypatch.setattr(_simulate, "_CHUNK", 2)
    options = ("--array", "linear:2:0.1", *QUICK)
    three = table(*options, "--n", 3, "--seed", 5, folder="a")
    again = table(*options, "--n", 4, "--seed", 5, folder="b")
    other = table(*options, "--n", 3, "--seed", 7, folder="c")
    pd.testing.assert_frame_equal(three, again[:3])
    assert not np.isin(other["azimuth"], again["azimuth"]).any()
    assert again["azimuth"].nunique() == 4 and again["t60"].nunique() <= 2
    first = (tmp_path / "a" / "000002.wav").read_bytes()
    assert first == (tmp_path / "b" / "000002.wav").read_bytes()


def test_the_table_of_an_interrupted_simulation(run, tmp_path, monkeypatch):
    monkeypatch.setattr(_simulate, "_SAMPLES", 2 * 3200)
    write, folder = _simulate._write, tmp_path / "clips"

    def interrupted(folder, start, clips):
        if start == 4:
            raise KeyboardInterrupt
        return write(folder, start, clips)

    monkeypatch.setattr(_simulate, "_write", interrupted)
    options = ("--array", "linear:2:0.1", "--n", 6, "--rooms", 0, "--duration", 0.2)
    assert run("simulate", folder, *options).exit_code == 130
    assert pd.read_csv(folder / "table.csv")["path"].tolist() == [f"{i:06}.wav" for i in range(4)]
    monkeypatch.setattr(_simulate, "_write", write)
    assert run("simulate", tmp_path / "whole", *options).exit_code == 0
    whole = (tmp_path / "whole" / "table.csv").read_text().splitlines()
    assert (folder / "table.csv").read_text().splitlines() == whole[:5]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Give one of --array, --head (or --sofa) and --ambisonic"),
        (("--array", "linear:2:0.1", "--head"), "Give one of"),
        (("--head", "--rooms", 0, "--t60", 0.2, 0.3), "--t60 needs --rooms"),
        (("--head", "--n", 0), "--n"),
        (("--sofa", "none.sofa"), "none.sofa"),
    ],
)
def test_wrong_options(run, tmp_path, options, message):
    done = run("simulate", tmp_path / "clips", *options)
    assert done.exit_code == 2
    assert message in done.stderr
    assert not (tmp_path / "clips").exists()


def test_wrong_ranges_name_the_range(run, tmp_path):
    done = run("simulate", tmp_path / "clips", "--head", *QUICK, "--azimuth", 40, 20)
    assert done.exit_code == 1
    assert "azimuth_range" in done.stderr


def test_files_of_others_are_kept(run, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    done = run("simulate", tmp_path, "--head")
    assert done.exit_code == 2
    assert "must be a new or an empty folder" in done.stderr
