"""Spectra of clips: several short ones at once, a long one some frames at a time."""

import math
import re
from contextlib import contextmanager
from fractions import Fraction

import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from sslearn.features import STFT, AudioReader, stft_hop, stft_padding
from sslearn.utils import (
    audio_info,
    check_audio,
    check_spectrum,
    fit_batch_transform,
    holds_paths,
    read_audio,
    sample_labels,
    take_rows,
)

# Spectra of this size, with the arrays computed from them, nearly fit into the last-level cache.
_CHUNK_BYTES = 2**24
# Longer clips (in chunks) are processed in pieces, and their file is opened for each piece.
_N_CHUNKS = 4
# Overlapping complex frames of real audio take eight times its bytes at a quarter hop.
_FRAMES_PER_AUDIO = 8


class Clips:
    """Samples, and the transformer that computes their spectra.

    If it is None, an STFT, or an AudioReader before an STFT, the shape of the spectra follows
    without reading audio, and any range of frames can be computed alone. Any other transformer
    receives whole clips.

    Parameters
    ----------
    samples : ndarray or list
        Spectra, audio or paths, as :func:`sslearn.utils.as_samples` returns them.
    batch_transform : transformer or None
        Turns samples into spectra.
    first : int, default=0
        Row of the first sample in the caller's X.
    """

    def __init__(self, samples, batch_transform, first=0):
        self.samples, self.batch_transform, self.first = samples, batch_transform, first
        self._reader, self._stft = known_steps(batch_transform)
        self._shapes = {}

    def fitted_transform(self):
        """Copy of ``batch_transform``, fitted on as few samples as it needs."""
        shape = self._audio_shape(0)
        if shape is None:
            first = next(self.chunks())
            return fit_batch_transform(self.batch_transform, self.samples, first.stop)
        if hasattr(self.samples, "shape"):
            check_audio(self.samples, ensure_finite=False)
        fitted = clone(self.batch_transform)
        reader, stft = known_steps(fitted)
        if reader is not None:
            reader.fit(self.samples)
        # STFT.fit stores the number of channels alone: one frame of zeros is enough.
        stft.fit(np.zeros((1, shape[0], stft.n_fft), np.float32))
        return fitted

    def example(self):
        """Spectra of the first sample, or an array of their shape where that is known."""
        shape = None if self._stft is None else self._shape(0)
        if shape is None or shape[2] < 1:
            return self._whole(slice(1))
        return np.broadcast_to(np.complex64(0), (1, *shape))

    def chunks(self):
        """Slices of neighbouring clips of one length, which are processed together."""
        start, n_samples = 0, len(self.samples)
        while start < n_samples:
            n_rows = max(1, int(_chunk_bytes() // max(1, self._n_bytes(start))))
            stop = min(n_samples, start + n_rows)
            if isinstance(self.samples, list):
                shapes = self._shapes_of(start)
                others = (i for i in range(start + 1, stop) if self._shapes_of(i) != shapes)
                stop = start + 1 if shapes[1] is None else next(others, stop)
            yield slice(start, stop)
            start = stop

    def parts(self, slices):
        """The clips of each of several slices; stored arrays are not read."""
        return [self._part(rows) for rows in slices]

    def _part(self, rows):
        part = Clips(self.samples[rows], self.batch_transform, rows.start)
        known = range(rows.start, rows.stop) if self._shapes else ()
        part._shapes = {i - rows.start: self._shapes[i] for i in known}
        return part

    def n_frames(self):
        """Number of frames of each clip."""
        return [shape[2] for shape in map(self._shape, range(len(self.samples)))]

    def open(self):
        """Number of frames, number that fits into memory, and a function that returns some.

        The samples are one chunk.
        """
        limit = _N_CHUNKS * _chunk_bytes()
        n_bytes, shape = self._n_bytes(0), self._shape(0)
        if n_bytes <= limit or shape is None or shape[2] <= 1:
            X = self._whole(slice(None))
            return X.shape[3], X.shape[3], lambda start, stop: X[..., start:stop]
        step = max(1, int(shape[2] * limit / n_bytes))
        return shape[2], step, self._frames

    @contextmanager
    def errors_named(self, i=0):
        """Add the row of X, counted from sample ``i`` on, and the path to errors raised within."""
        try:
            yield
        except (OSError, TypeError, ValueError) as error:
            row = self.first + i
            message = _shift_row(str(error), row)
            if isinstance(self.samples, list):
                path = ""
                if holds_paths(self.samples):
                    path = f" ({sample_labels(self.samples[i : i + 1])[0]!r})"
                if not message.startswith("X["):
                    message = f"X[{row}]{path}: {message}"
            kind = type(error) if type(error) in (TypeError, FileNotFoundError) else ValueError
            raise kind(message) from error

    def _whole(self, rows):
        X = take_rows(self.samples, rows)
        if self.batch_transform is None:
            X = X if isinstance(X, np.ndarray) else np.stack(X)
        else:
            X = self.batch_transform.transform(X)
        return check_spectrum(X, ensure_finite=False)

    def _frames(self, start, stop):
        """Spectra of some frames of the first clip, equal to those computed from the whole clip."""
        if self._stft is None:
            spectrum = self._cut(0, slice(None), slice(None), slice(start, stop))
            return check_spectrum(spectrum[None], ensure_finite=False)
        stft, n_times = self._stft, self._audio_shape(0)[1]
        hop, (lead, margin) = stft_hop(stft), stft_padding(stft)
        low, high = start * hop - lead, (stop - 1) * hop + stft.n_fft - lead
        # At the ends of the clip the margin is padding, which may mirror as much audio beside it.
        first, last = max(0, low - margin), min(n_times, high + margin)
        clip = self._audio(first, last)
        if margin:
            before, after = margin * (first == 0), margin * (last == n_times)
            mode = {"zeros": "constant"}.get(stft.padding, stft.padding)
            clip = np.pad(clip, ((0, 0), (before, after)), mode)
            clip = clip[:, low - first + before : high - first + before]
        return clone(stft).set_params(padding=None, first_center=0).transform(clip[None])

    def _audio(self, start, stop):
        """Part of the audio of the first clip."""
        reader = self._reader
        if reader is None:
            return self._cut(0, slice(None), slice(start, stop))
        first = start + round(reader.offset * reader.fs)
        if not holds_paths(self.samples):
            clip = self._cut(0, slice(None), slice(first, first + stop - start))
            return clip if reader.channels is None else clip[list(reader.channels)]
        span = {"offset": first / reader.fs, "duration": (stop - start) / reader.fs}
        return read_audio(self.samples[0], fs=reader.fs, channels=reader.channels, **span)[0]

    def _cut(self, i, *where):
        """Part of a sample that is not a file; reads no more than that of a stored array."""
        one_array = hasattr(self.samples, "shape")
        return self.samples[(i, *where)] if one_array else self.samples[i][where]

    def _sample_shape(self, i):
        """Shape of a sample that is not a file, without reading the values of a stored array."""
        one_array = hasattr(self.samples, "shape")
        return self.samples.shape[1:] if one_array else self.samples[i].shape

    def _audio_shape(self, i):
        """Shape (n_channels, n_times) of the audio of a sample; None if unknown."""
        reader, are_paths = self._reader, holds_paths(self.samples)
        if self._stft is None or (are_paths and reader is None):
            return None
        if not are_paths:
            shape = self._sample_shape(i)
            shape = shape if len(shape) == 2 else None
        else:
            # The shape is needed several times: each header is read once.
            with self.errors_named(i):
                if i not in self._shapes:
                    self._shapes[i] = _file_shape(self.samples[i], reader)
            shape = self._shapes[i]
        return shape if reader is None or shape is None else _read_shape(shape, reader)

    def _shape(self, i):
        """Shape (n_channels, n_freqs, n_frames) of the spectra of a sample; None if unknown."""
        if self.batch_transform is None:
            shape = () if holds_paths(self.samples) else self._sample_shape(i)
            return shape if len(shape) == 3 else None
        shape = self._audio_shape(i)
        if shape is None:
            return None
        stft = self._stft
        n_times = shape[1] + sum(stft_padding(stft))
        return shape[0], stft.n_fft // 2 + 1, 1 + (n_times - stft.n_fft) // stft_hop(stft)

    def _shapes_of(self, i):
        """Shapes of audio and spectra: clips of two lengths may have one number of frames."""
        return self._audio_shape(i), self._shape(i)

    def _n_bytes(self, i):
        """Approximate size of the spectra of a sample in bytes."""
        if not holds_paths(self.samples):
            dtype = getattr(self.samples, "dtype", None) or self.samples[i].dtype
            n_bytes = dtype.itemsize * math.prod(self._sample_shape(i))
            return n_bytes * (1 if self.batch_transform is None else _FRAMES_PER_AUDIO)
        return 4 * _FRAMES_PER_AUDIO * math.prod(self._audio_shape(i) or (0,))


def known_steps(batch_transform):
    """AudioReader and STFT of a ``batch_transform``; None if it has other steps."""
    steps = [batch_transform]
    if isinstance(batch_transform, Pipeline):
        steps = [step for _, step in batch_transform.steps]
    if [type(step) for step in steps] not in ([STFT], [AudioReader, STFT]):
        return None, None
    return None if len(steps) == 1 else steps[0], steps[-1]


def _file_shape(path, reader):
    """Shape of the audio of a file at the rate of a reader; None if the reader would raise."""
    fs, n_channels, n_times = audio_info(path)
    if not reader.resample and fs != reader.fs:
        return None
    return n_channels, math.ceil(n_times * Fraction(float(reader.fs)) / Fraction(float(fs)))


def _read_shape(shape, reader):
    """Shape of the part of audio that a reader takes; None if it would raise."""
    n_channels, n_times = shape
    n_times -= round(reader.offset * reader.fs)
    if reader.duration is not None:
        wanted = round(reader.duration * reader.fs)
        n_times = wanted if wanted <= n_times else 0
    if n_times <= 0 or reader.n_channels not in (None, n_channels):
        return None
    if reader.channels is None:
        return n_channels, n_times
    channels = np.asarray(reader.channels)
    is_valid = channels.dtype.kind in "iu" and channels.ndim == 1 and len(channels) > 0
    is_valid = is_valid and channels.min() >= 0 and channels.max() < n_channels
    return (len(channels), n_times) if is_valid else None


def _shift_row(message, start):
    """Renumber the rows in a message from the first of the chunk to the first of X."""

    def shifted(match):
        return f"{match[1]}{int(match[2]) + start}"

    return re.sub(r"(^X\[|in sample )(\d+)", shifted, message)


def _chunk_bytes():
    return min(_CHUNK_BYTES, get_config()["working_memory"] * 2**20 / 8)
