"""Links into other projects name things that exist there."""

import importlib
import runpy
import zlib
from pathlib import Path

import pytest

LINKS = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "external_links.py"))
OBJECTS = [
    (project, name)
    for project, (_, _, roles) in LINKS["PROJECTS"].items()
    for role, names in roles.items()
    if role.startswith("py:") and project != "python"
    for name in names
]


def resolve(name):
    """Object of a dotted name."""
    parts = name.split(".")
    for n_parts in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:n_parts]))
        except ImportError:
            continue
        for part in parts[n_parts:]:
            thing = getattr(thing, part)
        return thing
    raise ImportError(name)


@pytest.mark.parametrize(("project", "name"), OBJECTS)
def test_name_exists(project, name):
    pytest.importorskip(project)
    assert resolve(name) is not None


def test_aliases_have_a_link():
    names = {
        name
        for _, _, roles in LINKS["PROJECTS"].values()
        for group in roles.values()
        for name in group
    }
    assert set(LINKS["ALIASES"].values()) <= names


def test_inventories_are_those_of_sphinx(tmp_path):
    mapping = LINKS["write_inventories"](tmp_path)
    assert set(mapping) == set(LINKS["PROJECTS"])
    address, path = mapping["sklearn"]
    header, rest = Path(path).read_bytes().split(b"using zlib.\n")
    assert header.startswith(b"# Sphinx inventory version 2\n# Project: sklearn\n")
    line = "sklearn.pipeline.Pipeline py:class 1 modules/generated/sklearn.pipeline.Pipeline.html"
    assert f"{line}#sklearn.pipeline.Pipeline -\n" in zlib.decompress(rest).decode()
    assert address.startswith("https://")
