"""Tracks of several sources that fall silent, from fit to score."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import FunctionTransformer
from torch import nn

from sslearn.decoding import ArgmaxDecoder
from sslearn.deep_learning import NeuralLocalizer
from sslearn.deep_learning._validation import validation_error
from sslearn.encoding import (
    AngleEncoding,
    GaussianEncoding,
    GibbsWeightedEncoding,
    MixedEncoding,
    OneHotEncoding,
    UnbiasedEncoding,
    UnitVectorEncoding,
)
from sslearn.geometry import circular_grid, wrap_azimuth
from sslearn.losses import PermutationInvariantLoss, WassersteinLoss
from sslearn.metrics import false_alarm_rate, median_angular_error, missed_detection_rate
from sslearn.networks import MLP, NetworkRecipe

GRID = circular_grid(20)


class PerFrame(NetworkRecipe):
    """Two dense layers for each frame of samples of shape (n_frames, n_features)."""

    def build(self, input_shape, output_shape):
        """The layers."""
        n_outputs = int(np.prod(output_shape))
        layers = [nn.Linear(input_shape[1], 64), nn.ReLU(), nn.Linear(64, n_outputs)]
        return nn.Sequential(*layers, nn.Unflatten(2, output_shape))


def moving(n_samples=440, n_frames=8):
    """Tracks of two sources, of which the second is silent half of the time, and features."""
    rng = np.random.default_rng(0)
    start, speed = rng.uniform(-180, 180, (n_samples, 1, 2)), rng.uniform(-5, 5, (n_samples, 1, 2))
    azimuth = start + speed * np.arange(n_frames)[:, None]
    bells = np.exp(4 * (np.cos(np.deg2rad(azimuth[..., None] - circular_grid(30))) - 1))
    silent = rng.uniform(size=(n_samples, n_frames)) < 0.5
    bells[silent, 1] = 0.0
    azimuth[silent, 1] = np.nan
    X = bells.reshape(n_samples, n_frames, -1).astype(np.float32)
    return X, wrap_azimuth(azimuth)[..., None]


def fast(**params):
    fixed = {"max_epochs": 30, "lr": 0.02, "random_state": 0, "device": "cpu"}
    encoding = UnbiasedEncoding(GRID, threshold=0.3)
    return NeuralLocalizer(**{"network": PerFrame(), "encoding": encoding, **fixed, **params})


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"activation": None, "loss": "mse"},
        {"encoding": OneHotEncoding(GRID, threshold=0.3)},
        {"encoding": GaussianEncoding(GRID, width=20, threshold=0.3)},
        {"encoding": MixedEncoding(grid=GRID, threshold=0.3)},
        {"loss": PermutationInvariantLoss("bce")},
    ],
    ids=str,
)
def test_a_source_that_falls_silent_is_learned(params):
    X, y = moving()
    localizer = fast(**params).fit(X[:400], y[:400])
    predicted = localizer.predict(X[400:])
    assert predicted.shape == (40, 8, 2, 1)
    assert predicted.dtype == np.float32
    assert median_angular_error(y[400:], predicted) < 10
    assert missed_detection_rate(y[400:], predicted, tolerance=30) < 0.25
    assert false_alarm_rate(y[400:], predicted, tolerance=30) < 0.25
    assert localizer.score(X[400:], y[400:]) > 0.6
    np.testing.assert_array_equal(localizer.predict_frames(X[400:]), predicted)
    again = pickle.loads(pickle.dumps(localizer))
    np.testing.assert_array_equal(again.predict(X[400:]), predicted)
    assert localizer.spatial_spectrum(X[400:]).shape == (40, 8, 2, 18)


def test_predicted_tracks_may_be_longer_than_those_of_fit():
    X, y = moving(40)
    localizer = fast(max_epochs=20, batch_transform=FunctionTransformer()).fit(X, y)
    predicted = localizer.predict(np.concatenate([X, X], axis=1))
    assert predicted.shape == (40, 16, 2, 1)
    np.testing.assert_allclose(predicted[:, :8], localizer.predict(X), atol=1e-3)


def test_a_source_absent_from_whole_samples():
    X, y = moving(500, 1)
    X, y = X[:, 0], y[:, 0]
    localizer = fast(network=MLP((64,), activation="relu", dropout=0.0)).fit(X[:400], y[:400])
    predicted = localizer.predict(X[400:])
    assert predicted.shape == (100, 2, 1)
    assert np.isnan(predicted).any()
    assert missed_detection_rate(y[400:], predicted, tolerance=20) < 0.5
    assert false_alarm_rate(y[400:], predicted, tolerance=20) < 0.2
    assert localizer.score(X[400:], y[400:]) > 0.4


def test_the_validation_error_counts_what_is_missed_or_made_up():
    y = np.array([[[10.0], [np.nan]], [[10.0], [40.0]], [[np.nan], [np.nan]]])
    encoding = OneHotEncoding(circular_grid(10), threshold=0.5).fit(y)
    found = [[[13.0], [np.nan]], [[10.0], [np.nan]], [[50.0], [np.nan]]]
    outputs = encoding.set_params(decoder=ArgmaxDecoder()).transform(found)
    y[0, 0] = 14.0
    error_of = validation_error(encoding, y)

    def error(rows, factor=1):
        def finished(rows, finish):
            return finish(factor * outputs[rows.numpy()])

        return error_of(finished, None, torch.tensor(rows))

    # One source is 4 degrees off, one found, one missed and one made up; three are true.
    assert error([0, 1, 2]) == pytest.approx(184 / 3)
    assert error([1]) == 45.0
    assert error([2]) == 90.0
    assert error([2], factor=0) == 0.0


def test_cross_validation_of_tracks():
    X, y = moving(60)
    scores = cross_val_score(fast(max_epochs=3), X, y, cv=2, error_score="raise")
    assert np.isfinite(scores).all()


def test_silence_alone_is_learned():
    X, y = moving(40)
    localizer = fast(max_epochs=20).fit(np.zeros_like(X), np.full_like(y, np.nan))
    assert np.isnan(localizer.predict(np.zeros_like(X))).all()


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"loss": "cross_entropy"}, "SoftCrossEntropyLoss .* cannot express that a source is abs"),
        ({"loss": "gibbs_weighted"}, "GibbsWeightedLoss .* cannot express"),
        ({"loss": WassersteinLoss(circular=True)}, "WassersteinLoss .* cannot express"),
        ({"loss": PermutationInvariantLoss("cross_entropy")}, "cannot express"),
        ({"activation": "softmax"}, "activation='softmax' cannot express"),
        ({"encoding": UnbiasedEncoding(GRID)}, "Set threshold of the encoding"),
        ({"encoding": GibbsWeightedEncoding(GRID)}, "Set threshold of the encoding"),
        ({"encoding": UnitVectorEncoding()}, "Set threshold of the encoding"),
        ({"encoding": AngleEncoding()}, "AngleEncoding encodes one source"),
        ({"network": MLP((8,))}, "needs a network with an output for each frame"),
    ],
    ids=str,
)
def test_what_cannot_hold_absence_is_refused(params, match):
    X, y = moving(20)
    with pytest.raises(ValueError, match=match):
        fast(**params).fit(X, y)


def test_frames_of_y_and_of_the_network_must_agree():
    X, y = moving(20)
    with pytest.raises(ValueError, match=r"as many frames as the network .*, 8; got 4. Sample"):
        fast().fit(X, y[:, ::2])
    with pytest.raises(ValueError, match="20 in X and 10 in y"):
        fast().fit(X, y[:10])


def test_search_over_the_threshold():
    localizer = clone(fast()).set_params(encoding__threshold=0.5)
    assert localizer.encoding.threshold == 0.5
