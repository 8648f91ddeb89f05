"""First part of ``make demo``: a recording that ships with the package, without training."""

import runpy
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "demo.py"


def test_first_part_locates_the_recording(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib").use("agg")
    monkeypatch.chdir(tmp_path)
    demo = runpy.run_path(str(DEMO))
    demo["OUT"].mkdir()
    demo["locate_recording"]()
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines() if line.startswith("loudspeaker")]
    errors = [float(row[-1]) for row in rows]
    assert len(errors) == 2
    assert errors[0] < 5 and errors[1] < 15
    assert (tmp_path / "demo-results" / "spectrum.png").stat().st_size > 10_000


def test_each_step_has_an_announced_duration():
    demo = runpy.run_path(str(DEMO))
    source = DEMO.read_text()
    assert all(f'"{name}": recipes.' in source for name in demo["SECONDS"] if name != "simulation")
    assert 60 < sum(demo["SECONDS"].values()) < 600
