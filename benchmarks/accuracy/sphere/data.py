"""Clips on the sphere, simulated once and kept as memory maps, and the errors on them."""

import shutil
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy._data import read
from benchmarks.accuracy._speech import split_speech
from sslearn import datasets
from sslearn.geometry import great_circle_distance
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

    def figures(self, directions):
        """Figures of predictions, for all clips and for each condition.

        Parameters
        ----------
        directions : ndarray of shape (n_clips, 2)
            Predicted azimuths and elevations in degrees.

        Yields
        ------
        condition : str
            ``"all"``, or one of the conditions.
        figures : dict of str to float
            Shares of the great-circle errors below 5, 10 and 15 degrees in percent; their mean,
            half the width of its 95 % confidence interval, and median in degrees.
        """
        errors = great_circle_distance(directions, self.y)
        for condition in ("all", *CONDITIONS):
            part = errors[(condition == "all") | (self.condition == condition)]
            figures = {f"below {limit}": 100 * np.mean(part < limit) for limit in (5, 10, 15)}
            margin = 1.96 * part.std(ddof=1) / len(part) ** 0.5
            figures |= {"mean": part.mean(), "margin": margin, "median": np.median(part)}
            yield condition, figures


def read_sounds(data, seed=0):
    """Speech by part, no speaker in two of them, and the recordings of noise."""
    speech = split_speech(data / "speech_librispeech", seed)
    return speech, list(read(datasets.load_noise, data / "noise", fs=FS).audio)


def render(folder, part, n_clips, *, speech, noise, seed, n_jobs):
    """Clips of all conditions, a third each, in random order; rendered once.

    Parameters
    ----------
    folder : Path
        Folder of the memory maps.
    part : {"train", "test"}
        What the clips are for; each part uses its own rooms.
    n_clips : int
        Number of clips; divisible by 3.
    speech : Sounds
        The speech of the part.
    noise : list of ndarray
        Sounds of the localized interferer.
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
    # The last file to be written: where it exists, the audio is complete.
    np.savez(labels, y=y, condition=condition)
    shutil.rmtree(parts)
