"""Localization chunk by chunk, which equals that of whole signals."""

import numpy as np
import pytest
import torch
from sklearn.preprocessing import FunctionTransformer
from torch import nn

from sslearn.deep_learning import NeuralLocalizer
from sslearn.encoding import (
    AngleEncoding,
    IPDEncoding,
    SummedIPDEncoding,
    UnbiasedEncoding,
    UnitVectorEncoding,
)
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_array,
    circular_difference,
    circular_grid,
)
from sslearn.networks import MLP, NetworkRecipe


class CausalModule(nn.Module):
    """A convolution over the last three frames, and a recurrent layer over all of them."""

    def __init__(self, n_features, output_shape):
        super().__init__()
        self.convolution = nn.Conv1d(n_features, 16, 3)
        self.recurrent = nn.GRU(16, 16, batch_first=True)
        self.output = nn.Linear(16, int(np.prod(output_shape)))
        self.output_shape = output_shape

    def initial_state(self, batch_size):
        """The two frames before the first, and the hidden units."""
        weight = self.convolution.weight
        past = weight.new_zeros(batch_size, self.convolution.in_channels, 2)
        return past, weight.new_zeros(1, batch_size, 16)

    def step(self, x, state):
        """Outputs of the next frames (n, n_features, n_frames), and the state after them."""
        past, hidden = state
        x = torch.cat([past, x], dim=2)
        features = self.convolution(x).relu().transpose(1, 2)
        features, hidden = self.recurrent(features, hidden)
        outputs = self.output(features).unflatten(2, self.output_shape)
        return outputs, (x[:, :, -2:], hidden)

    def forward(self, x):
        """Outputs of all frames."""
        return self.step(x, self.initial_state(len(x)))[0]


class CausalNet(NetworkRecipe):
    """The recipe of a network that sees the past alone."""

    def build(self, input_shape, output_shape):
        """The module."""
        return CausalModule(input_shape[0], output_shape)


class PooledModule(nn.Module):
    """A linear layer on the means of five frames."""

    def __init__(self, n_features, output_shape):
        super().__init__()
        self.output = nn.Linear(n_features, int(np.prod(output_shape)))
        self.output_shape = output_shape

    def initial_state(self, batch_size):
        """No frames yet."""
        return self.output.weight.new_zeros(batch_size, self.output.in_features, 0)

    def step(self, x, state):
        """Outputs of complete blocks, and the frames that are left."""
        x = torch.cat([state, x], dim=2)
        n_outputs = x.shape[2] // 5
        blocks, left = x[:, :, : 5 * n_outputs], x[:, :, 5 * n_outputs :]
        means = blocks.unflatten(2, (n_outputs, 5)).mean(3).transpose(1, 2)
        return self.output(means).unflatten(2, self.output_shape), left

    def forward(self, x):
        """Outputs of all complete blocks."""
        return self.step(x, self.initial_state(len(x)))[0]


class PooledNet(NetworkRecipe):
    """The recipe of a network with an output every five frames."""

    def build(self, input_shape, output_shape):
        """The module."""
        return PooledModule(input_shape[0], output_shape)


def signals(n_samples=60, n_frames=12):
    y = np.random.default_rng(0).uniform(-180, 180, n_samples)
    rng = np.random.default_rng(1)
    X = (angles_to_unit_vectors(y) @ rng.normal(size=(3, 10)))[:, :, None]
    return X + rng.normal(0, 0.3, (n_samples, 10, n_frames)), y


