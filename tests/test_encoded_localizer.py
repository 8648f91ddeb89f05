"""Regressors of scikit-learn behind every encoding."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from sslearn.base import EncodedLocalizer, is_localizer
from sslearn.decoding import PeakDecoder
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
from sslearn.geometry import angles_to_unit_vectors, circular_grid, fibonacci_grid
from sslearn.metrics import d2_angular_error_score, mean_angular_error

RNG = np.random.default_rng(0)
AZIMUTH = RNG.uniform(-180, 180, 200)
BOTH = fibonacci_grid(200)
ENCODINGS = [
    None,
    AngleEncoding(),
    AngleEncoding("sigmoid"),
    UnitVectorEncoding("sigmoid"),
    OneHotEncoding(),
    UnbiasedEncoding(),
    GaussianEncoding(),
    GibbsWeightedEncoding(),
    MixedEncoding(),
]


def features(y):
    return angles_to_unit_vectors(y) @ np.random.default_rng(1).normal(size=(3, 6))


X = features(AZIMUTH)


@pytest.mark.parametrize("y", [AZIMUTH, BOTH], ids=["azimuth", "both"])
@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_every_encoding(encoding, y):
    localizer = EncodedLocalizer(KNeighborsRegressor(1), encoding=encoding)
    predicted = localizer.fit(features(y), y).predict(features(y))
    assert predicted.shape == y.shape
    assert mean_angular_error(y, predicted) < 4
    assert localizer.score(features(y), y) > 0.95


@pytest.mark.parametrize(
    "regressor",
    [
        SVR(C=10),
        HistGradientBoostingRegressor(max_iter=50),
        RandomForestRegressor(20, random_state=0),
        make_pipeline(StandardScaler(), SVR(C=10)),
        GridSearchCV(SVR(), {"C": [1, 10]}, cv=2),
        make_pipeline(StandardScaler(), RidgeCV()),
    ],
    ids=lambda regressor: type(regressor).__name__,
)
@pytest.mark.parametrize("encoding", [None, AngleEncoding()], ids=str)
def test_every_kind_of_regressor(regressor, encoding, recwarn):
    localizer = EncodedLocalizer(regressor, encoding=encoding).fit(X, AZIMUTH)
    assert localizer.predict(X).shape == (200,)
    if encoding is None:
        assert localizer.score(X, AZIMUTH) > 0.9
    elif "Ridge" not in str(regressor):
        assert localizer.score(X, AZIMUTH) > 0.6
    assert not [w for w in recwarn if "column" in str(w.message)]


def test_one_output_is_fitted_once_per_component():
    localizer = EncodedLocalizer(SVR()).fit(X, AZIMUTH)
    assert isinstance(localizer.regressor_, MultiOutputRegressor)
    vectors = UnitVectorEncoding().fit_transform(AZIMUTH)
    outputs = np.stack([SVR().fit(X, column).predict(X) for column in vectors.T], axis=1)
    by_hand = np.rad2deg(np.arctan2(outputs[:, 1], outputs[:, 0]))
    np.testing.assert_allclose(localizer.predict(X), by_hand, atol=1e-9)


def test_score_is_angular():
    """Targets on both sides of 180 degrees, where the R2 of raw degrees is far below 0."""
    y = np.tile([179.0, -179.0], 50)
    localizer = EncodedLocalizer(Ridge()).fit(X[:100], y)
    predicted = localizer.predict(X[:100])
    assert localizer.score(X[:100], y) == d2_angular_error_score(y, predicted)
    assert np.abs(predicted).min() > 178
    assert is_localizer(localizer)
    assert is_localizer(GridSearchCV(localizer, {"regressor__alpha": [1.0]}))
    assert not is_localizer(Ridge())


def test_spectrum():
    grid = circular_grid(10.0)
    localizer = EncodedLocalizer(KNeighborsRegressor(3), encoding=UnbiasedEncoding(grid))
    spectrum = localizer.fit(X, AZIMUTH).spatial_spectrum(X)
    assert spectrum.shape == (200, 36)
    np.testing.assert_array_equal(localizer.grid_, grid)
    assert ((spectrum >= 0) & (spectrum <= 1)).all()
    decoded = localizer.encoding_.inverse_transform(spectrum)
    np.testing.assert_array_equal(decoded, localizer.predict(X))
    assert not hasattr(EncodedLocalizer(Ridge()), "spatial_spectrum")


def test_scores_that_are_all_negative_still_rank():
    class Constant(Ridge):
        def predict(self, X):
            return np.tile([-3.0, -1.0, -2.0], (len(X), 1))

    encoding = OneHotEncoding([-90.0, 0.0, 90.0])
    localizer = EncodedLocalizer(Constant(), encoding=encoding).fit(X[:4], [0, 0, 90, -90])
    assert localizer.spatial_spectrum(X[:2]).tolist() == [[-3, -1, -2]] * 2


@pytest.mark.parametrize("n_angles", [1, 2])
def test_several_sources_absent_ones_and_tracks(n_angles):
    first, second = BOTH[:100, :n_angles], BOTH[100:, :n_angles]
    y = np.stack([first, second], axis=1)
    y[::5, 1] = np.nan
    inputs = RNG.standard_normal((100, 8))
    localizer = EncodedLocalizer(
        KNeighborsRegressor(1), encoding=GaussianEncoding(threshold=0.3)
    ).fit(inputs, y)
    predicted = localizer.predict(inputs)
    assert predicted.shape == y.shape
    np.testing.assert_array_equal(np.isnan(predicted).sum(), np.isnan(y).sum())
    assert localizer.score(inputs, y) > 0.9
    track = np.stack([y, y], axis=1)
    assert localizer.fit(inputs, track).predict(inputs).shape == (100, 2, 2, n_angles)


def test_decoder_of_several_sources():
    localizer = EncodedLocalizer(
        KNeighborsRegressor(1), encoding=GaussianEncoding(decoder=PeakDecoder(2))
    )
    assert localizer.fit(X, AZIMUTH).predict(X).shape == (200, 2, 1)


def test_encodings_that_cannot_are_named():
    y = np.stack([AZIMUTH, AZIMUTH], axis=1)[:, :, None]
    with pytest.raises(ValueError, match="encodes one source in each sample"):
        EncodedLocalizer(Ridge(), encoding=AngleEncoding()).fit(X, y)
    with pytest.raises(ValueError, match="azimuth"):
        EncodedLocalizer(Ridge(), encoding=SoftEncoding()).fit(X, BOTH)


def test_weights():
    weight = (np.arange(200) % 2).astype(float)
    for regressor in (Ridge(), SVR(), HistGradientBoostingRegressor(max_iter=20)):
        weighted = EncodedLocalizer(regressor).fit(X, AZIMUTH, sample_weight=weight)
        subset = EncodedLocalizer(clone(regressor)).fit(X[1::2], AZIMUTH[1::2])
        difference = mean_angular_error(weighted.predict(X), subset.predict(X))
        assert difference < (20 if "Hist" in str(regressor) else 1)


@pytest.mark.parametrize("regressor", [Ridge(), SVR()])
def test_routing_through_searches(regressor):
    weight = RNG.uniform(0.1, 2, 200)
    name = "alpha" if isinstance(regressor, Ridge) else "C"
    with config_context(enable_metadata_routing=True):
        regressor = clone(regressor).set_fit_request(sample_weight=True)
        localizer = EncodedLocalizer(regressor).set_score_request(sample_weight=True)
        search = GridSearchCV(localizer, {f"regressor__{name}": [1.0]}, cv=2)
        search.fit(X, AZIMUTH, sample_weight=weight)
        result = cross_validate(
            localizer,
            X,
            AZIMUTH,
            cv=2,
            params={"sample_weight": weight},
            error_score="raise",
        )
    plain = clone(regressor)
    expected = EncodedLocalizer(plain.set_params(**{name: 1.0}))
    expected = expected.fit(X, AZIMUTH, sample_weight=weight)
    np.testing.assert_array_equal(search.predict(X), expected.predict(X))
    half = EncodedLocalizer(plain).fit(X[100:], AZIMUTH[100:], sample_weight=weight[100:])
    score = half.score(X[:100], AZIMUTH[:100], sample_weight=weight[:100])
    assert result["test_score"][0] == pytest.approx(score)


def test_search_over_encodings_and_regressors():
    grid = {
        "encoding": [None, UnbiasedEncoding(circular_grid(20.0))],
        "regressor": [Ridge(), KNeighborsRegressor(3)],
    }
    search = GridSearchCV(EncodedLocalizer(Ridge()), grid, cv=2, error_score="raise")
    assert search.fit(X, AZIMUTH).best_score_ > 0.9
    folds = cross_val_score(search.best_estimator_, X, AZIMUTH, cv=3)
    assert np.isfinite(folds).all()


def test_names_and_numbers_of_features():
    frame = pd.DataFrame(X, columns=list("abcdef"))
    for regressor in (Ridge(), SVR()):
        localizer = EncodedLocalizer(regressor).fit(frame, AZIMUTH)
        assert localizer.feature_names_in_.tolist() == list("abcdef")
        assert localizer.n_features_in_ == 6
        assert not hasattr(localizer.fit(X, AZIMUTH), "feature_names_in_")


def test_sparse_features():
    dense = EncodedLocalizer(Ridge()).fit(X, AZIMUTH).predict(X)
    given = sparse.csr_array(X)
    np.testing.assert_allclose(
        EncodedLocalizer(Ridge(solver="lsqr", tol=1e-12)).fit(given, AZIMUTH).predict(given),
        dense,
        atol=0.5,
    )


def test_refused_refit():
    localizer = EncodedLocalizer(Ridge()).fit(X, AZIMUTH)
    with pytest.raises(ValueError, match="NaN"):
        localizer.fit(X[:, :3], np.full(200, np.nan))
    with pytest.raises(NotFittedError):
        localizer.predict(X)
