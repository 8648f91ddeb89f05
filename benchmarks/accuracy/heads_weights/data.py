"""Which heads are for training and for tests, and the cues of their clips."""

from functools import partial

import numpy as np

from benchmarks.accuracy._data import read
from benchmarks.accuracy.heads_weights.clips import (
    FS,
    Cues,
    cues,
    diffuse_mixing,
    ear_frame,
    resized,
    responses,
    turned,
)
from sslearn import datasets
from sslearn.simulation import Sounds

LEVELS = (0, 10, 30)  # dB, of the noise in tests
SNR = (0.0, 30.0)
ELEVATIONS = {"training": (-45, 90), "tests": (-45, 45)}
_MANIKINS = ("021", "165")
_SCALES = (0.94, 1.06)  # of a head
_DURATIONS = (0.5, 2.0)  # seconds


def training_heads(data):
    """Loaders of the heads to train on, by name: those whose licence suits any use."""
    others = {*new_heads(data), *held_out_heads(data)}
    kemar, ku100 = datasets.load_mit_kemar, datasets.load_sadie_ku100
    heads = {f"cipic {s}": _loader(data, s) for s in [*_people(data), *_MANIKINS]}
    heads = {name: load for name, load in heads.items() if name not in others}
    heads |= {f"mit_kemar {p}": partial(kemar, data / "mit_kemar", p) for p in ("normal", "large")}
    return heads | {"sadie_ku100": partial(ku100, data / "sadie_ku100")}


def new_heads(data):
    """Loaders of the heads of CIPIC that are in tests alone, by name."""
    return {f"cipic {s}": _loader(data, s) for s in _people(data)[::5]}


def held_out_heads(data):
    """Loaders of the heads that settings were chosen with, by name; they are in no test."""
    return {f"cipic {s}": _loader(data, s) for s in _people(data)[3::10]}


def tested_heads(data):
    """Loaders of the heads of each test, by the name of the test."""
    trained = list(training_heads(data).values())
    listen = [1002, 1008, 1013, 1022, 1031, 1032, 1048, 1053]
    return {
        "heads seen": trained[::3],
        "CIPIC, heads never seen": list(new_heads(data).values()),
        "LISTEN, laboratory never seen": [
            partial(datasets.load_ircam_listen, data / "ircam_listen", s) for s in listen
        ],
        "ARI, laboratory never seen": [
            partial(datasets.load_ari, data / "ari", s) for s in ("nh2", "nh898")
        ],
        "KU100 of another laboratory": [partial(datasets.load_thk_ku100, data / "thk_ku100")],
    }


def measured_rooms(data):
    """Loaders of measured responses in rooms, by name."""
    rostock = datasets.load_rostock_kemar_brir
    return {
        "Surrey room A": partial(datasets.load_surrey_brir, data / "surrey_brir", fs=FS),
        "BBC listening room": partial(datasets.load_bbc_brir, data / "bbc_brir", fs=FS),
        "Rostock seminar room": partial(
            rostock, data / "rostock_kemar_brir", correct_orientation=True, fs=FS
        ),
    }


def _people(data):
    subjects = read(datasets.list_cipic_subjects, data / "cipic")
    return [subject for subject in subjects if subject not in _MANIKINS]


def _loader(data, subject):
    return partial(datasets.load_cipic, data / "cipic", subject)


def training_cues(head, n_responses, speech, noises, *, seed):
    """Cues of a head in rooms: of each response three clips of speech, one of noise.

    Parameters
    ----------
    head : Bunch
        Head; half of the seeds resize it.
    n_responses : int
        Number of responses.
    speech, noises : Sounds
        Sounds.
    seed : list of int
        Makes the clips reproducible.

    Returns
    -------
    clips : Cues
        Cues of 4 clips of each response.
    """
    rng, frame = np.random.default_rng([24, *seed]), ear_frame(head)
    if seed[-1] % 2:
        head = resized(head, rng.uniform(*_SCALES))
    elevations = ELEVATIONS["training"]
    brirs, labels, mixing = responses(head, n_responses, elevations=elevations, seed=[25, *seed])
    parts = []
    for sounds in (speech, speech, speech, noises if seed[-1] % 3 else Sounds()):
        snr = rng.uniform(*SNR, n_responses)
        X = cues(brirs, mixing, snr, sounds, noises, rng.uniform(*_DURATIONS), rng)
        parts.append(Cues(X, turned(labels, frame), labels, snr))
    return Cues.join(parts)


def cues_at_levels(brirs, labels, mixing, speech, noises, *, seed, frame=None):
    """Cues of a second of speech through responses, at each of the levels of noise."""
    rng = np.random.default_rng([26, *seed])
    y, parts = labels if frame is None else turned(labels, frame), []
    for level in LEVELS:
        snr = np.full(len(brirs), float(level))
        X = cues(brirs, mixing, snr, speech, noises, 1.0, rng)
        parts.append(Cues(X, y, labels, snr))
    return Cues.join(parts)


def simulated_test(heads, n_responses, speech, noises, *, seed):
    """Cues of heads in simulated rooms, so many responses of each."""
    parts = []
    for i, load in enumerate(heads):
        head, own = read(load), [*seed, i]
        drawn = responses(head, n_responses, elevations=ELEVATIONS["tests"], seed=own)
        parts.append(cues_at_levels(*drawn, speech, noises, seed=own, frame=ear_frame(head)))
    return Cues.join(parts)


def measured_test(load, n_responses, speech, noises, *, seed):
    """Cues of measured responses in a room."""
    room = read(load)
    rng = np.random.default_rng([27, *seed])
    low, high = ELEVATIONS["tests"]
    inside = (room.directions[:, 1] >= low) & (room.directions[:, 1] <= high)
    rows, hrirs = rng.choice(np.flatnonzero(inside), n_responses), np.asarray(room.hrirs)
    drawn = hrirs[rows], room.directions[rows], diffuse_mixing(hrirs)
    return cues_at_levels(*drawn, speech, noises, seed=seed)
