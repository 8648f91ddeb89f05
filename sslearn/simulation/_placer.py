from functools import lru_cache

import numpy as np

from sslearn.geometry import (
    angles_to_unit_vectors,
    draw_directions,
    great_circle_distance,
    mic_pairs,
    wrap_azimuth,
)

_MARGIN = 0.1  # metres between a source and a wall
_N_TRIES = 50
_N_TRIES_APART = 1000


class Placer:
    """Random positions of the receiver and the sources of each sample.

    Parameters
    ----------
    where : dict
        Placement, as :func:`~sslearn.simulation._placement.check_placement` returns it.
    receiver : object
        Built receiver.
    rooms : DataFrame or None
        Rooms to draw from; None is anechoic.
    n_sources : int
        Number of sources per sample.
    seed : int
        Seed of the fixed positions of the receiver.
    """

    def __init__(self, where, receiver, rooms, *, n_sources, seed):
        self.where, self.receiver, self.n_sources = where, receiver, n_sources
        self.directions, self.yaw = where["directions"], where["yaw"]
        self.pairs = mic_pairs(n_sources).T
        self.ranges = where["azimuth_range"], where["elevation_range"]
        self.measured = None
        if isinstance(self.directions, str):
            self.measured = receiver.measured_rows(*self.ranges)
        self.sizes = None
        if rooms is not None:
            self.sizes = rooms[["length", "width", "height"]].to_numpy(dtype=float)
            self._check_distances()
            self.margins = self._check_widths()
            self.heights = self._check_heights()
            self.n_receivers = where["n_receivers"]
            self.receivers = self._fixed_receivers(rooms, np.random.default_rng([seed, 0]))

    def _check_distances(self):
        radius = np.linalg.norm(self.receiver.points, axis=1).max()
        distances = self.where["distances"]
        if distances is not None and distances.min() <= radius:
            raise ValueError(
                "distances must be larger than the array, whose farthest microphone is "
                f"{radius:.3f} m from its origin; got {distances.tolist()}."
            )

    def _check_widths(self):
        """Minimum distances (n_rooms, 2) of the origin of the receiver from the walls."""
        distance = self.where["wall_distance"]
        if distance is None:
            return np.minimum(0.5, 0.25 * self.sizes[:, :2])
        if self.receiver.keeps_directions and distance < 2 * _MARGIN:
            raise ValueError(
                f"wall_distance must be at least {2 * _MARGIN} m, because sources that do not fit "
                f"are moved between receiver and wall; got {distance}."
            )
        # Enough at any yaw.
        margin = distance + np.linalg.norm(self.receiver.points[:, :2], axis=1).max()
        narrow = (self.sizes[:, :2] <= 2 * margin).any(axis=1)
        if narrow.any():
            row = int(narrow.argmax())
            raise ValueError(
                f"rooms must hold the receiver {distance} m from the walls: row {row}, of "
                f"{self.sizes[row].round(2).tolist()} m, is too narrow. Use larger rooms or a "
                "smaller wall_distance."
            )
        return np.full((len(self.sizes), 2), margin)

    def _check_heights(self):
        """Lowest and highest origin of the receiver in each room, (n_rooms, 2)."""
        above, heights = self.receiver.points[:, 2], self.where["height"]
        distance = self.where["wall_distance"]
        distance = _MARGIN if distance is None else distance
        ceiling = self.sizes[:, 2].min()
        if heights is None:
            floor, ceilings = distance - above.min(), self.sizes[:, 2] - distance - above.max()
            if floor > ceilings.min():
                raise ValueError(
                    f"wall_distance={distance} m to the floor and to the ceiling does not fit "
                    f"into the lowest room, which is {ceiling:.2f} m high."
                )
            return np.stack([np.full_like(ceilings, floor), ceilings], axis=1)
        lowest, highest = heights[0] + above.min(), heights[1] + above.max()
        if lowest < distance or highest > ceiling - distance:
            raise ValueError(
                f"height must leave wall_distance={distance} m to the floor and to the lowest "
                f"ceiling, at {ceiling:.2f} m; the receiver is between {lowest:.2f} and "
                f"{highest:.2f} m."
            )
        return np.broadcast_to(heights, (len(self.sizes), 2))

    def _fixed_receivers(self, rooms, rng):
        """Positions (n_rooms, n_receivers, 3) in each room, from the table or drawn."""
        columns = [f"receiver_{axis}" for axis in "xy"]
        rows = np.arange(len(rooms))[:, None]
        if not set(columns) <= set(rooms.columns):
            return self._draw_receivers(np.repeat(rows, self.n_receivers or 0, axis=1), rng)
        place = rooms[columns].to_numpy(dtype=float)
        if not ((place > _MARGIN) & (place < self.sizes[:, :2] - _MARGIN)).all():
            raise ValueError(
                f"rooms must have receiver_x and receiver_y inside each room, more than {_MARGIN} "
                f"m from the walls; got {place.tolist()}."
            )
        self.n_receivers = 1
        return np.concatenate([place[:, None], self._draw_heights(rows, rng)], axis=-1)

    def _draw_receivers(self, room, rng):
        """Positions (*room.shape, 3) of the receiver in rooms, which are given by their rows."""
        margin = self.margins[room]
        place = rng.uniform(margin, self.sizes[room, :2] - margin)
        return np.concatenate([place, self._draw_heights(room, rng)], axis=-1)

    def _draw_heights(self, room, rng):
        low, high = np.moveaxis(self.heights[room], -1, 0)
        if self.receiver.draws_height or (low < high).any():
            low = rng.uniform(low, high)
        return low[..., None]

    def draw(self, i, rng):
        """Draw sample ``i``, as a dict of columns of the plan."""
        row = self.receiver.draw(rng)
        for _ in range(_N_TRIES):
            rows, directions = self._draw_directions(i, row, rng)
            row |= {f"direction_row_{s}": measured for s, measured in enumerate(rows)}
            if self.sizes is None:
                return row | self._anechoic(row, rows, directions)
            place = self._draw_place(directions, rng)
            if place is not None:
                return row | place
            if isinstance(self.directions, np.ndarray):
                break
        distances = self.where["distances"]
        raise ValueError(
            f"No room of rooms holds sources at azimuths {directions[:, 0].round(1).tolist()}, "
            f"elevations {directions[:, 1].round(1).tolist()} degrees and the distances "
            f"{(self.where['distance_range'] if distances is None else distances).tolist()}. Use "
            "larger rooms, shorter distances or a smaller elevation_range."
        )

    def _draw_directions(self, i, row, rng):
        """Rows of measured directions (n_sources,), or -1, and directions (n_sources, 2)."""
        rows = np.full(self.n_sources, -1)
        if isinstance(self.directions, np.ndarray):
            return rows, self.directions[i % len(self.directions)]
        first, second = self.pairs
        for _ in range(_N_TRIES_APART):
            if self.measured is None:
                directions = draw_directions(self.n_sources, *self.ranges, rng)
            else:
                rows = rng.choice(self.measured[row["head_row"]], size=self.n_sources)
                directions = self.receiver.measured_directions(row["head_row"], rows)
            if self.n_sources == 1:
                return rows, directions
            apart = great_circle_distance(directions[first], directions[second])
            if (apart >= self.where["min_separation"]).all():
                return rows, directions
        raise ValueError(
            f"min_separation={self.where['min_separation']} degrees leaves no place for "
            f"{self.n_sources} sources within the ranges of azimuth and elevation: make it "
            "smaller."
        )

    def _anechoic(self, row, rows, directions):
        place = {"room_row": -1, "receiver": -1, "yaw": 0.0}
        for s, direction in enumerate(directions):
            distance = self.receiver.measured_distance(row["head_row"], rows[s])
            place |= _direction_columns(s, direction, distance)
        return place

    def _draw_place(self, directions, rng):
        """Room, receiver and distances for which all sources are inside; None if none is found."""
        # All tries are drawn at once, and the first that fits is taken.
        room = self._draw_rooms(rng)
        if self.n_receivers is None:
            receiver, places = np.full(_N_TRIES, -1), self._draw_receivers(room, rng)
        else:
            receiver = rng.integers(self.n_receivers, size=_N_TRIES)
            places = self.receivers[room, receiver]
        turns = rng.uniform(-180, 180, size=_N_TRIES)
        yaw = turns if self.yaw is None else np.full(_N_TRIES, self.yaw)
        distance = self._draw_distances((_N_TRIES, self.n_sources), rng)
        vectors = _room_vectors(directions, yaw)
        sizes = self.sizes[room]
        source = places[:, None] + distance[..., None] * vectors
        inside = (source > _MARGIN) & (source < sizes[:, None] - _MARGIN)
        inside = inside.all(axis=(1, 2))
        k = int(inside.argmax())  # the first try that fits
        if not inside.any():
            if not self.receiver.keeps_directions:
                return None
            longest = _longest_distances(places[:, None], vectors, sizes[:, None])
            k = _shorten(distance, longest)
        place = {"room_row": room[k], "receiver": receiver[k], "yaw": yaw[k]}
        place |= _columns("receiver", "", places[k])
        for s in range(self.n_sources):
            place |= _source_columns(s, directions[s], distance[k, s], vectors[k, s], places[k])
        return place

    def _draw_rooms(self, rng):
        # One room for all tries: distances are shortened, and small rooms are as likely as large.
        if self.receiver.keeps_directions:
            return np.full(_N_TRIES, rng.integers(len(self.sizes)))
        return rng.integers(len(self.sizes), size=_N_TRIES)

    def _draw_distances(self, shape, rng):
        if self.where["distances"] is None:
            return rng.uniform(*self.where["distance_range"], size=shape)
        return rng.choice(self.where["distances"], size=shape)

    def inside(self, columns, paths):
        """Whether positions relative to the receiver keep away from the walls of their room.

        Parameters
        ----------
        columns : dict
            Columns of the plan of one sample.
        paths : ndarray of shape (..., 3)
            Positions along the axes of the room, in metres.

        Returns
        -------
        inside : ndarray of shape (...)
            Bool.
        """
        place = np.array([columns[f"receiver_{axis}"] for axis in "xyz"]) + paths
        margin = _MARGIN - 1e-6  # a shortened distance ends at the margin
        inside = (place > margin) & (place < self.sizes[columns["room_row"]] - margin)
        return inside.all(axis=-1)

    def in_ranges(self, directions):
        """Whether directions (..., 2) are within the ranges, (...); given directions always are."""
        if isinstance(self.directions, np.ndarray):
            return np.ones(directions.shape[:-1], dtype=bool)
        return in_ranges(directions, *self.ranges)

    def draw_interferer(self, row, others, rng):
        """Draw an interferer in the room of a sample, as a dict of columns of the plan.

        Parameters
        ----------
        row : Series
            Sample of the plan.
        others : ndarray of shape (n, 2)
            Directions to keep away from, in degrees.
        rng : numpy Generator
            Random numbers.
        """
        directions = self._draw_apart(others, rng)
        place = row[[f"receiver_{axis}" for axis in "xyz"]].to_numpy(dtype=float)
        vectors = angles_to_unit_vectors(directions + np.array([row["yaw"], 0.0]))
        distance = self._draw_distances((len(directions), 1), rng)
        size = self.sizes[int(row["room_row"])]
        longest = _longest_distances(place, vectors, size)[:, None]
        fits = (longest >= distance)[:, 0]
        k = int(fits.argmax()) if fits.any() else _shorten(distance, longest)
        return _source_columns(self.n_sources, directions[k], distance[k, 0], vectors[k], place)

    def _draw_apart(self, others, rng):
        """Directions (n, 2) far enough from others."""
        drawn = draw_directions(_N_TRIES_APART, *self.ranges, rng)
        apart = great_circle_distance(drawn[:, None], others) >= self.where["min_separation"]
        apart = apart.all(axis=1)
        if not apart.any():
            raise ValueError(
                f"min_separation={self.where['min_separation']} degrees leaves no place for the "
                "interferer within the ranges of azimuth and elevation: make it smaller."
            )
        return drawn[apart]


