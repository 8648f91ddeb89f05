from functools import partial
from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.exceptions import UndefinedMetricWarning

from sslearn.geometry import wrap_azimuth
from sslearn.metrics import (
    angular_error,
    d2_angular_error_score,
    detection_error,
    false_alarm_rate,
    localization_accuracy_score,
    match_sources,
    matched_angular_error,
    mean_angular_error,
    median_angular_error,
    missed_detection_rate,
    pairwise,
)

NAN = np.nan


def scene(*azimuths):
    """One sample with these sources."""
    return np.array(azimuths, dtype=float).reshape(1, -1, 1)


def test_swapped_sources_match():
    indices, errors = match_sources(scene(359, 40), scene(43, 1))
    assert indices.tolist() == [[1, 0]]
    assert errors.tolist() == [[2, 3]]


def test_absent_sources_match_nothing():
    indices, errors = match_sources(scene(10, NAN, 50), scene(NAN, 52))
    assert indices.tolist() == [[-1, -1, 1]]
    np.testing.assert_array_equal(errors, [[NAN, NAN, 2]])


def test_the_limit_is_inclusive_and_prefers_more_pairs():
    assert match_sources(scene(0), scene(5), max_error=5)[0].item() == 0
    assert match_sources(scene(0), scene(5.1), max_error=5)[0].item() == -1
    # 10 to 10 is the closest pair, but leaves 14 alone; the other choice matches both.
    indices, errors = match_sources(scene(10, 14), scene(6, 10), max_error=5)
    assert indices.tolist() == [[0, 1]] and errors.tolist() == [[4, 4]]
    # Without a limit the sums are equal to 30; with one only the second choice has a pair.
    indices, _ = match_sources(scene(0, 10), scene(10, 30), max_error=5)
    assert indices.tolist() == [[-1, 0]]


def best_sum(true, pred):
    """Least sum of angles over all full assignments, by trying them all."""
    cost = pairwise.angular_distances(true, pred)
    if len(true) > len(pred):
        cost = cost.T
    rows = np.arange(len(cost))
    return min(cost[rows, list(p)].sum() for p in permutations(range(cost.shape[1]), len(cost)))


@pytest.mark.parametrize("n_true", [1, 2, 3])
@pytest.mark.parametrize("n_pred", [1, 2, 3, 5])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_assignment_is_the_best_of_all(n_true, n_pred, k):
    rng = np.random.RandomState(0)
    low, high = np.array([[-180, -90, 1], [180, 90, 3]])[:, :k]
    true = rng.uniform(low, high, (4, 3, n_true, k))
    pred = rng.uniform(low, high, (4, 3, n_pred, k))
    _, errors = match_sources(true, pred)
    assert errors.shape == (4, 3, n_true)
    assert ((~np.isnan(errors)).sum(axis=-1) == min(n_true, n_pred)).all()
    for i, j in np.ndindex(4, 3):
        expected = best_sum(*(a[i, j, :, 0] if k == 1 else a[i, j] for a in (true, pred)))
        assert np.nansum(errors[i, j]) == pytest.approx(expected)


def test_many_frames_cross_the_blocks():
    rng = np.random.RandomState(0)
    true = rng.uniform(-180, 180, (2, 20000, 2, 1))
    shuffled = np.where(rng.rand(2, 20000, 1, 1) < 0.5, true, true[:, :, ::-1])
    assert match_sources(true, shuffled)[1].max() < 1e-9


def test_one_source_in_both_layouts():
    rng = np.random.RandomState(0)
    true, pred = (np.c_[rng.uniform(-180, 180, 30), rng.uniform(-90, 90, 30)] for _ in range(2))
    weight = rng.uniform(size=30)
    for metric in (
        mean_angular_error,
        median_angular_error,
        localization_accuracy_score,
        d2_angular_error_score,
    ):
        several = metric(true[:, None], pred[:, None], sample_weight=weight)
        assert several == pytest.approx(metric(true, pred, sample_weight=weight))
        azimuths = metric(true[:, None, :1], pred[:, None, :1])
        assert azimuths == pytest.approx(metric(true[:, 0], pred[:, 0]))
    for component in (None, "azimuth", "elevation"):
        errors = angular_error(true[:, None], pred[:, None], component=component)
        assert errors[:, 0] == pytest.approx(angular_error(true, pred, component=component))


def test_order_of_the_sources_changes_nothing():
    rng = np.random.RandomState(0)
    true, pred = rng.uniform(-180, 180, (2, 8, 4, 3, 1))
    true[rng.rand(8, 4, 3) < 0.3] = NAN
    for metric in (
        mean_angular_error,
        median_angular_error,
        localization_accuracy_score,
        d2_angular_error_score,
        missed_detection_rate,
        false_alarm_rate,
        detection_error,
        partial(matched_angular_error, tolerance=60),
        partial(missed_detection_rate, tolerance=60, average="clips"),
    ):
        assert metric(true[..., ::-1, :], pred) == pytest.approx(metric(true, pred))
        assert metric(true, pred[..., ::-1, :] + 360) == pytest.approx(metric(true, pred))


