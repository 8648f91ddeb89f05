"""Work that joblib spreads over a Dask cluster, which loses a worker half way."""

import contextlib
import functools
import importlib
import os
import signal
import sys

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context, get_config
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
cloudpickle = pytest.importorskip("cloudpickle")
# Workers cannot import the tests.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

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
        client.amm.stop()
        yield client


def _arm(owner, name, note):
    """Make a function of a module, or of a class of it, kill the first process that calls it.

    The process has then worked, but its result is not known to any other.
    """
    module, _, kind = owner.partition(":")
    place = importlib.import_module(module)
    place = getattr(place, kind) if kind else place
    function = getattr(place, name)

    @functools.wraps(function)
    def deadly(*args, **kwargs):
        result = function(*args, **kwargs)
        with contextlib.suppress(FileExistsError):
            note.touch(exist_ok=False)
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(place, name, deadly)


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


# Each with what a worker does in it.
WORK = [
    (simulate, "sslearn.simulation._chunks", "_render_chunk"),
    (transform, "sslearn.features:BinauralCues", "_cues"),
    (localize, "sslearn.doa._base:SpectrumLocalizer", "_apply_each"),
    (predict, "sslearn.neighbors:KNeighborsLocalizer", "predict"),
    (search, "sslearn.neighbors:KNeighborsLocalizer", "predict"),
]


@pytest.mark.parametrize(("work", "owner", "name"), WORK)
def test_killed_worker_changes_nothing(work, owner, name, client, clips, monkeypatch, tmp_path):
    monkeypatch.setattr("sslearn.simulation._chunks.CHUNK", 2)
    expected, note = work(*clips), tmp_path / "killed"
    client.wait_for_workers(2)
    client.run(_arm, owner, name, note)
    with joblib.parallel_config(backend="dask"):
        found = work(*clips)
    assert note.exists()
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


@pytest.mark.parametrize("backend", ["dask", "loky", "threading"])
def test_workers_have_the_configuration(backend, client):
    with config_context(working_memory=17), joblib.parallel_config(backend=backend, n_jobs=2):
        found = run_parallel([get_config] * 2)
    assert [config["working_memory"] for config in found] == [17, 17]


@pytest.mark.parametrize("work", [simulate, transform, localize])
def test_processes_change_nothing(work, clips, monkeypatch):
    monkeypatch.setattr("sslearn.simulation._chunks.CHUNK", 2)
    X, y = clips[0][:20], clips[1][:20]
    with joblib.parallel_config(backend="loky", n_jobs=2):
        found = work(X, y)
    assert_array_equal(found, work(X, y))
