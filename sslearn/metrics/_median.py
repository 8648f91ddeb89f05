"""The constant direction of least mean angular error."""

import numpy as np
from sklearn.metrics.pairwise import haversine_distances

from sslearn.geometry import (
    angles_to_unit_vectors,
    fibonacci_grid,
    great_circle_distance,
    unit_vectors_to_angles,
)

_N_STARTS = 256
_N_ROWS = 2048
_MAX_ITER = 100


def angular_median(y, weight):
    """Direction of least weighted mean angular error.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        Valid directions in degrees; a distance is ignored.
    weight : ndarray of shape (n_samples,)
        Sample weights.

    Returns
    -------
    median : ndarray of shape (1,) or (1, 2)
        Azimuth, or azimuth and elevation, in degrees.
    """
    return _circular_median(y, weight) if y.ndim == 1 else _spherical_median(y[:, :2], weight)


def _circular_median(azimuth, weight):
    """Exact: the sum of errors is linear between samples and their antipodes."""
    order = np.argsort(azimuth)
    azimuth, weight = azimuth[order], weight[order]
    turned = np.concatenate([azimuth, azimuth + 360.0])
    mass = np.concatenate([[0.0], np.cumsum(np.tile(weight, 2))])
    moment = np.concatenate([[0.0], np.cumsum(np.tile(weight, 2) * turned)])
    first, end = np.arange(len(azimuth)), len(azimuth) + np.arange(len(azimuth))
    half = np.searchsorted(turned, azimuth + 180.0)
    # Samples up to half a turn ahead cost their difference, those beyond 360 minus it.
    ahead = moment[half] - moment[first] - azimuth * (mass[half] - mass[first])
    beyond = (azimuth + 360.0) * (mass[end] - mass[half]) - (moment[end] - moment[half])
    return azimuth[[np.argmin(ahead + beyond)]]


def _spherical_median(y, weight):
    vectors = angles_to_unit_vectors(y)
    best = _weiszfeld(vectors, weight, _best_start(y, vectors, weight))
    # The minimum may sit on a sample, which the iterations only approach.
    candidates = np.stack([unit_vectors_to_angles(best), y[np.argmax(vectors @ best)]])
    costs = [np.average(great_circle_distance(y, c[None]), weights=weight) for c in candidates]
    return candidates[[np.argmin(costs)]]


def _best_start(y, vectors, weight):
    """Best of a grid, the mean and some samples, judged on an even selection of rows."""
    mean = unit_vectors_to_angles(weight @ vectors)
    samples = y[:: -(-len(y) // _N_STARTS)]
    starts = np.concatenate([mean[None], fibonacci_grid(_N_STARTS), samples])
    rows = slice(None, None, -(-len(y) // _N_ROWS))
    lat_lon = [np.deg2rad(a[:, ::-1]) for a in (starts, y[rows])]
    best = np.argmin(haversine_distances(*lat_lon) @ weight[rows])
    return angles_to_unit_vectors(starts[best : best + 1])[0]


def _weiszfeld(vectors, weight, median):
    for _ in range(_MAX_ITER):
        cosine = vectors @ median
        tangent = vectors - cosine[:, None] * median
        sine = np.linalg.norm(tangent, axis=1)
        # A sample on the median (or opposite to it) pulls in no direction.
        pull = np.divide(weight, sine, out=np.zeros_like(sine), where=sine > 1e-12)
        stiffness = np.divide(
            weight, np.arctan2(sine, cosine), out=np.zeros_like(sine), where=sine > 1e-12
        ).sum()
        if stiffness <= 0:
            break
        # (sum_i w_i t_i) / (sum_i w_i / a_i), unit tangent t_i towards and angle a_i to sample i.
        step = pull @ tangent / stiffness
        median = median + step
        median /= np.linalg.norm(median)
        if np.linalg.norm(step) < 1e-7:
            break
    return median
