"""Work that joblib spreads over a Dask cluster, which loses a worker half way."""

import functools
import os
import signal
import threading
import time
from contextlib import contextmanager

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_shoebox
from sslearn.doa import SRPPHAT
from sslearn.features import STFT, BinauralCues
from sslearn.geometry import circular_array
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.utils import run_parallel

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")

CIRCLE = circular_array(4, 0.05)


@pytest.fixture(scope="module")
def client():
    workers = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        # A new process is started much faster than by "spawn".
        dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}),
        distributed.LocalCluster(**workers) as cluster,
        distributed.Client(cluster) as client,
    ):
        # What scikit-learn gives to many tasks must not be lost with the one worker that has it.
        client.scatter = functools.partial(client.scatter, broadcast=True)
        yield client


@contextmanager
def dying_worker(client):
    """Kill the first worker that works."""
    client.wait_for_workers(2, timeout=300)  # a busy machine starts them slowly
    pids, killed, over = client.run(os.getpid), [], threading.Event()

    def kill():
        while not over.is_set() and not killed:
            for address, tasks in client.processing().items():
                if tasks and not killed:
                    os.kill(pids[address], signal.SIGKILL)
                    killed.append(address)
            time.sleep(0.01)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert killed, "the work was done before a worker could be killed"


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((160, 4, 8000), dtype=np.float32)
    return X, rng.uniform(-180, 180, len(X))


def simulate(X, y):
    return make_shoebox(
        12, mic_positions=CIRCLE, rooms=2, duration=0.2, batch_transform=STFT(256), random_state=0
    ).data


def transform(X, y):
    return BinauralCues().fit_transform(X[:, :2])


def localize(X, y):
    return SRPPHAT(CIRCLE, batch_transform=STFT(512)).fit(X).predict(X)


def predict(X, y):
    # The cues of each fold are no work for the cluster again.
    model = make_pipeline(BinauralCues(), KNeighborsLocalizer(3))
    return cross_val_predict(model, X[:, :2], y, cv=3)


def search(X, y):
    model = make_pipeline(BinauralCues(), KNeighborsLocalizer())
    grid = {"kneighborslocalizer__n_neighbors": [1, 3]}
    search = GridSearchCV(model, grid, cv=2).fit(X[:, :2], y)
    return np.append(search.cv_results_["mean_test_score"], search.predict(X[:9, :2]))


@pytest.mark.parametrize("work", [simulate, transform, localize, predict, search])
def test_killed_worker_changes_nothing(work, client, clips, monkeypatch):
    monkeypatch.setattr("sslearn.simulation._chunks.CHUNK", 2)
    expected = work(*clips)
    with joblib.parallel_config(backend="dask"), dying_worker(client):
        found = work(*clips)
    assert_array_equal(found, expected)


def test_cache_and_store_of_a_cluster(client, tmp_path, monkeypatch):
    monkeypatch.setattr("sslearn.simulation._chunks.CHUNK", 2)
    params = {"mic_positions": CIRCLE, "rooms": 1, "duration": 0.1, "max_order": 1}
    params |= {"random_state": 0, "n_samples": 5}
    expected = make_shoebox(**params).data
    with joblib.parallel_config(backend="dask"):
        for _ in range(2):
            found = make_shoebox(memory=tmp_path / "cache", **params).data
            assert_array_equal(found, expected)
        stored = make_shoebox(store=tmp_path / "clips.h5", **params).data
        # A worker gets the path, and reads its part.
        localizer = SRPPHAT(CIRCLE, batch_transform=STFT(256)).fit(stored)
        assert_array_equal(localizer.predict(stored), localizer.predict(expected))
    assert len(list((tmp_path / "cache").rglob("output.pkl"))) == 3


def _working_memory():
    from sklearn import get_config

    return get_config()["working_memory"]


@pytest.mark.parametrize("backend", ["dask", "loky", "threading"])
def test_workers_have_the_configuration(backend, client):
    calls = [functools.partial(_working_memory)] * 2
    with config_context(working_memory=17), joblib.parallel_config(backend=backend, n_jobs=2):
        assert run_parallel(calls) == [17, 17]


@pytest.mark.parametrize("work", [simulate, transform, localize])
def test_processes_change_nothing(work, clips, monkeypatch):
    monkeypatch.setattr("sslearn.simulation._chunks.CHUNK", 2)
    X, y = clips[0][:20], clips[1][:20]
    with joblib.parallel_config(backend="loky", n_jobs=2):
        found = work(X, y)
    assert_array_equal(found, work(X, y))
