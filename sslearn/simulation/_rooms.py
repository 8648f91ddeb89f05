from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from sslearn.simulation._image_sources import SPEED_OF_SOUND, WALLS, outer, wall_hits
from sslearn.utils import to_numbers
from sslearn.utils.param_validation import Interval, StrOptions, validated

_SIZES = ("length", "width", "height")
_OCTAVES = (125, 250, 500, 1000, 2000, 4000, 8000)
_REFERENCE = _OCTAVES.index(1000)
_DECAY_BINS = 1000  # steps of the Schroeder curve


class ImageDecay:
    """Decay of the image method between two places of a room.

    Parameters
    ----------
    sizes : ndarray of shape (3,)
        Length, width and height in metres.
    horizon : float
        Longest travel time of the summed image sources, in seconds.
    """

    def __init__(self, sizes, horizon):
        self.reach = SPEED_OF_SOUND * horizon
        squares, self.hits = [], []
        # A typical source and a typical receiver, as shares of each side.
        for size, source, receiver in zip(sizes, (0.3, 0.35, 0.4), (0.65, 0.6, 0.55), strict=True):
            n = np.arange(-np.ceil(self.reach / size / 2), np.ceil(self.reach / size / 2) + 1)
            offsets = [2 * n + source - receiver, 2 * n - source - receiver]
            squares.append(np.square(size * np.concatenate(offsets)))
            self.hits.append(np.stack(wall_hits(n)))
        square = outer(np.add, squares)
        self.near = square < self.reach**2
        self.square = square[self.near]
        bins = (np.sqrt(self.square) * (_DECAY_BINS / self.reach)).astype(np.intp)
        self.bins = np.minimum(bins, _DECAY_BINS - 1)  # rounding may reach the end

    def time(self, exponents):
        """Compute the reverberation time.

        Parameters
        ----------
        exponents : ndarray of shape (6,)
            Energy lost at each wall, as ``-log(1 - absorption)``.

        Returns
        -------
        t20 : float
            Time for a decay of 60 dB in seconds, from -5 to -25 dB of the Schroeder curve.
        """
        pairs = np.reshape(exponents, (3, 2))
        # Energy of an image: prod (1 - absorption)^hits / r^2 = exp(-sum exponents * hits) / r^2.
        axes = [np.exp(-pair @ hits) for pair, hits in zip(pairs, self.hits, strict=True)]
        energy = outer(np.multiply, axes)[self.near] / self.square
        per_bin = np.bincount(self.bins, energy, minlength=_DECAY_BINS)
        # Schroeder curve: the energy that arrives after each time.
        schroeder = np.cumsum(per_bin[::-1])[::-1]
        level = 10 * np.log10(np.maximum(schroeder / schroeder[0], 1e-12))
        fitted = (level < -5) & (level > -25)
        times = np.arange(_DECAY_BINS) * (self.reach / SPEED_OF_SOUND / _DECAY_BINS)
        return -60.0 / np.polyfit(times[fitted], level[fitted], 1)[0]


def _scale_exponents(sizes, share, seconds):
    """Exponents in proportion to ``share`` that give the wanted reverberation time."""
    # First guess, with 60 dB = 6 ln 10 = 13.8 in the exponent.
    exponents = share * 13.8 * np.prod(sizes) / (SPEED_OF_SOUND * seconds * sizes.sum() ** 2)
    decay = ImageDecay(sizes, 0.8 * seconds + 0.5 * np.linalg.norm(sizes) / SPEED_OF_SOUND)
    for _ in range(8):  # The decay rate is nearly proportional to the exponents.
        exponents = exponents * decay.time(exponents) / seconds
    return exponents


class ShoeboxRooms(BaseEstimator):
    """Parameters of random rooms, which a simulation draws with its own seed.

    Parameters
    ----------
    n_rooms : int, default=20
        Number of rooms.
    dimensions : array-like of shape (2, 3), default=None
        Smallest and largest length, width and height in metres. None, here and for ``t60``, is
        the default of the receiver.
    t60 : tuple of (float, float), default=None
        Shortest and longest reverberation time in seconds.
    variation : float, default=0.5
        Spread of the absorption over the six surfaces, see :func:`make_shoebox_rooms`.
    profile : {"flat", "octave"}, default="flat"
        Whether the absorption is the same at all frequencies or differs per octave.

    See Also
    --------
    make_shoebox_rooms : Draw the rooms.

    Examples
    --------
    >>> from sslearn.simulation import ShoeboxRooms
    >>> ShoeboxRooms(50, t60=(0.2, 0.4))
    ShoeboxRooms(n_rooms=50, t60=(0.2, 0.4))
    """

    _parameter_constraints: dict = {
        "n_rooms": [Interval(Integral, 1, None, closed="left")],
        "variation": [Interval(Real, 0, None, closed="left")],
        "profile": [StrOptions({"flat", "octave"})],
    }

    def __init__(self, n_rooms=20, *, dimensions=None, t60=None, variation=0.5, profile="flat"):
        self.n_rooms = n_rooms
        self.dimensions = dimensions
        self.t60 = t60
        self.variation = variation
        self.profile = profile


