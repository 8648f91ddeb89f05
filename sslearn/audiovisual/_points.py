"""Points and boxes of similarity maps."""

import numpy as np
from scipy import ndimage

from sslearn.utils import resize_maps

# Side of the maps that points and boxes are read from, and maps that are enlarged at once.
_SIZE, _CHUNK_SIZE = 224, 64


def peaks(maps):
    """Find the largest value of each map.

    Parameters
    ----------
    maps : ndarray of shape (n_samples, height, width)
        Maps.

    Returns
    -------
    points : ndarray of shape (n_samples, 2)
        x and y of the middle of the pixel, as fractions of the map of 224 x 224.
    """

    def peak(enlarged):
        return np.unravel_index(enlarged.argmax(), enlarged.shape)[::-1]

    return (_of_enlarged(peak, maps) + 0.5) / _SIZE


def boxes(maps, threshold):
    """Find the box of the connected region around the largest value of each map.

    Parameters
    ----------
    maps : ndarray of shape (n_samples, height, width)
        Maps.
    threshold : float
        Least value of the region, from 0 for the smallest to 1 for the largest of the map.

    Returns
    -------
    boxes : ndarray of shape (n_samples, 4)
        x_min, y_min, x_max and y_max as fractions of the map; all of a constant one.
    """

    def box(enlarged):
        low, high = enlarged.min(), enlarged.max()
        # Rounding must not lift the threshold above the largest value.
        regions, _ = ndimage.label(enlarged >= min(low + threshold * (high - low), high))
        rows, columns = ndimage.find_objects(regions)[regions.flat[enlarged.argmax()] - 1]
        return columns.start, rows.start, columns.stop, rows.stop

    return _of_enlarged(box, maps) / _SIZE


def _of_enlarged(function, maps):
    """Apply a function to each map of 224 x 224, with few of them in memory at a time."""
    chunks = (maps[i : i + _CHUNK_SIZE] for i in range(0, len(maps), _CHUNK_SIZE))
    enlarged = (large for chunk in chunks for large in resize_maps(chunk, (_SIZE, _SIZE)))
    return np.array(list(map(function, enlarged)))
