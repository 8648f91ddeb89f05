import warnings

import numpy as np
import pytest
import soundfile

from sslearn.cli._labels import read_labels
from sslearn.exceptions import AngleUnitWarning


@pytest.fixture
def table(tmp_path):
    """Function that writes a table next to a.wav (0.5 s), b.wav (0.3 s) and mono.wav."""
    soundfile.write(tmp_path / "a.wav", np.zeros((8000, 2)), 16000)
    soundfile.write(tmp_path / "b.wav", np.zeros((4800, 2)), 16000)
    soundfile.write(tmp_path / "mono.wav", np.zeros(8000), 16000)

    def write(*lines, name="table.csv"):
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        return str(tmp_path / name)

    return write


def test_paths_are_relative_to_the_table_and_azimuths_wrap(table, tmp_path):
    labels = read_labels(table("path,azimuth", "b.wav,190", "a.wav,-20.5"))
    assert labels.paths == [str(tmp_path / "b.wav"), str(tmp_path / "a.wav")]
    np.testing.assert_allclose(labels.y, [-170.0, -20.5])
    assert [info.n_times for info in labels.infos] == [4800, 8000]
    assert labels.groups is None


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_spaces_and_a_byte_order_mark(table, separator):
    rows = [f"path{separator} azimuth", f"b.wav {separator}190", "", f"a.wav{separator} -20.5"]
    path = table(*rows)
    with open(path, encoding="utf-8-sig", newline="") as file:
        text = file.read().replace("\n", "\r\n")
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        file.write(text)
    np.testing.assert_allclose(read_labels(path).y, [-170.0, -20.5])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["path;azimuth", "a.wav;10,5"], "must have a finite number as azimuth; got '10,5'"),
        (["path,azimuth", "a.wav,10,5"], r"line 2 must have a cell for each of the 2 columns; got"),
        (["path,azimuth", "a.wav"], r"line 2 must have a cell for each of the 2 columns; got"),
        (["path,azimuth,azimuth", "a.wav,1,2"], "must have columns of different names"),
        (["path,azimuth", '"a.wav,1'], "must be a CSV file; unexpected end"),
        ([], "must have rows with the column"),
    ],
)
def test_tables_that_are_no_tables(table, rows, message):
    with pytest.raises(ValueError, match=message):
        read_labels(table(*rows))


def test_a_table_that_is_no_text(table):
    path = table("path,azimuth", "a.wav,10")
    with open(path, "w", encoding="utf-16") as file:
        file.write("path,azimuth")
    with pytest.raises(ValueError, match=r"table\.csv must be a text file in UTF-8"):
        read_labels(path)


def test_elevation_is_read_where_it_is_wanted(table):
    path = table("elevation,path,azimuth,room", "10,a.wav,30,1", "-5,b.wav,40,02")
    labels = read_labels(path, groups="room")
    np.testing.assert_allclose(labels.y, [[30, 10], [40, -5]])
    assert labels.groups.tolist() == ["1", "02"]
    np.testing.assert_allclose(read_labels(path, n_angles=1).y, [30, 40])


def test_tabs_blank_lines_and_a_byte_order_mark(table):
    path = table("\ufeffpath\tazimuth", "", "a.wav\t30", name="table.tsv")
    np.testing.assert_allclose(read_labels(path).y, [30])


def test_an_empty_cell_is_an_absent_source(table):
    labels = read_labels(table("path,azimuth_1,azimuth_2", "a.wav,30,", "b.wav,,40"))
    np.testing.assert_allclose(labels.y[..., 0], [[30, np.nan], [np.nan, 40]])


def test_one_source_becomes_one_of_several(table):
    labels = read_labels(table("path,azimuth", "a.wav,30"), layouts=("sources",))
    assert labels.y.tolist() == [[[30.0]]]


def test_a_place_becomes_a_track_of_the_whole_file(table):
    labels = read_labels(table("path,azimuth", "a.wav,30", "b.wav,40"), layouts=("tracks",))
    assert labels.y.shape == (2, 5, 1, 1)
    expected = [[30] * 5, [40, 40, 40, np.nan, np.nan]]
    np.testing.assert_allclose(labels.y[..., 0, 0], expected)


