import numpy as np

from sslearn.decoding._base import Decoder
from sslearn.geometry import (
    angles_to_unit_vectors,
    grid_neighbors,
    unit_vectors_to_angles,
    unroll_azimuths,
    wrap_azimuth,
)


def open_positions(azimuth, neighbors):
    """Unwrap the azimuths of a grid with open ends.

    Parameters
    ----------
    azimuth : ndarray of shape (n_directions,)
        Azimuths of the grid.
    neighbors : ndarray of shape (n_directions, 2)
        Index of the previous and the next azimuth of each one.

    Returns
    -------
    positions : ndarray of shape (n_directions,) or None
        Azimuths that increase from the first end to the last; None for a circular grid.
    """
    # The first end of an open grid is its own previous neighbour.
    ends = np.flatnonzero(neighbors[:, 0] == np.arange(len(azimuth)))
    if len(ends) == 0:
        return None
    order = [ends[0]]
    while len(order) < len(azimuth):
        order.append(neighbors[order[-1], 1])
    positions = np.empty(len(azimuth))
    positions[order] = unroll_azimuths(azimuth[order])
    return positions


class MeanDecoder(Decoder):
    """Mean of all directions, weighted by their values; negative values count as 0.

    The mean is arithmetic for an open grid of azimuths, and the direction of the mean vector
    otherwise, so that it is correct at the wrap and at the poles. It suits spectra with one peak
    and no floor, such as the outputs of a softmax. For a grid with distances, the distance is
    averaged as well.

    See Also
    --------
    AdjacentDecoder : Mean around the peak only.

    Examples
    --------
    >>> from sslearn.decoding import MeanDecoder
    >>> MeanDecoder().decode([[0.0, 0.75, 0.25]], [-90.0, 0.0, 90.0]).tolist()
    [22.5]
    """

    def _decode(self, rows, grid, peaks, neighbors):
        weights = np.maximum(rows, 0)
        # Without a positive value, the peak gets all the weight.
        weights[np.arange(len(rows)), peaks] += weights.sum(axis=1) == 0
        weights = weights / weights.sum(axis=1, keepdims=True)
        if grid.ndim == 1:
            positions = open_positions(
                grid, grid_neighbors(grid) if neighbors is None else neighbors
            )
            if positions is not None:
                return wrap_azimuth(weights @ positions)
        # Direction of sum_j w_j u_j, correct at the wrap and at the poles.
        directions = unit_vectors_to_angles(weights @ angles_to_unit_vectors(grid))
        if grid.ndim == 1:
            return directions[:, 0]
        return np.column_stack([directions, weights @ grid[:, 2:]])