def in_ranges(directions, azimuth_range, elevation_range):
    """Find directions within ranges, up to rounding.

    Parameters
    ----------
    directions : ndarray of shape (..., 2)
        Azimuth and elevation in degrees.
    azimuth_range, elevation_range : ndarray of shape (2,)
        Lowest and highest values; azimuths are compared on the circle.

    Returns
    -------
    inside : ndarray of shape (...)
        Bool.
    """
    # Azimuths relative to the lowest in [0, 360): the range may contain the wrap at 180.
    azimuth, elevation = np.moveaxis(directions, -1, 0)
    low, high = azimuth_range
    return (np.mod(azimuth - low + 1e-6, 360.0) <= high - low + 2e-6) & (
        np.abs(elevation - elevation_range.mean()) <= np.ptp(elevation_range) / 2 + 1e-6
    )


def receiver_position(row):
    """Position (3,) of the receiver of a sample, in metres."""
    return np.array([getattr(row, f"receiver_{axis}") for axis in "xyz"])


def receiver_axes(row):
    """Front, left and top of the receiver as unit vectors (3, 3) of the room, one per row."""
    return _axes_at(row.yaw)


@lru_cache(maxsize=1)
def _axes_at(yaw):
    axes = angles_to_unit_vectors([[yaw, 0.0], [yaw + 90.0, 0.0], [0.0, 90.0]])
    axes.setflags(write=False)
    return axes