@validated(
    **ShoeboxRooms._parameter_constraints,
    random_state=["random_state"],
)
def make_shoebox_rooms(
    n_rooms=1,
    *,
    dimensions=((3.0, 2.0, 2.4), (10.0, 4.0, 3.0)),
    t60=(0.1, 0.4),
    variation=0.5,
    profile="flat",
    random_state=None,
):
    """Draw random rooms with four walls, a floor and a ceiling.

    Parameters
    ----------
    n_rooms : int, default=1
        Number of rooms.
    dimensions : array-like of shape (2, 3), default=((3, 2, 2.4), (10, 4, 3))
        Smallest and largest length, width and height in metres.
    t60 : tuple of (float, float), default=(0.1, 0.4)
        Shortest and longest reverberation time in seconds.
    variation : float, default=0.5
        Spread of the absorption over the six surfaces: standard deviation of the logarithm of
        their share. With 0 all absorb equally.
    profile : {"flat", "octave"}, default="flat"
        Whether the absorption of a surface is the same at all frequencies, or has a random slope
        over the octaves from 125 to 8000 Hz; the reverberation time then holds at 1 kHz.
    random_state : int, RandomState instance or None, default=None
        Makes the rooms reproducible.

    Returns
    -------
    rooms : DataFrame of n_rooms rows
        Columns ``length``, ``width``, ``height`` in metres, ``t60`` in seconds, and the absorbed
        part of the energy, ``absorption_<surface>`` or ``absorption_<surface>_<octave>``, for
        the surfaces west (x = 0), east, south (y = 0), north, floor and ceiling.

    Raises
    ------
    ValueError
        If a range is inverted or not positive.

    Notes
    -----
    The absorption is chosen so that the image method [1]_, run to a high enough order, decays with
    the wanted reverberation time (T20, between two typical places). Sabine's and Eyring's formulas
    are wrong by up to a factor of 2, because the sound in an empty rectangular room is not diffuse.
    All combinations of size and time are possible; in a long room, times below 0.15 s are
    approximate.

    References
    ----------
    .. [1] J. B. Allen, D. A. Berkley, "Image method for efficiently simulating small-room
       acoustics", J. Acoust. Soc. Am. 65 (1979), 943-950, doi:10.1121/1.382599.

    Examples
    --------
    >>> from sslearn.datasets import make_shoebox_rooms
    >>> rooms = make_shoebox_rooms(3, t60=(0.2, 0.3), random_state=0)
    >>> rooms[["length", "width", "height", "t60"]].round(2)
       length  width  height   t60
    0    ...
    """
    low, high = _check_dimensions(dimensions)
    shortest, longest = _check_t60(t60)
    rng = check_random_state(random_state)
    rows = []
    for _ in range(n_rooms):
        sizes = rng.uniform(low, high)
        seconds = rng.uniform(shortest, longest)
        share = np.exp(variation * rng.standard_normal((6, 1)))
        if profile == "octave":
            slope = rng.uniform(-0.2, 0.4, size=(6, 1))
            share = share * 2.0 ** (slope * (np.arange(len(_OCTAVES)) - _REFERENCE))
        # The scale of 1 kHz, or of the only band, holds for all octaves of a surface.
        reference = share[:, min(_REFERENCE, share.shape[1] - 1)]
        scaled = _scale_exponents(sizes, reference, seconds)
        exponents = share * (scaled / reference)[:, None]
        rows.append([*sizes, seconds, *-np.expm1(-exponents).ravel()])
    octaves = [""] if profile == "flat" else [f"_{octave}" for octave in _OCTAVES]
    absorption = [f"absorption_{wall}{octave}" for wall in WALLS for octave in octaves]
    return pd.DataFrame(rows, columns=[*_SIZES, "t60", *absorption])