def test_times_hold_until_the_next_row(table):
    labels = read_labels(
        table("path,time,azimuth_1,azimuth_2", "a.wav,0.2,10,50", "a.wav,0.0,0,", "a.wav,.4,,60")
    )
    expected = [[0, np.nan], [0, np.nan], [10, 50], [10, 50], [np.nan, 60]]
    np.testing.assert_allclose(labels.y[0, ..., 0], expected)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["file,azimuth", "a.wav,1"], r"must have rows with the column\(s\) \['path'\]"),
        (["path,azimuth"], "got no rows"),
        (["path,angle", "a.wav,1"], "must have a column azimuth, or azimuth_1"),
        (["path,azimuth,azimuth_1", "a.wav,1,2"], "must have a column azimuth, or azimuth_1"),
        (["path,azimuth", "a.wav,1", ",2"], r"line 3 .* must have a path"),
        (["path,azimuth", "a.wav,1", "", "b.wav,"], r"line 4 \(b.wav\) must have azimuth in deg"),
        (["path,azimuth", "a.wav,left"], r"line 2 \(a.wav\) .* as azimuth; got 'left'"),
        (["path,azimuth", "a.wav,inf"], r"line 2 \(a.wav\) must have a finite number"),
        (["path,azimuth", "a.wav,1", "c.wav,2", "d.wav,3"], r"line 3 \(c.wav\) .*2 such rows"),
        (["path,azimuth", "a.wav,1", "mono.wav,2"], r"line 3 \(mono.wav\) must have 2 channel"),
        (["path,azimuth", "a.wav,1", "a.wav,2"], r"line 3 \(a.wav\) must be the only row"),
        (["path,azimuth,elevation", "a.wav,1,"], r"line 2 .* must have azimuth and elevation"),
        (["path,azimuth,elevation", "a.wav,1,95"], r"line 2 .* elevations in \[-90, 90\]"),
        (["path,azimuth_1,elevation_2", "a.wav,1,2"], r"\['elevation_1'\] are missing"),
        (["path,azimuth_1,azimuth_2,elevation_1", "a.wav,1,2,3"], r"\['elevation_2'\] are missing"),
        (["path,time,azimuth", "a.wav,,1"], r"line 2 \(a.wav\) must have a time"),
        (["path,azimuth", "table.csv,1"], r"line 2: .* no readable audio file"),
    ],
)
def test_errors_name_the_line(table, lines, message):
    with pytest.raises(ValueError, match=message):
        read_labels(table(*lines))


def test_groups_must_be_there_and_one_per_file(table):
    path = table("path,azimuth,room", "a.wav,1,", "b.wav,2,hall")
    with pytest.raises(ValueError, match=r"line 2 \(a.wav\) must have a room"):
        read_labels(path, groups="room")
    with pytest.raises(ValueError, match=r"\['path', 'head'\]"):
        read_labels(path, groups="head")
    moving = table("path,time,azimuth,room", "a.wav,0,1,hall", "a.wav,.2,1,attic")
    with pytest.raises(ValueError, match="the room of the first row"):
        read_labels(moving, groups="room")


def test_layouts_that_are_not_wanted(table):
    two = table("path,azimuth_1,azimuth_2", "a.wav,30,20")
    with pytest.raises(ValueError, match="must have one source in each file"):
        read_labels(two, layouts=("one",))
    moving = table("path,time,azimuth", "a.wav,0,1")
    with pytest.raises(ValueError, match="must have sources that do not move"):
        read_labels(moving, layouts=("one", "sources"))


def test_radians_are_told(table, tmp_path):
    lines = ["path,azimuth"]
    for i in range(12):
        soundfile.write(tmp_path / f"r{i}.wav", np.zeros((100, 2)), 16000)
        lines.append(f"r{i}.wav,{-1.5 + i * 0.2371}")
    with pytest.warns(AngleUnitWarning, match="degrees"):
        read_labels(table(*lines))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_labels(table("path,azimuth", "a.wav,1.234"))
