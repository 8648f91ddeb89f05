"""Command lines of the studies, and whether those stored with rows measure these rows."""

import importlib
import json
import pkgutil
import shlex

import pytest

from benchmarks.store import Store, plain
from benchmarks.study import Study, without_folders
from benchmarks.tables import ACCURACY


def modules():
    """Modules that define a study, found without imports of torch."""
    packages = [module.name for module in pkgutil.iter_modules([str(ACCURACY)]) if module.ispkg]
    mains = {name: ACCURACY / name / "__main__.py" for name in packages}
    found = [
        name for name, path in mains.items() if path.exists() and "STUDY =" in path.read_text()
    ]
    return [*(f"benchmarks.accuracy.{name}" for name in found), "benchmarks.speed"]


@pytest.fixture(params=modules())
def study(request):
    try:
        return importlib.import_module(f"{request.param}.__main__").STUDY
    except ImportError as error:
        if error.name.split(".")[0] in ("benchmarks", "sslearn"):
            raise
        pytest.skip(f"{error.name} is missing")


def asked(study, command):
    """Settings that a command asks for; None for those that its rows must not have."""
    words = shlex.split(command)
    start = ["python", "-m", study.module]
    assert words[:3] == start, f"must start with {shlex.join(start)}: {command}"
    assert without_folders(words) == words, f"must not name a folder: {command}"
    args = study.parse(words[3:])
    part = getattr(args, "part", None)
    assert part != "all", f"must name the part of its rows: {command}"
    return {"part": None, "quick": None} | study.settings(args, part)


def problems(study, rows):
    """Settings of rows that their commands do not ask for: a list of texts."""
    commands = {row["command"]: None for row in rows}
    commands = {command: asked(study, command) for command in commands}
    return [
        f"{row['command']}: asks for {name} {plain(value)}, the row has {row['settings']}"
        for row in rows
        for name, value in commands[row["command"]].items()
        if row["settings"].get(name) != plain(value)
    ]


def test_commands_ask_for_the_settings_of_their_rows(study):
    rows = Store(study.name).rows
    assert rows, f"no rows in {Store(study.name).path}"
    found = problems(study, rows)
    assert not found, "\n".join(found[:5])


def test_rows_of_a_store_differ(study):
    keys = [json.dumps(row["settings"], sort_keys=True) for row in Store(study.name).rows]
    assert len(set(keys)) == len(keys)


def test_study_without_a_folder_names_option_and_variable(study, monkeypatch, capsys):
    if not study.data:
        pytest.skip("it reads no measured data")
    monkeypatch.delenv("SSLEARN_DATA", raising=False)
    with pytest.raises(SystemExit):
        study.main([part for part in list(study.parts)[:1] if part])
    assert "--data or SSLEARN_DATA must name the folder" in capsys.readouterr().err


def test_wrong_commands_are_found():
    def options(parser):
        parser.add_argument("--k", type=int, default=5)

    def measure(run):
        """Nothing."""

    small = Study("small", "?", {"a": measure, "b": measure}, options=options, data=False)
    command = "python -m benchmarks.accuracy.small a"
    row = {"settings": {"part": "a", "k": 5, "seed": 0, "extra": 1}, "command": command}
    assert problems(small, [row]) == []
    for change in ("--k 6", "--quick", "--seed 1"):
        [problem] = problems(small, [row | {"command": f"{command} {change}"}])
        assert "the row has" in problem
    for wrong in ("python x.py", f"{command} --out here", f"{command[:-1]}all"):
        with pytest.raises(AssertionError, match="must"):
            problems(small, [row | {"command": wrong}])
