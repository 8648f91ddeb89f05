import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict
from sklearn.neighbors import KNeighborsRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from sslearn.metrics import angular_error
from sslearn.neighbors import KNeighborsLocalizer


@parametrize_with_checks(
    [
        KNeighborsLocalizer(),
        KNeighborsLocalizer(n_neighbors=2, weights="distance", per_angle=True, algorithm="brute"),
        KNeighborsLocalizer(weights="squared_distance", average="angles"),
    ]
)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture
def circle():
    rng = np.random.RandomState(0)
    azimuth = rng.uniform(-180, 180, 300)
    rad = np.deg2rad(azimuth)
    return np.c_[np.cos(rad), np.sin(rad)], azimuth


def test_exponential_weights_of_the_paper():
    X, y = np.array([[0.0], [1.0], [2.0], [4.0], [7.0]]), np.array([0.0, 4.0, 1.0, 8.0, 2.0])
    squared = X[:, 0] ** 2
    weights = np.exp(-squared / np.median(squared))
    expected = weights @ y / weights.sum()
    assert KNeighborsLocalizer().fit(X, y).predict([[0.0]]) == pytest.approx([expected], abs=0.01)
    even = KNeighborsLocalizer(n_neighbors=4).fit(X, y)
    weights = np.exp(-squared[:4] / np.median(squared[:4]))
    expected = weights @ y[:4] / weights.sum()
    assert even.predict([[0.0]]) == pytest.approx([expected], abs=0.01)


def test_squared_distance_by_hand():
    # 1/1, 1/4 and 1/16 sum to 21/16.
    X, y = [[1.0], [-2.0], [4.0]], np.array([10.0, 14.0, 12.0])
    predicted = KNeighborsLocalizer(3, weights="squared_distance").fit(X, y).predict([[0.0]])
    assert predicted == pytest.approx([(16 * 10 + 4 * 14 + 12) / 21], abs=0.01)


def test_average_of_angles_stays_at_the_elevation():
    X, y = [[0.0], [0.0]], np.array([[-10.0, 20.0], [10.0, 20.0]])
    on_sphere = np.rad2deg(np.arctan2(np.tan(np.deg2rad(20)), np.cos(np.deg2rad(10))))
    for average, elevation in (("direction", on_sphere), ("angles", 20.0)):
        predicted = KNeighborsLocalizer(2, average=average).fit(X, y).predict([[0.0]])
        np.testing.assert_allclose(predicted, [[0.0, elevation]], atol=1e-9)
    # With distances, which are averaged in both.
    y = np.column_stack([y, [1.0, 2.0]])
    predicted = KNeighborsLocalizer(2, average="angles").fit(X, y).predict([[0.0]])
    np.testing.assert_allclose(predicted, [[0.0, 20.0, 1.5]], atol=1e-9)


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_equals_the_plain_mean_of_close_neighbours(weights):
    rng = np.random.RandomState(0)
    X, y = rng.randn(200, 3), rng.uniform(20, 30, 200)
    expected = KNeighborsRegressor(weights=weights).fit(X, y).predict(X[:50] + 0.1)
    localizer = KNeighborsLocalizer(weights=weights).fit(X, y)
    np.testing.assert_allclose(localizer.predict(X[:50] + 0.1), expected, atol=0.01)


@pytest.mark.parametrize("weights", ["exponential", "uniform", "distance", np.ones_like])
def test_right_across_the_wrap(weights, circle):
    X, y = circle
    localizer = KNeighborsLocalizer(weights=weights).fit(X, y)
    predicted = localizer.predict(X)
    assert angular_error(y, predicted).max() < 12
    assert predicted.min() >= -180 and predicted.max() < 180
    assert angular_error(localizer.fit(X, y + 360).predict(X), predicted).max() < 1e-9


def test_mean_over_the_pole():
    X, y = [[0.0], [0.0]], [[0, 80], [180, 80]]
    predicted = KNeighborsLocalizer(2).fit(X, y).predict([[0.0]])
    assert predicted[0, 1] == pytest.approx(90)


@pytest.mark.parametrize("y", [[30, -150], [[30, 20], [-150, -20]]])
def test_opposite_neighbours_leave_the_nearest(y):
    localizer = KNeighborsLocalizer(2, weights="uniform").fit([[0.0], [1.0]], y)
    np.testing.assert_allclose(localizer.predict([[0.1], [0.9]]), y)


@pytest.mark.parametrize("weights", ["exponential", "distance"])
def test_duplicates_share_the_weight(weights):
    X = [[0.0]] * 3 + [[1.0]] * 2
    localizer = KNeighborsLocalizer(weights=weights).fit(X, [10, 20, 30, 90, 90])
    assert localizer.predict([[0.0]]) == pytest.approx([20])


def test_a_single_duplicate_is_no_break_of_the_exponential_weights():
    localizer = KNeighborsLocalizer(3).fit([[0.0], [1.0], [1.0]], [0, 10, 10])
    share = 2 * np.exp(-1) / (1 + 2 * np.exp(-1))
    assert localizer.predict([[0.0]]) == pytest.approx([10 * share], abs=0.01)


def test_distance_is_averaged():
    X, y = [[0.0], [1.0]], [[0, 0, 1.0], [10, 0, 2.0]]
    predicted = KNeighborsLocalizer(2, weights="uniform").fit(X, y).predict([[0.4]])
    np.testing.assert_allclose(predicted, [[5, 0, 1.5]], atol=1e-9)


