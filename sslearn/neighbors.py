"""Localization by nearest neighbours."""

from itertools import cycle

import numpy as np
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted

from sslearn.base import LocalizerMixin
from sslearn.geometry import (
    angles_to_unit_vectors,
    check_doa,
    unit_vectors_to_angles,
    wrap_azimuth,
)
from sslearn.utils import check_features
from sslearn.utils.param_validation import Integral, Interval, StrOptions, _fit_context, validated

__all__ = ["KNeighborsLocalizer"]

_FLOATS = (np.float64, np.float32)


def _exponential_weights(distances):
    """Softmax of the negative squared distances over their median; distances are sorted."""
    squared = distances**2
    k = squared.shape[1]
    # Median: mean of the two middle values, which coincide for odd k.
    width = (squared[:, [(k - 1) // 2]] + squared[:, [k // 2]]) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.exp(-squared / width)
    # eps = 0: at least half of the neighbours are at distance 0, and share the weight.
    return np.where(width > 0, weights, squared == 0)


def _inverse_weights(distances):
    zero = distances == 0
    weights = 1.0 / np.where(zero, 1.0, distances)
    return np.where(zero.any(axis=1, keepdims=True), zero, weights)


def _inverse_square_weights(distances):
    return _inverse_weights(distances**2)


def _uniform_weights(distances):
    return np.ones_like(distances)


_WEIGHTS = {
    "exponential": _exponential_weights,
    "distance": _inverse_weights,
    "squared_distance": _inverse_square_weights,
    "uniform": _uniform_weights,
}


def _neighbor_weights(distances, weights):
    """Weights that sum to 1 over the neighbours of each sample."""
    w = np.asarray(_WEIGHTS.get(weights, weights)(distances), dtype=float)
    if w.shape != distances.shape:
        raise ValueError(
            "weights must be a function that returns an array of the shape of the distances, "
            f"{distances.shape}; it returned {w.shape}."
        )
    total = w.sum(axis=1, keepdims=True)
    if not (np.isfinite(total) & (total > 0)).all():
        raise ValueError(
            "weights must be finite with a positive sum over the neighbours of each sample; "
            f"the smallest sum is {total.min()}."
        )
    return w / total


def _angles_to_circle(angles):
    rad = np.deg2rad(angles)
    return np.stack([np.cos(rad), np.sin(rad)], axis=1)


def _mean_direction(vectors, weights):
    """Angles of the weighted means of unit vectors (n, n_neighbors, 2 or 3).

    Where neighbours cancel each other, the nearest one is used.
    """
    mean = np.einsum("nk,nkd->nd", weights, vectors)
    # A squared length below 1e-18 is rounding, without a direction.
    cancelled = np.einsum("nd,nd->n", mean, mean) < 1e-18
    mean[cancelled] = vectors[cancelled, 0]
    if mean.shape[1] == 3:
        return unit_vectors_to_angles(mean)
    return np.rad2deg(np.arctan2(mean[:, 1], mean[:, 0]))[:, None]


class KNeighborsLocalizer(LocalizerMixin, BaseEstimator):
    """Localization by the weighted mean direction of the nearest neighbours.

    The mean is taken on the circle or the sphere, never of the angles themselves, so it is
    correct across +-180 degrees and at the poles.

    Parameters
    ----------
    n_neighbors : int, default=5
        Number of neighbours.
    weights : {"exponential", "uniform", "distance", "squared_distance"} or callable, \
default="exponential"
        Weights of the neighbours. ``"exponential"`` is the softmax of ``-d**2 / eps`` with ``eps``
        the median of the squared distances ``d**2`` of the neighbours [1]_; ``"distance"`` is
        ``1 / d``, ``"squared_distance"`` is ``1 / d**2``. In these, neighbours at distance 0 share
        all the weight where the formula divides by zero.
        A callable takes distances of shape (n_queries, n_neighbors), in ascending order, and
        returns weights of the same shape.
    per_angle : bool, default=False
        Whether X holds one block of columns for each angle of y, as a
        :class:`~sslearn.embedding.SiameseEmbedding` with one embedding per angle returns them. Each
        angle is then the circular mean over the neighbours in its own block. No effect where y is
        azimuth alone.
    average : {"direction", "angles"}, default="direction"
        Quantity that is averaged where y has elevations: the unit vectors of the neighbours, or
        azimuth and elevation, each as its circular mean, as in equation 15 of [1]_ and with
        ``per_angle``.
    algorithm : {"auto", "ball_tree", "kd_tree", "brute"}, default="auto"
        Search of the neighbours, see :class:`sklearn.neighbors.NearestNeighbors`.
    n_jobs : int, default=None
        Number of threads of the search.

    Attributes
    ----------
    n_angles_ : int
        Number of values per direction in y: 1 to 3.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features seen during fit, where X has names that are all strings.
    n_samples_fit_ : int
        Number of training samples.

    See Also
    --------
    sslearn.embedding.SiameseEmbedding : A space in which neighbours have near directions.
    sklearn.neighbors.KNeighborsRegressor : Plain mean, wrong at the wrap of azimuths.

    Notes
    -----
    The paper takes the plain mean of each angle (equation 15); a circular mean differs from it by
    less than 0.01 degrees for angles within 10 degrees of each other. The mean direction is valid
    up to the poles, but where neighbours scatter in azimuth it lies further from the horizon than
    they do: two neighbours at an elevation of 20 degrees and azimuths of -10 and 10 average to
    20.3. Where the weighted unit vectors cancel, as two opposite neighbours of equal weight do, the
    direction of the nearest neighbour is returned.

    References
    ----------
    .. [1] D. Tang, M. Taseska and T. van Waterschoot, "Toward learning robust contrastive
       embeddings for binaural sound source localization", Frontiers in Neuroinformatics
       16:942978, 2022, doi:10.3389/fninf.2022.942978.

    Examples
    --------
    >>> from sslearn.neighbors import KNeighborsLocalizer
    >>> X = [[0.0], [1.0], [2.0], [3.0]]
    >>> y = [170, 175, -175, -170]
    >>> localizer = KNeighborsLocalizer(n_neighbors=2).fit(X, y)
    >>> localizer.predict([[0.5], [2.5], [1.5]]).tolist()
    [172.5, -172.5, -180.0]
    >>> y = [[-10, 20], [10, 20]]
    >>> for average in ("direction", "angles"):
    ...     localizer = KNeighborsLocalizer(2, weights="uniform", average=average)
    ...     print(localizer.fit([[0.0], [1.0]], y).predict([[0.5]]).round(2))
    [[ 0.   20.28]]
    [[ 0. 20.]]
    """

    _parameter_constraints: dict = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "weights": [StrOptions(set(_WEIGHTS)), callable],
        "per_angle": ["boolean"],
        "average": [StrOptions({"direction", "angles"})],
        "algorithm": [StrOptions({"auto", "ball_tree", "kd_tree", "brute"})],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        n_neighbors=5,
        *,
        weights="exponential",
        per_angle=False,
        average="direction",
        algorithm="auto",
        n_jobs=None,
    ):
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.per_angle = per_angle
        self.average = average
        self.algorithm = algorithm
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Store the training samples in a search tree.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
            Azimuth; azimuth and elevation in degrees; and distance in metres.

        Returns
        -------
        self : KNeighborsLocalizer
            Fitted localizer.

        Raises
        ------
        ValueError
            If X or y is not valid, there are fewer samples than neighbours, or ``per_angle`` is set
            and the columns of X cannot be split into equal blocks.
        """
        # A fit that raises must not leave a mixture of two fits.
        for name in ("_fit_X", "_searches"):
            self.__dict__.pop(name, None)
        X = check_features(self, X, dtype=_FLOATS)
        y = check_doa(y, n_samples=len(X))
        self.n_samples_fit_ = len(X)
        self._check_n_neighbors(self.n_neighbors)
        self._y_ndim = y.ndim
        self.n_angles_ = 1 if y.ndim == 1 else y.shape[1]
        self._distance = y[:, 2] if y.ndim == 2 and y.shape[1] == 3 else None
        if y.ndim == 2 and (self.per_angle or self.average == "angles"):
            self._vectors = [_angles_to_circle(angle) for angle in y[:, :2].T]
        else:
            self._vectors = [_angles_to_circle(y) if y.ndim == 1 else angles_to_unit_vectors(y)]
        self._n_blocks = len(self._vectors) if self.per_angle else 1
        if X.shape[1] % self._n_blocks:
            raise ValueError(
                "X must have equally many columns for azimuth and elevation when per_angle=True; "
                f"got {X.shape[1]} columns. Set per_angle=False for features that serve both."
            )
        self._fit_X = X
        self._build_searches()
        return self

    @validated(
        n_neighbors=[Interval(Integral, 1, None, closed="left"), None], return_distance=["boolean"]
    )
    def kneighbors(self, X=None, n_neighbors=None, return_distance=True):
        """Find the nearest training samples.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features), default=None
            Features; None returns the neighbours of each training sample, without itself.
        n_neighbors : int, default=None
            Number of neighbours; that of the constructor if None.
        return_distance : bool, default=True
            Whether the distances are returned too.

        Returns
        -------
        distances : ndarray of shape (n_queries, n_neighbors)
            Distances in ascending order. Shape (2, n_queries, n_neighbors), one entry for each
            block of columns, if ``per_angle`` is set and y has elevations.
        indices : ndarray of the same shape
            Indices of the training samples.
        """
        check_is_fitted(self)
        if X is not None:
            X = check_features(self, X, reset=False, dtype=_FLOATS)
        found = self._search(X, n_neighbors)
        distances, indices = (np.stack(part) for part in zip(*found, strict=True))
        if len(found) == 1:
            distances, indices = distances[0], indices[0]
        return (distances, indices) if return_distance else indices

    def predict(self, X):
        """Weighted mean direction of the nearest training samples.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)
            Features.

        Returns
        -------
        y : ndarray of shape (n_queries,), (n_queries, 2) or (n_queries, 3)
            Directions laid out like the y of fit, in the dtype of X. The distance is the weighted
            mean of the neighbours' distances.
        """
        check_is_fitted(self)
        X = check_features(self, X, reset=False, dtype=_FLOATS)
        found = [(_neighbor_weights(d, self.weights), i) for d, i in self._search(X)]
        columns = [
            _mean_direction(vectors[indices], weights)
            for vectors, (weights, indices) in zip(self._vectors, cycle(found), strict=False)
        ]
        if self._distance is not None:
            means = [np.einsum("nk,nk->n", w, self._distance[i]) for w, i in found]
            columns.append(np.mean(means, axis=0)[:, None])
        y = np.concatenate(columns, axis=1).astype(X.dtype, copy=False)
        y[:, 0] = wrap_azimuth(y[:, 0])
        return y[:, 0] if self._y_ndim == 1 else y

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_fit_X")

    def _blocks(self, X):
        # Files of the first format have a block for each array.
        return np.split(X, getattr(self, "_n_blocks", len(self._vectors)), axis=1)

    def _build_searches(self):
        self._searches = [
            NearestNeighbors(algorithm=self.algorithm, n_jobs=self.n_jobs).fit(block)
            for block in self._blocks(self._fit_X)
        ]

    def _check_n_neighbors(self, n_neighbors):
        if n_neighbors > self.n_samples_fit_:
            raise ValueError(
                f"n_neighbors must be at most the number of training samples; got n_neighbors="
                f"{n_neighbors} and n_samples = {self.n_samples_fit_}."
            )

    def _search(self, X, n_neighbors=None):
        """Distances and indices of the neighbours in each block; X is valid."""
        n_neighbors = self.n_neighbors if n_neighbors is None else n_neighbors
        self._check_n_neighbors(n_neighbors)
        if not hasattr(self, "_searches"):
            self._build_searches()
        blocks = [None] * len(self._searches) if X is None else self._blocks(X)
        with config_context(assume_finite=True):
            return [
                search.kneighbors(block, n_neighbors)
                for search, block in zip(self._searches, blocks, strict=True)
            ]

    def __getstate__(self):
        # The trees are rebuilt from the samples, so that the stored state is NumPy alone.
        state = dict(super().__getstate__())
        state.pop("_searches", None)
        return state
