"""Clips of two talkers: simulated once, kept as memory maps; through measured responses."""

from dataclasses import dataclass

import numpy as np
import soundfile

from benchmarks.accuracy._data import MissingDataError, read
from benchmarks.accuracy._speech import split_speech
from sslearn import datasets
from sslearn.geometry import circular_array
from sslearn.simulation import (
    Noise,
    Overlap,
    Placement,
    ShoeboxRooms,
    Sounds,
    Trajectories,
    simulate_responses,
)

FS = 16000
DURATION = 4  # seconds of a clip, over which its signal-to-noise ratio holds
FRAME = 0.1  # seconds of a frame of y
PART = 50  # clips rendered at a time, in as many rooms as they need
CLIPS_PER_ROOM = 5
PARTS = ("train", "validation", "test")
SNR = (-5.0, 15.0)
# The five like microphones of R3VIVAL that are closest to a plane; the reference is in front.
R3VIVAL_CHANNELS = [0, 1, 2, 3, 4]
_H = 0.0339
ARRAYS = {
    "r3vival": np.array([[0.048, 0, 0], [-0.048, 0, 0], [0, -_H, _H], [0, _H, _H], [0, -_H, -_H]]),
    "realman": np.concatenate([np.zeros((1, 3)), circular_array(4, 0.03)]),
}
# Shares of each recording of noise.
_NOISE_SHARES = {"train": (0.0, 0.7), "validation": (0.7, 0.82), "test": (0.82, 1.0)}
_PRESENT = 0.8  # share of the clips of bursts in which a source is active
_BURST_SNR = 30.0  # dB, of white noise at the microphones


@dataclass
class Clips:
    """Audio (n_clips, 5, n_times), perhaps a memory map, and tracks (n_clips, n_frames, 2, 1)."""

    X: np.ndarray
    y: np.ndarray


def read_sounds(data, seed):
    """Speech and noise of each part, no speaker and no piece of noise in two of them.

    Parameters
    ----------
    data : Path
        Folder of measured data.
    seed : int
        Seed of the draw of the speakers of validation.

    Returns
    -------
    speech, noise : dict of str to Sounds
        Sounds of each part, as long as a clip at least.
    """
    speech = {
        part: _long_enough(sounds)
        for part, sounds in split_speech(data / "speech_librispeech", seed).items()
    }
    recordings = read(datasets.load_noise, data / "noise", fs=FS).audio
    noise = {part: _cut_out(recordings, *shares) for part, shares in _NOISE_SHARES.items()}
    return speech, noise


def _long_enough(sounds):
    pairs = zip(sounds.recordings, sounds.speakers, strict=True)
    kept = [pair for pair in pairs if soundfile.info(pair[0]).duration >= DURATION]
    if not kept:
        raise MissingDataError(f"speech_librispeech must have utterances of {DURATION} s")
    recordings, speakers = zip(*kept, strict=True)
    return Sounds(list(recordings), speakers=list(speakers))


def _cut_out(recordings, start, stop):
    pieces = [r[round(start * len(r)) : round(stop * len(r))] for r in recordings]
    pieces = [piece for piece in pieces if len(piece) >= DURATION * FS]
    if not pieces:
        raise MissingDataError("noise must have recordings of half a minute")
    return Sounds(pieces)


