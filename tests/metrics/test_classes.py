"""Accuracy on the classes of a grid."""

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sslearn.encoding import ArgmaxDecoder, OneHotEncoding
from sslearn.geometry import quasi_uniform_grid, unit_vectors_to_angles
from sslearn.metrics import class_accuracy_score

CIRCLE = np.arange(0, 360, 5)


def test_value_on_paper():
    y_true, y_pred = [1.0, 2.4, 2.6, 358.0, -2.4], [0.0, 2.5001, 5.0, 0.0, 355.0]
    # 2.5001 is in the class of 5, 358 in that of 0, 355 is not.
    assert class_accuracy_score(y_true, y_pred, CIRCLE) == pytest.approx(3 / 5)
    weighted = class_accuracy_score(y_true, y_pred, CIRCLE, sample_weight=[1, 3, 0, 0, 0])
    assert weighted == 0.25


def test_half_way_counts_for_both_and_both_ends_for_one():
    assert class_accuracy_score([2.5, 2.5, 2.5], [0, 5, 10], CIRCLE) == pytest.approx(2 / 3)
    grid = np.linspace(0, 360, 73)
    assert class_accuracy_score([0, 360, 1], [360, 0, 359], grid) == 1


@pytest.mark.parametrize("grid", [CIRCLE, quasi_uniform_grid(10)], ids=["circle", "sphere"])
def test_peaks_of_labels_are_in_their_class(grid):
    rng = np.random.default_rng(0)
    y = rng.uniform(-180, 180, 500)
    if grid.ndim == 2:
        y = unit_vectors_to_angles(rng.normal(size=(500, 3)))
    encoding = OneHotEncoding(grid, decoder=ArgmaxDecoder())
    labels = encoding.fit_transform(y)
    assert class_accuracy_score(y, encoding.inverse_transform(labels), grid) == 1
    wrong = np.roll(labels, 1, axis=1)
    assert class_accuracy_score(y, encoding.inverse_transform(wrong), grid) == 0


def test_several_sources_are_matched():
    y_true = [[[10.0], [50.0]], [[100.0], [np.nan]]]
    y_pred = [[[51.0], [20.0]], [[np.nan], [101.0]]]
    assert class_accuracy_score(y_true, y_pred, CIRCLE) == pytest.approx(2 / 3)
    # A source that nothing was predicted for is wrong.
    assert class_accuracy_score(y_true, [[[51.0]], [[101.0]]], CIRCLE) == pytest.approx(2 / 3)
    sphere = [[10, 0], [20, 80]]
    assert class_accuracy_score([[[11, 3]]], [[[9, -3]]], sphere) == 1
    with pytest.warns(UndefinedMetricWarning):
        assert np.isnan(class_accuracy_score([[[np.nan]]], [[[1.0]]], CIRCLE))


def test_distances_do_not_count():
    assert class_accuracy_score([[1, 2, 1.5]], [[2, 1, 9.0]], [[0, 0], [90, 0]]) == 1


@pytest.mark.parametrize(
    ("y", "grid", "message"),
    [
        ([0.0], [[0, 0]], r"grid must have shape \(n_classes,\)"),
        ([[0.0, 0.0]], [0.0], r"grid must have shape \(n_classes, 2\)"),
        ([[[0.0]]], [[0, 0]], r"grid must have shape \(n_classes,\)"),
        ([0.0], [np.nan], "grid"),
        ([0.0], [], "grid"),
    ],
)
def test_bad_grid_is_named(y, grid, message):
    with pytest.raises(ValueError, match=message):
        class_accuracy_score(y, y, grid)
