from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator

from sslearn.geometry import (
    angles_to_unit_vectors,
    great_circle_distance,
    unit_vectors_to_angles,
    wrap_azimuth,
)
from sslearn.utils import check_range
from sslearn.utils.param_validation import Interval, StrOptions

_N_TRIES = 50  # paths drawn together
_N_ROUNDS = 20


class Trajectories(BaseEstimator):
    """Paths of moving sources: constant speed and height, on smooth curves.

    Parameters
    ----------
    kind : {"curve", "arc"}, default="curve"
        Curves start in a random direction and turn at a constant rate; arcs keep their distance
        from the receiver.
    speed : float or tuple of (float, float), default=(0.2, 1.0)
        Speed in metres per second, or a range to draw it from.
    turn_rate : float or tuple of (float, float), default=(-60, 60)
        Degrees per second by which the heading of a curve changes, counter-clockwise, or a range
        to draw it from; 0 is a straight line.
    moving : float, default=1.0
        Probability that a source moves, drawn for each; the others stay where they are.
    min_distance : float, default=0.5
        Shortest horizontal distance between a moving source and the receiver, in metres.

    See Also
    --------
    Overlap : When each of two talkers speaks.
    Placement : Positions at the start of a clip.

    Notes
    -----
    A source at :math:`p` with heading :math:`h` (radians) moves by

    .. math:: \\dot p = v (\\cos(h + \\omega t), \\sin(h + \\omega t), 0).

    The rules of :class:`Placement` hold along the whole path: distance from the walls, separation,
    and the ranges of azimuth and elevation if directions are drawn. Paths are drawn, speeds
    included, until those of all sources of a clip fit, and after every 50 of them the sources are
    placed again; small rooms therefore favour slow sources.
    Without a room, an unknown distance of a head counts as 1 m.

    The direct sound is computed every centimetre of a path, reflections of first and second order
    every 5 cm, all others every 50 cm, with cross-fades of the sound before it is filtered: delays
    follow the path, Doppler shift included. At 1 m/s, the direct sound of speech is exact to
    -50 dB, that of white noise to -27 dB.

    Published simulations mostly draw straight lines with a sinusoidal sway [1]_, whose speed is
    not constant.

    References
    ----------
    .. [1] D. Diaz-Guerra, A. Miguel, J. R. Beltran, "Robust sound source tracking using SRP-PHAT
       and 3D convolutional neural networks", IEEE/ACM Trans. Audio Speech Lang. Process. 29
       (2021), 300-311, doi:10.1109/TASLP.2020.3040031.

    Examples
    --------
    >>> from sslearn.simulation import ArrayReceiver, Trajectories, simulate
    >>> data = simulate(
    ...     ArrayReceiver([[0, 0.1, 0], [0, -0.1, 0]]), 2, max_order=0, random_state=0,
    ...     trajectories=Trajectories("arc", speed=1.0),
    ... )
    >>> data.target.shape, data.metadata["speed"].tolist()
    ((2, 10, 1, 1), [1.0, 1.0])
    """

    _parameter_constraints: dict = {
        "kind": [StrOptions({"curve", "arc"})],
        "speed": [Real, "array-like"],
        "turn_rate": [Real, "array-like"],
        "moving": [Interval(Real, 0, 1, closed="both")],
        "min_distance": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        kind="curve",
        *,
        speed=(0.2, 1.0),
        turn_rate=(-60, 60),
        moving=1.0,
        min_distance=0.5,
    ):
        self.kind = kind
        self.speed = speed
        self.turn_rate = turn_rate
        self.moving = moving
        self.min_distance = min_distance


def check_trajectories(trajectories):
    """Validate trajectories.

    Parameters
    ----------
    trajectories : Trajectories or None
        User input; no source moves if None.

    Returns
    -------
    moves : dict
        Validated parameters, ranges of shape (2,).
    """
    trajectories = Trajectories(moving=0.0) if trajectories is None else trajectories
    if not isinstance(trajectories, Trajectories):
        raise TypeError(f"trajectories must be Trajectories or None; got {trajectories!r}.")
    trajectories._validate_params()
    moves = trajectories.get_params()
    for name, lowest in (("speed", 0.0), ("turn_rate", -np.inf)):
        limits = [moves[name]] * 2 if isinstance(moves[name], Real) else moves[name]
        moves[name] = check_range(limits, f"trajectories: {name}", lowest, np.finfo("f4").max)
    return moves


def positions_along(columns, s, times):
    """Positions of source ``s`` relative to the receiver, along the axes of the room.

    Parameters
    ----------
    columns : mapping
        Columns of the plan: numbers, or arrays (n,).
    s : int
        Index of the source.
    times : ndarray of shape (n_times,)
        Seconds since the start of the clip.

    Returns
    -------
    positions : ndarray of shape (n_times, 3) or (n, n_times, 3)
        In metres.
    """
    names = ("azimuth", "elevation", "speed", "heading", "turn")
    yaw, azimuth, elevation, speed, heading, turn = (
        np.asarray(columns[name], dtype=float)[..., None]
        for name in ("yaw", *(f"{name}_{s}" for name in names))
    )
    start = angles_to_unit_vectors(np.stack([azimuth + yaw, elevation], axis=-1))
    # A circular path of length v t has a chord of v t sinc(w t / 2), which halves its turn.
    chord = speed * times * np.sinc(turn * times / 360)
    bearing_rad = np.deg2rad(heading + turn * times / 2)
    steps = [chord * np.cos(bearing_rad), chord * np.sin(bearing_rad), np.zeros_like(chord)]
    return _distance(columns, s)[..., None, None] * start + np.stack(steps, axis=-1)


