"""Statistics that bring the features of frozen networks to one scale."""

import numpy as np

# Of the largest eigenvalue: what is weaker is mostly noise, and is not enlarged further.
_FLOOR = 0.02


def whitening(cells):
    """Mean and symmetric (ZCA) whitening matrix of features.

    Parameters
    ----------
    cells : ndarray of shape (n_cells, n_features)
        Features of the cells of maps.

    Returns
    -------
    mean : ndarray of shape (n_features,), float32
        Mean.
    matrix : ndarray of shape (n_features, n_features), float32
        ``E diag((l + 0.02 max l)^-1/2) E^T`` for the eigenvalues l and eigenvectors E of the
        covariance; the identity if the features are constant.
    """
    mean = cells.mean(axis=0, dtype=np.float64)
    cells = cells - mean
    values, vectors = np.linalg.eigh(cells.T @ cells / len(cells))
    if values[-1] <= 0:
        return mean.astype(np.float32), np.eye(len(mean), dtype=np.float32)
    values = np.maximum(values, 0.0) + _FLOOR * values[-1]
    return mean.astype(np.float32), (vectors / np.sqrt(values) @ vectors.T).astype(np.float32)


def standardization(rows):
    """Mean of features, and the diagonal matrix that divides each by its standard deviation.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
        Features.

    Returns
    -------
    mean : ndarray of shape (n_features,), float32
        Mean.
    matrix : ndarray of shape (n_features, n_features), float32
        Diagonal; 1 for constant features.
    """
    mean, deviation = rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64)
    # Rounding alone gives constant features a small deviation.
    deviation[deviation <= 1e-6 * np.abs(mean)] = 1.0
    return mean.astype(np.float32), np.diag(1.0 / deviation).astype(np.float32)
