"""Learning test: IPDnet2 tiny on noise bursts without a room, 500 steps."""

import shutil

import numpy as np

from benchmarks.accuracy.multi_source.data import ARRAYS, FRAME, FS, Clips
from benchmarks.accuracy.multi_source.detection import figures, find_sources
from benchmarks.accuracy.multi_source.systems import thresholds, trained
from benchmarks.accuracy.multi_source.training import Budget, train
from sslearn.datasets import make_plane_waves

BATCH_SIZE = 8
STEPS_PER_ROUND = 100
N_EVALUATED = 64
_PRESENT = 0.8  # share of the clips in which a source is heard
_SNR = 30.0  # dB, of white noise at the microphones


def noise_bursts(n_clips, mic_positions, seed):
    """Plane waves of up to two sources that are switched on and off once, clips of 1 s.

    Parameters
    ----------
    n_clips : int
        Number of clips.
    mic_positions : ndarray of shape (n_mics, 3)
        Positions in metres.
    seed : int
        Seed.

    Returns
    -------
    clips : Clips
        Audio with white noise at the microphones, and tracks.
    """
    rng = np.random.default_rng(seed)
    n_frames = round(1 / FRAME)
    directions = rng.uniform(-180, 180, (n_clips, 2, 1))
    start, stop = rng.integers(0, 4, (n_clips, 2, 1)), rng.integers(6, 11, (n_clips, 2, 1))
    active = (np.arange(n_frames) >= start) & (np.arange(n_frames) < stop)
    active &= rng.random((n_clips, 2, 1)) < _PRESENT
    sounds = rng.standard_normal((n_clips, 2, FS)) * np.repeat(active, round(FRAME * FS), axis=2)
    X, _ = make_plane_waves(
        n_clips,
        mic_positions=mic_positions,
        sounds=sounds,
        n_sources=2,
        directions=directions,
        snr=_SNR,
        fs=FS,
        duration=1.0,
        random_state=seed,
        return_X_y=True,
    )
    return Clips(X, np.where(active, directions, np.nan).swapaxes(1, 2)[..., None])


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
