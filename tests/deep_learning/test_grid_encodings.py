"""NeuralLocalizer with classes on a grid: activations, frames, several sources, searches."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from torch import nn

from sslearn.deep_learning import NeuralLocalizer
from sslearn.deep_learning._head import Criterion, Head
from sslearn.encoding import (
    AdjacentDecoder,
    AngleEncoding,
    ArgmaxDecoder,
    GaussianEncoding,
    MixedEncoding,
    OneHotEncoding,
    PeakDecoder,
    SoftEncoding,
    UnbiasedEncoding,
    UnitVectorEncoding,
)
from sslearn.geometry import circular_grid, icosahedral_grid
from sslearn.losses import PermutationInvariantLoss, SquaredErrorLoss
from sslearn.metrics import mean_angular_error, median_angular_error
from sslearn.networks import MLP, NetworkRecipe

ENCODINGS = [
    OneHotEncoding(),
    GaussianEncoding(),
    SoftEncoding(),
    UnbiasedEncoding(),
    MixedEncoding(),
]
NETWORK = MLP((64,), activation="relu", batch_norm="before", dropout=0.0)


def make_circle(n_samples=500, n_sources=None):
    """Azimuths all around and smooth functions of them; of the sum over several sources."""
    rng = np.random.default_rng(0)
    shape = (n_samples,) if n_sources is None else (n_samples, n_sources)
    y = rng.uniform(-180, 180, shape)
    orders, phases = np.repeat(np.arange(1, 6), 4), rng.uniform(0, 2 * np.pi, 20)
    X = np.cos(np.deg2rad(y)[..., None] * orders + phases)
    return (X if n_sources is None else X.sum(axis=1)).astype(np.float32), y


def fast(**params):
    fixed = {"max_epochs": 15, "lr": 5e-3, "random_state": 0, "device": "cpu"}
    return NeuralLocalizer(**{"network": NETWORK, **fixed, **params})


class FrameMLP(NetworkRecipe):
    """An answer for each frame of samples of shape (n_frames, n_features)."""

    def build(self, input_shape, output_shape):
        """Linear layers over the last axis."""
        return nn.Sequential(
            nn.Linear(input_shape[1], 64),
            nn.ReLU(),
            nn.Linear(64, int(np.prod(output_shape))),
            nn.Unflatten(-1, output_shape),
        )


# ------------------------------------------------------------------ learning


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("loss", ["auto", "mse", "cross_entropy", "bce", "wasserstein", "nlae"])
def test_every_encoding_with_every_loss(encoding, loss):
    if loss == "wasserstein" and encoding.activation == "sigmoid":
        pytest.skip("documented: it suits labels that sum to 1")
    X, y = make_circle()
    localizer = fast(encoding=encoding, loss=loss).fit(X[:400], y[:400])
    predicted = localizer.predict(X[400:])
    assert predicted.dtype == np.float32
    assert median_angular_error(y[400:], predicted) < 13  # a guess is off by 90
    spectrum = localizer.spatial_spectrum(X[400:])
    assert spectrum.shape == (100, 72)
    assert spectrum.min() >= 0
    assert spectrum.max() <= 1
    np.testing.assert_allclose(
        localizer.encoding_.inverse_transform(spectrum).astype(np.float32), predicted
    )


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: type(e).__name__)
def test_squared_error_without_an_activation(encoding):
    X, y = make_circle()
    localizer = fast(encoding=encoding, loss="mse", activation=None).fit(X[:400], y[:400])
    assert median_angular_error(y[400:], localizer.predict(X[400:])) < 10
    raw = localizer.net_.module_[0](torch.from_numpy(X[400:])).detach().numpy()
    assert raw.min() < 0
    np.testing.assert_allclose(
        localizer.spatial_spectrum(X[400:]), raw.clip(0, 1), rtol=1e-4, atol=1e-6
    )


def test_unbiased_labels_beat_the_quantization():
    X, y = make_circle(2000)
    encoding = UnbiasedEncoding(circular_grid(20))
    localizer = fast(encoding=encoding, loss="mse", activation=None, max_epochs=20)
    localizer.fit(X[:1500], y[:1500])
    error = mean_angular_error(y[1500:], localizer.predict(X[1500:]))
    localizer.encoding_.set_params(decoder=ArgmaxDecoder())
    assert mean_angular_error(y[1500:], localizer.predict(X[1500:])) > 4.5  # a quarter of 20
    assert error < 2


def test_directions_on_the_sphere():
    rng = np.random.default_rng(0)
    y = np.column_stack([rng.uniform(-180, 180, 600), rng.uniform(-80, 80, 600)])
    a, e = np.deg2rad(y.T)
    X = np.column_stack([np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e)])
    network = MLP((128, 128), activation="relu", batch_norm=None, dropout=0.0)
    encoding = UnbiasedEncoding(icosahedral_grid(1))
    localizer = fast(network=network, encoding=encoding, activation=None, max_epochs=60)
    localizer.fit(X[:500], y[:500])
    assert localizer.predict(X[500:]).shape == (100, 2)
    # The corners of the grid alone are 12 degrees off.
    assert median_angular_error(y[500:], localizer.predict(X[500:])) < 6


# ------------------------------------------------------------------ activations


@pytest.mark.parametrize(
    ("encoding", "loss", "expected"),
    [
        (UnbiasedEncoding(), "mse", "softmax"),
        (UnbiasedEncoding(), "bce", "softmax"),
        (OneHotEncoding(), "nlae", "softmax"),
        (GaussianEncoding(), "bce", "sigmoid"),
        (GaussianEncoding(), "cross_entropy", "softmax"),
        (MixedEncoding(), "mse", "sigmoid"),
        (OneHotEncoding(), "auto", "softmax"),
        (UnbiasedEncoding(), PermutationInvariantLoss("cross_entropy"), "softmax"),
        (UnbiasedEncoding(), torch.nn.functional.mse_loss, "softmax"),
    ],
)
def test_automatic_activation(encoding, loss, expected):
    X, y = make_circle(20)
    if isinstance(loss, PermutationInvariantLoss):
        y = y[:, None, None]
    localizer = fast(encoding=encoding, loss=loss, max_epochs=1).fit(X, y)
    activation = localizer.net_.module_[-1].activation
    assert type(activation).__name__.lower() == expected


def test_cross_entropy_sees_raw_scores():
    head = Head("softmax", in_training=False, clamp=True, output_shape=(3,))
    scores = torch.tensor([[2.0, -1.0, 0.0]])
    assert torch.equal(head.train()(scores), scores)
    assert torch.allclose(head.eval()(scores), scores.softmax(-1))


@pytest.mark.parametrize("loss", ["bce", "nlae", "cross_entropy", PermutationInvariantLoss("nlae")])
@pytest.mark.parametrize("activation", [None, "tanh"])
def test_losses_that_need_an_activation(loss, activation):
    X, y = make_circle(20)
    with pytest.raises(ValueError, match="activation must be 'auto' or one of"):
        fast(encoding=UnbiasedEncoding(), loss=loss, activation=activation).fit(X, y)


def test_other_encodings_have_no_classes():
    X, y = make_circle(20)
    for params in ({"loss": "cross_entropy"}, {"activation": "softmax"}):
        with pytest.raises(ValueError, match="need an encoding on a grid"):
            fast(**params).fit(X, y)
    assert not hasattr(fast(encoding=UnitVectorEncoding()), "spatial_spectrum")
    assert hasattr(fast(encoding=UnbiasedEncoding()), "spatial_spectrum")
    assert not hasattr(fast(max_epochs=1).fit(X, y), "grid_")
    np.testing.assert_array_equal(
        fast(encoding=OneHotEncoding(), max_epochs=1).fit(X, y).grid_, circular_grid(5)
    )
    with pytest.raises(ValueError, match="shape"):
        fast(encoding=AngleEncoding()).fit(X, y[:, None, None])
    with pytest.raises(ValueError, match="'loss' parameter"):
        fast(loss="mae").fit(X, y)


# ------------------------------------------------------------------ clamps and frames


def test_scores_are_clamped_before_they_are_averaged():
    head = Head(None, in_training=True, clamp=True, output_shape=(3,)).eval()
    frames = torch.tensor([[[0.5, 3.0, -2.0], [0.5, -1.0, 0.5]]])
    assert head(frames).tolist() == [[0.5, 0.5, 0.25]]
    assert torch.equal(head.train()(frames), frames)


def test_the_best_raw_score_where_none_is_positive():
    head = Head(None, in_training=True, clamp=True, output_shape=(3,)).eval()
    scores = torch.tensor([[-3.0, -2.0, -1.0], [-1.0, 2.0, 0.5]])
    assert head(scores).tolist() == [[-3.0, -2.0, -1.0], [0.0, 1.0, 0.5]]
    encoding = UnbiasedEncoding([0.0, 10.0, 20.0]).fit([0.0])
    assert encoding.inverse_transform(head(scores))[0] == 20


def test_angles_are_not_clamped_and_averaged_over_frames():
    head = Head(None, in_training=True, clamp=False, output_shape=(2,)).eval()
    assert head(torch.tensor([[[3.0, -2.0], [1.0, -4.0]]])).tolist() == [[2.0, -3.0]]


@pytest.mark.parametrize("loss", ["mse", "cross_entropy", "bce", "nlae"])
@pytest.mark.parametrize("encoding", [UnbiasedEncoding(), MixedEncoding()], ids=str)
def test_networks_that_answer_per_frame(encoding, loss):
    X, y = make_circle()
    frames = X[:, None] + np.random.default_rng(1).normal(0, 0.3, (500, 5, 20)).astype(np.float32)
    localizer = fast(network=FrameMLP(), encoding=encoding, loss=loss, max_epochs=25)
    localizer.fit(frames[:400], y[:400])
    assert median_angular_error(y[400:], localizer.predict(frames[400:])) < 12
    assert localizer.spatial_spectrum(frames).shape == (500, 72)
    network = localizer.net_.module_
    one_by_one = [network(torch.from_numpy(frames[:, [t]])).detach() for t in range(5)]
    np.testing.assert_allclose(
        localizer.spatial_spectrum(frames), np.mean(one_by_one, axis=0), atol=1e-6
    )


def test_the_target_is_repeated_over_frames():
    output, target = torch.rand(4, 6, 9), torch.rand(4, 9)
    value = Criterion(SquaredErrorLoss(), (9,))(output, target)
    assert value.item() == pytest.approx((output - target[:, None]).square().mean().item())
    value = Criterion(torch.nn.functional.mse_loss, (9,))(output, target)
    assert value.item() == pytest.approx((output - target[:, None]).square().mean().item())


# ------------------------------------------------------------------ several sources


@pytest.mark.parametrize("loss", ["mse", PermutationInvariantLoss("mse")], ids=str)
def test_two_sources(loss):
    X, y = make_circle(3000, n_sources=2)
    y = y[..., None]
    network = MLP((128, 128), activation="relu", batch_norm="before", dropout=0.0)
    localizer = fast(network=network, encoding=UnbiasedEncoding(), loss=loss, activation=None)
    localizer.set_params(max_epochs=15).fit(X[:2700], y[:2700])
    predicted = localizer.predict(X[2700:])
    assert predicted.shape == (300, 2, 1)
    assert localizer.spatial_spectrum(X[2700:]).shape == (300, 2, 72)
    assert median_angular_error(y[2700:], predicted) < 10
    assert localizer.score(X[2700:], y[2700:]) > 0.7
    if loss == "mse":  # the first output is the larger azimuth
        assert (predicted[:, 0] > predicted[:, 1]).mean() > 0.9


def test_targets_jump_at_the_end_of_the_grid_without_permutations():
    encoding = UnbiasedEncoding(circular_grid(5)).fit([[[0.0], [0.0]]])
    before, after = (
        torch.tensor(encoding.transform([[[0.0], [azimuth]]])) for azimuth in (179.9, -179.9)
    )
    assert SquaredErrorLoss()(before, after) > 0.01
    assert PermutationInvariantLoss()(before, after) < 1e-4


def test_order_of_the_sources_in_y_does_not_matter():
    X, y = make_circle(40, n_sources=2)
    a = fast(encoding=MixedEncoding(), max_epochs=2).fit(X, y[..., None])
    b = fast(encoding=MixedEncoding(), max_epochs=2).fit(X, y[:, ::-1, None])
    np.testing.assert_array_equal(a.predict(X), b.predict(X))


def test_a_network_for_one_source_refuses_two():
    class OneSource(NetworkRecipe):
        def build(self, input_shape, output_shape):
            return nn.Linear(input_shape[0], output_shape[-1])

    X, y = make_circle(40, n_sources=2)
    with pytest.raises(ValueError, match="number of sources"):
        fast(network=OneSource(), encoding=UnbiasedEncoding()).fit(X, y[..., None])
    with pytest.raises(ValueError, match="every source"):
        fast(encoding=UnbiasedEncoding()).fit(X, np.where(y > 0, y, np.nan)[..., None])


def test_peaks_of_one_spectrum():
    X, y = make_circle(100)
    encoding = UnbiasedEncoding(decoder=PeakDecoder(2))
    predicted = fast(encoding=encoding, max_epochs=5).fit(X, y).predict(X)
    assert predicted.shape == (100, 2, 1)


# ------------------------------------------------------------------ search, pickle


def test_search_over_encoding_loss_and_decoder():
    X, y = make_circle(200)
    grid = [
        {
            "encoding": [UnbiasedEncoding(), GaussianEncoding()],
            "loss": ["mse"],
            "activation": ["auto", None],
            "encoding__decoder": [AdjacentDecoder(2), AdjacentDecoder(3)],
        },
        {"encoding": [OneHotEncoding()], "loss": ["cross_entropy", "nlae"]},
        {"encoding": [MixedEncoding()], "loss": [SquaredErrorLoss("sum")], "activation": [None]},
    ]
    search = GridSearchCV(fast(max_epochs=3), grid, cv=2, n_jobs=2, error_score="raise")
    search.fit(X, y)
    assert len(search.cv_results_["params"]) == 11
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))
    np.testing.assert_array_equal(
        again.spatial_spectrum(X), search.best_estimator_.spatial_spectrum(X)
    )


def test_nested_parameters():
    localizer = fast(encoding=UnbiasedEncoding(decoder=AdjacentDecoder(3)), loss=SquaredErrorLoss())
    localizer.set_params(encoding__decoder__n_adjacent=2, loss__over_classes="sum")
    assert localizer.encoding.decoder.n_adjacent == 2
    assert clone(localizer).loss.over_classes == "sum"