@pytest.mark.parametrize("n_columns", [2, 3])
def test_per_angle_regresses_each_angle_in_its_block(n_columns):
    rng = np.random.RandomState(0)
    blocks = rng.randn(60, 3), rng.randn(60, 3)
    y = np.c_[rng.uniform(-180, 180, 60), rng.uniform(-90, 90, 60), rng.uniform(1, 2, 60)]
    y = y[:, :n_columns]
    localizer = KNeighborsLocalizer(per_angle=True).fit(np.hstack(blocks), y)
    predicted = localizer.predict(np.hstack(blocks) + 0.1)
    assert predicted.shape == y.shape
    for column, block in enumerate(blocks):
        alone = KNeighborsLocalizer().fit(block, y[:, column])
        np.testing.assert_allclose(predicted[:, column], alone.predict(block + 0.1))
        assert np.abs(predicted[:, 1]).max() <= 90
        np.testing.assert_array_equal(
            localizer.kneighbors(np.hstack(blocks))[1][column], alone.kneighbors(block)[1]
        )


def test_per_angle_has_no_effect_on_azimuth_alone(circle):
    X, y = circle
    expected = KNeighborsLocalizer().fit(X, y).predict(X)
    np.testing.assert_array_equal(
        KNeighborsLocalizer(per_angle=True).fit(X, y).predict(X), expected
    )


def test_kneighbors_leaves_the_sample_itself_out(circle):
    X, y = circle
    localizer = KNeighborsLocalizer().fit(X, y)
    indices = localizer.kneighbors(n_neighbors=2, return_distance=False)
    assert indices.shape == (300, 2)
    assert not (indices == np.arange(300)[:, None]).any()


def test_float32_stays(circle):
    X, y = circle
    localizer = KNeighborsLocalizer().fit(X.astype(np.float32), y.astype(np.float32))
    predicted = localizer.predict(X.astype(np.float32))
    assert predicted.dtype == np.float32 and predicted.max() < 180
    np.testing.assert_allclose(predicted, KNeighborsLocalizer().fit(X, y).predict(X), atol=1e-2)


def test_float32_never_rounds_up_to_180():
    X = np.zeros((1, 1), dtype=np.float32)
    assert KNeighborsLocalizer(1).fit(X, [180 - 1e-9]).predict(X).tolist() == [-180]


def test_lists_equal_arrays_and_nothing_is_modified(circle):
    X, y = circle
    before = X.copy(), y.copy()
    expected = KNeighborsLocalizer().fit(X, y).predict(X)
    listed = KNeighborsLocalizer().fit(X.tolist(), y.tolist()).predict(X.tolist())
    np.testing.assert_array_equal(listed, expected)
    np.testing.assert_array_equal(X, before[0])
    np.testing.assert_array_equal(y, before[1])


def test_clone_pickle_and_refit(circle):
    X, y = circle
    localizer = KNeighborsLocalizer().fit(X, y)
    restored = pickle.loads(pickle.dumps(localizer))
    np.testing.assert_array_equal(restored.predict(X), localizer.predict(X))
    doa = np.c_[y, np.zeros(300)]
    np.testing.assert_allclose(
        localizer.fit(X, doa).predict(X)[:, 0], clone(localizer).fit(X, y).predict(X)
    )


def test_search_and_groups(circle):
    X, y = circle
    groups = np.arange(300) % 6
    search = GridSearchCV(
        KNeighborsLocalizer(),
        {"n_neighbors": [1, 5], "weights": ["uniform", "exponential"]},
        cv=GroupKFold(3),
        error_score="raise",
    )
    assert search.fit(X, y, groups=groups).best_score_ > 0.9
    doa = np.c_[y, y / 4]
    predicted = cross_val_predict(KNeighborsLocalizer(), X, doa, groups=groups, cv=GroupKFold(3))
    assert predicted.shape == doa.shape


@pytest.mark.parametrize(
    ("change", "y", "match"),
    [
        ({}, None, "requires y"),
        ({}, [0, 1], "inconsistent numbers of samples, 3 in X and 2 in y"),
        ({}, [0, 1, np.nan], "y contains NaN"),
        ({}, [[0, 91], [0, 0], [0, 0]], r"elevations.*91 in row 0"),
        ({"n_neighbors": 4}, [0, 1, 2], "n_neighbors=4 and n_samples = 3"),
        ({"n_neighbors": 0}, [0, 1, 2], "n_neighbors"),
        ({"weights": "close"}, [0, 1, 2], "weights"),
        ({"per_angle": True}, [[0, 1]] * 3, "equally many columns"),
    ],
)
def test_bad_fit(change, y, match):
    localizer = KNeighborsLocalizer(**({"n_neighbors": 2} | change))
    with pytest.raises(ValueError, match=match):
        localizer.fit([[0.0], [1.0], [2.0]], y)


@pytest.mark.parametrize(
    ("weights", "match"),
    [
        (lambda d: d[:, :1], "shape of the distances"),
        (np.zeros_like, "positive sum"),
        (lambda d: d * np.nan, "finite"),
    ],
)
def test_bad_weights(weights, match):
    localizer = KNeighborsLocalizer(2, weights=weights).fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(ValueError, match=match):
        localizer.predict([[0.5]])


def test_too_many_neighbours_are_refused_when_asked(circle):
    localizer = KNeighborsLocalizer().fit(*circle)
    with pytest.raises(ValueError, match="n_neighbors=301 and n_samples = 300"):
        localizer.kneighbors(n_neighbors=301)


def test_column_vector_warns(circle):
    X, y = circle
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        localizer = KNeighborsLocalizer().fit(X, y[:, None])
    assert localizer.predict(X).shape == y.shape
