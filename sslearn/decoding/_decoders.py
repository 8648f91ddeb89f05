from abc import abstractmethod

import numpy as np
from sklearn.base import BaseEstimator

from sslearn.decoding._parabola import parabola_top
from sslearn.geometry import (
    angles_to_unit_vectors,
    check_directions,
    circular_difference,
    grid_neighbors,
    unit_vectors_to_angles,
    unroll_azimuths,
    wrap_azimuth,
)
from sslearn.utils._param_validation import Integral, Interval, Real, StrOptions


class Decoder(BaseEstimator):
    """Base of decoders: from a spectrum over the directions of a grid to one direction.

    A subclass implements ``_decode(rows, grid, peaks, neighbors)`` and sets ``needs_neighbors`` to
    True if it reads the neighbours; otherwise they may be None.

    See Also
    --------
    sslearn.encoding.GridEncoding : Decodes the output of a network.
    sslearn.doa.SRPPHAT : Decodes a spatial spectrum.
    """

    _parameter_constraints: dict = {}
    needs_neighbors = False

    def decode(self, spectrum, grid, *, neighbors=None):
        """Decode each spectrum into a direction.

        Parameters
        ----------
        spectrum : array-like of shape (..., n_directions)
            Spectra; larger is more likely.
        grid : array-like of shape (n_directions,), (n_directions, 2) or (n_directions, 3)
            Directions of the spectrum, in degrees and metres.
        neighbors : ndarray of shape (n_directions, n_neighbors), default=None
            Neighbours of each direction; those of :func:`sslearn.geometry.grid_neighbors` if None.
            To decode many spectra, compute them once.

        Returns
        -------
        directions : ndarray of shape (...) or (..., 2) or (..., 3)
            Laid out like a row of the grid.

        Raises
        ------
        ValueError
            If the shapes do not fit or a spectrum is not finite.
        """
        rows, directions, neighbors = self._check(spectrum, grid, neighbors)
        decoded = self._decode(rows, directions, rows.argmax(axis=1), neighbors)
        return decoded.reshape(np.shape(spectrum)[:-1] + directions.shape[1:])

    def _check(self, spectrum, grid, neighbors):
        """Rows (n, n_directions), directions, and their neighbours."""
        self._validate_params()
        directions = check_directions(grid, name="grid")
        spectrum = _check_spectrum(spectrum, len(directions))
        if neighbors is None and self.needs_neighbors:
            neighbors = grid_neighbors(grid)
        if neighbors is not None and len(neighbors) != len(directions):
            raise ValueError(
                f"neighbors must have one row for each of the {len(directions)} directions; got "
                f"shape {np.shape(neighbors)}."
            )
        return spectrum.reshape(-1, len(directions)), directions, neighbors

    @abstractmethod
    def _decode(self, rows, grid, peaks, neighbors):
        """Directions of the rows (n, n_directions), whose highest values are at the peaks."""


def _check_spectrum(spectrum, n_directions):
    spectrum = np.asarray(spectrum)
    if spectrum.ndim == 0 or spectrum.shape[-1] != n_directions:
        raise ValueError(
            f"spectrum must have n_directions={n_directions} values on its last axis, as the grid "
            f"has; got shape {spectrum.shape}."
        )
    if not np.isfinite(spectrum).all():
        raise ValueError("spectrum contains NaN or infinity: expected finite values.")
    return spectrum


class ArgmaxDecoder(Decoder):
    """The direction of the highest value: always one of the grid (Top-1).

    See Also
    --------
    AdjacentDecoder : Free of the quantization of the grid.

    Examples
    --------
    >>> from sslearn.decoding import ArgmaxDecoder
    >>> ArgmaxDecoder().decode([[0.1, 0.7, 0.2]], [0.0, 10.0, 20.0]).tolist()
    [10.0]
    """

    def _decode(self, rows, grid, peaks, neighbors):
        return grid[peaks]


class MeanDecoder(Decoder):
    """The mean of all directions, weighted by their values; negative values count as 0.

    The mean is arithmetic for azimuths that do not close around the circle, and the direction of
    the mean vector otherwise, so that it is right at the wrap and at the poles. It suits spectra
    with one peak and no floor, such as the outputs of a softmax. For a grid with distances the
    distance is averaged as well.

    See Also
    --------
    AdjacentDecoder : The mean around the peak alone.

    Examples
    --------
    >>> from sslearn.decoding import MeanDecoder
    >>> MeanDecoder().decode([[0.0, 0.75, 0.25]], [-90.0, 0.0, 90.0]).tolist()
    [22.5]
    """

    def _decode(self, rows, grid, peaks, neighbors):
        weights = np.maximum(rows, 0)
        # All values negative or 0: the peak alone.
        weights[np.arange(len(rows)), peaks] += weights.sum(axis=1) == 0
        weights = weights / weights.sum(axis=1, keepdims=True)
        if grid.ndim == 1:
            positions = _open_positions(
                grid, grid_neighbors(grid) if neighbors is None else neighbors
            )
            if positions is not None:
                return wrap_azimuth(weights @ positions)
        directions = unit_vectors_to_angles(weights @ angles_to_unit_vectors(grid))
        if grid.ndim == 1:
            return directions[:, 0]
        return np.column_stack([directions, weights @ grid[:, 2:]])


