"""Annotations of DCASE task 3: a small file of each year."""

import numpy as np
import pandas as pd
import pytest

from sslearn.datasets import load_dcase_metadata, make_dcase_targets

COLUMNS = ["frame", "time", "class", "source", "azimuth", "elevation", "distance"]
YEARS = {
    2019: "sound_event_recording,start_time,end_time,ele,azi,dist\n"
    "knock,0.55,0.81,-10,170,2\nspeech,0.7,1.0,40,-180,1\n",
    2020: "5,3,0,170,-10\n6,3,0,170,-10\n7,3,0,170,-10\n7,1,1,-180,40\n8,3,0,170,-10\n"
    "8,1,1,-180,40\n9,1,1,-180,40\n",
    2021: "5,3,0,170,-10\n6,3,0,170,-10\n7,3,0,170,-10\n7,1,1,-180,40\n8,3,0,170,-10\n"
    "8,1,1,-180,40\n9,1,1,-180,40\n",
    2022: "5,3,0,170,-10\n6,3,0,170,-10\n7,1,0,-180,40\n7,3,0,170,-10\n8,1,0,-180,40\n"
    "8,3,0,170,-10\n9,1,0,-180,40\n",
    2023: "5,3,0,170,-10,200\n6,3,0,170,-10,200\n7,1,0,-180,40,100\n7,3,0,170,-10,200\n"
    "8,1,0,-180,40,100\n8,3,0,170,-10,200\n9,1,0,-180,40,100\n",
    2024: "5,3,0,170,-10,200\n6,3,0,170,-10,200\n7,1,0,-180,40,100\n7,3,0,170,-10,200\n"
    "8,1,0,-180,40,100\n8,3,0,170,-10,200\n9,1,0,-180,40,100\n",
}


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / "recording.csv"
        path.write_text(text)
        return load_dcase_metadata(path)

    return load


@pytest.mark.parametrize("year", YEARS)
def test_one_scene_in_the_form_of_each_year(load, year):
    metadata = load(YEARS[year])
    assert list(metadata) == COLUMNS
    assert metadata["frame"].tolist() == [5, 6, 7, 7, 8, 8, 9]
    np.testing.assert_allclose(metadata["time"], metadata["frame"] / 10)
    y = make_dcase_targets(metadata, n_frames=12)
    first, second = [170.0, -10.0, 2.0], [-180.0, 40.0, 1.0]
    if 2020 <= year <= 2022:
        assert metadata["distance"].isna().all()
        first, second = first[:2], second[:2]
    expected = np.full((12, 2, len(first)), np.nan)
    expected[5:9, 0], expected[7:10, 1] = first, second
    np.testing.assert_array_equal(y, expected)


def test_classes_of_2019_are_names(load):
    assert set(load(YEARS[2019])["class"]) == {"knock", "speech"}


def test_places():
    # A pause gives the place away; two equal rows of one frame are two sources.
    frames = [0, 0, 1, 1, 2, 4, 4]
    sources = [0, 1, 0, 1, 1, 0, 0]
    rows = {"frame": frames, "class": 2, "source": sources, "azimuth": np.arange(7.0)}
    metadata = pd.DataFrame(rows).assign(elevation=0.0, distance=np.nan)
    azimuth = make_dcase_targets(metadata)[..., 0]
    expected = [[0, 1], [2, 3], [np.nan, 4], [np.nan, np.nan], [5, 6]]
    np.testing.assert_array_equal(azimuth, expected)
    assert make_dcase_targets(metadata, n_frames=9, n_sources=4).shape == (9, 4, 2)
    assert make_dcase_targets(metadata.sample(frac=1, random_state=0)).shape == (5, 2, 2)
    assert np.isnan(make_dcase_targets(metadata[:0], n_frames=3, n_sources=1)).all()


@pytest.mark.parametrize(("name", "value", "least"), [("n_frames", 4, 5), ("n_sources", 1, 2)])
def test_no_source_is_lost(load, name, value, least):
    metadata = load("0,0,0,10,0\n4,0,0,10,0\n4,1,0,20,0\n")
    with pytest.raises(ValueError, match=f"{name} must be at least {least}"):
        make_dcase_targets(metadata, **{name: value})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no table"),
        ("0,1,2\n", "5 or 6 columns"),
        ("frame,class,source,azimuth,elevation\n0,0,0,10,0\n", "no number"),
        ("0,0,0,10,95\n", "angles in degrees"),
        ("0,0,0,700,5\n", "angles in degrees"),
        ("-1,0,0,10,5\n", "frames from 0"),
        ("0,0,0,10,nan\n", "angles in degrees"),
    ],
)
def test_what_is_no_such_file(load, text, message):
    with pytest.raises(ValueError, match=message):
        load(text)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_dcase_metadata(tmp_path / "none.csv")
