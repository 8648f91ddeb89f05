import numpy as np

from sslearn.encoding._grid import GridEncoding
from sslearn.utils.param_validation import Interval, Real


def _add(targets, columns, values):
    """Add values (n,) to one column of each row of targets (n, n_classes), in place."""
    np.add.at(targets, (np.arange(len(targets)), columns), values)


class OneHotEncoding(GridEncoding):
    """The class next to the direction, and no other (one-hot).

    Parameters
    ----------
    grid : array-like of shape (n_classes,) or (n_classes, 2), default=None
        Directions of the classes in degrees: azimuths for a y of azimuths, azimuths and elevations
        for the other. None means azimuths in steps of 5 degrees, from -90 to 90 if y is all in
        front and around the circle if not; with elevations ``icosahedral_grid(3)``.
    decoder : Decoder, default=None
        How scores become a direction; ``AdjacentDecoder(3)`` if None.
    threshold : float, default=None
        Score, in (0, 1], from which on a source counts as present, for a y of several sources of
        which some may be absent. None means that all are always present.

    Attributes
    ----------
    grid_ : ndarray of shape (n_classes,) or (n_classes, 2)
        Directions of the classes.
    n_angles_ : int
        Number of angles of a source in y.
    n_sources_ : int or None
        Number of sources in y; None for a y of one source without an axis of sources.
    output_spec_ : OutputSpec
        What the network must output: shape ``(n_classes,)`` or ``(n_sources_, n_classes)``.

    See Also
    --------
    UnbiasedEncoding : Free of the quantization of the grid.
    GridEncoding : Open grids, closed ones, and several sources.

    Notes
    -----
    A direction in the middle between two azimuths goes to the class of even index, on the sphere to
    the class of lowest index. Whatever the decoder, the round trip is off by up to half a step, a
    quarter of a step on average.

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
    """A bell around the direction, of height 1 (Gaussian-like label coding, GLC).

    Parameters
    ----------
    grid : array-like of shape (n_classes,) or (n_classes, 2), default=None
        Directions of the classes, as in :class:`OneHotEncoding`.
    width : float, default=8.0
        Distance, in degrees, at which the bell has fallen to 1/e. The standard deviation of the
        normal distribution of this shape is smaller by the square root of 2 (5.66 degrees for 8).
    decoder : Decoder, default=None
        How scores become a direction; ``AdjacentDecoder(3)`` if None.
    threshold : float, default=None
        Score, in (0, 1], from which on a source counts as present, for a y of several sources of
        which some may be absent. None means that all are always present.

    Attributes
    ----------
    grid_ : ndarray of shape (n_classes,) or (n_classes, 2)
        Directions of the classes.
    n_angles_ : int
        Number of angles of a source in y.
    n_sources_ : int or None
        Number of sources in y; None for a y of one source without an axis of sources.
    output_spec_ : OutputSpec
        What the network must output: shape ``(n_classes,)`` or ``(n_sources_, n_classes)``.

    See Also
    --------
    UnbiasedEncoding : The encoding without a bias.
    GridEncoding : Open grids, closed ones, and several sources.

    Notes
    -----
    ``exp(-(d / width)**2)`` with the distance d between class and direction: around the circle if
    the grid closes, along the grid if it is open, on the sphere if there are elevations. The
    values are not normalised: they sum to about 2.8 for steps of 5 degrees, so the activation is a
    sigmoid and cross-entropy and Wasserstein loss do not suit it. With ``AdjacentDecoder(3)`` the
    round trip in steps of 5 degrees is off by 0.69 degrees on average.

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
    """The class next to the direction, and how near to it the others are.

    Parameters
    ----------
    grid : array-like of shape (n_classes,) or (n_classes, 2), default=None
        Directions of the classes, as in :class:`OneHotEncoding`.
    width : float, default=20.0
        Distance, in degrees, at which the bell has fallen to 1/e.
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
    output_spec_ : OutputSpec
        What the network must output: shape ``(n_classes,)`` or ``(n_sources_, n_classes)``.

    See Also
    --------
    sslearn.losses.GibbsWeightedLoss : The loss that it is for.
    GaussianEncoding : The same bell as the target itself.

    Notes
    -----
    The bell of :class:`GaussianEncoding` around the direction, and exactly 1 for the class next to
    it, by which the loss finds that class; the others are at most
    ``exp(-(half a step / width)**2)``. The target is no probability: it says how little a wrong
    class costs; it cannot say that a source is absent. The paper uses twice the step of the grid
    as the width, and decodes the class of the highest score, ``ArgmaxDecoder()``.

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
    np.put_along_axis(targets, columns[..., None], 1.0, axis=-1)
    return targets


class SoftEncoding(GridEncoding):
    """Fixed weights around the class next to the direction (soft label distribution, SLD).

    Parameters
    ----------
    grid : array-like of shape (n_classes,), default=None
        Azimuths of the classes, as in :class:`OneHotEncoding`.
    weights : tuple of float, default=(0.4, 0.2, 0.1)
        Weight of the nearest class, of the two next to it, of the two after those, and so on.
    decoder : Decoder, default=None
        How scores become a direction; ``AdjacentDecoder(3)`` if None.
    threshold : float, default=None
        Score, in (0, 1], from which on a source counts as present, for a y of several sources of
        which some may be absent. None means that all are always present.

    Attributes
    ----------
    grid_ : ndarray of shape (n_classes,)
        Azimuths of the classes.
    n_angles_ : int
        Number of angles of a source in y.
    n_sources_ : int or None
        Number of sources in y; None for a y of one source without an axis of sources.
    output_spec_ : OutputSpec
        What the network must output: shape ``(n_classes,)`` or ``(n_sources_, n_classes)``.

    See Also
    --------
    UnbiasedEncoding : Soft labels that know where between two classes the source is.
    GridEncoding : Open grids, closed ones, and several sources.

    Notes
    -----
    Weights beyond the end of an open grid are dropped, so that labels there sum to less than 1.
    The round trip has the error of one-hot labels with an odd number of adjacent classes, and a
    larger one with an even number.

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
        weights = np.asarray(self.weights, dtype=float)
        if weights.ndim != 1 or weights.size == 0 or not (weights >= 0).all() or weights[0] == 0:
            raise ValueError(
                "weights must be numbers of at least 0, the first of them positive; got "
                f"{self.weights}."
            )
        if self.n_angles_ == 2:
            raise ValueError(
                "y must have azimuths alone for SoftEncoding; got elevations too. Use "
                "UnbiasedEncoding or GaussianEncoding."
            )
        super()._fit_grid(y)

    def _encode_azimuth(self, azimuth):
        center, n_classes = self._axis.nearest(azimuth), len(self.grid_)
        targets = np.zeros((len(azimuth), n_classes))
        for offset in range(1 - len(self.weights), len(self.weights)):
            column = (center + offset) % n_classes
            inside = self._axis.circular or (column == center + offset)
            _add(targets, column, self.weights[abs(offset)] * inside)
        return targets


