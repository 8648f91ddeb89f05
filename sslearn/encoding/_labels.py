import numpy as np

from sslearn.encoding._grid import GridEncoding
from sslearn.utils import to_numbers
from sslearn.utils.param_validation import Interval, Real


def _add(targets, columns, values):
    """Add values (n,) to one column of each row of targets (n, n_classes), in place."""
    np.add.at(targets, (np.arange(len(targets)), columns), values)


class OneHotEncoding(GridEncoding):
    """One-hot target: 1 for the class nearest to the direction, 0 for all others.

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

    See Also
    --------
    UnbiasedEncoding : Encoding without the quantization of the grid.
    GridEncoding : Open grids, circular grids, and several sources.

    Notes
    -----
    A direction half-way between two classes goes to the class of even index, or of lowest index on
    the sphere. With any decoder, the error of the round trip is up to half a step, and a quarter of
    a step on average.

    Examples
    --------
    >>> from sslearn.encoding import OneHotEncoding
    >>> OneHotEncoding([0.0, 10.0, 20.0]).fit_transform([12.0]).tolist()
    [[0.0, 1.0, 0.0]]
    """

    def __init__(self, grid=None, *, decoder=None, threshold=None):
        self.grid = grid
        self.decoder = decoder
        self.threshold = threshold

    def _output_spec(self):
        return super()._output_spec(loss="cross_entropy")

    def _encode_azimuth(self, azimuth):
        return np.eye(len(self.grid_))[self._axis.nearest(azimuth)]

    def _encode_sphere(self, directions):
        return np.eye(len(self.grid_))[self._mesh.nearest(directions)]


class GaussianEncoding(GridEncoding):
    """Bell of height 1 around the direction (Gaussian-like label coding, GLC).

    Parameters
    ----------
    grid : array-like of shape (n_classes,) or (n_classes, 2), default=None
        Directions of the classes, as in :class:`OneHotEncoding`.
    width : float, default=8.0
        Distance, in degrees, at which the bell has fallen to 1/e. The standard deviation of the
        normal distribution of this shape is smaller by the square root of 2 (5.66 degrees for 8).
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

    See Also
    --------
    UnbiasedEncoding : Encoding without a bias.
    GridEncoding : Open grids, circular grids, and several sources.

    Notes
    -----
    ``exp(-(d / width)**2)`` with the distance d between class and direction: around the circle for
    a circular grid, along the grid for an open one, on the sphere with elevations. The values are
    not normalised: they sum to about 2.8 for steps of 5 degrees, so the activation is a sigmoid,
    and cross-entropy and Wasserstein loss are unsuitable. With ``AdjacentDecoder(3)``, the error of
    the round trip in steps of 5 degrees is 0.69 degrees on average.

    On :func:`sslearn.geometry.quasi_uniform_grid` with ``width=20`` it is the Gibbs target of [2]_.

    References
    ----------
    .. [1] W. He, P. Motlicek, J.-M. Odobez, "Deep neural networks for multiple speaker detection
       and localization", ICRA 2018, doi:10.1109/ICRA.2018.8461267.
    .. [2] L. Perotin, A. Défossez, E. Vincent, R. Serizel, A. Guérin, "Regression versus
       classification for neural network based audio source localization", WASPAA 2019.

    Examples
    --------
    >>> from sslearn.encoding import GaussianEncoding
    >>> GaussianEncoding([90.0, 95.0, 100.0]).fit_transform([93.2]).round(4).tolist()
    [[0.8521, 0.9506, 0.4855]]
    """

    _parameter_constraints: dict = {
        **GridEncoding._parameter_constraints,
        "width": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, grid=None, *, width=8.0, decoder=None, threshold=None):
        self.grid = grid
        self.width = width
        self.decoder = decoder
        self.threshold = threshold

    def _output_spec(self, loss="mse"):
        return super()._output_spec("sigmoid", loss)

    def _encode_azimuth(self, azimuth):
        return np.exp(-np.square(self._axis.distances(azimuth) / self.width))

    def _encode_sphere(self, directions):
        return np.exp(-np.square(self._mesh.distances(directions) / self.width))


