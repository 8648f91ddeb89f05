"""The study of the labels of measured arrays."""

import os
from pathlib import Path

import pytest

from benchmarks.accuracy.array_labels.__main__ import main
from benchmarks.store import Store

DATA = Path(os.environ.get("SSLEARN_DATA", "missing"))


def test_what_an_empty_folder_lacks_is_skipped(tmp_path, capsys):
    main(["all", "--data", str(tmp_path), "--out", str(tmp_path)])
    out, err = capsys.readouterr()
    assert len(err.splitlines()) == 5 and "nothing was measured" in out


@pytest.mark.skipif(not (DATA / "sofia_sphere").exists(), reason="SSLEARN_DATA lacks sofia_sphere")
def test_levels_of_the_first_loudspeaker_fall(tmp_path):
    main(["rigid_sphere", "--data", str(DATA), "--out", str(tmp_path)])
    rows = Store("array_labels", tmp_path).rows
    ranges = [row["figures"]["highest"] - row["figures"]["lowest"] for row in rows]
    assert len(rows) == 4 and ranges[0] > 20 and max(ranges[2:]) < 2