class UnbiasedEncoding(GridEncoding):
    """The two classes around the direction, by its distance to each (unbiased, ULD).

    Parameters
    ----------
    grid : array-like of shape (n_classes,) or (n_classes, 2), default=None
        Directions of the classes, as in :class:`OneHotEncoding`; azimuths need not be even.
    decoder : Decoder, default=None
        How scores become a direction; ``AdjacentDecoder(3)`` if None.
    threshold : float, default=None
        Score, in (0, 1], from which on a source counts as present, for a y of several sources of
        which some may be absent. None means that all are always present.

    Attributes
    ----------
    grid_ : ndarray of shape (n_classes,) or (n_classes, 2)
        Directions of the classes.
    n_angles_ : int
        Number of angles of a source in y.
    n_sources_ : int or None
        Number of sources in y; None for a y of one source without an axis of sources.
    output_spec_ : OutputSpec
        What the network must output: shape ``(n_classes,)`` or ``(n_sources_, n_classes)``.

    See Also
    --------
    AdjacentDecoder : The decoder that goes with it.
    GridEncoding : Open grids, closed ones, and several sources.

    Notes
    -----
    The label is a hat function: it falls linearly from 1 at the direction to 0 one step away, sums
    to 1, and has the direction as its mean. So the round trip is exact with
    ``AdjacentDecoder(2)`` and wider ones; with ``ArgmaxDecoder`` it is off by up to half a step.

    On the sphere, which is not in the paper, the label has the three corners of the triangle of
    the grid around the direction, with weights whose sum of unit vectors points to it; the
    round trip is exact with ``AdjacentDecoder(3)``, poles included.

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
        before, after, fraction = self._axis.locate(azimuth)
        targets = np.zeros((len(azimuth), len(self.grid_)))
        _add(targets, before, 1.0 - fraction)
        _add(targets, after, fraction)
        return targets

    def _encode_sphere(self, directions):
        corners, shares = self._mesh.shares(directions)
        targets = np.zeros((len(directions), len(self.grid_)))
        np.put_along_axis(targets, corners, shares, axis=1)
        return targets
