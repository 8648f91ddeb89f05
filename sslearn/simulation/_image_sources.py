from functools import cached_property, lru_cache, partial

import numpy as np

from sslearn.utils import import_optional

SPEED_OF_SOUND = 343.0
# The order of pyroomacoustics: walls at x = 0 and length, y = 0 and width, z = 0 and height.
WALLS = ("west", "east", "south", "north", "floor", "ceiling")
_N_SLAB = 2**19  # most image sources of a slab


class ImageSources:
    """Image sources of a rectangular room, as a product of three axes.

    Parameters
    ----------
    room : dict
        Room, as :func:`~sslearn.simulation._rooms.check_rooms` returns it.
    source : ndarray of shape (3,)
        Position of the source in metres.
    points : ndarray of shape (n_points, 3)
        Microphone positions in metres; the horizon is measured from their centre.
    fs : float
        Sampling rate in Hz, which sets the octave bands.
    horizon : float, default=inf
        Longest travel time of the sound, in seconds.
    max_order : int, default=None
        Highest number of reflections; no limit if None.
    dtype : dtype, default=float64
        Precision of the positions.
    tail : Tail, default=None
        Diffuse tail that follows the image sources; none if None.

    Notes
    -----
    The squared distance is a sum over the axes and the damping a product. Only three short axes
    are stored; hundreds of thousands of image sources are computed slab by slab.
    """

    def __init__(
        self,
        room,
        source,
        points,
        *,
        fs,
        horizon=np.inf,
        max_order=None,
        dtype=np.float64,
        tail=None,
    ):
        self.room, self.source, self.points = room, source, points
        self.fs, self.max_order, self.dtype = fs, max_order, dtype
        self.tail = tail
        self.centre = points.mean(axis=0)
        self.reach = SPEED_OF_SOUND * horizon

    @cached_property
    def _walls(self):
        return _wall_amplitudes(self.room, self.fs)

    @property
    def walls(self):
        """Reflected amplitudes (3, 2, n_bands) of the low and the high wall of each axis."""
        return self._walls[0]

    @property
    def filters(self):
        """Function from a transform length to the gains of the bands; None for one band."""
        return self._walls[1]

    @property
    def n_bands(self):
        """Number of frequency bands."""
        return self.walls.shape[2]

    @cached_property
    def axes(self):
        """Image sources along each axis, see :func:`_axis`."""
        sizes, source = (x.astype(self.dtype) for x in (self.room["sizes"], self.source))
        along = zip(sizes, source, self.centre, self.walls, strict=True)
        return [_axis(*values, self.reach, self.max_order) for values in along]

    def slabs(self):
        """Yield slabs: a slice of the first axis, and the flat indices of its audible images.

        The source itself is left out.
        """
        direct = tuple(axis["direct"] for axis in self.axes)
        squares = [np.square(axis["offset"]).astype(np.float32) for axis in self.axes]
        n_first, n_slice = len(squares[0]), len(squares[1]) * len(squares[2])
        step = max(1, _N_SLAB // n_slice)
        for first in range(0, n_first, step):
            part = slice(first, first + step)
            # r^2 = x^2 + y^2 + z^2 by broadcasting, (n_x, n_y, n_z).
            near = outer(np.add, squares, part) < self.reach**2
            if self.max_order is not None:
                orders = [axis["order"] for axis in self.axes]
                near &= outer(np.add, orders, part) <= self.max_order
            # Receivers add the direct sound themselves, with its exact delay.
            if first <= direct[0] < first + step:
                near[direct[0] - first, direct[1], direct[2]] = False
            yield part, np.flatnonzero(near)

    def damping(self, slab):
        """Amplitudes of a slab without spreading loss, an array (n_images,) for each band."""
        bands = zip(*(axis["damping"] for axis in self.axes), strict=True)
        return [outer(np.multiply, band, slab[0]).ravel()[slab[1]] for band in bands]

    def squares(self, slab):
        """Yield the squared distances (n_images,) of a slab to each point."""
        for point in self._squares:
            yield outer(np.add, point, slab[0]).ravel()[slab[1]]

    @cached_property
    def _squares(self):
        # Single precision is enough, as delays are rounded to 1/16 sample.
        along = zip(self.axes, self.points.T, strict=True)
        axes = [np.square(axis["place"] - x[:, None]).astype(np.float32) for axis, x in along]
        return list(zip(*axes, strict=True))

    def offsets(self, slab, dtype=np.float64):
        """Offsets of a slab from the centre along x, y and z, an array (n_images,) each."""
        x, y, z = (axis["offset"].astype(dtype, copy=False) for axis in self.axes)
        grid = np.broadcast_arrays(x[slab[0], None, None], y[:, None], z)
        return [offset.ravel()[slab[1]] for offset in grid]

    def listed(self):
        """List all image sources, the source itself first.

        Returns
        -------
        offsets : ndarray of shape (n_images, 3)
            Positions relative to the centre, in metres.
        damping : ndarray of shape (n_bands, n_images)
            Amplitudes without spreading loss, float32.
        """
        offsets = [(self.source.astype(self.dtype) - self.centre)[None]]
        damping = [np.ones((self.n_bands, 1), dtype=np.float32)]
        for slab in self.slabs():
            offsets.append(np.stack(self.offsets(slab), axis=1))
            damping.append(np.stack(self.damping(slab)))
        return np.vstack(offsets), np.hstack(damping)


def wall_hits(n):
    """Count the reflections of image sources along an axis, at its low and at its high wall.

    Parameters
    ----------
    n : ndarray of shape (n_periods,)
        Whole numbers: images at ``2 n size + source`` come first, then the mirrored ones at
        ``2 n size - source``.
    """
    # Allen and Berkley: low wall |n - q| times, high wall |n| times, q = 1 for mirrored images.
    return np.concatenate([np.abs(n), np.abs(n - 1)]), np.concatenate([np.abs(n), np.abs(n)])


def _axis(size, source, centre, amplitude, reach, max_order):
    """Image sources along one axis.

    Returns
    -------
    axis : dict
        ``place`` in the room and ``offset`` from the centre (n_images,) in metres, ``damping``
        (n_bands, n_images), ``order`` (n_images,), the number of reflections, and ``direct``, the
        index of the source itself.
    """
    is_endless = np.isinf(reach)
    n_periods = max_order // 2 + 1 if is_endless else int(np.ceil((reach / size + 1) / 2))
    # With |n| > n_periods, offsets are at least 2 n_periods size, beyond the reach.
    n = np.arange(-n_periods, n_periods + 1)
    low, high = wall_hits(n)
    # Images at 2 n size + source and 2 n size - source, with the rounding of pyroomacoustics.
    turns = n.astype(size.dtype)
    place = np.concatenate([2 * turns * size + source, (2 * turns - 1) * size + (size - source)])
    near = low + high <= max_order if is_endless else np.abs(place - centre) < reach
    place, low, high = place[near], low[near], high[near]
    return {
        "place": place,
        "offset": place - centre,
        "damping": (amplitude[0, :, None] ** low * amplitude[1, :, None] ** high).astype("f4"),
        "order": low + high,
        "direct": int(near[:n_periods].sum()),
    }


def outer(combine, axes, part=slice(None)):
    """Combine values along three axes, the first restricted to ``part``, into one array."""
    x, y, z = axes
    return combine(combine(x[part, None, None], y[:, None]), z)


def _wall_amplitudes(room, fs):
    """Reflected amplitudes (3, 2, n_bands), sqrt(1 - absorption), and the filters of the bands."""
    absorption = [room["absorption"][wall] for wall in WALLS]
    if not any(isinstance(value, dict) for value in absorption):
        return np.sqrt(1.0 - np.array(absorption)).reshape(3, 2, 1), None
    # Building a room of pyroomacoustics is slow, and moving sources need it often.
    return _octave_amplitudes(tuple(map(_frozen, absorption)), fs)


def _frozen(absorption):
    """Absorption of a wall in a form that can be hashed."""
    if not isinstance(absorption, dict):
        return absorption
    return tuple((name, tuple(values)) for name, values in absorption.items())


@lru_cache(maxsize=64)
def _octave_amplitudes(absorption, fs):
    pra = import_optional("pyroomacoustics", "rooms with absorption per octave")
    values = [dict(value) if isinstance(value, tuple) else value for value in absorption]
    materials = dict(zip(WALLS, map(pra.Material, values), strict=True))
    box = pra.ShoeBox([1.0, 1.0, 1.0], fs=fs, materials=materials, max_order=0)
    absorbed = [box.get_wall_by_name(wall).absorption for wall in WALLS]
    filters = partial(_octave_filters, box.octave_bands.base_freq, fs)
    return np.sqrt(1.0 - np.array(absorbed)).reshape(3, 2, -1), filters


@lru_cache(maxsize=4)
def _octave_filters(base_freq, fs, n_fft):
    """Gains (n_bands, n_freqs) of octave bands."""
    pra = import_optional("pyroomacoustics", "rooms with absorption per octave")
    return np.square(pra.acoustics.AntoniOctaveFilterBank(base_freq, fs, n_fft).filters.T)