def _distance(columns, s):
    """Distance of source ``s`` at the start; 1 m if plane waves come from no distance."""
    distance = np.asarray(columns[f"distance_{s}"], dtype=float)
    return np.where(np.isnan(distance), 1.0, distance)


def directions_along(columns, s, times):
    """Directions (n_times, 2) or (n, n_times, 2), in degrees, of :func:`positions_along`."""
    directions = unit_vectors_to_angles(positions_along(columns, s, times))
    yaw = np.asarray(columns["yaw"], dtype=float)[..., None]
    directions[..., 0] = wrap_azimuth(directions[..., 0] - yaw)
    return directions


def places_along(row, s, times):
    """Sample ``row`` with source ``s`` where it is at each of the times (in seconds), a list."""
    columns = row._asdict()
    azimuth, elevation = directions_along(columns, s, times).T
    # No measured direction (row -1): responses are interpolated on the way.
    moved = {"azimuth": azimuth, "elevation": elevation, "direction_row": np.full(len(times), -1)}
    if "receiver_x" in columns:
        receiver = [columns[f"receiver_{axis}"] for axis in "xyz"]
        x, y, z = (positions_along(columns, s, times) + receiver).T
        moved |= {"source_x": x, "source_y": y, "source_z": z}
    names = [f"{name}_{s}" for name in moved]
    return [
        row._replace(**dict(zip(names, values, strict=True)))
        for values in zip(*moved.values(), strict=True)
    ]


def draw_paths(placer, i, row, moves, times, rng):
    """Draw the paths of all sources of a sample.

    Parameters
    ----------
    placer : Placer
        Rooms and rules of the placement.
    i : int
        Index of the sample.
    row : dict
        Columns of the plan, as ``placer`` drew them.
    moves : dict
        Parameters, as :func:`check_trajectories` returns them.
    times : ndarray of shape (n_times,)
        Seconds at which the rules are checked.
    rng : numpy Generator
        Random numbers.

    Returns
    -------
    row : dict
        With ``speed_s`` in m/s, ``heading_s`` in the room in degrees, and ``turn_s`` in degrees
        per second; with new places where no path fits.
    """
    moving = rng.random(placer.n_sources) < moves["moving"]
    for k in range(_N_ROUNDS):
        row = row | placer.draw(i, rng) if k else row
        columns = {}
        for s, moves_there in enumerate(moving):
            columns |= _draw_path(row, s, moves, rng)
            columns[f"speed_{s}"] *= moves_there
        fits = _fits(placer, row | columns, moves["min_distance"], times)
        if fits.any():
            first = int(fits.argmax())
            return row | {name: values[first] for name, values in columns.items()}
    raise ValueError(
        f"trajectories: none of {_N_ROUNDS * _N_TRIES} paths at {moves['speed'].tolist()} m/s "
        f"stays in the room, {moves['min_distance']} m from the receiver and within the ranges and "
        "the min_separation of the placement. Use lower speeds, shorter clips or larger rooms."
    )


def _draw_path(row, s, moves, rng):
    """Columns of ``_N_TRIES`` paths of source ``s``."""
    speed = rng.uniform(*moves["speed"], size=_N_TRIES)
    if moves["kind"] == "curve":
        heading = rng.uniform(-180, 180, size=_N_TRIES)
        turn = rng.uniform(*moves["turn_rate"], size=_N_TRIES)
    else:
        # Circle around the receiver: heading across the radius r, turn rate v / r.
        way = rng.choice([-1, 1], size=_N_TRIES)
        heading = row[f"azimuth_{s}"] + row["yaw"] + 90 * way
        radius = _distance(row, s) * np.cos(np.deg2rad(row[f"elevation_{s}"]))
        turn = way * np.rad2deg(speed / radius)
    return {f"speed_{s}": speed, f"heading_{s}": heading, f"turn_{s}": turn}


def _fits(placer, columns, min_distance, times):
    """Whether all sources of each try follow the rules all the time, (n_tries,)."""
    sources = range(placer.n_sources)
    paths = np.stack([positions_along(columns, s, times) for s in sources], axis=1)
    radius = np.hypot(paths[..., 0], paths[..., 1])
    fits = _never_below(radius, min_distance)
    if placer.sizes is not None:
        fits &= placer.inside(columns, paths).all(axis=(1, 2))
    directions = np.stack([directions_along(columns, s, times) for s in sources], axis=1)
    first, second = placer.pairs
    apart = great_circle_distance(directions[:, first], directions[:, second])
    fits &= _never_below(apart, placer.where["min_separation"])
    return fits & placer.in_ranges(directions).all(axis=(1, 2))


def _never_below(values, lowest):
    """Whether values (n_tries, n, n_times) stay above the lowest, or their start if it is less."""
    # A start below the limit, by given directions, is allowed; coming nearer is not.
    return (values >= np.minimum(lowest, values[..., :1]) - 1e-6).all(axis=(1, 2))
