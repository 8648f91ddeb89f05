from abc import abstractmethod

import numpy as np
from sklearn.base import BaseEstimator

from sslearn.geometry import check_directions, grid_neighbors
from sslearn.utils import as_numbers


class Decoder(BaseEstimator):
    """Base of decoders of a spectrum over the directions of a grid into one direction.

    A subclass implements ``_decode(rows, grid, peaks, neighbors)`` and sets ``needs_neighbors`` to
    True if it uses the neighbours; otherwise they may be None.

    See Also
    --------
    sslearn.encoding.GridEncoding : Decode the output of a network.
    sslearn.doa.SRPPHAT : Decode a spatial spectrum.

    Examples
    --------
    >>> from sslearn.decoding import Decoder
    >>> class Lowest(Decoder):
    ...     def _decode(self, rows, grid, peaks, neighbors):
    ...         return grid[rows.argmin(axis=1)]
    >>> Lowest().decode([[0.5, 0.1, 0.4]], [-30.0, 0.0, 30.0])
    array([0.])
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
            Neighbours of each direction; :func:`sslearn.geometry.grid_neighbors` if None. For
            repeated calls, compute them once.

        Returns
        -------
        directions : ndarray of shape (...) or (..., 2) or (..., 3)
            Laid out like a row of the grid.

        Raises
        ------
        ValueError
            If the shapes do not match or a spectrum is not finite.
        TypeError
            If ``neighbors`` is not an array of integers.
        """
        rows, directions, neighbors = self._check(spectrum, grid, neighbors)
        decoded = self._decode(rows, directions, rows.argmax(axis=1), neighbors)
        return decoded.reshape(np.shape(spectrum)[:-1] + directions.shape[1:])

    def _check(self, spectrum, grid, neighbors):
        """Validate; return rows (n, n_directions), directions, and their neighbours."""
        self._validate_params()
        directions = check_directions(grid, name="grid")
        spectrum = _check_spectrum(spectrum, len(directions))
        if neighbors is None and self.needs_neighbors:
            neighbors = grid_neighbors(grid)
        if neighbors is not None:
            _check_neighbors(neighbors, len(directions))
        return spectrum.reshape(-1, len(directions)), directions, neighbors

    @abstractmethod
    def _decode(self, rows, grid, peaks, neighbors):
        """Directions of rows (n, n_directions), with their highest values at the peaks."""


def _check_neighbors(neighbors, n_directions):
    if not isinstance(neighbors, np.ndarray) or neighbors.dtype.kind not in "iu":
        raise TypeError(
            f"neighbors must be an array of integers, from grid_neighbors; got {type(neighbors)}."
        )
    if neighbors.ndim != 2 or len(neighbors) != n_directions:
        raise ValueError(
            f"neighbors must have one row for each of the {n_directions} directions; got shape "
            f"{neighbors.shape}."
        )


def _check_spectrum(spectrum, n_directions):
    spectrum = as_numbers(spectrum, "spectrum")
    if spectrum.ndim == 0 or spectrum.shape[-1] != n_directions:
        raise ValueError(
            f"spectrum must have n_directions={n_directions} values on its last axis, one per row "
            f"of the grid; got shape {spectrum.shape}."
        )
    if not np.isfinite(spectrum).all():
        raise ValueError("spectrum contains NaN or infinity: expected finite values.")
    return spectrum
