"""The study of coverage at its smallest size."""

import pytest

from benchmarks.store import Store


def test_study_runs_and_keeps_its_rows(tmp_path):
    from benchmarks.accuracy.coverage.__main__ import main
    from benchmarks.accuracy.coverage.tables import draw

    main(["all", "--quick", "--out", str(tmp_path)])
    store = Store("coverage", tmp_path)
    nominal = store.select(part="nominal")
    assert len(nominal) == 2 * 3 * 3
    for row in nominal:
        assert abs(row["figures"]["coverage"] - row["settings"]["aim"]) < 8
    # Both ways to calibrate: three kinds of rooms by two methods, and two kinds of heads.
    assert len(store.select(part="shift")) == 2 * (3 * 2 + 2)
    pytest.importorskip("matplotlib")
    draw(store.rows, tmp_path / "coverage.png")
    assert (tmp_path / "coverage.png").exists()
