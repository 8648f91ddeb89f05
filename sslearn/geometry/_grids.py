import numpy as np

from sslearn.geometry._directions import (
    check_directions,
    unit_vectors_to_angles,
)
from sslearn.geometry._neighbors import hull_edges
from sslearn.utils import check_range, to_numbers
from sslearn.utils.param_validation import Integral, Interval, Real, validated

_STEP = [Interval(Real, 0, 360, closed="right")]
_AZIMUTH = [Interval(Real, -180, 180, closed="both")]


@validated(step=_STEP)
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
    n_directions = round(360.0 / step)
    if not np.isclose(n_directions * step, 360.0):
        raise ValueError(f"step must be a positive divisor of 360 degrees; got {step}.")
    return -180.0 + 360.0 / n_directions * np.arange(n_directions)


@validated(low=_AZIMUTH, high=_AZIMUTH, step=_STEP)
def azimuth_grid(low=-90.0, high=90.0, step=5.0):
    """Equally spaced azimuths between two ends, both included.

    Parameters
    ----------
    low, high : float, default=-90.0, 90.0
        Ends of the grid in degrees, ``-180 <= low < high < 180``.
    step : float, default=5.0
        Distance of neighbours in degrees; must divide ``high - low``.

    Returns
    -------
    grid : ndarray of shape (n_directions,)
        Azimuths in degrees.

    Raises
    ------
    ValueError
        If the ends are out of order or out of range, or ``step`` does not divide their distance.

    See Also
    --------
    circular_grid : The whole circle.

    Examples
    --------
    >>> from sslearn.geometry import azimuth_grid
    >>> azimuth_grid(-30, 30, 15).tolist()
    [-30.0, -15.0, 0.0, 15.0, 30.0]
    """
    if not low < high < 180:
        raise ValueError(f"low and high must hold -180 <= low < high < 180; got {low}, {high}.")
    n_steps = round((high - low) / step)
    if n_steps < 1 or not np.isclose(n_steps * step, high - low):
        raise ValueError(f"step must divide high - low, {high - low:g} degrees; got {step}.")
    return np.linspace(low, high, n_steps + 1)


@validated(step=_STEP)
def sphere_grid(step=10.0, *, elevation_range=(-90.0, 90.0)):
    """Circles of equal azimuth step at equally spaced elevations, each pole once.

    Parameters
    ----------
    step : float, default=10.0
        Distance of neighbouring azimuths and elevations in degrees; must divide 360 and the
        range of elevations.
    elevation_range : tuple of (float, float), default=(-90.0, 90.0)
        Lowest and highest elevation in degrees.

    Returns
    -------
    grid : ndarray of shape (n_directions, 2)
        Azimuth and elevation in degrees.

    Raises
    ------
    ValueError
        If ``step`` does not divide 360 and the range, or the range is not inside [-90, 90].

    See Also
    --------
    quasi_uniform_grid, fibonacci_grid, icosahedral_grid : Grids as dense near the poles as at the
        horizon.

    Examples
    --------
    >>> from sslearn.geometry import sphere_grid
    >>> sphere_grid(90).tolist()[-2:]
    [[90.0, 0.0], [0.0, 90.0]]
    """
    azimuths = circular_grid(step)
    low, high = check_range(elevation_range, "elevation_range", -90, 90)
    if low == high:
        raise ValueError(f"elevation_range must have low < high; got {elevation_range}.")
    elevations = azimuth_grid(low, high, step)
    grid = np.stack(np.meshgrid(azimuths, elevations), axis=-1).reshape(-1, 2)
    # All azimuths are one direction at a pole.
    first_azimuth = grid[:, 0] == azimuths[0]
    grid = grid[(np.abs(grid[:, 1]) < 90) | first_azimuth]
    grid[np.abs(grid[:, 1]) == 90, 0] = 0.0
    return grid


