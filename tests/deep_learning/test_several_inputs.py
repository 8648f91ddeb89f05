"""Networks with tuples of inputs and outputs, rates of their own, and frozen parameters."""

import numpy as np
import pytest
import torch

from sslearn.deep_learning import Task, TorchEstimator, Training
from sslearn.deep_learning._outputs import first_tensor, forward, map_tensors


class Pair(torch.nn.Module):
    """Sum and difference of two linear maps, of which the second one is normalized."""

    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
        self.norm = torch.nn.BatchNorm1d(2)
        self.fixed = torch.nn.Linear(3, 2).requires_grad_(False)

    def forward(self, inputs):
        a, (b, _) = inputs
        first, second = self.first(a) + self.fixed(a), self.norm(self.second(b))
        return first + second, (first - second,)


def loss(outputs, targets):
    total, (difference,) = outputs
    return (total - targets).square().mean() + difference.square().mean()


class PairEstimator(TorchEstimator):
    """Estimator of a network with nested inputs and outputs."""

    validation_fraction = None

    def __init__(
        self,
        groups=(),
        *,
        lr=0.01,
        max_epochs=3,
        batch_size=4,
        training=None,
        callbacks=None,
        device="cpu",
        warm_start=False,
        random_state=0,
        verbose=0,
    ):
        self.groups = groups
        self.lr = lr
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.training = training
        self.callbacks = callbacks
        self.device = device
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y):
        X = self._check_X(X.astype(np.float32))
        task = Task("", y.astype(np.float32), loss, len)
        return self._train(X, y, [task], X.dtype)

    def _build(self):
        return Pair()

    def _parameter_groups(self):
        return list(self.groups)

    def _loader(self, X, module):
        load = super()._loader(X, module)
        return lambda parts: ((x, (2 * x, x)) for x in load(parts))


def make_data():
    rng = np.random.default_rng(0)
    return rng.standard_normal((20, 3)), rng.standard_normal((20, 2))


def test_nested_tensors():
    a, b, c = torch.ones(2), torch.zeros(3), torch.full((1,), 5.0)
    assert first_tensor(((a, b), c)) is a
    doubled = map_tensors(lambda x: 2 * x, (a, (b, c)))
    assert torch.equal(doubled[1][1], torch.tensor([10.0]))
    assert map_tensors(len, a) == 2


def test_outputs_are_joined_at_every_level():
    X, _ = make_data()
    inputs = torch.from_numpy(X).float()
    module = Pair()
    rows = torch.arange(20)

    def load(parts):
        return ((inputs[r], (inputs[r], 0)) for r in parts)

    total, (difference,) = forward(module, load, 6, rows)
    with torch.no_grad():
        expected = module((inputs, (inputs, 0)))
    assert np.allclose(total, expected[0], atol=1e-6)
    assert np.allclose(difference, expected[1][0], atol=1e-6)
    sums = forward(module, load, 6, rows, lambda outputs: outputs[0].sum(axis=1))
    assert np.allclose(sums, total.sum(axis=1))


@pytest.mark.parametrize("precision", ["full", "bfloat16"])
def test_training_lowers_the_loss(precision):
    training = Training(norm_batches=2, precision=precision)
    model = PairEstimator(max_epochs=15, training=training).fit(*make_data())
    losses = model.history_["train_loss"]
    assert losses[-1] < losses[0]


def test_frozen_parameters_do_not_change_or_decay():
    training = Training("adamw", weight_decay=0.5)
    short, long = (PairEstimator(max_epochs=n, training=training).fit(*make_data()) for n in (1, 5))
    for name, value in short.weights_.items():
        same = np.array_equal(value, long.weights_[name])
        assert same == name.startswith("fixed"), name


def test_groups_have_their_own_rate_and_decay():
    groups = [("first.*", {"lr": 1e-12, "weight_decay": 0.0}), ("*.bias", {"lr": 1e-12})]
    short, long = (PairEstimator(groups, max_epochs=n).fit(*make_data()) for n in (1, 5))
    for name in ("first.weight", "first.bias", "second.bias", "norm.bias"):
        assert np.allclose(short.weights_[name], long.weights_[name], atol=1e-9), name
    assert not np.allclose(short.weights_["second.weight"], long.weights_["second.weight"])
    assert short.history_["lr"] == [0.01]  # that of the other parameters


@pytest.mark.parametrize(("optimizer", "default"), [("adamw", 0.01), ("adam", 0.0), ("sgd", 0.0)])
def test_weight_decay(optimizer, default):
    decays = (None, default, 0.3)
    models = [
        PairEstimator(training=Training(optimizer, weight_decay=decay)).fit(*make_data())
        for decay in decays
    ]
    weights = [model.weights_["first.weight"] for model in models]
    assert np.array_equal(weights[0], weights[1])
    assert not np.allclose(weights[0], weights[2])


def test_invalid_weight_decay():
    with pytest.raises(ValueError, match="weight_decay"):
        PairEstimator(training=Training(weight_decay=-1.0)).fit(*make_data())