def draw_rooms(rooms, defaults, seed):
    """Table of rooms, drawn with the ``defaults`` of a receiver unless given."""
    if isinstance(rooms, Integral):
        if rooms < 1:
            raise ValueError(f"rooms must be at least 1 room; got {rooms}.")
        rooms = ShoeboxRooms(int(rooms))
    if not isinstance(rooms, ShoeboxRooms):
        return rooms
    rooms._validate_params()
    params = {name: value for name, value in rooms.get_params().items() if value is not None}
    return make_shoebox_rooms(**{**defaults, **params}, random_state=seed)


def _check_dimensions(dimensions):
    dimensions = to_numbers(dimensions, "dimensions", "metres")
    if dimensions.shape != (2, 3) or not (
        (dimensions[0] > 0).all() and (dimensions[0] <= dimensions[1]).all()
    ):
        raise ValueError(
            "dimensions must be ((length, width, height), (length, width, height)), smallest and "
            f"largest, positive metres; got {dimensions.tolist()}."
        )
    return dimensions


def _check_t60(t60):
    t60 = to_numbers(t60, "t60", "seconds")
    if t60.shape != (2,) or not 0 < t60[0] <= t60[1] < np.inf:
        raise ValueError(
            f"t60 must be (shortest, longest) in seconds, both positive; got {t60.tolist()}."
        )
    return t60


def check_rooms(rooms):
    """Validate a table of rooms, see :func:`make_shoebox_rooms`, and split it by room.

    Returns
    -------
    rooms : list of dict
        ``sizes`` and ``absorption`` of each room.
    """
    if not isinstance(rooms, pd.DataFrame) or len(rooms) == 0:
        raise TypeError(
            "rooms must be a DataFrame with a row per room, as make_shoebox_rooms returns; got "
            f"{type(rooms).__name__}."
        )
    for wall in WALLS:
        if not any(column.startswith(f"absorption_{wall}") for column in map(str, rooms.columns)):
            raise ValueError(f"rooms must have the column absorption_{wall} (or one per octave).")
    missing = [column for column in _SIZES if column not in rooms]
    if missing:
        raise ValueError(f"rooms must have the columns {list(_SIZES)}; {missing} are missing.")
    if not (rooms[list(_SIZES)].to_numpy(dtype=float) > 0).all():
        raise ValueError("rooms must have positive sizes in metres.")
    absorption = rooms.filter(regex="^absorption_").to_numpy(dtype=float)
    if not ((absorption >= 0) & (absorption <= 1)).all():
        raise ValueError("rooms must have absorptions in [0, 1]; got values outside.")
    sizes = rooms[list(_SIZES)].to_numpy(dtype=float)
    walls = {wall: _absorption(rooms, wall) for wall in WALLS}
    return [
        {"sizes": sizes[i], "absorption": {wall: rows[i] for wall, rows in walls.items()}}
        for i in range(len(rooms))
    ]


def _absorption(rooms, wall):
    """Absorption of a wall in each room as pyroomacoustics expects it: numbers, or with octaves."""
    names = [name for name in rooms if str(name).startswith(f"absorption_{wall}")]
    values = rooms[names].to_numpy(dtype=float).tolist()
    if len(names) == 1:
        return [value for [value] in values]
    octaves = [float(str(name).rpartition("_")[2]) for name in names]
    return [{"coeffs": value, "center_freqs": octaves} for value in values]


def room_horizons(rooms, parts):
    """Longest travel time of the sound in each room, in seconds."""
    if "t60" in rooms:
        seconds = rooms["t60"].to_numpy(dtype=float)
        if not (seconds > 0).all():
            raise ValueError(
                f"rooms must have positive reverberation times t60 in seconds; got "
                f"{seconds.tolist()}. Leave the column out to estimate them."
            )
        return seconds
    return np.array([2 * _sabine(part) for part in parts])


def _sabine(part):
    """Reverberation time by Sabine's formula, in seconds."""
    length, width, height = part["sizes"]
    # T60 = 24 ln(10) V / (c A), A the absorption area; surfaces in the order of WALLS.
    areas = np.repeat([width * height, length * height, length * width], 2)
    # The octave with the lowest absorption decays longest.
    absorption = [part["absorption"][wall] for wall in WALLS]
    least = [min(value["coeffs"]) if isinstance(value, dict) else value for value in absorption]
    with np.errstate(divide="ignore"):
        return 24 * np.log(10) * length * width * height / (SPEED_OF_SOUND * np.dot(areas, least))
