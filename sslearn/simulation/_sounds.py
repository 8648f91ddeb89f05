import os
from collections.abc import Iterable
from functools import lru_cache
from numbers import Real

import numpy as np
import soundfile
from sklearn.base import BaseEstimator

from sslearn.utils import read_audio
from sslearn.utils.param_validation import Interval, StrOptions

_N_TRIES = 100
_N_TRIES_APART = 50
_LOUD_ENOUGH = 0.3  # relative to the rms of the whole recording


def _file_state(path):
    """Size and modification time of a file, which change when it is rewritten."""
    stat = os.stat(path)
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=128)
def _read(path, state, fs):
    try:
        [sound], _ = read_audio(path, fs=fs)
    except OSError as error:
        raise ValueError(f"sources: {error}") from error
    return sound


class Sounds(BaseEstimator):
    """Source signals and their speakers.

    Parameters
    ----------
    recordings : list of ndarray of shape (n_times_i,) or list of str, default=None
        Dry recordings at the sampling rate of the clips, or paths to mono audio files of any
        rate. Sources play random excerpts that are not pauses. None is white noise with a
        standard deviation of 1, drawn independently for each source.
    speakers : array-like of shape (n_recordings,), default=None
        Speaker of each recording, for the metadata; the sources of a clip have different speakers
        if possible.
    activity_threshold : float, default=-40.0
        Level of the direct sound below which a source is silent in frames of ``y``, in dB relative
        to its mean while it plays.
    shorter : {"raise", "pad"}, default="raise"
        Recordings shorter than a clip: an error, or play them from their start and pad the rest of
        the clip with zeros.

    See Also
    --------
    sslearn.datasets.load_librispeech : Speech with speaker labels.
    sslearn.datasets.load_noise : Recordings of noise.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.simulation import Sounds
    >>> tones = [np.sin(2 * np.pi * f * np.arange(16000) / 16000) for f in (440, 880)]
    >>> sounds = Sounds(tones, speakers=["low", "high"])
    >>> sounds.player(fs=16000, n_times=4000).excerpt(0, np.random.default_rng(0)).shape
    (4000,)
    """

    _parameter_constraints: dict = {
        "activity_threshold": [Interval(Real, None, 0, closed="right")],
        "shorter": [StrOptions({"raise", "pad"})],
    }

    def __init__(
        self, recordings=None, *, speakers=None, activity_threshold=-40.0, shorter="raise"
    ):
        self.recordings = recordings
        self.speakers = speakers
        self.activity_threshold = activity_threshold
        self.shorter = shorter

    def player(self, *, fs, n_times, name="sounds"):
        """Validate the recordings and build a player, which draws excerpts.

        Only the headers of files are read.

        Parameters
        ----------
        fs : float
            Sampling rate in Hz.
        n_times : int
            Length of an excerpt.
        name : str, default="sounds"
            Name of the sounds in error messages.

        Returns
        -------
        player : object
            With ``draw_index(rng)``, ``excerpt(index, rng)`` and ``speaker(index)``.
        """
        self._validate_params()
        if self.recordings is None:
            if self.speakers is not None:
                raise ValueError(f"{name}: speakers must be None where recordings is None.")
            return NoisePlayer(n_times)
        least = n_times if self.shorter == "raise" else 1
        recordings = _check_recordings(self.recordings, fs, least, name)
        speakers = [None] * len(recordings) if self.speakers is None else list(self.speakers)
        if len(speakers) != len(recordings):
            raise ValueError(
                f"{name}: speakers must have a label for each of the {len(recordings)} "
                f"recordings; got {len(speakers)}."
            )
        return RecordingPlayer(recordings, fs, n_times, speakers)


def as_sounds(sounds):
    """Wrap None (white noise) or a list of recordings in :class:`Sounds`."""
    return sounds if isinstance(sounds, Sounds) else Sounds(sounds)


class NoisePlayer:
    """White noise with a standard deviation of 1, drawn independently for each source.

    Parameters
    ----------
    n_times : int
        Length of an excerpt.
    """

    key = "noise"

    def __init__(self, n_times):
        self.n_times = n_times

    def draw_index(self, rng):
        return -1

    def speaker(self, index):
        return "noise"

    def excerpt(self, index, rng):
        return rng.standard_normal(self.n_times, dtype=np.float32)


