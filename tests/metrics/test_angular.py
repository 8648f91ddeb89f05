import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sslearn.geometry import angles_to_unit_vectors, unit_vectors_to_angles
from sslearn.metrics import (
    angular_error,
    d2_angular_error_score,
    localization_accuracy_score,
    match_sources,
    mean_angular_error,
    median_angular_error,
    pairwise,
)
from sslearn.metrics._median import angular_median


@pytest.mark.parametrize(
    ("true", "pred", "error"),
    [(179, -179, 2), (-180, 180, 0), (0, 180, 180), (10, 370, 0), (90, 80, 10), (721, 0, 1)],
)
def test_azimuth_error_at_the_wrap(true, pred, error):
    assert angular_error([true], [pred]) == pytest.approx([error])
    assert angular_error([pred], [true]) == pytest.approx([error])


@pytest.mark.parametrize(
    ("true", "pred", "error"),
    [
        ([0, 90], [130, 90], 0),  # the pole is one direction
        ([0, 80], [180, 80], 20),
        ([30, 20], [-150, -20], 180),  # antipodes
        ([0, 0], [90, 0], 90),
        ([0, 60], [90, 60], np.rad2deg(np.arccos(0.75))),
        ([5, 1e-7], [5, 0], 1e-7),
    ],
)
def test_great_circle_error(true, pred, error):
    assert angular_error([true], [pred]) == pytest.approx([error], abs=1e-9)


def test_components():
    true, pred = [[179, 10], [0, -90]], [[-179, -10], [5, 90]]
    assert angular_error(true, pred, component="azimuth").tolist() == [2, 5]
    assert angular_error(true, pred, component="elevation").tolist() == [20, 180]


def test_distance_is_not_used():
    assert angular_error([[0, 0, 1]], [[0, 10, 7]]) == pytest.approx([10])
    assert d2_angular_error_score([[0, 0, 1], [9, 0, 2]], [[0, 0, 3], [9, 0, 4]]) == 1.0


@pytest.mark.parametrize("dtype", [np.float32, np.int64, list])
def test_kinds_of_input(dtype):
    true, pred = np.array([[0, 10], [179, 0]]), np.array([[0, 20], [-179, 0]])
    if dtype is list:
        true, pred = true.tolist(), pred.tolist()
    else:
        true, pred = true.astype(dtype), pred.astype(dtype)
    assert angular_error(true, pred) == pytest.approx([10, 2], abs=1e-5)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: angular_error([0, 1], [0]), "same shape"),
        (lambda: angular_error([0, 1], [[0, 1], [0, 1]]), "same shape"),
        (lambda: angular_error([0], [0], component="elevation"), "elevation"),
        (lambda: angular_error([0], [0], component="roll"), "'component' parameter"),
        (lambda: angular_error([[0, 0]], [[0, 91]]), r"y_pred must have elevations.*91"),
        (lambda: angular_error([np.nan], [0]), "y_true contains NaN"),
        (lambda: mean_angular_error([0, 1], [0, 1], sample_weight=[1]), "sample_weight"),
        (lambda: mean_angular_error([0], [0], sample_weight=[-1]), "[Nn]egative"),
        (lambda: mean_angular_error([0], [0], sample_weight=[np.nan]), "NaN"),
        (lambda: localization_accuracy_score([0], [0], tolerance=-1), "tolerance"),
        (lambda: pairwise.angular_distances([0, 1], [[0, 1]]), "both"),
    ],
)
def test_bad_input(call, match):
    with pytest.raises(ValueError, match=match):
        call()


def test_weights_repeat_samples():
    rng = np.random.RandomState(0)
    true = np.c_[rng.uniform(-180, 180, 9), rng.uniform(-90, 90, 9)]
    pred = np.c_[rng.uniform(-180, 180, 9), rng.uniform(-90, 90, 9)]
    weight = np.array([1, 2, 3, 1, 1, 4, 2, 1, 2])
    repeated = [np.repeat(a, weight, axis=0) for a in (true, pred)]
    for score in (
        mean_angular_error,
        median_angular_error,
        localization_accuracy_score,
        d2_angular_error_score,
    ):
        weighted = score(true, pred, sample_weight=weight)
        assert weighted == pytest.approx(score(*repeated), abs=1e-6)
    azimuths = d2_angular_error_score(true[:, 0], pred[:, 0], sample_weight=weight)
    assert azimuths == pytest.approx(d2_angular_error_score(repeated[0][:, 0], repeated[1][:, 0]))


def test_accuracy_counts_the_tolerance_itself():
    true, pred = [[0, 0], [0, 0], [0, 0]], [[0, 5], [5, 0], [0, 5.001]]
    assert localization_accuracy_score(true, pred) == pytest.approx(2 / 3)


