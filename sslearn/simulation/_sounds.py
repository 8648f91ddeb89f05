import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile

from sslearn.utils import read_audio

_N_TRIES = 100
_LOUD_ENOUGH = 0.3  # of the rms of the whole source


def _file_state(path):
    """What changes when a file is written anew."""
    stat = os.stat(path)
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=128)
def _read(path, state, fs):
    try:
        [sound], _ = read_audio(path, fs=fs)
    except OSError as error:
        raise ValueError(f"sources: {error}") from error
    return sound


class NoiseSources:
    """White noise with a standard deviation of 1, drawn anew for every sample."""

    key = "noise"

    def __init__(self, n_times):
        self.n_times = n_times

    def draw_index(self, rng):
        return -1

    def speaker(self, index):
        return "noise"

    def excerpt(self, index, rng):
        return rng.standard_normal(self.n_times, dtype=np.float32)


class RecordedSources:
    """Random excerpts of dry recordings.

    Parameters
    ----------
    sources : list of ndarray or list of str
        Recordings at ``fs``, or paths to files.
    fs : int
        Sampling rate in Hz.
    n_times : int
        Length of an excerpt.
    speakers : list
        Label of each recording.
    """

    def __init__(self, sources, fs, n_times, speakers):
        self.sources = sources
        self.fs = fs
        self.n_times = n_times
        self.speakers = speakers

    @property
    def key(self):
        """What a cached result depends on: files count by path, size and time of change."""
        files = [source for source in self.sources if isinstance(source, str)]
        return self.sources, [_file_state(file) for file in files]

    def draw_index(self, rng):
        return int(rng.integers(len(self.sources)))

    def speaker(self, index):
        return self.speakers[index]

    def excerpt(self, index, rng):
        """Excerpt that is not silence: the first of some that is loud enough, or the loudest."""
        sound = self.sources[index]
        if isinstance(sound, str):
            sound = _read(sound, _file_state(sound), self.fs)
        wanted = _LOUD_ENOUGH * np.sqrt(np.mean(np.square(sound)))
        loudest, level = None, -1.0
        for start in rng.integers(len(sound) - self.n_times + 1, size=_N_TRIES):
            excerpt = sound[start : start + self.n_times]
            rms = np.sqrt(np.mean(np.square(excerpt)))
            if rms > level:
                loudest, level = excerpt, rms
            if level >= wanted:
                break
        return loudest.astype(np.float32, copy=False)


def check_sources(sources, *, fs, n_times, speakers, name="sources"):
    """Validate what sounds: noise, arrays or paths; nothing but file headers is read."""
    is_noise = isinstance(sources, str) and sources == "noise"
    if not is_noise and (isinstance(sources, str) or not isinstance(sources, Iterable)):
        raise ValueError(
            f'{name} must be "noise", a list of 1-D arrays or of paths; got {sources!r}.'
        )
    if is_noise:
        if speakers is not None:
            raise ValueError('speakers must be None when sources is "noise".')
        return NoiseSources(n_times)
    sources = list(sources)
    if not sources:
        raise ValueError(f"{name} is empty: pass at least one recording.")
    kind = [isinstance(source, (str, os.PathLike)) for source in sources]
    checked = [
        _check_file(source, fs, n_times, f"{name}[{i}]")
        if is_path
        else _check_array(source, n_times, f"{name}[{i}]")
        for i, (source, is_path) in enumerate(zip(sources, kind, strict=True))
    ]
    if speakers is None:
        speakers = [None] * len(checked)
    elif len(speakers) != len(checked):
        raise ValueError(
            f"speakers must have a label for each of the {len(checked)} sources; got "
            f"{len(speakers)}."
        )
    return RecordedSources(checked, fs, n_times, list(speakers))


def _check_array(source, n_times, name):
    source = np.asarray(source)
    if source.ndim != 1 or source.dtype.kind != "f":
        raise ValueError(
            f"{name} must be a one-dimensional array of floats; got {source.dtype} of shape "
            f"{source.shape}."
        )
    if len(source) < n_times:
        raise ValueError(
            f"{name} has {len(source)} samples: a clip of duration needs {n_times}. Use "
            "longer recordings or a shorter duration."
        )
    if not np.isfinite(source).all():
        raise ValueError(f"{name} contains NaN or infinity: expected finite values.")
    return source


def _check_file(source, fs, n_times, name):
    path = str(Path(source))
    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, OSError) as error:
        raise ValueError(f"{name}={path!r} is no readable audio file: {error}") from error
    if info.channels != 1:
        raise ValueError(f"{name}={path!r} must have 1 channel; got {info.channels}.")
    if int(info.frames * fs / info.samplerate) < n_times:
        raise ValueError(
            f"{name}={path!r} lasts {info.frames / info.samplerate:.3g} s: shorter than "
            f"duration={n_times / fs:.3g} s."
        )
    return path
