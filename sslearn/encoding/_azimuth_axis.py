"""The classes of an azimuth grid as positions along an axis that is open or closes on itself."""

from dataclasses import dataclass

import numpy as np

from sslearn.encoding._decoders import PeakDecoder
from sslearn.geometry import circular_difference, grid_neighbors, wrap_azimuth

# Degrees in float32 are good to 1.5e-5: an azimuth this close to an open end is the end.
_END = 1e-4
# Degrees that an axis is squeezed into where a decoder would take its ends for neighbours.
_SQUEEZED = 120.0


@dataclass
class AzimuthAxis:
    """Classes in the order of their positions.

    Parameters
    ----------
    positions : ndarray of shape (n_classes,)
        Positions in degrees, increasing, not wrapped.
    order : ndarray of shape (n_classes,)
        Index in the grid of each position.
    circular : bool
        Whether the first position follows the last one.
    """

    positions: np.ndarray
    order: np.ndarray
    circular: bool

    def unwrap(self, azimuth):
        """Positions, within one turn from the first, of azimuths of any shape."""
        first, last = self.positions[0], self.positions[-1]
        position = first + np.mod(azimuth - first, 360.0)
        # mod of a tiny negative number rounds up to 360 itself.
        position = np.where(position >= first + 360.0, first, position)
        if self.circular or last - first >= 360.0:
            return position
        position = np.where(position >= first + 360.0 - _END, first, position)
        outside = position > last + _END
        if outside.any():
            raise ValueError(
                f"y must lie between the ends of the grid, {first:g} and {last:g} degrees; got "
                f"{azimuth[outside][0]:g}. Use a wider grid, or circular_grid for directions all "
                "around."
            )
        return np.minimum(position, last)

    def locate(self, azimuth):
        """Positions before and after azimuths, and the fraction of the way between the two."""
        positions = self.positions
        position = self.unwrap(azimuth)
        before = np.searchsorted(positions, position, side="right") - 1
        if not self.circular:
            before = np.minimum(before, len(positions) - 2)
        ends = np.append(positions, positions[0] + 360.0)
        fraction = (position - positions[before]) / (ends[before + 1] - positions[before])
        return before, (before + 1) % len(positions), fraction

    def nearest(self, azimuth):
        """Index of the nearest position; half-way cases go to the even one."""
        before, after, fraction = self.locate(azimuth)
        take_after = (fraction > 0.5) | ((fraction == 0.5) & (before % 2 == 1))
        return np.where(take_after, after, before)

    def distances(self, azimuth):
        """Distances (..., n_classes) to the positions, around the circle if the axis closes."""
        if self.circular:
            return np.abs(circular_difference(azimuth[..., None], self.positions))
        return np.abs(self.unwrap(azimuth)[..., None] - self.positions)

    def to_grid(self, targets):
        """Reorder the last axis from positions to directions of the grid."""
        ordered = np.empty_like(targets)
        ordered[..., self.order] = targets
        return ordered

    def decode(self, decoder, scores, grid):
        """Let a decoder find azimuths; it never takes the ends of an open axis for neighbours."""
        if self.circular or _is_open(grid, self.order[0]):
            return decoder.decode(scores, grid)
        middle = (self.positions[0] + self.positions[-1]) / 2
        scale = _SQUEEZED / (self.positions[-1] - self.positions[0])
        if isinstance(decoder, PeakDecoder):
            raise ValueError(
                "decoder must find one source on an open grid that goes all around or lies "
                "behind; got a PeakDecoder. Use circular_grid."
            )
        squeezed = decoder.decode(scores, self.to_grid((self.positions - middle) * scale))
        return wrap_azimuth(squeezed / scale + middle)


def _is_open(grid, first):
    if len(np.unique(grid)) < len(grid):
        return False
    return grid_neighbors(grid)[first, 0] == first


def azimuth_axis(azimuth, grid):
    """Axis of a grid of azimuths.

    Parameters
    ----------
    azimuth : ndarray of shape (n_classes,)
        Azimuths in degrees as they were given. Increasing ones whose last is a turn beyond the
        first make an open axis with two classes for the same direction.
    grid : ndarray of shape (n_classes,)
        The same azimuths, wrapped.

    Returns
    -------
    axis : AzimuthAxis
        Open, closed, or open with both ends.

    Raises
    ------
    ValueError
        If there are fewer than 2 azimuths, or one of them twice.
    """
    if len(grid) < 2:
        raise ValueError(f"grid must hold at least 2 azimuths; got {len(grid)}.")
    order = np.argsort(azimuth)
    if (np.diff(azimuth) > 0).all() and np.isclose(azimuth[-1] - azimuth[0], 360.0):
        return AzimuthAxis(azimuth, order, circular=False)
    neighbors = grid_neighbors(grid)
    order = np.argsort(grid)
    gaps = np.diff(grid[order], prepend=grid[order[-1]] - 360.0)
    start = gaps.argmax()
    # Half a turn or more without a class is where an axis ends, wherever that is.
    if gaps[start] < 180.0 and neighbors[order[0], 0] != order[0]:
        return AzimuthAxis(grid[order], order, circular=True)
    start = start if gaps[start] >= 180.0 else 0
    order = np.roll(order, -start)
    positions = grid[order] + 360.0 * (grid[order] < grid[order[0]])
    return AzimuthAxis(positions, order, circular=False)
