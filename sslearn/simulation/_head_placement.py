import numpy as np
import pandas as pd

from sslearn.geometry import angles_to_unit_vectors, draw_directions, wrap_azimuth

_MARGIN = 0.1  # metres between a source and a wall
_N_TRIES = 50


class Placement:
    """Who stands where: heads, receivers, directions and distances of the samples.

    Parameters
    ----------
    heads : list of Bunch
        Heads to draw from.
    rooms : DataFrame or None
        Rooms to draw from; None is anechoic.
    directions : None, "measured" or ndarray of shape (n_directions, 2)
        None draws from the ranges, "measured" from the measured directions inside the ranges; an
        array is used in turn.
    azimuth_range, elevation_range : ndarray of shape (2,)
        Ranges in degrees.
    distances : ndarray of shape (n_distances,)
        Distances to draw from, in metres.
    n_receivers : int or None
        Fixed receivers per room; None draws one for every sample.
    receiver_height : float
        Height of the ears in metres.
    yaw : float or None
        Azimuth of the nose in the room, in degrees; None draws one for every sample.
    entropy : int
        Seed.
    """

    def __init__(
        self,
        heads,
        rooms,
        *,
        directions,
        azimuth_range,
        elevation_range,
        distances,
        n_receivers,
        receiver_height,
        yaw,
        entropy,
    ):
        self.heads = heads
        self.directions = directions
        self.azimuth_range, self.elevation_range = azimuth_range, elevation_range
        self.distances = distances
        self.n_receivers, self.receiver_height, self.yaw = n_receivers, receiver_height, yaw
        self.sizes = None
        self.measured = [self._measured_rows(head) for head in heads]
        if rooms is not None:
            self.labels = rooms.index
            self.sizes = rooms[["length", "width", "height"]].to_numpy(dtype=float)
            self._check_height()
            self.receivers = self._place_receivers(rooms, np.random.default_rng([entropy, 0]))

    def _place_receivers(self, rooms, rng):
        """Fixed positions of each room, (n_rooms, n_receivers, 3): given by the table, or drawn."""
        columns = [f"receiver_{axis}" for axis in "xy"]
        if not set(columns) <= set(rooms.columns):
            shape = (len(rooms), self.n_receivers or 0)
            return self._draw_receivers(self.sizes[:, None], shape, rng)
        place = rooms[columns].to_numpy(dtype=float)
        if not ((place > _MARGIN) & (place < self.sizes[:, :2] - _MARGIN)).all():
            raise ValueError(
                f"rooms must have receiver_x and receiver_y inside each room, {_MARGIN} m from the "
                f"walls or more; got {place.tolist()}."
            )
        self.n_receivers = 1
        return np.insert(place, 2, self.receiver_height, axis=1)[:, None]

    def _check_height(self):
        lowest = self.sizes[:, 2].min()
        if not _MARGIN < self.receiver_height < lowest - _MARGIN:
            raise ValueError(
                f"receiver_height must be between {_MARGIN} m and {_MARGIN} m below the lowest "
                f"ceiling ({lowest:.2f} m); got {self.receiver_height}."
            )

    def _measured_rows(self, head):
        """Rows of the measured directions inside the ranges."""
        if not isinstance(self.directions, str):
            return None
        azimuth, elevation = np.asarray(head.directions).T
        low, high = self.azimuth_range
        inside = (np.mod(azimuth - low + 1e-6, 360.0) <= high - low + 2e-6) & (
            np.abs(elevation - self.elevation_range.mean())
            <= np.ptp(self.elevation_range) / 2 + 1e-6
        )
        if not inside.any():
            raise ValueError(
                f"azimuth_range and elevation_range hold none of the {len(azimuth)} measured "
                f"directions of head {head.name!r}: widen them."
            )
        return np.flatnonzero(inside)

    def _draw_receivers(self, sizes, shape, rng):
        margin = np.minimum(0.5, 0.25 * sizes[..., :2])
        place = margin + rng.uniform(size=(*shape, 2)) * (sizes[..., :2] - 2 * margin)
        return np.concatenate([place, np.full((*shape, 1), self.receiver_height)], axis=-1)

    def draw(self, i, rng):
        """Place sample ``i``: a dict of the columns of the plan."""
        head = int(rng.integers(len(self.heads)))
        row = {"head_row": head, "direction_row": -1}
        for _ in range(_N_TRIES):
            row["direction_row"], direction = self._draw_direction(i, head, rng)
            row["azimuth"], row["elevation"] = direction
            if self.sizes is None:
                return row | self._anechoic(head, row["direction_row"], direction)
            place = self._draw_place(direction, rng)
            if place is not None:
                return row | place
            if self.directions is not None and not isinstance(self.directions, str):
                break
        raise ValueError(
            f"No room of rooms holds a source at azimuth {direction[0]:.1f}, elevation "
            f"{direction[1]:.1f} degrees and the distances {self.distances.tolist()}, seen from a "
            f"receiver at {self.receiver_height} m. Use larger rooms, shorter distances or a "
            "smaller elevation_range."
        )

    def _draw_direction(self, i, head, rng):
        if self.directions is None:
            return -1, draw_directions(1, self.azimuth_range, self.elevation_range, rng)[0]
        if isinstance(self.directions, str):
            row = int(rng.choice(self.measured[head]))
            return row, np.asarray(self.heads[head].directions, dtype=float)[row]
        return -1, self.directions[i % len(self.directions)]

    def _anechoic(self, head, row, direction):
        distance = np.asarray(self.heads[head].distance, dtype=float)
        return {
            "room_row": -1,
            "receiver": -1,
            "yaw": 0.0,
            "distance": float(distance[row] if row >= 0 else np.median(distance)),
        }

    def _draw_place(self, direction, rng):
        """Room, receiver, yaw and distance that hold the source; None if none is found."""
        room = rng.integers(len(self.sizes), size=_N_TRIES)
        if self.n_receivers is None:
            receiver = np.full(_N_TRIES, -1)
            positions = self._draw_receivers(self.sizes[room], (_N_TRIES,), rng)
        else:
            receiver = rng.integers(self.n_receivers, size=_N_TRIES)
            positions = self.receivers[room, receiver]
        turns = rng.uniform(-180, 180, size=_N_TRIES)
        yaw = turns if self.yaw is None else np.full(_N_TRIES, self.yaw)
        distance = rng.choice(self.distances, size=_N_TRIES)
        heading = np.stack([direction[0] + yaw, np.full(_N_TRIES, direction[1])], axis=1)
        source = positions + distance[:, None] * angles_to_unit_vectors(heading)
        inside = ((source > _MARGIN) & (source < self.sizes[room] - _MARGIN)).all(axis=1)
        if not inside.any():
            return None
        k = int(inside.argmax())
        place = {"room_row": room[k], "receiver": receiver[k], "yaw": yaw[k]}
        place["distance"] = distance[k]
        places = {f"source_{axis}": value for axis, value in zip("xyz", source[k], strict=True)}
        ears = {f"receiver_{axis}": value for axis, value in zip("xyz", positions[k], strict=True)}
        return place | places | ears


def check_distances(distances):
    """Validate distances to draw from: positive metres, at least one."""
    distances = np.atleast_1d(np.asarray(distances, dtype=float))
    valid = np.isfinite(distances) & (distances > 0)
    if distances.ndim != 1 or distances.size == 0 or not valid.all():
        raise ValueError(
            f"distances must be positive numbers in metres, at least one; got {distances.tolist()}."
        )
    return distances


def sample_streams(n_samples, entropy):
    """Number and random stream of each sample: its draws do not depend on ``n_samples``."""
    for i in range(n_samples):
        yield i, np.random.default_rng([entropy, 1, i])


def draw_plan(n_samples, placement, sources, snr, entropy):
    """Table of everything random that is settled before rendering, one row per sample."""
    rows = []
    for i, rng in sample_streams(n_samples, entropy):
        row = placement.draw(i, rng)
        row["source"] = sources.draw_index(rng)
        row["snr"] = np.nan if snr is None else rng.uniform(*snr)
        rows.append(row)
    plan = pd.DataFrame(rows)
    plan["azimuth"] = wrap_azimuth(plan["azimuth"])
    return plan