def source_position(row, s):
    """Position (3,) of source ``s`` of a sample, in metres."""
    return np.array([getattr(row, f"source_{axis}_{s}") for axis in "xyz"])


def _room_vectors(directions, yaw):
    """Unit vectors (n_tries, n_sources, 3) in rooms, for directions relative to each yaw."""
    heading = np.repeat(directions[None], len(yaw), axis=0)
    heading[..., 0] += yaw[:, None]
    return angles_to_unit_vectors(heading)


def _longest_distances(place, vectors, sizes):
    """Distances in metres from places along unit vectors to ``_MARGIN`` before the walls."""
    # t = (wall - place) / v along each axis; infinite for a ray in parallel to the wall.
    with np.errstate(divide="ignore"):
        ahead = np.where(vectors > 0, sizes - _MARGIN - place, place - _MARGIN) / np.abs(vectors)
    return ahead.min(axis=-1)


def _shorten(distance, longest):
    """Shorten the distances, in place, of the try with the smallest change; return its index."""
    k = int((longest / distance).min(axis=1).argmax())
    distance[k] = np.minimum(distance[k], longest[k])
    return k


def _source_columns(s, direction, distance, vector, place):
    position = place + distance * vector
    return _direction_columns(s, direction, distance) | _columns("source", f"_{s}", position)


def _direction_columns(s, direction, distance):
    azimuth = float(wrap_azimuth(direction[0]))
    return {f"azimuth_{s}": azimuth, f"elevation_{s}": direction[1], f"distance_{s}": distance}


def _columns(name, end, position):
    return {f"{name}_{axis}{end}": x for axis, x in zip("xyz", position, strict=True)}
