"""Clips: simulated once and kept as memory maps, or of measured responses."""

import shutil
from dataclasses import dataclass

import numpy as np
from joblib import Memory, Parallel, delayed
from scipy.signal import fftconvolve

from benchmarks.accuracy._data import read
from benchmarks.accuracy._speech import FS
from sslearn import datasets
from sslearn.geometry import angles_to_unit_vectors, circular_array

_PART = 500  # clips rendered at a time
# Four of the six equal microphones of R3VIVAL, counter-clockwise from the front. Two of them are
# 3.4 cm above the centre, which does not matter for sources at its height.
_R3VIVAL_MICS = [0, 3, 1, 2]
_POLIMI_STEP = 3  # every third microphone: 9 cm
# At this rate a delay over 9 cm is as many samples as one over the 8 cm of L1 at 16 kHz.
_POLIMI_FS = round(FS * 8 / 9)
_POLIMI_NEAREST = 0.6  # metres; nearer sources reach the four microphones from several directions


@dataclass
class Clips:
    """Audio (n_clips, 4, n_times), mostly a memory map, and directions laid out like ``y``."""

    X: np.ndarray
    y: np.ndarray


def preset(name):
    """Arguments of ``make_shoebox``: a preset, or one with the microphones of a measured array."""
    if name == "R3VIVAL":
        mics = _r3vival_positions()
        return datasets.shoebox_preset("C1") | {"mic_positions": mics}
    return datasets.shoebox_preset(name)


def _r3vival_positions():
    ring = circular_array(4, 0.048)
    ring[1::2, 1] = 0.0339 * np.sign(ring[1::2, 1])
    ring[1::2, 2] = 0.0339
    return ring


def render(folder, name, part, n_clips, *, speech, duration, kept, n_pieces, seed, n_jobs):
    """Clips of a preset, rendered once.

    Parameters
    ----------
    folder : Path
        Folder of the memory maps.
    name : str
        Preset.
    part : {"train", "validation", "test"}
        What the clips are for; each part has its own speakers and rooms.
    n_clips : int
        Number of clips.
    speech : dict
        What :func:`benchmarks.accuracy._speech.split_speech` returns.
    duration : float
        Seconds of a clip, over which its signal-to-noise ratio holds.
    kept : float
        Seconds of a piece that is kept of a clip, speech or pause.
    n_pieces : int
        Pieces of each clip, each of which is returned as a clip: one at random in each of as many
        equal spans.
    seed : int
        Seed.
    n_jobs : int
        Workers.

    Returns
    -------
    clips : Clips
        The clips.
    """
    times = f"{n_pieces}x" * (n_pieces > 1) + f"{kept:g}of{duration:g}s"
    stem = f"{name}_{part}_{n_clips}_{times}_seed{seed}"
    audio, target = folder / f"{stem}.npy", folder / f"{stem}_y.npy"
    if not target.exists():
        pieces = n_pieces, round(kept * FS)
        _render(audio, target, name, part, n_clips, speech[part], pieces, duration, seed, n_jobs)
    return Clips(np.load(audio, mmap_mode="r"), np.load(target))


def _render(audio, target, name, part, n_clips, speech, pieces, duration, seed, n_jobs):
    audio.parent.mkdir(parents=True, exist_ok=True)
    parts = audio.parent / f"parts_{audio.stem}"
    n_pieces, n_kept = pieces
    X = np.lib.format.open_memmap(
        audio, mode="w+", dtype=np.float32, shape=(n_clips * n_pieces, 4, n_kept)
    )
    scene = preset(name) | {"sounds": speech, "duration": duration}
    order = ("train", "validation", "test").index(part)
    starts = range(0, n_clips, _PART)
    # Each part uses a hundred rooms of its own. Parts are kept until all are rendered.
    pieces_of_part = Memory(parts, verbose=0).cache(_pieces_of_part)
    rendered = Parallel(n_jobs, return_as="generator")(
        delayed(pieces_of_part)(min(_PART, n_clips - start), scene, pieces, [seed, order, i])
        for i, start in enumerate(starts)
    )
    y = []
    for start, (clips, there) in zip(starts, rendered, strict=True):
        print(f"    {audio.stem}: {start} of {n_clips} clips", flush=True)
        X[start * n_pieces : start * n_pieces + len(clips)] = clips
        y.append(there)
    X.flush()
    # Written last: where it exists, the audio is complete.
    np.save(target, np.concatenate(y))
    shutil.rmtree(parts)


