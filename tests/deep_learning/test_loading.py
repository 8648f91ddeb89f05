"""Mini-batches made by threads, and the memory that raw audio takes."""

import threading
import time
import tracemalloc

import numpy as np
import pytest
from sklearn import config_context, get_config
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline

from sslearn.deep_learning import NeuralLocalizer
from sslearn.deep_learning._loading import made_ahead
from sslearn.encoding import UnbiasedEncoding
from sslearn.features import STFT, PhaseMap
from sslearn.networks import PNN

PHASES = make_pipeline(STFT(64, hop_length=64), PhaseMap(drop_dc=True))


def make_audio(n_samples, n_times=512):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_samples, 4, n_times), dtype=np.float32)
    return X, rng.uniform(-180, 180, n_samples)


def fast(**params):
    fixed = {"encoding": UnbiasedEncoding(), "loss": "mse", "activation": None, "max_epochs": 2}
    fixed |= {"batch_transform": PHASES, "batch_size": 8, "random_state": 0, "device": "cpu"}
    return NeuralLocalizer(PNN(2, hidden_layer_sizes=(8,)), **fixed | params)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_order_is_kept_whoever_is_first(n_threads):
    def make(part):
        time.sleep(0.002 * (part % 3))
        return part

    assert list(made_ahead(make, range(12), n_threads)) == list(range(12))
    assert list(made_ahead(make, [], n_threads)) == []


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_threads_are_one_part_ahead_each(n_threads):
    begun = []
    for i, _ in enumerate(made_ahead(begun.append, range(20), n_threads)):
        time.sleep(0.002)
        ahead = 0 if n_threads == 1 else n_threads
        assert len(begun) <= i + 1 + ahead
    assert len(begun) == 20


def test_parts_are_made_while_one_is_used():
    begun = threading.Event()

    def make(part):
        if part:
            begun.set()

    parts = made_ahead(make, range(3), 2)
    next(parts)
    assert begun.wait(timeout=5)


def test_threads_have_the_configuration_of_scikit_learn():
    def make(part):
        return get_config()["working_memory"]

    with config_context(working_memory=7):
        assert set(made_ahead(make, range(4), 2)) == {7}


@pytest.mark.parametrize("kind", ["array", "list", "map"])
def test_threads_change_no_result(kind, tmp_path):
    X, y = make_audio(41)
    if kind == "map":
        np.save(tmp_path / "clips.npy", X)
        X = np.load(tmp_path / "clips.npy", mmap_mode="r")
    clips = list(X) if kind == "list" else X
    alone, several = (fast(n_jobs=n_jobs).fit(clips, y) for n_jobs in (None, 3))
    np.testing.assert_array_equal(alone.history_["valid_error"], several.history_["valid_error"])
    np.testing.assert_array_equal(alone.predict(clips), several.predict(clips))


class _Refusing(BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        if np.isnan(X).any():
            raise ValueError("these clips are broken")
        return X

    def __sklearn_is_fitted__(self):
        return True


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_errors_of_threads_are_heard(n_jobs):
    X, y = make_audio(40)
    X[20] = np.nan
    n_threads = threading.active_count()
    with pytest.raises(ValueError, match="these clips are broken"):
        fast(batch_transform=make_pipeline(_Refusing(), *PHASES), n_jobs=n_jobs).fit(X, y)
    assert threading.active_count() <= n_threads


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_memory_does_not_grow_with_the_clips(n_jobs, tmp_path):
    X, y = make_audio(100, 16384)
    np.save(tmp_path / "clips.npy", X)
    transform = make_pipeline(STFT(64, hop_length=2048), PhaseMap(drop_dc=True))
    localizer = fast(max_epochs=1, n_jobs=n_jobs, batch_transform=transform)
    localizer.fit(X[:9], y[:9])  # what is imported on the way
    peaks = []
    for n_clips in (25, 100):
        clips = np.load(tmp_path / "clips.npy", mmap_mode="r")[:n_clips]
        tracemalloc.start()
        localizer.fit(clips, y[:n_clips]).predict(clips)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The targets, and how far ahead the threads were; a copy of the clips would be all of it.
    assert peaks[1] - peaks[0] < 0.3 * X[25:].nbytes