@pytest.mark.parametrize(
    ("true", "pred", "missed", "false"),
    [
        (scene(0, 40), scene(45, 0), 0, 0),  # five degrees are a hit
        (scene(0, 40), scene(45.1, 0), 0.5, 0.5),  # a miss and a false alarm
        (scene(359, 40), scene(1, NAN), 0.5, 0),
        (scene(0, NAN), scene(0, 90), 0, 1),
        (scene(0), scene(90, 120, 150), 1, 3),
        (scene(0, 40), scene(NAN, NAN), 1, 0),
        (scene(0, 3), scene(1), 0.5, 0),  # one prediction serves one source
    ],
)
def test_rates(true, pred, missed, false):
    assert missed_detection_rate(true, pred) == pytest.approx(missed)
    assert false_alarm_rate(true, pred) == pytest.approx(false)
    assert localization_accuracy_score(true, pred) == pytest.approx(1 - missed)


def test_rates_pool_the_frames():
    true = np.array([[[0], [NAN]], [[NAN], [NAN]], [[10], [60]]])[None]
    pred = np.array([[[0], [90]], [[50], [NAN]], [[60], [200]]])[None]
    assert missed_detection_rate(true, pred) == pytest.approx(1 / 3)
    assert false_alarm_rate(true, pred) == pytest.approx(3 / 3)
    assert false_alarm_rate(true, pred, active_only=True) == pytest.approx(2 / 3)
    assert missed_detection_rate(true, pred, tolerance=140) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (2, 2), (1, 6), (3, 3), (2, 3)])
def test_few_sources_match_as_any_number_does(shape):
    rng = np.random.RandomState(0)
    # Whole degrees: many sums are equal, of two sources on one half of the circle in particular.
    true, pred = (rng.randint(-180, 180, (500, n, 1)).astype(float) for n in shape)
    for y in (true, pred):
        y[rng.rand(*y.shape[:2]) < 0.3] = NAN
    for limit in (None, 30):
        cost = np.abs(wrap_azimuth(true - pred[..., 0][:, None]))
        cost = np.where(cost <= (limit or 180), cost, 1e6)
        cost = np.pad(cost, [(0, 0), (0, 0), (0, max(0, shape[0] - shape[1]))], constant_values=1e6)
        columns = np.array([linear_sum_assignment(rows)[1] for rows in cost])
        chosen = np.take_along_axis(cost, columns[..., None], axis=2)[..., 0]
        indices, errors = match_sources(true, pred, max_error=limit)
        np.testing.assert_array_equal(indices, np.where(chosen < 1e6, columns, -1))
        np.testing.assert_array_equal(errors, np.where(chosen < 1e6, chosen, NAN))


# Two clips of three frames: of 3 true sources 1 is found, of 1 true source all; one prediction
# in the silence of the first clip.
CLIPS = (
    np.array([[[0, NAN], [NAN, NAN], [10, 60]], [[90, NAN]] + [[NAN, NAN]] * 2])[..., None],
    np.array([[[3, 90], [50, NAN], [60.5, 200]], [[NAN, 94]] + [[NAN, NAN]] * 2])[..., None],
)


@pytest.mark.parametrize(
    ("metric", "params", "pooled", "clips"),
    [
        (missed_detection_rate, {}, 1 / 4, (1 / 3 + 0) / 2),
        (false_alarm_rate, {}, 3 / 4, (3 / 3 + 0) / 2),
        (false_alarm_rate, {"active_only": True}, 2 / 4, (2 / 3 + 0) / 2),
        (detection_error, {"active_only": True}, np.hypot(1, 2) / 4, np.hypot(1, 2) / 6),
        (matched_angular_error, {}, (3 + 0.5 + 4) / 3, ((3 + 0.5) / 2 + 4) / 2),
        (
            matched_angular_error,
            {"statistic": "rms"},
            np.sqrt((9 + 0.25 + 16) / 3),
            (np.sqrt((9 + 0.25) / 2) + 4) / 2,
        ),
    ],
)
def test_averages_over_sources_and_over_clips(metric, params, pooled, clips):
    assert metric(*CLIPS, **params) == pytest.approx(pooled)
    assert metric(*CLIPS, **params, average="clips") == pytest.approx(clips)
    silent = [np.concatenate([y, np.full((1, 3, 2, 1), NAN)]) for y in CLIPS]
    assert metric(*silent, **params) == pytest.approx(pooled)
    # A clip without sources counts as 0, as in the published program.
    assert metric(*silent, **params, average="clips") == pytest.approx(clips * 2 / 3)


