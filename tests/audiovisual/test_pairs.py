import os
import pickle

import numpy as np
import pandas as pd
import pytest
import soundfile
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV

from sslearn.audiovisual import Pairs
from sslearn.features import AudioReader
from sslearn.utils import read_audio, take_rows

Image = pytest.importorskip("PIL.Image")

N = 5
RNG = np.random.default_rng(0)
IMAGES = [RNG.integers(0, 256, (20 + i, 30, 3), dtype=np.uint8) for i in range(N)]
SOUNDS = [RNG.uniform(-0.5, 0.5, 8000 + 1000 * i).astype(np.float32) for i in range(N)]
TABLE = pd.DataFrame({"image": IMAGES, "audio": SOUNDS})


def objects(rows):
    array = np.empty((len(rows), 2), dtype=object)
    for i, row in enumerate(rows):
        array[i, 0], array[i, 1] = row
    return array


def write(folder):
    """Paths of files of the same pairs, in a table."""
    images = [folder / f"{i}.png" for i in range(N)]
    sounds = [str(folder / f"{i}.wav") for i in range(N)]
    for pixels, audio, image, sound in zip(IMAGES, SOUNDS, images, sounds, strict=True):
        Image.fromarray(pixels).save(image)
        soundfile.write(sound, audio, 16000, subtype="FLOAT")
    return pd.DataFrame({"image": images, "audio": sounds})


def assert_pairs(pairs, rows):
    for i, image in zip(rows, pairs.images(range(len(rows))), strict=True):
        assert_array_equal(image, IMAGES[i])
    for i, sound in zip(rows, pairs.sounds(range(len(rows))), strict=True):
        assert sound.dtype == np.float32
        assert_array_equal(sound, SOUNDS[i])


