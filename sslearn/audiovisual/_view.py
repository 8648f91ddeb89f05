from dataclasses import dataclass

import numpy as np

from sslearn.utils import import_optional


@dataclass(frozen=True, slots=True)
class View:
    """One draw of :class:`ImageAugmentation`: a view of any picture, at any size.

    The geometry is in fractions of the picture, so that it is the same for a picture, its labels
    and its feature map, at any size. The default is the whole picture.

    Parameters
    ----------
    crop : float, default=1.0
        Side of the crop as a fraction of that of the picture.
    place : tuple of (float, float), default=(0.5, 0.5)
        Place of the crop from left to right and from top to bottom: 0 touches the left or upper
        edge, 1 the right or lower one.
    aspect : {"stretch", "keep"}, default="stretch"
        As in :class:`ImageAugmentation`.
    flips : tuple of (bool, bool), default=(False, False)
        Mirror left and right, up and down.
    shift : tuple of (float, float), default=(0.0, 0.0)
        Translation to the right and down as fractions of the view.
    turns : int, default=0
        Counter-clockwise rotation in quarter turns.
    jitter : tuple of (str, float), default=()
        Changes of color in their order, each with its factor; that of the hue is a shift in turns.
    gray : bool, default=False
        Whether the colors are removed.
    blur : float, default=0.0
        Standard deviation of the Gaussian blur in pixels of the view.
    """

    crop: float = 1.0
    place: tuple = (0.5, 0.5)
    aspect: str = "stretch"
    flips: tuple = (False, False)
    shift: tuple = (0.0, 0.0)
    turns: int = 0
    jitter: tuple = ()
    gray: bool = False
    blur: float = 0.0

    def picture(self, image, size):
        """The view of a picture.

        Parameters
        ----------
        image : ndarray of shape (height, width, 3), uint8
            Picture, RGB.
        size : int
            Height and width of the view in pixels.

        Returns
        -------
        picture : ndarray of shape (size, size, 3), uint8
            The view; black where the translation uncovers it.
        """
        pillow = import_optional("PIL.Image", "ImageAugmentation")
        x, y, width, height = self._box(image.shape)
        box = (x, y, x + width, y + height)
        view = pillow.fromarray(image).resize((size, size), pillow.Resampling.BICUBIC, box=box)
        for flip, way in zip(self.flips, ("FLIP_LEFT_RIGHT", "FLIP_TOP_BOTTOM"), strict=True):
            view = view.transpose(pillow.Transpose[way]) if flip else view
        if self.shift != (0.0, 0.0):
            whole = view
            view = pillow.new("RGB", (size, size))
            view.paste(whole, tuple(round(part * size) for part in self.shift))
        if self.turns:
            view = view.transpose(pillow.Transpose[f"ROTATE_{90 * self.turns}"])
        return np.array(self._recolor(view))

    def _recolor(self, view):
        enhance = import_optional("PIL.ImageEnhance", "ImageAugmentation")
        for name, factor in self.jitter:
            if name == "hue":
                view = _shift_hue(view, factor)
            else:
                view = getattr(enhance, name.capitalize())(view).enhance(factor)
        if self.gray:
            view = view.convert("L").convert("RGB")
        if self.blur:
            blur = import_optional("PIL.ImageFilter", "ImageAugmentation").GaussianBlur
            view = view.filter(blur(self.blur))
        return view

    def labels(self, segments, size):
        """The view of the labels of a picture, each the one at the middle of its cell.

        Parameters
        ----------
        segments : ndarray of shape (height, width), int
            Label of each pixel of the picture, at any size.
        size : int
            Height and width of the view in cells.

        Returns
        -------
        labels : ndarray of shape (size, size), int
            Labels; -1 outside of the picture, where the translation uncovers it.
        """
        x, y, width, height = self._box(segments.shape)
        columns, rows = self._pixels(0, x, width, size), self._pixels(1, y, height, size)
        labels = np.asarray(segments, dtype=np.intp)[np.ix_(rows, columns)]
        labels[rows < 0], labels[:, columns < 0] = -1, -1
        return np.rot90(labels, self.turns)

    def window(self, map_size):
        """The crop alone, as a part of a feature map of the picture.

        Parameters
        ----------
        map_size : tuple of (int, int)
            Height and width of the feature map in cells.

        Returns
        -------
        rows, columns : slice
            Cells of the crop, whose side is rounded to whole cells.
        """
        sides = [max(1, round(self.crop * n_cells)) for n_cells in map_size]
        rooms = [n_cells - side for n_cells, side in zip(map_size, sides, strict=True)]
        # Every place that the room allows is as likely as the others.
        starts = [min(int(p * (r + 1)), r) for p, r in zip(self.place[::-1], rooms, strict=True)]
        return tuple(slice(i, i + side) for i, side in zip(starts, sides, strict=True))

    def _box(self, shape):
        """Left edge, upper edge, width and height of the crop in pixels of the picture."""
        # Left and upper edge are place * (side - crop): 0 at one edge, side - crop at the other.
        sides = np.array(shape[1::-1], dtype=float)
        crop = self.crop * (sides if self.aspect == "stretch" else np.full(2, sides.min()))
        return *(self.place * (sides - crop)), *crop

    def _pixels(self, axis, start, length, size):
        """Pixels of the picture in the middle of the cells along one side; -1 outside of it."""
        # Inverse of the view, in reverse order: from its cells to the picture, shift, then flip.
        middles = (np.arange(size) + 0.5) / size - self.shift[axis]
        inside = (middles > 0) & (middles < 1)
        middles = 1 - middles if self.flips[axis] else middles
        return np.where(inside, start + length * middles, -1).astype(int)


def _shift_hue(view, turns):
    pillow = import_optional("PIL.Image", "ImageAugmentation")
    hue, saturation, value = view.convert("HSV").split()
    # Hue is an angle in 256 steps.
    hue = hue.point([(i + round(255 * turns)) % 256 for i in range(256)])
    return pillow.merge("HSV", (hue, saturation, value)).convert("RGB")
