import hashlib
import math
import os
from contextlib import contextmanager
from functools import partial
from numbers import Real

import numpy as np

from sslearn.features import check_audible, middle
from sslearn.utils import audio_info, check_image, check_rate, read_audio, read_image

_COLUMNS = ("image", "audio")
_SUFFIXES = {
    "image": (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"),
    "audio": (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff"),
}
# The shortest sound is a window of the spectra.
_MIN_SECONDS = 0.025


def _columns(X, name):
    """Pictures and sounds of a table, or of rows of two cells."""
    if hasattr(X, "columns"):
        names = list(X.columns)
        if any(names.count(column) != 1 for column in _COLUMNS):
            raise ValueError(
                f"{name} must have one column 'image' and one column 'audio'; got {names}. Rename "
                "the columns of pictures and of sounds."
            )
        return tuple(X[column].to_numpy() for column in _COLUMNS)
    if not isinstance(X, (list, tuple, np.ndarray)):
        raise TypeError(
            f"{name} must be a DataFrame with the columns 'image' and 'audio', or hold rows of "
            f"(image, audio); got a {type(X).__name__}. Did you mean "
            'pd.DataFrame({"image": list(images), "audio": list(sounds)})?'
        )
    for i, row in enumerate(X):
        if not _is_row(row) or len(row) != 2:
            size = f" of length {len(row)}" if np.iterable(row) else ""
            raise ValueError(
                f"{name} must hold two cells in each row, image and audio; got a "
                f"{type(row).__name__}{size} in row {i}. Did you mean list(zip(images, sounds))?"
            )
    return tuple(map(list, zip(*X, strict=True))) or ([], [])


def _is_row(row):
    if isinstance(row, np.ndarray):
        return row.ndim == 1 and row.dtype.kind in "OUT"
    return isinstance(row, (list, tuple))


def _is_missing(cell):
    # NaN, of which pandas has several kinds.
    is_nan = isinstance(cell, Real) and cell != cell
    return cell is None or is_nan or type(cell).__name__ in ("NAType", "NaTType")


def _check_cell(cell, check_array, name):
    """Raise unless a cell is an array that suits, or the path of a file."""
    if isinstance(cell, np.ndarray):
        check_array(cell, name=name)
    elif isinstance(cell, (str, os.PathLike)):
        if not os.path.isfile(cell):
            raise FileNotFoundError(
                f"{name} must be an array or the path of a file; there is no file "
                f"{str(cell)!r}. Are the paths relative to another folder?"
            )
    elif _is_missing(cell):
        raise ValueError(f"{name} is missing. Drop the row.")
    else:
        raise TypeError(
            f"{name} must be a path (str or Path) or an array; got a {type(cell).__name__}. "
            "Convert it with np.asarray."
        )


def _kind(cell):
    """What a cell looks like: "image", "audio" or None where it is not clear."""
    if isinstance(cell, np.ndarray):
        return {1: "audio", 3: "image"}.get(cell.ndim)
    if isinstance(cell, (str, os.PathLike)):
        suffix = os.path.splitext(os.fspath(cell))[1].lower()
        return next((kind for kind in _COLUMNS if suffix in _SUFFIXES[kind]), None)
    return None


def _check_sound(sound, fs, name):
    """Raise unless an array has the type and shape of a sound, and no other rate is known."""
    check_rate(sound, fs)
    if sound.dtype.type not in (np.float32, np.float64):
        raise TypeError(
            f"{name} must be float32 or float64 audio; got dtype {sound.dtype}. For 16-bit "
            "integers, divide by 32768."
        )
    if sound.ndim not in (1, 2):
        raise ValueError(
            f"{name} must have shape (n_times,) or (n_channels, n_times); got {sound.shape}."
        )
    if sound.ndim == 2 and sound.shape[0] > sound.shape[1]:
        raise ValueError(
            f"{name} must have shape (n_channels, n_times); got {sound.shape}. The axes look "
            "swapped, as readers of files do: use its .T."
        )
    if sound.shape[-1] < _MIN_SECONDS * fs:
        raise ValueError(
            f"{name} must last at least {_MIN_SECONDS} s, one window of its spectra; got "
            f"{sound.shape[-1]} samples at {fs:g} Hz. Drop the row."
        )


def _read_middle(path, fs, duration):
    """The middle of an audio file; only this part is decoded where the file allows it."""
    if duration is None:
        return read_audio(path, fs=fs)[0]
    info = audio_info(path)
    n_times, n_kept = math.ceil(info.n_times * fs / info.fs), round(duration * fs)
    return read_audio(path, fs=fs, offset=middle(n_times, n_kept).start / fs, duration=duration)[0]


@contextmanager
def _errors_of(cell):
    """Name the cell in errors of reading a file."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{cell} cannot be read: {error}") from error
    except (OSError, ValueError) as error:
        raise ValueError(f"{cell} cannot be read: {error}") from error


class Pairs:
    """Pairs of picture and sound, read when they are taken.

    Parameters
    ----------
    X : DataFrame or array-like of shape (n_samples, 2)
        Pictures and sounds: the columns ``image`` and ``audio`` of a table, whose other columns
        are ignored, or rows of two cells. A cell is a path (str or :class:`pathlib.Path`) or an
        array: a picture of shape (height, width, 3), uint8; a sound of shape (n_times,) or
        (n_channels, n_times), float32 or float64, at ``fs``.
    fs : float
        Sampling rate of the sounds, in Hz. Files are resampled to it.
    name : str, default="X"
        Name used in messages.

    Raises
    ------
    FileNotFoundError
        If a cell is the path of no file.
    TypeError
        If X is no such container, or a cell is neither path nor array of the right type.
    ValueError
        If X has no rows or lacks a column, or a cell is missing, has a wrong shape, is too short
        or belongs into the other column. Every message names the row.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sslearn.audiovisual import Pairs
    >>> images = np.zeros((5, 48, 64, 3), np.uint8)
    >>> sounds = np.random.default_rng(0).standard_normal((5, 16000))
    >>> pairs = Pairs(pd.DataFrame({"image": list(images), "audio": list(sounds)}), fs=16000)
    >>> len(pairs), pairs.images([3])[0].shape, pairs.sounds([3])[0].dtype
    (5, (48, 64, 3), dtype('float32'))
    """

    def __init__(self, X, *, fs, name="X"):
        self.fs, self.name = fs, name
        self._index = getattr(X, "index", None) if hasattr(X, "iloc") else None
        self._images, self._sounds = _columns(X, name)
        if len(self._images) == 0:
            raise ValueError(f"{name} must hold at least one pair: found 0 sample(s).")
        for i, (image, sound) in enumerate(zip(self._images, self._sounds, strict=True)):
            if _kind(image) == "audio" or _kind(sound) == "image":
                raise ValueError(
                    f"{self._cell('image', i)} looks like a sound, or the audio like a picture. "
                    "Are the columns swapped?"
                )
            _check_cell(image, check_image, self._cell("image", i))
            _check_cell(sound, partial(_check_sound, fs=fs), self._cell("audio", i))

    def __len__(self):
        return len(self._images)

    def images(self, rows):
        """Read pictures.

        Parameters
        ----------
        rows : iterable of int
            Positions of the pairs.

        Returns
        -------
        images : list of ndarray of shape (height_i, width_i, 3), uint8
            RGB pictures.
        """
        return [self._image(int(i)) for i in rows]

    def sounds(self, rows, *, duration=None):
        """Read sounds.

        Parameters
        ----------
        rows : iterable of int
            Positions of the pairs.
        duration : float, default=None
            Seconds that are taken from the middle, all of a shorter sound; all if None.

        Returns
        -------
        sounds : list of ndarray of shape (n_times_i,), float32
            Sounds at ``fs``, averaged over their channels.
        """
        return [self._sound(int(i), duration) for i in rows]

    def key(self, i):
        """Identity of a picture, for caches.

        Parameters
        ----------
        i : int
            Position of the pair.

        Returns
        -------
        key : tuple
            Path, size and time of change of a file; shape and digest of an array.
        """
        image = self._images[i]
        if isinstance(image, np.ndarray):
            return image.shape, hashlib.blake2b(np.ascontiguousarray(image)).hexdigest()
        found = os.stat(image)
        return os.path.abspath(image), found.st_size, found.st_mtime_ns

    def _image(self, i):
        image = self._images[i]
        if isinstance(image, np.ndarray):
            return image
        with _errors_of(self._cell("image", i)):
            return read_image(image)

    def _sound(self, i, duration):
        sound, cell = self._sounds[i], self._cell("audio", i)
        if isinstance(sound, np.ndarray):
            n_times = sound.shape[-1]
            n_kept = n_times if duration is None else round(duration * self.fs)
            sound = np.atleast_2d(sound)[:, middle(n_times, n_kept)]
            if not np.isfinite(sound).all():
                raise ValueError(f"{cell} contains NaN or infinity. Drop or repair the recording.")
        else:
            with _errors_of(cell):
                sound = _read_middle(sound, self.fs, duration)
            _check_sound(sound, self.fs, cell)
        return check_audible(sound.mean(axis=0, dtype=np.float32), name=cell)

    def _cell(self, column, i):
        """Words for a cell, with its label where rows have other labels than their positions."""
        label = i if self._index is None else self._index[i]
        label = "" if label == i else f" (index {label})"
        return f"The {column} in row {i}{label} of {self.name}"