CONTAINERS = {
    "table": lambda table: table,
    "other columns and order": lambda table: table.assign(label=1)[["label", "audio", "image"]],
    "list": lambda table: list(table.itertuples(index=False, name=None)),
    "lists": lambda table: [list(row) for row in table.itertuples(index=False)],
    "tuple": lambda table: tuple(table.itertuples(index=False, name=None)),
    "objects": lambda table: objects(list(table.itertuples(index=False, name=None))),
    "array of objects": lambda table: list(objects(list(table.itertuples(index=False, name=None)))),
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("files", [False, True])
def test_containers(tmp_path, container, files):
    X = CONTAINERS[container](write(tmp_path) if files else TABLE)
    pairs = Pairs(X, fs=16000)
    assert len(pairs) == N
    assert_pairs(pairs, range(N))
    rows = np.array([3, 0])
    assert_pairs(Pairs(take_rows(X, rows), fs=16000), rows)
    assert_array_equal(pairs.images(rows)[1], IMAGES[0])
    assert_array_equal(pairs.sounds(rows)[0], SOUNDS[3])


def test_arrays_of_text(tmp_path):
    X = write(tmp_path).astype(str)
    for paths in (np.array(X, dtype=str), X.to_numpy(), X.astype("string"), X.astype("category")):
        assert_pairs(Pairs(paths, fs=16000), range(N))


def test_arrays_and_paths_may_be_mixed(tmp_path):
    paths = write(tmp_path)
    images, sounds = [IMAGES[0], *paths["image"][1:]], [*paths["audio"][:-1], SOUNDS[-1]]
    mixed = pd.DataFrame({"image": images, "audio": sounds})
    assert_pairs(Pairs(mixed, fs=16000), range(N))


def test_arrays_of_one_size_make_a_table():
    images, sounds = np.zeros((4, 8, 9, 3), np.uint8), RNG.standard_normal((4, 2, 1000))
    pairs = Pairs(pd.DataFrame({"image": list(images), "audio": list(sounds)}), fs=16000)
    assert pairs.images([2])[0].shape == (8, 9, 3)
    assert_allclose(pairs.sounds([2])[0], sounds[2].mean(axis=0), atol=1e-6)


def test_channels_are_averaged_and_files_resampled(tmp_path):
    audio = RNG.uniform(-0.5, 0.5, (44_100, 2))
    soundfile.write(tmp_path / "a.wav", audio, 44_100, subtype="FLOAT")
    Image.fromarray(IMAGES[0]).save(tmp_path / "a.png")
    pairs = Pairs([(tmp_path / "a.png", tmp_path / "a.wav")], fs=16000)
    expected = read_audio(tmp_path / "a.wav", fs=16000)[0].mean(axis=0)
    assert_allclose(pairs.sounds([0])[0], expected, atol=1e-7)
    assert len(expected) == 16_000


@pytest.mark.parametrize("fs", [16_000, 44_100, 22_050])
@pytest.mark.parametrize("duration", [0.1, 0.3001, 5.0])
def test_the_middle_of_a_file_is_that_of_the_whole(tmp_path, fs, duration):
    audio = RNG.uniform(-0.5, 0.5, 3 * fs + 7)
    soundfile.write(tmp_path / "a.wav", audio, fs, subtype="FLOAT")
    Image.fromarray(IMAGES[0]).save(tmp_path / "a.png")
    from_file = Pairs([(tmp_path / "a.png", tmp_path / "a.wav")], fs=16000)
    (whole,) = from_file.sounds([0])
    from_array = Pairs([(IMAGES[0], whole)], fs=16000)
    n_times = min(len(whole), round(16_000 * duration))
    expected = whole[len(whole) // 2 - n_times // 2 :][:n_times]
    for pairs in (from_file, from_array):
        assert_allclose(pairs.sounds([0], duration=duration)[0], expected, atol=1e-6)


def test_keys_name_pictures(tmp_path):
    X = write(tmp_path)
    pairs = Pairs(X, fs=16000)
    keys = [pairs.key(i) for i in range(N)]
    assert len(set(keys)) == N
    assert Pairs(X.iloc[::-1], fs=8000).key(0) == keys[-1]
    Image.fromarray(IMAGES[0][::-1]).save(X["image"][0])
    os.utime(X["image"][0], ns=(1, 1))
    assert pairs.key(0) != keys[0]
    assert pairs.key(1) == keys[1]


def test_keys_name_arrays():
    keys = [Pairs(TABLE, fs=16000).key(i) for i in range(N)]
    assert len(set(keys)) == N
    strided = np.asfortranarray(IMAGES[2])
    assert Pairs([(strided, SOUNDS[0])], fs=16000).key(0) == keys[2]
    reshaped = IMAGES[0].reshape(30, 20, 3)
    assert Pairs([(reshaped, SOUNDS[0])], fs=16000).key(0) != keys[0]


def test_inputs_are_not_modified():
    pairs = Pairs(TABLE, fs=16000)
    pairs.sounds(range(N))
    assert_pairs(pickle.loads(pickle.dumps(pairs)), range(N))


def test_a_silent_middle_is_called_so():
    sound = np.zeros(80_000)
    sound[[0, -1]] = 0.5
    pairs = Pairs([(IMAGES[0], sound)], fs=16_000)
    with pytest.raises(ValueError, match=r"audio in row 0 of X \(its middle 3 s\) is silent"):
        pairs.sounds([0], duration=3.0)
    assert pairs.sounds([0])[0].shape == (80_000,)


def test_another_rate_than_that_of_the_sounds_is_refused():
    sounds = AudioReader(8000).transform([sound[None] for sound in SOUNDS])
    with pytest.raises(ValueError, match="fs must be the sampling rate of X, 8000 Hz; got 16000"):
        Pairs(list(zip(IMAGES, sounds, strict=True)), fs=16000)


class Counter(BaseEstimator):
    """Estimator that reads its pairs, to see what a grid search hands it."""

    def __init__(self, fs=16000):
        self.fs = fs

    def fit(self, X, y=None):
        self.rows_ = len(Pairs(X, fs=self.fs).images(range(len(X))))
        return self

    def score(self, X, y=None):
        return -len(Pairs(X, fs=self.fs).sounds(range(len(X))))


@pytest.mark.parametrize("container", CONTAINERS)
def test_grid_search_selects_rows(container):
    search = GridSearchCV(Counter(), {"fs": [16000]}, cv=5).fit(CONTAINERS[container](TABLE))
    assert search.best_estimator_.rows_ == N
    assert search.best_score_ == -1


def bad_file(kind, folder):
    path = folder / f"bad.{kind}"
    if kind == "empty.png":
        path.touch()
    elif kind == "text.png":
        path.write_text("no picture" * 100)
    elif kind == "cut.png":
        Image.fromarray(IMAGES[0]).save(path)
        path.write_bytes(path.read_bytes()[:1000])
    elif kind == "text.wav":
        path.write_text("no sound" * 100)
    elif kind == "silent.wav":
        soundfile.write(path, np.zeros(8000), 16000)
    elif kind == "opposite.wav":
        soundfile.write(path, np.stack([SOUNDS[0], -SOUNDS[0]], axis=1), 16000, subtype="FLOAT")
    elif kind == "short.wav":
        soundfile.write(path, SOUNDS[0][:300], 16000)
    elif kind == "none.wav":
        soundfile.write(path, np.zeros(0), 16000)
    return path


def read(X, rows, name="X"):
    pairs = Pairs(X, fs=16000, name=name)
    return pairs.images(rows), pairs.sounds(rows)


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("missing.png", FileNotFoundError, "must be an array or the path of a file.*relative to"),
        ("empty.png", ValueError, "cannot be read: .* is empty"),
        ("text.png", ValueError, "cannot be read: .*no readable picture"),
        ("cut.png", ValueError, "cannot be read: .*no readable picture"),
        ("missing.wav", FileNotFoundError, "must be an array or the path of a file"),
        ("text.wav", ValueError, "cannot be read: .*no readable audio"),
        ("none.wav", ValueError, "cannot be read: .*holds no audio"),
        ("silent.wav", ValueError, "is silent.*Drop the row"),
        ("opposite.wav", ValueError, "is silent"),
        ("short.wav", ValueError, "at least 0.025 s.*got 300 samples at 16000 Hz. Drop the row"),
    ],
)
@pytest.mark.parametrize("index", [False, True])
def test_a_bad_file_is_named_by_its_row(tmp_path, kind, error, message, index):
    column = "image" if kind.endswith("png") else "audio"
    table = TABLE.copy()
    table.at[3, column] = str(bad_file(kind, tmp_path))
    row = r"3 \(index d\)" if index else "3"
    table.index = list("abcde") if index else table.index
    with pytest.raises(error, match=rf"The {column} in row {row} of X_val.*{message}"):
        read(table, [3], name="X_val")
    if "missing" not in kind:
        read(table, [0, 2])
