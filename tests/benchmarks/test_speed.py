"""The speed suite: its timer, and suites at their smallest size."""

import importlib.util
import time

import pytest

from benchmarks.store import Store
from benchmarks.timing import compared, in_new_process, peak_memory, timed


def test_functions_take_turns():
    calls = []
    times = timed([lambda: calls.append("a"), lambda: calls.append("b")], 3)
    assert calls == ["a", "b"] * 3 and times.shape == (3, 2) and (times >= 0).all()


def test_ratios_of_times():
    ticks = iter(range(1000))
    figures = compared(lambda: next(ticks), lambda: None, 2, clock=lambda: next(ticks), n=2)
    assert figures == {"ours": 1000, "theirs": 500, "ratio": 2, "gain": 0.5}


def test_memory_of_a_process_of_its_own():
    assert 1 < in_new_process(peak_memory) < peak_memory() + 500


@pytest.mark.parametrize("suite", ["features", "siamese", "neighbors", "eigenmaps", "masked"])
def test_suite_runs_and_keeps_its_rows(suite, tmp_path):
    pytest.importorskip("torch")
    from benchmarks.speed.__main__ import main

    start = time.time()
    main([suite, "--quick", "--out", str(tmp_path)])
    rows = Store("speed", tmp_path).rows
    assert len({row["settings"]["what"] + row["settings"].get("against", "") for row in rows}) > 0
    for row in rows:
        assert row["settings"]["part"] == suite and row["settings"]["quick"]
        assert row["command"] == f"python -m benchmarks.speed {suite} --quick"
        if "gain" in row["figures"]:
            assert 0 < row["figures"]["ours"] < 1e3 * (time.time() - start)


def test_every_suite_has_its_module():
    from benchmarks.speed.__main__ import SLOW, SUITES

    assert set(SLOW) < set(SUITES)
    for name in SUITES:
        assert importlib.util.find_spec(f"benchmarks.speed.{name}") is not None
