"""Classes of an azimuth grid as positions along an open or circular axis."""

from dataclasses import dataclass

import numpy as np

from sslearn.geometry import (
    azimuth_order,
    circular_difference,
    grid_neighbors,
    unroll_azimuths,
    wrap_azimuth,
)

# Degrees in float32 are accurate to 1.5e-5: an azimuth this close to an open end is the end.
_END = 1e-4


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
    neighbors : ndarray of shape (n_classes, 2)
        Indices in the grid of the classes before and after each one.
    """

    positions: np.ndarray
    order: np.ndarray
    circular: bool
    neighbors: np.ndarray

    @property
    def is_whole_turn(self):
        """Whether the axis is open and both ends are the same direction."""
        return not self.circular and self.positions[-1] - self.positions[0] >= 360.0

    def unwrap(self, azimuth):
        """Positions of azimuths of any shape, within one turn from the first position."""
        first, last = self.positions[0], self.positions[-1]
        position = first + np.mod(azimuth - first, 360.0)
        # mod of a tiny negative number rounds up to 360.
        position = np.where(position >= first + 360.0, first, position)
        if self.circular:
            return position
        if self.is_whole_turn:
            return np.where(azimuth == last, last, position)
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
        """Indices of the positions before and after azimuths, and the fraction between them."""
        positions = self.positions
        position = self.unwrap(azimuth)
        before = np.searchsorted(positions, position, side="right") - 1
        if not self.circular:
            before = np.minimum(before, len(positions) - 2)
        # After the last position, the first one follows a turn later.
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
        """Reorder the last axis from positions to the order of the grid."""
        ordered = np.empty_like(targets)
        ordered[..., self.order] = targets
        return ordered


def azimuth_axis(grid):
    """Build the axis of a grid of azimuths.

    Parameters
    ----------
    grid : ndarray of shape (n_classes,)
        Azimuths in degrees, not necessarily wrapped; :func:`sslearn.geometry.azimuth_order` puts
        them in order.

    Returns
    -------
    axis : AzimuthAxis
        Open, circular, or open with two classes for the same direction.

    Raises
    ------
    ValueError
        If there are fewer than 2 azimuths, or one occurs twice.
    """
    if len(grid) < 2:
        raise ValueError(f"grid must hold at least 2 azimuths; got {len(grid)}.")
    order, circular = azimuth_order(grid)
    positions = unroll_azimuths(wrap_azimuth(grid)[order])
    return AzimuthAxis(positions, order, circular, grid_neighbors(grid))
