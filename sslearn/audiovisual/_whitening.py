"""Statistics that bring the features of frozen networks to one scale."""

import numpy as np

# Share of the largest eigenvalue: weaker components are mostly noise and are not enlarged further.
_FLOOR = 0.02
_N_PICTURES = 300


def set_scaling(module, sounds, views):
    """Fit the scaling of frozen features, except at a warm start, which has one.

    Parameters
    ----------
    module : AudioVisualModule
        Module whose frozen encoders are scaled.
    sounds : callable
        Function of positions that returns the prepared sounds.
    views : TrainingViews
        Loader of the training pairs; up to 300 of their pictures are used, and all sounds.
    """
    if getattr(module.audio.scaling, "n_rows", 1) == 0:
        rows = sounds(slice(None)).flatten(0, 1).cpu().numpy()
        module.audio.scaling.set(*standardization(rows), len(rows))
    if getattr(module.image.scaling, "n_rows", 1) == 0:
        maps = map(views.whole_map, views.sample(_N_PICTURES))
        cells = np.concatenate([features.reshape(len(features), -1).T for features in maps])
        module.image.scaling.set(*whitening(cells), len(cells))


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
    # Covariance E diag(l) E^T, in double precision through the mean.
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
