import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sslearn.metrics import (
    check_boxes,
    consensus_iou,
    consensus_iou_score,
    iou_auc_score,
    pointing_accuracy_score,
)

NAN = np.nan
# Rows of a picture of 4 x 4 pixels: what is said of four pixels holds for its columns.
ANNOTATORS = [[0, 0, 0.5, 1], [0.25, 0, 0.75, 1], [0.25, 0, 0.5, 1]]


def columns(*values):
    return np.tile(np.array(values, dtype=float), (4, 1))


def maps_with_iou(*ious):
    """Maps whose IoU with the left half of 1 x 10,000 columns is known."""
    return np.stack([np.arange(100) < 50 * iou for iou in ious])[:, None].repeat(100, axis=1)


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        ((0, 1, 0, 0), 0.5),
        ((1, 1, 0, 0), 0.75),
        ((1, 1, 1, 0), 1.0),
        ((0, 0, 0, 1), 0.0),
    ],
)
def test_consensus_of_three_annotators(prediction, expected):
    # (0.5, 1, 0.5, 0) where two must agree
    maps = [columns(*prediction)]
    assert consensus_iou([ANNOTATORS], maps, agreement=2, size=4) == pytest.approx([expected])
    swapped = [ANNOTATORS[::-1]]
    assert consensus_iou(swapped, maps, agreement=2, size=4) == pytest.approx([expected])


def test_consensus_of_the_whole_picture():
    maps = [columns(1, 1, 1, 0)]
    iou = consensus_iou([ANNOTATORS], maps, threshold=0.0, agreement=2, size=4)
    assert iou == pytest.approx([2 / 3])


def test_the_union_is_the_default():
    assert consensus_iou([ANNOTATORS], [columns(0, 1, 0, 0)], size=4) == pytest.approx([1 / 3])
    assert consensus_iou([ANNOTATORS], [columns(1, 1, 1, 0)], size=4) == [1.0]


def test_boxes_fill_whole_pixels():
    # int(4 * 0.4) = 1 and int(4 * 0.99) = 3: columns 1 and 2; rows of the upper half.
    maps = [np.array([[0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]])]
    assert consensus_iou([[0.4, 0, 0.99, 0.5]], maps, size=4) == [1.0]
    # Pixels of a grid of 256 are int(224 x / 256), as SoundNet-Flickr is read.
    for pixel in range(257):
        assert int(224 * (pixel / 256)) == int(224 * pixel / 256)


@pytest.mark.filterwarnings("ignore:.*no box with area")
@pytest.mark.parametrize(
    "extra",
    [[0.3, 0.3, 0.3, 0.9], [0.8, 0.1, 0.2, 0.9], [NAN] * 4, [-2.9e16, 0, 0, 1], [1.5, 0, 1.8, 1]],
)
def test_boxes_without_area_change_nothing(extra):
    maps = np.random.default_rng(0).random((1, 5, 5))
    expected = consensus_iou([ANNOTATORS], maps)
    assert consensus_iou([[*ANNOTATORS, extra]], maps).tolist() == expected.tolist()
    points = [[0.35, 0.5]]
    assert pointing_accuracy_score([[extra]], points) == 0
    assert pointing_accuracy_score([[*ANNOTATORS, extra]], points) == 1


def test_boxes_are_cut_at_the_picture():
    maps = [columns(1, 0, 0, 0)]
    assert consensus_iou([[-0.5, -1, 0.25, 1.2]], maps, size=4) == [1.0]


def test_no_box_scores_zero_and_warns():
    maps, message = [columns(1, 0, 0, 0)] * 2, r"1 of \d pictures .*no box with area.*y_true\[0\]"
    with pytest.warns(UndefinedMetricWarning, match=message):
        assert consensus_iou([np.zeros((0, 4)), [[0, 0, 0.25, 1]]], maps, size=4).tolist() == [0, 1]
    with pytest.warns(UndefinedMetricWarning, match=message):
        assert consensus_iou([[NAN] * 4], maps[:1], size=4) == [0.0]
    with pytest.warns(UndefinedMetricWarning, match=message):
        assert pointing_accuracy_score([[0.3, 0.3, 0.3, 0.9]], [[0.3, 0.5]]) == 0


