"""Angles between all pairs of directions."""

import numpy as np
from sklearn.metrics.pairwise import haversine_distances

from sslearn.geometry import check_directions, circular_difference

__all__ = ["angular_distances"]


def angular_distances(A, B=None):
    """Compute the angles between all pairs of directions.

    Parameters
    ----------
    A : array-like of shape (n_a,), (n_a, 2) or (n_a, 3)
        Azimuth; azimuth and elevation; and distance (not used). Angles in degrees.
    B : array-like of shape (n_b,), (n_b, 2) or (n_b, 3), default=None
        Laid out like ``A``; ``A`` itself if None.

    Returns
    -------
    distances : ndarray of shape (n_a, n_b)
        Circular differences, or great-circle angles, in [0, 180] degrees.

    Raises
    ------
    ValueError
        If the directions are not valid or one has elevations and the other not.

    Examples
    --------
    >>> from sslearn.metrics.pairwise import angular_distances
    >>> angular_distances([0, 179], [-179, 90]).tolist()
    [[179.0, 90.0], [2.0, 89.0]]
    """
    A = check_directions(A, name="A")
    B = A if B is None else check_directions(B, name="B")
    if A.ndim != B.ndim:
        raise ValueError(
            "A and B must both hold azimuths, or both azimuths and elevations; "
            f"got shapes {A.shape} and {B.shape}."
        )
    if A.ndim == 1:
        return np.abs(circular_difference(A[:, None], B))
    # haversine_distances takes (latitude, longitude) in radians: columns 1 and 0.
    latitudes_longitudes = [np.deg2rad(directions[:, 1::-1]) for directions in (A, B)]
    return np.rad2deg(haversine_distances(*latitudes_longitudes))
