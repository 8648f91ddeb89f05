import numpy as np

from sslearn.geometry._directions import wrap_azimuth
from sslearn.utils import check_range
from sslearn.utils.param_validation import Integral, Interval, validated


@validated(n_directions=[Interval(Integral, 0, None, closed="left")])
def draw_directions(n_directions, azimuth_range, elevation_range, rng):
    """Draw directions uniformly on a patch of the sphere.

    Parameters
    ----------
    n_directions : int
        Number of directions.
    azimuth_range, elevation_range : tuple of (float, float)
        Lowest and highest angle, in degrees.
    rng : numpy Generator or RandomState
        Random numbers.

    Returns
    -------
    directions : ndarray of shape (n_directions, 2)
        Azimuths and elevations in degrees; equal areas of the patch are equally likely.

    Raises
    ------
    ValueError
        If a range is inverted, or beyond [-360, 360] or the poles.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.geometry import draw_directions
    >>> draw_directions(5, (-90, 90), (0, 45), np.random.default_rng(0)).shape
    (5, 2)
    """
    low, high = check_range(azimuth_range, "azimuth_range", -360, 360)
    azimuth = rng.uniform(low, high, size=n_directions)
    # Equal areas: the sine of the elevation is uniform, not the elevation.
    low, high = np.sin(np.deg2rad(check_range(elevation_range, "elevation_range", -90, 90)))
    elevation = np.rad2deg(np.arcsin(rng.uniform(low, high, size=n_directions)))
    return np.stack([wrap_azimuth(azimuth), elevation], axis=1)
