"""Clips that generators write to stores, and estimators that read them."""

import errno
import os
import subprocess
import sys
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline

from sslearn.datasets import (
    make_ambisonic,
    make_binaural,
    make_shoebox,
    make_shoebox_rooms,
    open_store,
)
from sslearn.deep_learning import NeuralLocalizer
from sslearn.doa import SRPPHAT
from sslearn.embedding import SiameseEmbedding
from sslearn.exceptions import SilenceWarning
from sslearn.features import STFT, BinauralCues, LevelMap
from sslearn.geometry import circular_array
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.simulation import Interferer, Overlap, Placement, _chunks, _store
from sslearn.utils import StoredArray

CIRCLE = circular_array(4, 0.05)
SHORT = {"n_samples": 10, "rooms": 2, "duration": 0.1, "max_order": 1, "random_state": 0}
FORMATS = ("clips.h5", "clips.zarr")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(_chunks, "CHUNK", 4)


@pytest.fixture(params=FORMATS)
def path(request, tmp_path):
    if request.param.endswith("zarr"):
        pytest.importorskip("zarr")
    return tmp_path / "new folder" / request.param


@pytest.fixture
def n_rendered(monkeypatch):
    """List that grows by one with each clip rendered in this process."""
    clips, render = [], _chunks.render_clip

    def counted(scene, row, i):
        clips.append(i)
        return render(scene, row, i)

    monkeypatch.setattr(_chunks, "render_clip", counted)
    return clips


def shoebox(**params):
    return make_shoebox(mic_positions=CIRCLE, **SHORT | params)


def assert_same(stored, clips):
    """All keys equal, bit by bit, also after opening again."""
    assert set(stored) == set(clips)
    for key, value in clips.items():
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(stored[key], value)
        elif value is None or isinstance(value, (str, float, int)):
            assert stored[key] == value
        else:
            assert_array_equal(stored[key], value)
            assert stored[key].dtype == value.dtype


MAKERS = {
    "array": shoebox,
    "rooms with names": lambda **how: shoebox(
        rooms=make_shoebox_rooms(2, random_state=0).set_axis(["hall", "office"]),
        interferer=Interferer(sir=10),
        **how,
    ),
    "tracks": lambda **how: shoebox(
        n_sources=2, duration=1.0, n_samples=5, overlap=Overlap(), **how
    ),
    "head": lambda **how: make_binaural(**SHORT | {"rooms": None} | how),
    "ambisonic": lambda **how: make_ambisonic(convention="fuma", **SHORT | how),
    "features": lambda **how: shoebox(batch_transform=make_pipeline(STFT(256), LevelMap()), **how),
}


@pytest.mark.parametrize("name", MAKERS)
def test_store_holds_what_memory_would(name, path, n_rendered):
    clips = MAKERS[name]()
    n_rendered.clear()
    stored = MAKERS[name](store=path)
    assert isinstance(stored.data, StoredArray)
    assert n_rendered == list(range(len(clips.data)))
    assert_same(stored, clips)
    assert_same(open_store(str(path)), clips)
    assert_same(MAKERS[name](store=path, n_jobs=2), clips)
    assert len(n_rendered) == len(clips.data)


KILLED = f"""
import os, signal, sys
from sslearn.datasets import make_shoebox
from sslearn.simulation import _chunks

_chunks.CHUNK = 4
render = _chunks.render_clip

def killed(scene, row, i):
    if i == 9:
        os.kill(os.getpid(), signal.SIGKILL)
    return render(scene, row, i)

_chunks.render_clip = killed
make_shoebox(mic_positions={CIRCLE.tolist()}, store=sys.argv[1], **{SHORT})
"""


def bytes_of(path):
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return {file.relative_to(path.parent): file.read_bytes() for file in files if file.is_file()}


def test_killed_half_way_goes_on(path, tmp_path, n_rendered):
    command = [sys.executable, "-c", KILLED, str(path)]
    assert subprocess.run(command, env=os.environ).returncode < 0
    with pytest.raises(ValueError, match=r"not complete: 2 of 3 chunks .* Repeat the call"):
        open_store(path)
    if path.is_dir():
        (path / "data" / "c" / "2.0123.partial").write_text("killed while it was written")
    stored = shoebox(store=path)
    assert n_rendered == [8, 9]
    assert_same(stored, shoebox())
    whole = tmp_path / "whole" / path.name
    shoebox(store=whole)
    assert bytes_of(path) == bytes_of(whole)


def test_interrupted_features_go_on(path, monkeypatch, n_rendered):
    features = STFT(256)

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    write = _store.ClipStore.write
    with monkeypatch.context() as patch:
        patch.setattr(
            _store.ClipStore,
            "write",
            lambda self, start, **parts: (interrupt if start == 8 else write)(self, start, **parts),
        )
        with pytest.raises(KeyboardInterrupt):
            shoebox(store=path, batch_transform=features)
    n_rendered.clear()
    stored = shoebox(store=path, batch_transform=features)
    # The transformer is fitted to the first chunk again.
    assert n_rendered == [0, 1, 2, 3, 8, 9]
    assert_array_equal(stored.data, features.fit_transform(shoebox().data))


@pytest.mark.parametrize(
    "other",
    [
        {"max_order": 2},
        {"random_state": 1, "noise": 20.0},
        {"n_samples": 9},
        {"batch_transform": STFT(256)},
        {"sounds": [np.ones(1600)]},
        {"placement": Placement(distances=(1.5,))},
    ],
    ids=", ".join,
)
def test_other_arguments_are_named(path, other, n_rendered):
    shoebox(store=path)
    before = bytes_of(path)
    with pytest.raises(ValueError, match=f"holds clips of other arguments: .*{[*other][-1]}"):
        shoebox(store=path, **other)
    with pytest.raises(ValueError, match="arguments: mic_positions, heads or convention"):
        make_shoebox(mic_positions=CIRCLE[:3], store=path, **SHORT)
    assert bytes_of(path) == before
    assert len(n_rendered) == 10


