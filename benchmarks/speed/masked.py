"""Speed and memory of masked SRP-PHAT beside SRP-PHAT, in one run on one thread.

Run with ``OMP_NUM_THREADS=1 python -m benchmarks.speed.masked``. Clips are 1 s of audio; the memory
of each number of clips is measured in a process of its own, above that of the imports and one clip.
"""

import multiprocessing
import resource
from functools import partial

import numpy as np

from benchmarks.timing import timed
from sslearn import recipes
from sslearn.geometry import circular_array

FS, N_CLIPS, N_ROUNDS = 16000, 20, 7


def _localizer(name, n_mics, n_angles):
    mics = circular_array(n_mics, 0.05)
    X = np.random.default_rng(0).standard_normal((1, n_mics, FS)).astype(np.float32)
    y = [[0.0, 10.0]] if n_angles == 2 else None
    return getattr(recipes, name)(mics).fit(X, y), X


def print_ratios(n_mics, n_angles):
    """Processor time of a clip of both, and the median ratio of pairs of runs."""
    (masked, X), (plain, _) = (
        _localizer(name, n_mics, n_angles) for name in ("masked_srp_phat", "srp_phat")
    )
    X = np.repeat(X, N_CLIPS, axis=0)
    times = timed([partial(masked.predict, X), partial(plain.predict, X)], N_ROUNDS)
    ours, theirs = 1e3 * np.median(times, axis=0) / N_CLIPS
    ratio = np.median(times[:, 0] / times[:, 1])
    angles = "azimuth" if n_angles == 1 else "sphere"
    print(
        f"{n_mics} microphones, {angles:8}: masked SRP-PHAT {ours:5.1f} ms per second of audio, "
        f"SRP-PHAT {theirs:5.1f} ms, ratio {ratio:4.1f}",
        flush=True,
    )


def memory(n_clips):
    """Peak in MB beyond a first clip, of clips that are one clip again and again."""
    localizer, X = _localizer("masked_srp_phat", 8, 1)
    localizer.predict(X)
    before = _peak()
    localizer.predict(np.broadcast_to(X, (n_clips, *X.shape[1:])))
    return _peak() - before


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    """Print the figures."""
    for n_angles in (1, 2):
        for n_mics in (4, 8):
            print_ratios(n_mics, n_angles)
    for n_clips in (50, 500):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            peak = pool.apply(memory, (n_clips,))
        print(f"memory of {n_clips} clips of 8 microphones: {peak:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
