import numpy as np
import pandas as pd
import pytest

from sslearn.audiovisual import ImageAugmentation
from sslearn.audiovisual._view import View

PIL = pytest.importorskip("PIL.Image")
SWITCHES = (
    "horizontal_flip",
    "vertical_flip",
    "translation",
    "rotation",
    "gray",
    "color_jitter",
    "blur",
)
OFF = {"crop": 1, "horizontal_flip": False}
RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (48, 64, 3), dtype=np.uint8)
# Four quarters of one color each, and their labels.
COLORS = np.array([[200, 30, 40], [20, 180, 60], [30, 60, 220], [230, 220, 40]], dtype=np.uint8)
QUARTERS = np.kron([[0, 1], [2, 3]], np.ones((40, 40), dtype=int))
PICTURE = COLORS[QUARTERS]


def draws(n_draws=2000, **switches):
    augmentation, rng = ImageAugmentation(**OFF | switches), np.random.default_rng(1)
    return [augmentation.draw(rng) for _ in range(n_draws)]


def shares(values):
    return dict(zip(*np.unique(values, return_counts=True), strict=True))


# ------------------------------------------------------------------ geometry


def test_everything_off_is_a_plain_resize():
    expected = np.asarray(PIL.fromarray(NOISE).resize((40, 40), PIL.Resampling.BICUBIC))
    for view in (View(), draws(1)[0]):
        np.testing.assert_array_equal(view.picture(NOISE, 40), expected)
    square = NOISE[:48, :48]
    np.testing.assert_array_equal(View().picture(square, 48), square)


@pytest.mark.parametrize("place", [(0, 0), (0.5, 0.5), (1, 1)])
def test_crop_has_the_size_and_place_of_the_paper(place):
    # 246 pixels are cropped to 224: with whole offsets from 0 to 22 nothing is resampled.
    image = RNG.integers(0, 256, (246, 246, 3), dtype=np.uint8)
    left, top = (round(22 * p) for p in place)
    view = View(crop=224 / 246, place=place)
    np.testing.assert_array_equal(view.picture(image, 224), image[top : top + 224, left:][:, :224])
    labels = view.labels(np.arange(246**2).reshape(246, 246), 224)
    assert labels[0, 0] == 246 * top + left and labels[-1, -1] == labels[0, 0] + 223 * 247


def test_aspect():
    image = np.zeros((40, 80, 3), dtype=np.uint8)
    image[:, 60:] = 255
    white = (View().picture(image, 40) == 255).all(axis=(0, 2))
    assert white[31:].all() and not white[:29].any()
    for place, n_white in ((0.0, 0), (0.5, 0), (1.0, 20)):
        view = View(aspect="keep", place=(place, 0.3))
        picture = view.picture(image, 40)
        np.testing.assert_array_equal(picture, image[:, int(40 * place) :][:, :40])
        assert (picture == 255).all(axis=(0, 2)).sum() == n_white
        assert (view.labels(image[..., 0], 20) == 255).all(axis=0).sum() == n_white / 2


def test_flips_and_turns():
    corner = [View(flips=flips).picture(PICTURE, 80)[0, 0] for flips in ((1, 0), (0, 1), (1, 1))]
    np.testing.assert_array_equal(corner, COLORS[[1, 2, 3]])
    for turns, expected in enumerate((0, 1, 3, 2)):  # counter-clockwise
        view = View(turns=turns)
        np.testing.assert_array_equal(view.picture(PICTURE, 80)[0, 0], COLORS[expected])
        assert view.labels(QUARTERS, 4)[0, 0] == expected


def test_translation_uncovers_black():
    view = View(shift=(0.2, -0.1))
    picture, labels = view.picture(PICTURE, 80), view.labels(QUARTERS, 80)
    assert (picture[:, :16] == 0).all() and (picture[72:] == 0).all()
    np.testing.assert_array_equal(picture[:72, 16:], PICTURE[8:, :64])
    np.testing.assert_array_equal(labels[:72, 16:], QUARTERS[8:, :64])
    assert (labels[:, :16] == -1).all() and (labels[72:] == -1).all()