def test_weights_repeat_samples():
    rng = np.random.RandomState(0)
    true, pred = rng.uniform(-180, 180, (2, 9, 4, 2, 1))
    pred[rng.rand(9, 4, 2) < 0.3] = NAN
    weight = np.array([1, 2, 3, 1, 1, 4, 2, 1, 2])
    repeated = [np.repeat(a, weight, axis=0) for a in (true, pred)]
    for metric in (
        mean_angular_error,
        median_angular_error,
        localization_accuracy_score,
        d2_angular_error_score,
        missed_detection_rate,
        false_alarm_rate,
        detection_error,
        partial(matched_angular_error, tolerance=60),
        partial(missed_detection_rate, tolerance=60, average="clips"),
    ):
        assert metric(true, pred, sample_weight=weight) == pytest.approx(metric(*repeated))


def test_components_are_those_of_the_great_circle_match():
    true, pred = [[[0, 0], [10, 60]]], [[[10, 8], [0, 55]]]
    assert match_sources(true, pred)[0].tolist() == [[0, 1]]
    assert angular_error(true, pred, component="azimuth").tolist() == [[10, 10]]
    assert angular_error(true, pred, component="elevation").tolist() == [[8, 5]]
    accuracy = localization_accuracy_score(true, pred, component="elevation")
    assert accuracy == 0.5


def test_d2_charges_what_is_lost():
    y = np.array([[[0.0], [90.0]], [[180.0], [-90.0]]])
    assert d2_angular_error_score(y, y[:, ::-1]) == 1
    # The best constant is 90 degrees off on average, and so is silence.
    assert d2_angular_error_score(y, np.full((2, 1, 1), NAN)) == pytest.approx(0)
    one_missed = y.copy()
    one_missed[0, 0] = NAN
    assert d2_angular_error_score(y, one_missed) == pytest.approx(0.75)
    one_more = np.concatenate([y, [[[45.0]], [[NAN]]]], axis=1)
    assert d2_angular_error_score(y, one_more) == pytest.approx(0.75)
    opposite = y.copy()
    opposite[0] = [[180.0], [90.0]]
    assert d2_angular_error_score(y, opposite) == pytest.approx(0.5)


@pytest.mark.parametrize("k", [1, 2])
def test_d2_of_constant_targets(k):
    y = np.full((4, 2, k), 7.0)
    assert d2_angular_error_score(y, y) == 1
    assert d2_angular_error_score(y, y - 1) == 0


def test_nothing_matched_is_not_a_number():
    true, silent = scene(0, 40), scene(NAN, NAN)
    for metric in (mean_angular_error, median_angular_error):
        with pytest.warns(UndefinedMetricWarning, match="matched"):
            assert np.isnan(metric(true, silent))
    for metric in (missed_detection_rate, false_alarm_rate, localization_accuracy_score):
        with pytest.warns(UndefinedMetricWarning, match="true source"):
            assert np.isnan(metric(silent, true))
    with pytest.warns(UndefinedMetricWarning, match="two samples"):
        assert np.isnan(d2_angular_error_score(silent, true))


def test_input_is_left_alone():
    true, pred = scene(370, NAN), scene(350, 10)
    before = true.copy(), pred.copy()
    match_sources(true, pred)
    np.testing.assert_array_equal((true, pred), before)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: match_sources([0, 1], [0, 1]), "y_true must have shape"),
        (lambda: angular_error([[0, 1]], scene(0)), r"Azimuths of several.*y_true\[..., None\]"),
        (lambda: match_sources(scene(0), np.zeros((2, 1, 1))), "same shape except"),
        (lambda: match_sources(scene(0), np.zeros((1, 1, 2))), "same shape except"),
        (lambda: match_sources(scene(0), np.zeros((1, 4, 1, 1))), "same shape except"),
        (
            lambda: match_sources(np.zeros((1, 5, 1, 1)), np.zeros((1, 4, 1, 1))),
            r"compare the first: y_true\[:, :4\]",
        ),
        (lambda: match_sources(scene(0), scene(0), max_error=-1), "max_error"),
        (lambda: match_sources(scene(0), scene(0), max_error=NAN), "max_error"),
        (lambda: missed_detection_rate(scene(0), scene(0), tolerance=-1), "tolerance"),
        (lambda: false_alarm_rate(scene(0), scene(0), sample_weight=[1, 1]), "sample_weight"),
        (lambda: angular_error(scene(0), scene(0), component="elevation"), "elevation"),
        (lambda: angular_error(scene(0), scene(0), component="roll"), "'component' parameter"),
    ],
)
def test_bad_input(call, match):
    with pytest.raises(ValueError, match=match):
        call()
