from abc import abstractmethod

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sslearn.decoding import AdjacentDecoder
from sslearn.encoding._azimuth_axis import azimuth_axis
from sslearn.encoding._base import flatten_column
from sslearn.encoding._sources import SourcesEncoding
from sslearn.geometry import (
    azimuth_grid,
    check_directions,
    circular_grid,
    icosahedral_grid,
    sphere_mesh,
    to_float,
    wrap_azimuth,
)
from sslearn.utils import as_numbers
from sslearn.utils.param_validation import HasMethods, Interval, Real


class GridEncoding(SourcesEncoding):
    """Base of encodings with one class for each direction of a grid.

    A subclass implements ``_encode_azimuth(azimuth)``, whose targets are in the order of
    ``self._axis``, and ``_encode_sphere(directions)``, which uses ``self._mesh``; to change the
    activation or the loss, its ``_output_spec()`` passes them to that of this class.

    Parameters
    ----------
    grid : array-like of shape (n_classes,) or (n_classes, 2), default=None
        Directions of the classes in degrees: azimuths, or azimuths and elevations, as in y. None
        means azimuths in steps of 5 degrees, from -90 to 90 if all of y is in front and around the
        circle otherwise, or ``icosahedral_grid(3)`` with elevations.
    decoder : Decoder, default=None
        Decoder of scores into a direction; ``AdjacentDecoder(3)`` if None.
    threshold : float, default=None
        Lowest score, in (0, 1], of a source that counts as present, for a y of several sources
        that may be absent. None means that all are always present.

    Attributes
    ----------
    grid_ : ndarray of shape (n_classes,) or (n_classes, 2)
        Directions of the classes.
    n_angles_ : int
        Number of angles of a source in y.
    n_sources_ : int or None
        Number of sources in y; None for a y of one source without an axis of sources.
    output_spec_ : OutputSpec
        Specification of the network's output: ``(n_classes,)`` or ``(n_sources_, n_classes)``.

    Notes
    -----
    Classes are the directions themselves, not bins between them: 0 to 180 degrees in steps of 5
    gives 37 classes. If the grid is circular (:func:`sslearn.geometry.azimuth_order`), the first
    class follows the last one. Otherwise nothing wraps, and y must lie between the ends. Both ends
    may be the same direction, as in ``np.linspace(0, 360, 73)``, the grid of the paper, where an
    azimuth of 0 belongs to the first class and one of 360 to the last (a localizer wraps it to 0
    before); a circular grid is better because its targets do not jump.

    Several sources (y of shape (n_samples, n_sources, n_angles)) have one target each, in
    descending order of azimuth along the grid, as in the paper. That order jumps when a source
    crosses the end; :class:`sslearn.losses.PermutationInvariantLoss` needs none. Tracks (y of shape
    (n_samples, n_frames, n_sources, n_angles)) have a target for each frame of the network and
    keep the order of y.

    With ``threshold``, sources may be absent, NaN in y. Their targets are all zeros, so the
    activation is a sigmoid and the loss a binary cross-entropy: with a squared error, outputs
    leave zero slowly. A source is decoded to NaN if its highest score is below the threshold;
    about half the highest value of a target is a good choice.

    Examples
    --------
    >>> from sslearn.encoding import GridEncoding, UnbiasedEncoding
    >>> issubclass(UnbiasedEncoding, GridEncoding)
    True
    >>> UnbiasedEncoding([0.0, 10.0, 20.0]).fit([5.0, 20.0]).transform([5.0, 20.0])
    array([[0.5, 0.5, 0. ],
           [0. , 0. , 1. ]])
    """

    _parameter_constraints: dict = {
        "grid": ["array-like", None],
        "decoder": [HasMethods(["decode"]), None],
        "threshold": [Interval(Real, 0, 1, closed="right"), None],
    }

    def __init__(self, grid=None, *, decoder=None, threshold=None):
        self.grid = grid
        self.decoder = decoder
        self.threshold = threshold

    def fit(self, y):
        """Learn the layout of the targets, and the grid if none is given.

        Parameters
        ----------
        y : array-like of shape (n_samples,), (n_samples, 2), (n_samples, n_sources, n_angles) or \
(n_samples, n_frames, n_sources, n_angles)
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
        self._fit_grid(self._fit_layout(y))
        self.output_spec_ = self._output_spec()
        return self

    def _output_spec(self, activation="softmax", loss="mse", mixture=None):
        absence = self.threshold is not None
        if absence:
            # A softmax sums to 1 and cannot output the zeros of an absent source.
            activation, loss = "sigmoid", "bce"
        return self._spec(
            len(self.grid_),
            self.n_sources_,
            activation=activation,
            loss=loss,
            classes=True,
            absence=absence,
            mixture=mixture,
        )

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
            # The grid as given, not wrapped: np.linspace(0, 360, 73) keeps both of its ends.
            self._axis = azimuth_axis(as_numbers(grid, "grid").astype(float).ravel())
        else:
            self._mesh = sphere_mesh(self.grid_)

    def inverse_transform(self, scores):
        """Decode scores of the classes.

        Parameters
        ----------
        scores : array-like of shape (n_samples, n_classes), (n_samples, n_sources, n_classes) or \
