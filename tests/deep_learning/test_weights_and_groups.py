"""Weights of samples, whole groups held out, and both through metadata routing."""

import numpy as np
import pytest
import torch
from sklearn import config_context
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslearn import recipes
from sslearn.datasets import make_plane_waves
from sslearn.deep_learning import NeuralLocalizer, Training
from sslearn.embedding import SiameseEmbedding
from sslearn.encoding import AngleEncoding, GaussianEncoding, MixedEncoding, UnbiasedEncoding
from sslearn.losses import PermutationInvariantLoss
from sslearn.metrics import d2_angular_error_score
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.networks import MLP

RNG = np.random.default_rng(0)
AZIMUTH = RNG.uniform(-180, 180, 120)
X = np.cos(np.deg2rad(AZIMUTH)[:, None] + np.arange(8))
TWO_SOURCES = np.stack([AZIMUTH, AZIMUTH[::-1]], axis=1)[:, :, None]
GROUPS = np.repeat(["hall", "kitchen", "office", "studio", "lab", "attic"], 20)
WEIGHT = RNG.uniform(0.1, 2.0, 120)


def fast(**params):
    return NeuralLocalizer(**{"max_epochs": 3, "lr": 5e-3, "random_state": 0} | params)


def same_weights(a, b):
    return all(np.array_equal(value, b.weights_[name]) for name, value in a.weights_.items())


CASES = {
    "vectors": (fast(), AZIMUTH),
    "angles": (fast(encoding=AngleEncoding()), AZIMUTH),
    "classes": (fast(encoding=UnbiasedEncoding(), loss="cross_entropy"), AZIMUTH),
    "mixture": (fast(encoding=MixedEncoding()), AZIMUTH),
    "absent": (
        fast(encoding=GaussianEncoding(threshold=0.3), network=MLP((32,))),
        np.where(np.arange(240).reshape(120, 2, 1) % 3, TWO_SOURCES, np.nan),
    ),
    "permuted": (fast(encoding=UnbiasedEncoding(), loss=PermutationInvariantLoss()), TWO_SOURCES),
    "valid_loss": (fast(training=Training(keep="valid_loss")), AZIMUTH),
}


@pytest.mark.parametrize("weight", [1.0, 3.0])
@pytest.mark.parametrize("name", CASES)
def test_equal_weights_are_no_weights(name, weight):
    localizer, y = CASES[name]
    first = localizer.fit(X, y).weights_
    again = localizer.fit(X, y, sample_weight=np.full(120, weight)).weights_
    assert all(np.array_equal(first[key], again[key]) for key in first)


@pytest.mark.parametrize("name", CASES)
def test_weight_zero_removes_the_sample(name):
    localizer, y = CASES[name]
    kept = np.arange(120) % 3 > 0
    removed = localizer.fit(X[kept], y[kept], sample_weight=WEIGHT[kept])
    removed, history = removed.weights_, removed.history_
    # What is not used may hold any direction.
    y = np.where(kept.reshape(-1, *[1] * (y.ndim - 1)), y, 77.0)
    localizer.fit(X, y, sample_weight=WEIGHT * kept)
    assert all(np.array_equal(removed[key], localizer.weights_[key]) for key in removed)
    np.testing.assert_array_equal(history["valid_error"], localizer.history_["valid_error"])


@pytest.mark.parametrize("name", CASES)
def test_weights_change_the_fit_and_their_scale_does_not(name):
    localizer, y = CASES[name]
    plain = localizer.fit(X, y).weights_
    weighted = localizer.fit(X, y, sample_weight=WEIGHT).weights_
    scaled = localizer.fit(X, y, sample_weight=8 * WEIGHT).weights_
    assert any(not np.array_equal(plain[key], weighted[key]) for key in plain)
    assert all(np.array_equal(scaled[key], weighted[key]) for key in plain)


def test_heavy_samples_win_where_two_disagree():
    """The same features with two directions: the vector mean follows the weights."""
    features = np.random.default_rng(0).standard_normal((400, 4))
    y, weight = np.where(np.arange(400) % 2, 90.0, 0.0), np.where(np.arange(400) % 2, 3.0, 1.0)
    network = MLP((), dropout=0.0)
    localizer = fast(network=network, max_epochs=60, lr=0.02, validation_fraction=None)
    predicted = localizer.fit(features, y, sample_weight=weight).predict(features)
    assert np.median(predicted) == pytest.approx(np.rad2deg(np.arctan2(3, 1)), abs=5)


