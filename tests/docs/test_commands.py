"""Commands that the pages name exist."""

import importlib.util
import re
from pathlib import Path

import click
import pytest

from sslearn.cli import main

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for page in [ROOT / "README.rst", ROOT / "CONTRIBUTING.rst", *(ROOT / "docs").rglob("*.rst")]
    if not {"auto_examples", "generated", "_build", "next"} & set(page.parts)
)
MODULE = re.compile(r"python\s+-m\s+(benchmarks[\w.]*\w)")
SCRIPT = re.compile(r"python\s+((?:docs|tools)/[\w/.]+\.py)")
TARGET = re.compile(r"(?:``|\$ )make ([\w-]+)")
COMMAND = re.compile(r"^\s*\$ sslearn ([a-z]+)", re.MULTILINE)
TARGETS = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@each_page
def test_modules_and_scripts_exist(page):
    text = page.read_text()
    missing = [name for name in set(MODULE.findall(text)) if not importlib.util.find_spec(name)]
    missing += [path for path in set(SCRIPT.findall(text)) if not (ROOT / path).is_file()]
    assert not missing


@each_page
def test_targets_of_make_and_commands_exist(page):
    text = page.read_text()
    assert set(TARGET.findall(text)) <= set(TARGETS)
    assert set(COMMAND.findall(text)) <= set(main.list_commands(click.Context(main)))


@pytest.mark.parametrize("page", ["index", "which_method", "recipes"])
def test_pages_with_figures_name_their_commands(page):
    assert len(set(MODULE.findall((ROOT / "docs" / f"{page}.rst").read_text()))) >= 5
