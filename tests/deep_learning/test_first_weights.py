"""``weights``, from which training starts, and ``max_epochs=0``, which keeps them."""

import pickle

import numpy as np
import pytest
from safetensors.numpy import save_file
from sklearn.base import clone

import sslearn
from sslearn.deep_learning import NeuralLocalizer
from sslearn.encoding import UnbiasedEncoding
from sslearn.geometry import circular_grid
from sslearn.networks import MLP, model_card, packaged_weights

RNG = np.random.default_rng(0)
Y = RNG.uniform(-180, 180, 60)
X = np.cos(np.deg2rad(Y)[:, None] + np.arange(6)) + 0.1 * RNG.standard_normal((60, 6))
GRID = circular_grid(30)


def localizer(**params):
    encoding = UnbiasedEncoding(GRID)
    return NeuralLocalizer(MLP((8,)), encoding=encoding, device="cpu", random_state=0, **params)


@pytest.fixture(scope="module")
def trained():
    return localizer(max_epochs=5, lr=0.05).fit(X, Y)


def test_kept_weights_predict_as_they_did(trained):
    kept = localizer(max_epochs=0, weights=trained.weights_).fit(X[:1])
    np.testing.assert_array_equal(kept.predict(X), trained.predict(X))
    assert kept.n_iter_ == 0
    assert len(kept.history_["train_loss"]) == 0
    with_y = clone(kept).fit(X, Y)
    np.testing.assert_array_equal(with_y.spatial_spectrum(X), trained.spatial_spectrum(X))


def test_training_starts_from_them(trained):
    loss = localizer(max_epochs=1, weights=trained.weights_, lr=1e-6).fit(X, Y).history_
    fresh = localizer(max_epochs=1, lr=1e-6).fit(X, Y).history_
    assert loss["train_loss"][0] < 0.8 * fresh["train_loss"][0]


def test_warm_start_comes_before_them(trained):
    model = localizer(max_epochs=5, weights=trained.weights_, warm_start=True, lr=0.05).fit(X, Y)
    last = model.weights_
    model.set_params(max_epochs=0).fit(X)
    assert not all(np.array_equal(last[k], trained.weights_[k]) for k in last)
    assert all(np.array_equal(last[k], model.weights_[k]) for k in last)


def test_files_and_copies(trained, tmp_path):
    path = tmp_path / "mine.safetensors"
    save_file(trained.weights_, path)
    kept = localizer(max_epochs=0, weights=str(path)).fit(X[:1])
    sslearn.save(kept, tmp_path / "model.sslearn")
    for copy in (pickle.loads(pickle.dumps(kept)), sslearn.load(tmp_path / "model.sslearn")):
        np.testing.assert_array_equal(copy.predict(X), trained.predict(X))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"max_epochs": 0}, "max_epochs=0 needs weights"),
        ({"weights": "absent"}, "weights must be a local file.*package's.*absent does not exist"),
        ({"weights": "masked_srp_phat"}, "another network"),
        ({"weights": {"a": np.ones(1)}}, "another network"),
        ({"max_epochs": -1}, "max_epochs"),
    ],
)
def test_bad_weights(params, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        localizer(**params).fit(X, Y)


def test_y_is_needed_for_training_and_without_a_grid(trained):
    with pytest.raises(ValueError, match="requires y to be passed"):
        localizer().fit(X)
    with pytest.raises(ValueError, match="encoding with a grid"):
        NeuralLocalizer(MLP((8,)), max_epochs=0, weights=trained.weights_).fit(X)


@pytest.mark.parametrize("name", packaged_weights())
def test_cards(name):
    card = model_card(name)
    assert {"model", "n_weights", "training", "errors", "limits", "licence"} <= set(card)


def test_unknown_card():
    with pytest.raises(ValueError, match=r"name must be one of .*masked_srp_phat.*got 'nope'"):
        model_card("nope")
