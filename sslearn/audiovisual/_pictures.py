import numpy as np

from sslearn.audiovisual._pairs import Pairs, _check_cell
from sslearn.utils import check_image


class Pictures(Pairs):
    """Pictures alone, or those of pairs, read when they are taken.

    Parameters
    ----------
    X : array-like of shape (n_samples,), DataFrame, or array-like of shape (n_samples, 2)
        Pictures: arrays of shape (height, width, 3), uint8, or paths; or the column ``image`` of a
        table, or the first cells of rows (image, audio). Sounds are not looked at.
    name : str, default="X"
        Name used in messages.

    Raises
    ------
    FileNotFoundError
        If a cell is the path of no file.
    TypeError
        If X is no table or list, or a cell is neither picture nor path.
    ValueError
        If there is no picture, or an array has the wrong shape.
    """

    def __init__(self, X, *, name="X"):
        self.name = name
        self._index = getattr(X, "index", None) if hasattr(X, "iloc") else None
        self._images = _image_cells(X, name)
        if len(self._images) == 0:
            raise ValueError(f"{name} must hold at least one picture: found 0 sample(s).")
        for i, image in enumerate(self._images):
            _check_cell(image, check_image, self._cell("image", i))


def _image_cells(X, name):
    if hasattr(X, "columns"):
        if list(X.columns).count("image") != 1:
            raise ValueError(
                f"{name} must have one column 'image'; got {list(X.columns)}. Rename the column of "
                "pictures."
            )
        return list(X["image"])
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