@pytest.mark.parametrize("threshold", [0.5, "median"])
def test_constant_map_warns(threshold):
    constant = np.full((3, 14, 14), 0.3, dtype=np.float32)
    constant[1, 0] = 1
    with pytest.warns(UndefinedMetricWarning, match=r"2 of 3 maps are constant.*maps\[0\]"):
        iou = consensus_iou([[0, 0, 1, 1]] * 3, constant, threshold=threshold)
    assert iou[[0, 2]].tolist() == [0, 0] and iou[1] > 0
    with pytest.warns(UndefinedMetricWarning):
        assert iou_auc_score([[0, 0, 1, 1]], constant[:1]) == pytest.approx(0.025)


def test_threshold_compares_the_map_from_its_lowest_to_its_highest_value():
    maps = [columns(-3, -2, -1, 5)]
    whole = [[0, 0, 1, 1]]
    assert consensus_iou(whole, maps, size=4) == [0.25]
    assert consensus_iou(whole, maps, threshold=0.25, size=4) == [0.5]
    assert consensus_iou(whole, maps, threshold=0.0, size=4) == [1.0]
    assert consensus_iou(whole, maps, threshold="median", size=4) == [0.5]


def test_median_predicts_half_of_the_pixels():
    maps = np.random.default_rng(0).random((3, 14, 14))
    iou = consensus_iou([[0, 0, 1, 1]] * 3, maps, threshold="median")
    assert (iou * 224**2).round().tolist() == [224**2 // 2] * 3


def test_maps_are_resized_before_they_are_scaled():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    for shape in [(14, 14), (7, 16), (300, 260)]:
        maps = rng.standard_normal((2, *shape))
        large = torch.nn.functional.interpolate(
            torch.as_tensor(maps)[:, None], size=(224, 224), mode="bilinear"
        )[:, 0].numpy()
        low, high = (f(large, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
        masks = (large - low) / (high - low) >= 0.5
        assert consensus_iou([[0, 0, 1, 1]] * 2, maps) == pytest.approx(masks.mean(axis=(1, 2)))


def test_scores_of_known_ious():
    y = np.tile([0.0, 0, 0.5, 1], (4, 1))
    maps = maps_with_iou(1, 0.5, 0.48, 0.0)
    maps[3, :, 99] = True
    assert consensus_iou(y, maps, size=100).tolist() == [1, 0.5, 0.48, 0]
    assert consensus_iou_score(y, maps, size=100) == 0.5
    assert consensus_iou_score(y, maps, size=100, min_iou=0.45) == 0.75
    assert consensus_iou_score(y, maps, size=100, sample_weight=[3, 0, 1, 0]) == 0.75
    # Shares 1, nine times 3/4, 1/2, ten times 1/4.
    assert iou_auc_score(y, maps, size=100) == pytest.approx(0.50625)


@pytest.mark.parametrize(
    ("iou", "expected"), [(0.0, 0.025), (1.0, 1.0), (0.5, 0.525), (0.05, 0.075)]
)
def test_area_of_equal_ious(iou, expected):
    maps = np.zeros((2, 100, 100))
    maps[:, :, : round(100 * iou)] = 1
    y = [[0, 0, 1, 1]] * 2
    if iou == 0:
        y = [[0, 0, 0.5, 1]] * 2
        maps[:, :, 99] = 1
    if iou == 1:
        y, maps = [[0, 0, 0.5, 1]] * 2, np.tile(np.arange(100) < 50, (2, 100, 1))
    assert iou_auc_score(y, maps, size=100) == pytest.approx(expected)


def test_levels_keep_the_rounding_of_published_programs():
    # 0.05 * 3 > 0.15, so that the area of 0.15 is that of 0.10: 0.125.
    maps = np.tile(np.arange(100) < 15, (1, 100, 1))
    assert consensus_iou([[0, 0, 1, 1]], maps, size=100) == [0.15]
    assert iou_auc_score([[0, 0, 1, 1]], maps, size=100) == pytest.approx(0.125)


def test_batches_change_nothing():
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 0.5, (30, 2))
    y, maps = np.hstack([corners, corners + 0.4]), rng.random((30, 14, 14), dtype=np.float32)
    alone = [consensus_iou(y[i : i + 1], maps[i : i + 1])[0] for i in range(30)]
    assert consensus_iou(y, maps).tolist() == alone
    assert consensus_iou(y, maps.tolist()) == pytest.approx(alone)


def test_containers_of_boxes():
    ragged = [np.array(ANNOTATORS), np.array(ANNOTATORS[:1])]
    expected = check_boxes(ragged)
    assert expected.shape == (2, 3, 4) and np.isnan(expected[1, 1:]).all()
    series = pd.Series(ragged)
    for y in (series, series.to_numpy(), [row.tolist() for row in ragged], expected):
        np.testing.assert_array_equal(check_boxes(y), expected)
    frame = pd.DataFrame(ANNOTATORS, columns=["x_min", "y_min", "x_max", "y_max"])
    np.testing.assert_array_equal(check_boxes(frame)[:, 0], ANNOTATORS)


def test_pointing():
    y = [[[0, 0, 0.5, 0.5], [0.8, 0.8, 1, 1]], [[0, 0, 1, 1], [NAN] * 4], [[0.5, 0, 1, 1]] * 2]
    points = [[0.9, 0.9], [0.0, 0.0], [0.4, 0.5]]
    assert pointing_accuracy_score(y, points) == pytest.approx(2 / 3)
    assert pointing_accuracy_score(y, points, sample_weight=[1, 0, 3]) == 0.25


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([[10, 10, 200, 200]], r"y_true\[0\] must hold fractions.*looks like pixels"),
        ([[0, 0, 1, 1], [0, NAN, 1, 1]], r"y_true\[1\].*NaN in part"),
        ([[0, 0, np.inf, 1]], r"y_true\[0\].*infinite"),
        (np.zeros((2, 3)), r"y_true must have shape \(n_samples, 4\).*got \(2, 3\)"),
        ([[0, 0, 1, 1], [0, 0, 1]], r"y_true\[1\] must have shape \(4,\).*got \(3,\)"),
        ([], "y_true is empty"),
        (np.zeros((0, 4)), "y_true is empty"),
        (None, "y_true"),
        (["a", "b"], r"y_true\[0\]"),
    ],
)
def test_wrong_boxes(y, message):
    with pytest.raises(ValueError, match=message):
        consensus_iou_score(y, np.zeros((1, 2, 2)))
    with pytest.raises(ValueError, match=message):
        pointing_accuracy_score(y, [[0, 0]])


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (np.zeros((2, 2)), r"maps must have shape \(n_samples, height, width\).*got \(2, 2\)"),
        (np.zeros((2, 2, 2)), "maps must have one map for each of the 1 rows of y_true; got 2"),
        (np.full((1, 2, 2), NAN), "maps contains NaN in sample 0"),
        ("x", "maps"),
    ],
)
def test_wrong_maps(maps, message):
    with pytest.raises(ValueError, match=message):
        consensus_iou([[0, 0, 1, 1]], maps)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"threshold": 1.5}, "threshold"),
        ({"threshold": "mean"}, "threshold"),
        ({"agreement": 0}, "agreement"),
        ({"size": 2.5}, "size"),
    ],
)
def test_wrong_parameters(params, message):
    for score in (consensus_iou, consensus_iou_score, iou_auc_score):
        with pytest.raises(ValueError, match=message):
            score([[0, 0, 1, 1]], np.eye(2)[None], **params)


@pytest.mark.parametrize("points", [[[0, 0, 0]], [0, 0], [[NAN, 0]], "x"])
def test_wrong_points(points):
    with pytest.raises(ValueError, match="points"):
        pointing_accuracy_score([[0, 0, 1, 1]], points)
