"""Pictures of textured objects on clutter. Lengths are in pixels of a picture of side 64."""

import numpy as np

SIDE = 64  # a larger picture shows the same scene more finely
_LEAST_CONTRAST = 0.35  # distance of two colours in the RGB cube
_SHAPES = (1, 2, np.inf)  # a diamond, a disc and a square are balls of these norms
_N_GRAINS = 72  # enough for an object as large as the picture
_N_DRAWS, _N_BLOCKS = 1024, 200  # placements drawn at once, and how often


def _wave(x, period, rng):
    return np.sin(2 * np.pi * (x / period + rng.random())) > 0


def _from_lattice(x, period, rng):
    """Distance from the nearest point of a lattice, as a share of its period."""
    return np.abs((x / period + rng.random()) % 1 - 0.5)


def _horizontal_stripes(x, y, scale, rng):
    return _wave(y + 0 * x, 4.5 * scale, rng)


def _vertical_stripes(x, y, scale, rng):
    return _wave(x + 0 * y, 4.5 * scale, rng)


def _checker(x, y, scale, rng):
    fields = 3.5 * scale
    return _wave(x, 2 * fields, rng) ^ _wave(y, 2 * fields, rng)


def _dots(x, y, scale, rng):
    period = 6.5 * scale
    return np.hypot(_from_lattice(x, period, rng), _from_lattice(y, period, rng)) < 0.33


def _rings(x, y, scale, rng):
    return _wave(np.hypot(x - x.mean(), y - y.mean()), 5 * scale, rng)


def _grain(x, y, scale, rng):
    grains = rng.random((_N_GRAINS, _N_GRAINS)) < 0.5
    return grains[((y - y.min()) / scale).astype(int), ((x - x.min()) / scale).astype(int)]


def _grid(x, y, scale, rng):
    period = 6.5 * scale
    return (_from_lattice(x, period, rng) < 0.14) | (_from_lattice(y, period, rng) < 0.14)


def _diagonal_stripes(x, y, scale, rng):
    # Either way, so that the mirror image belongs to the same class.
    return _wave((x + rng.choice([-1, 1]) * y) / np.sqrt(2), 4.5 * scale, rng)


# Functions of coordinates (1, n) and (n, 1): which points have the second colour.
TEXTURES = {
    "horizontal stripes": _horizontal_stripes,
    "vertical stripes": _vertical_stripes,
    "checker": _checker,
    "dots": _dots,
    "rings": _rings,
    "grain": _grain,
    "grid": _grid,
    "diagonal stripes": _diagonal_stripes,
}


def draw_boxes(n_objects, limits, rng):
    """Boxes (n_objects, 4) of whole pixels that do not overlap, by rejection sampling."""
    for _ in range(_N_BLOCKS):
        sides = np.rint(rng.uniform(*limits, size=(_N_DRAWS, n_objects, 1)))
        low = np.floor(rng.random((_N_DRAWS, n_objects, 2)) * (SIDE + 1 - sides))
        high = low + sides
        # Two boxes are apart if one begins where or after the other ends, on an axis.
        apart = (low[:, :, None] >= high[:, None]).any(axis=-1)
        apart |= apart.swapaxes(1, 2) | np.eye(n_objects, dtype=bool)
        found = np.flatnonzero(apart.all(axis=(1, 2)))
        if len(found):
            return np.concatenate([low[found[0]], high[found[0]]], axis=1)
    raise ValueError(
        f"object_size=({limits[0]:g}, {limits[1]:g}) left no room for {n_objects} objects in a "
        f"picture of side {SIDE}, in {_N_BLOCKS * _N_DRAWS} draws: set smaller sizes, or n_silent "
        "lower."
    )


class Painter:
    """Paints pictures (size, size, 3) of scenes."""

    def __init__(self, size, clutter):
        self.size = size
        self.clutter = clutter
        # Centres of the pixels, in pixels of a picture of side 64.
        pixels = (np.arange(size) + 0.5) * SIDE / size
        self.x, self.y = pixels[None], pixels[:, None]
        nodes = (pixels / SIDE * 4 - 0.5).clip(0, 3)
        # Linear interpolation between four colours on each axis.
        self.enlarge = np.clip(1 - np.abs(nodes[:, None] - np.arange(4)), 0, 1)

    def paint(self, boxes, textures, rng):
        """Picture of objects with the given boxes and names of textures."""
        colours = 0.25 + 0.5 * rng.random((4, 4, 3))
        picture = np.einsum("yi,xj,ijc->yxc", self.enlarge, self.enlarge, colours, optimize=True)
        for _ in range(self.clutter):
            self._paint_clutter(picture, rng)
        for box, texture in zip(boxes, textures, strict=True):
            self._paint_object(picture, box, TEXTURES[texture], rng)
        picture += 0.03 * rng.standard_normal(picture.shape)
        return np.rint(255 * picture.clip(0, 1)).astype(np.uint8)

    def _paint_clutter(self, picture, rng):
        """A line 1 px wide and, every second time, a square."""
        angle, length = rng.uniform(0, np.pi), rng.uniform(6, 24)
        x, y = self.x - rng.uniform(0, SIDE), self.y - rng.uniform(0, SIDE)
        along = x * np.cos(angle) + y * np.sin(angle)
        across = y * np.cos(angle) - x * np.sin(angle)
        picture[(np.abs(along) < length / 2) & (np.abs(across) <= 0.5)] = rng.random(3)
        if rng.random() < 0.5:
            side = rng.uniform(4, 8)
            low = rng.uniform(0, SIDE - side, size=2)
            picture[self._window((*low, *(low + side)))] = rng.random(3)

    def _window(self, box):
        """Slices of the pixels whose centres lie in a box."""
        # Centres (i + 0.5) SIDE / size from low on and below high.
        low, high = np.reshape(np.ceil(np.array(box) * self.size / SIDE - 0.5).astype(int), (2, 2))
        return slice(low[1], high[1]), slice(low[0], high[0])

    def _paint_object(self, picture, box, texture, rng):
        rows, columns = window = self._window(box)
        x, y = self.x[:, columns], self.y[rows]
        middle, radius = (box[:2] + box[2:]) / 2, (box[2] - box[0]) / 2
        offsets = np.stack(np.broadcast_arrays(x - middle[0], y - middle[1]))
        inside = np.linalg.norm(offsets, rng.choice(_SHAPES), axis=0) <= radius
        pattern = texture(x, y, rng.uniform(0.9, 1.15), rng)
        picture[window][inside] = _draw_colours(rng)[pattern[inside].astype(int)]


def _draw_colours(rng):
    """Two colours (2, 3) that differ visibly."""
    colours = rng.random((2, 3))
    while np.linalg.norm(colours[1] - colours[0]) < _LEAST_CONTRAST:
        colours = rng.random((2, 3))
    return colours
