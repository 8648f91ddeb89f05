"""Memory and time of learning from stores on disk, beside arrays in memory.

Each figure is measured in a process of its own: the highest resident memory above that of the
imports and of the same work on a few clips, and clips of 0.5 s per processor second.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.model_selection import cross_val_predict

from benchmarks.timing import in_new_process, peak_memory
from sslearn.datasets import make_shoebox, open_store
from sslearn.deep_learning import NeuralLocalizer
from sslearn.doa import SRPPHAT
from sslearn.features import STFT, BinauralCues

EARS = [[0, 0.09, 0], [0, -0.09, 0]]
CLIP = {"mic_positions": EARS, "duration": 0.5, "rooms": 4, "max_order": 0, "random_state": 0}
CLIP_BYTES = 4 * 2 * 8000
FEW = 64
NETWORK = NeuralLocalizer(batch_transform=BinauralCues(), max_epochs=1, random_state=0)


def write(path, n_clips):
    """Simulate into a store; it is as fast as the simulation."""
    return make_shoebox(n_clips, store=path, **CLIP)


def fit(X, y):
    """Train for one epoch, in shuffled mini-batches of 32."""
    return NETWORK.fit(X, y)


def predict(X, y):
    """Predict with a network that is trained on a few clips."""
    return NETWORK.fit(X[:FEW], y[:FEW]).predict(X)


def folds(X, y):
    """Train and predict in two folds."""
    return cross_val_predict(NETWORK, X, y, cv=2)


def cues(X, y):
    """Compute cues."""
    return BinauralCues().fit_transform(X)


def srp_phat(X, y):
    """Localize without learning."""
    return SRPPHAT(EARS, batch_transform=STFT(512)).fit(X).predict(X)


WORK = {work.__name__: work for work in (write, fit, predict, folds, cues, srp_phat)}
SUFFIXES = ("h5", "zarr")


def cost(name, path, where, n_clips):
    """Added memory in MB, and seconds."""
    work = WORK[name]
    if work is write:
        make_shoebox(FEW, **CLIP)
        args = path, n_clips
        before = peak_memory()
    else:
        clips = open_store(path)
        work(np.asarray(clips.data[:FEW]), clips.target[:FEW])
        before = peak_memory()
        args = np.asarray(clips.data) if where == "memory" else clips.data, clips.target
    start = time.process_time()
    work(*args)
    return peak_memory() - before, time.process_time() - start


def measure(run):
    """Each kind of work on each kind of store, of two sizes in MB."""
    for size in (5, 10) if run.quick else (200, 800):
        n_clips = size * 10**6 // CLIP_BYTES
        for suffix in SUFFIXES:
            cases = [(name, suffix) for name in WORK]
            if suffix == SUFFIXES[0]:
                cases += [(name, "memory") for name in WORK if name != "write"]
            with tempfile.TemporaryDirectory() as folder:
                path = str(Path(folder) / f"clips.{suffix}")
                for name, where in cases:
                    memory, seconds = in_new_process(cost, name, path, where, n_clips)
                    figures = {"memory": memory, "rate": n_clips / seconds}
                    run.add({"what": name, "where": where, "size": size}, figures)
