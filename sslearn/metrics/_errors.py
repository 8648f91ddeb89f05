"""Errors of directions row by row."""

import numpy as np

from sslearn.geometry import circular_difference, great_circle_distance

# What rounding adds to an angle of exactly the tolerance, or to an error of exactly zero.
ROUNDING = 1e-9


def component_errors(y_true, y_pred, component):
    """Angle between rows of directions.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        Directions in degrees; one row may be compared with many.
    component : {"azimuth", "elevation", None}
        One angle, or None for the angle between the directions.

    Returns
    -------
    errors : ndarray of shape (n_samples,)
        Errors in degrees.
    """
    if component is None and y_true.ndim == 2:
        return great_circle_distance(y_true, y_pred)
    if component in (None, "azimuth"):
        columns = (y_true, y_pred) if y_true.ndim == 1 else (y_true[:, 0], y_pred[:, 0])
        return np.abs(circular_difference(*columns))
    if y_true.ndim == 1:
        raise ValueError(
            "component='elevation' needs y of shape (n_samples, 2), azimuth and elevation; "
            f"got {y_true.shape}."
        )
    return np.abs(y_true[:, 1] - y_pred[:, 1])
