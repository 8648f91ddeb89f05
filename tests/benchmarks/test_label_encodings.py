"""The study of label encodings at its smallest size."""

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks.accuracy.label_encodings import tables
from benchmarks.accuracy.label_encodings.__main__ import STUDY, main
from benchmarks.accuracy.label_encodings.training import CELLS, figures, make_localizer
from benchmarks.store import Store


def test_study_runs_and_keeps_what_is_done(small_corpus, tmp_path, capsys):
    folders = {"data": small_corpus, "cache": tmp_path / "cache", "out": tmp_path / "results"}
    options = [f"--{name}={folder}" for name, folder in folders.items()]
    sizes = {"shared-clips": 4, "clips": 4, "validation": 2, "test": 3, "epochs": 1}
    options += ["--quick", *(f"--{name}={size}" for name, size in sizes.items())]
    main([*options, "--systems", "L1/PNN", "--cells", "1hot/CE", "ULD/MSEwo"])
    store = Store("label_encodings", tmp_path / "results")
    before = store.rows
    assert [row["settings"]["cell"] for row in before] == ["1hot/CE", "ULD/MSEwo"]
    # The corpus has no measured responses.
    assert [row["settings"]["responses"] for row in before] == ["simulated"] * 2
    assert before[0]["figures"]["tested clips"] == 3
    assert len(before[0]["figures"]["validation errors"]) == before[0]["figures"]["epochs"] == 1
    assert "measured responses" in capsys.readouterr().err
    main([*options, "--systems", "L1/PNN", "--cells", "1hot/CE"])
    assert "nothing was measured" in capsys.readouterr().out
    main([*options, "--systems", "L1/PNN", "--cells", "1hot/CE", "--shared-clips=0", "--maps"])
    assert store.rows[:2] == before
    [row] = store.rows[2:]
    assert row["settings"]["shared_clips"] == 0


def test_study_says_that_it_needs_speech(tmp_path, capsys):
    main(["--quick", "--data", str(tmp_path), "--cache", str(tmp_path)])
    assert "speech_librispeech" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options", [["--precision", "half"], ["--schedule", "linear"], ["--pieces", "3"]]
)
def test_options_that_do_not_fit_are_named(options, tmp_path):
    with pytest.raises(ValueError, match=options[0].removeprefix("--")):
        main(["--quick", *options, "--data", str(tmp_path)])


@pytest.mark.parametrize("cell", CELLS)
def test_figures_of_scores_that_are_the_label(cell):
    y = np.array([[[-40.0], [35.0]], [[60.0], [20.0]]])
    encoding = make_localizer("SNet", cell, "front", split=True).encoding.fit(y)
    row = figures(encoding, encoding.transform(y), y)
    assert row["accuracy"] == 100 and row["Top-1"] == 0
    assert row["best order"] == row["WAD-3"] < 0.5


def test_tables_show_all_cells_beside_published_figures():
    assert [cell for cell in tables.CELLS if cell in CELLS] == list(CELLS)
    header, body, _ = tables.TABLES["one_source"].lay_out()
    assert header[1:] == ["C1/PNN", "C1/SNet", "L1/PNN", "L1/SNet"] and len(body) == len(CELLS)
    assert body[0][0] == "one-hot, cross-entropy"
    assert body[0][-1].endswith("/ 2.00 / 1.97)")


def test_stored_commands_select_their_rows():
    for row in Store("label_encodings").rows:
        args = STUDY.parse(row["command"].split()[3:])
        assert row["settings"]["system"] in args.systems and row["settings"]["cell"] in args.cells
