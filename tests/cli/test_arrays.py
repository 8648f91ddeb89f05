import json

import click
import numpy as np
import pytest

from sslearn.cli._arrays import CHANNELS, MicArray, channels_of, parse_array
from sslearn.geometry import (
    circular_array,
    device_array,
    linear_array,
    place_array,
    rectangular_array,
    spherical_array,
    tetrahedral_array,
)

PLACES = [[0.0, 0.05, 0.01], [0.0, -0.05, 0.0], [0.03, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("text", "mics"),
    [
        ("circular:4:0.0323", circular_array(4, 0.0323)),
        ("linear:3:5e-2", linear_array(3, 0.05)),
        ("rectangular:2x3:0.04", rectangular_array((2, 3), 0.04)),
        ("spherical:8:0.05", spherical_array(8, 0.05)),
        ("tetrahedral:0.05", tetrahedral_array(0.05)),
        ("circular:6:0.046@150", place_array(circular_array(6, 0.046), azimuth=150)),
        ("respeaker_6@-30", place_array(device_array("respeaker_6").mic_positions, azimuth=-30)),
    ],
)
def test_named_arrays(text, mics):
    np.testing.assert_allclose(parse_array(text).mic_positions, mics)


def test_a_device_brings_its_channels():
    assert parse_array("respeaker_usb_4").channels == (1, 2, 3, 4)
    assert parse_array("respeaker_usb_4@90").channels == (1, 2, 3, 4)
    assert parse_array("circular:4:0.1").channels is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mics.json", json.dumps(PLACES)),
        ("mics.json", json.dumps({"mic_positions": PLACES, "name": "mine"})),
        ("mics.csv", "x,y,z\n0,0.05,0.01\n0,-0.05,0\n0.03,0,0\n"),
        ("mics.csv", "\ufeffz;x;y\r\n0.01;0;0.05\r\n0;0;-0.05\r\n\r\n0;0.03;0\r\n"),
        ("mics.tsv", "0\t0.05\t0.01\n0\t-0.05\t0\n0.03\t0\t0\n"),
        ("mics@2.txt", "0 0.05 0.01\n0 -0.05 0\n0.03 0 0\n"),
        ("mics.csv", "mic, X, Y, Z\nleft, 0, 0.05, 0.01\nright, 0, -0.05, 0\nfront, 0.03, 0, 0\n"),
    ],
)
def test_files_of_positions(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text.encode())
    np.testing.assert_allclose(parse_array(str(path)).mic_positions, PLACES)
    turned = place_array(PLACES, azimuth=90)
    np.testing.assert_allclose(parse_array(f"{path}@90").mic_positions, turned, atol=1e-12)


def test_two_columns_are_a_plane(tmp_path):
    path = tmp_path / "plane.csv"
    path.write_text("x,y\n0,0.05\n0,-0.05\n")
    assert parse_array(str(path)).mic_positions.tolist() == [[0, 0.05, 0], [0, -0.05, 0]]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "0,0.05\n0,left\n", "line 2 must be a number, such as 0.05; got 'left'"),
        ("a.csv", "x,y\n0,0.05\n0\n", r"got rows of \[1, 2\] numbers"),
        ("a.csv", "1,2,3,4\n", r"got rows of \[4\] numbers"),
        ("a.csv", "0,05;0\n0;0,05\n", "line 1 must be a number, such as 0.05; got '0,05'"),
        ("a.csv", "0,05\t0\n0\t0,05\n", "line 1 must be a number, such as 0.05; got '0,05'"),
        ("a.csv", "0.05 0\n0,05 0\n", "line 1 must be a number"),
        ("a.csv", "", r"must hold a row of x, y \(and z\) in metres"),
        ("a.csv", "0,0.05\n0,0.05\n", "must be different places; microphones 0 and 1"),
        ("a.csv", "0,0.05\n0,nan\n", "must be finite"),
        ("a.json", "[[0, 1]", "a.json: Expecting"),
        ("a.json", '{"mics": []}', 'or these as "mic_positions"'),
        ("a.json", '[[0, "front"]]', "row 1 must be a number"),
        ("a.json", "[[0, null]]", "row 1 must be a number, such as 0.05; got None"),
    ],
)
def test_broken_files_of_positions(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        parse_array(str(path))


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("x,y\n0,0.05\n".encode("utf-16"))
    with pytest.raises(ValueError, match=r"a\.csv must be a text file in UTF-8"):
        parse_array(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("respeaker", "no device .*respeaker_usb_4"),
        ("circular:4", "circular:NUMBER:RADIUS"),
        ("circular:1:0.05", "'n_mics' parameter of circular_array"),
        ("circular:4:-0.05", "'radius' parameter"),
        ("circular:4:0.05.1", "the length in 'circular:4:0.05.1' must be a number"),
        ("rectangular:0x3:0.05", "two positive integers"),
        ("circular:4:0.05@1.2.3", "azimuth after @ must be a number"),
    ],
)
def test_texts_that_are_no_array(text, message):
    with pytest.raises(ValueError, match=message):
        parse_array(text)


@pytest.mark.parametrize(
    ("text", "channels"), [("0,2", [0, 2]), ("1-4", [1, 2, 3, 4]), ("3,0-1", [3, 0, 1])]
)
def test_channels(text, channels):
    assert CHANNELS.convert(text, None, None) == channels


@pytest.mark.parametrize("text", ["", "4-1", "0,0", "1-", "a", "-1", "0, 1"])
def test_channels_that_are_none(text):
    with pytest.raises(click.BadParameter):
        CHANNELS.convert(text, None, None)


DEVICE = MicArray(circular_array(4, 0.03), (1, 2, 3, 4))
OWN = MicArray(circular_array(4, 0.03), None)


@pytest.mark.parametrize(
    ("array", "n_channels", "given", "channels"),
    [
        (DEVICE, 6, None, [1, 2, 3, 4]),
        (DEVICE, 4, None, None),
        (OWN, 4, None, None),
        (OWN, 6, [0, 1, 2, 5], [0, 1, 2, 5]),
        (DEVICE, 6, [0, 1, 2, 5], [0, 1, 2, 5]),
        (OWN, 4, [3, 2, 1, 0], [3, 2, 1, 0]),
    ],
)
def test_channels_of_a_recording(array, n_channels, given, channels):
    assert channels_of(array, n_channels, channels=given) == channels


@pytest.mark.parametrize(
    ("array", "n_channels", "given", "message"),
    [
        (OWN, 6, None, "rec.wav must have a channel for each of the 4 .*got 6. .*--channels"),
        (OWN, 6, [0, 1], r"got --channels \[0, 1\]"),
        (OWN, 4, [0, 1, 2, 4], "rec.wav has 4 channels, 0 to 3; channel 4"),
        (DEVICE, 2, None, "rec.wav has 2 channels, 0 to 1; channel 4"),
    ],
)
def test_recordings_without_the_channels(array, n_channels, given, message):
    with pytest.raises(ValueError, match=message):
        channels_of(array, n_channels, channels=given, name="rec.wav")


def test_list_of_arrays(run):
    done = run("locate", "--list-arrays")
    assert done.exit_code == 0
    assert "respeaker_usb_4" in done.stdout and "miniDSP UMA-8" in done.stdout
