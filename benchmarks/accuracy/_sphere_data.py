"""Clips of the benchmark on the sphere: simulated once, kept as memory maps of audio."""

import shutil
from dataclasses import dataclass

import numpy as np

from sslearn import datasets
from sslearn.simulation import Interferer, Noise

FS = 16000
PARTS = ("train", "test")
CONDITIONS = ("clean", "diffuse", "interferer")
CLIPS_PER_ROOM = 8


@dataclass
class Clips:
    """Audio (n_clips, 4, n_times) as a memory map, directions (n_clips, 2), conditions."""

    X: np.ndarray
    y: np.ndarray
    condition: np.ndarray


def render(folder, part, n_clips, *, speech, noise, seed, n_jobs):
    """Clips of all conditions, a third each, in random order; rendered once.

    Parameters
    ----------
    folder : Path
        Folder of the memory maps.
    part : {"train", "test"}
        What the clips are for; each part has its own speakers and rooms.
    n_clips : int
        Number of clips; divisible by 3.
    speech : Sounds
        The speech of the part.
    noise : list of ndarray
        What the localized interferer sounds like.
    seed : int
        Seed.
    n_jobs : int
        Workers.

    Returns
    -------
    clips : Clips
        The clips.
    """
    audio = folder / f"{part}_{n_clips}_seed{seed}.npy"
    labels = audio.with_suffix(".npz")
    if not labels.exists():
        _render(audio, labels, part, n_clips, speech, noise, seed, n_jobs)
    with np.load(labels) as stored:
        return Clips(np.load(audio, mmap_mode="r"), stored["y"], stored["condition"])


def _render(audio, labels, part, n_clips, speech, noise, seed, n_jobs):
    audio.parent.mkdir(parents=True, exist_ok=True)
    parts = audio.parent / f"parts_{audio.stem}"
    n_each = n_clips // len(CONDITIONS)
    sounds = {
        "clean": {},
        "diffuse": {"noise": Noise((0, 20), kind="diffuse", sounds=speech)},
        "interferer": {"interferer": Interferer(noise, sir=(0, 20))},
    }
    order = np.random.default_rng(seed).permutation(n_each * len(CONDITIONS))
    X, y = None, np.empty((len(order), 2))
    for i, condition in enumerate(CONDITIONS):
        clips, target = datasets.make_ambisonic(
            n_each,
            **sounds[condition],
            sounds=speech,
            rooms=max(2, n_each // CLIPS_PER_ROOM),
            fs=FS,
            memory=str(parts),
            n_jobs=n_jobs,
            random_state=1000 * seed + 10 * PARTS.index(part) + i,
            verbose=1,
            return_X_y=True,
        )
        if X is None:
            shape = (len(order), *clips.shape[1:])
            X = np.lib.format.open_memmap(audio, mode="w+", dtype=np.float32, shape=shape)
        rows = order[i * n_each : (i + 1) * n_each]
        X[rows], y[rows] = clips, target
    X.flush()
    condition = np.repeat(CONDITIONS, n_each)[np.argsort(order)]
    # The last to be written: where it is, the audio is whole.
    np.savez(labels, y=y, condition=condition)
    shutil.rmtree(parts)