(n_samples, n_frames, n_sources, n_classes)
            Targets, or outputs of a network; larger is more likely.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, 2), (n_samples, n_sources, n_angles) or \
(n_samples, n_frames, n_sources, n_angles)
            Directions in degrees, laid out as in ``fit``, NaN where a source is absent; a decoder
            of several sources adds their axis.

        Raises
        ------
        ValueError
            If the shape is wrong or a score is not finite.
        """
        check_is_fitted(self)
        scores = self._check_outputs(as_numbers(scores, "scores"), "scores")
        cells = self._axis if self.n_angles_ == 1 else self._mesh
        y = self._chosen_decoder.decode(scores, self.grid_, neighbors=cells.neighbors)
        # A decoder of several sources adds the axis of angles itself.
        if y.ndim < scores.ndim and (y.ndim > 1 or self._is_column):
            y = y[..., None]
        if self.threshold is not None:
            y[scores.max(axis=-1) < self.threshold] = np.nan
        return y

    @property
    def _chosen_decoder(self):
        return AdjacentDecoder(3) if self.decoder is None else self.decoder

    def spatial_spectrum(self, scores):
        """Return the scores of the directions, which are the outputs themselves.

        Parameters
        ----------
        scores : array-like of shape (..., n_classes)
            Outputs of a network.

        Returns
        -------
        spectrum : ndarray of shape (..., n_classes)
            Scores at ``grid_``.
        """
        return as_numbers(scores, "scores")

    def _check_layout(self, y):
        checked = super()._check_layout(y)
        if self.n_angles_ > 1 or not self._axis.is_whole_turn:
            return checked
        # An azimuth that names the last end is wrapped to the first one by the check.
        last = self._axis.positions[-1]
        return np.where(to_float(flatten_column(y)[0], "y") == last, last, checked)

    def _encode(self, y):
        return self._encode_sources(y, self._encode_rows, np.zeros(len(self.grid_)))

    def _encode_rows(self, directions):
        if self.n_angles_ == 1:
            return self._axis.to_grid(self._encode_azimuth(directions))
        return self._encode_sphere(directions)

    def _order(self, y):
        return self._axis.unwrap(y[..., 0]) if self.n_angles_ == 1 else y[..., 0]

    @abstractmethod
    def _encode_azimuth(self, azimuth):
        """Targets (n, n_classes), in the order of the axis, of azimuths (n,)."""

    @abstractmethod
    def _encode_sphere(self, directions):
        """Targets (n, n_classes) of directions (n, 2)."""


def _default_grid(y):
    if y.ndim > 1 and y.shape[-1] == 2:
        return icosahedral_grid(3)
    behind = (np.abs(wrap_azimuth(y)) > 90).any()
    return circular_grid(5) if behind else azimuth_grid(-90, 90, 5)