class GibbsWeightedEncoding(GaussianEncoding):
    """Bell around the direction, with exactly 1 for the nearest class.

    Parameters
    ----------
    grid : array-like of shape (n_classes,) or (n_classes, 2), default=None
        Directions of the classes, as in :class:`OneHotEncoding`.
    width : float, default=20.0
        Distance, in degrees, at which the bell has fallen to 1/e.
    decoder : Decoder, default=None
        Decoder of scores into a direction; ``AdjacentDecoder(3)`` if None.

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

    See Also
    --------
    sslearn.losses.GibbsWeightedLoss : Loss for this encoding.
    GaussianEncoding : The same bell as the target itself.

    Notes
    -----
    The loss finds the nearest class by its value of 1; all others are at most
    ``exp(-(half a step / width)**2)``. The target is not a probability but the cost of each wrong
    class, where a higher value costs less; it cannot express that a source is absent. The paper
    uses twice the step of the grid as the width, and ``ArgmaxDecoder()``.

    References
    ----------
    L. Perotin, A. Défossez, E. Vincent, R. Serizel, A. Guérin, "Regression versus classification
    for neural network based audio source localization", WASPAA 2019.

    Examples
    --------
    >>> from sslearn.encoding import GibbsWeightedEncoding
    >>> GibbsWeightedEncoding([90.0, 100.0, 110.0]).fit_transform([92.0]).round(4).tolist()
    [[1.0, 0.8521, 0.4449]]
    """

    threshold = None

    def __init__(self, grid=None, *, width=20.0, decoder=None):
        self.grid = grid
        self.width = width
        self.decoder = decoder

    def _output_spec(self):
        return super()._output_spec("gibbs_weighted")

    def _encode_azimuth(self, azimuth):
        return _with_ones(super()._encode_azimuth(azimuth), self._axis.nearest(azimuth))

    def _encode_sphere(self, directions):
        return _with_ones(super()._encode_sphere(directions), self._mesh.nearest(directions))


def _with_ones(targets, columns):
    # The loss finds the nearest class by a value of 1, which the bell has at its centre only.
    np.put_along_axis(targets, columns[..., None], 1.0, axis=-1)
    return targets


