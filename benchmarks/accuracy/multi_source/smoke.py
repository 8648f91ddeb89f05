"""Learning test: IPDnet2 tiny on noise bursts without a room, 500 steps."""

import shutil

from benchmarks.accuracy.multi_source.data import ARRAYS, noise_bursts
from benchmarks.accuracy.multi_source.detection import figures, find_sources
from benchmarks.accuracy.multi_source.systems import thresholds, trained
from benchmarks.accuracy.multi_source.training import Budget, train

BATCH_SIZE = 8
STEPS_PER_ROUND = 100
N_EVALUATED = 64


def learn(n_steps, *, seed, cache):
    """Train from scratch, and print the loss of clips of another seed after each round.

    Parameters
    ----------
    n_steps : int
        Batches.
    seed : int
        Seed.
    cache : Path
        Folder of the state.

    Returns
    -------
    curve : list of dict
        Rows of the curve.
    """
    mics, folder = ARRAYS["realman"], cache / "smoke"
    shutil.rmtree(folder, ignore_errors=True)
    clips = noise_bursts(n_steps * BATCH_SIZE, mics, seed)
    evaluated = noise_bursts(N_EVALUATED, mics, seed + 1)
    budget = Budget(
        epochs=1.0,
        hours=24.0,
        round_size=min(STEPS_PER_ROUND, n_steps) * BATCH_SIZE,
        bursts_first=0,
        single_first=0,
        lr=1e-3,
        batch_size=BATCH_SIZE,
        schedule="constant",
    )
    # A step at almost no learning rate: fit reports the loss after its first epoch.
    start = trained("ipdnet2_tiny", mics).set_params(
        lr=1e-12, max_epochs=1, random_state=seed, training__monitor="valid_loss"
    )
    start.fit(clips.X[:2], clips.y[:2], X_val=evaluated.X, y_val=evaluated.y)
    print(f"loss before training {start.history_['valid_loss'][0]:.4f}", flush=True)
    localizer = trained("ipdnet2_tiny", mics)
    localizer, curve = train(localizer, clips, evaluated, budget=budget, folder=folder, seed=seed)
    found = find_sources(localizer, evaluated.X)
    for name, value in figures(evaluated.y, found.tracks(thresholds("ipdnet2_tiny")[1])).items():
        print(f"{name} {value:.2f}", flush=True)
    return curve