def _pieces_of_part(n_clips, scene, pieces, seeds):
    seed, order, i = seeds
    clips, y = datasets.make_shoebox(
        n_clips, **scene, random_state=100_000 * seed + 10_000 * order + i, return_X_y=True
    )
    n_pieces, n_kept = pieces
    span = clips.shape[2] // n_pieces
    first = np.random.default_rng(seeds).integers(span - n_kept + 1, size=(n_clips, n_pieces))
    first += span * np.arange(n_pieces)
    kept = [clip[:, j : j + n_kept] for clip, js in zip(clips, first, strict=True) for j in js]
    return np.stack(kept), np.repeat(y, n_pieces, axis=0)


def measured(data, name, speech, *, duration, n_repeats):
    """Speech of the test speakers through measured responses, without noise.

    Parameters
    ----------
    data : Path
        Folder of measured data.
    name : {"R3VIVAL", "L1"}
        Preset, one of ``RESPONSES``.
    speech : dict
        What :func:`benchmarks.accuracy._speech.split_speech` returns.
    duration : float
        Seconds of a clip.
    n_repeats : int
        Clips for each response.

    Returns
    -------
    clips : Clips
        60 x n_repeats clips of R3VIVAL (20 places, three settings of the walls), or 81 x n_repeats
        clips of a line in Milano for L1 (six sources, 23 places of four microphones along the
        line; pairs that are at least 0.6 m apart).
    """
    rirs, y = RESPONSES[name](data)
    recordings = [_read(path) for path in speech["test"].recordings]
    n_times = round(duration * FS)
    X = np.empty((len(rirs) * n_repeats, 4, n_times), dtype=np.float32)
    for i, clip in enumerate(X):
        # From 1 s on, after the pause at the beginning.
        dry = recordings[i % len(recordings)][FS : FS + n_times]
        clip[:] = fftconvolve(dry[None], rirs[i // n_repeats], axes=-1)[:, :n_times]
    return Clips(X, np.repeat(y, n_repeats))


def _read(path):
    import soundfile

    return soundfile.read(path, dtype="float32")[0]


def _r3vival(data):
    responses = read(datasets.load_r3vival, data / "r3vival", fs=FS)
    return responses.rirs[:, _R3VIVAL_MICS], responses.target[:, 0]


def _milano(data):
    """Directions from the centre of each place of four microphones along the line."""
    responses = read(datasets.load_polimi_ula_rir, data / "polimi_ula_rir", fs=_POLIMI_FS)
    sources = responses.target[:, 2:] * angles_to_unit_vectors(responses.target[:, :2])
    mics, rirs, y = responses.mic_positions, [], []
    for first in range(len(mics) - 3 * _POLIMI_STEP):
        places = first + _POLIMI_STEP * np.arange(4)
        seen = sources - mics[places].mean(axis=0)
        seen_from_afar = np.linalg.norm(seen, axis=1) >= _POLIMI_NEAREST
        rirs.append(responses.rirs[seen_from_afar][:, places])
        y.append(np.rad2deg(np.arctan2(seen[:, 1], seen[:, 0]))[seen_from_afar])
    return np.concatenate(rirs), np.concatenate(y)


# Measured responses that fit the array of a preset.
RESPONSES = {"R3VIVAL": _r3vival, "L1": _milano}
