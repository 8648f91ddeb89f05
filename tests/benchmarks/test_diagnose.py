"""The study of faults of a set-up at its smallest size."""

from benchmarks.accuracy.diagnose.__main__ import main
from benchmarks.accuracy.diagnose.faults import FAULTS
from benchmarks.store import Store


def test_faults_of_plane_waves_are_found(tmp_path, capsys):
    sets = ["--sets", "circle of 4, 5 cm: plane waves, 30"]
    main(["simulated", "--quick", *sets, "--data", str(tmp_path), "--out", str(tmp_path)])
    rows = Store("diagnose", tmp_path).rows
    figures = {row["settings"]["case"]: row["figures"] for row in rows}
    assert set(figures) == {"right", *FAULTS}
    assert figures["right"] == {"tried": 1, "found": 0, "warned": 0, "rows": ""}
    found = {case for case, each in figures.items() if each["found"]}
    assert found >= {"millimetres", "8 kHz", "two swapped channels", "inverted polarity"}
    # They mirror the array: no delay contradicts them.
    assert "two swapped channels, hidden" not in found


def test_sets_without_data_are_skipped(tmp_path, capsys):
    main(["measured", "--data", str(tmp_path), "--out", str(tmp_path)])
    out, err = capsys.readouterr()
    assert len(err.splitlines()) == 10 and "nothing was measured" in out
