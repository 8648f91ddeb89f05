"""Cells of the circle and the sphere, and the density of a spatial spectrum over them."""

import numpy as np
from scipy.spatial import cKDTree
from sklearn.utils import gen_batches

from sslearn.geometry import (
    angles_to_unit_vectors,
    azimuth_order,
    check_directions,
    unroll_azimuths,
)
from sslearn.utils import split_pipeline

# Arcs between the directions of a grid are cut finer than the grid.
_N_ARCS = 720
_STEP = 360.0 / _N_ARCS
# Samples whose densities are in memory at a time.
_BATCH = 1024
# Rounding error of a sum of shares.
_ROUNDING = 1e-9


class ArcCells:
    """Arcs of half a degree around the circle.

    Parameters
    ----------
    grid : ndarray of shape (n_directions,)
        Azimuths of the spectrum in degrees, in [-180, 180).
    """

    def __init__(self, grid):
        azimuth, self._group = _distinct(grid[:, None])
        order, closed = azimuth_order(azimuth[:, 0])
        azimuth = unroll_azimuths(azimuth[order, 0])
        margin = 180.0 if closed else np.diff(azimuth).max(initial=_STEP) / 2
        self.directions = -180.0 + _STEP * (np.arange(_N_ARCS) + 0.5)
        self.vectors = angles_to_unit_vectors(self.directions)
        # Middles of the cells, counted from the first azimuth as the grid is.
        start = azimuth[0] - (0.0 if closed else margin)
        middles = start + np.mod(self.directions - start, 360.0)
        self._is_known = middles <= azimuth[-1] + margin
        # The spectrum at the middles is that of the two azimuths around them, or of the end.
        around = np.append(azimuth, azimuth[0] + 360.0) if closed else azimuth
        place = np.interp(middles, around, np.arange(len(around)))
        self._left = np.floor(place).astype(int)
        self._weight = place - self._left
        self._order = np.append(order, order[0])

    def density(self, spectrum):
        """Spectrum above its least value, scaled to the sum 1 over the cells, (n, n_cells)."""
        power = _above_least(spectrum, self._group)
        left, right = (power[:, self._order[i]] for i in (self._left, self._left + 1))
        power = left + self._weight * (right - left)
        return _shares(np.where(self._is_known, power, 0.0))

    def find(self, y):
        """Index of the cell of each azimuth."""
        return np.minimum((y + 180.0) // _STEP, _N_ARCS - 1).astype(int)

    def join(self, inside):
        """Arcs (n, n_arcs, 2) of cells (n, n_cells), NaN where a sample has fewer."""
        rows, first = np.nonzero(inside & ~np.roll(inside, 1, axis=1))
        last = np.nonzero(inside & ~np.roll(inside, -1, axis=1))[1]
        counts = np.bincount(rows, minlength=len(inside))
        start = (np.cumsum(counts) - counts)[rows]
        rank = np.arange(len(rows)) - start
        # The first end of a row with an arc across the back is that of its last arc.
        end = rank + (inside[:, 0] & inside[:, -1])[rows]
        last = last[start + end % counts[rows]] + _N_ARCS * (end == counts[rows])
        arcs = np.full((len(inside), max(1, counts.max(initial=0)), 2), np.nan)
        arcs[rows, rank] = -180.0 + _STEP * np.stack([first, last + 1], axis=1)
        arcs[inside.all(axis=1), 0] = -180.0, 180.0
        return arcs


class GridCells:
    """Directions of the sphere that are nearest to those of a grid.

    Parameters
    ----------
    grid : ndarray of shape (n_directions, 2) or (n_directions, 3)
        Azimuth and elevation of the spectrum in degrees, and distance, which does not count.
    """

    def __init__(self, grid):
        self.directions, self._group = _distinct(grid[:, :2])
        self.vectors = angles_to_unit_vectors(self.directions)

    def density(self, spectrum):
        """Spectrum above its least value, scaled to the sum 1 over the cells, (n, n_cells)."""
        return _shares(_above_least(spectrum, self._group))

    def find(self, y):
        """Index of the cell of each direction."""
        return cKDTree(self.vectors).query(angles_to_unit_vectors(y))[1]

    def join(self, inside):
        """Cells as they are."""
        return inside


def _distinct(grid):
    """Distinct rows of a grid in the order of their first occurrence, and the index of each row."""
    _, first, group = np.unique(np.round(grid, 9), axis=0, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return grid[np.sort(first)], rank[group.ravel()]


def _above_least(spectrum, group):
    """Spectrum above its least value, the largest of those of one direction."""
    power = spectrum - spectrum.min(axis=1, keepdims=True)
    if group.max() + 1 == len(group):
        return power
    largest = np.zeros((len(power), group.max() + 1))
    np.maximum.at(largest.T, group, power.T)
    return largest


def _shares(power):
    total = power.sum(axis=1, keepdims=True)
    # A constant spectrum gives all cells the same share.
    return np.where(total > 0, power / np.where(total > 0, total, 1.0), 1.0 / power.shape[1])


def mass_above(density, cell):
    """Sum of the shares (n, n_cells) above that of the given cell of each sample."""
    own = np.take_along_axis(density, cell[:, None], axis=1)
    return np.where(density > own, density, 0.0).sum(axis=1)


def most_likely(density, bound):
    """Cells (n, n_cells) with at most the bound of mass above them, and always the largest."""
    shares = -np.sort(-density, axis=1)
    # Sum of the shares before the k-th largest.
    above = np.cumsum(shares, axis=1) - shares
    n_inside = (above <= bound[:, None] + _ROUNDING).sum(axis=1)
    return density >= np.take_along_axis(shares, n_inside[:, None] - 1, axis=1)


def spread(density, vectors):
    """Angular standard deviation of densities (n, n_cells) in degrees, at most 180."""
    # Mean resultant length R; sigma = sqrt(-2 log R), as of a wrapped normal distribution.
    length = np.linalg.norm(density @ vectors, axis=1).clip(1e-9, 1.0)
    return np.minimum(np.rad2deg(np.sqrt(-2.0 * np.log(length))), 180.0)


def cells_of(localizer, n_angles):
    """Cells of azimuths, or of azimuths and elevations, for the grid of a fitted localizer."""
    last = split_pipeline(localizer)[1]
    if not (hasattr(last, "spatial_spectrum") and hasattr(last, "grid_")):
        raise ValueError(
            "method must be 'absolute', or 'normalized' with a difficulty, for a localizer without "
            f"spatial_spectrum and grid_; {type(last).__name__} has none."
        )
    grid = check_directions(last.grid_, name="grid_")
    if n_angles == 1:
        return ArcCells(grid if grid.ndim == 1 else grid[:, 0])
    if grid.ndim == 1:
        raise ValueError(
            "y must hold azimuths alone, (n_samples,), as the grid of the localizer does; got "
            "azimuth and elevation."
        )
    return GridCells(grid)


def map_density(function, localizer, X, cells, *values):
    """Apply a function to densities (n, n_cells) of a localizer, and to values of the samples."""
    steps, last = split_pipeline(localizer)
    for step in steps:
        X = step.transform(X)
    spectrum = np.asarray(last.spatial_spectrum(X))
    if spectrum.ndim != 2:
        raise ValueError(
            "localizer must find one spatial spectrum in each sample, (n_samples, n_directions); "
            f"it found shape {spectrum.shape}. Leave block_size and n_sources at their defaults."
        )
    batches = gen_batches(len(spectrum), _BATCH)
    parts = ((cells.density(spectrum[i]), *(v[i] for v in values)) for i in batches)
    return np.concatenate([function(*part) for part in parts])
