"""Figures by name: of one row, of several, and of none."""

import pytest

from benchmarks import figures
from benchmarks.figures import Figure, fill
from benchmarks.store import Store


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    store = Store("study", tmp_path)
    for seed, error in enumerate((1.0, 2.5, 4.0)):
        numbers = {"error": error, "share": 0.5, "curve": [[1, 9.0], [2, 3 * error]]}
        store.add({"system": "one", "seed": seed}, numbers, command=f"run {seed}")
    entries = [{"where": {"seed": seed}, "figures": {"error": seed + 0.25}} for seed in (1, 2)]
    monkeypatch.setattr(figures, "Store", lambda name: store)
    monkeypatch.setattr("benchmarks.tables._entries", lambda study: entries)


def test_figure_of_one_row():
    one = {"seed": 2}
    assert Figure("study", one, "{error:.1f} of {system}").filled() == "4.0 of one"
    assert Figure("study", one, "{paper error:.2f}").filled() == "2.25"
    assert Figure("study", one, "{curve[1]:.0f} min").filled() == "12 min"
    assert Figure("study", one, "{share:.0f} %", scale=100).filled() == "50 %"


def test_figures_of_several_rows():
    text = "{lowest error:.1f} to {highest error:.1f}, {average error:.1f}"
    assert Figure("study", {}, text, 3).filled() == "1.0 to 4.0, 2.5"
    # Not all rows are in the publication.
    text = "{lowest paper error:.2f} to {highest paper error:.2f}"
    assert Figure("study", {}, text, 3).filled() == "1.25 to 2.25"


def test_other_rows_than_expected_are_an_error():
    with pytest.raises(ValueError, match="3 rows instead of 1"):
        Figure("study", {"system": "one"}, "{error}").filled()
    with pytest.raises(ValueError, match="0 rows"):
        Figure("study", {"system": "two"}, "{error}").filled()
    with pytest.raises(KeyError, match="error"):
        Figure("study", {}, "{error}", 3).filled()


def test_text_with_figures(monkeypatch):
    named = {"a.b": Figure("study", {"seed": 0}, "{error}"), "c": Figure("study", {}, "x", 3)}
    monkeypatch.setattr(figures, "FIGURES", named)
    text, rows = fill("mean :figure:`a.b` (:figure:`c`)")
    assert text == "mean 1 (x)"
    assert [row["command"] for row in rows] == ["run 0", "run 0", "run 1", "run 2"]
