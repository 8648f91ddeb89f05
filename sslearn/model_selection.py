"""Splits of data in which every direction is in every fold."""

from numbers import Real

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from sslearn.geometry import check_doa

__all__ = ["AngularStratifiedGroupKFold", "AngularStratifiedKFold"]


def _check_step(step):
    n_sectors = round(360.0 / step) if isinstance(step, Real) and step > 0 else 0
    if n_sectors < 1 or not np.isclose(n_sectors * step, 360.0):
        raise ValueError(f"step must be a positive divisor of 360 degrees; got {step!r}.")
    return n_sectors


def _cells(y, step):
    """Number the cells of directions, band by band upwards, round each band."""
    n_sectors = _check_step(step)
    azimuth, elevation = (y, np.zeros(len(y))) if y.ndim == 1 else y[:, :2].T
    band = np.round(elevation / step)
    # Bands near the poles are short: fewer sectors keep the cells alike.
    # The length of a band is proportional to cos(elevation).
    n_in_band = np.round(n_sectors * np.cos(np.deg2rad(np.clip(band * step, -90, 90))))
    n_in_band = np.maximum(n_in_band, 1)
    # Sectors are centred on the front, so that the one behind goes across 180 degrees.
    sector = np.round(azimuth / 360.0 * n_in_band) % n_in_band
    _, cells = np.unique(np.stack([band, sector], axis=1), axis=0, return_inverse=True)
    return cells.ravel()


def _merge_rare(cells, least):
    """Join each cell with the next ones until it has the least number of members."""
    counts = np.bincount(cells)
    strata, stratum, n_members = np.empty(len(counts), dtype=int), 0, 0
    for cell, count in enumerate(counts):
        strata[cell] = stratum
        n_members += count
        if n_members >= least:
            stratum, n_members = stratum + 1, 0
    # What is left over at the end joins the last complete stratum.
    return np.minimum(strata, max(stratum - 1, 0))[cells]


def _angular_strata(y, step, n_splits):
    return _merge_rare(_cells(check_doa(y), step), n_splits)


class AngularStratifiedKFold(StratifiedKFold):
    """K folds that all hold the same shares of all directions.

    Strata are sectors of azimuth, or cells of azimuth and elevation, of about equal size. Cells
    with fewer samples than folds are joined with their neighbours.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    step : float, default=30.0
        Width of the sectors, and height of the bands of elevation, in degrees; must divide 360.
    shuffle : bool, default=False
        Whether to shuffle the samples of each stratum.
    random_state : int, RandomState instance or None, default=None
        Shuffles, where ``shuffle=True``.

    See Also
    --------
    AngularStratifiedGroupKFold : Keeps rooms, heads or speakers together.

    Notes
    -----
    Sectors are centred on the front: one of them goes across +-180 degrees. Towards the poles,
    bands have fewer sectors.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.model_selection import AngularStratifiedKFold
    >>> y = np.repeat([-175, -90, 0, 90, 175], 2)
    >>> for _, test in AngularStratifiedKFold(2, step=90).split(y, y):
    ...     print(y[test].tolist())
    [-175, -175, -90, 0, 90]
    [-90, 0, 90, 175, 175]
    """

    def __init__(self, n_splits=5, *, step=30.0, shuffle=False, random_state=None):
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)
        self.step = step

    def split(self, X, y, groups=None):
        """Generate the indices of training and test samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Data; only their number counts.
        y : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
            Directions in degrees; a distance is not used.
        groups : object, default=None
            Not used.

        Yields
        ------
        train : ndarray
            Indices of the training samples.
        test : ndarray
            Indices of the test samples.

        Raises
        ------
        ValueError
            If y is not valid, ``step`` does not divide 360, or there are fewer samples than folds.
        """
        return super().split(X, _angular_strata(y, self.step, self.n_splits), groups)


class AngularStratifiedGroupKFold(StratifiedGroupKFold):
    """K folds of whole groups, with shares of all directions as equal as groups allow.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2 and at most the number of groups.
    step : float, default=30.0
        Width of the sectors, and height of the bands of elevation, in degrees; must divide 360.
    shuffle : bool, default=False
        Whether to shuffle the groups.
    random_state : int, RandomState instance or None, default=None
        Shuffles, where ``shuffle=True``.

    See Also
    --------
    AngularStratifiedKFold : The same without groups.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.model_selection import AngularStratifiedGroupKFold
    >>> y = np.tile([-90, 0, 90], 4)
    >>> rooms = np.repeat(["hall", "kitchen", "office", "studio"], 3)
    >>> cv = AngularStratifiedGroupKFold(2)
    >>> [np.unique(rooms[test]).tolist() for _, test in cv.split(y, y, rooms)]
    [['hall', 'office'], ['kitchen', 'studio']]
    """

    def __init__(self, n_splits=5, *, step=30.0, shuffle=False, random_state=None):
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)
        self.step = step

    def split(self, X, y, groups):
        """Generate the indices of training and test samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Data; only their number counts.
        y : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
            Directions in degrees; a distance is not used.
        groups : array-like of shape (n_samples,)
            Room, head or speaker of each sample.

        Yields
        ------
        train : ndarray
            Indices of the training samples.
        test : ndarray
            Indices of the test samples.

        Raises
        ------
        ValueError
            If y is not valid, ``groups`` is None or has fewer groups than folds, or ``step`` does
            not divide 360.
        """
        if groups is None:
            raise ValueError(
                "groups must hold the room, head or speaker of each sample; got None. Use "
                "AngularStratifiedKFold where there are none."
            )
        return super().split(X, _angular_strata(y, self.step, self.n_splits), groups)
