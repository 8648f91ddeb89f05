import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import GridSearchCV, cross_val_score

from sslearn.metrics import get_scorer, get_scorer_names, localization_report, mean_angular_error


@pytest.fixture
def problem():
    rng = np.random.RandomState(0)
    y = np.c_[rng.uniform(150, 210, 30), rng.uniform(-45, 45, 30)]
    return rng.randn(30, 2), y


@pytest.mark.parametrize("name", get_scorer_names())
def test_scorers_work_in_a_cross_validation(name, problem):
    X, y = problem
    scores = cross_val_score(DummyRegressor(), X, y, scoring=get_scorer(name), error_score="raise")
    assert np.isfinite(scores).all()
    if name.startswith("neg_"):
        assert (scores < 0).all()


def test_scorers_work_in_a_search(problem):
    X, y = problem
    search = GridSearchCV(
        DummyRegressor(),
        {"strategy": ["mean", "median"]},
        scoring={name: get_scorer(name) for name in get_scorer_names()},
        refit="neg_mean_angular_error",
    )
    assert "mean_test_localization_accuracy" in search.fit(X, y).cv_results_


def test_errors_turn_their_sign(problem):
    X, y = problem
    model = DummyRegressor().fit(X, y)
    expected = -mean_angular_error(y, model.predict(X))
    assert get_scorer("neg_mean_angular_error")(model, X, y) == expected


@pytest.mark.parametrize("name", ["r2", "neg_mean", None, ["d2_angular_error"]])
def test_unknown_name_lists_the_known(name):
    with pytest.raises(ValueError, match=r"name must be one of .*d2_angular_error"):
        get_scorer(name)


def test_report_of_azimuths():
    report = localization_report([0, 179, 0, 0], [3, -179, 10, 1], tolerances=[2.5])
    assert report.index.tolist() == ["azimuth"]
    assert report.columns.tolist() == [
        "n_samples",
        "mean",
        "median",
        "rmse",
        "p95",
        "accuracy_2.5",
    ]
    row = report.loc["azimuth"]
    assert row["mean"] == 4 and row["median"] == 2.5 and row["accuracy_2.5"] == 0.5
    assert row["rmse"] == pytest.approx(np.sqrt((9 + 4 + 100 + 1) / 4))


def test_report_of_groups(problem):
    _, y = problem
    groups = pd.Series(["kitchen", "hall"] * 15)
    report = localization_report(y, y + 3, groups=groups)
    assert report.index.names == ["group", "component"]
    assert report.index.levels[0].tolist() == ["kitchen", "hall", "all"]
    assert report.loc[("hall", "great_circle"), "n_samples"] == 15
    alone = localization_report(y[1::2], y[1::2] + 3)
    pd.testing.assert_frame_equal(report.loc["hall"], alone, check_names=False)


def test_report_refuses_wrong_groups():
    with pytest.raises(ValueError, match="inconsistent"):
        localization_report([0, 1], [0, 1], groups=["a"])