def test_validation_error_is_weighted():
    """Half of the samples are mislabelled, and hardly weigh anything."""
    y = np.where(np.arange(120) % 2, AZIMUTH, AZIMUTH + 180)
    weight = np.where(np.arange(120) % 2, 1.0, 1e-6)
    localizer = fast(max_epochs=60, validation_fraction=0.4).fit(X, y, sample_weight=weight)
    assert localizer.history_["valid_error"].min() < 20
    absent = fast(encoding=GaussianEncoding(threshold=0.3), max_epochs=30, validation_fraction=0.4)
    two = np.where(np.arange(120)[:, None, None] % 2, TWO_SOURCES, np.nan)
    only_present = absent.fit(X, two, sample_weight=weight).history_["valid_error"]
    assert np.isfinite(only_present).all()


@pytest.mark.parametrize(
    ("sample_weight", "match"),
    [
        (np.ones(119), "sample_weight"),
        (-np.ones(120), "[Nn]egative"),
        (np.eye(120)[0], "sample_weight must be positive for at least 2"),
        (np.full(120, np.nan), "NaN"),
    ],
)
def test_invalid_weights(sample_weight, match):
    with pytest.raises(ValueError, match=match):
        fast().fit(X, AZIMUTH, sample_weight=sample_weight)


def test_loss_without_rows_takes_no_weights():
    localizer = fast(loss=torch.nn.functional.mse_loss)
    localizer.fit(X, AZIMUTH, sample_weight=np.ones(120))
    with pytest.raises(ValueError, match=r"sample_weight needs a loss.*per_row"):
        localizer.fit(X, AZIMUTH, sample_weight=WEIGHT)


def test_weights_with_a_validation_set_and_batch_transform():
    given = {"X_val": X[100:], "y_val": AZIMUTH[100:]}
    plain = fast().fit(X[:100], AZIMUTH[:100], sample_weight=WEIGHT[:100], **given)
    streamed = fast(batch_transform=StandardScaler(with_mean=False, with_std=False))
    streamed.fit(list(X[:100]), AZIMUTH[:100], sample_weight=list(WEIGHT[:100]), **given)
    for name, value in plain.weights_.items():
        np.testing.assert_allclose(value, streamed.weights_[name], rtol=1e-6)


def held_out(estimator, **fit_params):
    """Rows that an estimator holds out, recorded where its validation error is computed."""
    seen = []
    split = type(estimator)._split

    class Watched(type(estimator)):
        def _split(self, *args):
            seen.append(split(self, *args))
            return seen[-1]

    Watched.__name__ = type(estimator).__name__
    Watched(**estimator.get_params(deep=False)).fit(X, AZIMUTH, **fit_params)
    return [rows.numpy() for rows in seen[0]]


ESTIMATORS = [fast(), SiameseEmbedding(max_epochs=1, random_state=0)]


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.35, 0.5, 0.99])
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_whole_groups_are_held_out(estimator, fraction):
    estimator.set_params(validation_fraction=fraction)
    train, valid = held_out(estimator, groups=GROUPS)
    assert set(GROUPS[train]).isdisjoint(GROUPS[valid])
    assert sorted([*train, *valid]) == list(range(120))
    expected = np.clip(np.round(fraction * 6), 1, 5) * 20
    assert abs(len(valid) - expected) <= 20
    assert 20 <= len(valid) <= 100


def test_groups_of_unequal_size_and_number():
    groups = np.repeat([3, 1, 4, 7], [60, 30, 20, 10])
    sizes = {
        len(held_out(fast(validation_fraction=0.3, random_state=seed), groups=groups)[1])
        for seed in range(20)
    }
    # Half of the largest group is the most by which the nearest whole groups may miss 36.
    assert all(abs(size - 36) <= 30 for size in sizes)
    assert len(sizes) > 1