def _open_positions(grid, neighbors):
    """Azimuths along a grid with open ends, not wrapped; None if it closes."""
    ends = np.flatnonzero(neighbors[:, 0] == np.arange(len(grid)))
    if len(ends) == 0:
        return None
    order = [ends[0]]
    while len(order) < len(grid):
        order.append(neighbors[order[-1], 1])
    positions = np.empty(len(grid))
    positions[order] = unroll_azimuths(grid[order])
    return positions


class AdjacentDecoder(Decoder):
    """Off-grid refinement of the highest value by the values next to it.

    Parameters
    ----------
    n_adjacent : int, default=2
        Number of neighbouring directions that enter, with the peak itself. On the circle they are
        contiguous around the peak (for an even number, the side with the larger value has one
        more); on the sphere they are the peak and the largest of its neighbours. A peak at the
        open end of a grid has neighbours on one side only.
    weights : {"scores", "parabola", "lorentzian"}, default="scores"
        ``"scores"``: the mean of the directions, weighted by their values (weighted adjacent
        decoding), which is exact for spectra that learned unbiased labels. ``"parabola"``: the
        top of the parabola through the peak and all its direct neighbours, whatever
        ``n_adjacent`` is, which is what a smooth power spectrum such as SRP-PHAT needs.
        ``"lorentzian"``: the same with one over the values, for positive spectra with sharp
        peaks such as MUSIC and MVDR.

    See Also
    --------
    ArgmaxDecoder : The peak alone.
    PeakDecoder : Several sources.

    Notes
    -----
    ``theta = sum_j p_j theta_j / sum_j p_j`` over the neighbours j of the peak, with azimuths
    unwrapped around the peak, or with unit vectors on the sphere. Negative values count as 0;
    where all of them do, the peak is returned. For a grid with distances the neighbours are those
    at the distance of the peak, which is kept.

    A Lorentzian peak is one over a parabola. On the sphere the parabola is fitted by least
    squares in the plane tangent to the peak. Where it has no top within the mesh, and at the open
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
        positions = _open_positions(azimuth, neighbors)
        if positions is None:
            offsets = circular_difference(azimuth[window], azimuth[peaks][:, None])
        else:
            offsets = positions[window] - positions[peaks][:, None]
        directions = grid[peaks].astype(float)
        decoded = wrap_azimuth(azimuth[peaks] + (weights * offsets).sum(axis=1))
        if grid.ndim == 1:
            return decoded
        directions[:, 0] = decoded
        return directions

    def _sphere_mean(self, rows, grid, neighbors, peaks):
        around = neighbors[peaks]
        values = np.take_along_axis(rows, around, axis=1).astype(float)
        values[around == peaks[:, None]] = -np.inf
        best = np.argsort(-values, axis=1, kind="stable")[:, : self.n_adjacent - 1]
        window = np.column_stack([peaks, np.take_along_axis(around, best, axis=1)])
        weights = _positive_weights(rows, window)
        vectors = angles_to_unit_vectors(grid)[window]
        return unit_vectors_to_angles((weights[..., None] * vectors).sum(axis=1))


def _minus_reciprocal(rows, peaks):
    """``-1 / rows`` in units of the peak; values far below it, or negative, are a distant floor."""
    heights = np.take_along_axis(rows, peaks[:, None], axis=1).astype(float)
    # Without a positive peak there is nothing to refine: a flat row has its top at the peak.
    relative = np.divide(rows, heights, out=np.ones(rows.shape), where=heights > 0)
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
        # At an end of the grid there is nothing further out; of equals the following one is taken.
        values[outer == np.column_stack([right, left])] = -np.inf
        window.append(outer[np.arange(len(rows)), values.argmax(axis=1)])
    return np.stack(window, axis=1)


def _positive_weights(rows, window):
    """Weights (n, n_window) from the values, without the second mention of any direction."""
    weights = np.maximum(np.take_along_axis(rows, window, axis=1), 0).astype(float)
    for k in range(1, window.shape[1]):
        weights[:, k] *= (window[:, :k] != window[:, k : k + 1]).all(axis=1)
    # All values negative or 0: the peak alone.
    weights[:, 0] += weights.sum(axis=1) == 0
    return weights / weights.sum(axis=1, keepdims=True)


class PeakDecoder(Decoder):
    """The highest local maxima: the directions of several sources.

    Parameters
    ----------
    n_sources : int, default=1
        Largest number of sources.
    threshold : float, default=None
        Least height of a peak, as a share of the way from the lowest to the highest value of the
        spectrum; None takes every local maximum.
    min_separation : float, default=10.0
        Least angle between two sources in degrees: of closer peaks the higher one stays.
    refine : {"parabola", "lorentzian", None}, default="parabola"
        How each peak is refined off the grid, as ``AdjacentDecoder(weights=refine)`` does; None
        keeps the directions of the grid.

    See Also
    --------
    AdjacentDecoder : One source.

    Notes
    -----
    A local maximum is at least as high as all its neighbours
    (:func:`sslearn.geometry.grid_neighbors`) and higher than one of them; a flat spectrum has
    none. Where there are fewer than ``n_sources``, the rest is NaN.

    Examples
    --------
    >>> from sslearn.decoding import PeakDecoder
    >>> spectrum = [[0.0, 2.0, 0.0, 1.0, 0.0]]
    >>> PeakDecoder(2).decode(spectrum, [-60.0, -30.0, 0.0, 30.0, 60.0]).tolist()
    [[[-30.0], [30.0]]]
    >>> PeakDecoder(2, threshold=0.6).decode(spectrum, [-60, -30, 0, 30, 60]).tolist()
    [[[-30.0], [nan]]]
    """

    _parameter_constraints: dict = {
        "n_sources": [Interval(Integral, 1, None, closed="left")],
        "threshold": [Interval(Real, 0, 1, closed="both"), None],
        "min_separation": [Interval(Real, 0, 180, closed="both")],
        "refine": [StrOptions({"parabola", "lorentzian"}), None],
    }

    needs_neighbors = True

    def __init__(self, n_sources=1, *, threshold=None, min_separation=10.0, refine="parabola"):
        self.n_sources = n_sources
        self.threshold = threshold
        self.min_separation = min_separation
        self.refine = refine

    def decode(self, spectrum, grid, *, neighbors=None):
        """Decode each spectrum into the directions of its highest peaks.

        Parameters
        ----------
        spectrum : array-like of shape (..., n_directions)
            Spectra; larger is more likely.
        grid : array-like of shape (n_directions,), (n_directions, 2) or (n_directions, 3)
            Directions of the spectrum, in degrees and metres.
        neighbors : ndarray of shape (n_directions, n_neighbors), default=None
            Neighbours of each direction, as in :meth:`Decoder.decode`.

        Returns
        -------
        directions : ndarray of shape (..., n_sources, n_angles)
            Directions from the highest peak down, in degrees (and metres); NaN where there is no
            further peak.

        Raises
        ------
        ValueError
            If the shapes do not fit or a spectrum is not finite.
        """
        rows, grid, neighbors = self._check(spectrum, grid, neighbors)
        refined = AdjacentDecoder(weights=self.refine) if self.refine else ArgmaxDecoder()
        heights = self._heights_of_peaks(rows, neighbors)
        vectors = angles_to_unit_vectors(grid)
        directions = np.full((len(rows), self.n_sources, *grid.shape[1:]), np.nan)
        for source in range(self.n_sources):
            peaks = heights.argmax(axis=1)
            found = np.flatnonzero(np.isfinite(heights[np.arange(len(rows)), peaks]))
            peaks = peaks[found]
            directions[found, source] = refined._decode(rows[found], grid, peaks, neighbors)
            near = vectors[peaks] @ vectors.T >= np.cos(np.deg2rad(self.min_separation))
            heights[found] = np.where(near, -np.inf, heights[found])
            heights[found, peaks] = -np.inf
        directions = directions.reshape(len(rows), self.n_sources, -1)
        return directions.reshape(*np.shape(spectrum)[:-1], *directions.shape[1:])

    def _heights_of_peaks(self, rows, neighbors):
        """The values at local maxima above the threshold, minus infinity elsewhere."""
        around = rows[:, neighbors.T]
        is_peak = (rows >= around.max(axis=1)) & (rows > around.min(axis=1))
        heights = np.where(is_peak, rows, -np.inf)
        if self.threshold is not None:
            low, high = rows.min(axis=1, keepdims=True), rows.max(axis=1, keepdims=True)
            heights[rows < low + self.threshold * (high - low)] = -np.inf
        return heights
