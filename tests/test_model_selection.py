import warnings

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score

from sslearn.geometry import fibonacci_grid
from sslearn.model_selection import AngularStratifiedGroupKFold, AngularStratifiedKFold
from sslearn.neighbors import KNeighborsLocalizer


@pytest.fixture(params=["azimuth", "sphere"])
def problem(request):
    rng = np.random.RandomState(0)
    if request.param == "azimuth":
        y = rng.uniform(-180, 180, 240)
        X = np.c_[np.cos(np.deg2rad(y)), np.sin(np.deg2rad(y))]
    else:
        y = fibonacci_grid(240)
        X = np.c_[np.cos(np.deg2rad(y)), np.sin(np.deg2rad(y))]
    return X, y, np.arange(240) % 12


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_folds_hold_all_sectors():
    y = np.repeat([0.0, 90, 180, -90], 10)
    for _, test in AngularStratifiedKFold(5, step=90).split(y, y):
        assert np.unique(y[test], return_counts=True)[1].tolist() == [2, 2, 2, 2]


def test_sector_behind_goes_across_the_wrap():
    y = np.array([175.0, -175] * 5 + [0.0] * 10)
    for _, test in AngularStratifiedKFold(5).split(y, y):
        assert (np.abs(y[test]) == 175).sum() == 2


@pytest.mark.parametrize("elevation", [90, -90])
def test_azimuth_at_the_pole_is_no_stratum(elevation):
    pole = np.c_[np.linspace(-180, 179, 20), np.full(20, elevation)]
    y = np.concatenate([pole, [[0, 0]] * 20])
    for _, test in AngularStratifiedKFold(10).split(y, y):
        assert (y[test, 1] == elevation).sum() == 2


@pytest.mark.parametrize("n_splits", [2, 7])
def test_rare_cells_are_joined(problem, n_splits):
    X, y, _ = problem
    folds = [test for _, test in AngularStratifiedKFold(n_splits, step=1).split(X, y)]
    assert sorted(np.concatenate(folds)) == list(range(240))
    assert max(map(len, folds)) - min(map(len, folds)) <= 1


def test_groups_stay_whole(problem):
    X, y, groups = problem
    cv = AngularStratifiedGroupKFold(4, step=45, shuffle=True, random_state=0)
    for train, test in cv.split(X, y, groups):
        assert not set(groups[train]) & set(groups[test])
        assert len(test) == 60


def test_groups_are_balanced_over_directions():
    y = np.repeat([-90.0, 0, 90], 8)
    groups = np.arange(24) // 4  # each room has one direction
    for _, test in AngularStratifiedGroupKFold(2).split(y, y, groups):
        assert set(y[test]) == {-90, 0, 90}


def test_seeds_and_order(problem):
    X, y, _ = problem
    first, again, other = (
        [
            test.tolist()
            for _, test in AngularStratifiedKFold(shuffle=True, random_state=seed).split(X, y)
        ]
        for seed in (0, 0, 1)
    )
    assert first == again != other
    turned = y + 360 * np.eye(1, 2)[0] if y.ndim == 2 else y + 360
    plain = [test.tolist() for _, test in AngularStratifiedKFold().split(X, y)]
    assert [test.tolist() for _, test in AngularStratifiedKFold().split(X, turned)] == plain


def test_distance_and_lists(problem):
    X, y, _ = problem
    with_distance = np.c_[y.reshape(240, -1), np.zeros((240, 3 - y.reshape(240, -1).shape[1]))]
    with_distance[:, 2] = 1.0
    expected = [
        test.tolist() for _, test in AngularStratifiedKFold().split(X, with_distance[:, :2])
    ]
    found = AngularStratifiedKFold().split(X.tolist(), with_distance.tolist())
    assert [test.tolist() for _, test in found] == expected


def test_in_searches(problem):
    X, y, groups = problem
    model = KNeighborsLocalizer(1)
    assert cross_val_score(model, X, y, cv=AngularStratifiedKFold(3)).min() > 0.8
    search = GridSearchCV(
        model, {"n_neighbors": [1, 3]}, cv=AngularStratifiedGroupKFold(3), error_score="raise"
    )
    assert search.fit(X, y, groups=groups).best_score_ > 0.8
    cv = AngularStratifiedGroupKFold(3)
    assert cross_val_predict(model, X, y, groups=groups, cv=cv).shape == y.shape


def test_repr():
    cv = AngularStratifiedKFold(3, step=45.0)
    assert "n_splits=3" in repr(cv) and "step=45.0" in repr(cv)


@pytest.mark.parametrize("cv", [AngularStratifiedKFold, AngularStratifiedGroupKFold])
@pytest.mark.parametrize(
    ("params", "y", "match"),
    [
        ({"step": 50}, range(10), "step must be a positive divisor of 360 degrees; got 50"),
        ({"step": 0}, range(10), "step must be"),
        ({}, [np.nan] * 10, "y contains NaN"),
        ({"n_splits": 11}, range(10), "n_splits=11"),
        ({}, [[0, 91]] * 10, "elevations"),
    ],
)
def test_bad_input(cv, params, y, match):
    with pytest.raises(ValueError, match=match):
        list(
            cv(**params).split(np.zeros(10), y, None if cv is AngularStratifiedKFold else range(10))
        )


def test_missing_groups():
    with pytest.raises(ValueError, match="groups must hold"):
        AngularStratifiedGroupKFold().split(np.zeros(10), range(10), None)
