"""Work on a Dask cluster of several processes, with and without the loss of one of them.

Each result must equal that of one process, bit by bit; times are seconds by the clock on the wall.
"""

import functools
import os
import signal
import threading
import time

import joblib
import numpy as np
from dask.distributed import Client, LocalCluster
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_shoebox
from sslearn.doa import SRPPHAT
from sslearn.features import STFT, BinauralCues
from sslearn.geometry import circular_array
from sslearn.neighbors import KNeighborsLocalizer

MICS = circular_array(4, 0.05)


def simulate(X, y):
    """Clips of rooms."""
    how = {"mic_positions": MICS, "rooms": 4, "duration": 0.5, "mixing_time": "auto"}
    return make_shoebox(len(X), random_state=1, **how).data


def cues(X, y):
    """Binaural cues."""
    return BinauralCues().fit_transform(X[:, :2])


def srp_phat(X, y):
    """Directions without learning."""
    return SRPPHAT(MICS, batch_transform=STFT(512)).fit(X).predict(X)


def cross_validate(X, y):
    """Predictions of five folds."""
    model = make_pipeline(BinauralCues(), KNeighborsLocalizer())
    return cross_val_predict(model, X[:, :2], y, cv=5)


def search(X, y):
    """Scores of six settings in three folds."""
    model = make_pipeline(BinauralCues(), KNeighborsLocalizer())
    grid = {"kneighborslocalizer__n_neighbors": [1, 2, 3, 5, 8, 13]}
    search = GridSearchCV(model, grid, cv=3, refit=False).fit(X[:, :2], y)
    return search.cv_results_["mean_test_score"]


WORK = (simulate, cues, srp_phat, cross_validate, search)


def kill_half_way(client, seconds, killed):
    """Kill a worker that works, some seconds after the start."""
    pids = client.run(os.getpid)
    time.sleep(seconds)
    while not killed:
        for address, tasks in client.processing().items():
            if tasks and address in pids and not killed:
                os.kill(pids[address], signal.SIGKILL)
                killed.append(address)
        time.sleep(0.01)


def on_cluster(work, X, y, n_workers, seconds=None):
    """Result, seconds, and number of workers killed ``seconds`` after the start; none if None."""
    killed = []
    with (
        LocalCluster(n_workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        joblib.parallel_config(backend="dask"),
    ):
        # Arguments of scikit-learn's tasks survive the loss of a worker if others have them too,
        # and if Dask does not remove these copies after two seconds.
        client.scatter = functools.partial(client.scatter, broadcast=True)
        client.amm.stop()
        work(X[:20], y[:20])  # the workers import what they need
        if seconds is not None:
            args = client, seconds, killed
            threading.Thread(target=kill_half_way, args=args, daemon=True).start()
        start = time.perf_counter()
        return work(X, y), time.perf_counter() - start, len(killed)


def measure(run):
    """Each kind of work in one process, on the cluster, and with the loss of a worker."""
    n_clips, n_workers = (60, 2) if run.quick else (1000, 3)
    how = {"mic_positions": MICS, "rooms": 4, "duration": 0.5, "max_order": 0, "random_state": 0}
    X, y = make_shoebox(n_clips, return_X_y=True, **how)
    for work in WORK:
        start = time.perf_counter()
        expected = work(X, y)
        alone = time.perf_counter() - start
        found, spread, _ = on_cluster(work, X, y, n_workers)
        survived, late, n_killed = on_cluster(work, X, y, n_workers, spread / 2)
        equal = np.array_equal(found, expected) and np.array_equal(survived, expected)
        figures = {"alone": alone, "cluster": spread, "with a loss": late, "killed": n_killed}
        settings = {"what": work.__name__, "n_clips": n_clips, "workers": n_workers}
        run.add(settings, figures | {"equal": equal})
