import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sslearn.base import LocalizerMixin
from sslearn.metrics import (
    angular_scorers,
    d2_angular_error_score,
    false_alarm_rate,
    get_scorer,
    get_scorer_names,
    localization_report,
    matched_angular_error,
    mean_angular_error,
    median_angular_error,
    missed_detection_rate,
)
from sslearn.neighbors import KNeighborsLocalizer


@pytest.fixture
def problem():
    rng = np.random.RandomState(0)
    y = np.c_[rng.uniform(150, 210, 30), rng.uniform(-45, 45, 30)]
    return rng.randn(30, 2), y


SEVERAL_ONLY = {"neg_detection_error", "neg_false_alarm_rate", "neg_missed_detection_rate"}
ONE_ONLY = {"neg_front_back_confusion_rate"}
PICTURES = {"consensus_iou", "iou_auc", "pointing_accuracy"}
ONE = sorted(set(get_scorer_names()) - SEVERAL_ONLY - PICTURES)
SEVERAL = sorted(set(get_scorer_names()) - ONE_ONLY - PICTURES)


class Constant(LocalizerMixin, BaseEstimator):
    """Predicts one scene, two sources, for every sample."""

    def fit(self, X, y):
        self.scene_ = np.array([[160.0, 10.0], [-140.0, -10.0]])
        return self

    def predict(self, X):
        return np.tile(self.scene_, (len(X), 1, 1))


