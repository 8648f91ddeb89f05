from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from sslearn.geometry import (
    check_directions,
    check_multi_doa,
)
from sslearn.utils import check_range
from sslearn.utils.param_validation import Interval, StrOptions


class Placement(BaseEstimator):
    """Positions of receiver and sources.

    Parameters
    ----------
    azimuth_range : tuple of (float, float), default="auto"
        Lowest and highest azimuth of the sources in the frame of the receiver, in degrees. A line
        of microphones along y resolves only the front half, (-90, 90). "auto", here and below, is
        the default of the receiver, see Notes.
    elevation_range : tuple of (float, float) or None, default="auto"
        Lowest and highest elevation in degrees. None puts all sources at the height of the
        receiver, and ``y`` holds azimuths only.
    directions : "measured" or array-like of shape (n_directions,), (n_directions, 2) or \
(n_directions, n_sources, k), default=None
        None draws directions uniformly on the patch of the sphere within the ranges. The rows of
        an array, in degrees, are used in turn; ``y`` is laid out like it, with k = 1 (azimuth) or
        2 (and elevation) for several sources. "measured" draws measured directions of a head
        within the ranges; without a room, their responses are exact.
    distances : array-like of shape (n_distances,), default="auto"
        Distances to draw from, in metres. Used in rooms only, like all parameters below except
        ``min_separation``.
    distance_range : tuple of (float, float), default=None
        Shortest and longest distance in metres, instead of ``distances``.
    min_separation : float, default="auto"
        Minimum angle between drawn sources of a clip, and to an interferer, in degrees.
    height : float, tuple of (float, float) or None, default="auto"
        Height of the origin of the receiver in metres, or a range to draw it from; None draws any
        height at least ``wall_distance`` from the floor and the ceiling.
    wall_distance : float, default="auto"
        Minimum distance between a microphone and a wall, the floor or the ceiling, in metres.
    yaw : float, default=None
        Azimuth in the room to which the front of the receiver points, in degrees (0 along the
        length); None draws one for every clip.
    n_receivers : int or None, default="auto"
        Number of fixed positions of the receiver in each room; None draws a new one for every
        clip. The same rooms and ``random_state`` give the same positions. The columns
        ``receiver_x`` and ``receiver_y`` of the rooms, in metres, override it.

    See Also
    --------
    simulate : Simulate clips with it.

    Notes
    -----
    Sources are at least 0.1 m from the walls.

    ===================  =============  =============  ==============
    "auto"               head           array          ambisonics
    ===================  =============  =============  ==============
    ``azimuth_range``    (-90, 90)      (-180, 180)    (-180, 180)
    ``elevation_range``  (-45, 45)      None           (-90, 90)
    ``distances``        1, 1.5, 2      1, 1.5, 2      from 1 to 3
    ``min_separation``   10             10             20
    ``height``           1.7            (1, 1.6)       None
    ``wall_distance``    see below      0.5            0.5
    ``n_receivers``      9              None           None
    ===================  =============  =============  ==============

    A head is at least 0.5 m from the walls, or a quarter of the width of a narrow room, and 0.1 m
    from the floor and the ceiling.

    Examples
    --------
    >>> from sslearn.simulation import Placement
    >>> Placement(azimuth_range=(-60, 60), distances=(1.5,))
    Placement(azimuth_range=(-60, 60), distances=(1.5,))
    """

    _parameter_constraints: dict = {
        "directions": ["array-like", StrOptions({"measured"}), None],
        "distances": ["array-like", Real, StrOptions({"auto"})],
        "min_separation": [Interval(Real, 0, 180, closed="both"), StrOptions({"auto"})],
        "wall_distance": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "yaw": [Interval(Real, None, None, closed="neither"), None],
        "n_receivers": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
            None,
        ],
    }

    def __init__(
        self,
        *,
        azimuth_range="auto",
        elevation_range="auto",
        directions=None,
        distances="auto",
        distance_range=None,
        min_separation="auto",
        height="auto",
        wall_distance="auto",
        yaw=None,
        n_receivers="auto",
    ):
        self.azimuth_range = azimuth_range
        self.elevation_range = elevation_range
        self.directions = directions
        self.distances = distances
        self.distance_range = distance_range
        self.min_separation = min_separation
        self.height = height
        self.wall_distance = wall_distance
        self.yaw = yaw
        self.n_receivers = n_receivers


def check_placement(placement, defaults, n_sources):
    """Validate a placement.

    Parameters
    ----------
    placement : Placement or None
        User input; all defaults if None.
    defaults : dict
        Values of "auto".
    n_sources : int
        Number of sources per clip.

    Returns
    -------
    where : dict
        Validated parameters: ``directions`` of shape (n_directions, n_sources, 2), ranges of
        shape (2,).
    n_angles : int
        Number of angles in the target: 1 or 2.
    """
    placement = Placement() if placement is None else placement
    if not isinstance(placement, Placement):
        raise TypeError(f"placement must be a Placement or None; got {placement!r}.")
    placement._validate_params()
    where = {
        name: defaults[name] if isinstance(value, str) and value == "auto" else value
        for name, value in placement.get_params().items()
    }
    where["directions"], n_angles = _check_wanted(where["directions"], n_sources)
    if n_angles is None:
        n_angles = 1 if where["elevation_range"] is None else 2
    for name, limit in (("azimuth_range", 360), ("elevation_range", 90)):
        limits = (0.0, 0.0) if where[name] is None else where[name]
        where[name] = check_range(limits, name, -limit, limit)
    _check_distances(where, defaults, is_given=not isinstance(placement.distances, str))
    if where["height"] is not None:
        where["height"] = check_range(np.broadcast_to(where["height"], 2), "height")
    return where, n_angles


def _check_distances(where, defaults, is_given):
    """Validate ``distances`` or ``distance_range`` in place, and set the other to None."""
    limits = where["distance_range"]
    if limits is not None and is_given:
        raise ValueError("distances and distance_range exclude each other: give one of them.")
    if limits is not None or where["distances"] is None:
        limits = defaults["distance_range"] if limits is None else limits
        where["distance_range"] = check_range(limits, "distance_range", 0.1)
        where["distances"] = None
        return
    distances = np.atleast_1d(np.asarray(where["distances"], dtype=float))
    valid = np.isfinite(distances) & (distances > 0)
    if distances.ndim != 1 or distances.size == 0 or not valid.all():
        raise ValueError(
            f"distances must be positive numbers in metres, at least one; got {distances.tolist()}."
        )
    where["distances"] = distances


def _check_wanted(directions, n_sources):
    """Directions (n_directions, n_sources, 2) to use in turn, and their number of angles."""
    if directions is None or isinstance(directions, str):
        return directions, None
    if n_sources == 1:
        directions = check_directions(directions)
        directions = directions[:, None] if directions.ndim == 1 else directions
        directions = directions[:, None]
    else:
        directions = check_multi_doa(directions, n_angles=(1, 2), name="directions")
    shape, n_angles = directions.shape, directions.shape[-1]
    if directions.ndim != 3 or shape[0] == 0 or shape[1] != n_sources or n_angles > 2:
        raise ValueError(
            "directions must have shape (n_directions,), (n_directions, 2) or, for several "
            f"sources, (n_directions, n_sources={n_sources}, 1 or 2); got {shape}."
        )
    if np.isnan(directions).any():
        raise ValueError("directions contains NaN: every source must have a direction.")
    if n_angles == 1:
        directions = np.concatenate([directions, np.zeros_like(directions)], axis=2)
    return directions, n_angles
