"""Names that pre-commit checks, and those that are there."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("check_names", ROOT / "tools" / "check_names.py")
check_names = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(check_names)


@pytest.mark.parametrize(
    ("subject", "error"),
    [
        ("ENH add MUSIC with normalized spectrum", ""),
        ("Merge branch 'x'", ""),
        ("add MUSIC", "tag"),
        ("ENH", "tag"),
        ("FIX " + 57 * "x", "at most 60"),
    ],
)
def test_subjects(subject, error, tmp_path):
    found = check_names.subject_error(subject + "\n\nA body that may be as long as it has to be.")
    assert error in found and bool(found) == bool(error)
    message = tmp_path / "message"
    message.write_text(subject)
    assert check_names.main(["subject", str(message)]) == bool(error)


def test_fragments(tmp_path):
    for name, text, error in (
        ("music.feature.rst", "Added it.", ""),
        ("music.rst", "Added it.", "must be named"),
        ("Music.fix.rst", "Added it.", "must be named"),
        ("music.fix.rst", " ", "empty"),
    ):
        path = tmp_path / name
        path.write_text(text)
        found = check_names.fragment_error(path)
        assert error in found and bool(found) == bool(error)


def test_fragments_of_the_change_log():
    paths = sorted((ROOT / "docs" / "whats_new" / "next").iterdir())
    assert len(paths) > 100
    assert [check_names.fragment_error(path) for path in paths] == [""] * len(paths)
