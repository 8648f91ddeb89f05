import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sslearn.metrics import front_back_confusion_rate


@pytest.mark.parametrize(
    ("true", "pred", "rate"),
    [
        (0, 180, 1),
        (30, 150, 1),
        (30, 95, 1),  # across the plane, nearer when mirrored
        (30, 85, 0),
        (30, -30, 0),  # left and right are no front-back confusion
        (30, -150, 1),
        (-170, -10, 1),
        (-170, 175, 0),
        (30, 90, 0),  # on the plane itself
        (75, 105, 1),  # at the tolerance: counted
    ],
)
def test_azimuths(true, pred, rate):
    assert front_back_confusion_rate([true], [pred]) == rate


def test_elevations():
    true = [[0, 30], [0, 70], [170, -20], [10, 20]]
    pred = [[180, 30], [180, 75], [0, 20], [20, -20]]
    assert front_back_confusion_rate(true, pred) == 0.75
    # Overhead is on the plane as the sides are.
    assert front_back_confusion_rate([[0, 80], [0, 0]], [[180, 80], [0, 0]]) == 0


def test_sources_near_the_plane_are_left_out():
    true, pred = [80, 100, -91, 0], [100, 80, -80, 0]
    assert front_back_confusion_rate(true, pred) == 0
    assert front_back_confusion_rate(true, pred, tolerance=0) == 0.75
    assert front_back_confusion_rate([90, -90], [91, 0], tolerance=0) == 0


def test_weights_repeat_samples():
    rng = np.random.RandomState(0)
    true, pred = rng.uniform(-180, 180, (2, 20))
    weight = rng.randint(1, 4, 20)
    expected = front_back_confusion_rate(np.repeat(true, weight), np.repeat(pred, weight))
    assert front_back_confusion_rate(true, pred, sample_weight=weight) == pytest.approx(expected)


def test_all_left_out():
    with pytest.warns(UndefinedMetricWarning, match="15 degrees or more off the plane"):
        assert np.isnan(front_back_confusion_rate([90, -88], [0, 0]))


def test_inputs_are_left_alone():
    pred = np.array([170.0])
    front_back_confusion_rate([0], pred)
    assert pred[0] == 170


@pytest.mark.parametrize(
    ("args", "options", "match"),
    [
        (([0, 1], [0]), {}, "same shape"),
        (([0], [0]), {"tolerance": 90}, "tolerance"),
        (([0], [0]), {"tolerance": -1}, "tolerance"),
        (([[[0.0]]], [[[0.0]]]), {}, "y_true must have shape"),
    ],
)
def test_bad_input(args, options, match):
    with pytest.raises(ValueError, match=match):
        front_back_confusion_rate(*args, **options)