def test_equal_numbers_are_the_same_arguments(path, n_rendered):
    shoebox(store=path, fs=np.int64(16000))
    shoebox(store=path, fs=16000.0, n_samples=np.int64(10), duration=np.float64(0.1))
    assert len(n_rendered) == 10


def test_full_disk_is_told_before_rendering(path, n_rendered, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=10**5))
    with pytest.raises(OSError, match=r"needs 0\.3 MB, and 0\.1 MB are free\.") as info:
        shoebox(store=path)
    assert info.value.errno == errno.ENOSPC
    assert not path.exists()
    assert len(n_rendered) <= 4


def test_no_seed_no_continuation(path):
    shoebox(store=path, random_state=None)
    with pytest.raises(ValueError, match=r"arguments: random_state.* None is new in each call"):
        shoebox(store=path, random_state=None)


def test_two_writers_are_refused(path, monkeypatch):
    filelock = pytest.importorskip("filelock")
    path.parent.mkdir()
    lock, expected = filelock.FileLock(f"{path}.lock"), "being written by another process"
    with lock, pytest.raises(BlockingIOError, match=expected):
        shoebox(store=path)
    assert_same(shoebox(store=path), shoebox())


def test_silence_is_told_once_more(path):
    sounds = [np.zeros(1600)]
    for _ in range(2):
        with pytest.warns(SilenceWarning, match="sources of 10 clips are digital silence, first"):
            shoebox(sounds=sounds, store=path)


def test_what_is_no_store(tmp_path):
    with pytest.raises(ValueError, match=r"store must end in .h5 .* got .*clips.npz"):
        shoebox(store=tmp_path / "clips.npz")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["data"] = np.zeros(3)
    for call in (open_store, lambda path: shoebox(store=path)):
        with pytest.raises(ValueError, match=r"other\.h5' was not written by a generator"):
            call(tmp_path / "other.h5")


@pytest.fixture(scope="module")
def binaural():
    X, y = make_binaural(60, rooms=None, duration=0.1, random_state=0, return_X_y=True)
    return X, y[:, 0]


@pytest.fixture
def stored(path, binaural):
    """Audio, and cues, in one file."""
    X, _ = binaural
    path.parent.mkdir()
    arrays = {"audio": X, "cues": BinauralCues().fit_transform(X)}
    if path.suffix == ".zarr":
        group = pytest.importorskip("zarr").open_group(path, mode="w")
        for name, values in arrays.items():
            group.create_array(name, data=values)
    else:
        with h5py.File(path, "w") as file:
            file.update(arrays)
    return {name: StoredArray(path, name) for name in arrays}


TRAINING = {"max_epochs": 2, "random_state": 0}
LEARNERS = {
    "audio": [
        SRPPHAT([[0, 0.08, 0], [0, -0.08, 0]], batch_transform=STFT(256)),
        NeuralLocalizer(batch_transform=BinauralCues(), **TRAINING),
        make_pipeline(BinauralCues(n_jobs=2), KNeighborsLocalizer(3)),
    ],
    "cues": [
        NeuralLocalizer(n_jobs=2, **TRAINING),
        make_pipeline(SiameseEmbedding(**TRAINING), KNeighborsLocalizer(3)),
    ],
}


@pytest.mark.parametrize(
    ("kind", "learner"), [(kind, learner) for kind in LEARNERS for learner in LEARNERS[kind]]
)
def test_learning_from_a_store(kind, learner, stored, binaural):
    y, X = binaural[1], stored[kind]
    values = np.asarray(X)
    expected = clone(learner).fit(values, y).predict(values)
    assert_array_equal(clone(learner).fit(X, y).predict(X), expected)
    expected = cross_val_predict(learner, values, y, cv=2)
    assert_array_equal(cross_val_predict(learner, X, y, cv=2), expected)


def test_searches_read_no_whole_store(stored, binaural, monkeypatch):
    most, read = [], StoredArray.__array__

    def counted(self, *args, **kwargs):
        most.append(len(self))
        return read(self, *args, **kwargs)

    monkeypatch.setattr(StoredArray, "__array__", counted)
    localizer = NeuralLocalizer(batch_transform=BinauralCues(), batch_size=8, **TRAINING)
    GridSearchCV(localizer, {"lr": [1e-3, 1e-2]}, cv=2).fit(stored["audio"], binaural[1])
    assert max(most) == 8


def test_broken_samples_are_named(tmp_path, binaural):
    path, y = tmp_path / "x.h5", binaural[1]
    cues = np.ones((60, 4))
    cues[37, 2] = np.nan
    with h5py.File(path, "w") as file:
        file.update(cues=cues, whole=np.ones((8, 2), dtype=int))
    X = StoredArray(path, "cues")
    with pytest.raises(ValueError, match="NaN or infinity in sample 37"):
        NeuralLocalizer(**TRAINING).fit(X, y)
    with pytest.raises(ValueError, match=r"X has 2 features, but .* is expecting"):
        NeuralLocalizer(**TRAINING).fit(X[:30], y[:30]).predict(np.zeros((1, 2)))
    with pytest.raises(TypeError, match="float32 or float64; got dtype int64"):
        NeuralLocalizer(**TRAINING).fit(StoredArray(path, "whole"), y[:8])
