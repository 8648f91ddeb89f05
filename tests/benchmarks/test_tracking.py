"""The study of tracks at its smallest size."""

from benchmarks.accuracy.tracking.__main__ import main
from benchmarks.store import Store


def test_study_runs_and_keeps_its_rows(tmp_path, capsys):
    main(["--quick", "--data", str(tmp_path), "--out", str(tmp_path)])
    assert "skipped speech" in capsys.readouterr().err
    rows = Store("tracking", tmp_path).rows
    figures = {row["settings"]["directions"]: row["figures"] for row in rows}
    assert rows[0]["settings"]["sound"] == "white noise"
    assert figures["tracked"]["switches"] < figures["raw"]["switches"]
    assert max(each["mean error"] for each in figures.values()) < 5