def test_half_a_step_is_the_exact_class():
    rng = np.random.default_rng(0)
    y, grid = rng.uniform(-90, 90, 1000), np.linspace(-90, 90, 37)
    classes = np.abs(y[:, None] - grid).argmin(axis=1)
    predicted = np.clip(classes + rng.integers(-1, 2, 1000), 0, 36)
    exact = np.mean(predicted == classes)
    assert localization_accuracy_score(y, grid[predicted], tolerance=2.5) == exact
    assert 0.3 < exact < 0.4


def test_median_error():
    assert median_angular_error([0, 0, 0, 0], [1, 2, 4, 100]) == 3.0


def test_d2_of_known_constants():
    y = [178.0, 179.0, -179.0, -178.0]
    assert d2_angular_error_score(y, y) == 1.0
    assert d2_angular_error_score(y, [179] * 4) == pytest.approx(0.0)
    assert d2_angular_error_score(y, [0] * 4) < -100
    sphere = [[0, 80], [90, 80], [180, 80], [-90, 80]]
    assert d2_angular_error_score(sphere, [[33, 90]] * 4) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("constant", [[7.0] * 5, [[7.0, 3.0]] * 5, [[7.0, 90.0]] * 5])
def test_d2_of_constant_targets(constant):
    constant = np.array(constant)
    assert d2_angular_error_score(constant, constant) == 1.0
    assert d2_angular_error_score(constant, constant - 1) == 0.0


def test_d2_needs_two_samples():
    with pytest.warns(UndefinedMetricWarning, match="two samples"):
        assert np.isnan(d2_angular_error_score([1], [2]))


@pytest.mark.parametrize("n_samples", [2, 3, 10, 51])
@pytest.mark.parametrize("spread", [20, 360])
def test_circular_median_is_the_best_azimuth(n_samples, spread):
    rng = np.random.RandomState(n_samples)
    y, weight = rng.uniform(170, 170 + spread, n_samples), rng.uniform(size=n_samples)
    everywhere = np.concatenate([np.arange(-180, 180, 0.25), y])
    costs = weight @ pairwise.angular_distances(y, everywhere)
    found = weight @ pairwise.angular_distances(y, angular_median(y - 360, weight))
    assert found.item() == pytest.approx(costs.min())


@pytest.mark.parametrize("n_samples", [2, 3, 10, 51])
@pytest.mark.parametrize("offset", [0, 2])
def test_spherical_median_beats_every_other_direction(n_samples, offset):
    rng = np.random.RandomState(n_samples)
    y = unit_vectors_to_angles(rng.randn(n_samples, 3) - offset)
    everywhere = unit_vectors_to_angles(rng.randn(5000, 3))
    costs = pairwise.angular_distances(np.concatenate([everywhere, y]), y).mean(axis=1)
    assert (
        pairwise.angular_distances(angular_median(y, np.ones(n_samples)), y).mean()
        <= costs.min() + 1e-6
    )


def test_spherical_median_of_many_rows_is_exact_where_they_agree():
    y = np.concatenate([np.tile([30.0, 40.0], (3000, 1)), np.tile([60.0, -40.0], (2000, 1))])
    assert angular_median(y, np.ones(5000)) == pytest.approx(np.array([[30.0, 40.0]]))


def test_pairwise_agrees_with_vectors():
    rng = np.random.RandomState(0)
    A = np.c_[rng.uniform(-180, 180, 6), rng.uniform(-90, 90, 6)]
    B = np.c_[rng.uniform(-180, 180, 4), rng.uniform(-90, 90, 4)]
    dots = angles_to_unit_vectors(A) @ angles_to_unit_vectors(B).T
    assert pairwise.angular_distances(A, B) == pytest.approx(np.rad2deg(np.arccos(dots)))
    assert pairwise.angular_distances([180], [-180, 0]).tolist() == [[0, 180]]
    assert np.diag(pairwise.angular_distances(A)).tolist() == [0] * 6


@pytest.mark.parametrize("bad", [np.eye(2), [1], "x", {1}, 1j, None, np.nan, -1])
def test_parameters_are_named(bad):
    """C24: arrays, lists and strings where a number or a name belongs."""
    with pytest.raises((ValueError, TypeError), match="tolerance"):
        localization_accuracy_score([0], [0], tolerance=bad)
    with pytest.raises((ValueError, TypeError), match="y_pred"):
        angular_error([0, 1], bad)
    if bad is not None:
        with pytest.raises((ValueError, TypeError), match="component"):
            angular_error([[0, 0]], [[0, 0]], component=bad)
        with pytest.raises((ValueError, TypeError), match="max_error"):
            match_sources([[[0]]], [[[0]]], max_error=bad)
