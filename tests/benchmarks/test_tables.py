"""Tables of pages, and whether those of README and documentation show what the store has."""

import pytest

from benchmarks import render
from benchmarks.store import Store
from benchmarks.tables import Table, all_tables, as_markdown, as_rst, published


@pytest.fixture
def store(tmp_path):
    store = Store("coverage", tmp_path)
    for system in ("one", "two"):
        for test in ("dry", "wet"):
            for k in (5, 15):
                figures = {"error": len(system) + k / 10}
                if (system, test) == ("two", "wet"):
                    figures = {"other": 1.0}
                settings = {"system": system, "test": test, "k": k}
                store.add(settings, figures, command=f"run {system}")
    return store


def table(**changes):
    options = {"study": "coverage", "title": "Errors", "where": {"k": 5}}
    options |= {"index": {"system": "{system}"}, "columns": "test", "cells": "{error:.1f}"}
    return Table(**(options | changes))


def test_a_column_for_each_value_of_a_setting(store):
    header, body, commands = table().lay_out(store)
    assert header == ["system", "dry", "wet"]
    assert body == [["one", "3.5", "3.5"], ["two", "3.5", ""]]
    assert commands == {"run one": [1], "run two": [2]}


def test_names_order_and_alternatives(store):
    shown = table(
        where=[{"k": (5, 15), "test": "dry"}],
        index={"system": "{system}", "K": "{k}"},
        columns="",
        cells={"error": "{error:.1f}", "other": "{other}"},
        names={"two": "TWO"},
        order={"system": ("two", "one"), "k": (15, 5)},
    )
    header, body, _ = shown.lay_out(store)
    assert header == ["system", "K", "error", "other"]
    assert body[0] == ["TWO", "15", "4.5", ""] and [row[1] for row in body] == ["15", "5"] * 2


def test_two_rows_for_one_cell_are_an_error(store):
    with pytest.raises(ValueError, match="two rows"):
        table(where={}).lay_out(store)
    with pytest.raises(ValueError, match="no row"):
        table(where={"k": 7}).lay_out(store)


def test_pooled_rows_and_alternative_formats(store):
    pooled = table(where={"test": "dry"}, pool={"error": "mean", "k": "sum"}, cells="{error} {k}")
    assert pooled.lay_out(store)[1] == [["one", "4.0 20"], ["two", "4.0 20"]]
    shown = table(cells=("{other:.2f}", "{error:.1f}"))
    assert shown.lay_out(store)[1] == [["one", "3.5", "3.5"], ["two", "3.5", "1.00"]]


def test_large_figures_have_no_exponent(store):
    store.add({"system": "one", "test": "dry", "k": 5}, {"error": 2562.2}, command="run one")
    assert table(cells="{error:.3g}").lay_out(store)[1][0][1:] == ["2,560", "3.5"]
    assert table(cells="{error:.0e}").lay_out(store)[1][0][1] == "3e+03"


def test_layouts(store, monkeypatch):
    monkeypatch.setattr("benchmarks.tables.Store", lambda name: store)
    text = as_rst(table())
    assert "   one     3.5  3.5\n   two     3.5  –\n" in text
    assert text.endswith("Measured by::\n\n   run one  # row 1\n   run two  # row 2")
    assert "| two | 3.5 | – |" in as_markdown(table())


def test_published_figures_stand_beside_ours(store, monkeypatch):
    entries = [{"where": {"system": ["one", "1"], "test": "dry"}, "figures": {"error": 1.25}}]
    monkeypatch.setattr("benchmarks.tables._entries", lambda study: entries)
    assert published("x", {"system": "one", "test": "dry", "k": 1}) == {"paper error": 1.25}
    _, body, _ = table(extra=" ({paper error:.1f})").lay_out(store)
    assert body[0] == ["one", "3.5 (1.2)", "3.5"]


def test_blocks_of_a_page(store, monkeypatch):
    monkeypatch.setattr("benchmarks.tables.Store", lambda name: store)
    page = "Title\n\n.. results: a.b\n\nold\n\n.. end of results\n\nEnd\n"
    new = render.rendered(page, {"a.b": table()})
    assert "old" not in new and new.startswith("Title\n\n.. results: a.b\n\nErrors:\n\n.. table::")
    assert new.endswith(".. end of results\n\nEnd\n")
    assert render.rendered(new, {"a.b": table()}) == new
    indented = render.rendered(page.replace("..", "   .."), {"a.b": table()})
    assert "\n   Errors:\n\n   .. table::" in indented and "\n      one     3.5" in indented
    assert render.rendered(indented, {"a.b": table()}) == indented
    assert render.rendered(page, {"a.b": table()}, without_rows=["a.b"]) == page
    with pytest.raises(ValueError, match="must name one of"):
        render.rendered(page, {"a.c": table()})
    with pytest.raises(ValueError, match="end of results"):
        render.rendered("x\n.. results: a.b\n", {})


@pytest.mark.parametrize("name", all_tables())
def test_every_table_can_be_laid_out(name):
    header, body, commands = all_tables()[name].lay_out()
    assert body and all(len(line) == len(header) for line in body)
    assert all(command.startswith("python -m benchmarks.") for command in commands)


@pytest.mark.parametrize("path", render.pages(), ids=lambda path: path.name)
def test_tables_of_the_pages_are_those_of_the_store(path):
    text = path.read_text()
    assert render.rendered(text, all_tables()) == text, "run `python -m benchmarks.render`"
