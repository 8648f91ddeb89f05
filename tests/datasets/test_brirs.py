import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sslearn.datasets import load_bbc_brir, load_rostock_kemar_brir, load_surrey_brir


@pytest.mark.parametrize(
    ("room", "shape", "fs"), [("anechoic", (37, 2, 591), 48000), ("A", (25, 2, 6259), 16000)]
)
def test_surrey(room, shape, fs, data_dir, itd_of):
    brirs = load_surrey_brir(data_dir / "surrey_brir", room)
    assert (brirs.hrirs.shape, brirs.fs, brirs.room) == (shape, fs, f"surrey_{room}")
    assert_array_equal(brirs.directions[:, 1], 0.0)
    assert_array_equal(brirs.distance, 1.5)
    direct = brirs.hrirs[..., : int(0.0125 * fs)]
    order = np.argsort(brirs.directions[:, 0])
    itd = itd_of(direct, fs)[order]
    # The left ear leads on the left: the sign of the files is turned.
    assert_allclose(itd[[0, -1]], [0.69, -0.69], atol=0.03)
    assert np.corrcoef(itd, np.sin(np.deg2rad(brirs.directions[order, 0])))[0, 1] < -0.99


def test_bbc(data_dir, itd_at):
    brirs = load_bbc_brir(data_dir / "bbc_brir")
    assert (brirs.hrirs.shape, brirs.fs, brirs.room) == ((21, 2, 16384), 48000, "bbc")
    assert_allclose([itd_at(brirs, 90), itd_at(brirs, -90)], [-0.758, 0.747], atol=0.02)
    assert brirs.directions[:, 1].max() == 90.0
    assert brirs.distance.min() > 1.0


@pytest.mark.parametrize(("correct", "expected"), [(False, [0, 80, -40]), (True, [-7, 73, -47])])
def test_rostock(correct, expected, data_dir, itd_at):
    folder = data_dir / "rostock_kemar_brir"
    brirs = load_rostock_kemar_brir(folder, correct_orientation=correct, fs=16000)
    assert (brirs.fs, brirs.room) == (16000, "rostock")
    assert_array_equal(brirs.directions, np.column_stack([expected, [0, 0, 0]]))
    assert itd_at(brirs, 80) < -0.5
    assert itd_at(brirs, -40) > 0.3


def test_unknown_room(data_dir):
    with pytest.raises(ValueError, match=r"room must be one of \['anechoic', 'A'\]; got 'B'"):
        load_surrey_brir(data_dir / "surrey_brir", "B")


@pytest.mark.parametrize("loader", [load_surrey_brir, load_bbc_brir, load_rostock_kemar_brir])
def test_wrong_folder(loader, tmp_path):
    with pytest.raises(FileNotFoundError, match="set's own folder"):
        loader(tmp_path)


def test_missing_recording(tmp_path):
    table = "file,label,azimuth_deg,elevation_deg,distance_m\nirs/a.wav,a,0,0,1\n"
    (tmp_path / "positions.csv").write_text(table)
    with pytest.raises(FileNotFoundError, match=r"a\.wav"):
        load_bbc_brir(tmp_path)
