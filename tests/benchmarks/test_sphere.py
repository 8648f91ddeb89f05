"""The study of the sphere at its smallest size."""

import importlib

import numpy as np
import pytest

from benchmarks.store import Store
from benchmarks.tables import published
from tests.corpus import write_corpus

pytest.importorskip("torch")
pytest.importorskip("soundfile")


def test_study_keeps_what_is_trained(tmp_path, capsys):
    from benchmarks.accuracy.sphere.__main__ import main

    folders = {"data": write_corpus(tmp_path / "data", 70, "ab"), "cache": tmp_path / "cache"}
    folders["out"] = tmp_path / "results"
    options = [f"--{name}={folder}" for name, folder in folders.items()]
    sizes = ["--quick", "--clips=24", "--test=12", "--epochs=1"]
    main([*sizes, *options, "--systems", "unbiased", "histogram"])
    store = Store("sphere", folders["out"])
    [row] = store.select(system="unbiased", condition="all")
    assert {"trunk_epochs": 1, "test_seed": 0, "precision": "full"}.items() <= row[
        "settings"
    ].items()
    assert row["figures"]["best epoch"] == 1 and row["figures"]["minutes"] > 0
    assert "minutes" not in store.select(system="histogram", condition="all")[0]["figures"]
    before = store.rows
    assert len(before) == 2 * 4
    capsys.readouterr()
    # Both systems share one training of the convolutions.
    main([*sizes, *options, "--systems", "spherical"])
    assert "== trunk" not in capsys.readouterr().out
    assert store.rows[:8] == before and len(store.rows) == 12
    shared = {**row["settings"], "system": "spherical"}
    assert shared in [each["settings"] for each in store.rows]


@pytest.mark.parametrize("name", ["sphere", "sphere_training", "ambisonic_weights"])
def test_studies_say_what_data_they_lack(name, tmp_path, capsys):
    main = importlib.import_module(f"benchmarks.accuracy.{name}.__main__").main
    part = {"sphere": [], "sphere_training": ["all"], "ambisonic_weights": ["all"]}[name]
    main([*part, "--data", str(tmp_path), "--cache", str(tmp_path), "--out", str(tmp_path)])
    printed = capsys.readouterr()
    assert "speech_librispeech" in printed.err and "nothing was measured" in printed.out
    assert not list(tmp_path.iterdir())


def test_figures_of_known_errors():
    from benchmarks.accuracy.sphere.data import CONDITIONS, Clips

    y = np.column_stack([np.zeros(6), np.zeros(6)])
    found = y + np.array([[0.0, 1.0], [0.0, 4.0], [0.0, 7.0], [0.0, 8.0], [0.0, 12.0], [0.0, 20.0]])
    figures = dict(Clips(None, y, np.repeat(CONDITIONS, 2)).figures(found))
    assert list(figures) == ["all", *CONDITIONS]
    everything, clean = figures["all"], figures["clean"]
    shares = [everything[f"below {limit}"] for limit in (5, 10, 15)]
    np.testing.assert_allclose(shares, [100 / 3, 200 / 3, 500 / 6])
    assert clean["mean"] == pytest.approx(2.5) and clean["below 5"] == 100
    assert everything["median"] == pytest.approx(7.5)


def test_published_figures():
    row = {"system": "cartesian", "condition": "all"}
    assert published("sphere", row)["paper a median"] == 6.4
    assert published("sphere", row | {"condition": "clean"}) == {}
