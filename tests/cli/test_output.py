import json

import numpy as np
import pandas as pd
import pytest

from sslearn.cli._output import Output, note, notes

ROWS = pd.DataFrame(
    {"file": ["a.wav", "b,é.wav"], "source": [0, 1], "azimuth": [12.3456789012, np.nan]}
)


def _written(tmp_path, name, *tables, fmt=None):
    path = tmp_path / name
    with Output(fmt, str(path)) as out:
        for table in tables:
            out.write(table)
    return path.read_text(encoding="utf-8")


def test_csv_has_one_header_and_empty_cells(tmp_path):
    text = _written(tmp_path, "a.csv", ROWS[:1], ROWS[1:])
    assert text == 'file,source,azimuth\na.wav,0,12.345679\n"b,é.wav",1,\n'


def test_json_lines(tmp_path):
    lines = _written(tmp_path, "a.jsonl", ROWS).splitlines()
    assert [json.loads(line) for line in lines] == [
        {"file": "a.wav", "source": 0, "azimuth": 12.345679},
        {"file": "b,é.wav", "source": 1, "azimuth": None},
    ]


def test_table_for_readers(tmp_path):
    lines = _written(tmp_path, "a.txt", ROWS, fmt="table").split("\n")
    cells = [line.split() for line in lines]
    assert ["file", "source", "azimuth"] in cells
    assert ["a.wav", "0", "12.3"] in cells and ["b,é.wav", "1"] in cells


@pytest.mark.parametrize(
    ("path", "fmt"),
    [("a.csv", "csv"), ("a.jsonl", "jsonl"), ("a.txt", "csv"), (None, "csv"), ("-", "csv")],
)
def test_usual_format(path, fmt):
    assert Output(None, path).fmt == fmt


def test_terminals_get_a_table(monkeypatch):
    monkeypatch.setattr("sslearn.cli._output.is_terminal", lambda: True)
    assert Output().fmt == "table"
    assert Output(None, "a.csv").fmt == "csv"


def test_hours_keep_their_milliseconds(tmp_path):
    text = _written(tmp_path, "a.csv", pd.DataFrame({"time": [36000.123]}))
    assert text.splitlines()[1] == "36000.123"


def test_no_rows(tmp_path):
    for name, fmt in [("a.csv", "csv"), ("a.jsonl", "jsonl"), ("a.txt", "table")]:
        assert _written(tmp_path, name, fmt=fmt) == ""


def test_folder_that_lacks(tmp_path):
    with pytest.raises(FileNotFoundError), Output(None, str(tmp_path / "no" / "a.csv")):
        pass


def test_notes(capsys):
    say = notes()
    for text in ["one", "two\n  lines", "one"]:
        say(text)
    note("one")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "one\ntwo lines\none\n")