class SoftEncoding(GridEncoding):
    """Fixed weights around the class nearest to the direction (soft label distribution, SLD).

    Parameters
    ----------
    grid : array-like of shape (n_classes,), default=None
        Azimuths of the classes, as in :class:`OneHotEncoding`.
    weights : tuple of float, default=(0.4, 0.2, 0.1)
        Weight of the nearest class, of its two neighbours, of the two after them, and so on.
    decoder : Decoder, default=None
        Decoder of scores into a direction; ``AdjacentDecoder(3)`` if None.
    threshold : float, default=None
        Lowest score, in (0, 1], of a source that counts as present, for a y of several sources
        that may be absent. None means that all are always present.

    Attributes
    ----------
    grid_ : ndarray of shape (n_classes,)
        Azimuths of the classes.
    n_angles_ : int
        Number of angles of a source in y.
    n_sources_ : int or None
        Number of sources in y; None for a y of one source without an axis of sources.
    output_spec_ : OutputSpec
        Specification of the network's output: ``(n_classes,)`` or ``(n_sources_, n_classes)``.

    See Also
    --------
    UnbiasedEncoding : Soft labels that encode the position between two classes.
    GridEncoding : Open grids, circular grids, and several sources.

    Notes
    -----
    Weights beyond the end of an open grid are dropped, so labels there sum to less than 1. The
    error of the round trip is that of one-hot labels for an odd number of adjacent classes, and
    larger for an even number.

    Examples
    --------
    >>> from sslearn.encoding import SoftEncoding
    >>> SoftEncoding([0.0, 10.0, 20.0, 30.0]).fit_transform([12.0]).tolist()
    [[0.2, 0.4, 0.2, 0.1]]
    """

    _parameter_constraints: dict = {
        **GridEncoding._parameter_constraints,
        "weights": ["array-like"],
    }

    def __init__(self, grid=None, *, weights=(0.4, 0.2, 0.1), decoder=None, threshold=None):
        self.grid = grid
        self.weights = weights
        self.decoder = decoder
        self.threshold = threshold

    def _fit_grid(self, y):
        weights = to_numbers(self.weights, "weights")
        if weights.ndim != 1 or weights.size == 0 or not (weights >= 0).all() or weights[0] == 0:
            raise ValueError(
                "weights must be numbers of at least 0, the first of them positive; got "
                f"{self.weights}."
            )
        if self.n_angles_ == 2:
            raise ValueError(
                "y must have azimuths alone for SoftEncoding; got elevations as well. Use "
                "UnbiasedEncoding or GaussianEncoding."
            )
        super()._fit_grid(y)

    def _encode_azimuth(self, azimuth):
        center, n_classes = self._axis.nearest(azimuth), len(self.grid_)
        targets = np.zeros((len(azimuth), n_classes))
        for offset in range(1 - len(self.weights), len(self.weights)):
            # Beyond the end of an open grid, the wrapped column gets weight 0.
            column = (center + offset) % n_classes
            inside = self._axis.circular or (column == center + offset)
            _add(targets, column, self.weights[abs(offset)] * inside)
        return targets


class UnbiasedEncoding(GridEncoding):
    """Linear interpolation between the two classes around the direction (unbiased, ULD).

    Parameters
    ----------
    grid : array-like of shape (n_classes,) or (n_classes, 2), default=None
        Directions of the classes, as in :class:`OneHotEncoding`; azimuths may be unequally
        spaced.
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

    See Also
    --------
    AdjacentDecoder : Decoder for this encoding.
    GridEncoding : Open grids, circular grids, and several sources.

    Notes
    -----
    The label is a hat function: it falls linearly from 1 at the direction to 0 one step away. It
    sums to 1, and its mean is the direction, so the round trip is exact with ``AdjacentDecoder(2)``
    and wider ones; with ``ArgmaxDecoder`` the error is up to half a step.

    On the sphere, which is not in the paper, the label weights the three corners of the grid
    triangle around the direction so that the sum of their unit vectors points to it; the round
    trip is exact with ``AdjacentDecoder(3)``, also at the poles.

    References
    ----------
    L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based sound
    source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305.

    Examples
    --------
    >>> from sslearn.encoding import UnbiasedEncoding
    >>> encoding = UnbiasedEncoding([0.0, 10.0, 20.0])
    >>> encoding.fit_transform([12.5]).tolist()
    [[0.0, 0.75, 0.25]]
    >>> encoding.inverse_transform([[0.0, 0.75, 0.25]]).tolist()
    [12.5]
    """

    def __init__(self, grid=None, *, decoder=None, threshold=None):
        self.grid = grid
        self.decoder = decoder
        self.threshold = threshold

    def _encode_azimuth(self, azimuth):
        # y = 1 - f and f at the two classes, so that sum_i y_i theta_i is the azimuth itself.
        before, after, fraction = self._axis.locate(azimuth)
        targets = np.zeros((len(azimuth), len(self.grid_)))
        _add(targets, before, 1.0 - fraction)
        _add(targets, after, fraction)
        return targets

    def _encode_sphere(self, directions):
        # sum_i s_i v_i over the three corners points to the direction.
        corners, shares = self._mesh.shares(directions)
        targets = np.zeros((len(directions), len(self.grid_)))
        np.put_along_axis(targets, corners, shares, axis=1)
        return targets