@validated(step=[Interval(Real, 0, 180, closed="right")])
def quasi_uniform_grid(step=10.0):
    """Rings at equal steps of elevation, with azimuths in proportion to their circumference.

    Parameters
    ----------
    step : float, default=10.0
        Distance of neighbours in degrees, about the same all over the sphere; at most 180.

    Returns
    -------
    grid : ndarray of shape (n_directions, 2)
        Azimuth and elevation in degrees, from the lowest ring up and from azimuth -180 on; 429
        directions for a step of 10. Each pole occurs once, at azimuth -180.

    Raises
    ------
    ValueError
        If ``step`` is not in (0, 180].

    See Also
    --------
    sphere_grid : The same number of azimuths on each ring.
    icosahedral_grid, fibonacci_grid : Grids without rings.

    Notes
    -----
    There are ``round(180 / step) + 1`` elevations and, on the ring of elevation ``phi``,
    ``round(360 / step * cos(phi)) + 1`` azimuths. The paper prints floors in place of the rounding,
    which give 425 directions for a step of 10; its networks have 429 classes, as here. For that
    step no direction is more than 6.96 degrees from the grid, and the mean distance is 3.74.

    References
    ----------
    L. Perotin, A. Défossez, E. Vincent, R. Serizel, A. Guérin, "Regression versus classification
    for neural network based audio source localization", WASPAA 2019.

    Examples
    --------
    >>> from sslearn.geometry import quasi_uniform_grid
    >>> quasi_uniform_grid(90).tolist()[:3]
    [[-180.0, -90.0], [-180.0, 0.0], [-108.0, 0.0]]
    >>> len(quasi_uniform_grid(10))
    429
    """
    elevations = np.linspace(-90.0, 90.0, round(180.0 / step) + 1)
    counts = np.rint(360.0 / step * np.cos(np.deg2rad(elevations))).astype(int) + 1
    azimuths = [-180.0 + 360.0 / n_azimuths * np.arange(n_azimuths) for n_azimuths in counts]
    return np.column_stack([np.concatenate(azimuths), np.repeat(elevations, counts)])


@validated(n_subdivisions=[Interval(Integral, 0, 10, closed="both")])
def icosahedral_grid(n_subdivisions=2):
    """Corners of an icosahedron whose edges are halved repeatedly.

    Parameters
    ----------
    n_subdivisions : int, default=2
        Number of halvings, at most 10.

    Returns
    -------
    grid : ndarray of shape (10 * 4**n_subdivisions + 2, 2)
        Azimuth and elevation in degrees.

    Raises
    ------
    ValueError
        If ``n_subdivisions`` is not in [0, 10].

    Notes
    -----
    Every corner is the projection to the sphere of the middle of an edge of the coarser grid, so
    coarse grids are contained in finer ones.

    Examples
    --------
    >>> from sslearn.geometry import icosahedral_grid
    >>> [len(icosahedral_grid(n)) for n in range(4)]
    [12, 42, 162, 642]
    """
    # Corners (0, +-1, +-golden) and their cyclic permutations.
    golden = (1.0 + 5.0**0.5) / 2.0
    corners = [(0.0, a, b * golden) for a in (-1.0, 1.0) for b in (-1.0, 1.0)]
    points = np.array([np.roll(corner, shift) for shift in range(3) for corner in corners])
    points /= np.linalg.norm(points[0])
    for _ in range(n_subdivisions):
        middles = _edge_middles(points)
        points = np.concatenate([points, middles])
    return unit_vectors_to_angles(points)


def _edge_middles(points):
    """Middles of the edges between neighbours on the sphere, on the sphere."""
    middles = points[hull_edges(points)].sum(axis=1)
    return middles / np.linalg.norm(middles, axis=1, keepdims=True)


def near_field_grid(directions, distances):
    """Directions, each at several distances.

    Parameters
    ----------
    directions : array-like of shape (n,) or (n, 2)
        Azimuth (elevation 0), or azimuth and elevation, in degrees.
    distances : array-like of shape (n_distances,)
        Distances from the origin in metres.

    Returns
    -------
    grid : ndarray of shape (n * n_distances, 3)
        Azimuth, elevation and distance, the distance slowest.

    Raises
    ------
    ValueError
        If directions or distances are not valid.

    Examples
    --------
    >>> from sslearn.geometry import near_field_grid
    >>> near_field_grid([0.0, 90.0], [1.0]).tolist()
    [[0.0, 0.0, 1.0], [90.0, 0.0, 1.0]]
    """
    angles = check_directions(directions)
    if angles.ndim == 1:
        angles = np.column_stack([angles, np.zeros(len(angles))])
    distances = np.ravel(to_numbers(distances, "distances", "distances in metres"))
    if len(distances) == 0:
        raise ValueError("distances must hold at least one distance; got none.")
    distances = np.repeat(distances, len(angles))
    rings = np.tile(angles[:, :2], (len(distances) // len(angles), 1))
    return check_directions(np.column_stack([rings, distances]), name="distances")


@validated(n_directions=[Interval(Integral, 1, None, closed="left")])
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

    Examples
    --------
    >>> from sslearn.geometry import fibonacci_grid
    >>> fibonacci_grid(3).round(1).tolist()[1]
    [-137.5, 0.0]
    """
    i = np.arange(n_directions)
    # Middles of equal slices of z, which have equal areas on the sphere; the azimuth turns by the
    # golden angle from one to the next.
    z = 1.0 - (2.0 * i + 1.0) / n_directions
    azimuth_rad = np.pi * (1.0 + 5.0**0.5) * i
    radius = np.sqrt(1.0 - z**2)
    return unit_vectors_to_angles(
        np.stack([radius * np.cos(azimuth_rad), radius * np.sin(azimuth_rad), z], axis=-1)
    )
