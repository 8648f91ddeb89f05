import numpy as np
import pytest
from sklearn import config_context
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslearn.base import is_localizer
from sslearn.metrics import d2_angular_error_score
from sslearn.neighbors import KNeighborsLocalizer


@pytest.fixture
def problem():
    rng = np.random.RandomState(0)
    y = np.stack([rng.uniform(150, 210, 40), rng.uniform(-45, 45, 40)], axis=1)
    X = y + rng.normal(0, 10, (40, 2))
    return X, y, rng.randint(0, 4, 40).astype(float)


def test_score_is_the_angular_d2(problem):
    X, y, _ = problem
    model = KNeighborsLocalizer().fit(X, y)
    assert model.score(X, y) == d2_angular_error_score(y, model.predict(X))


@pytest.mark.parametrize("layout", ["azimuth", "direction"])
def test_a_weight_is_a_number_of_copies(problem, layout):
    X, y, weight = problem
    y = y[:, 0] if layout == "azimuth" else y
    model = KNeighborsLocalizer().fit(X, y)
    copies = np.repeat(np.arange(40), weight.astype(int))
    weighted = model.score(X, y, sample_weight=weight)
    assert weighted == pytest.approx(model.score(X[copies], y[copies]), abs=1e-6)
    assert abs(weighted - model.score(X, y)) > 1e-3


@pytest.mark.parametrize(
    ("weight", "message"),
    [([1.0], "sample_weight"), (-np.ones(40), "[Nn]egative"), (np.full(40, np.nan), "NaN")],
)
def test_wrong_weights(problem, weight, message):
    X, y, _ = problem
    with pytest.raises(ValueError, match=message):
        KNeighborsLocalizer().fit(X, y).score(X, y, sample_weight=weight)


def test_weights_are_routed_to_the_score_of_each_fold(problem):
    X, y, weight = problem
    folds = [(np.arange(20), np.arange(20, 40)), (np.arange(20, 40), np.arange(20))]
    with config_context(enable_metadata_routing=True):
        model = KNeighborsLocalizer().set_score_request(sample_weight=True)
        params = {"sample_weight": weight}
        scores = cross_val_score(model, X, y, cv=folds, params=params, error_score="raise")
    expected = [
        KNeighborsLocalizer().fit(X[a], y[a]).score(X[b], y[b], sample_weight=weight[b])
        for a, b in folds
    ]
    assert scores.tolist() == expected


def test_is_localizer():
    model = KNeighborsLocalizer()
    assert is_localizer(model)
    assert is_localizer(make_pipeline(StandardScaler(), model))
    assert is_localizer(GridSearchCV(model, {"n_neighbors": [3]}))
    assert not is_localizer(StandardScaler())
