"""Bilinear resizing of maps."""

import numpy as np

from sslearn.utils._numbers import as_numbers
from sslearn.utils.param_validation import Integral


def _weights(n_old, n_new):
    """Weights of the old cells in each new one, (n_new, n_old)."""
    # Centres of the new cells in the coordinates of the old ones; the outer half cells are flat.
    centres = np.clip((np.arange(n_new) + 0.5) * n_old / n_new - 0.5, 0, n_old - 1)
    return np.maximum(1 - np.abs(centres[:, None] - np.arange(n_old)), 0)


def resize_maps(maps, shape):
    """Resize maps bilinearly, with half-pixel centres.

    Parameters
    ----------
    maps : array-like of shape (..., height, width)
        Maps of numbers.
    shape : tuple of (int, int)
        New height and width.

    Returns
    -------
    resized : ndarray of shape (..., \\*shape)
        Resized maps, float32 if those given are, otherwise float64. Coordinates beyond the outer
        centres take the value of the nearest cell, as ``torch.nn.functional.interpolate`` does by
        default.

    Raises
    ------
    ValueError
        If there are no two axes, or ``shape`` is not a pair of positive integers.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import resize_maps
    >>> resize_maps(np.array([[0.0, 1.0]]), (1, 4))
    array([[0.  , 0.25, 0.75, 1.  ]])
    """
    maps = as_numbers(maps, "maps")
    if maps.ndim < 2 or 0 in maps.shape[-2:]:
        raise ValueError(f"maps must have shape (..., height, width); got {maps.shape}.")
    pair = isinstance(shape, tuple | list) and len(shape) == 2
    if not pair or not all(isinstance(n, Integral) and n > 0 for n in shape):
        raise ValueError(f"shape must be a pair of positive integers; got {shape!r}.")
    dtype = maps.dtype if maps.dtype == np.float32 else np.float64
    if maps.shape[-2:] == tuple(shape):
        return maps.astype(dtype)
    rows, columns = (
        _weights(*sizes).astype(dtype) for sizes in zip(maps.shape[-2:], shape, strict=True)
    )
    # Bilinear weights are separable: one matrix product for each axis.
    return rows @ (maps @ columns.T)
