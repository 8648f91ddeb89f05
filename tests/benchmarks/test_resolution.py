"""The study of resolution at its smallest size: white noise alone, for the folder lacks speech."""

import numpy as np
import pytest

from benchmarks.accuracy.resolution.__main__ import main, resolved
from benchmarks.store import Store


def test_study_runs_and_keeps_its_rows(tmp_path, capsys):
    folders = ["--data", str(tmp_path), "--out", str(tmp_path)]
    main(["line", "--clips", "3", "--separations", "30", *folders])
    assert "skipped speech" in capsys.readouterr().err
    rows = Store("resolution", tmp_path).rows
    assert len(rows) == 6
    figures = {row["settings"]["method"]: row["figures"] for row in rows}
    assert figures["ESPRIT"]["resolved"] == 100 and figures["ESPRIT"]["rms"] < 0.5


def test_both_sources_must_be_within_half_the_separation():
    azimuths = np.array([[0.0, 20.0]] * 3)
    predicted = np.array([[19.0, 1.0], [0.0, 31.0], [0.0, np.nan]])[..., None]
    figures = resolved(azimuths, predicted, 20)
    assert figures["resolved"] == pytest.approx(100 / 3) and figures["rms"] == pytest.approx(1)
    assert resolved(azimuths[1:], predicted[1:], 20) == {"resolved": 0, "rms": None}
