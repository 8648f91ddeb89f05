"""Clips that the weights were not trained on: simulated, of the study of the sphere, measured."""

from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from benchmarks.accuracy._data import read, skipping
from benchmarks.accuracy.ambisonic_weights.data import make_music, render
from benchmarks.accuracy.any_array.data import FS, LEVELS, MEASURED, NOISES, read_sounds
from benchmarks.accuracy.sphere.data import CONDITIONS
from benchmarks.accuracy.sphere.data import read_sounds as read_sphere_sounds
from benchmarks.accuracy.sphere.data import render as render_sphere
from sslearn import datasets
from sslearn.features import AmbisonicEncoder
from sslearn.geometry import unit_vectors_to_angles
from sslearn.simulation import Noise, Sounds, simulate_responses

DURATIONS = (0.25, 0.5, 1.0, 4.0)
SNR = (0, 10, 20)
TOP = 4000  # Hz
_DB = 10  # where one level stands for all
_RADIUS = 0.02  # metres, of a tetrahedron
_LOWER_TOP = 2000  # Hz, for arrays that receive higher orders as directions above
_STEP = 400  # samples between the starts of excerpts
_LOUD_ENOUGH = 0.3  # power of a source in an excerpt, relative to that of the clip


@dataclass
class Condition:
    """Clips of one condition.

    Parameters
    ----------
    settings : dict
        ``test``, ``noise``, its level ``snr`` in dB, duration ``seconds``, and ``top``, the highest
        frequency that is used, in Hz.
    X : ndarray of shape (n_clips, 4, n_times)
        Ambisonics, SN3D.
    y : ndarray of shape (n_clips, 2)
        Azimuths and elevations in degrees.
    azimuth_only : bool, default=False
        Whether the elevations are not known to a degree.
    """

    settings: dict
    X: np.ndarray
    y: np.ndarray
    azimuth_only: bool = False


def _settings(test, noise, snr=None, seconds=1.0):
    return {"test": test, "noise": noise, "snr": snr, "seconds": seconds, "top": TOP}


def simulated(folder, data, n_clips, *, seed=0):
    """Speech in noise of three kinds and levels, or none, in excerpts of four durations.

    All levels have one duration, and all durations one level. Then other sounds, and microphones on
    a tetrahedron.

    Parameters
    ----------
    folder : Path
        Folder of the clips, which are rendered once.
    data : Path
        Folder of measured data, with speech and noise.
    n_clips : int
        Clips of each condition.
    seed : int, default=0
        Seed.

    Yields
    ------
    condition : Condition
        Clips of one condition.
    """
    speech, recordings = read_sounds(data)
    rng = np.random.default_rng([seed, 27])
    music = Sounds([make_music(rng, 3 * FS) for _ in range(6)])
    speech.set_params(shorter="pad")

    def clips(i, kind, sounds, **more):
        path = folder / f"test_{seed}_{n_clips}_{i:02d}.npy"
        settings = {"recordings": recordings, "seed": 100 * seed + i} | more
        return render(path, n_clips, noise=kind, sounds=sounds, **settings)

    for i, kind in enumerate(NOISES):
        spoken = clips(i, kind, speech, duration=max(DURATIONS))
        for seconds in DURATIONS:
            if i == 0:
                yield excerpts(spoken, _settings("speech", "none", seconds=seconds))
            for snr in SNR if seconds == 1 else (_DB,):
                yield excerpts(spoken, _settings("speech", kind, snr, seconds))
    others = {"white noise": (None, {}), "music": (music, {})}
    others["speech, tetrahedron"] = speech, {"radius": _RADIUS}
    for i, (name, (sounds, more)) in enumerate(others.items()):
        for k, kind in enumerate(NOISES if more else NOISES[:2]):
            played = clips(10 * (i + 1) + k, kind, sounds, **more)
            if k == 0:
                yield excerpts(played, _settings(name, "none"))
            yield excerpts(played, _settings(name, kind, _DB))


def excerpts(clips, settings):
    """Random excerpts of clips, without pauses of the source."""
    rng = np.random.default_rng(0)
    n_times = round(settings["seconds"] * FS)
    snr = settings["snr"]
    mixed = clips.mix(np.inf if snr is None else snr)
    starts = np.arange(0, mixed.shape[2] - n_times + 1, _STEP)
    X = np.empty((len(mixed), 4, n_times), dtype=np.float32)
    for i, sound in enumerate(clips.sounds[0, :, 0]):
        power = np.cumsum(np.square(sound, dtype=float))
        means = (power[starts + n_times - 1] - power[starts]) / n_times
        start = rng.choice(starts[means >= min(_LOUD_ENOUGH * power[-1] / len(power), means.max())])
        X[i] = mixed[i, :, start : start + n_times]
    return Condition(settings, X, clips.y)


def sphere(folder, data, n_clips, n_jobs):
    """Clips of ``benchmarks.accuracy.sphere``; training used some of their interferers."""
    speech, noise = read_sphere_sounds(data)
    sounds = {"speech": speech["test"], "noise": noise}
    clips = render_sphere(folder / "sphere", "test", n_clips, seed=0, n_jobs=n_jobs, **sounds)
    for name in CONDITIONS:
        rows = clips.condition == name
        settings = _settings("sphere", "none" if name == "clean" else name)
        settings["seconds"] = clips.X.shape[2] / FS
        yield Condition(settings, clips.X[rows], clips.y[rows])


def measured(data, n_clips):
    """Speech through measured responses of arrays around a centre, encoded."""
    for load in (_r3vival, _sofia):
        with skipping(load.__name__[1:]):
            for condition in load(data, n_clips):
                yield condition
                if condition.settings["test"] != "SOFiA A3":  # whose order is high enough
                    yield replace(condition, settings=condition.settings | {"top": _LOWER_TOP})


def _r3vival(data, n_clips):
    """Six of the seven microphones, 4.8 cm from the centre, in a room."""
    tests = MEASURED["r3vival"](data, n_clips, 0)
    for clips in takewhile(lambda clips: clips.sources.shape[1] == 1, tests):
        mics, y = clips.mic_positions[:6], unit_vectors_to_angles(clips.sources[:, 0])
        X = AmbisonicEncoder(mics, fs=FS, baffle="open").fit_transform(clips.X[:, :6])
        yield Condition(_settings("R3VIVAL", clips.noise, clips.snr[0]), X, y, azimuth_only=True)


def _sofia(data, n_clips):
    """Spheres of 110 and 86 microphones without a room."""
    speech, _ = read_sounds(data)
    for name in ("A3", "A4"):
        responses = read(datasets.load_sofia_sphere, data / "sofia_sphere", name, fs=FS)
        mics = responses.mic_positions
        encoder = AmbisonicEncoder(
            mics,
            fs=FS,
            baffle="cardioid" if responses.cardioid else "rigid",
            speed_of_sound=responses.speed_of_sound,
        )
        for snr in LEVELS:
            clips = simulate_responses(
                responses.rirs,
                responses.target[:, :2],
                n_clips // 2,
                sounds=speech,
                n_sources=1,
                noise=Noise(snr, kind="white"),
                fs=FS,
                random_state=0,
            )
            y = responses.target[clips.metadata["place_0"], :2]
            X = encoder.fit_transform(clips.data)
            yield Condition(_settings(f"SOFiA {name}", "white", snr), X, y, azimuth_only=True)
