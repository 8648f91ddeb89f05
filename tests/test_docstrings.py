"""Every public name has a numpydoc docstring with the sections that its signature asks for."""

import importlib
import inspect
from pathlib import Path

import pytest
from numpydoc.docscrape import NumpyDocString

import sslearn

# Warnings have the signature of Exception, which cannot be inspected.
ROOMS = [room for room in sslearn._ROOMS if room not in ("utils", "exceptions")]


def _public():
    for room in ROOMS:
        module = importlib.import_module(f"sslearn.{room}")
        for name in module.__all__:
            yield pytest.param(getattr(module, name), id=f"{room}.{name}")


def _check_parameters(documented, function, where):
    signature = inspect.signature(function)
    expected = [name for name in signature.parameters if name not in ("self", "cls")]
    names = [name.strip("* ") for p in documented for name in p.name.split(",")]
    assert [n.strip() for n in names] == expected, where


@pytest.mark.parametrize("thing", list(_public()))
def test_public_docstring(thing):
    if not callable(thing):
        return
    doc = NumpyDocString(inspect.getdoc(thing))
    assert "".join(doc["Summary"]), thing
    _check_parameters(doc["Parameters"], thing, thing.__name__)
    if not inspect.isclass(thing):
        assert doc["Returns"] or doc["Yields"] or "None" in str(inspect.signature(thing))


@pytest.mark.parametrize("room", ROOMS)
def test_room_has_one_sentence_and_sorted_names(room):
    module = importlib.import_module(f"sslearn.{room}")
    assert module.__doc__
    assert list(module.__all__) == sorted(module.__all__)


PAGES = sorted((Path(__file__).parents[1] / "docs").rglob("*.rst"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_of_pages_is_run(page):
    """A pipeline in the running text is not a doctest, so nobody notices when it breaks."""
    literals = page.read_text().split("``")[1::2]
    assert not [literal for literal in literals if "make_pipeline(" in literal]
