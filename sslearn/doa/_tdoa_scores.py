"""How well time differences of arrival agree with each direction of a grid."""

import numpy as np
from sklearn.utils import gen_batches

# Bytes of the residuals of a batch.
_RESIDUAL_BYTES = 2**21


def plane_wave_scores(leads, differences, grid, best, *, resolution, robust=True):
    """Share of the pairs that agree with a plane wave from each direction.

    Parameters
    ----------
    leads : ndarray of shape (n_samples, n_pairs)
        How much nearer to the source the first microphone of each pair is, in metres.
    differences : ndarray of shape (n_pairs, 3)
        Position of the first microphone minus that of the second, in metres.
    grid : ndarray of shape (n_directions,) or (n_directions, 2)
        Azimuths, or azimuths and elevations, in radians. Azimuths are scored at the elevation of
        ``best``.
    best : ndarray of shape (n_samples, 3)
        Unit vectors of the plane waves that fit best.
    resolution : float
        Residual, in metres, that counts half where the best plane wave leaves none.
    robust : bool, default=True
        Whether each pair is scored alone; otherwise their mean square residual is.

    Returns
    -------
    scores : ndarray of shape (n_samples, n_directions)
        In [0, 1].
    """
    misses = np.abs(leads - best @ differences.T)
    typical = np.median(misses, axis=1) if robust else np.sqrt(np.square(misses).mean(axis=1))
    scale = np.hypot(typical, resolution)[:, None]
    scores = np.empty((len(leads), len(grid)))
    n_columns = max(1, _RESIDUAL_BYTES // (8 * len(differences)))
    n_rows = max(1, n_columns // len(grid))
    for rows in gen_batches(len(leads), n_rows):
        for some in gen_batches(len(grid), n_columns):
            ahead = _ahead(differences, grid[some], best[rows])
            squares = np.square((leads[rows, None] - ahead) / scale[rows, None])
            if robust:
                scores[rows, some] = (1 / (1 + squares)).mean(axis=2)
            else:
                scores[rows, some] = 1 / (1 + squares.mean(axis=2))
    return scores


def _ahead(differences, grid, best):
    """How much nearer the first microphones are (n_samples or 1, n_directions, n_pairs)."""
    if grid.ndim == 2:
        horizontal, up = np.cos(grid[:, 1]), np.sin(grid[:, 1])
        horizontal, up, azimuth = horizontal[None], up[None], grid[:, 0]
    else:
        up, azimuth = best[:, 2:], grid
        horizontal = np.sqrt(np.maximum(0.0, 1.0 - np.square(up)))
    level = np.stack([np.cos(azimuth), np.sin(azimuth)], axis=1) @ differences[:, :2].T
    return horizontal[..., None] * level + up[..., None] * differences[:, 2]
