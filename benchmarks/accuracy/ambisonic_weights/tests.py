"""Clips that the weights were not trained on: simulated, of the study of the sphere, measured."""

from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from benchmarks.accuracy._data import read, skipping
from benchmarks.accuracy._label_data import split_speech
from benchmarks.accuracy._sphere_data import CONDITIONS
from benchmarks.accuracy._sphere_data import render as render_sphere
from benchmarks.accuracy.ambisonic_weights.data import make_music, render
from benchmarks.accuracy.any_array.data import FS, LEVELS, MEASURED, NOISES, read_sounds
from sslearn import datasets
from sslearn.features import AmbisonicEncoder
from sslearn.geometry import unit_vectors_to_angles
from sslearn.simulation import Noise, Sounds, simulate_responses

DURATIONS = (0.25, 0.5, 1.0, 4.0)
SNR = (0, 10, 20)
_DB = 10  # where one level stands for all
_RADIUS = 0.02  # metres, of a tetrahedron
_LOWER_TOP = 2000  # Hz, of arrays that hear higher orders as directions above
_STEP = 400  # samples between the starts of excerpts
_LOUD_ENOUGH = 0.3  # power of a source in an excerpt, relative to that of the clip


@dataclass
class Test:
    """Clips of one condition.

    Parameters
    ----------
    name : str
        What they are.
    seconds : float
        Duration.
    X : ndarray of shape (n_clips, 4, n_times)
        Ambisonics, SN3D.
    y : ndarray of shape (n_clips, 2)
        Azimuths and elevations in degrees.
    top : int, default=4000
        Highest frequency that is used, in Hz.
    """

    name: str
    seconds: float
    X: np.ndarray
    y: np.ndarray
    top: int = 4000


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
    test : Test
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
                yield excerpts("speech, no noise", spoken, np.inf, seconds)
            for snr in SNR if seconds == 1 else (_DB,):
                yield excerpts(f"speech, {kind} {snr} dB", spoken, snr, seconds)
    others = {"white noise": (None, {}), "music": (music, {})}
    others["speech, tetrahedron"] = speech, {"radius": _RADIUS}
    for i, (name, (sounds, more)) in enumerate(others.items()):
        for k, kind in enumerate(NOISES if more else NOISES[:2]):
            played = clips(10 * (i + 1) + k, kind, sounds, **more)
            if k == 0:
                yield excerpts(f"{name}, no noise", played, np.inf, 1.0)
            yield excerpts(f"{name}, {kind} {_DB} dB", played, _DB, 1.0)


def excerpts(name, clips, snr, seconds):
    """Excerpts of clips, drawn from those that are no pauses of the source."""
    rng = np.random.default_rng(0)
    n_times = round(seconds * FS)
    mixed = clips.mix(snr)
    starts = np.arange(0, mixed.shape[2] - n_times + 1, _STEP)
    X = np.empty((len(mixed), 4, n_times), dtype=np.float32)
    for i, sound in enumerate(clips.sounds[0, :, 0]):
        power = np.cumsum(np.square(sound, dtype=float))
        means = (power[starts + n_times - 1] - power[starts]) / n_times
        start = rng.choice(starts[means >= min(_LOUD_ENOUGH * power[-1] / len(power), means.max())])
        X[i] = mixed[i, :, start : start + n_times]
    return Test(name, seconds, X, clips.y)


def sphere(folder, data, n_clips):
    """Clips of ``benchmarks.accuracy.sphere``, of whose interferers training heard some."""
    clips = render_sphere(
        folder,
        "test",
        n_clips,
        speech=split_speech(data / "speech_librispeech", 0)["test"],
        noise=list(read(datasets.load_noise, data / "noise", fs=FS).audio),
        seed=0,
        n_jobs=None,
    )
    for condition in CONDITIONS:
        rows = clips.condition == condition
        yield Test(f"sphere, {condition}", clips.X.shape[2] / FS, clips.X[rows], clips.y[rows])


def measured(data, n_clips):
    """Speech through measured responses of arrays around a centre, encoded."""
    for load in (_r3vival, _sofia):
        with skipping(load.__name__[1:]):
            for test in load(data, n_clips):
                yield test
                if not test.name.startswith("sofia A3"):  # whose order is high enough
                    yield replace(test, top=_LOWER_TOP)


def _r3vival(data, n_clips):
    """Six of the seven microphones, 4.8 cm from the centre, in a room."""
    tests = MEASURED["r3vival"](data, n_clips, 0)
    for clips in takewhile(lambda clips: clips.sources.shape[1] == 1, tests):
        mics, y = clips.mic_positions[:6], unit_vectors_to_angles(clips.sources[:, 0])
        X = AmbisonicEncoder(mics, fs=FS, baffle="open").fit_transform(clips.X[:, :6])
        yield Test(f"r3vival, {clips.noise} {clips.snr[0]:g} dB", 1.0, X, y)


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
            yield Test(f"sofia {name}, white {snr} dB", 1.0, encoder.fit_transform(clips.data), y)
