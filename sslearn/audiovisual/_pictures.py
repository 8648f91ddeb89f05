import hashlib
import os
from contextlib import contextmanager
from numbers import Real

import numpy as np

from sslearn.utils import check_image, read_image

_SUFFIXES = {
    "image": (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"),
    "audio": (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff"),
}


def _is_missing(cell):
    # NaN, of which pandas has several kinds.
    is_nan = isinstance(cell, Real) and cell != cell
    return cell is None or is_nan or type(cell).__name__ in ("NAType", "NaTType")


def _kind(cell):
    """Probable kind of a cell: "image", "audio" or None if unclear."""
    if isinstance(cell, np.ndarray):
        is_long = cell.ndim == 2 and cell.shape[1] > 100 * cell.shape[0]
        return "audio" if is_long else {1: "audio", 3: "image"}.get(cell.ndim)
    if isinstance(cell, (str, os.PathLike)):
        suffix = os.path.splitext(os.fspath(cell))[1].lower()
        return next((kind for kind, suffixes in _SUFFIXES.items() if suffix in suffixes), None)
    return None


def check_cell(cell, column, check_array, name):
    """Raise unless a cell is an array that suits its column, or the path of a file."""
    kind = _kind(cell)
    if kind is not None and kind != column:
        looks = {"audio": "a sound", "image": "a picture"}[kind]
        raise ValueError(f"{name} looks like {looks}. Are the columns swapped?")
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


@contextmanager
def errors_of(cell):
    """Name the cell in errors of reading a file."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{cell} cannot be read: {error}") from error
    except (OSError, ValueError) as error:
        raise ValueError(f"{cell} cannot be read: {error}") from error


def columns_of(X, columns, name):
    """Lists of the cells of columns of a table, each of which must occur once."""
    names = list(X.columns)
    if any(names.count(column) != 1 for column in columns):
        expected = " and ".join(f"one column {column!r}" for column in columns)
        raise ValueError(f"{name} must have {expected}; got {names}. Rename the columns.")
    return [list(X[column]) for column in columns]


def _image_cells(X, name):
    if hasattr(X, "columns"):
        return columns_of(X, ["image"], name)[0]
    if hasattr(X, "iloc"):
        return list(X)
    if not isinstance(X, (list, tuple, np.ndarray)):
        raise TypeError(
            f"{name} must be a list or array of pictures or paths, or a DataFrame with the column "
            f"'image'; got a {type(X).__name__}."
        )
    return [cell[0] if _is_pair(cell) else cell for cell in X]


def _is_pair(cell):
    return len(cell) == 2 if isinstance(cell, (list, tuple)) else np.shape(cell) == (2,)


class Pictures:
    """Pictures alone, or those of pairs, read when they are taken.

    Parameters
    ----------
    X : array-like of shape (n_samples,), DataFrame, or array-like of shape (n_samples, 2)
        Pictures: arrays of shape (height, width, 3), uint8, or paths; or the column ``image`` of a
        table, or the first cells of rows (image, audio). Sounds are ignored.
    name : str, default="X"
        Name used in messages.

    Raises
    ------
    FileNotFoundError
        If a cell is the path of no file.
    TypeError
        If X is not a table or a list, or a cell is neither picture nor path.
    ValueError
        If there is no picture, or an array has the wrong shape.
    """

    def __init__(self, X, *, name="X"):
        self._keep(X, _image_cells(X, name), name, "picture")

    def _keep(self, X, images, name, what):
        """Keep the cells of pictures, which are checked."""
        self.name, self._images = name, images
        self._index = X.index if hasattr(X, "iloc") else None
        if len(images) == 0:
            raise ValueError(f"{name} must hold at least one {what}: found 0 sample(s).")
        for i, image in enumerate(images):
            check_cell(image, "image", check_image, self._cell("image", i))

    def __len__(self):
        return len(self._images)

    def images(self, rows):
        """Read pictures.

        Parameters
        ----------
        rows : iterable of int
            Positions of the pictures.

        Returns
        -------
        images : list of ndarray of shape (height_i, width_i, 3), uint8
            RGB pictures.
        """
        return [self._image(int(i)) for i in rows]

    def key(self, i):
        """Identity of a picture, for caches.

        Parameters
        ----------
        i : int
            Position of the picture.

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
        with errors_of(self._cell("image", i)):
            return read_image(image)

    def _cell(self, column, i):
        """Words for a cell, with its label where rows have other labels than their positions."""
        label = i if self._index is None else self._index[i]
        label = "" if label == i else f" (index {label})"
        return f"The {column} in row {i}{label} of {self.name}"
