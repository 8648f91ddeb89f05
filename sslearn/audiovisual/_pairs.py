import math
from functools import partial

import numpy as np

from sslearn.audiovisual._pictures import Pictures, check_cell, columns_of, errors_of
from sslearn.features import check_audible, middle
from sslearn.utils import audio_info, check_rate, read_audio

_COLUMNS = ["image", "audio"]
# The shortest sound is a window of the spectra.
_MIN_SECONDS = 0.025


def _columns(X, name):
    """Pictures and sounds of a table, or of rows of two cells."""
    if hasattr(X, "columns"):
        return columns_of(X, _COLUMNS, name)
    if not isinstance(X, (list, tuple, np.ndarray)):
        is_row = hasattr(X, "iloc") and set(_COLUMNS) <= set(X.index)
        table = 'pd.DataFrame({"image": list(images), "audio": list(sounds)})'
        raise TypeError(
            f"{name} must be a DataFrame with the columns 'image' and 'audio', or hold rows of "
            f"(image, audio); got a {type(X).__name__}. Did you mean "
            f"{'X.iloc[[i]]' if is_row else table}?"
        )
    for i, row in enumerate(X):
        if not _is_row(row) or len(row) != 2:
            size = f" of length {len(row)}" if np.iterable(row) else ""
            cure = "[(image, sound)]" if _is_pair_of_arrays(X) else "list(zip(images, sounds))"
            raise ValueError(
                f"{name} must hold two cells in each row, image and audio; got a "
                f"{type(row).__name__}{size} in row {i}. Did you mean {cure}?"
            )
    return list(zip(*X, strict=True)) or [[], []]


def _is_row(row):
    if isinstance(row, np.ndarray):
        return row.ndim == 1 and row.dtype.kind in "OUT"
    return isinstance(row, (list, tuple))


def _is_pair_of_arrays(X):
    """Whether X is an image and a sound, not several of each."""
    # Not np.ndim, which fails for a cell that holds arrays of several shapes.
    return len(X) == 2 and [getattr(cell, "ndim", 0) for cell in X] in ([3, 1], [3, 2])


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


class Pairs(Pictures):
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
        images, self._sounds = _columns(X, name)
        self._keep(X, images, name, "pair")
        self.fs = fs
        for i, sound in enumerate(self._sounds):
            check_cell(sound, "audio", partial(_check_sound, fs=fs), self._cell("audio", i))

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

    def _sound(self, i, duration):
        sound, cell = self._sounds[i], self._cell("audio", i)
        if isinstance(sound, np.ndarray):
            n_times = sound.shape[-1]
            n_kept = n_times if duration is None else round(duration * self.fs)
            sound = np.atleast_2d(sound)[:, middle(n_times, n_kept)]
            if not np.isfinite(sound).all():
                raise ValueError(f"{cell} contains NaN or infinity. Drop or repair the recording.")
        else:
            with errors_of(cell):
                sound = _read_middle(sound, self.fs, duration)
            _check_sound(sound, self.fs, cell)
        if duration is not None and sound.shape[-1] >= round(duration * self.fs):
            cell += f" (its middle {duration:g} s)"
        return check_audible(sound.mean(axis=0, dtype=np.float32), name=cell)
