"""What the studies do with a folder of measured data that is missing, empty or a part."""

import importlib
import json

import numpy as np
import pytest

from benchmarks.accuracy import _data, classical, noise
from benchmarks.accuracy._methods import errors_near_and_far, errors_of_mount

STUDIES = {
    "array_labels": [],
    "binaural": ["all"],
    "classical": ["all"],
    "contrastive.__main__": ["all"],
    "diagnose": ["measured"],
    "label_encodings": [],
    "noise": ["all"],
    "resolution": ["all"],
    "tracking": [],
    "two_sources_snet.__main__": [],
}
NEEDS_SPEECH = (
    "label_encodings",
    "two_sources_snet.__main__",
)


def main(name):
    if name in ("binaural", "contrastive.__main__", *NEEDS_SPEECH):
        pytest.importorskip("torch")
    return importlib.import_module(f"benchmarks.accuracy.{name}").main


@pytest.mark.parametrize("name", STUDIES)
def test_study_without_a_folder_names_option_and_variable(name, monkeypatch, capsys):
    monkeypatch.delenv("SSLEARN_DATA", raising=False)
    with pytest.raises(SystemExit):
        main(name)(STUDIES[name])
    assert "--data or SSLEARN_DATA must name the folder" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["array_labels", "binaural", "classical", "contrastive.__main__"])
def test_study_skips_what_an_empty_folder_lacks(name, tmp_path, capsys):
    main(name)([*STUDIES[name], "--data", str(tmp_path)])
    skipped = capsys.readouterr().err.splitlines()
    assert len(skipped) >= 5
    assert all(line.startswith("skipped ") and "found none" in line for line in skipped[:5])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", NEEDS_SPEECH)
def test_study_that_needs_speech_says_so(name, tmp_path, capsys):
    main(name)(["--data", str(tmp_path), "--cache", str(tmp_path)])
    assert "speech_librispeech" in capsys.readouterr().err


def test_nothing_is_written_where_nothing_was_measured(tmp_path, capsys):
    data = tmp_path / "data"
    data.mkdir()
    classical.main(["uwa", "--data", str(data), "--out", str(tmp_path / "results")])
    assert "nothing was measured" in capsys.readouterr().out
    assert not (tmp_path / "results").exists()


def test_read_present_keeps_what_is_there():
    def missing():
        raise _data.MissingDataError("gone")

    assert _data.read_present({"a": missing, "b": lambda: 1}) == {"b": 1}
    with pytest.raises(_data.MissingDataError, match="one of a"):
        _data.read_present({"a": missing})


def test_group_without_sources_has_no_row():
    target = np.array([[10.0, 0.0, 0.4], [20.0, 0.0, 0.5]])
    assert [group for group, _ in errors_near_and_far(target[:, 0], target)] == ["0.35 to 0.5 m"]


def test_errors_of_mount_lead_with_what_is_not_fitted():
    angle = np.array([0.0, 80.0, 140.0, 200.0, 320.0])
    columns = errors_of_mount(angle - 8.0, angle, (8.0, 1.0))
    assert next(iter(columns)) == "nominal"
    np.testing.assert_allclose(columns["nominal"], 8.0, atol=1.0)
    np.testing.assert_allclose(
        [columns["given"], columns["fitted: max"], columns["fitted offset"] - 8.0], 0.0, atol=1e-6
    )


@pytest.mark.parametrize("kind", noise.NOISE)
def test_noise_is_as_loud_as_the_direct_sound_at_0_db(kind, monkeypatch):
    monkeypatch.setattr(noise, "ROOMS", {"no reverberation": 0})
    for _, name, clean, field, _ in noise.conditions("circle", None, 3, 0):
        if name == kind:
            power = [np.square(X).mean(axis=(1, 2)) for X in (clean, field)]
            np.testing.assert_allclose(*power, rtol=0.05)
            # The noise is a signal of its own, in all channels alike if it is common.
            assert np.abs(np.mean(clean * field, axis=(1, 2)) / power[0]).max() < 0.2
            spread = np.abs(field - field[:, :1]).max() / np.abs(field).max()
            assert (spread < 1e-5) == (kind == "common")


@pytest.fixture
def small_corpus(tmp_path):
    """Folder with noise bursts for speech, of eight speakers and of two more for the test."""
    soundfile = pytest.importorskip("soundfile")
    rng, rows = np.random.default_rng(0), []
    folder = tmp_path / "data"
    for name in ("speech_librispeech", "noise"):
        (folder / name).mkdir(parents=True)
    for i in range(10):
        file, subset = f"{i}.flac", "train-clean-100" if i < 8 else "test-other"
        bursts = np.repeat(rng.random(50) < 0.7, 1600) * rng.normal(0, 0.1, 80_000)
        soundfile.write(folder / "speech_librispeech" / file, bursts, 16000)
        rows.append(f"{file},{i},{subset}")
    table = "\n".join(["file,speaker,subset", *rows])
    (folder / "speech_librispeech" / "utterances.csv").write_text(table)
    soundfile.write(folder / "noise" / "hiss.flac", rng.normal(0, 0.1, 40 * 16000), 16000)
    return folder


def test_study_of_snet_split_runs_and_keeps_what_is_done(small_corpus, tmp_path, capsys):
    sizes = {"rooms": 1, "steps": 2, "every": 1, "own-clips": 2, "validation": 2, "test": 2}
    folders = {"data": small_corpus, "cache": tmp_path / "cache", "out": tmp_path / "results"}
    options = [f"--{name}={value}" for name, value in (sizes | folders).items()]
    options += ["--presets", "L2", "--own", "ULD/CE"]
    main("two_sources_snet.__main__")(options)
    record = json.loads((tmp_path / "results" / "two_sources_snet.json").read_text())
    trained = [(row["label"], row["loss"], row["training"]) for row in record["rows"]]
    assert len(trained) == 23 and ("ULD", "CE", "own") in trained
    assert [point["step"] for point in record["rows"][0]["curve"]] == [2]
    row = record["rows"][0]
    assert row["best order"] <= row["WAD-3"] and row["published"].startswith("65.58")
    capsys.readouterr()
    main("two_sources_snet.__main__")(options)
    assert "==" not in capsys.readouterr().out
