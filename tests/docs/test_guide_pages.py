"""Pages of the guide: pictures with a source, and code that fits into its box."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
FIGURES = sorted((DOCS / "figures").glob("*.svg"))
PAGES = [*(DOCS / "user_guide").glob("*.rst"), *(DOCS / "how_to").glob("*.rst")]
PAGES = sorted([*PAGES, DOCS / "conventions.rst"])
# Columns of a box of code beside both side bars, in a window of 1280 pixels.
N_COLUMNS = 80


@pytest.mark.parametrize("figure", FIGURES, ids=lambda path: path.stem)
def test_picture_is_drawn_by_a_script_and_shown(figure):
    scripts = [path.read_text() for path in figure.parent.glob("*.py")]
    assert any(f'"{figure.stem}"' in text for text in scripts)
    assert any(f"figures/{figure.name}" in page.read_text() for page in PAGES)


def test_pictures_of_pages_exist():
    for page in PAGES:
        for name in re.findall(r":: (\S*figures/\S+)", page.read_text()):
            assert (page.parent / name).exists(), f"{page.name}: {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_code_fits_into_its_box(page):
    lines = re.findall(r"^ *(?:>>> |\.\.\. ).*$", page.read_text(), re.M)
    assert [line for line in lines if len(line.strip()) > N_COLUMNS] == []


@pytest.mark.parametrize(
    "path", sorted((DOCS / "how_to").glob("*.rst")), ids=lambda path: path.stem
)
def test_job_is_listed_and_leads_on(path):
    if path.stem == "index":
        return
    index = (DOCS / "how_to" / "index.rst").read_text()
    assert f":doc:`{path.stem}`" in index and f"\n   {path.stem}\n" in index
    text = path.read_text()
    assert "**Commonest mistake.**" in text or path.stem == "troubleshooting"
    assert len(re.findall(r":doc:`", text)) >= 2


def test_pages_of_the_guide_are_on_its_map():
    index = (DOCS / "user_guide" / "index.rst").read_text()
    for page in (DOCS / "user_guide").glob("*.rst"):
        if page.stem != "index":
            assert f":doc:`{page.stem}`" in index, page.stem
