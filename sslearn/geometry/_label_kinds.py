"""Targets that look like another kind: named columns in another order, unit vectors, radians."""

import warnings

import numpy as np

from sslearn.exceptions import AngleUnitWarning

_COLUMNS = ("azimuth", "elevation", "distance")
# So few different values may be true directions near the front.
_FEW = 10


def in_named_order(y, name):
    """Sort the columns of a table into azimuth, elevation, distance, where they are named so.

    Parameters
    ----------
    y : array-like or DataFrame
        Directions.
    name : str
        Name used in messages.

    Returns
    -------
    y : array-like or DataFrame
        A table with the named columns in order; anything else, unchanged.

    Raises
    ------
    ValueError
        If some columns have these names and others do not, or one is missing or occurs twice.
    """
    given = [str(column).lower() for column in getattr(y, "columns", ())]
    if len(given) < 2 or set(given).isdisjoint(_COLUMNS):
        return y
    expected = list(_COLUMNS[: len(given)])
    if sorted(given) != sorted(expected):
        raise ValueError(
            f"{name} must have the columns azimuth, azimuth and elevation, or these and distance; "
            f"got {list(y.columns)}. Select them by name."
        )
    return y[[y.columns[given.index(column)] for column in expected]]


def refuse_unit_vectors(y, name):
    """Raise if every row is a unit vector of three components.

    Parameters
    ----------
    y : ndarray of shape (..., 3)
        Directions, not yet checked; other shapes pass.
    name : str
        Name used in messages.

    Raises
    ------
    ValueError
        If the rows have length 1.
    """
    if y.ndim < 2 or y.shape[-1] != 3 or y.size == 0:
        return
    lengths = np.linalg.norm(y, axis=-1)
    # Straight ahead at a distance of 1 m is (0, 0, 1), too.
    if y[..., :2].any() and np.nanmax(np.abs(lengths - 1.0), initial=0.0) < 1e-3:
        raise ValueError(
            f"{name} must hold angles in degrees, and distances in metres; got unit vectors. "
            f"Convert them by sslearn.geometry.unit_vectors_to_angles({name})."
        )


def warn_of_radians(y, name):
    """Warn if angles look like radians.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or (..., k)
        Checked directions.
    name : str
        Name used in messages.

    Warns
    -----
    AngleUnitWarning
        If azimuths are all in [-pi, pi] or in [0, 2 pi], elevations in [-pi / 2, pi / 2], and more
        than 10 different azimuths are not multiples of 0.01.
    """
    azimuth, elevation = (y, 0.0) if y.ndim == 1 else (y[..., 0], y[..., 1:2])
    # Degrees are usually rounded to 0.01 or coarser; angles that were converted to radians are not.
    fine = np.unique(azimuth[np.abs(100 * azimuth - np.round(100 * azimuth)) > 1e-3])
    if len(fine) <= _FEW or np.nanmax(np.abs(elevation), initial=0.0) > np.pi / 2:
        return
    low, high = np.nanmin(azimuth), np.nanmax(azimuth)
    if (-np.pi <= low and high <= np.pi) or (low >= 0 and high <= 2 * np.pi):
        warnings.warn(
            f"{name} should hold angles in degrees; got none above 2 pi, as if in radians. Convert "
            f"them by np.rad2deg({name}), or ignore the warning if all sources are within "
            "6 degrees of the front.",
            AngleUnitWarning,
            stacklevel=4,
        )
