"""Memory and time of learning from stores on disk, against arrays in memory.

Run with ``python -m benchmarks.speed.store``, or ``--sizes 50 100`` (MB) for a quick look. Each
figure is measured in a process of its own: the highest resident memory above that of the imports
and of the same work on a few clips.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.model_selection import cross_val_predict

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


WORK = {work.__name__: work for work in (fit, predict, folds, cues, srp_phat)}


def measure(case):
    """Added memory in MB, and seconds."""
    work, path, where, n_clips = case
    if work is write:
        make_shoebox(FEW, **CLIP)
        args = path, n_clips
        before = _peak()
    else:
        clips = open_store(path)
        work(np.asarray(clips.data[:FEW]), clips.target[:FEW])
        before = _peak()
        args = np.asarray(clips.data) if where == "memory" else clips.data, clips.target
    start = time.process_time()
    work(*args)
    return _peak() - before, time.process_time() - start


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_process(*case):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (case,))


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.store")
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 800], help="in MB")
    parser.add_argument("--formats", nargs="+", default=["h5", "zarr"])
    parser.add_argument("--work", nargs="+", choices=[*WORK], default=[*WORK])
    parser.add_argument("--folder", default=None, help="folder of the stores")
    args = parser.parse_args()
    print("MB of clips, where, work: MB above the imports, processor seconds, clips per second")
    chosen = [WORK[name] for name in args.work]
    for size, suffix in product(args.sizes, args.formats):
        cases = [(work, suffix) for work in (write, *chosen)]
        if suffix == args.formats[0]:
            cases += [(work, "memory") for work in chosen]
        n_clips = size * 10**6 // CLIP_BYTES
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            for work, where in cases:
                path = str(Path(folder) / f"clips.{suffix}")
                added, seconds = _in_process(work, path, where, n_clips)
                print(
                    f"{size:5} {where:7} {work.__name__:9} {added:7.0f} MB {seconds:7.1f} s "
                    f"{n_clips / seconds:7.0f}/s",
                    flush=True,
                )


if __name__ == "__main__":
    main()