def scene(array, part, speech, noise):
    """Arguments of ``make_shoebox`` for the clips of a part."""
    return {
        "mic_positions": ARRAYS[array],
        "n_sources": 2,
        "sounds": speech[part],
        "noise": Noise(SNR, kind="diffuse", reference="reverberant", sounds=noise[part]),
        "placement": Placement(distance_range=(0.8, 3.0)),
        "rooms": ShoeboxRooms(PART // CLIPS_PER_ROOM, t60=(0.2, 0.8)),
        "trajectories": Trajectories(moving=0.5),
        "overlap": Overlap(),
        "fs": FS,
        "duration": DURATION,
        # Most of the time goes into clips to train on; those of the tests have all reflections.
        "mixing_time": "auto" if part == "train" else None,
    }


def render(folder, array, part, n_clips, *, speech, noise, piece, seed, n_jobs):
    """Clips of a part, rendered once; a repeated call resumes where it stopped.

    Parameters
    ----------
    folder : Path
        Folder of the memory maps.
    array : {"r3vival", "realman"}
        Microphones.
    part : {"train", "validation", "test"}
        What the clips are for.
    n_clips : int
        Number of clips of 4 s.
    speech, noise : dict of str to Sounds
        What :func:`read_sounds` returns.
    piece : int
        Seconds of the pieces that the clips are cut into, each a clip in what is returned.
    seed : int
        Seed.
    n_jobs : int
        Workers.

    Returns
    -------
    clips : Clips
        The clips.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"{array}_{part}_{n_clips}_{piece}s_seed{seed}"
    n_pieces = DURATION // piece
    shapes = {
        "X": (n_clips * n_pieces, len(ARRAYS[array]), piece * FS),
        "y": (n_clips * n_pieces, round(piece / FRAME), 2, 1),
    }
    maps, done = _open_maps(stem, shapes), stem.with_suffix(".done")
    first = int(done.read_text()) if done.exists() else 0
    settings = scene(array, part, speech, noise) | {"n_jobs": n_jobs, "return_X_y": True}
    for i in range(first, -(-n_clips // PART)):
        rows = slice(i * PART * n_pieces, min((i + 1) * PART, n_clips) * n_pieces)
        n_here = (rows.stop - rows.start) // n_pieces
        own_seed = 100_000 * seed + 10_000 * PARTS.index(part) + i
        X, y = datasets.make_shoebox(n_here, **settings, random_state=own_seed)
        pieces = in_pieces(Clips(X, y), n_pieces)
        maps["X"][rows], maps["y"][rows] = pieces.X, pieces.y
        for stored in maps.values():
            stored.flush()
        done.write_text(str(i + 1))
        print(f"    {stem.name}: {min((i + 1) * PART, n_clips)} of {n_clips} clips", flush=True)
    return Clips(**_open_maps(stem, shapes, mode="r"))


def _open_maps(stem, shapes, mode="r+"):
    maps = {}
    for name, shape in shapes.items():
        path = stem.with_name(f"{stem.name}_{name}.npy")
        how = mode if path.exists() else "w+"
        kind = {"dtype": np.float32, "shape": shape} if how == "w+" else {}
        maps[name] = np.lib.format.open_memmap(path, mode=how, **kind)
    return maps


def in_pieces(clips, n_pieces):
    """Pieces of equal lengths of all clips, one after the other."""
    return Clips(_cut(clips.X, n_pieces, axis=2), _cut(clips.y, n_pieces, axis=1))


def _cut(array, n_pieces, axis):
    pieces = np.stack(np.split(array, n_pieces, axis), axis=1)
    return pieces.reshape(-1, *pieces.shape[2:])


def one_talker(y):
    """Which clips never have two talkers at a time."""
    return (~np.isnan(y[..., 0])).sum(axis=2).max(axis=1) < 2


def noise_bursts(n_clips, mic_positions, seed, duration=1):
    """Plane waves of up to two sources of noise that are switched on and off once.

    Parameters
    ----------
    n_clips : int
        Number of clips.
    mic_positions : ndarray of shape (n_mics, 3)
        Positions in metres.
    seed : int or Generator
        Seed.
    duration : int, default=1
        Seconds of a clip.

    Returns
    -------
    clips : Clips
        Audio with white noise at the microphones, and tracks.
    """
    rng = np.random.default_rng(seed)
    n_frames = round(duration / FRAME)
    directions = rng.uniform(-180, 180, (n_clips, 2, 1))
    start, stop = rng.integers(0, 4, (n_clips, 2, 1)), rng.integers(6, 11, (n_clips, 2, 1))
    tenths = np.arange(n_frames) * 10 // n_frames
    active = (tenths >= start) & (tenths < stop)
    active &= rng.random((n_clips, 2, 1)) < _PRESENT
    sounds = rng.standard_normal((n_clips, 2, duration * FS))
    sounds *= np.repeat(active, round(FRAME * FS), axis=2)
    X, _ = datasets.make_plane_waves(
        n_clips,
        mic_positions=mic_positions,
        sounds=sounds,
        n_sources=2,
        directions=directions,
        snr=_BURST_SNR,
        fs=FS,
        duration=duration,
        random_state=int(rng.integers(2**31)),
        return_X_y=True,
    )
    return Clips(X, np.where(active, directions, np.nan).swapaxes(1, 2)[..., None])


def measured(data, n_clips, *, speech, noise, seed):
    """Two talkers at rest through the measured responses of R3VIVAL, mixed like simulated ones.

    Parameters
    ----------
    data : Path
        Folder of measured data.
    n_clips : int
        Number of clips, spread evenly over the three absorptions of the room.
    speech, noise : dict of str to Sounds
        What :func:`read_sounds` returns.
    seed : int
        Seed.

    Returns
    -------
    clips : Clips
        The clips.
    """
    responses = read(datasets.load_r3vival, data / "r3vival", fs=FS)
    X, y = simulate_responses(
        responses.rirs[:, R3VIVAL_CHANNELS],
        responses.target[:, 0],
        n_clips,
        groups=responses.metadata["absorption"],
        sounds=speech["test"],
        overlap=Overlap(),
        noise=Noise(SNR, kind="diffuse", sounds=noise["test"]),
        mic_positions=ARRAYS["r3vival"],
        fs=FS,
        duration=DURATION,
        random_state=seed,
        return_X_y=True,
    )
    return Clips(X, y)
