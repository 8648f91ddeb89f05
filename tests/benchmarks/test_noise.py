"""The study of noise at its smallest size: white noise alone, for the folder lacks speech."""

import numpy as np
import pytest

from benchmarks.accuracy.noise import __main__ as noise
from benchmarks.accuracy.noise.picture import draw
from benchmarks.store import Store
from sslearn.geometry import circular_array

CIRCLE = circular_array(4, 0.05)


def test_study_runs_and_keeps_its_rows(tmp_path, capsys):
    folders = ["--data", str(tmp_path), "--out", str(tmp_path)]
    noise.main(["circle", "--clips", "2", "--levels", "0", "30", *folders])
    assert "skipped speech" in capsys.readouterr().err
    store = Store("noise", tmp_path)
    # Two rooms, four kinds of noise, two levels, six methods.
    assert len(store.rows) == 2 * 4 * 2 * 6
    quiet = store.select(room="no reverberation", noise="independent", dB=30)
    assert max(row["figures"]["median"] for row in quiet) < 1
    pytest.importorskip("matplotlib")
    draw(store.rows, tmp_path / "noise_circle.png")
    assert (tmp_path / "noise_circle.png").exists()


@pytest.mark.parametrize("kind", noise.NOISE)
def test_noise_is_as_loud_as_the_direct_sound_at_0_db(kind, monkeypatch):
    monkeypatch.setattr(noise, "ROOMS", {"no reverberation": 0})
    monkeypatch.setattr(noise, "NOISE", {kind: noise.NOISE[kind]})
    [(_, _, clean, field, _)] = noise.conditions(CIRCLE, (-180, 180), None, 3, 0)
    power = [np.square(X).mean(axis=(1, 2)) for X in (clean, field)]
    np.testing.assert_allclose(*power, rtol=0.05)
    # The noise is a signal of its own, in all channels alike if it is common.
    assert np.abs(np.mean(clean * field, axis=(1, 2)) / power[0]).max() < 0.2
    spread = np.abs(field - field[:, :1]).max() / np.abs(field).max()
    assert (spread < 1e-5) == (kind == "common")
