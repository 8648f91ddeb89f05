"""Targets of another kind: named columns in another order, unit vectors, radians."""

import warnings

import numpy as np
import pandas as pd
import pytest

from sslearn import recipes
from sslearn.deep_learning import NeuralLocalizer
from sslearn.embedding import SiameseEmbedding
from sslearn.encoding import UnitVectorEncoding
from sslearn.exceptions import AngleUnitWarning
from sslearn.geometry import (
    angles_to_unit_vectors,
    azimuth_grid,
    check_directions,
    check_doa,
    check_multi_doa,
    circular_array,
    fibonacci_grid,
)
from sslearn.metrics import mean_angular_error
from sslearn.neighbors import KNeighborsLocalizer

RNG = np.random.default_rng(0)
AZIMUTH = RNG.uniform(-180, 180, 60)
BOTH = np.column_stack([AZIMUTH, RNG.uniform(-60, 60, 60)])
X = RNG.standard_normal((60, 6))
TRAIN = {"max_epochs": 1, "random_state": 0}
ESTIMATORS = [KNeighborsLocalizer(), NeuralLocalizer(**TRAIN), SiameseEmbedding(**TRAIN)]


def by_name(*columns):
    values = {"azimuth": BOTH[:, 0], "elevation": BOTH[:, 1], "distance": np.full(60, 2.0)}
    return pd.DataFrame({column: values[column.lower()] for column in columns})


@pytest.mark.parametrize("columns", [("elevation", "azimuth"), ("Elevation", "AZIMUTH")])
@pytest.mark.parametrize("check", [check_doa, check_directions])
def test_columns_by_name(columns, check):
    np.testing.assert_array_equal(check(by_name(*columns)), BOTH)


def test_columns_with_distance_and_of_other_names():
    np.testing.assert_array_equal(
        check_doa(by_name("distance", "elevation", "azimuth")),
        check_doa(by_name("azimuth", "elevation", "distance")),
    )
    unnamed = pd.DataFrame(BOTH, columns=["a", "b"])
    np.testing.assert_array_equal(check_doa(unnamed), BOTH)
    np.testing.assert_array_equal(check_doa(pd.DataFrame(BOTH)), BOTH)


@pytest.mark.parametrize(
    "columns", [["azimuth", "room"], ["azimuth", "distance"], ["azimuth", "azimuth"]]
)
def test_columns_that_do_not_fit(columns):
    with pytest.raises(ValueError, match=r"y must have the columns azimuth.*Select them by name"):
        check_doa(pd.DataFrame(BOTH, columns=columns))


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_estimators_read_columns_by_name(estimator):
    answer = "predict" if hasattr(estimator, "predict") else "transform"
    expected = getattr(estimator.fit(X, BOTH), answer)(X)
    shuffled = by_name("elevation", "azimuth").set_index(RNG.permutation(60) + 100)
    np.testing.assert_array_equal(getattr(estimator.fit(X, shuffled), answer)(X), expected)
    series = pd.Series(AZIMUTH, index=RNG.permutation(60))
    expected = getattr(estimator.fit(X, AZIMUTH), answer)(X)
    np.testing.assert_array_equal(getattr(estimator.fit(X, series), answer)(X), expected)


def test_metrics_and_encodings_read_columns_by_name():
    frame = by_name("elevation", "azimuth")
    assert mean_angular_error(frame, BOTH) == 0
    np.testing.assert_array_equal(
        UnitVectorEncoding().fit_transform(frame), UnitVectorEncoding().fit_transform(BOTH)
    )


@pytest.mark.parametrize("y", [AZIMUTH, BOTH], ids=["azimuth", "both"])
@pytest.mark.parametrize("n_samples", [1, 60])
def test_unit_vectors_are_named(y, n_samples):
    vectors = angles_to_unit_vectors(y[:n_samples])
    match = r"got unit vectors. Convert them by sslearn.geometry.unit_vectors_to_angles\(y\)"
    for given in (vectors, vectors.astype(np.float32), vectors.tolist()):
        with pytest.raises(ValueError, match=match):
            check_doa(given)
    sources = np.stack([vectors, vectors], axis=1)
    sources[1:, 1] = np.nan
    with pytest.raises(ValueError, match=match):
        check_multi_doa(sources)


def test_unit_vectors_for_recipes_and_localizers():
    vectors = angles_to_unit_vectors(AZIMUTH)
    for estimator in ESTIMATORS:
        with pytest.raises(ValueError, match="unit_vectors_to_angles"):
            estimator.fit(X, vectors)
    audio = RNG.standard_normal((60, 4, 2048))
    with pytest.raises(ValueError, match="unit_vectors_to_angles"):
        recipes.srp_phat(circular_array(4, 0.05)).fit(audio, vectors)


def test_distances_of_one_metre_are_no_unit_vectors():
    ahead = np.tile([0.0, 0.0, 1.0], (20, 1))
    np.testing.assert_array_equal(check_doa(ahead), ahead)
    np.testing.assert_array_equal(check_doa(np.insert(BOTH, 2, 1.0, axis=1))[:, :2], BOTH)


RADIANS = {
    "azimuth": np.deg2rad(AZIMUTH),
    "both": np.deg2rad(BOTH),
    "to 2 pi": np.deg2rad(AZIMUTH % 360),
    "grid": np.deg2rad(np.arange(-90, 91, 5)),
    "sources": np.deg2rad(BOTH)[:, None],
    "with distance": np.insert(np.deg2rad(BOTH), 2, 1.5, axis=1),
}


@pytest.mark.parametrize("name", RADIANS)
def test_radians_warn(name):
    y = RADIANS[name]
    with pytest.warns(AngleUnitWarning, match=r"np.rad2deg\(y\)"):
        check_doa(y, n_samples=len(y), sources=y.ndim > 2)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_estimators_warn_of_radians_once(estimator):
    with pytest.warns(AngleUnitWarning) as caught:
        estimator.fit(X, np.deg2rad(AZIMUTH))
    assert len(caught) == 1


# Degrees that are near the front, or few.
DEGREES = {
    "all around": AZIMUTH,
    "grid": azimuth_grid(-6, 6, 0.05),
    "within 6": RNG.uniform(-6, 6, 40),
    "to the left": RNG.uniform(0, 12, 40),
    "few places": np.repeat(RNG.uniform(-3, 3, 10), 4),
    "one decimal": RNG.uniform(-3, 3, 40).round(1).astype(np.float32),
    "constant": np.zeros(40),
    "one far away": np.append(RNG.uniform(-3, 3, 40), 90.0),
    "above": np.column_stack([RNG.uniform(-3, 3, 40), RNG.uniform(-40, 40, 40)]),
    "sphere": fibonacci_grid(40),
    "sources": BOTH[:, None],
}


@pytest.mark.parametrize("name", DEGREES)
def test_degrees_do_not_warn(name):
    y = DEGREES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_doa(y, n_samples=len(y), sources=y.ndim > 2)


def test_predictions_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mean_angular_error(RNG.uniform(-3, 3, 40), RNG.uniform(-3, 3, 40))
