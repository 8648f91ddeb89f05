"""ESPRIT at each frequency: a value per source, its variance, and their combination."""

import numpy as np

# Noise below this share of the largest eigenvalue is rounding.
_LEAST_NOISE = 1e-9
# Keeps the inverse of singular matrices finite.
_RIDGE = 1e-12
# Number of cells in which the roots of all frequencies are counted.
_N_CELLS = 180
# Roots further than this number of standard deviations from a source belong to another.
_FAR = 4.0
# Rounds that reassign roots to sources.
_N_ROUNDS = 3


def left_inverse(matrices):
    """Least-squares inverse, finite for any matrices.

    Parameters
    ----------
    matrices : ndarray of shape (..., n_rows, n_columns)
        At least as many rows as columns.

    Returns
    -------
    inverse : ndarray of shape (..., n_columns, n_rows)
        ``inverse @ matrices`` is the identity, if the columns are independent.
    """
    adjoint = matrices.conj().swapaxes(-1, -2)
    gram = adjoint @ matrices
    diagonal = np.einsum("...kk->...k", gram)
    diagonal += _RIDGE * diagonal.sum(axis=-1, keepdims=True) + np.finfo(float).tiny
    return np.linalg.solve(gram, adjoint)


def esprit_roots(covariances, pencil, n_sources, n_frames):
    """Eigenvalues of the rotation of the signal subspace, and their variances.

    Parameters
    ----------
    covariances : ndarray of shape (n, n_freqs, n_mics, n_mics)
        Hermitian matrices.
    pencil : tuple of (ndarray, ndarray)
        Matrices of shape (n_equations, n_mics) or (n_freqs, n_equations, n_mics) with ``second @ a
        = exp(1j phase) first @ a`` for steering vectors a.
    n_sources : int
        Number of sources.
    n_frames : int
        Number of frames of each covariance.

    Returns
    -------
    phases : ndarray of shape (n, n_freqs, n_sources)
        In radians, in no order.
    variances : ndarray of the same shape
        Asymptotic variances of the phases in white noise.
    """
    first, second = pencil
    eigenvalues, vectors = np.linalg.eigh(covariances)
    signal, noise = vectors[..., -n_sources:], vectors[..., :-n_sources]
    # Silence gets some noise as well, so that everything stays finite.
    least = np.maximum(_LEAST_NOISE * eigenvalues[..., -1:], np.finfo(float).tiny ** 0.25)
    floor = np.maximum(eigenvalues[..., :-n_sources].mean(-1, keepdims=True), least)
    excess = np.maximum(eigenvalues[..., -n_sources:] - floor, least)

    inverse = left_inverse(first @ signal)
    roots, right = np.linalg.eig(inverse @ (second @ signal))
    left = left_inverse(right) @ inverse
    # First-order change of a root for a signal subspace that noise has moved.
    change = left @ second - roots[..., None] * (left @ first)
    leakage = np.square(np.abs(change @ noise)).sum(-1)
    # Root k moves with the signal vectors i by |right[i, k]|^2: a sum over the rows.
    mixing = np.square(np.abs(right)).swapaxes(-1, -2)
    spread = mixing @ ((excess + floor) / excess**2)[..., None]
    size = np.maximum(np.square(np.abs(roots)), _LEAST_NOISE)
    return np.angle(roots), floor * leakage * spread[..., 0] / (2 * n_frames * size)


def combine_roots(values, variances, limits, *, circular):
    """One value per source from the values at all frequencies.

    Parameters
    ----------
    values : ndarray of shape (n, n_freqs, n_sources)
        Values at each frequency, in no order.
    variances : ndarray of the same shape
        Their variances.
    limits : tuple of (float, float)
        Range of the values.
    circular : bool
        Whether the range closes.

    Returns
    -------
    combined : ndarray of shape (n, n_sources)
        The source with most evidence first.

    Notes
    -----
    The first source is where the weighted histogram of all roots is highest. The root of each
    frequency nearest to it, if near, is removed before the search for the next source: every
    frequency has one root for each of two sources, however close they are. Further rounds reassign
    the roots to the sources and average them again, with smaller weights for distant roots.
    """
    cell = (limits[1] - limits[0]) / _N_CELLS
    period = limits[1] - limits[0] if circular else None
    variances = variances + cell**2
    centers = np.empty((len(values), values.shape[2]))
    for turn in range(1 + _N_ROUNDS):
        free = np.ones(values.shape, dtype=bool)
        for source in range(values.shape[2]):
            if turn == 0:
                weights = np.where(free, 1 / variances, 0)
                centers[:, source] = _highest_cell(values, weights, limits[0], cell, circular)
            offset = _offsets(values, centers[:, source], period)
            nearest = np.where(free, np.abs(offset), np.inf).argmin(axis=2)[..., None]
            offset = np.take_along_axis(offset, nearest, axis=2)[..., 0]
            variance = np.take_along_axis(variances, nearest, axis=2)[..., 0]
            # Where the source is silent its root is arbitrary, and this one is of another source.
            far = np.square(offset) > _FAR**2 * variance
            np.put_along_axis(free, nearest, far[..., None], axis=2)
            # Weights of a heavy-tailed (Cauchy) likelihood.
            weight = 1 / (variance + offset**2)
            centers[:, source] += (weight * offset).sum(1) / weight.sum(1)
    return centers


def _offsets(values, centers, period):
    offsets = values - centers[:, None, None]
    if period is not None:
        offsets -= period * np.round(offsets / period)
    return offsets


def _highest_cell(values, weights, low, cell, circular):
    """Centre of the highest cell of the smoothed histogram of each sample."""
    cells = np.floor((values - low) / cell)
    # Noise at low frequencies has roots beyond the ends.
    cells = cells % _N_CELLS if circular else np.minimum(np.maximum(cells, 0), _N_CELLS - 1)
    cells = cells.astype(int) + _N_CELLS * np.arange(len(values))[:, None, None]
    counts = np.bincount(cells.ravel(), weights.ravel(), len(values) * _N_CELLS)
    counts = counts.reshape(len(values), _N_CELLS)
    for _ in range(2):
        padded = np.pad(counts, ((0, 0), (1, 1)), mode="wrap" if circular else "constant")
        counts = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    return low + (counts.argmax(axis=1) + 0.5) * cell
