"""Arrays in files of HDF5 and Zarr."""

import pickle

import h5py
import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sslearn.utils import StoredArray, as_samples, check_audio, take_rows

VALUES = np.arange(10 * 2 * 5, dtype=np.float32).reshape(10, 2, 5)


def write(path, **arrays):
    if path.suffix == ".zarr":
        group = pytest.importorskip("zarr").open_group(path, mode="w")
        for name, values in arrays.items():
            group.create_array(name, data=values, chunks=(3, *values.shape[1:]))
    else:
        with h5py.File(path, "w") as file:
            for name, values in arrays.items():
                file[name] = values
    return path


@pytest.fixture(params=["x.h5", "x.hdf5", "x.zarr"])
def stored(request, tmp_path):
    return StoredArray(write(tmp_path / request.param, data=VALUES))


ROWS = [
    slice(None),
    slice(2, 7),
    slice(None, None, -3),
    slice(4, 4),
    [7, 2, 2, 3],
    [],
    np.array([-1, 0]),
    np.arange(10) % 3 == 0,
]


@pytest.mark.parametrize("rows", ROWS, ids=str)
def test_rows_are_those_of_an_array(stored, rows):
    expected = VALUES[rows if len(np.shape(rows)) == 0 or len(rows) else slice(0)]
    part = stored[rows]
    assert isinstance(part, StoredArray)
    assert (part.shape, part.ndim, part.nbytes) == (expected.shape, 3, expected.nbytes)
    assert_array_equal(part, expected)
    assert_array_equal(take_rows(stored, rows), expected)
    assert_array_equal(stored[rows, ...], expected)
    assert_array_equal(stored[rows, 1, :2], expected[:, 1, :2])


@pytest.mark.parametrize("rows", ROWS, ids=str)
def test_long_runs_are_read_in_pieces(stored, rows, monkeypatch):
    monkeypatch.setattr("sslearn.utils._stores._PIECE_BYTES", 1)
    test_rows_are_those_of_an_array(stored, rows)


def test_rows_of_rows(stored):
    assert_array_equal(stored[2:9][[5, 0]][::-1], VALUES[[2, 7]])
    assert_array_equal(stored[[8, 3, 5]][1:], VALUES[[3, 5]])
    assert_array_equal(stored[1:][-1], VALUES[9])


def test_single_samples(stored):
    assert isinstance(stored[3], np.ndarray)
    assert_array_equal(stored[3], VALUES[3])
    assert_array_equal(stored[-1, 0, 1:3], VALUES[-1, 0, 1:3])
    assert_array_equal(list(stored), VALUES)
    with pytest.raises(IndexError):
        stored[10]
    with pytest.raises(IndexError):
        stored[[0, 10]]


def test_pickle_holds_the_path_alone(stored):
    part = stored[[4, 1]]
    np.asarray(part)
    again = pickle.loads(pickle.dumps(part))
    assert_array_equal(again, VALUES[[4, 1]])
    assert len(pickle.dumps(stored)) < 600


def test_hash_changes_with_the_file(tmp_path):
    path = write(tmp_path / "x.h5", data=VALUES)
    before = joblib.hash(StoredArray(path))
    assert joblib.hash(StoredArray(path)) == before
    write(path, data=2 * VALUES)
    assert joblib.hash(StoredArray(path)) != before


def test_foreign_byte_order(tmp_path):
    stored = StoredArray(write(tmp_path / "x.h5", data=VALUES.astype(">f4")))
    assert stored.dtype == np.asarray(stored).dtype == stored[0].dtype == np.float32
    assert_array_equal(stored, VALUES)


def test_samples_stay_in_the_file(stored):
    assert as_samples(stored) is stored
    assert check_audio(stored, ensure_finite=False) is stored
    assert_array_equal(check_audio(stored), VALUES)
    assert np.asarray(stored, dtype=np.float64).dtype == np.float64
    with pytest.raises(ValueError, match="copy=False"):
        np.asarray(stored, copy=False)
    with pytest.raises(ValueError, match="at least one sample"):
        as_samples(stored[:0])
    with pytest.raises(ValueError, match="n_channels=4"):
        check_audio(stored, n_channels=4, ensure_finite=False)


def test_what_is_no_store(tmp_path):
    with pytest.raises(ValueError, match=r"must end in .h5 or .hdf5 .* or in .zarr"):
        StoredArray(tmp_path / "x.npy")
    with pytest.raises(TypeError, match="must be a path"):
        StoredArray(3)
    for name in ("none.h5", "none.zarr"):
        with pytest.raises(FileNotFoundError, match=name):
            StoredArray(tmp_path / name)
    (tmp_path / "text.h5").write_text("no HDF5")
    (tmp_path / "empty.zarr").mkdir()
    for name in ("text.h5", "empty.zarr"):
        with pytest.raises(OSError, match=f"{name}.*cannot be opened"):
            StoredArray(tmp_path / name)


def test_what_is_no_array(tmp_path):
    path = write(tmp_path / "x.h5", a=VALUES)
    with h5py.File(path, "a") as file:
        file["single"] = 3.0
        file.create_group("folder")
    with pytest.raises(KeyError, match=r"name must be an array of .*\['a', 'folder', 'single'\]"):
        StoredArray(path)
    for name in ("single", "folder"):
        with pytest.raises(ValueError, match=f"'{name}' .* is a group or a single value"):
            StoredArray(path, name)
