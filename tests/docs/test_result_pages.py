"""Measured figures in built pages, and links to the pages of the studies."""

import io
from pathlib import Path

import pytest

from benchmarks.figures import FIGURES

pytest.importorskip("sphinx")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Function that builds pages as plain text, and returns the texts and the warnings."""
    from sphinx.application import Sphinx

    monkeypatch.syspath_prepend(ROOT / "docs")

    def build(**pages):
        source = tmp_path / "docs"
        for name, text in pages.items():
            path = source / f"{name}.rst"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        found = io.StringIO()
        app = Sphinx(
            source,
            None,
            tmp_path / "out",
            tmp_path / "doctrees",
            "text",
            confoverrides={"extensions": ["result_pages"], "root_doc": "benchmarks"},
            status=None,
            warning=found,
        )
        app.build()
        texts = {path.stem: path.read_text() for path in (tmp_path / "out").rglob("*.txt")}
        # A second application in one process warns of itself.
        return texts, [line for line in found.getvalue().splitlines() if ".rst" in line]

    return build


def test_role_shows_the_figure(build):
    name = "any_array.mvdr.mean"
    texts, warnings = build(benchmarks=f"Title\n=====\n\nMean :figure:`{name}`, not more.\n")
    assert f"Mean {FIGURES[name].filled()}, not more." in texts["benchmarks"]
    assert warnings == []


def test_wrong_name_is_a_warning(build):
    texts, warnings = build(benchmarks="Title\n=====\n\nMean :figure:`any.mean`.\n")
    assert "Mean ?." in texts["benchmarks"]
    assert "benchmarks.rst:4: WARNING: no figure 'any.mean'" in warnings[0]


def test_files_that_an_included_page_names_are_links(build, tmp_path):
    readme = tmp_path / "README.rst"
    readme.write_text("All tables: ``docs/benchmarks/noise.rst``.\n")
    noise = ":orphan:\n\nIn noise\n========\n"
    page = "Title\n=====\n\n.. include:: ../README.rst\n"
    texts, warnings = build(**{"benchmarks": page, "benchmarks/noise": noise})
    assert "All tables: In noise." in texts["benchmarks"]
    assert warnings == []
