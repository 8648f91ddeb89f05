"""Made scenes: what is drawn and heard, and what does not tell the class."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter
from scipy.signal import find_peaks
from scipy.stats import chisquare, f_oneway

from sslearn.datasets import make_scenes
from sslearn.metrics import consensus_iou_score, iou_auc_score, pointing_accuracy_score

# In the order of n_classes.
SOUND_OF = {
    "horizontal stripes": "all harmonics",
    "vertical stripes": "odd harmonics",
    "checker": "low noise",
    "dots": "high noise",
    "rings": "gated noise",
    "grain": "harmonics at 1.5 kHz",
    "grid": "sweeps",
    "diagonal stripes": "clicks",
}


@pytest.fixture(scope="module")
def scenes():
    return make_scenes(800, image_size=32, duration=0.2, random_state=0)


@pytest.fixture(scope="module")
def clear():
    """Large objects alone, with hardly any noise."""
    return make_scenes(60, n_silent=0, clutter=0, object_size=(32, 36), snr=60, duration=1.0,
                       random_state=0)  # fmt: skip


def _sounds(data, name):
    return [x for x, sound in zip(data.data["audio"], data.metadata["sound"], strict=True)
            if sound == name]  # fmt: skip


def _power(x, low, high):
    """Share of the power between two frequencies; 1 s at 16 kHz has one bin per Hz."""
    power = np.abs(np.fft.rfft(x)) ** 2
    return power[low : high + 1].sum() / power.sum()


def _peaks(x):
    """Frequencies and amplitudes of the lines of a spectrum."""
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x))))
    freqs, _ = find_peaks(spectrum, height=0.02 * spectrum.max(), distance=50)
    return freqs, spectrum[freqs] / spectrum.max()


def test_shapes_and_kinds():
    data = make_scenes(5, n_silent=2, object_size=(18, 28), random_state=0)
    assert list(data.data) == ["image", "audio"] and data.fs == 16000
    for image, audio in data.data.itertuples(index=False):
        assert image.shape == (64, 64, 3) and image.dtype == np.uint8
        assert audio.shape == (15600,) and audio.dtype == np.float32
    assert data.target.shape == (5, 4)
    for box, row in zip(data.target, data.metadata.itertuples(), strict=True):
        assert row.boxes.shape == (3, 4) and (row.boxes[0] == box).all()
        assert len(set(row.classes)) == 3 and row.classes[0] == data.metadata["class"][row.Index]
    X, y = make_scenes(5, n_silent=2, object_size=(18, 28), random_state=0, return_X_y=True)
    assert all(map(np.array_equal, X["image"], data.data["image"]))
    np.testing.assert_array_equal(y, data.target)


def test_longer_sets_begin_with_shorter_ones():
    short, long = (make_scenes(n, random_state=3) for n in (2, 5))
    other = make_scenes(2, random_state=4)
    for column in ("image", "audio"):
        assert all(map(np.array_equal, short.data[column], long.data[column][:2]))
        assert not any(map(np.array_equal, short.data[column], other.data[column]))


def test_larger_pictures_show_the_same_scenes():
    small, large = (make_scenes(4, image_size=size, random_state=0) for size in (64, 192))
    np.testing.assert_array_equal(small.target, large.target)
    assert all(map(np.array_equal, small.data["audio"], large.data["audio"]))
    for a, b in zip(small.data["image"], large.data["image"], strict=True):
        b = b.reshape(64, 3, 64, 3, 3).mean(axis=(1, 3))
        # Of the finer picture, the borders of textures differ.
        assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.8


def test_boxes_are_apart_and_cover_a_fifth(scenes):
    boxes = np.stack(scenes.metadata["boxes"])
    low, high = boxes[..., :2], boxes[..., 2:]
    assert (low >= 0).all() and (high <= 1).all()
    sides = 64 * (high - low)
    assert (sides[..., 0] == sides[..., 1]).all()
    assert ((sides >= 26) & (sides <= 36)).all()
    assert (
        (np.maximum(low[:, 0], low[:, 1]) >= np.minimum(high[:, 0], high[:, 1])).any(axis=1).all()
    )
    assert np.prod(high - low, axis=-1).mean() == pytest.approx(0.2, abs=0.01)


def test_objects_fill_their_boxes(clear):
    for image, box in zip(clear.data["image"], clear.target, strict=True):
        # The background is smooth: its neighbours differ by the noise alone.
        rows, columns = np.nonzero(np.abs(np.diff(image.astype(int), axis=1)).sum(axis=2) > 120)
        x_min, y_min, x_max, y_max = 64 * box
        assert columns.min() >= x_min - 1 and columns.max() < x_max
        assert rows.min() >= y_min and rows.max() < y_max
        assert np.ptp(rows) > 0.7 * (y_max - y_min)


def test_nothing_but_the_texture_tells_the_class(scenes):
    boxes = np.stack(scenes.metadata["boxes"])
    means = [
        image[int(32 * y0) : int(32 * y1), int(32 * x0) : int(32 * x1)].mean(axis=(0, 1))
        for image, (x0, y0, x1, y1) in zip(scenes.data["image"], scenes.target, strict=True)
    ]
    sizes = boxes[:, 0, 2] - boxes[:, 0, 0]
    properties = np.column_stack([sizes, boxes[:, 0, :2], means])
    groups = [
        rows.to_numpy() for _, rows in scenes.metadata.reset_index().groupby("class")["index"]
    ]
    assert f_oneway(*(properties[rows] for rows in groups)).pvalue.min() > 0.005
    assert chisquare([len(rows) for rows in groups]).pvalue > 0.005


def test_nothing_tells_which_object_sounds(scenes):
    boxes = np.stack(scenes.metadata["boxes"])
    assert f_oneway(boxes[:, 0], boxes[:, 1]).pvalue.min() > 0.005
    silent = scenes.metadata["classes"].str[1]
    assert chisquare(silent.value_counts()).pvalue > 0.005


def test_each_texture_has_its_sound(scenes):
    pairs = set(zip(scenes.metadata["class"], scenes.metadata["sound"], strict=True))
    assert pairs == set(SOUND_OF.items())
    few = make_scenes(40, n_classes=3, random_state=0).metadata
    assert set(few["classes"].explode()) == set(list(SOUND_OF)[:3])


@pytest.mark.parametrize(("name", "step"), [("all harmonics", 1), ("odd harmonics", 2)])
def test_notes(clear, name, step):
    for x in _sounds(clear, name):
        freqs, amplitudes = _peaks(x)
        numbers = freqs[:8] / freqs[0]
        np.testing.assert_allclose(numbers, 1 + step * np.arange(8), rtol=0.01)
        np.testing.assert_allclose(amplitudes[:8] * numbers, 1, rtol=0.2)
        assert 149 <= freqs[0] <= 351


@pytest.mark.parametrize(
    ("name", "low", "high", "share"),
    [
        ("low noise", 250, 900, 0.999),
        ("high noise", 3000, 6000, 0.999),
        ("harmonics at 1.5 kHz", 800, 2200, 0.97),
        ("sweeps", 750, 2350, 0.97),
        ("clicks", 1000, 1400, 0.85),
        ("gated noise", 0, 8000, 0.999),
    ],
)
def test_bands(clear, name, low, high, share):
    sounds = _sounds(clear, name)
    assert len(sounds) >= 3
    for x in sounds:
        assert _power(x, low, high) > share
    if name == "gated noise":
        assert all(_power(x, 0, 2000) == pytest.approx(0.25, abs=0.04) for x in sounds)


def test_harmonics_of_a_formant_are_those_of_a_note(clear):
    for x in _sounds(clear, "harmonics at 1.5 kHz"):
        freqs, amplitudes = _peaks(x)
        steps = np.diff(freqs)
        assert len(steps) >= 2 and np.ptp(steps) <= 3 and 149 <= steps[0] <= 351
        assert abs(freqs[amplitudes.argmax()] - 1500) <= steps[0]


@pytest.mark.parametrize(
    ("name", "low", "high"), [("gated noise", 6, 10), ("sweeps", 3, 5), ("clicks", 9, 14)]
)
def test_rates(clear, name, low, high):
    """The strongest line in the course of the power, or of the frequency."""
    for x in _sounds(clear, name):
        frames = x[: 200 * 80].reshape(200, 80)
        course = np.square(frames).mean(axis=1)
        if name == "sweeps":
            course = (np.diff(np.signbit(frames).astype(int), axis=1) != 0).sum(axis=1)
        spectrum = np.abs(np.fft.rfft((course - course.mean()) * np.hanning(200), 4000))
        rate = spectrum[: 16 * 20].argmax() / 20
        assert low - 0.3 <= rate <= high + 0.3


def test_noise_and_levels():
    X, _ = make_scenes(60, n_classes=3, snr=5, random_state=0, return_X_y=True)
    levels = [np.sqrt(np.mean(np.square(x))) for x in X["audio"]]
    assert 0.045 < min(levels) < 0.07 and 0.14 < max(levels) < 0.18
    data = make_scenes(60, snr=(0, 20), duration=1.0, random_state=0)
    outside = [
        (1 - _power(x, 250, 900), 10 ** (-snr / 10))
        for x, snr, name in zip(data.data["audio"], data.metadata["snr"], data.metadata["sound"],
                                strict=True)
        if name == "low noise"
    ]  # fmt: skip
    for share, noise in outside:
        assert share == pytest.approx(noise / (1 + noise) * 7349 / 8000, rel=0.1)


def test_guesses_without_the_sound():
    """Scores of maps that ignore the sound, measured on other scenes made by the same rules."""
    data = make_scenes(300, duration=0.2, random_state=1)
    images = np.stack(data.data["image"]) / 255
    offsets = (np.arange(64) + 0.5) / 64 - 0.5
    centre = np.exp(-(np.hypot(offsets[:, None], offsets) ** 2) / 0.32)
    guesses = {
        "random": (np.random.default_rng(0).random((300, 14, 14)), 0.00, 0.172, 0.19),
        "centre": (np.repeat(centre[None], 300, axis=0), 0.00, 0.256, 0.31),
        "colourful": (_blur(np.ptp(images, axis=3)), 0.217, 0.376, 0.39),
        "contrast": (_variance(images), 0.303, 0.343, 0.41),
    }
    for name, (maps, iou, auc, pointing) in guesses.items():
        found = [
            consensus_iou_score(data.target, maps),
            iou_auc_score(data.target, maps),
            pointing_accuracy_score(data.target, _largest(maps)),
        ]
        # Three standard errors of the difference of two shares of 300.
        tolerances = [0.11, 0.04, 3 * np.sqrt(2 * pointing * (1 - pointing) / 300)]
        assert (np.abs(np.subtract(found, [iou, auc, pointing])) < tolerances).all(), name


def _blur(maps):
    return uniform_filter(maps, (0, 9, 9), mode="nearest")


def _variance(images):
    return sum(_blur(c**2) - _blur(c) ** 2 for c in np.moveaxis(images, 3, 0))


def _largest(maps):
    """Points (x, y), fractions, of the largest values."""
    size = maps.shape[1]
    rows, columns = np.unravel_index(maps.reshape(len(maps), -1).argmax(axis=1), (size, size))
    return np.stack([columns + 0.5, rows + 0.5], axis=1) / size


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_silent": 3, "n_classes": 3}, "n_silent must be less than n_classes=3"),
        ({"n_silent": 3, "object_size": (40, 50)}, r"object_size=\(40, 50\) left no room"),
        ({"object_size": (40, 30)}, "object_size must be a pair"),
        ({"object_size": (30, 70)}, "object_size must be a pair"),
        ({"snr": (20, 5)}, "snr must be a pair"),
        ({"snr": "5"}, "'snr' parameter"),
        ({"duration": 0.1}, "'duration' parameter"),
        ({"fs": 8000}, "'fs' parameter"),
        ({"n_classes": 9}, "'n_classes' parameter"),
        ({"image_size": 8}, "'image_size' parameter"),
    ],
)
def test_bad_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        make_scenes(1, **params)
