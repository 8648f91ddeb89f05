"""Headers, lengths and truncation of audio files."""

import contextlib
import io
import os
import re
import struct

import numpy as np
import soundfile

# Writers that cannot seek back leave a length near the largest 31-, 32- or 63-bit number.
_UNKNOWN_BYTES = 2**31 - 2**16
_UNKNOWN_FRAMES = 2**62
_BLOCK_FRAMES = 2**20
# Sizes of the samples in the log of libsndfile; formats "W64" and "RF64" log that of the file.
_SIZES = r"\b(?:data|SSND|BODY|Data Size|riff|Riff size) *: (\d+) \(should be (\d+)\)"


def path_as_str(path):
    """Path as str; raise TypeError if it is not a path."""
    try:
        return os.fsdecode(path)
    except TypeError:
        raise TypeError(f"path must be a str or a Path; got {path!r}.") from None


@contextlib.contextmanager
def open_audio(path):
    """Open an audio file and check that it is complete.

    Parameters
    ----------
    path : str or path-like
        Audio file.

    Yields
    ------
    file : soundfile.SoundFile
        The file at its beginning. Errors of reading it become an OSError that names the path.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If the file is empty, truncated or not an audio file.
    ValueError
        If it holds no audio.
    """
    path = path_as_str(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"The file {path!r} does not exist or is no file.")
    if os.path.getsize(path) == 0:
        raise OSError(f"The file {path!r} is empty.")
    try:
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(_open(path, stack))
            _check_complete(file, path)
            yield file
    except soundfile.SoundFileError as error:
        raise OSError(f"The file {path!r} is no readable audio file: {error}") from error
    except MemoryError as error:
        raise OSError(f"The file {path!r} declares more audio than fits into memory.") from error


def read_frames(file, first, last):
    """Read the frames from ``first`` to before ``last``, or to the end.

    Parameters
    ----------
    file : soundfile.SoundFile
        File that :func:`open_audio` opened.
    first : int
        First frame.
    last : int or None
        Frame after the last one; None reads to the end.

    Returns
    -------
    audio : ndarray of shape (n_channels, n_frames), float32
        The frames; fewer than requested only where the file ends.

    Raises
    ------
    OSError
        If the file ends before its declared length.
    """
    file.seek(first)
    if file.frames > _UNKNOWN_FRAMES:
        blocks = list(_blocks_to_the_end(file, np.inf if last is None else last - first))
        return np.concatenate(blocks).T
    last = file.frames if last is None else min(last, file.frames)
    audio = file.read(last - first, dtype="float32", always_2d=True)
    if len(audio) < last - first:
        raise OSError(
            f"The file {_name(file)!r} is truncated: {first + len(audio)} of {file.frames} frames."
        )
    return audio.T


def count_frames(file):
    """Number of frames; a file that does not declare it is decoded once.

    Parameters
    ----------
    file : soundfile.SoundFile
        File that :func:`open_audio` opened.

    Returns
    -------
    n_frames : int
        Frames per channel.
    """
    if file.frames <= _UNKNOWN_FRAMES:
        return file.frames
    return sum(map(len, _blocks_to_the_end(file, np.inf)))


def _open(path, stack):
    start = _start_of_unsized_data(path)
    source = path if start is None else stack.enter_context(_UnsizedWav(path, start))
    try:
        return soundfile.SoundFile(source)
    except TypeError as error:
        # soundfile expects no header in a file that ends in .raw, and requires the rate.
        raise OSError(f"The file {path!r} is no readable audio file: {error}.") from error


def _name(file):
    return getattr(file.name, "name", file.name)


def _blocks_to_the_end(file, n_frames):
    """Blocks of a file of unknown length, at most ``n_frames`` in all."""
    while n_frames > 0:
        # libsndfile reports the end as an error, after it has filled the block up to there.
        block = np.full((int(min(n_frames, _BLOCK_FRAMES)), file.channels), np.nan, np.float32)
        with contextlib.suppress(soundfile.SoundFileError):
            file.read(out=block)
        n_read = int(np.count_nonzero(~np.isnan(block[:, 0])))
        yield block[:n_read]
        n_frames = n_frames - n_read if n_read == len(block) else 0


class _UnsizedWav(io.FileIO):
    """A WAV file whose data size of 0 is read as "unknown"."""

    def __init__(self, path, start):
        super().__init__(path)
        self._start = start

    def readinto(self, buffer):
        first = self.tell()
        n_read = super().readinto(buffer)
        view = memoryview(buffer).cast("B")
        for position in range(max(first, self._start - 4), min(first + n_read, self._start)):
            view[position - first] = 0xFF
        return n_read

    def read(self, size=-1):
        buffer = bytearray(os.fstat(self.fileno()).st_size - self.tell() if size < 0 else size)
        return bytes(buffer[: self.readinto(buffer)])


def _start_of_unsized_data(path):
    """Position of the samples of a WAV file that was stopped before their size was written.

    None for every other file.
    """
    with open(path, "rb") as file:
        head = file.read(12)
        if head[:4] not in (b"RIFF", b"RIFX") or head[8:] != b"WAVE":
            return None
        order = "<" if head[:4] == b"RIFF" else ">"
        for name, size in _chunks(file, order):
            if name == b"data":
                start = file.tell()
                return start if size == 0 and _holds_samples(file, order) else None
    return None


def _chunks(file, order):
    """Name and size of each chunk; the file is where its content starts."""
    while len(chunk := file.read(8)) == 8:
        (size,) = struct.unpack(f"{order}I", chunk[4:])
        end = file.tell() + size + size % 2
        yield chunk[:4], size
        file.seek(end)


def _holds_samples(file, order):
    """Whether the rest of a file is anything other than chunks up to its end."""
    end = file.tell()
    for name, size in _chunks(file, order):
        if not (name.isascii() and name.decode().isprintable()):
            return True
        end = file.tell() + size
    # A last pad byte may be missing.
    return os.path.getsize(file.name) - end not in (0, 1)


def _check_complete(file, path):
    """Raise if the audio is shorter than its header declares, or there is none.

    Only the chunk of the samples counts: recorders write the size of the whole file wrongly by 8
    bytes, by a pad byte, or not at all.
    """
    for declared, found in re.findall(_SIZES, file.extra_info):
        declared, found = int(declared), int(found)
        # A pad byte completes no frame.
        n_bytes = max(1, found // max(1, file.frames))
        if found // n_bytes < declared // n_bytes and declared < _UNKNOWN_BYTES:
            raise OSError(f"The file {path!r} is truncated: {found} of {declared} bytes.")
    for found, declared in re.findall(r"frame count (\d+) does not .* of (\d+)", file.extra_info):
        if int(found) < int(declared) < _UNKNOWN_FRAMES:
            raise OSError(f"The file {path!r} is truncated: {found} of {declared} frames.")
    if file.frames == 0:
        raise ValueError(f"The file {path!r} holds no audio.")