def test_groups_without_hold_out():
    train, valid = held_out(fast(validation_fraction=None), groups=GROUPS)
    assert len(train) == 120
    assert len(valid) == 0


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_invalid_groups(estimator):
    with pytest.raises(ValueError, match="groups must name at least 2 groups"):
        estimator.fit(X, AZIMUTH, groups=np.zeros(120))
    with pytest.raises(ValueError, match="groups must hold a label per sample"):
        estimator.fit(X, AZIMUTH, groups=GROUPS[:-1])


def test_groups_of_samples_of_weight_zero_do_not_count():
    weight = (GROUPS != "hall").astype(float)
    _, valid = held_out(fast(validation_fraction=0.2), groups=GROUPS, sample_weight=weight)
    assert "hall" not in GROUPS[valid]
    with pytest.raises(ValueError, match="groups must name at least 2"):
        fast().fit(X, AZIMUTH, groups=GROUPS, sample_weight=(GROUPS == "hall").astype(float))


# ------------------------------------------------------------------ routing


def test_weights_and_groups_through_a_pipeline():
    expected = fast().fit(
        StandardScaler().fit_transform(X), AZIMUTH, sample_weight=WEIGHT, groups=GROUPS
    )
    with config_context(enable_metadata_routing=True):
        localizer = fast().set_fit_request(sample_weight=True, groups=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        model = make_pipeline(scaler, localizer)
        model.fit(X, AZIMUTH, sample_weight=WEIGHT, groups=GROUPS)
    assert same_weights(model[-1], expected)


def test_groups_reach_the_splitter_and_the_hold_out():
    with config_context(enable_metadata_routing=True):
        localizer = fast().set_fit_request(groups=True, sample_weight=True)
        localizer.set_score_request(sample_weight=True)
        search = GridSearchCV(
            localizer, {"lr": [1e-3, 1e-2]}, cv=GroupKFold(3), error_score="raise"
        )
        search.fit(X, AZIMUTH, groups=GROUPS, sample_weight=WEIGHT)
        result = cross_validate(
            localizer,
            X,
            AZIMUTH,
            cv=GroupKFold(3),
            params={"groups": GROUPS, "sample_weight": WEIGHT},
            return_estimator=True,
            return_indices=True,
            error_score="raise",
        )
    best = fast(lr=search.best_params_["lr"]).fit(X, AZIMUTH, groups=GROUPS, sample_weight=WEIGHT)
    assert same_weights(search.best_estimator_, best)
    for fold in range(3):
        train, test = (result["indices"][part][fold] for part in ("train", "test"))
        by_hand = fast().fit(
            X[train], AZIMUTH[train], groups=GROUPS[train], sample_weight=WEIGHT[train]
        )
        assert same_weights(result["estimator"][fold], by_hand)
        predicted = by_hand.predict(X[test])
        score = d2_angular_error_score(AZIMUTH[test], predicted, sample_weight=WEIGHT[test])
        assert result["test_score"][fold] == pytest.approx(score)


@pytest.mark.parametrize("localizer", [KNeighborsLocalizer(), fast()])
def test_score_takes_weights(localizer):
    localizer.fit(X, AZIMUTH)
    score = localizer.score(X, AZIMUTH, sample_weight=WEIGHT)
    predicted = localizer.predict(X)
    assert score == d2_angular_error_score(AZIMUTH, predicted, sample_weight=WEIGHT)


EARS = [[0.0, 0.08, 0.0], [0.0, -0.08, 0.0]]


@pytest.mark.parametrize("name", ["feed_forward", "siamese"])
def test_through_recipes(name):
    clips, y = make_plane_waves(
        24, mic_positions=EARS, duration=0.1, random_state=0, return_X_y=True
    )
    groups = np.arange(24) // 6
    model = getattr(recipes, name)(max_epochs=1, random_state=0)
    step = model[-1] if name == "feed_forward" else model[-2]
    with config_context(enable_metadata_routing=True):
        step.set_fit_request(groups=True)
        params = {"groups": groups}
        if name == "feed_forward":
            step.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
            model.named_steps["standardscaler"].set_fit_request(sample_weight=False)
            params["sample_weight"] = np.arange(1.0, 25.0)
        model.fit(clips, y, **params)
        cross_validate(model, clips, y, cv=GroupKFold(2), params=params, error_score="raise")
