"""Coverage and width of sets of directions."""

import numpy as np
from scipy.spatial import cKDTree

from sslearn.geometry import (
    angles_to_unit_vectors,
    check_directions,
    check_doa,
    fibonacci_grid,
    great_circle_distance,
)
from sslearn.metrics._errors import ROUNDING
from sslearn.utils import check_weights, to_numbers

# Points of the sphere that are counted for each direction of a grid, to measure its cell.
_POINTS_PER_CELL = 200


def _are_cells(sets):
    return isinstance(sets, np.ndarray) and sets.dtype.kind == "b" and sets.ndim == 2


def _check_sets(sets):
    """Arcs (n, n_arcs, 2), caps (n, 3) or cells (n, n_directions) of bool."""
    if _are_cells(sets):
        return sets
    sets = to_numbers(sets, "sets", "angles in degrees")
    if sets.ndim == 3 and sets.shape[2] == 2:
        width = np.diff(sets)[..., 0]
        if not ((width >= 0) & (width <= 360 + ROUNDING) | np.isnan(sets).all(axis=2)).all():
            raise ValueError(
                "sets must hold arcs (start, end) with start <= end <= start + 360 degrees, or NaN "
                "for no arc; an arc across the back is (170, 190)."
            )
        return sets
    if sets.ndim != 2 or sets.shape[1] != 3:
        raise ValueError(
            "sets must hold arcs, of shape (n_samples, n_arcs, 2), caps, (n_samples, 3), or cells "
            f"of a grid, an array of bool, (n_samples, n_directions); got shape {sets.shape}."
        )
    if not ((sets[:, 2] >= 0) & (sets[:, 2] <= 180)).all():
        raise ValueError("sets must hold caps (azimuth, elevation, radius), radius in [0, 180].")
    check_directions(sets[:, :2], name="sets")
    return sets


def _check_grid(grid, sets):
    if grid is None:
        raise ValueError("grid must be given for sets of cells: that of the localizer, grid_.")
    grid = check_directions(grid, name="grid")
    if grid.ndim != 2 or len(grid) != sets.shape[1]:
        raise ValueError(
            f"grid must have shape ({sets.shape[1]}, 2), a direction for each cell of sets; got "
            f"{grid.shape}."
        )
    return cKDTree(angles_to_unit_vectors(grid[:, :2]))


def is_covered(y_true, sets, *, grid=None):
    """Check whether each set contains the true direction.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) for arcs, (n_samples, 2) for caps and cells
        True azimuth, or azimuth and elevation (and distance, not used), in degrees.
    sets : array-like of shape (n_samples, n_arcs, 2), (n_samples, 3) or (n_samples, n_directions)
        Sets, as :meth:`sslearn.calibration.ConformalLocalizer.predict_set` returns them: arcs
        (start, end), counter-clockwise, with ``start <= end <= start + 360`` and NaN for no arc;
        caps (azimuth, elevation, radius); or cells of a grid, True inside.
    grid : array-like of shape (n_directions, 2), default=None
        Azimuth and elevation of the middles of the cells; a cell holds the directions that are
        nearest to its middle. Only for cells.

    Returns
    -------
    covered : ndarray of shape (n_samples,), bool
        True where the set contains the direction, or is a rounding error away from it.

    Raises
    ------
    ValueError
        If the directions, the sets or the grid are not valid, or do not fit each other.

    See Also
    --------
    coverage_score : The share of them.

    Examples
    --------
    >>> from sslearn.metrics import is_covered
    >>> is_covered([-175, 150], [[[170, 190]], [[170, 190]]]).tolist()
    [True, False]
    """
    sets = _check_sets(sets)
    y = check_doa(y_true, name="y_true")
    if len(y) != len(sets):
        raise ValueError(
            f"y_true and sets must hold as many samples; got {len(y)} and {len(sets)}."
        )
    if (y.ndim == 1) != (sets.ndim == 3):
        raise ValueError(
            "y_true must hold azimuths, (n_samples,), for arcs, and azimuth and elevation, "
            f"(n_samples, 2), for caps and cells; got {y.shape} for sets of shape {sets.shape}."
        )
    if sets.ndim == 3:
        start, end = np.moveaxis(sets, 2, 0)
        # Counter-clockwise angle from the start; the rounding keeps a direction at the start from
        # wrapping to 360.
        after = np.mod(y[:, None] - start + ROUNDING, 360.0)
        return (after <= end - start + 2 * ROUNDING).any(axis=1)
    if _are_cells(sets):
        nearest = _check_grid(grid, sets).query(angles_to_unit_vectors(y))[1]
        return sets[np.arange(len(y)), nearest]
    return great_circle_distance(y, sets[:, :2]) <= sets[:, 2] + ROUNDING


