"""Every encoding as the transformer of y of scikit-learn's TransformedTargetRegressor."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor

from sslearn.encoding import (
    AngleEncoding,
    GaussianEncoding,
    GibbsWeightedEncoding,
    MixedEncoding,
    OneHotEncoding,
    SoftEncoding,
    UnbiasedEncoding,
    UnitVectorEncoding,
)
from sslearn.geometry import angles_to_unit_vectors, fibonacci_grid
from sslearn.metrics import mean_angular_error

EXACT = [
    AngleEncoding(),
    AngleEncoding("sigmoid"),
    AngleEncoding(frame_mean="circular"),
    UnitVectorEncoding(),
    UnitVectorEncoding("sigmoid"),
    UnbiasedEncoding(),
]
QUANTIZED = [OneHotEncoding(), SoftEncoding(), GaussianEncoding(), GibbsWeightedEncoding()]
ENCODINGS = [*EXACT, *QUANTIZED, MixedEncoding()]
AZIMUTH = np.random.default_rng(0).uniform(-180, 180, 300)
DIRECTIONS = np.concatenate([fibonacci_grid(400), [[0.0, 90.0], [0.0, -90.0]]])


def features(y, dtype=float):
    return (angles_to_unit_vectors(y) @ np.random.default_rng(1).normal(size=(3, 6))).astype(dtype)


def kinds(encodings):
    azimuth = [pytest.param(encoding, AZIMUTH, id=f"{encoding}-azimuth") for encoding in encodings]
    both = [
        pytest.param(encoding, DIRECTIONS, id=f"{encoding}-both")
        for encoding in encodings
        if not isinstance(encoding, SoftEncoding)
    ]
    return azimuth + both


@pytest.mark.parametrize(("encoding", "y"), kinds(ENCODINGS))
def test_nearest_neighbours(encoding, y):
    model = TransformedTargetRegressor(
        KNeighborsRegressor(1), transformer=encoding, check_inverse=False
    )
    predicted = model.fit(features(y), y).predict(features(y))
    assert predicted.shape == y.shape
    assert mean_angular_error(y, predicted) < 4
    if str(encoding) in map(str, EXACT):
        assert mean_angular_error(y, predicted) < 1e-6


@pytest.mark.parametrize(("encoding", "y"), kinds(ENCODINGS))
def test_linear_answers_are_directions(encoding, y):
    model = TransformedTargetRegressor(Ridge(), transformer=encoding, check_inverse=False)
    predicted = model.fit(features(y), y).predict(features(y))
    assert predicted.shape == y.shape
    # Refuses what is no direction, such as an elevation beyond a pole.
    assert mean_angular_error(y, predicted) < 60
    if isinstance(encoding, UnitVectorEncoding):
        assert mean_angular_error(y, predicted) < 1


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("encoding", "y"), kinds(EXACT))
def test_exact_encodings_pass_the_check_of_the_inverse(encoding, y, dtype):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = TransformedTargetRegressor(Ridge(), transformer=encoding)
        # At a pole any azimuth is right.
        y = y[np.abs(y[:, -1]) < 90] if y.ndim == 2 else y
        model.fit(features(y), y.astype(dtype))


@pytest.mark.parametrize("encoding", QUANTIZED, ids=str)
def test_quantizing_encodings_fail_the_check_of_the_inverse(encoding):
    model = TransformedTargetRegressor(Ridge(), transformer=encoding)
    with pytest.warns(UserWarning, match="not strictly inverse"):
        model.fit(features(AZIMUTH), AZIMUTH)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_a_column_comes_back_as_a_column(encoding):
    column, frame = AZIMUTH[:, None], pd.DataFrame({"azimuth": AZIMUTH})
    encoding = clone(encoding)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataConversionWarning)
        for y in (column, column.tolist(), frame):
            targets = encoding.fit_transform(y)
            np.testing.assert_array_equal(targets, encoding.transform(AZIMUTH))
            assert len(encoding.training_targets(y)) == 300
            assert encoding.inverse_transform(targets).shape == (300, 1)
    flat = encoding.fit(AZIMUTH)
    np.testing.assert_array_equal(flat.transform(column), targets)
    assert flat.inverse_transform(targets).shape == (300,)


def test_search_over_encodings():
    model = TransformedTargetRegressor(KNeighborsRegressor(3), check_inverse=False)
    encodings = [UnitVectorEncoding(), UnbiasedEncoding(), GibbsWeightedEncoding()]
    grid = {"transformer": encodings, "regressor__n_neighbors": [1, 3]}
    search = GridSearchCV(model, grid, cv=3, scoring="r2", error_score="raise")
    search.fit(features(DIRECTIONS), DIRECTIONS)
    assert len(search.cv_results_["params"]) == 6
    assert mean_angular_error(DIRECTIONS, search.predict(features(DIRECTIONS))) < 6