def fitted(dtype=np.float64, **params):
    X, y = signals()
    y = np.stack([y, -y], axis=1)[..., None] if params.pop("two", False) else y
    fixed = {"max_epochs": 3, "lr": 0.01, "random_state": 0, "device": "cpu"}
    X = X.astype(dtype)
    return NeuralLocalizer(**{"network": CausalNet(), **fixed, **params}).fit(X, y), X


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"encoding": UnitVectorEncoding("sigmoid")},
        {"encoding": AngleEncoding(frame_mean="circular")},
        {"encoding": UnbiasedEncoding(circular_grid(20))},
        {"encoding": UnbiasedEncoding(circular_grid(20)), "two": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("sizes", [[1] * 12, [12], [5, 1, 4, 2]], ids=str)
def test_streamed_frames_equal_those_of_whole_signals(params, sizes):
    localizer, X = fitted(**params)
    X = X[:4]
    stream = localizer.stream(batch_size=4)
    chunks = np.split(X, np.cumsum(sizes)[:-1], axis=2)
    for _ in range(2):
        streamed = np.concatenate([stream.step(chunk) for chunk in chunks], axis=1)
        whole = localizer.predict_frames(X)
        assert streamed.shape == whole.shape == (4, 12, 2 if params.get("two") else 1, 1)
        assert streamed.dtype == whole.dtype
        assert np.abs(circular_difference(streamed, whole)).max() < 1e-6
        assert stream.reset() is stream


def test_tracks_with_silence_are_streamed():
    X, y = signals()
    tracks = np.repeat(np.stack([y, -y], axis=1)[:, None, :, None], 12, axis=1)
    tracks[:, ::3, 1] = np.nan
    encoding = UnbiasedEncoding(circular_grid(20), threshold=0.12)
    localizer = NeuralLocalizer(CausalNet(), encoding=encoding, max_epochs=10, random_state=0)
    localizer.set_params(device="cpu", lr=0.01).fit(X, tracks)
    stream = localizer.stream()
    streamed = np.concatenate([stream.step(X[:1, :, t : t + 1]) for t in range(12)], axis=1)
    whole = localizer.predict(X[:1])
    np.testing.assert_allclose(streamed, whole, atol=1e-6)


@pytest.mark.parametrize(
    "encoding",
    [
        UnitVectorEncoding(),
        UnbiasedEncoding(circular_grid(20), threshold=0.1),
        IPDEncoding(circular_array(4, 0.03), n_fft=16, threshold=2.0),
        SummedIPDEncoding(circular_array(4, 0.03), n_fft=16, threshold=0.01),
    ],
    ids=lambda encoding: type(encoding).__name__,
)
def test_steps_without_an_output(encoding):
    X, y = signals()
    if not isinstance(encoding, UnitVectorEncoding):
        y = np.repeat(np.stack([y, -y], axis=1)[:, None, :, None], 2, axis=1)
    localizer = NeuralLocalizer(PooledNet(), encoding=encoding, max_epochs=2, random_state=0)
    localizer.set_params(device="cpu").fit(X, y)
    stream = localizer.stream(3)
    steps = [stream.step(X[:3, :, t : t + 1]) for t in range(12)]
    whole = localizer.predict_frames(X[:3])
    assert [step.shape[1] for step in steps] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0]
    np.testing.assert_allclose(np.concatenate(steps, axis=1), whole, atol=1e-6)


def test_the_network_is_causal():
    localizer, X = fitted()
    changed = X[:3].copy()
    changed[:, :, 7:] += 1.0
    before, after = localizer.predict_frames(X[:3]), localizer.predict_frames(changed)
    np.testing.assert_array_equal(before[:, :7], after[:, :7])
    assert (before[:, 7:] != after[:, 7:]).any()


def test_batch_transform_is_not_applied():
    localizer, X = fitted(batch_transform=FunctionTransformer(np.negative))
    streamed = localizer.stream().step(-X[:1])
    np.testing.assert_allclose(streamed, localizer.predict_frames(X[:1]), atol=1e-6)


def test_float32_and_integers():
    localizer, X = fitted(np.float32)
    assert localizer.stream().step(X[:1]).dtype == np.float32
    assert localizer.stream().step(np.ones((1, 10, 2), dtype=int)).shape == (1, 2, 1, 1)


def test_errors():
    localizer, X = fitted()
    stream = localizer.stream()
    with pytest.raises(ValueError, match=r"\(1, 10, n_frames\), batch_size=1 .*\(2, 10, 12\)"):
        stream.step(X[:2])
    with pytest.raises(ValueError, match=r"shape \(1, 10, n_frames\), .* got \(10, 12\)"):
        stream.step(X[0])
    with pytest.raises(ValueError, match=r"got \(1, 9, 12\)"):
        stream.step(X[:1, :9])
    with pytest.raises(ValueError, match="NaN"):
        stream.step(np.full((1, 10, 1), np.nan))
    with pytest.raises(ValueError, match="batch_size must be a positive integer; got 0"):
        localizer.stream(0)
    network = MLP((8,), activation="relu")
    with pytest.raises(ValueError, match=r"stream needs a network with a state.*MLP has none"):
        fitted(network=network)[0].stream()
