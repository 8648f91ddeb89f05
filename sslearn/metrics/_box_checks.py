"""Validation of boxes in pictures."""

import numpy as np

from sslearn.utils import to_numbers

# Fractions reach 1; annotators go a little beyond the picture, pixels go far beyond.
_PIXELS = 2.0


def _rows_of_boxes(y, name):
    """Boxes of each picture, (n_boxes, 4)."""
    in_rows = getattr(getattr(y, "dtype", None), "kind", None) == "O" and np.ndim(y) == 1
    if not (in_rows or isinstance(y, list | tuple)):
        array = to_numbers(y, name, "boxes")
        if array.ndim not in (2, 3) or array.shape[-1] != 4:
            raise ValueError(
                f"{name} must have shape (n_samples, 4) or (n_samples, n_boxes, 4), x_min, y_min, "
                f"x_max, y_max as fractions of the picture; got {array.shape}."
            )
        return list(array if array.ndim == 3 else array[:, None])
    rows = [to_numbers(row, f"{name}[{i}]") for i, row in enumerate(y)]
    for i, row in enumerate(rows):
        if row.size and (row.ndim not in (1, 2) or row.shape[-1] != 4):
            raise ValueError(f"{name}[{i}] must have shape (4,) or (n_boxes, 4); got {row.shape}.")
    return [row.reshape(-1, 4) for row in rows]


def check_boxes(y, *, name="y_true"):
    """Validate boxes of pictures.

    Parameters
    ----------
    y : array-like of shape (n_samples, 4) or (n_samples, n_boxes, 4), or list of (n_boxes, 4)
        ``x_min, y_min, x_max, y_max`` as fractions of the picture; boxes of NaN are absent.
    name : str, default="y_true"
        Name used in messages.

    Returns
    -------
    boxes : ndarray of shape (n_samples, n_boxes, 4)
        The boxes; rows with fewer boxes end in NaN.

    Raises
    ------
    ValueError
        If the shape is wrong, a box is infinite or NaN in part, or coordinates are pixels.

    Examples
    --------
    >>> from sslearn.metrics import check_boxes
    >>> check_boxes([[0.1, 0.1, 0.5, 0.6], [[0.0, 0.0, 0.3, 1.0], [0.7, 0.0, 1.0, 1.0]]]).shape
    (2, 2, 4)
    """
    rows = _rows_of_boxes(y, name)
    if not rows:
        raise ValueError(f"{name} is empty: it must hold the boxes of at least one picture.")
    boxes = np.full((len(rows), max(map(len, rows)), 4), np.nan)
    for boxes_of_row, row in zip(boxes, rows, strict=True):
        boxes_of_row[: len(row)] = row
    absent = np.isnan(boxes)
    wrong = {
        "is NaN in part; absent boxes are NaN in all four numbers": absent.any(-1)
        & ~absent.all(-1),
        "is infinite": np.isinf(boxes).any(-1),
        "looks like pixels; divide x by the width and y by the height": (boxes > _PIXELS).any(-1),
    }
    for problem, where in wrong.items():
        if where.any():
            i, j = np.argwhere(where)[0]
            raise ValueError(
                f"{name}[{i}] must hold fractions of the picture, x_min, y_min, x_max, y_max; "
                f"the box {boxes[i, j].tolist()} {problem}."
            )
    return boxes
