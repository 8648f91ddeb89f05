import numpy as np
import pandas as pd

from sslearn.geometry import (
    angles_to_unit_vectors,
    check_directions,
    check_multi_doa,
    draw_directions,
    great_circle_distance,
    mic_pairs,
)
from sslearn.simulation._head_placement import check_distances, sample_streams
from sslearn.utils import check_range

_MARGIN = 0.1  # metres between a source and a wall
N_TRIES = 50
N_TRIES_APART = 1000


class ShoeboxPlacement:
    """Where the array and its sources stand in the rooms.

    Parameters
    ----------
    rooms : DataFrame
        Rooms to draw from.
    mics : ndarray of shape (n_mics, 3)
        Microphone positions in metres, in the frame of the array.
    n_sources : int
        Sources of a sample.
    directions : ndarray of shape (n_directions, n_sources, 2) or None
        Directions used in turn; None draws from the ranges.
    azimuth_range, elevation_range : ndarray of shape (2,)
        Ranges in degrees.
    distances : ndarray of shape (n_distances,)
        Distances to draw from, in metres.
    min_separation : float
        Least angle between two sources that are drawn, in degrees.
    array_height : ndarray of shape (2,) or None
        Lowest and highest origin of the array, in metres; None is wherever it fits.
    wall_distance : float
        Least distance between a microphone and a wall, in metres.
    yaw : float or None
        Azimuth of the front of the array in the room, in degrees; None draws one for every sample.
    """

    def __init__(
        self,
        rooms,
        mics,
        *,
        n_sources,
        directions,
        azimuth_range,
        elevation_range,
        distances,
        min_separation,
        array_height,
        wall_distance,
        yaw,
    ):
        self.sizes = rooms[["length", "width", "height"]].to_numpy(dtype=float)
        self.n_sources, self.directions = n_sources, directions
        self.azimuth_range, self.elevation_range = azimuth_range, elevation_range
        self.distances, self.min_separation = distances, min_separation
        self.yaw = yaw
        # However the array is turned.
        self.margin = wall_distance + np.linalg.norm(mics[:, :2], axis=1).max()
        radius = np.linalg.norm(mics, axis=1).max()
        if distances.min() <= radius:
            raise ValueError(
                "distances must be larger than the array, whose farthest microphone is "
                f"{radius:.3f} m from its origin; got {distances.tolist()}."
            )
        self._check_widths(wall_distance)
        self.heights = self._check_heights(array_height, mics[:, 2], wall_distance)

    def _check_widths(self, wall_distance):
        narrow = (self.sizes[:, :2] <= 2 * self.margin).any(axis=1)
        if narrow.any():
            row = int(narrow.argmax())
            raise ValueError(
                f"rooms must hold the array {wall_distance} m from the walls: row {row}, of "
                f"{self.sizes[row].round(2).tolist()} m, is too narrow. Use larger rooms or a "
                "smaller wall_distance."
            )

    def _check_heights(self, array_height, heights, wall_distance):
        """Lowest and highest origin of the array in each room, (n_rooms, 2)."""
        floor = wall_distance - heights.min()
        ceilings = self.sizes[:, 2] - wall_distance - heights.max()
        if array_height is None:
            if floor > ceilings.min():
                raise ValueError(
                    f"wall_distance={wall_distance} m to the floor and to the ceiling is more than "
                    f"the lowest room has, which is {self.sizes[:, 2].min():.2f} m high."
                )
            return np.stack([np.full_like(ceilings, floor), ceilings], axis=1)
        lowest, highest = array_height[0] + heights.min(), array_height[1] + heights.max()
        ceiling = self.sizes[:, 2].min()
        if lowest < wall_distance or highest > ceiling - wall_distance:
            raise ValueError(
                f"array_height must leave wall_distance={wall_distance} m to the floor and to the "
                f"lowest ceiling, at {ceiling:.2f} m; the microphones are between {lowest:.2f} and "
                f"{highest:.2f} m."
            )
        return np.broadcast_to(array_height, (len(self.sizes), 2))

    def draw(self, i, rng):
        """Place sample ``i``: a dict of the columns of the plan."""
        for _ in range(N_TRIES):
            directions = self._draw_directions(i, rng)
            place = self._draw_place(directions, rng)
            if place is not None:
                return place
            if self.directions is not None:
                break
        raise ValueError(
            f"No room of rooms holds sources at azimuths {directions[:, 0].round(1).tolist()}, "
            f"elevations {directions[:, 1].round(1).tolist()} degrees and the distances "
            f"{self.distances.tolist()}. Use larger rooms, shorter distances or a smaller "
            "elevation_range."
        )

    def _draw_directions(self, i, rng):
        if self.directions is not None:
            return self.directions[i % len(self.directions)]
        first, second = mic_pairs(self.n_sources).T
        for _ in range(N_TRIES_APART):
            directions = draw_directions(
                self.n_sources, self.azimuth_range, self.elevation_range, rng
            )
            apart = great_circle_distance(directions[first], directions[second])
            if (apart >= self.min_separation).all():
                return directions
        raise ValueError(
            f"min_separation={self.min_separation} degrees leaves no place for {self.n_sources} "
            "sources between the ranges of azimuth and elevation: make it smaller."
        )

    def _draw_place(self, directions, rng):
        """Room, array and distances that hold the sources; None if none is found."""
        room = self._draw_rooms(rng)
        sizes = self.sizes[room]
        array = np.empty((N_TRIES, 3))
        array[:, :2] = rng.uniform(self.margin, sizes[:, :2] - self.margin)
        array[:, 2] = rng.uniform(*self.heights[room].T)
        turns = rng.uniform(-180, 180, size=N_TRIES)
        yaw = turns if self.yaw is None else np.full(N_TRIES, self.yaw)
        distance = self._draw_distances((N_TRIES, self.n_sources), rng)
        vectors = room_vectors(directions, yaw)
        source = array[:, None] + distance[..., None] * vectors
        inside = (source > _MARGIN) & (source < sizes[:, None] - _MARGIN)
        inside = inside.all(axis=(1, 2))
        k = int(inside.argmax())
        if not inside.any():
            k = self._fit(distance, longest_distances(array[:, None], vectors, sizes[:, None]))
            if k is None:
                return None
        place = {"room_row": room[k], "yaw": yaw[k]}
        place |= {f"array_{axis}": value for axis, value in zip("xyz", array[k], strict=True)}
        for s in range(self.n_sources):
            place |= source_columns(s, directions[s], distance[k, s], vectors[k, s], array[k])
        return place

    def _draw_rooms(self, rng):
        return rng.integers(len(self.sizes), size=N_TRIES)

    def _draw_distances(self, shape, rng):
        return rng.choice(self.distances, size=shape)

    def _fit(self, distance, longest):
        """Try of which the distances are shortened in place where none fits; None gives up."""
        return None


