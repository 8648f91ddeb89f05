"""Altered files, some hundreds of the 10,000 of ``benchmarks.safety.altered_files``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.safety import _alterations
from benchmarks.safety._archives import put_together, sign, take_apart
from benchmarks.safety.altered_files import MOST_MEGABYTES, MOST_SECONDS

ROOT = Path(__file__).parents[2]
ORIGINAL = ROOT / "tests/persistence/files/0.1/search.sslearn"


@pytest.fixture(scope="module")
def report():
    """What a process of its own, which no hook or crash can outlive, makes of altered files."""
    command = [sys.executable, "-m", "benchmarks.safety.altered_files", "--n", "480", "--seed", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_nothing_is_run_and_all_damage_is_found(report):
    assert report["complaints"] == []
    outcomes = report["outcomes"]
    assert sum(outcomes.values()) == report["n_files"] == 480
    for alter in _alterations.DAMAGE:
        assert f"{alter.__name__}: loaded" not in outcomes
    for alter in (*_alterations.DAMAGE, *_alterations.FORGERIES):
        assert any(outcome.startswith(f"{alter.__name__}:") for outcome in outcomes)


def test_no_file_is_costly(report):
    assert report["slowest_seconds"] < MOST_SECONDS
    assert report["peak_megabytes"] < MOST_MEGABYTES


def test_forgeries_are_readable_but_for_what_is_forged():
    data = ORIGINAL.read_bytes()
    assert sign(data) == data
    assert take_apart(put_together(data, take_apart(data))) == take_apart(data)


BAD_LOADERS = """
import os
from benchmarks.safety.altered_files import Watch, outcome

def runs(path): os.system("true")
def imports(path): import mailbox
def writes(path): open(path, "w").close()
def breaks(path): raise KeyError("x")
def builds(path): return os.system

watch = Watch()
for load in (runs, imports, writes, breaks, builds):
    print(outcome("written", load, watch, is_forged=True).partition("(")[0])
print(outcome("written", lambda path: None, watch, is_forged=False))
"""


def test_the_watch_sees_what_bad_loaders_do(tmp_path):
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(ROOT)!r}]\n{BAD_LOADERS}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[:3] == ["ran: os.system ", "ran: import ", "ran: open "]
    assert lines[3].startswith("unclear: KeyError at <string>:")
    assert lines[4].startswith("strange: ['")
    assert lines[5] == "damage not found"