class Pointer(RegressorMixin, BaseEstimator):
    """Similarity maps are the samples."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def similarity_map(self, X):
        return X

    def predict(self, X):
        rows, columns = np.unravel_index(X.reshape(len(X), -1).argmax(axis=1), X.shape[1:])
        return (np.stack([columns, rows], axis=1) + 0.5) / X.shape[:0:-1]


@pytest.fixture
def pictures():
    rng = np.random.RandomState(0)
    corners = rng.uniform(0, 0.5, (30, 2))
    return rng.rand(30, 3, 4), np.hstack([corners, corners + 0.4])


@pytest.fixture
def scenes():
    rng = np.random.RandomState(0)
    y = np.stack(
        [rng.uniform([[150, -45], [-145, -45]], [[165, 45], [-135, 45]]) for _ in range(30)]
    )
    y[::5, 1] = np.nan
    return rng.randn(30, 2), y


@pytest.mark.parametrize("name", SEVERAL)
def test_scorers_of_several_sources(name, scenes):
    X, y = scenes
    scores = cross_val_score(Constant(), X, y, scoring=get_scorer(name), error_score="raise")
    assert np.isfinite(scores).all()
    if name.startswith("neg_"):
        assert (scores < 0).all()


def test_score_of_several_sources(scenes):
    X, y = scenes
    model = Constant().fit(X, y)
    assert model.score(X, y) == d2_angular_error_score(y, model.predict(X))


@pytest.mark.parametrize("name", get_scorer_names())
def test_scorers_weight_the_samples(name, problem, scenes, pictures):
    one, several = (KNeighborsLocalizer(), problem), (Constant(), scenes)
    model, (X, y) = one if name in ONE else (Pointer(), pictures) if name in PICTURES else several
    every, weight = np.arange(len(X)), np.arange(len(X)) % 4
    copies = np.repeat(every, weight)
    expected = get_scorer(name)(model.fit(X, y), X[copies], y[copies])
    with config_context(enable_metadata_routing=True):
        scores = cross_val_score(
            model,
            X,
            y,
            cv=[(every, every)],
            scoring=get_scorer(name).set_score_request(sample_weight=True),
            params={"sample_weight": weight},
            error_score="raise",
        )
    assert scores == pytest.approx([expected], abs=1e-6)


@pytest.mark.parametrize("name", ONE)
def test_scorers_work_in_a_cross_validation(name, problem):
    X, y = problem
    scores = cross_val_score(DummyRegressor(), X, y, scoring=get_scorer(name), error_score="raise")
    assert np.isfinite(scores).all()
    if name.startswith("neg_"):
        assert (scores < 0).all() or name in ONE_ONLY


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_scorers_of_pictures_see_through_searches_and_pipelines(name, pictures):
    X, y = pictures
    expected = get_scorer(name)(Pointer().fit(X), X, y)
    pipeline = make_pipeline(FunctionTransformer(np.negative), "passthrough", Pointer())
    search = GridSearchCV(pipeline, {}, scoring=get_scorer(name), cv=2).fit(-X, y)
    assert get_scorer(name)(search, -X, y) == expected
    scores = cross_val_score(search, -X, y, cv=2, scoring=get_scorer(name), error_score="raise")
    assert np.mean(scores) == pytest.approx(expected)


def test_scorers_take_parameters_of_the_measure(pictures):
    X, _ = pictures
    y = np.tile([[0, 0, 0.5, 1], [0, 0, 1, 1]], (30, 1, 1))
    scorer = get_scorer("consensus_iou", agreement=2, threshold=0.0)
    # The whole picture: (0.5 + 0.5 * 0.5) / (0.5 + 0.5 * 0.5) with two annotators.
    assert scorer(Pointer(), X, y) == 1
    assert get_scorer("iou_auc", agreement=3, threshold=0.0)(Pointer(), X, y) == pytest.approx(1)
    assert pickle.loads(pickle.dumps(scorer))(Pointer(), X, y) == 1
    assert get_scorer("neg_mean_azimuth_error", component=None)._kwargs == {"component": None}
    with pytest.raises(ValueError, match=r"consensus_iou takes the parameters \['min_iou'.*'cure'"):
        get_scorer("consensus_iou", cure=2)
    with pytest.raises(TypeError, match=r"must have similarity_map.*; got Constant"):
        scorer(Constant().fit(X, y), X, y)


def test_scorers_work_in_a_search(problem):
    X, y = problem
    search = GridSearchCV(
        DummyRegressor(),
        {"strategy": ["mean", "median"]},
        scoring=angular_scorers(*ONE),
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


def test_report_of_several_sources():
    nan = np.nan
    true = [[[179.0, 0.0], [20.0, 0.0]], [[0.0, 80.0], [nan, nan]]]
    pred = [[[24.0, 3.0], [-179.0, 0.0]], [[180.0, 80.0], [50.0, 0.0]]]
    report = localization_report(true, pred, tolerances=[4, 30])
    assert report.index.tolist() == ["azimuth", "elevation", "great_circle"]
    assert report.columns.tolist()[:3] == ["n_samples", "n_sources", "n_matched"]
    assert report[["n_samples", "n_sources", "n_matched"]].to_numpy().tolist() == [[2, 3, 3]] * 3
    both = np.rad2deg(np.arccos(np.cos(np.deg2rad(4)) * np.cos(np.deg2rad(3))))
    assert report["median"].tolist() == pytest.approx([4, 0, both])
    assert report["accuracy_4"].tolist() == pytest.approx([2 / 3, 1, 1 / 3])
    assert report["false_alarms_4"].tolist() == pytest.approx([2 / 3, 1 / 3, 1])
    assert report.loc["great_circle", "accuracy_30"] == 1
    assert report.loc["great_circle", "false_alarms_30"] == pytest.approx(1 / 3)


def test_report_of_groups_of_several_sources():
    rng = np.random.RandomState(0)
    y = rng.uniform(-180, 180, (12, 5, 2, 1))
    groups = ["near", "far"] * 6
    report = localization_report(y, y[:, :, ::-1] + 3, groups=groups)
    assert report["n_sources"].tolist() == [60, 60, 120]
    assert report.loc["all", "mean"].tolist() == pytest.approx([3.0], abs=0.2)


def test_report_without_any_match():
    report = localization_report(np.zeros((2, 1, 1)), np.full((2, 2, 1), np.nan), tolerances=[5])
    row = report.loc["azimuth"]
    assert row["n_matched"] == 0 and np.isnan(row["mean"])
    assert row["accuracy_5"] == 0 and row["missed_5"] == 1 and row["false_alarms_5"] == 0
    assert np.isnan(row["hit_error_5"])
    silent = localization_report(np.full((2, 1, 1), np.nan), np.zeros((2, 1, 1)))
    assert silent[["accuracy_5", "false_alarms_5"]].isna().all(axis=None)


def test_scorers_of_several_names():
    assert angular_scorers(*ONE) == {name: get_scorer(name) for name in ONE}
    with pytest.raises(ValueError, match="names must hold at least one of"):
        angular_scorers()
    with pytest.raises(ValueError, match="name must be one of"):
        angular_scorers("d2_angular_error", "r2")


def test_report_of_several_methods(problem):
    _, y = problem
    report = localization_report(y, {"near": y + 1, "far": (y + np.array([9.0, 0.0])).tolist()})
    assert report.index.names == ["method", "component"]
    assert report.index.levels[0].tolist() == ["near", "far"]
    pd.testing.assert_frame_equal(report.loc["near"], localization_report(y, y + 1), check_names=0)
    assert report.loc[("far", "azimuth"), "median"] == pytest.approx(9.0)
    groups = ["a", "b"] * 15
    report = localization_report(y, {"near": y + 1}, groups=groups)
    assert report.index.names == ["method", "group", "component"]
    assert report.loc[("near", "all", "azimuth"), "n_samples"] == 30
    with pytest.raises(ValueError, match="y_pred must hold the predictions"):
        localization_report(y, {})
    with pytest.raises(ValueError, match="y_pred"):
        localization_report(y, {"a": "x"})


def test_report_weighs_as_the_functions_do(problem):
    _, y = problem
    rng = np.random.default_rng(0)
    predicted, weight = y + rng.normal(0, [10, 1], y.shape), rng.integers(0, 4, 30)
    row = localization_report(y, predicted, sample_weight=weight).loc["great_circle"]
    assert row["mean"] == pytest.approx(mean_angular_error(y, predicted, sample_weight=weight))
    assert row["median"] == pytest.approx(median_angular_error(y, predicted, sample_weight=weight))
    copies = np.repeat(np.arange(30), weight)
    repeated = localization_report(y[copies], predicted[copies]).loc["great_circle"]
    columns = ["mean", "rmse", "accuracy_5", "accuracy_10", "accuracy_15"]
    np.testing.assert_allclose(row[columns], repeated[columns])
    assert abs(row["p95"] - repeated["p95"]) < 1.5
    ones = localization_report(y, predicted, sample_weight=np.ones(30)).drop(columns="p95")
    pd.testing.assert_frame_equal(ones, localization_report(y, predicted).drop(columns="p95"))


def test_report_of_sources_weighs_as_the_rates_do():
    nan = np.nan
    true = np.array([[[179.0], [20.0]], [[0.0], [nan]], [[50.0], [nan]]])
    pred = np.array([[[24.0], [-179.0]], [[90.0], [nan]], [[51.0], [-90.0]]])
    weight = np.array([1.0, 3.0, 2.0])
    row = localization_report(true, pred, sample_weight=weight).loc["azimuth"]
    missed = missed_detection_rate(true, pred, sample_weight=weight)
    assert row["accuracy_5"] == pytest.approx(1 - missed)
    assert row["mean"] == pytest.approx(mean_angular_error(true, pred, sample_weight=weight))


def test_report_of_tracks_agrees_with_the_functions():
    rng = np.random.default_rng(0)
    true = rng.uniform(-180, 180, (5, 20, 2, 1))
    pred = true[:, :, ::-1] + rng.uniform(-8, 8, true.shape)
    for y in (true, pred):
        y[rng.random(y.shape[:3]) < 0.3] = np.nan
    weight = rng.uniform(size=5)
    options = {"active_only": True, "sample_weight": weight}
    row = localization_report(true, pred, tolerances=[4], **options).loc["azimuth"]
    pair = {"y_true": true, "y_pred": pred, "tolerance": 4, "sample_weight": weight}
    assert row["missed_4"] == pytest.approx(missed_detection_rate(**pair))
    assert row["accuracy_4"] == pytest.approx(1 - row["missed_4"])
    assert row["false_alarms_4"] == pytest.approx(false_alarm_rate(**pair, active_only=True))
    assert row["hit_error_4"] == pytest.approx(matched_angular_error(**pair))
    everywhere = localization_report(true, pred, tolerances=[4], sample_weight=weight)
    assert everywhere.loc["azimuth", "false_alarms_4"] > row["false_alarms_4"]


def test_report_of_azimuths_matches_within_the_tolerance():
    # Without a limit the sums are equal; the pair of 10 to 10 is a hit whichever is chosen.
    report = localization_report([[[0.0], [10.0]]], [[[10.0], [30.0]]], tolerances=[5])
    assert report.loc["azimuth", "missed_5"] == 0.5


def test_report_of_a_group_without_weight():
    report = localization_report([0, 10], [1, 12], groups=["a", "b"], sample_weight=[1, 0])
    assert np.isnan(report.loc[("b", "azimuth"), ["mean", "median", "rmse", "p95"]]).all()
    assert report.loc[("all", "azimuth"), "mean"] == 1


@pytest.mark.parametrize("bad", [None, 5, "x", [-1], [np.nan], [[5]], [[5], [5, 6]], {"a": 1}])
def test_report_refuses_wrong_tolerances(bad):
    with pytest.raises(ValueError, match="tolerances"):
        localization_report([0, 1], [0, 1], tolerances=bad)


@pytest.mark.parametrize("bad", ["x", [1.0], [-1.0, 1.0], [0.0, 0.0], [[1.0], [1.0]], [1j, 1], {1}])
def test_weights_are_named(bad):
    if bad == [0.0, 0.0]:
        pytest.importorskip("sklearn", "1.9")  # where weights that are all 0 are refused
    for measure in (mean_angular_error, d2_angular_error_score, localization_report):
        with pytest.raises(ValueError, match="sample_weight"):
            measure([0, 1], [0, 1], sample_weight=bad)