def room_vectors(directions, yaw):
    """Unit vectors (n_tries, n_sources, 3) in rooms, of directions from arrays turned by yaw."""
    heading = np.repeat(directions[None], len(yaw), axis=0)
    heading[..., 0] += yaw[:, None]
    return angles_to_unit_vectors(heading)


def longest_distances(place, vectors, sizes):
    """How far one can go from places along unit vectors, ``_MARGIN`` off the walls, in metres."""
    with np.errstate(divide="ignore"):
        ahead = np.where(vectors > 0, sizes - _MARGIN - place, place - _MARGIN) / np.abs(vectors)
    return ahead.min(axis=-1)


def source_columns(s, direction, distance, vector, array):
    """Columns of the plan for source ``s``."""
    columns = {f"azimuth_{s}": direction[0], f"elevation_{s}": direction[1]}
    columns[f"distance_{s}"] = distance
    source = array + distance * vector
    return columns | {f"source_{axis}_{s}": x for axis, x in zip("xyz", source, strict=True)}


def draw_sources(sources, n_sources, rng):
    """Indices of what sounds, of different recordings and speakers as far as there are such."""
    drawn = [sources.draw_index(rng)]
    for _ in range(n_sources - 1):
        for _ in range(N_TRIES):
            index = sources.draw_index(rng)
            speaker = sources.speaker(index)
            others = [sources.speaker(other) for other in drawn]
            if index not in drawn and (speaker is None or speaker not in others):
                break
        drawn.append(index)
    return drawn


def draw_shoebox_plan(n_samples, placement, sources, snr, entropy):
    """Table of everything random that is settled before rendering, one row per sample."""
    rows = []
    for i, rng in sample_streams(n_samples, entropy):
        row = placement.draw(i, rng)
        for s, index in enumerate(draw_sources(sources, placement.n_sources, rng)):
            row[f"source_{s}"] = index
        row["snr"] = np.nan if snr is None else rng.uniform(*snr)
        rows.append(row)
    return pd.DataFrame(rows)


def check_places(n_sources, directions, azimuth_range, elevation_range, distances, array_height):
    """Validate where sources and array may be, see :func:`make_shoebox`.

    Returns
    -------
    places : dict
        Arguments of :class:`ShoeboxPlacement`.
    n_angles : int
        Angles in the target: 1 or 2.
    """
    directions, n_angles = _check_wanted(directions, n_sources)
    if n_angles is None:
        n_angles = 1 if elevation_range is None else 2
    elevation_range = (0.0, 0.0) if elevation_range is None else elevation_range
    return {
        "directions": directions,
        "azimuth_range": check_range(azimuth_range, "azimuth_range", -360, 360),
        "elevation_range": check_range(elevation_range, "elevation_range", -90, 90),
        "distances": check_distances(distances),
        "array_height": (
            None
            if array_height is None
            else check_range(np.broadcast_to(array_height, 2), "array_height")
        ),
    }, n_angles


def _check_wanted(directions, n_sources):
    """Directions (n_directions, n_sources, 2) to use in turn, and how many angles were given."""
    if directions is None:
        return None, None
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
