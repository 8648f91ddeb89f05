import numpy as np

from sslearn.geometry import angles_to_unit_vectors, draw_directions, great_circle_distance
from sslearn.simulation._placement import (
    N_TRIES,
    N_TRIES_APART,
    ShoeboxPlacement,
    longest_distances,
    source_columns,
)


class AmbisonicPlacement(ShoeboxPlacement):
    """Where microphone, sources and interferer stand: no direction is given up for a room.

    A direction that is drawn is kept, and so is the room: the microphone and the distances are
    drawn again until the sources fit in. Where they do not, distances are shortened, of that try
    which needs it least. So directions do not depend on rooms.

    Parameters
    ----------
    *args, **kwargs
        As :class:`ShoeboxPlacement` has them, but ``distances`` is a range (2,).
    """

    def _draw_rooms(self, rng):
        return np.full(N_TRIES, rng.integers(len(self.sizes)))

    def _draw_distances(self, shape, rng):
        return rng.uniform(*self.distances, size=shape)

    def _fit(self, distance, longest):
        k = int((longest / distance).min(axis=1).argmax())
        distance[k] = np.minimum(distance[k], longest[k])
        return k

    def draw_interferer(self, row, rng):
        """Place one more source in the room of a sample: a dict of columns of the plan.

        Parameters
        ----------
        row : Series
            Sample of the plan.
        rng : numpy Generator
            Random numbers.
        """
        directions = self._draw_apart(row, rng)
        array = row[["array_x", "array_y", "array_z"]].to_numpy(dtype=float)
        vectors = angles_to_unit_vectors(directions + np.array([row["yaw"], 0.0]))
        distance = self._draw_distances((len(directions), 1), rng)
        size = self.sizes[int(row["room_row"])]
        longest = longest_distances(array, vectors, size)[:, None]
        fits = (longest >= distance)[:, 0]
        k = int(fits.argmax()) if fits.any() else self._fit(distance, longest)
        return source_columns(self.n_sources, directions[k], distance[k, 0], vectors[k], array)

    def _draw_apart(self, row, rng):
        """Directions (n, 2) far enough from all sources of a sample."""
        names = [[f"azimuth_{s}", f"elevation_{s}"] for s in range(self.n_sources)]
        others = np.array([row[pair].to_numpy(dtype=float) for pair in names])
        drawn = draw_directions(N_TRIES_APART, self.azimuth_range, self.elevation_range, rng)
        apart = great_circle_distance(drawn[:, None], others) >= self.min_separation
        apart = apart.all(axis=1)
        if not apart.any():
            raise ValueError(
                f"min_separation={self.min_separation} degrees leaves no place for the interferer "
                "between the ranges of azimuth and elevation: make it smaller."
            )
        return drawn[apart]


def add_interferers(plan, placement, interferer, sir, entropy):
    """Plan with the columns of an interferer in each sample, which change no other column."""
    rows = []
    for i, row in plan.iterrows():
        rng = np.random.default_rng([entropy, 3, i])
        columns = placement.draw_interferer(row, rng)
        columns[f"source_{placement.n_sources}"] = interferer.draw_index(rng)
        rows.append(columns | {"sir": rng.uniform(*sir)})
    return plan.assign(**{name: [row[name] for row in rows] for name in rows[0]})
