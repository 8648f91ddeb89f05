"""Segments of pictures, and the choice of the sounding one."""

import zlib

import numpy as np

from sslearn.utils import import_optional

# The published settings, for pictures of 256 x 256.
_N_PIXELS = 256 * 256
_SCALE = 1000
_SIGMA = 0.5


def felzenszwalb_segments(image):
    """Segment a picture by the graph method of Felzenszwalb and Huttenlocher.

    Parameters
    ----------
    image : ndarray of uint8, of shape (height, width, 3)
        Picture. One of more than 256 x 256 pixels is first shrunk to that number.

    Returns
    -------
    labels : ndarray of int, of shape (height, width)
        Label of each pixel, from 0; height and width of the shrunk picture.
    """
    segmentation = import_optional("skimage.segmentation", 'segments="felzenszwalb"')
    image = _shrink(image)
    height, width = image.shape[:2]
    # The settings are numbers of pixels: a smaller picture has smaller segments.
    size = max(_SCALE * height * width // _N_PIXELS, 1)
    return segmentation.felzenszwalb(image, scale=size, sigma=_SIGMA, min_size=size)


def _shrink(image):
    height, width = image.shape[:2]
    factor = (_N_PIXELS / (height * width)) ** 0.5
    if factor >= 1:
        return image
    pillow = import_optional("PIL.Image", 'segments="felzenszwalb"')
    size = max(int(width * factor), 1), max(int(height * factor), 1)
    return np.asarray(pillow.fromarray(image).resize(size, pillow.Resampling.BICUBIC))


def grid_segments(image, n_cells):
    """Segment a picture into the cells of a regular grid.

    Parameters
    ----------
    image : ndarray of uint8, of shape (height, width, 3)
        Picture.
    n_cells : int
        Cells per side.

    Returns
    -------
    labels : ndarray of int, of shape (height, width)
        Label of each pixel, in an order that depends on the picture alone.
    """
    row, column = (np.arange(size) * n_cells // size for size in image.shape[:2])
    order = np.random.default_rng(zlib.crc32(image.tobytes())).permutation(n_cells**2)
    return order[row[:, None] * n_cells + column]


def upper_half(similarity):
    """Cells of a map that are more similar to the sound than half of the cells.

    Parameters
    ----------
    similarity : torch.Tensor of shape (n_samples, n_cells)
        Similarity of each cell to the sound.

    Returns
    -------
    above : torch.Tensor of bool, of shape (n_samples, n_cells)
        Cells above the value of rank ``n_cells // 2`` from 0, so that 97 of 196 are.
    """
    # kthvalue counts from 1.
    rank = similarity.shape[1] // 2
    return similarity > similarity.detach().kthvalue(rank + 1, dim=1, keepdim=True).values


def sounding_cells(similarities, labels=None):
    """Choose the cells of two views of pictures that contain the sounding object.

    Parameters
    ----------
    similarities : pair of torch.Tensor of shape (n_samples, n_cells)
        Similarity of each cell of each view to the sound.
    labels : pair of torch.Tensor of int64, of shape (n_samples, n_cells), default=None
        Segment of each cell of each view, from 0, or -1 where there is no picture; the upper half
        of the map alone counts if None.

    Returns
    -------
    masks : list of torch.Tensor of bool, of shape (n_samples, n_cells)
        Cells of the upper half that are in the segment which both views share and which covers most
        of the upper half in the first view. Where that is empty in the second view, the whole
        segment there. Where no segment is shared, or a view consists of segment 0, the upper half.
    """
    halves = [upper_half(similarity) for similarity in similarities]
    if labels is None:
        return halves
    segment, found = _sounding_segment(halves[0], labels)
    first, second = (label == segment[:, None] for label in labels)
    in_second = halves[1] & second
    # No cell of the upper half in the second view: the whole segment there.
    in_second = in_second | (second & ~in_second.any(1, keepdim=True))
    return [
        half.where(~found[:, None], mask)
        for half, mask in zip(halves, (halves[0] & first, in_second), strict=True)
    ]


def _sounding_segment(half, labels):
    """The shared segment with the largest overlap, the first of equals, and whether there is."""
    # The first column counts the cells without a segment, -1.
    columns = [label + 1 for label in labels]
    counts = half.new_zeros((len(half), 2 + max(int(column.max()) for column in columns))).int()
    in_first, in_second = (counts.scatter(1, column, 1)[:, 1:] > 0 for column in columns)
    shared = in_first & in_second
    overlap = counts.scatter_add(1, columns[0], half.int())[:, 1:].masked_fill(~shared, -1)
    found = shared.any(1) & (labels[0] > 0).any(1) & (labels[1] > 0).any(1)
    return overlap.argmax(1), found
