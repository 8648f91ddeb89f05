"""Nearest neighbours of all samples among themselves, below quadratic cost in high dimensions."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

# Up to here trees (few features) or brute force (few samples) are fast and exact.
_MAX_TREE_FEATURES = 15
_MAX_BRUTE_SAMPLES = 5000
_N_PILOTS = 256


def nearest_neighbors(X, n_neighbors, random_state, n_jobs=None):
    """Find the nearest neighbours of each sample; each is counted as its own neighbour.

    Exact for up to 5000 samples or 15 features. Beyond that the space is cut into about
    sqrt(n_samples) cells around random samples, and each sample is compared with the members of
    the nearest cells only: twice as many cells as hold 99.9 % of the true neighbours of 256 random
    samples. Where that is most cells, the search is exact again.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Valid features.
    n_neighbors : int
        Number of neighbours, at most n_samples.
    random_state : RandomState
        Draws the cells, and the samples by which their number is chosen.
    n_jobs : int, default=None
        Number of threads of the tree search.

    Returns
    -------
    distances : ndarray of shape (n_samples, n_neighbors)
        Euclidean distances in ascending order.
    indices : ndarray of shape (n_samples, n_neighbors)
        Indices of the neighbours.
    """
    exact = NearestNeighbors(n_neighbors=n_neighbors, n_jobs=n_jobs).fit(X)
    if X.shape[1] <= _MAX_TREE_FEATURES or len(X) <= _MAX_BRUTE_SAMPLES:
        return exact.kneighbors(X)
    n_cells = int(len(X) ** 0.5)
    centers = NearestNeighbors().fit(X[random_state.choice(len(X), n_cells, replace=False)])
    pilots = X[random_state.choice(len(X), _N_PILOTS, replace=False)]
    n_probes = _n_cells_to_probe(
        centers, pilots, X[exact.kneighbors(pilots, return_distance=False)]
    )
    if n_probes > n_cells // 2:
        return exact.kneighbors(X)
    probes = centers.kneighbors(X, n_probes, return_distance=False)
    return _search_cells(X, probes, n_neighbors)


def _n_cells_to_probe(centers, pilots, neighbors):
    """Twice the 99.9 % quantile of the rank, by distance to a pilot, of its neighbours' cells."""
    n_pilots, n_neighbors, n_features = neighbors.shape
    cells = centers.kneighbors(neighbors.reshape(-1, n_features), 1, return_distance=False)
    order = centers.kneighbors(pilots, centers.n_samples_fit_, return_distance=False)
    # The argsort of an order is the rank of each cell.
    ranks = np.take_along_axis(order.argsort(axis=1), cells.reshape(n_pilots, n_neighbors), axis=1)
    return 2 * (int(np.quantile(ranks, 0.999, method="higher")) + 1)


def _group(labels):
    """Positions of each distinct label."""
    order = np.argsort(labels, kind="stable")
    found, starts = np.unique(labels[order], return_index=True)
    return dict(zip(found, np.split(order, starts[1:]), strict=True))


def _search_cells(X, probes, n_neighbors):
    """Nearest neighbours among the members of the probed cells; column 0 is the own cell."""
    n_samples, n_probes = probes.shape
    # Entry p of probes.ravel() belongs to sample p // n_probes.
    members, askers = _group(probes[:, 0]), _group(probes.ravel())
    distances = np.full((n_samples * n_probes, n_neighbors), np.inf, dtype=X.dtype)
    indices = np.zeros(distances.shape, dtype=np.int32)
    for cell, inside in members.items():
        search = NearestNeighbors(n_neighbors=min(n_neighbors, len(inside))).fit(X[inside])
        found, neighbors = search.kneighbors(X[askers[cell] // n_probes])
        distances[askers[cell], : found.shape[1]] = found
        indices[askers[cell], : found.shape[1]] = inside[neighbors]
    distances, indices = (a.reshape(n_samples, -1) for a in (distances, indices))
    best = np.argpartition(distances, n_neighbors - 1, axis=1)[:, :n_neighbors]
    distances, indices = (np.take_along_axis(a, best, axis=1) for a in (distances, indices))
    order = np.argsort(distances, axis=1)
    return tuple(np.take_along_axis(a, order, axis=1) for a in (distances, indices))
