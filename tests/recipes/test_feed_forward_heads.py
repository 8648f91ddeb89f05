"""Weights of the package that localize with any head."""

import pickle
from importlib.resources import files

import numpy as np
import pytest
from sklearn.base import clone

import sslearn
from sslearn import recipes
from sslearn.datasets import make_binaural
from sslearn.geometry import angles_to_unit_vectors
from sslearn.metrics import median_angular_error
from sslearn.networks import model_card
from sslearn.simulation import Placement

NAME = "feed_forward_heads"


def heads(**params):
    return recipes.feed_forward(weights="heads", device="cpu", **params)


@pytest.fixture(scope="module")
def clips():
    """Clips of a computed head, which no training knows, in front at the height of the ears."""
    placement = Placement(azimuth_range=(-80, 80), elevation_range=(-10, 10))
    return make_binaural(60, placement=placement, random_state=0)


@pytest.fixture(scope="module")
def fitted(clips):
    return heads().fit(clips.data)


def test_weights_are_small_and_in_single_precision(fitted):
    from safetensors.numpy import load_file

    path = files("sslearn.networks") / "weights" / f"{NAME}.safetensors"
    stored = load_file(path)
    n_weights = sum(value.size for value in stored.values())
    assert {value.dtype for value in stored.values()} == {np.dtype(np.float32)}
    assert n_weights == model_card(NAME)["n_weights"] <= 500_000
    assert path.stat().st_size < 2_000_000
    for name, value in stored.items():
        np.testing.assert_array_equal(fitted[-1].weights_[name], value)


def test_weights_need_no_scaler(fitted):
    assert [name for name, _ in fitted.steps] == ["binauralcues", "neurallocalizer"]
    names = [name for name, _ in recipes.feed_forward().steps]
    assert names == ["binauralcues", "standardscaler", "neurallocalizer"]


def test_a_head_that_no_training_knows(clips, fitted):
    found = fitted.predict(clips.data)
    assert found.shape == (60, 2)
    # Its simple pinnae mislead front, back and elevation, but not the side.
    sides = [angles_to_unit_vectors(y)[:, 1] for y in (found, clips.target)]
    lateral, expected = np.rad2deg(np.arcsin(np.clip(sides, -1, 1)))
    assert np.median(np.abs(lateral - expected)) < 2
    spectrum = fitted[-1].spatial_spectrum(fitted[0].transform(clips.data))
    assert spectrum.shape == (60, 162)
    np.testing.assert_allclose(spectrum.sum(axis=1), 1, rtol=1e-5)


def test_predictions_stay(clips, fitted):
    expected = [[-98.06, 40.02], [-93.98, 29.62], [-96.31, 30.4]]
    np.testing.assert_allclose(fitted.predict(clips.data[:3]), expected, atol=0.1)


def test_copies_predict_alike(clips, fitted, tmp_path):
    expected = fitted.predict(clips.data)
    path = tmp_path / "heads.sslearn"
    sslearn.save(fitted, path)
    copies = [clone(fitted).fit(clips.data), pickle.loads(pickle.dumps(fitted)), sslearn.load(path)]
    for copy in copies:
        np.testing.assert_array_equal(copy.predict(clips.data), expected)
    alone = heads().fit(clips.data[:1]).predict(clips.data[:1])
    np.testing.assert_allclose(alone, expected[:1], atol=1e-3)


def test_few_clips_adapt_it_to_a_head(clips, fitted):
    X, y = clips.data, clips.target
    adapted = heads(max_epochs=10, random_state=0).fit(X[:40], y[:40])
    errors = [median_angular_error(y[40:], m.predict(X[40:])) for m in (fitted, adapted)]
    assert errors[1] < errors[0]


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"weights": "head"}, FileNotFoundError, f"one of the package's.*{NAME}.*head does not"),
        ({"weights": "masked_srp_phat"}, ValueError, "another network"),
        ({"weights": "heads", "fs": 48000}, ValueError, "fs must be 16000 with weights.*48000"),
        ({"max_epochs": 0}, ValueError, "max_epochs=0 needs weights"),
    ],
)
def test_bad_weights(params, error, message, clips):
    with pytest.raises(error, match=message):
        recipes.feed_forward(**params).fit(clips.data, clips.target)


def test_azimuth_alone_cannot_be_learned(clips):
    with pytest.raises(ValueError, match="grid must have shape"):
        heads(max_epochs=1).fit(clips.data, clips.target[:, 0])
