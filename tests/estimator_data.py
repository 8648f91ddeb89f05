"""Samples for the checks of estimators, in every container that people bring."""

from copy import deepcopy
from functools import cache

import numpy as np
import pandas as pd
import soundfile
from sklearn.base import clone

from sslearn.datasets import make_plane_waves, make_scenes
from sslearn.features import STFT
from sslearn.geometry import angles_to_unit_vectors, circular_array, tetrahedral_array

N_SAMPLES = 48
EARS = [[0.0, 0.08, 0.0], [0.0, -0.08, 0.0]]
ARRAY = circular_array(4, 0.05)
TETRAHEDRON = tetrahedral_array(0.02)
MICS = {"array": ARRAY, "tetrahedron": TETRAHEDRON}


@cache
def _plane_waves(array):
    azimuth = np.random.default_rng(0).uniform(-80, 80, N_SAMPLES)
    return make_plane_waves(
        N_SAMPLES,
        mic_positions=MICS.get(array, EARS),
        duration=0.1,
        directions=azimuth,
        random_state=0,
        return_X_y=True,
    )


@cache
def _scenes():
    shape = {"image_size": 32, "duration": 0.25, "clutter": 2}
    X, boxes = make_scenes(12, random_state=0, return_X_y=True, **shape)
    return X.to_numpy(), boxes


def make_data(kind, *, dtype=np.float64, folder=None):
    """Samples of one kind with their azimuths, or pictures and sounds with their boxes."""
    if kind in ("images", "pairs", "pretext"):
        pairs, boxes = deepcopy(_scenes())
        return pairs if kind == "pairs" else np.stack(pairs[:, 0]), boxes
    audio, y = _plane_waves(kind.split("_")[0])
    y = y.copy()
    audio = (audio[:, :1] if kind.startswith("mono") else audio).astype(dtype)
    if kind.endswith("audio"):
        return audio, y
    if kind == "array":
        return STFT(256).transform(audio), y
    if kind.endswith("paths"):
        return np.array(_write(audio, folder / "whole")), y
    spectrum = np.fft.rfft(audio.reshape(N_SAMPLES, 2, -1, 160), axis=-1).swapaxes(2, 3)
    spectrum = spectrum[:, :, 1:].astype(np.complex64 if dtype == np.float32 else np.complex128)
    if kind == "spectrum":
        return spectrum, y
    if kind == "ambisonic":
        gains = np.insert(angles_to_unit_vectors(y)[:, [1, 2, 0]], 0, 1.0, axis=1)
        return gains.astype(dtype)[:, :, None, None] * spectrum[:, :1], y
    maps = np.abs(spectrum).astype(dtype)
    if kind == "maps":
        return maps, y
    cross = (spectrum[:, 0] * spectrum[:, 1].conj()).sum(axis=2)[:, :20]
    cross /= np.abs(cross)
    return np.hstack([cross.real, cross.imag]).astype(dtype), y


def _write(clips, folder):
    folder.mkdir(exist_ok=True)
    paths = [str(folder / f"{i:02d}.wav") for i in range(len(clips))]
    for path, clip in zip(paths, clips, strict=True):
        soundfile.write(path, 0.1 * clip.T, 16000, subtype="FLOAT")
    return paths


def make_clips(kind, folder):
    """Six clips of three lengths, or the paths of their files."""
    audio, _ = make_data(kind.replace("paths", "audio"))
    clips = [clip[:, : clip.shape[1] - 50 * (i % 3)] for i, clip in enumerate(audio[:6])]
    return _write(clips, folder / "cut") if kind.endswith("paths") else clips


def containers(samples):
    """The same samples in every container that people bring."""
    objects = np.empty(len(samples), dtype=object)
    for i, sample in enumerate(samples):
        objects[i] = sample
    index = np.random.default_rng(0).permutation(len(samples))
    series = pd.Series(objects, index=index)
    yield from (list(samples), tuple(samples), objects, objects[:, None], series)
    yield pd.DataFrame({"sample": series})


class Case:
    """An estimator under test with data that suit it."""

    def __init__(self, estimator, kind, folder, n_samples=N_SAMPLES):
        self.estimator, self.kind, self.folder = estimator, kind, folder
        self.n_samples = n_samples

    def make(self):
        return clone(self.estimator)

    def data(self, **kwargs):
        X, y = make_data(self.kind, folder=self.folder, **kwargs)
        return X[: self.n_samples], y[: self.n_samples]

    @property
    def tolerance(self):
        # Files are float32, and what is computed of one or of eight at a time is rounded otherwise.
        return {"paths": {"atol": 1e-3}, "pairs": {"atol": 1e-5}}.get(self.kind.split("_")[-1], {})

    def quick(self):
        """The estimator, trained for no longer than it takes to compare two of its kind."""
        estimator = self.make()
        trained = "max_epochs" in estimator.get_params(deep=False)
        return estimator.set_params(max_epochs=2) if trained else estimator

    def small(self):
        """Case of few samples and epochs."""
        return Case(self.quick(), self.kind, self.folder, n_samples=16)

    def fitted(self, X, y):
        return self.make().fit(X, y)
