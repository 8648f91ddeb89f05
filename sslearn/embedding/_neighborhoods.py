"""Similar pairs of samples, and the validation errors of an embedding that is trained on them."""

import warnings

import numpy as np
from scipy import sparse
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.utils import check_array

from sslearn.exceptions import AngleUnitWarning
from sslearn.geometry import great_circle_distance
from sslearn.neighbors import KNeighborsLocalizer

# Enough points for a steady error, few enough that validation takes a fraction of an epoch.
_N_REFERENCE, _N_VALID, _N_NEIGHBORS = 4000, 2000, 5


def neighbor_error(y, is_label):
    """Make the function of the validation error where there are angles or labels.

    Parameters
    ----------
    y : ndarray of shape (n_samples, ...)
        Directions in degrees, or labels.
    is_label : bool
        Whether they are labels.

    Returns
    -------
    error : callable
        ``error`` of a :class:`sslearn.deep_learning.Task`: median error in degrees of the
        nearest-neighbour regression in the embedding, or rate of wrong labels.
    """

    def error(outputs, train_rows, valid_rows):
        reference, valid = train_rows[:_N_REFERENCE], valid_rows[:_N_VALID]
        n_neighbors = min(_N_NEIGHBORS, len(reference))
        regressor = KNeighborsClassifier if is_label else KNeighborsLocalizer
        with warnings.catch_warnings():
            # ``fit`` has warned, and elevations alone may well be small.
            warnings.simplefilter("ignore", AngleUnitWarning)
            regressor = regressor(n_neighbors).fit(outputs(reference), y[reference.numpy()])
        predicted, true = regressor.predict(outputs(valid)), y[valid.numpy()]
        if is_label:
            return (predicted != true).mean()
        return np.median(great_circle_distance(predicted, true))

    return error


def wrong_neighbor_rate(near):
    """Make the function of the validation error where only pairs are given.

    Parameters
    ----------
    near : csr_array of shape (n_samples, n_samples)
        Which samples are similar.

    Returns
    -------
    error : callable
        ``error`` of a :class:`sslearn.deep_learning.Task`: share of the held-out samples whose
        nearest neighbour in the embedding is not similar.
    """

    def error(outputs, train_rows, valid_rows):
        reference, valid = train_rows[:_N_REFERENCE], valid_rows[:_N_VALID]
        similar = near[valid.numpy()][:, reference.numpy()].toarray()
        # Without a similar sample among the others, any neighbour is wrong.
        decided = np.flatnonzero(similar.any(axis=1))
        if not len(decided):
            raise ValueError(
                "neighbors must join some of the held-out samples with others, to find the best "
                "epoch; it joins none. Set validation_fraction=None, or give more pairs."
            )
        search = NearestNeighbors(n_neighbors=1).fit(outputs(reference))
        nearest = search.kneighbors(outputs(valid)[decided], return_distance=False)[:, 0]
        return 1.0 - similar[decided, nearest].mean()

    return error


def check_neighbors(neighbors, n_samples):
    """Validate pairs or a matrix of similar samples.

    Parameters
    ----------
    neighbors : array-like of shape (n_pairs, 2), or matrix of shape (n_samples, n_samples)
        Pairs of rows, or a matrix that is not 0 where samples are similar.
    n_samples : int
        Number of samples.

    Returns
    -------
    near : csr_array of shape (n_samples, n_samples)
        Symmetric booleans, true on the diagonal.

    Raises
    ------
    ValueError
        If ``neighbors`` is neither.
    """
    if neighbors is None:
        raise ValueError(
            'neighbors must say which samples are similar for neighborhood="precomputed"; got '
            "None. Pass pairs of rows of X, or a matrix, to fit."
        )
    if not sparse.issparse(neighbors):
        neighbors = check_array(
            neighbors, input_name="neighbors", dtype=None, ensure_2d=False, ensure_min_samples=0
        )
    if neighbors.shape == (n_samples, n_samples):
        near = sparse.csr_array(neighbors != 0)
    elif neighbors.shape[1:] == (2,) and not sparse.issparse(neighbors):
        rows, columns = _check_pairs(neighbors, n_samples).T
        near = sparse.coo_array((np.ones(len(rows), bool), (rows, columns)), 2 * (n_samples,))
    else:
        raise ValueError(
            f"neighbors must have shape {(n_samples, n_samples)}, the number of samples of X, or "
            f"(n_pairs, 2); got {neighbors.shape}."
        )
    return (near + near.T + sparse.eye_array(n_samples, dtype=bool)).tocsr()


def _check_pairs(pairs, n_samples):
    if not np.issubdtype(pairs.dtype, np.integer):
        raise ValueError(f"neighbors must hold pairs of rows of X, integers; got {pairs.dtype}.")
    wrong = pairs[((pairs < 0) | (pairs >= n_samples)).any(axis=1)]
    if len(wrong):
        raise ValueError(
            f"neighbors must hold pairs of rows of X, from 0 to {n_samples - 1}; got "
            f"{wrong[0].tolist()}."
        )
    return pairs
