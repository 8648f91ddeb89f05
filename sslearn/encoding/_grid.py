from abc import abstractmethod

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sslearn.decoding import AdjacentDecoder
from sslearn.encoding._azimuth_axis import azimuth_axis
from sslearn.encoding._base import Encoding, check_sources, flatten_column
from sslearn.geometry import (
    azimuth_grid,
    check_directions,
    circular_grid,
    icosahedral_grid,
    sphere_mesh,
    wrap_azimuth,
)
from sslearn.utils._param_validation import HasMethods


class GridEncoding(Encoding):
    """Base of encodings with one class for each direction of a grid.

    A subclass has ``_encode_azimuth(y)``, which answers in the order of ``self._axis``, and may
    have ``_encode_sphere(y)``, which uses ``self._mesh``.

    Parameters
    ----------
    grid : array-like of shape (n_classes,) or (n_classes, 2), default=None
        Directions of the classes in degrees: azimuths for a y of azimuths, azimuths and elevations
        for the other. None means azimuths in steps of 5 degrees, from -90 to 90 if y is all in
        front and around the circle if not; with elevations ``icosahedral_grid(3)``.
    decoder : Decoder, default=None
        How scores become a direction; ``AdjacentDecoder(3)`` if None.

    Attributes
    ----------
    grid_ : ndarray of shape (n_classes,) or (n_classes, 2)
        Directions of the classes.
    n_angles_ : int
        Number of angles of a source in y.
    n_sources_ : int or None
        Number of sources in y; None for a y of one source without an axis of sources.
    output_shape_ : tuple of int
        ``(n_classes,)`` or ``(n_sources_, n_classes)``.

    Notes
    -----
    Classes are the directions themselves, not bins between them: 0 to 180 degrees in steps of 5 has
    37 classes. Azimuths close around the circle if the step from the last to the first is no longer
    than the others: the first class then follows the last one. Otherwise nothing wraps, and y
    must lie between the ends.

    An increasing grid that ends a whole turn after it starts, such as
    ``np.linspace(0, 360, 73)``, stays open too: its first and last class mean the same direction
    and nothing wraps between them. This is what the paper does; a circular grid is better
    because its targets do not jump.

    Several sources (y of shape (n_samples, n_sources, n_angles), all of them present) have one
    target each, in descending order of azimuth along the grid, as in the paper. That order jumps
    where a source crosses the end; :class:`sslearn.losses.PermutationInvariantLoss` needs none.
    """

    _parameter_constraints: dict = {
        "grid": ["array-like", None],
        "decoder": [HasMethods(["decode"]), None],
    }
    activation = "softmax"

    def __init__(self, grid=None, *, decoder=None):
        self.grid = grid
        self.decoder = decoder

    def fit(self, y):
        """Learn the layout of the targets, and the grid where none is given.

        Parameters
        ----------
        y : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, n_sources, n_angles)
            Azimuth, or azimuth and elevation, in degrees.

        Returns
        -------
        self : GridEncoding
            The fitted encoding.

        Raises
        ------
        ValueError
            If y, the grid or a parameter is not valid, or the grid is not laid out like y.
        """
        y, self._is_column = flatten_column(y)
        y = check_sources(y)
        self._validate_params()
        self.n_angles_ = 1 if y.ndim == 1 else y.shape[-1]
        self.n_sources_ = y.shape[1] if y.ndim == 3 else None
        self._fit_grid(y)
        n_classes = len(self.grid_)
        self.output_shape_ = (n_classes,) if y.ndim < 3 else (self.n_sources_, n_classes)
        return self

    def _fit_grid(self, y):
        grid = _default_grid(y) if self.grid is None else self.grid
        self.grid_ = check_directions(grid, name="grid")
        if self.grid_.ndim != min(self.n_angles_, 2) or self.grid_.shape[1:] == (3,):
            wanted = "(n_classes,)" if self.n_angles_ == 1 else "(n_classes, 2)"
            raise ValueError(
                f"grid must have shape {wanted} for a y of {self.n_angles_} angle(s) per source; "
                f"got {self.grid_.shape}. Give azimuths in both, or azimuths and "
                "elevations in both."
            )
        if self.n_angles_ == 1:
            self._axis = azimuth_axis(np.asarray(grid, dtype=float))
        else:
            self._mesh = sphere_mesh(self.grid_)

    def transform(self, y):
        """Encode directions.

        Parameters
        ----------
        y : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, n_sources, n_angles)
            Directions in degrees, laid out as in ``fit``.

        Returns
        -------
        targets : ndarray of shape (n_samples, n_classes) or (n_samples, n_sources, n_classes)
            What the network shall answer.

        Raises
        ------
        ValueError
            If y is not laid out as in ``fit`` or leaves the grid.
        """
        check_is_fitted(self)
        return self._encode(self._check_layout(y))

    def inverse_transform(self, scores):
        """Decode scores of the classes.

        Parameters
        ----------
        scores : array-like of shape (n_samples, n_classes) or (n_samples, n_sources, n_classes)
            Targets, or what a network answered for them; larger is more likely.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, 2) or (n_samples, n_sources, n_angles)
            Directions in degrees, laid out as in ``fit``; a decoder of several sources adds their
            axis.

        Raises
        ------
        ValueError
            If the shape is wrong or a score is not finite.
        """
        check_is_fitted(self)
        scores = np.asarray(scores)
        if scores.shape[1:] != self.output_shape_:
            shape = ", ".join(map(str, self.output_shape_))
            raise ValueError(f"scores must have shape (n_samples, {shape}); got {scores.shape}.")
        decoder = AdjacentDecoder(3) if self.decoder is None else self.decoder
        cells = self._mesh if self.n_angles_ == 2 else self._axis
        y = decoder.decode(scores, self.grid_, neighbors=cells.neighbors)
        if self.n_angles_ == 2:
            return y
        return y[..., None] if y.ndim == 2 or self._is_column else y

    def _check_layout(self, y):
        y = check_sources(flatten_column(y)[0])
        layout = (y.shape[1] if y.ndim == 3 else None), (1 if y.ndim == 1 else y.shape[-1])
        if layout != (self.n_sources_, self.n_angles_):
            raise ValueError(
                f"y must be laid out as in fit, with n_sources={self.n_sources_} and "
                f"{self.n_angles_} angle(s); got shape {y.shape}."
            )
        return y

    def _encode(self, y):
        if self.n_angles_ == 1:
            azimuth = y if y.ndim == 1 else self._descending(y[..., 0])
            return self._axis.to_grid(self._encode_azimuth(azimuth))
        flat = y.reshape(-1, 2) if y.ndim == 2 else self._descending(y).reshape(-1, 2)
        return self._encode_sphere(flat).reshape(len(y), *self.output_shape_)

    def _descending(self, y):
        """Sources (n, n_sources) or (n, n_sources, 2) in descending order along the grid."""
        if y.ndim == 2:
            order = np.argsort(-self._axis.unwrap(y), axis=1, kind="stable")
            return np.take_along_axis(y, order, axis=1)
        order = np.argsort(-y[..., 0], axis=1, kind="stable")
        return np.take_along_axis(y, order[..., None], axis=1)

    @abstractmethod
    def _encode_azimuth(self, azimuth):
        """Targets (..., n_classes), in the order of the axis, of azimuths of any shape."""

    @abstractmethod
    def _encode_sphere(self, directions):
        """Targets (n, n_classes) of directions (n, 2)."""


def _default_grid(y):
    if y.ndim > 1 and y.shape[-1] == 2:
        return icosahedral_grid(3)
    return azimuth_grid(-90, 90, 5) if (np.abs(wrap_azimuth(y)) <= 90).all() else circular_grid(5)