def set_widths(sets, *, grid=None):
    """Width of each set in degrees.

    Parameters
    ----------
    sets : array-like of shape (n_samples, n_arcs, 2), (n_samples, 3) or (n_samples, n_directions)
        Arcs, caps or cells as in :func:`is_covered`.
    grid : array-like of shape (n_directions, 2), default=None
        Azimuth and elevation of the middles of the cells. Only for cells.

    Returns
    -------
    widths : ndarray of shape (n_samples,)
        Sum of the arcs; or, on the sphere, the diameter of a cap of the same area. The whole
        circle and the whole sphere have 360 degrees.

    Raises
    ------
    ValueError
        If the sets or the grid are not valid.

    Notes
    -----
    A cap of radius ``r`` covers the share ``(1 - cos r) / 2`` of the sphere. The areas of cells
    are counted on a Fibonacci grid of 200 points for each cell.

    Examples
    --------
    >>> from sslearn.metrics import set_widths
    >>> set_widths([[[170, 190], [0, 10]], [[-5, 5], [float("nan")] * 2]]).tolist()
    [30.0, 10.0]
    """
    sets = _check_sets(sets)
    if sets.ndim == 3:
        return np.nansum(np.diff(sets)[..., 0], axis=1)
    if not _are_cells(sets):
        return 2 * sets[:, 2]
    tree = _check_grid(grid, sets)
    points = angles_to_unit_vectors(fibonacci_grid(_POINTS_PER_CELL * sets.shape[1]))
    counts = np.bincount(tree.query(points)[1], minlength=sets.shape[1])
    share = np.minimum(sets @ counts / len(points), 1.0)
    # share = (1 - cos r) / 2 of a cap of the same area.
    return 2 * np.rad2deg(np.arccos(1 - 2 * share))


def coverage_score(y_true, sets, *, grid=None, sample_weight=None):
    """Share of the samples whose set contains the true direction.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) for arcs, (n_samples, 2) for caps and cells
        True azimuth, or azimuth and elevation (and distance, not used), in degrees.
    sets : array-like of shape (n_samples, n_arcs, 2), (n_samples, 3) or (n_samples, n_directions)
        Arcs, caps or cells as in :func:`is_covered`.
    grid : array-like of shape (n_directions, 2), default=None
        Azimuth and elevation of the middles of the cells. Only for cells.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    score : float
        Coverage in [0, 1]. It should equal the requested one: more means that sets are too wide.

    Raises
    ------
    ValueError
        If the directions, the sets or the grid are not valid, or do not fit each other.

    See Also
    --------
    mean_set_width : Mean width of the sets, the cost of the coverage.

    Examples
    --------
    >>> from sslearn.metrics import coverage_score
    >>> coverage_score([-175, 150], [[[170, 190]], [[170, 190]]])
    0.5
    """
    covered = is_covered(y_true, sets, grid=grid)
    return float(np.average(covered, weights=check_weights(sample_weight, covered)))


def mean_set_width(sets, *, grid=None, sample_weight=None):
    """Mean width of sets in degrees; of two with the same coverage, the smaller is better.

    Parameters
    ----------
    sets : array-like of shape (n_samples, n_arcs, 2), (n_samples, 3) or (n_samples, n_directions)
        Arcs, caps or cells as in :func:`is_covered`.
    grid : array-like of shape (n_directions, 2), default=None
        Azimuth and elevation of the middles of the cells. Only for cells.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    width : float
        Mean of :func:`set_widths`.

    Raises
    ------
    ValueError
        If the sets or the grid are not valid.

    Examples
    --------
    >>> from sslearn.metrics import mean_set_width
    >>> mean_set_width([[30.0, 0.0, 5.0], [-90.0, 40.0, 15.0]])
    20.0
    """
    widths = set_widths(sets, grid=grid)
    return float(np.average(widths, weights=check_weights(sample_weight, widths)))
