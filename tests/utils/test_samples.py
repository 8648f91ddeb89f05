from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sslearn.utils import as_samples, holds_paths, sample_labels

PATHS = ["a.wav", "b.wav", "c.wav"]
INDEX = [5, 0, 7]


def objects(items):
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


@pytest.mark.parametrize(
    "X",
    [
        PATHS,
        tuple(PATHS),
        [Path(path) for path in PATHS],
        [["a.wav"], ["b.wav"], ["c.wav"]],
        np.array(PATHS),
        np.array(PATHS)[:, None],
        np.array(PATHS, dtype=object),
        np.array(PATHS, dtype=object)[:, None],
        np.array(PATHS, dtype=np.dtypes.StringDType()),
        pd.Series(PATHS),
        pd.Series(PATHS, index=INDEX),
        pd.Series([Path(path) for path in PATHS], index=INDEX),
        pd.Series(PATHS, dtype="category"),
        pd.DataFrame({"path": PATHS}, index=INDEX),
        pd.Index(PATHS),
    ],
)
def test_paths(X):
    samples = as_samples(X)
    assert samples == PATHS
    assert {type(path) for path in samples} == {str}
    assert holds_paths(samples)


ROWS = [("a_0.wav", "a_1.wav"), ("b_0.wav", "b_1.wav"), ("c_0.wav", "c_1.wav")]


@pytest.mark.parametrize(
    "X",
    [
        ROWS,
        tuple(map(list, ROWS)),
        [[Path(path) for path in row] for row in ROWS],
        [np.array(row) for row in ROWS],
        np.array(ROWS),
        np.array(ROWS, dtype=object),
        np.array(ROWS, dtype=np.dtypes.StringDType()),
        objects([list(row) for row in ROWS]),
        pd.Series(ROWS, index=INDEX),
        pd.DataFrame(ROWS, index=INDEX),
    ],
)
def test_rows_of_paths(X):
    samples = as_samples(X)
    assert samples == ROWS
    assert {type(path) for row in samples for path in row} == {str}
    assert holds_paths(samples)
    assert as_samples(samples) == ROWS


def test_labels():
    assert sample_labels(pd.Series(PATHS, index=INDEX)) == PATHS
    assert sample_labels(pd.DataFrame(ROWS, index=INDEX)) == ["a_0.wav", "b_0.wav", "c_0.wav"]
    clips = [np.zeros((2, n)) for n in (3, 4, 5)]
    assert sample_labels(pd.Series(clips, index=INDEX)).tolist() == INDEX
    assert sample_labels(clips) is None


@pytest.mark.parametrize("lengths", [(10, 12, 9), (10, 10, 10)])
@pytest.mark.parametrize(
    "wrap",
    [
        list,
        tuple,
        objects,
        lambda clips: objects(clips)[:, None],
        lambda clips: pd.Series(clips, index=INDEX),
        lambda clips: pd.DataFrame({"clip": pd.Series(clips)}),
        lambda clips: [clip.tolist() for clip in clips],
    ],
)
def test_clips(wrap, lengths):
    clips = [np.full((2, n), i, dtype=np.float64) for i, n in enumerate(lengths)]
    samples = as_samples(wrap(clips))
    assert isinstance(samples, list)
    assert not holds_paths(samples)
    for sample, clip in zip(samples, clips, strict=True):
        np.testing.assert_array_equal(sample, clip)


def test_clips_are_not_copied():
    clips = [np.zeros((2, n)) for n in (3, 4)]
    assert all(a is b for a, b in zip(as_samples(objects(clips)), clips, strict=True))


def test_one_length_as_an_array_of_single_objects():
    audio = np.arange(12.0).reshape(3, 2, 2)
    np.testing.assert_array_equal(as_samples(audio.astype(object)), audio)


def test_numbers_pass_unchanged(tmp_path):
    mapped = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (3, 2, 10))
    for X in (mapped, np.zeros((3, 4)), np.zeros((2, 3, 4), dtype=">f4"), np.zeros((0, 2, 9))):
        assert as_samples(X) is X
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}, index=[9, 8])
    assert as_samples(table).tolist() == [[1, 3], [2, 4]]
    assert as_samples([1.0, 2.0]).tolist() == [1, 2]
    assert as_samples(objects([1.0, 2.0])).tolist() == [1, 2]


def test_tensors():
    torch = pytest.importorskip("torch")
    assert as_samples(torch.ones(2, 3)).shape == (2, 3)
    assert [clip.shape for clip in as_samples([torch.ones(2, 3), torch.ones(2, 4)])] == [
        (2, 3),
        (2, 4),
    ]


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("a.wav", TypeError, r"one path per sample.*Did you mean \['a.wav'\]"),
        (Path("a.wav"), TypeError, "one path per sample"),
        (np.array("a.wav"), TypeError, "one path per sample"),
        ({"a": 1}, TypeError, r"got a dict. Did you mean list\(Z\)"),
        ({"a.wav"}, TypeError, "got a set"),
        ((path for path in PATHS), TypeError, "got a generator"),
        (None, TypeError, "got a NoneType"),
        (sparse.eye(3), TypeError, "sparse"),
        (["a.wav", np.zeros((2, 3))], TypeError, r"alone; got .* in sample 1"),
        ([np.zeros((2, 3)), "a.wav"], TypeError, r"alone; got .* in sample 0"),
        (["a.wav", None], TypeError, "got None in sample 1"),
        (pd.Series(["a.wav", np.nan]), TypeError, "got nan in sample 1"),
        ([b"a.wav"], TypeError, "got b'a.wav' in sample 0"),
        ([np.zeros((2, 3)), None], TypeError, "got None in sample 1"),
        ([np.zeros((2, 3)), {"a": 1}], TypeError, "in sample 1"),
        ([np.zeros((2, 3)), [[1, 2], [1]]], ValueError, r"\[1\] must be an array"),
        ([], ValueError, r"0 sample\(s\)"),
        (pd.Series([], dtype=object), ValueError, r"0 sample\(s\)"),
        (np.array([[["a.wav", "b.wav"]]]), ValueError, r"\(1, 1, 2\)"),
        (objects([["a.wav", None]]), TypeError, "got None in sample 0"),
        ([["a.wav", "b.wav"], [b"a.wav", "b.wav"]], TypeError, "got b'a.wav' in sample 1"),
        ([["a.wav", "b.wav"], np.zeros((2, 3))], TypeError, "alone; got .* in sample 1"),
        ([[1.0, "a.wav"]], TypeError, "in sample 0"),
        (pd.DataFrame({"path": PATHS, "room": [1, 2, 3]}), ValueError, r"\(3, 2\).*one column"),
    ],
)
def test_what_holds_no_samples_is_refused(X, error, message):
    with pytest.raises(error, match=f"^Z.*{message}"):
        as_samples(X, name="Z")
