"""Figures of the pages that mix studies: named, from the store, and none typed by hand."""

import re
from pathlib import Path

import pytest

from benchmarks.figures import FIGURES, used
from benchmarks.highlights import ROWS

DOCS = Path(__file__).parents[2] / "docs"
NAMES = ("index", "which_method", "recipes", "user_guide/choosing")
PAGES = {name: (DOCS / f"{name}.rst").read_text() for name in NAMES}
TABLE = re.compile(r"^( *)\.\. list-table::.*\n(?:\1 +.*\n|\n)+", re.M)
CARD = re.compile(r"^ {6}\*\*.+\n(?: {6}\S.*\n)*", re.M)
# What may have digits without a measurement: code, roles, footnotes, options, names, settings.
SETTINGS = re.compile(
    r">>>.*|``.*?``|:[\w:.]+:`[^`]*`|\[\d+\]_|^ *:[\w-]+: .*|R3VIVAL|IPDnet2|"
    r"array of 2 to 50 cm|16 kHz|(?:-?\d+ to\s+)?-?\d+ dB|15 degrees apart|tolerance of 10 degrees|"
    r"trained on 2,000 pairs",
    re.M,
)


def typed(text):
    """Lines with digits that are neither figures of the store nor settings."""
    return [line.strip() for line in SETTINGS.sub("", text).splitlines() if re.search(r"\d", line)]


@pytest.mark.parametrize("name", FIGURES)
def test_figure_has_its_rows(name):
    text = FIGURES[name].filled()  # raises unless it has exactly its number of rows
    assert re.search(r"\d", text) and "nan" not in text


def test_every_figure_exists_and_is_used():
    shown = {name for text in PAGES.values() for name in used(text)}
    shown |= {name for row in ROWS for cell in row for name in used(cell)}
    assert shown == set(FIGURES)


@pytest.mark.parametrize("page", PAGES)
def test_command_of_each_figure_is_named(page):
    # The landing page leads to "Which method" for the commands of its table; pages of studies
    # have theirs.
    text = PAGES[page] + (PAGES["which_method"] if page == "index" else "")
    command = r"python\s+-m\s+benchmarks\.(?:accuracy\.)?(\w+)|:doc:`/benchmarks/(\w+)`"
    named = {name for names in re.findall(command, text) for name in names}
    assert {FIGURES[name].study for name in used(PAGES[page])} <= named


@pytest.mark.parametrize("page", PAGES)
def test_tables_and_cards_have_no_typed_figures(page):
    found = [match[0] for match in (*TABLE.finditer(PAGES[page]), *CARD.finditer(PAGES[page]))]
    assert len(found) >= 1
    assert [line for text in found for line in typed(text)] == []


def test_typed_figures_are_found():
    cells = "   * - :func:`IPDnet2 <x>`\n     - mean 5.1 (``n=2``) at 10 dB [1]_\n"
    assert len(typed(cells)) == 1
    assert typed(cells.replace("5.1", ":figure:`any_array.mvdr.mean`")) == []
    page = f".. list-table::\n   :widths: 2 2\n\n{cells}\nText of 3 words.\n"
    assert TABLE.search(page)[0].endswith(f"{cells}\n")
