import warnings

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, eigsh
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.metrics import pairwise_distances_chunked
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sslearn.embedding._neighbor_search import nearest_neighbors
from sslearn.utils import check_features
from sslearn.utils.param_validation import Integral, Interval, Real, StrOptions, _fit_context

_FLOATS = (np.float64, np.float32)
_MAX_DENSE_SAMPLES = 500
# Eigenvalues below this are rounding errors; the Nystroem formula would divide by them.
_SMALLEST_EIGENVALUE = 1e-10


def laplacian_eigenmaps(kernel, n_components, *, eigen_solver="auto", random_state=None):
    """Embed the nodes of a graph by the slowest modes of its random walk.

    Parameters
    ----------
    kernel : sparse matrix or array of shape (n_samples, n_samples)
        Symmetric non-negative weights, with a positive sum in each row.
    n_components : int
        Dimension of the embedding, less than n_samples.
    eigen_solver : {"auto", "arpack", "dense"}, default="auto"
        As in :class:`LaplacianEigenmaps`.
    random_state : int, RandomState instance or None, default=None
        Draws the start of the iterations.

    Returns
    -------
    embedding : ndarray of shape (n_samples, n_components)
        Eigenvectors Z of ``P = D^-1 K``, the constant one left out, with ``Z.T @ D @ Z = I``. The
        largest entry of each is positive.
    eigenvalues : ndarray of shape (n_components,)
        Eigenvalues of P in descending order.
    """
    degree = np.asarray(kernel.sum(axis=1)).ravel()
    scale = sparse.diags_array(degree**-0.5)
    # S = D^-1/2 K D^-1/2 has the eigenvalues of P, but is symmetric. Its first eigenvector,
    # D^1/2 1, is known and deflated.
    symmetric = (scale @ kernel @ scale).tocsr()
    constant = np.sqrt(degree / degree.sum())
    if eigen_solver == "dense" or (eigen_solver == "auto" and len(degree) <= _MAX_DENSE_SAMPLES):
        dense = symmetric.toarray() - np.outer(constant, constant)
        # All of them: of a subset with many equal eigenvalues, LAPACK may return fewer.
        values, vectors = linalg.eigh(dense, driver="evd")
        values, vectors = values[-n_components:], vectors[:, -n_components:]
    else:
        values, vectors = _arpack(symmetric, constant, n_components, random_state)
    order = np.argsort(-values)
    # Eigenvectors of P: Z = D^-1/2 V, with Z.T D Z = V.T V = I.
    embedding = vectors[:, order] / np.sqrt(degree)[:, None]
    largest = np.abs(embedding).argmax(axis=0)
    return embedding * np.sign(embedding[largest, range(n_components)]), values[order]


def _arpack(symmetric, constant, n_components, random_state):
    """Plain Lanczos iteration: sparse products cost less than the factors of shift-invert."""

    def deflated(x):
        x = x.ravel()
        # The eigenvalue 1 of the constant eigenvector c becomes 0: (S - c c.T) x.
        return symmetric @ x - constant * (constant @ x)

    n_samples = len(constant)
    operator = LinearOperator(symmetric.shape, matvec=deflated, dtype=np.float64)
    return eigsh(
        operator,
        k=n_components,
        which="LA",
        v0=check_random_state(random_state).uniform(-1, 1, n_samples),
        ncv=min(n_samples, max(40, 2 * n_components + 1)),
        tol=1e-10,
    )


