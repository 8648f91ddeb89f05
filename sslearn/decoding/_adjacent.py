import numpy as np

from sslearn.decoding._base import Decoder
from sslearn.decoding._mean import open_positions
from sslearn.decoding._parabola import parabola_top
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_difference,
    unit_vectors_to_angles,
    wrap_azimuth,
)
from sslearn.utils.param_validation import Integral, Interval, StrOptions


class AdjacentDecoder(Decoder):
    """Off-grid refinement of the highest value by its neighbours.

    Parameters
    ----------
    n_adjacent : int, default=2
        Number of directions used, including the peak. On the circle they are contiguous around the
        peak (an even number includes one more on the side with the larger value); on the sphere
        they are the peak and the largest of its neighbours. A peak at the open end of a grid has
        neighbours on one side only.
    weights : {"scores", "parabola", "lorentzian"}, default="scores"
        ``"scores"``: mean of the directions, weighted by their values (weighted adjacent
        decoding), which is exact for unbiased labels. ``"parabola"``: top of the parabola through
        the peak and all its direct neighbours, for any ``n_adjacent``, for smooth power spectra
        such as SRP-PHAT. ``"lorentzian"``: the same with one over the values, for positive spectra
        with sharp peaks such as MUSIC and MVDR.

    See Also
    --------
    ArgmaxDecoder : Peak without refinement.
    PeakDecoder : Decoder of several sources.

    Notes
    -----
    ``theta = sum_j p_j theta_j / sum_j p_j`` over the peak and its neighbours j, with azimuths
    unwrapped around the peak, or with unit vectors on the sphere. Negative values count as 0; if
    no value is positive, the peak is returned. For a grid with distances, the neighbours are those
    at the distance of the peak, which is kept.

    A Lorentzian peak is one over a parabola. On the sphere, the parabola is fitted by least
    squares in the plane tangent to the peak. If it has no top within the mesh, and at the open
    ends of azimuths, the peak is returned.

    References
    ----------
    L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based sound
    source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305 (WAD).

    Examples
    --------
    >>> from sslearn.decoding import AdjacentDecoder
    >>> AdjacentDecoder(2).decode([[0.0, 0.75, 0.25]], [-180.0, -90.0, 0.0]).tolist()
    [-67.5]
    >>> AdjacentDecoder(weights="parabola").decode([[1.0, 4.0, 3.0]], [0.0, 10.0, 20.0]).tolist()
    [12.5]
    """

    _parameter_constraints: dict = {
        "n_adjacent": [Interval(Integral, 1, None, closed="left")],
        "weights": [StrOptions({"scores", "parabola", "lorentzian"})],
    }

    needs_neighbors = True

    def __init__(self, n_adjacent=2, *, weights="scores"):
        self.n_adjacent = n_adjacent
        self.weights = weights

    def _decode(self, rows, grid, peaks, neighbors):
        if grid.ndim == 1 or grid.shape[1] == 2:
            return self._refine(rows, grid, peaks, neighbors)
        directions = grid[peaks]
        # Neighbours share the distance of the peak, so each shell is refined as a grid of angles.
        for distance in np.unique(grid[peaks, 2]):
            shell = np.flatnonzero(grid[:, 2] == distance)
            at = np.isin(peaks, shell)
            directions[at, :2] = self._refine(
                rows[at][:, shell],
                grid[shell, :2],
                np.searchsorted(shell, peaks[at]),
                np.searchsorted(shell, neighbors[shell]),
            )
        return directions

    def _refine(self, rows, grid, peaks, neighbors):
        if len(grid) == 1:
            return grid[peaks]
        if grid.ndim == 2 and np.ptp(grid[:, 1]) == 0:
            neighbors = neighbors[:, :2]
        if self.weights == "parabola":
            return parabola_top(rows, grid, neighbors, peaks)
        if self.weights == "lorentzian":
            return parabola_top(_minus_reciprocal(rows, peaks), grid, neighbors, peaks)
        if neighbors.shape[1] == 2:
            return self._circle_mean(rows, grid, neighbors, peaks)
        return self._sphere_mean(rows, grid, neighbors, peaks)

    def _circle_mean(self, rows, grid, neighbors, peaks):
        azimuth = grid if grid.ndim == 1 else grid[:, 0]
        window = _contiguous(rows, neighbors, peaks, min(self.n_adjacent, len(azimuth)))
        weights = _positive_weights(rows, window)
        positions = open_positions(azimuth, neighbors)
        if positions is None:
            offsets = circular_difference(azimuth[window], azimuth[peaks][:, None])
        else:
            offsets = positions[window] - positions[peaks][:, None]
        directions = grid[peaks].astype(float)
        # theta = theta_peak + sum_j w_j (theta_j - theta_peak): no average across the wrap.
        decoded = wrap_azimuth(azimuth[peaks] + (weights * offsets).sum(axis=1))
        if grid.ndim == 1:
            return decoded
        directions[:, 0] = decoded
        return directions

    def _sphere_mean(self, rows, grid, neighbors, peaks):
        around = neighbors[peaks]
        values = np.take_along_axis(rows, around, axis=1).astype(float)
        # Rows of neighbours are filled with the direction itself, which is in the window already.
        values[around == peaks[:, None]] = -np.inf
        best = np.argsort(-values, axis=1, kind="stable")[:, : self.n_adjacent - 1]
        window = np.column_stack([peaks, np.take_along_axis(around, best, axis=1)])
        weights = _positive_weights(rows, window)
        vectors = angles_to_unit_vectors(grid)[window]
        return unit_vectors_to_angles((weights[..., None] * vectors).sum(axis=1))


def _minus_reciprocal(rows, peaks):
    """``-1 / rows`` relative to the peak; values far below it, or negative, are clipped."""
    heights = np.take_along_axis(rows, peaks[:, None], axis=1).astype(float)
    # Without a positive peak there is nothing to refine: a flat row has its top at the peak.
    relative = np.divide(rows, heights, out=np.ones(rows.shape), where=heights > 0)
    # -1 / L is a parabola if L = 1 / (a + b x^2); the floor keeps it finite far from the peak.
    return -1 / np.maximum(relative, 1e-9)


def _contiguous(rows, neighbors, peaks, n_adjacent):
    """Indices (n, n_adjacent) of the directions around each peak; a peak at an end repeats it."""
    left = right = peaks
    window = [peaks]
    for _ in range((n_adjacent - 1) // 2):
        left, right = neighbors[left, 0], neighbors[right, 1]
        window += [left, right]
    if n_adjacent % 2 == 0:
        outer = np.column_stack([neighbors[right, 1], neighbors[left, 0]])
        values = np.take_along_axis(rows, outer, axis=1).astype(float)
        # At an end of the grid there is no further neighbour. Ties go to the following direction.
        values[outer == np.column_stack([right, left])] = -np.inf
        window.append(outer[np.arange(len(rows)), values.argmax(axis=1)])
    return np.stack(window, axis=1)


def _positive_weights(rows, window):
    """Weights (n, n_window) from the values; repetitions of a direction get 0."""
    weights = np.maximum(np.take_along_axis(rows, window, axis=1), 0).astype(float)
    for k in range(1, window.shape[1]):
        weights[:, k] *= (window[:, :k] != window[:, k : k + 1]).all(axis=1)
    # Without a positive value, the peak gets all the weight.
    weights[:, 0] += weights.sum(axis=1) == 0
    return weights / weights.sum(axis=1, keepdims=True)
