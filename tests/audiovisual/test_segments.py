import numpy as np
import pytest
import torch

from sslearn.audiovisual._segments import (
    felzenszwalb_segments,
    grid_segments,
    sounding_cells,
    upper_half,
)


def bits(text):
    return torch.tensor([[int(c) for c in text]])


# Two views of eight cells each; the upper halves are the cells 5 to 7, and 0 to 2.
RISING = torch.arange(8.0)[None]
FALLING = RISING.flip(1)


def cells(masks):
    return [mask[0].nonzero().flatten().tolist() for mask in masks]


def test_half_of_the_map_without_ties():
    similarity = torch.rand(5, 196, generator=torch.Generator().manual_seed(0))
    assert (upper_half(similarity).sum(1) == 97).all()


@pytest.mark.parametrize(
    ("values", "expected"), [([0, 0, 0, 0], []), ([0, 1, 1, 1], []), ([0, 0, 0, 1], [3])]
)
def test_ties_of_the_map_are_not_above(values, expected):
    assert cells([upper_half(torch.tensor([values]).float())]) == [expected]


def test_map_alone():
    assert cells(sounding_cells((RISING, FALLING))) == [[5, 6, 7], [0, 1, 2]]


def test_mask_has_no_gradient():
    similarity = RISING.clone().requires_grad_()
    assert not any(mask.requires_grad for mask in sounding_cells((similarity, similarity)))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # Segment 2 covers two of the cells 5 to 7, segment 1 one; both views have both.
        ("11111122", "22111111", [[6, 7], [0, 1]]),
        # Segment 2 of the second view lies outside the upper half: all of it.
        ("11111122", "11111122", [[6, 7], [6, 7]]),
        # Segments 1 and 2 cover one cell each of the three: the first of them.
        ("33333312", "13333332", [[6], [0]]),
        # The largest overlap counts among shared segments alone.
        ("44444411", "55555544", [[5], [6, 7]]),
        # No shared segment: the upper halves.
        ("11111111", "22222222", [[5, 6, 7], [0, 1, 2]]),
        # One segment in the picture, or in one view that is segment 0.
        ("00000000", "00000000", [[5, 6, 7], [0, 1, 2]]),
        ("00000000", "00011111", [[5, 6, 7], [0, 1, 2]]),
        ("00011111", "00000000", [[5, 6, 7], [0, 1, 2]]),
        # A view within another segment still has it.
        ("11111111", "00011111", [[5, 6, 7], [3, 4, 5, 6, 7]]),
    ],
)
def test_segments_on_paper(first, second, expected):
    assert cells(sounding_cells((RISING, FALLING), (bits(first), bits(second)))) == expected


def test_cells_without_a_picture_are_in_no_segment():
    first, second = bits("11112222"), bits("22111111")
    first[:, 5:], second[:, :2] = -1, -1
    # Segment 1 is the only shared one; its overlap is empty in view 1.
    assert cells(sounding_cells((RISING, FALLING), (first, second))) == [[], [2]]
    nowhere = torch.full((1, 8), -1)
    assert cells(sounding_cells((RISING, FALLING), (first, nowhere))) == [[5, 6, 7], [0, 1, 2]]
    assert cells(sounding_cells((RISING, FALLING), (nowhere,) * 2)) == [[5, 6, 7], [0, 1, 2]]


def test_rows_do_not_depend_on_each_other():
    generator = torch.Generator().manual_seed(0)
    similarities = torch.rand(2, 20, 49, generator=generator)
    labels = torch.randint(0, 300, (2, 20, 49), generator=generator) // 60
    labels[:, :10] *= 200
    together = sounding_cells(similarities, labels)
    for i in range(20):
        alone = sounding_cells(similarities[:, i : i + 1], labels[:, i : i + 1])
        assert cells(alone) == cells([mask[i : i + 1] for mask in together])


def two_halves(height, width):
    image = np.full((height, width, 3), 40, dtype=np.uint8)
    image[:, width // 2 :] = (200, 60, 30)
    return image


@pytest.mark.parametrize("size", [64, 256])
def test_felzenszwalb_of_two_colours(size):
    pytest.importorskip("skimage")
    labels = felzenszwalb_segments(two_halves(size, size))
    assert labels.shape == (size, size)
    # The blurred edge may be a segment of its own.
    left, right = np.split(labels, 2, axis=1)
    assert np.ptp(left[:, :-2]) == np.ptp(right[:, 2:]) == 0
    assert left[0, 0] != right[0, -1]


def test_published_settings():
    segmentation = pytest.importorskip("skimage.segmentation")
    image = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    image[60:200, 60:200] //= 4
    expected = segmentation.felzenszwalb(image, scale=1000, sigma=0.5, min_size=1000)
    assert (felzenszwalb_segments(image) == expected).all()
    small = image[::4, ::4]
    expected = segmentation.felzenszwalb(small, scale=62, sigma=0.5, min_size=62)
    assert (felzenszwalb_segments(small) == expected).all()


def test_large_pictures_are_shrunk_in_proportion():
    pytest.importorskip("skimage")
    labels = felzenszwalb_segments(two_halves(600, 1200))
    assert labels.shape == (181, 362)
    assert labels.max() == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 2)])
def test_tiny_pictures(shape):
    pytest.importorskip("skimage")
    assert felzenszwalb_segments(np.zeros((*shape, 3), dtype=np.uint8)).shape == shape


@pytest.mark.parametrize("n_cells", [1, 2, 4, 8])
def test_grid(n_cells):
    labels = grid_segments(two_halves(24, 32), n_cells)
    assert labels.shape == (24, 32)
    values, counts = np.unique(labels, return_counts=True)
    assert values.tolist() == list(range(n_cells**2))
    assert (counts == 24 * 32 / n_cells**2).all()
    cell = labels[: 24 // n_cells, : 32 // n_cells]
    assert (cell == cell[0, 0]).all()


def test_grid_labels_are_permuted():
    image = two_halves(4, 4)
    assert (grid_segments(image, 4) == grid_segments(image.copy(), 4)).all()
    assert (grid_segments(image, 4) != grid_segments(image + 1, 4)).any()