class RecordingPlayer:
    """Random excerpts of dry recordings.

    Parameters
    ----------
    recordings : list of ndarray or list of str
        Recordings at ``fs``, or paths to files.
    fs : int
        Sampling rate in Hz.
    n_times : int
        Length of an excerpt.
    speakers : list
        Speaker of each recording.
    """

    def __init__(self, recordings, fs, n_times, speakers):
        self.recordings = recordings
        self.fs = fs
        self.n_times = n_times
        self.speakers = speakers

    @property
    def key(self):
        """Part of the cache key: recordings, and size and modification time of files."""
        files = [source for source in self.recordings if isinstance(source, str)]
        return self.recordings, [_file_state(file) for file in files]

    def draw_index(self, rng):
        return int(rng.integers(len(self.recordings)))

    def speaker(self, index):
        return self.speakers[index]

    def excerpt(self, index, rng):
        """Random excerpt: the first that is not a pause, by its level, or else the loudest.

        Shorter recordings are taken whole and padded with zeros.
        """
        sound = self.recordings[index]
        if isinstance(sound, str):
            sound = _read(sound, _file_state(sound), self.fs)
        if len(sound) < self.n_times:
            return np.pad(sound, (0, self.n_times - len(sound))).astype(np.float32, copy=False)
        # Level relative to the rms of the recording, so that its gain does not count.
        wanted = _LOUD_ENOUGH * np.sqrt(np.mean(np.square(sound)))
        loudest, level = None, -1.0
        # All starts in one draw: later draws do not depend on the one that is taken.
        for start in rng.integers(len(sound) - self.n_times + 1, size=_N_TRIES):
            excerpt = sound[start : start + self.n_times]
            rms = np.sqrt(np.mean(np.square(excerpt)))
            if rms > level:
                loudest, level = excerpt, rms
            if level >= wanted:
                break
        return loudest.astype(np.float32, copy=False)


def draw_indices(player, n_sources, rng):
    """Draw a sound per source, with different recordings and speakers if possible."""
    drawn = [player.draw_index(rng)]
    for _ in range(n_sources - 1):
        for _ in range(_N_TRIES_APART):
            index = player.draw_index(rng)
            speaker = player.speaker(index)
            others = [player.speaker(other) for other in drawn]
            if index not in drawn and (speaker is None or speaker not in others):
                break
        drawn.append(index)
    return drawn


def _check_recordings(recordings, fs, n_times, name):
    if isinstance(recordings, str) or not isinstance(recordings, Iterable):
        raise ValueError(
            f"{name} must be Sounds, a list of 1-D arrays or of paths, or None for white noise; "
            f"got {recordings!r}."
        )
    checked = [
        _check_file(recording, fs, n_times, f"{name}[{i}]")
        if isinstance(recording, (str, os.PathLike))
        else _check_array(recording, n_times, f"{name}[{i}]")
        for i, recording in enumerate(recordings)
    ]
    if not checked:
        raise ValueError(f"{name} is empty: pass at least one recording.")
    return checked


def _check_array(recording, n_times, name):
    recording = np.asarray(recording)
    if recording.ndim != 1 or recording.dtype.kind != "f":
        raise ValueError(
            f"{name} must be a one-dimensional array of floats; got {recording.dtype} of shape "
            f"{recording.shape}."
        )
    if len(recording) < n_times:
        raise ValueError(
            f"{name} has {len(recording)} samples, but a clip needs {n_times}. Use longer "
            'recordings, a shorter duration or Sounds(..., shorter="pad").'
        )
    if not np.isfinite(recording).all():
        raise ValueError(f"{name} contains NaN or infinity: expected finite values.")
    return recording


def _check_file(recording, fs, n_times, name):
    path = os.path.abspath(recording)  # relative paths are ambiguous in a cache
    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, OSError) as error:
        raise ValueError(f"{name}={path!r} is no readable audio file: {error}") from error
    if info.channels != 1:
        raise ValueError(f"{name}={path!r} must have 1 channel; got {info.channels}.")
    if int(info.frames * fs / info.samplerate) < n_times:
        raise ValueError(
            f"{name}={path!r} lasts {info.frames / info.samplerate:.3g} s: shorter than "
            f'duration={n_times / fs:.3g} s. Sounds(..., shorter="pad") pads it with zeros.'
        )
    return path