class LaplacianEigenmaps(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Laplacian eigenmaps with an extension to new samples.

    Samples are the nodes of a graph of nearest neighbours. The embedding consists of the slowest
    modes of a random walk on it, so that samples are near if many short paths join them. If
    the direction changes the features most, the embedding unrolls the directions.

    Parameters
    ----------
    n_components : int, default=3
        Dimension of the embedding.
    n_neighbors : int or None, default=10
        Number of nearest neighbours of each sample, itself counted, as in
        :class:`sklearn.manifold.SpectralEmbedding`; the paper does not state whether its 10
        count it, 11 are ten others. None, for ``"gaussian"``, are all samples; the kernel then
        takes memory of ``n_samples ** 2``.
    affinity : {"nearest_neighbors", "gaussian"}, default="nearest_neighbors"
        Weight of two samples one of which is among the nearest neighbours of the other: 1, or
        ``exp(-d**2 / bandwidth)``. All others have weight 0.
    bandwidth : float, default=None
        Width of the Gaussian, in squared units of the features. None is the median of ``d**2``
        over the neighbours. Not used by ``"nearest_neighbors"``.
    eigen_solver : {"auto", "arpack", "dense"}, default="auto"
        ``"arpack"`` iterates on the sparse graph, ``"dense"`` solves for all eigenvectors.
        ``"auto"`` is dense for at most 500 samples.
    random_state : int, RandomState instance or None, default=None
        Draws the cells of the neighbour search and the start of the iterations.
    n_jobs : int, default=None
        Number of threads of the neighbour search in trees, for at most 15 features. Searches in
        more features use all threads that OpenMP is given.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, n_components)
        Embedding of the training samples.
    eigenvalues_ : ndarray of shape (n_components,)
        Eigenvalues of the random walk, in descending order; near 1 means slow.
    affinity_matrix_ : sparse array of shape (n_samples, n_samples)
        Weights of the graph, K.
    n_connected_components_ : int
        Number of connected components of the graph.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features seen during fit, where X has names that are all strings.

    See Also
    --------
    SiameseEmbedding : Embedding trained on directions, also for varying rooms.
    sklearn.manifold.SpectralEmbedding : Similar map without an extension to new samples.

    Notes
    -----
    With the diagonal D of the row sums of K, the random walk is ``P = D^-1 K`` [1]_. The embedding
    holds its eigenvectors 2 to ``n_components + 1``, scaled to ``Z.T @ D @ Z = I``. New samples
    follow the Nystroem formula ``z = sum_j P(x, x_j) z_j / eigenvalue`` with their own row of the
    kernel [2]_; training samples are mapped to their embedding. The method is used for binaural
    localization in [3]_, whose Gaussian (equation 6) is not restricted to neighbours:
    ``affinity="gaussian", n_neighbors=None``.

    Above 5000 samples of more than 15 features neighbours are searched for in the nearest cells of
    a partition, twice as many as hold 99.9 % of the neighbours of a random selection of samples.

    References
    ----------
    .. [1] M. Belkin and P. Niyogi, "Laplacian eigenmaps for dimensionality reduction and data
       representation", Neural Computation 15, 2003, doi:10.1162/089976603321780317.
    .. [2] Y. Bengio et al., "Out-of-sample extensions for LLE, Isomap, MDS, eigenmaps, and
       spectral clustering", NIPS 16, 2003.
    .. [3] D. Tang, M. Taseska and T. van Waterschoot, "Toward learning robust contrastive
       embeddings for binaural sound source localization", Frontiers in Neuroinformatics
       16:942978, 2022, doi:10.3389/fninf.2022.942978.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.embedding import LaplacianEigenmaps
    >>> azimuth = np.arange(-90, 90)
    >>> X = np.c_[np.cos(np.deg2rad(azimuth)), np.sin(np.deg2rad(azimuth))]
    >>> Z = LaplacianEigenmaps(n_components=1).fit_transform(X)
    >>> abs(np.corrcoef(Z[:, 0], azimuth)[0, 1]).round(2).item()
    0.99
    """

    _parameter_constraints: dict = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "n_neighbors": [Interval(Integral, 2, None, closed="left"), None],
        "affinity": [StrOptions({"nearest_neighbors", "gaussian"})],
        "bandwidth": [Interval(Real, 0, None, closed="neither"), None],
        "eigen_solver": [StrOptions({"auto", "arpack", "dense"})],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        n_components=3,
        *,
        n_neighbors=10,
        affinity="nearest_neighbors",
        bandwidth=None,
        eigen_solver="auto",
        random_state=None,
        n_jobs=None,
    ):
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.affinity = affinity
        self.bandwidth = bandwidth
        self.eigen_solver = eigen_solver
        self.random_state = random_state
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Build the graph and its slowest modes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : object, default=None
            Not used.

        Returns
        -------
        self : LaplacianEigenmaps
            Fitted embedding.

        Raises
        ------
        ValueError
            If X is not valid or has too few samples for ``n_neighbors`` or ``n_components``.

        Warns
        -----
        UserWarning
            If the graph is not connected, or too few samples leave no structure to find.
        """
        # A fit that raises must not leave a mixture of two fits.
        self.__dict__.pop("embedding_", None)
        X = check_features(self, X, dtype=_FLOATS, ensure_min_samples=2)
        if self.n_neighbors is None and self.affinity == "nearest_neighbors":
            raise ValueError(
                'n_neighbors=None needs affinity="gaussian": with all samples as neighbours, all '
                "weights are 1. Set a number of neighbours."
            )
        for name in ("n_neighbors", "n_components"):
            most = len(X) - (name == "n_components")
            if (getattr(self, name) or 0) > most:
                raise ValueError(
                    f"{name} must be at most {most} for n_samples = {len(X)}; got "
                    f"{getattr(self, name)}. Use more samples or a smaller {name}."
                )
        rng = check_random_state(self.random_state)
        self._fit_X = X
        graph = self._build_graph(X, rng)
        # Plain arrays, so that the fitted state is NumPy alone.
        self._graph = [graph.data, graph.indices, graph.indptr]
        self.n_connected_components_ = connected_components(graph)[0]
        embedding, self.eigenvalues_ = laplacian_eigenmaps(
            graph, self.n_components, eigen_solver=self.eigen_solver, random_state=rng
        )
        self.embedding_ = embedding.astype(X.dtype, copy=False)
        self._n_features_out = self.n_components
        self._warn_of_poor_graph()
        return self

    def fit_transform(self, X, y=None):
        """Fit and return the embedding of the training samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : object, default=None
            Not used.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_components)
            Embedding.
        """
        return self.fit(X).embedding_

    def transform(self, X):
        """Embed samples by the Nystroem formula.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_components)
            Embedding.
        """
        check_is_fitted(self)
        X = check_features(self, X, reset=False, dtype=_FLOATS)
        structured = self.eigenvalues_ > _SMALLEST_EIGENVALUE
        inverse = np.divide(1.0, self.eigenvalues_, where=structured, out=np.zeros(len(structured)))
        targets = self.embedding_ * inverse

        def embed(distances, start):
            kernel = self._kernel_rows(distances)
            # z = sum_j P(x, x_j) z_j / eigenvalue, of shape (chunk, n_components).
            return kernel @ targets / kernel.sum(axis=1, keepdims=True)

        chunks = pairwise_distances_chunked(X, self._fit_X, reduce_func=embed)
        return np.concatenate(list(chunks)).astype(X.dtype, copy=False)

    @property
    def affinity_matrix_(self):
        """Weights of the graph."""
        check_is_fitted(self, "embedding_")
        return sparse.csr_array(tuple(self._graph), (len(self.embedding_), len(self.embedding_)))

    def __sklearn_is_fitted__(self):
        return hasattr(self, "embedding_")

    def _build_graph(self, X, rng):
        # The radius of a neighbourhood ends half-way to the first sample outside, so that rounding
        # does not decide in transform whether a sample is inside.
        n_neighbors = self.n_neighbors or len(X)
        n_found = min(n_neighbors + 1, len(X))
        distances, indices = nearest_neighbors(X, n_found, rng, self.n_jobs)
        self._radius = distances[:, [n_neighbors - 1, n_found - 1]].mean(axis=1)
        squared = distances[:, :n_neighbors].astype(np.float64) ** 2
        self._bandwidth = None
        weights = np.ones_like(squared)
        if self.affinity == "gaussian":
            median = np.median(squared[:, 1:])
            self._bandwidth = self.bandwidth or (median if median > 0 else 1.0)
            weights = np.exp(-squared / self._bandwidth)
        starts = np.arange(len(X) + 1) * n_neighbors
        graph = sparse.csr_array(
            (weights.ravel(), indices[:, :n_neighbors].ravel(), starts), (len(X), len(X))
        )
        # Among many duplicates a sample may not be found as its own neighbour.
        return graph.maximum(graph.T).maximum(sparse.eye_array(len(X))).tocsr()

    def _kernel_rows(self, distances):
        """Rows of the kernel of new samples from their distances, up to a factor for each."""
        last = (self.n_neighbors or distances.shape[1]) - 1
        kth = np.partition(distances, last, axis=1)[:, [last]]
        inside = distances <= np.maximum(kth, self._radius)
        if self._bandwidth is None:
            return inside
        squared = distances.astype(np.float64) ** 2
        # Relative to the nearest: far from all training samples, all weights would underflow.
        squared -= squared.min(axis=1, keepdims=True)
        return inside * np.exp(-squared / self._bandwidth)

    def _warn_of_poor_graph(self):
        if self.n_connected_components_ > 1:
            warnings.warn(
                f"The graph of n_neighbors={self.n_neighbors} has {self.n_connected_components_} "
                "connected components: the embedding separates them and shows little of what is "
                "inside. Raise n_neighbors.",
                stacklevel=3,
            )
        if self.eigenvalues_[-1] <= _SMALLEST_EIGENVALUE:
            warnings.warn(
                f"Only {(self.eigenvalues_ > _SMALLEST_EIGENVALUE).sum()} of n_components="
                f"{self.n_components} have a positive eigenvalue: the others hold no structure and "
                "are 0 for new samples. Use more samples, or fewer components or neighbours.",
                stacklevel=3,
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
