import itertools

import numpy as np
import pytest

from sslearn.simulation import _image_sources, make_shoebox_rooms
from sslearn.simulation._image_sources import WALLS, ImageSources
from sslearn.simulation._rooms import check_rooms

FS = 16000
PLACES = np.array([[0.6, 0.55, 0.7], [0.62, 0.5, 0.71]])


def one_room(profile="flat"):
    sizes = ((4, 4, 2.6), (6, 5, 3))
    table = make_shoebox_rooms(1, dimensions=sizes, t60=(0.2, 0.3), profile=profile, random_state=0)
    return check_rooms(table)[0]


def _listed_images(room, source, max_order):
    """Image sources other than the source itself, by mirrors, and their amplitudes."""
    walls = np.sqrt(1 - np.array([room["absorption"][wall] for wall in WALLS])).reshape(3, 2)
    found = {tuple(source.round(9))}
    images, last = [], [(source, 1.0)]
    for _ in range(max_order):
        new = []
        for (place, amplitude), axis, far in itertools.product(last, range(3), (0, 1)):
            mirrored = place.copy()
            mirrored[axis] = 2 * far * room["sizes"][axis] - place[axis]
            if tuple(mirrored.round(9)) not in found:
                found.add(tuple(mirrored.round(9)))
                new.append((mirrored, amplitude * walls[axis, far]))
        images, last = images + new, new
    return np.array([place for place, _ in images]), np.array([a for _, a in images])


def _in_order(positions, *others):
    order = np.lexsort(positions.round(3).T)
    return [positions[order], *(other[..., order] for other in others)]


def test_images_are_mirrors_of_mirrors():
    room = one_room()
    source = 0.3 * room["sizes"]
    images = ImageSources(room, source, PLACES * room["sizes"], fs=FS, max_order=3)
    expected = _listed_images(room, source, 3)
    assert len(expected[0]) == 62  # 6 + 18 + 38
    offsets, [damping] = images.listed()
    np.testing.assert_allclose(offsets[0] + images.centre, source)
    assert damping[0] == 1
    found = _in_order(offsets[1:] + images.centre, damping[1:])
    for ours, exact in zip(found, _in_order(*expected), strict=True):
        np.testing.assert_allclose(ours, exact, rtol=1e-6)


@pytest.mark.parametrize("profile", ["flat", "octave"])
@pytest.mark.parametrize("max_order", [0, 1, 6, 14])
def test_images_are_those_of_pyroomacoustics(profile, max_order):
    pra = pytest.importorskip("pyroomacoustics")
    room = one_room(profile)
    source, place = 0.3 * room["sizes"], 0.6 * room["sizes"]
    materials = {wall: pra.Material(value) for wall, value in room["absorption"].items()}
    box = pra.ShoeBox(room["sizes"], fs=FS, materials=materials, max_order=max_order)
    box.add_source(source)
    box.add_microphone(place)
    box.image_source_model()
    images = ImageSources(room, source, place[None], fs=FS, max_order=max_order, dtype=np.float32)
    offsets, damping = images.listed()
    assert damping.shape == box.sources[0].damping.shape
    ours, damping = _in_order(offsets + place, damping)
    theirs, expected = _in_order(box.sources[0].images.T, box.sources[0].damping)
    # To the bit: a delay must be rounded to the same sixteenth of a sample.
    np.testing.assert_array_equal(ours.astype(np.float32), theirs)
    np.testing.assert_allclose(damping, expected, rtol=1e-5)
    assert (images.filters is None) == (profile == "flat")


def test_a_horizon_keeps_what_is_near_whatever_the_slabs(monkeypatch):
    room = one_room()
    source, points = 0.3 * room["sizes"], PLACES * room["sizes"]
    all_images = ImageSources(room, source, points, fs=FS, max_order=20)
    offsets, [damping] = all_images.listed()
    near = np.linalg.norm(offsets, axis=1) < 343.0 * 0.05
    images = ImageSources(room, source, points, fs=FS, horizon=0.05)
    expected = _in_order(offsets[near], damping[near])
    for n_slab in (2**19, 100):
        monkeypatch.setattr(_image_sources, "_N_SLAB", n_slab)
        found, [damping] = images.listed()
        for ours, exact in zip(_in_order(found, damping), expected, strict=True):
            np.testing.assert_allclose(ours, exact, rtol=1e-6)
    assert len(list(images.slabs())) > 1


def test_squares_are_those_of_the_distances_to_each_point():
    room = one_room()
    source, points = 0.3 * room["sizes"], PLACES * room["sizes"]
    images = ImageSources(room, source, points, fs=FS, max_order=4)
    offsets = images.listed()[0][1:] + images.centre
    [slab] = images.slabs()
    for square, point in zip(images.squares(slab), points, strict=True):
        np.testing.assert_allclose(square, np.square(offsets - point).sum(axis=1), rtol=1e-5)
