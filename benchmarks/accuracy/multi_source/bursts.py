"""Learning test: IPDnet2 tiny on noise bursts without a room."""

import shutil

import numpy as np

from benchmarks.accuracy._torch import set_up_torch
from benchmarks.accuracy.multi_source.data import ARRAYS, Clips, noise_bursts
from benchmarks.accuracy.multi_source.detection import find_sources, pooled
from benchmarks.accuracy.multi_source.systems import thresholds, trained
from benchmarks.accuracy.multi_source.training import Budget, train

_BATCH_SIZE = 8
_STEPS_PER_ROUND = 100
_N_EVALUATED = 64


def bursts(run):
    """IPDnet2 tiny learns noise bursts without a room."""
    args, system = run.args, "ipdnet2_tiny"
    set_up_torch(args.threads, "full")
    mics, folder = ARRAYS["realman"], args.cache / "bursts"
    shutil.rmtree(folder, ignore_errors=True)
    round_size = min(_STEPS_PER_ROUND, args.steps) * _BATCH_SIZE
    # Made in parts: their sounds take several times the memory of the clips.
    parts = []
    for start in range(0, args.steps * _BATCH_SIZE, round_size):
        part = noise_bursts(round_size, mics, [args.seed, start])
        parts.append((part.X.astype(np.float32), part.y))
    clips = Clips(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    evaluated = noise_bursts(min(_N_EVALUATED, len(clips.X)), mics, args.seed + 1)
    budget = Budget(
        epochs=1.0,
        hours=24.0,
        round_size=round_size,
        bursts_first=0,
        single_first=0,
        lr=1e-3,
        batch_size=_BATCH_SIZE,
        schedule="constant",
    )
    # A step at almost no learning rate: fit reports the loss after its first epoch.
    start = trained(system, mics).set_params(
        lr=1e-12, max_epochs=1, random_state=args.seed, training__monitor="valid_loss"
    )
    start.fit(clips.X[:2], clips.y[:2], X_val=evaluated.X, y_val=evaluated.y)
    localizer, curve = train(
        trained(system, mics), clips, evaluated, budget=budget, folder=folder, seed=args.seed
    )
    tracks = find_sources(localizer, evaluated.X).tracks(thresholds(system)[1])
    losses = {"loss before": float(start.history_["valid_loss"][0])}
    losses["loss after"] = curve[-1]["valid_loss"]
    run.add({"system": system}, losses | pooled(evaluated.y, tracks))
