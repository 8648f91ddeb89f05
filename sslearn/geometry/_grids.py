import numpy as np

from sslearn.geometry._directions import unit_vectors_to_angles


def circular_grid(step=5.0):
    """Equally spaced azimuths that close around the circle.

    Parameters
    ----------
    step : float, default=5.0
        Distance of neighbours in degrees; must divide 360.

    Returns
    -------
    grid : ndarray of shape (n_directions,)
        Azimuths from -180 in degrees.

    Raises
    ------
    ValueError
        If ``step`` does not divide 360.

    Examples
    --------
    >>> from sslearn.geometry import circular_grid
    >>> circular_grid(90).tolist()
    [-180.0, -90.0, 0.0, 90.0]
    """
    n_directions = round(360.0 / step) if step > 0 else 0
    if n_directions < 1 or not np.isclose(n_directions * step, 360.0):
        raise ValueError(f"step must be a positive divisor of 360 degrees; got {step}.")
    return -180.0 + 360.0 / n_directions * np.arange(n_directions)


def fibonacci_grid(n_directions):
    """Nearly uniform directions on the sphere, along a golden spiral.

    Parameters
    ----------
    n_directions : int
        Number of directions.

    Returns
    -------
    grid : ndarray of shape (n_directions, 2)
        Azimuth and elevation in degrees.

    Raises
    ------
    ValueError
        If ``n_directions`` is not positive.
    """
    if n_directions < 1:
        raise ValueError(f"n_directions must be positive; got {n_directions}.")
    i = np.arange(n_directions)
    z = 1.0 - (2.0 * i + 1.0) / n_directions
    azimuth_rad = np.pi * (1.0 + 5.0**0.5) * i
    radius = np.sqrt(1.0 - z**2)
    return unit_vectors_to_angles(
        np.stack([radius * np.cos(azimuth_rad), radius * np.sin(azimuth_rad), z], axis=-1)
    )
