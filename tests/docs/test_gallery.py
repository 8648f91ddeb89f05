"""Static checks of the examples; ``make docs`` runs them."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "examples"
EXAMPLES = sorted(FOLDER.rglob("plot_*.py"))
SEEN = re.compile(
    r"\b(figures?|lines?|points?|dots?|bars?|boxes|peaks?|maps?|arcs?|spectrum|table)\b"
)
DRAWS = re.compile(r"Display\b|\bplt\.|\.plot\b")
LINK = re.compile(r"auto_examples/([\w/]+)")

each_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)


def parts(path):
    """Title, underline and text of the docstring."""
    title, underline, text = ast.get_docstring(ast.parse(path.read_text())).split("\n", 2)
    return title, underline, text.strip()


def test_there_are_many_examples_in_sections():
    assert len(EXAMPLES) >= 18
    assert not list(FOLDER.glob("plot_*.py")), "an example belongs to a section"
    configuration = (ROOT / "docs" / "conf.py").read_text()
    for folder in {path.parent for path in EXAMPLES}:
        assert (folder / "GALLERY_HEADER.rst").is_file()
        assert f'"{folder.name}"' in configuration


def test_names_and_titles_are_unique():
    assert len({path.stem for path in EXAMPLES}) == len(EXAMPLES)
    assert len({parts(path)[0] for path in EXAMPLES}) == len(EXAMPLES)


@each_example
def test_title_and_what_to_see(path):
    title, underline, text = parts(path)
    assert underline == "=" * len(title) and len(title) <= 50
    assert len(text) > 80 and text.endswith((".", ")"))
    assert SEEN.search(text), "the first paragraph says what the reader should see"


@each_example
def test_it_draws(path):
    source = path.read_text()
    assert DRAWS.search(source)
    assert source.count("# %%") >= 3


@each_example
def test_no_absolute_path(path):
    constants = [
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [text for text in constants if re.match(r"(/\w|~|[A-Z]:\\)", text)]


@each_example
def test_it_runs_without_the_data(path):
    """What reads SSLEARN_DATA has another source of data, and prints which of the two it used."""
    source = path.read_text()
    if "SSLEARN_DATA" in source:
        assert "is_dir()" in source and "else" in source and "print(" in source
    assert not re.search(r"\bfetch_\w+\(|urlopen|requests\.", source), "no download"


def test_links_to_examples_exist():
    known = {str(path.relative_to(FOLDER).with_suffix("")) for path in EXAMPLES} | {"index"}
    sections = {f"{path.parent.relative_to(FOLDER)}/index" for path in EXAMPLES}
    files = [
        path
        for path in [*(ROOT / "docs").rglob("*.rst"), *EXAMPLES, *(ROOT / "sslearn").rglob("*.py")]
        if not {"_build", "auto_examples", "generated"} & set(path.parts)
    ]
    links = {
        (str(path.relative_to(ROOT)), link)
        for path in files
        for link in LINK.findall(path.read_text())
    }
    assert len(links) > 5
    assert not sorted(link for link in links if link[1] not in known | sections)