@pytest.mark.parametrize("aspect", ["stretch", "keep"])
@pytest.mark.parametrize("shape", [(80, 80), (60, 100), (100, 50)])
def test_labels_follow_the_picture(shape, aspect):
    # The quarters at another size; colors near an edge are mixed, and the shift is rounded.
    labels = View().labels(QUARTERS, 400)[
        np.ix_(np.arange(shape[0]) * 400 // shape[0], np.arange(shape[1]) * 400 // shape[1])
    ]
    geometry = dict.fromkeys(SWITCHES[:4], True) | {"crop": 0.7, "aspect": aspect}
    for view in draws(25, **geometry):
        colors = np.vstack([COLORS, [[0, 0, 0]]])
        picture = view.picture(COLORS[labels], 112).astype(int)
        seen = (np.abs(picture[..., None, :] - colors).max(axis=-1) < 3) @ [1, 2, 3, 4, 5] - 1
        clear = seen >= 0
        expected = view.labels(labels, 112) % 5
        assert (seen == expected)[clear].mean() > 0.98 and clear.mean() > 0.8
        # A map of few cells has the geometry of the picture.
        np.testing.assert_array_equal(view.labels(labels, 16), view.labels(labels, 112)[3::7, 3::7])


def test_labels_keep_their_values():
    many = np.arange(600).reshape(20, 30)
    assert View().labels(many, 60).max() == 599
    assert View().labels(many.astype(np.uint8), 4).dtype == np.intp


def test_windows():
    assert View(crop=0.75, place=(0, 0.999)).window((16, 16)) == (slice(4, 16), slice(0, 12))
    assert View().window((14, 10)) == (slice(0, 14), slice(0, 10))
    assert View(crop=0.01, place=(1, 1)).window((3, 3)) == (slice(2, 3), slice(2, 3))
    rows, columns = zip(*(v.window((16, 16)) for v in draws(crop=0.75)), strict=True)
    for side in (rows, columns):
        counts = shares([part.start for part in side])
        assert list(counts) == [0, 1, 2, 3, 4]
        assert min(counts.values()) > 320 and max(counts.values()) < 480


# ------------------------------------------------------------------ chances


@pytest.mark.parametrize(
    ("switch", "changed", "chance"),
    [
        ("horizontal_flip", lambda view: view.flips[0], 0.5),
        ("vertical_flip", lambda view: view.flips[1], 0.5),
        ("gray", lambda view: view.gray, 0.2),
        ("color_jitter", lambda view: len(view.jitter) == 4, 0.8),
        ("blur", lambda view: view.blur > 0, 0.5),
        ("translation", lambda view: view.shift != (0, 0), 1.0),
    ],
)
def test_chance_of_each_change(switch, changed, chance):
    # Four standard errors of a share of 2,000 draws.
    share = np.mean([changed(view) for view in draws(**{switch: True})])
    assert abs(share - chance) <= 4 * np.sqrt(chance * (1 - chance) / 2000)
    assert not any(changed(view) for view in draws(200))


def test_ranges_are_covered():
    places = np.array([view.place for view in draws(crop=0.9)])
    assert places.min() < 0.005 and places.max() > 0.995
    shifts = np.array([view.shift for view in draws(translation=True)])
    assert 0.199 < np.abs(shifts).max() <= 0.2 and shifts.min() < -0.199
    assert abs(shifts.mean()) < 0.01
    turns = shares([view.turns for view in draws(rotation=True)])
    assert list(turns) == [0, 1, 2, 3] and min(turns.values()) > 420
    sigmas = [view.blur for view in draws(blur=True) if view.blur]
    assert 0.1 <= min(sigmas) < 0.11 and 1.99 < max(sigmas) < 2
    jitters = [dict(view.jitter) for view in draws(color_jitter=True) if view.jitter]
    for name, low, high in (*((c, 0.6, 1.4) for c in ("brightness", "contrast", "color")),
                            ("hue", -0.1, 0.1)):  # fmt: skip
        values = [jitter[name] for jitter in jitters]
        assert low <= min(values) < low + 0.01 and high - 0.01 < max(values) <= high
    assert len({tuple(jitter) for jitter in jitters}) == 24  # every order


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_changes_nothing_else(switch):
    without, with_it = draws(50, crop=0.9), draws(50, crop=0.9, **{switch: True})
    assert [view.place for view in without] == [view.place for view in with_it]
    assert without != with_it
    every = dict.fromkeys(SWITCHES, True)
    assert draws(50, **every | {switch: False}) != draws(50, **every)


# ------------------------------------------------------------------ colors


def test_gray_has_equal_channels_and_keeps_the_luminance():
    gray = View(gray=True).picture(PICTURE, 80)
    assert (gray == gray[..., :1]).all()
    luminance = PICTURE @ [0.299, 0.587, 0.114]
    assert np.abs(gray[..., 0] - luminance).max() <= 1


def test_blur_only_smooths():
    image = RNG.integers(60, 190, (64, 64, 3), dtype=np.uint8)
    steps = [np.abs(np.diff(View(blur=sigma).picture(image, 64).astype(int), axis=1)).mean()
             for sigma in (0.0, 0.5, 1.0, 2.0)]  # fmt: skip
    assert sorted(steps, reverse=True) == steps and steps[-1] < 0.2 * steps[0]
    blurred = View(blur=2.0).picture(image, 64)
    assert np.abs(blurred.mean(axis=(0, 1)) - image.mean(axis=(0, 1))).max() < 1
    assert blurred.min() >= image.min() and blurred.max() <= image.max()


def test_blur_has_its_standard_deviation():
    point = np.zeros((41, 41, 3), dtype=np.uint8)
    point[18:23, 20] = point[20, 18:23] = 255
    spread = []
    for sigma in (0.0, 2.0):
        weights = View(blur=sigma).picture(point, 41)[..., 0].sum(axis=0).astype(float)
        spread.append(np.average((np.arange(41) - 20) ** 2, weights=weights))
    assert np.sqrt(spread[1] - spread[0]) == pytest.approx(2.0, abs=0.15)


def test_jitter_of_each_kind():
    def jittered(name, factor, image=PICTURE):
        return View(jitter=((name, factor),)).picture(image, 80).astype(int)

    mean = PICTURE.mean()
    assert np.abs(jittered("brightness", 0.6) - 0.6 * PICTURE).max() <= 1
    assert jittered("contrast", 0.6).std() < 0.75 * PICTURE.std()
    assert jittered("contrast", 0.6).mean() == pytest.approx(mean, abs=6)
    gray = View(gray=True).picture(PICTURE, 80).astype(int)
    assert np.abs(jittered("color", 0.6) - (0.6 * PICTURE + 0.4 * gray)).max() <= 1
    # A tenth of a turn of a pure red gives orange: hue 36 degrees is (255, 153, 0).
    red = np.zeros((8, 8, 3), dtype=np.uint8)
    red[..., 0] = 255
    orange = jittered("hue", 0.1, red)
    assert np.abs(orange - [255, 153, 0]).max() <= 5
    assert np.abs(jittered("hue", -0.1, red) - [255, 0, 153]).max() <= 5
    assert np.abs(jittered("hue", 0.0) - PICTURE.astype(int)).max() <= 4


def test_jitter_keeps_the_mean_over_many_views():
    image = RNG.integers(80, 170, (32, 32, 3), dtype=np.uint8)
    views = ImageAugmentation(**OFF, color_jitter=True, size=32, random_state=0).transform(
        [image] * 300
    )
    assert views.mean() == pytest.approx(image.mean(), abs=4)


# ------------------------------------------------------------------ transformer


def test_views_depend_on_the_seed_and_the_row_alone(tmp_path):
    images = RNG.integers(0, 256, (6, 40, 40, 3), dtype=np.uint8)
    augmentation = ImageAugmentation(**dict.fromkeys(SWITCHES, True), size=24, random_state=3)
    views = augmentation.fit_transform(images)
    assert views.shape == (6, 24, 24, 3) and views.dtype == np.uint8
    np.testing.assert_array_equal(augmentation.transform(images[:2]), views[:2])
    other = images.copy()
    other[0] = 0
    np.testing.assert_array_equal(augmentation.transform(other)[1:], views[1:])
    assert (ImageAugmentation(size=24, random_state=4).transform(images) != views).any()
    same = augmentation.transform(np.repeat(images[:1], 6, axis=0))
    assert all((same[0] != view).any() for view in same[1:])
    paths = [str(tmp_path / f"{i}.png") for i in range(6)]
    for path, image in zip(paths, images, strict=True):
        PIL.fromarray(image).save(path)
    frame = pd.DataFrame({"image": paths})
    for given in (list(images), paths, frame["image"], frame, pd.Series(list(images))):
        np.testing.assert_array_equal(augmentation.transform(given), views)


def test_no_seed_draws_other_views_at_each_call():
    augmentation = ImageAugmentation(crop=0.5, size=24)
    assert (augmentation.transform([NOISE]) != augmentation.transform([NOISE])).any()
    drawn = ImageAugmentation(crop=0.5, size=24, random_state=np.random.RandomState(0))
    assert (drawn.transform([NOISE]) != drawn.transform([NOISE])).any()


def test_bad_pictures_name_their_row(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    augmentation = ImageAugmentation(size=8)
    with pytest.raises(TypeError, match="row 1 of X must be uint8"):
        augmentation.transform([NOISE, NOISE / 255.0])
    with pytest.raises(ValueError, match=r"row 0 of X cannot be read.*bad\.png"):
        augmentation.transform([tmp_path / "bad.png"])
    with pytest.raises(FileNotFoundError, match="row 1 of X"):
        augmentation.fit([NOISE, "nowhere.png"])
    with pytest.raises(ValueError, match="crop"):
        ImageAugmentation(crop=0).transform([NOISE])
