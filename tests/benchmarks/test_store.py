"""The store: settings identify a row, and a partial run changes its rows alone."""

import json

import numpy as np
import pytest

from benchmarks.store import Store, matches, plain
from benchmarks.study import Study, without_folders


def test_plain_values_survive_json():
    values = {"a": np.float32(2.5), "b": (1, 2.0), "c": np.arange(2), "e": True}
    values |= {"d": None, "f": np.nan}
    assert plain(values) == {"a": 2.5, "b": [1, 2], "c": [0, 1], "e": True}
    assert json.loads(json.dumps(plain(values))) == plain(values)


@pytest.mark.parametrize(
    ("where", "expected"),
    [({"a": 1}, True), ({"a": 2}, False), ({"a": (1, 2)}, True), ({"b": None}, True)],
)
def test_matches(where, expected):
    assert matches({"a": 1}, where) == expected


def test_row_replaces_the_one_of_equal_settings_alone(tmp_path):
    store = Store("x", tmp_path / "new")
    for k, error in ((5, 1.0), (15, 2.0), (5, 3.0)):
        store.add({"k": k, "yaw": None}, {"error": error}, command=f"run --k {k}", torch="2")
    assert [row["figures"]["error"] for row in store.rows] == [3, 2]
    assert store.rows[0]["settings"] == {"k": 5}
    assert store.rows[0]["command"] == "run --k 5" and store.rows[0]["measured"]["torch"] == "2"
    assert store.select(k=15) == [store.rows[1]]
    # One line for each row, so that a change of one row is a change of one line.
    assert len(store.path.read_text().splitlines()) == len(store.rows) + 2


def small_study():
    def measure(run):
        """Errors."""
        for k in run.args.neighbors:
            if run.stored({"k": k}) is None:
                run.add({"k": k}, {"error": 0.1 * k * run.args.clips, "curve": [1, 2]})

    def options(parser):
        parser.add_argument("--neighbors", type=int, nargs="+", default=[5])

    return Study(
        "small",
        "Does it run?",
        {"near": measure, "far": measure},
        sizes={"clips": (1, 10, 100)},
        options=options,
        selections=("neighbors",),
        data=False,
    )


def test_partial_run_changes_its_rows_alone(tmp_path, capsys):
    study, store = small_study(), Store("small", tmp_path)
    study.main(["all", "--neighbors", "5", "15", "--out", str(tmp_path)])
    assert len(store.rows) == 4 and store.rows[0]["figures"]["curve"] == [1, 2]
    assert "curve" not in capsys.readouterr().out
    before = store.rows
    study.main(["far", "--neighbors", "5", "--seed", "1", "--out", str(tmp_path)])
    assert store.rows[:4] == before and len(store.rows) == 5
    row = store.rows[-1]
    assert row["settings"] == {"part": "far", "clips": 10, "seed": 1, "k": 5}
    assert row["command"] == "python -m benchmarks.accuracy.small far --neighbors 5 --seed 1"
    # The command of a row of `all` names the part of this row.
    assert before[-1]["command"].startswith("python -m benchmarks.accuracy.small far ")
    capsys.readouterr()
    study.main(["near", "--out", str(tmp_path)])
    assert "nothing was measured" in capsys.readouterr().out


def test_options_of_some_parts_are_no_settings_of_others(tmp_path):
    def measure(run):
        """Errors."""
        run.add({}, {"error": 1.0})

    sizes = {"clips": (1, 10), "steps": (1, 300), "epochs": (1, 4)}
    parts, only = dict.fromkeys(("a", "b", "c"), measure), {"steps": ("a",), "epochs": ("a", "b")}
    study = Study("parts", "Which?", parts, sizes=sizes, only=only, data=False)
    study.main(["all", "--out", str(tmp_path)])
    assert [row["settings"] for row in Store("parts", tmp_path).rows] == [
        {"part": "a", "clips": 10, "steps": 300, "epochs": 4, "seed": 0},
        {"part": "b", "clips": 10, "epochs": 4, "seed": 0},
        {"part": "c", "clips": 10, "seed": 0},
    ]


def test_sizes_and_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small_study().main(["near", "--quick"])
    [row] = Store("small", tmp_path / ".cache" / "quick_results").rows
    assert row["settings"] == {"part": "near", "clips": 1, "seed": 0, "quick": True, "k": 5}
    small_study().main(["near", "--full", "--out", "here", "--cache", "there"])
    [row] = Store("small", tmp_path / "here").rows
    assert row["settings"]["clips"] == 100
    assert row["command"] == "python -m benchmarks.accuracy.small near --full"
    assert without_folders(["a", "--data", "x", "--n-jobs=2", "--seed", "1"]) == [
        "a",
        "--seed",
        "1",
    ]


def test_size_of_a_part(tmp_path):
    def measure(run):
        """Clips."""
        run.add({}, {"found": run.args.clips})

    parts = {"a": measure, "b": measure, "c": measure}
    study = Study("small", "?", parts, sizes={"clips": (1, {"a": 10, "b": 20})}, data=False)
    study.main(["all", "--out", str(tmp_path)])
    study.main(["b", "--clips", "7", "--out", str(tmp_path)])
    found = [row["settings"].get("clips") for row in Store("small", tmp_path).rows]
    assert found == [10, 20, None, 7]
