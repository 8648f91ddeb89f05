"""The study of the classical localizers on measured arrays."""

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.classical.__main__ import main
from benchmarks.accuracy.classical.methods import (
    errors_by_source,
    errors_near_and_far,
    errors_of_mount,
    errors_of_two,
)
from benchmarks.store import Store

DATA = Path(os.environ.get("SSLEARN_DATA", "missing"))


def test_what_an_empty_folder_lacks_is_skipped(tmp_path, capsys):
    data = tmp_path / "data"
    data.mkdir()
    main(["all", "--data", str(data), "--out", str(tmp_path / "results")])
    out, err = capsys.readouterr()
    skipped = err.splitlines()
    assert len(skipped) >= 6
    assert all(line.startswith("skipped ") and "found none" in line for line in skipped[:5])
    assert "nothing was measured" in out and not (tmp_path / "results").exists()


@pytest.mark.skipif(not (DATA / "pyramic_tdoa").exists(), reason="SSLEARN_DATA lacks pyramic_tdoa")
def test_time_differences_agree_with_the_check(tmp_path):
    main(["pyramic", "--data", str(DATA), "--out", str(tmp_path)])
    [row] = Store("classical", tmp_path).select(labels="calibrated", robust="huber")
    assert row["figures"]["mean"] < 0.08 and row["figures"]["max"] < 0.4
    assert len(Store("classical", tmp_path).rows) == 6


def test_group_without_sources_has_no_figures():
    target = np.array([[10.0, 0.0, 0.4], [20.0, 0.0, 0.5]])
    assert list(errors_near_and_far(target[:, 0], target)) == ["0.35 to 0.5 m"]
    predicted = target + np.array([1.0, 0.0, 0.1])
    figures = errors_near_and_far(predicted, target)["0.35 to 0.5 m"]
    assert figures["mean"] == pytest.approx(1) and figures["distance cm"] == pytest.approx(10)


def test_mounts_as_stated_given_and_fitted():
    angle = np.array([0.0, 80.0, 140.0, 200.0, 320.0])
    mounts = errors_of_mount(angle - 8.0, angle, (8.0, 1.0))
    assert list(mounts) == ["stated", "given", "fitted"]
    assert mounts["stated"]["mean"] == pytest.approx(8, abs=1)
    assert mounts["given"]["max"] == pytest.approx(0, abs=1e-6)
    assert mounts["fitted"]["offset"] == pytest.approx(8, abs=1e-6)


def test_sources_are_matched_and_may_be_missing():
    target = np.array([[[40.0, 0.0], [-40.0, 0.0]]])
    figures = errors_of_two(np.array([[[-39.0, 0.0], [42.0, 0.0]]]), target)
    assert figures["A"]["error"] == pytest.approx(2) and figures["B"]["azimuth"] == pytest.approx(1)
    figures = errors_of_two(np.array([[[43.0]]]), target)
    assert figures["A"]["azimuth"] == pytest.approx(3) and np.isnan(figures["B"]["error"])
    figures = errors_by_source(np.array([[[41.0, 2.0]]]), target)
    assert figures["found"] == 1 and figures["largest"] == pytest.approx(1)
    assert figures["elevation"] == pytest.approx(2)
