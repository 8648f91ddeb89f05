"""What the studies do with a folder of measured data that is missing, empty or a part."""

import importlib

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
    "noise": ["all"],
    "resolution": ["all"],
    "tracking": [],
}


def main(name):
    if name in ("binaural", "contrastive.__main__"):
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
