"""Speed and memory of masked SRP-PHAT beside SRP-PHAT, on clips of 1 s."""

from functools import partial

import numpy as np

from benchmarks.timing import compared, in_new_process, peak_memory
from sslearn import recipes
from sslearn.geometry import circular_array

FS, N_CLIPS, N_ROUNDS = 16000, 20, 7


def _localizer(name, n_mics, n_angles):
    mics = circular_array(n_mics, 0.05)
    X = np.random.default_rng(0).standard_normal((1, n_mics, FS)).astype(np.float32)
    y = [[0.0, 10.0]] if n_angles == 2 else None
    return getattr(recipes, name)(mics).fit(X, y), X


def memory(n_clips):
    """Peak in MB beyond a first clip, of clips that are one clip again and again."""
    localizer, X = _localizer("masked_srp_phat", 8, 1)
    localizer.predict(X)
    before = peak_memory()
    localizer.predict(np.broadcast_to(X, (n_clips, *X.shape[1:])))
    return peak_memory() - before


def measure(run):
    """Time on the circle and on the sphere, and memory."""
    n_clips, n_rounds = (2, 1) if run.quick else (N_CLIPS, N_ROUNDS)
    for n_angles, angles in ((1, "azimuth"), (2, "sphere")):
        for n_mics in (4, 8):
            (masked, X), (plain, _) = (
                _localizer(name, n_mics, n_angles) for name in ("masked_srp_phat", "srp_phat")
            )
            X = np.repeat(X, n_clips, axis=0)
            pair = partial(masked.predict, X), partial(plain.predict, X)
            settings = {"what": f"masked SRP-PHAT, {n_mics} microphones, {angles}"}
            settings["against"] = "SRP-PHAT"
            run.add(settings, compared(*pair, n_rounds, n=n_clips))
    for n_clips in (5, 50) if run.quick else (50, 500):
        settings = {"what": f"masked SRP-PHAT, added memory, {n_clips} clips of 8 microphones"}
        run.add(settings, {"memory": in_new_process(memory, n_clips), "aim": "the same"})
