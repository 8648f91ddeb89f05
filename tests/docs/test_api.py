"""Every public name is on the page of its room, with an example."""

import importlib
import inspect
import re
from pathlib import Path

import pytest
from numpydoc.docscrape import NumpyDocString

import sslearn

FOLDER = Path(__file__).parents[2] / "docs" / "api"
PAGES = sorted(FOLDER.glob("*.rst"))
# Names that are on another page, or public for other rooms and not meant for users.
ELSEWHERE = {
    "sslearn.encoding": {"AdjacentDecoder", "ArgmaxDecoder", "MeanDecoder", "PeakDecoder"},
    "sslearn.metrics": {"pairwise"},
    "sslearn.networks.layers": {
        "ArraySteering",
        "MaskedSteeringNet",
        "array_steering",
        "bin_features",
        "load_state",
        "masked_covariances",
    },
    "sslearn.utils": {"as_numbers", "show_versions", "to_numbers"},
}
# Examples that read measured data, which do not ship with the package, or need an extra.
NOT_RUN = re.compile(r"sslearn\.datasets\.(load_|list_cipic)|sslearn\.persistence\.to_onnx")


def listed(page):
    """Room of a page, and the names on it."""
    text = page.read_text()
    room = re.search(r"^\.\. currentmodule:: (\S+)$", text, re.MULTILINE)[1]
    return room, re.findall(r"^   ([\w.]+)$", text, re.MULTILINE)


def names():
    for page in PAGES:
        room, found = listed(page)
        yield from (pytest.param(room, name, id=f"{room}.{name}") for name in found)


def test_every_room_has_a_page_in_the_contents():
    rooms = {f"sslearn.{room}" for room in sslearn._ROOMS} | {"sslearn.networks.layers"}
    assert {listed(page)[0] for page in PAGES} == rooms
    contents = (FOLDER.parent / "api.rst").read_text()
    assert set(re.findall(r"^   api/(\S+)$", contents, re.MULTILINE)) - {"generated/"} == {
        page.stem for page in PAGES
    }
    for room in rooms:
        assert f":mod:`{room}`" in contents


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_lists_the_names_of_its_room(page):
    room, found = listed(page)
    assert len(found) == len(set(found))
    public = set(importlib.import_module(room).__all__)
    inner = {name for name in found if "." in name}  # of a public module of the room
    assert set(found) - inner == public - ELSEWHERE.get(room, set())


@pytest.mark.parametrize(("room", "name"), list(names()))
def test_name_has_an_example(room, name):
    thing = importlib.import_module(room)
    for part in name.split("."):
        thing = getattr(thing, part)
    example = "\n".join(NumpyDocString(inspect.getdoc(thing))["Examples"])
    assert ">>> " in example
    if "+SKIP" in example:
        assert NOT_RUN.match(f"{room}.{name}"), "an example is skipped only where it needs data"
