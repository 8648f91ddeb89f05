import pickle

import numpy as np
import pytest
import torch
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import FunctionTransformer

from sslearn.deep_learning import NeuralLocalizer, Training
from sslearn.encoding import AngleEncoding, UnitVectorEncoding
from sslearn.geometry import angles_to_unit_vectors
from sslearn.losses import SquaredErrorLoss
from sslearn.metrics import median_angular_error
from sslearn.networks import MLP


def make_manifold(n_samples=600, *, front=False):
    rng = np.random.default_rng(0)
    limit = 90 if front else 180
    y = np.column_stack([rng.uniform(-limit, limit, n_samples), rng.uniform(-45, 45, n_samples)])
    X = np.tanh(angles_to_unit_vectors(y) @ rng.normal(size=(3, 20)) + rng.normal(size=20))
    return X.astype(np.float32), y


def fast(**params):
    return NeuralLocalizer(
        **{"max_epochs": 40, "lr": 5e-3, "random_state": 0, "device": "cpu", **params}
    )


@pytest.mark.parametrize("n_angles", [1, 2])
def test_directions_all_around(n_angles):
    X, y = make_manifold()
    y = y[:, 0] if n_angles == 1 else y
    localizer = fast().fit(X[:500], y[:500])
    predicted = localizer.predict(X[500:])
    assert predicted.shape == y[500:].shape
    assert predicted.dtype == np.float32
    assert median_angular_error(y[500:], predicted) < 15


@pytest.mark.parametrize("scale", ["tanh", "sigmoid"])
def test_feed_forward_baseline(scale):
    X, y = make_manifold(front=True)
    network = MLP(dropout=0.0, bottleneck=3, separate_outputs=True)
    localizer = fast(network=network, encoding=AngleEncoding(scale), max_epochs=80)
    predicted = localizer.fit(X[:500], y[:500]).predict(X[500:])
    assert median_angular_error(y[500:], predicted) < 15
    assert len(localizer.module_[0]) == 2


@pytest.mark.parametrize("encoding", [UnitVectorEncoding(), AngleEncoding()], ids=str)
def test_narrow_targets_are_learned(encoding):
    X, y = make_manifold(front=True)
    localizer = fast(encoding=encoding).fit(X, y[:, 0] / 60 + 20)
    assert localizer.score(X, y[:, 0] / 60 + 20) > 0.7


def test_constant_target():
    X, _ = make_manifold(100)
    predicted = fast(max_epochs=2).fit(X, np.full(100, -180.0)).predict(X)
    np.testing.assert_array_equal(predicted, -180.0)


@pytest.mark.parametrize("kind", ["array", "list"])
def test_batch_transform_equals_transform_before(kind):
    X, y = make_manifold(200)
    raw = np.repeat(X[:, None], 3, axis=1)
    transform = FunctionTransformer(lambda clips: np.asarray(clips).mean(axis=1))
    before = fast(max_epochs=2).fit(transform.transform(raw), y)
    within = fast(max_epochs=2, batch_transform=transform)
    within.fit(list(raw) if kind == "list" else raw, y)
    np.testing.assert_allclose(within.predict(raw), before.predict(transform.transform(raw)), 1e-4)


def test_samples_of_several_axes():
    X, y = make_manifold(200)
    localizer = fast(max_epochs=2).fit(X.reshape(200, 4, 5), y)
    assert localizer.predict(X.reshape(200, 4, 5)).shape == (200, 2)
    with pytest.raises(ValueError, match="X must have shape"):
        localizer.predict(X.reshape(200, 4, 5)[:, :, :4])


def test_parameters_of_all_parts_are_searched():
    X, y = make_manifold(120, front=True)
    localizer = fast(network=MLP((16,)), encoding=AngleEncoding(), max_epochs=3)
    grid = {"network__dropout": [0.0, 0.2], "encoding__scale": ["tanh", "sigmoid"]}
    search = GridSearchCV(localizer, grid, cv=2, error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_loss_by_name_by_object_and_by_function():
    X, y = make_manifold(100)
    losses = ("mse", SquaredErrorLoss(), torch.nn.functional.mse_loss)
    predicted = [fast(max_epochs=2, loss=loss).fit(X, y).predict(X) for loss in losses]
    np.testing.assert_allclose(predicted[0], predicted[1])
    np.testing.assert_allclose(predicted[0], predicted[2], rtol=1e-3)


def test_state_is_numpy_and_the_loss_is_kept_by_pickle():
    X, y = make_manifold(100)
    localizer = fast(max_epochs=2).fit(X, y)
    again = pickle.loads(pickle.dumps(localizer))
    assert "_module" not in vars(again)
    assert localizer.module_ is localizer.module_
    assert not again.module_.training
    np.testing.assert_array_equal(again.predict(X), localizer.predict(X))
    assert set(again.history_) == {"network", "epoch", "train_loss", "valid_error", "lr"}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_in_bfloat16(dtype):
    X, y = make_manifold()
    X = X.astype(dtype)
    full = fast().fit(X[:500], y[:500])
    localizer = fast(training=Training(precision="bfloat16")).fit(X[:500], y[:500])
    assert all(value.dtype in (dtype, np.int64) for value in localizer.weights_.values())
    predicted = localizer.predict(X[500:])
    assert predicted.dtype == dtype
    assert median_angular_error(y[500:], predicted) < 15
    # Products of float64 are never shortened; those of float32 are.
    assert np.array_equal(predicted, full.predict(X[500:])) == (dtype == np.float64)
    with pytest.raises(ValueError, match="precision"):
        fast(training=Training(precision="half")).fit(X, y)


@pytest.mark.parametrize("norm_batches", [None, 3, 100])
def test_statistics_of_batch_norm(norm_batches):
    """Taken anew they are those of the data, with the weights of the end of the epoch."""
    X, y = make_manifold(192)
    network = MLP((6,), batch_norm="before", dropout=0.0)
    params = {"batch_size": 64, "max_epochs": 1, "validation_fraction": None}
    localizer = fast(network=network, training=Training(norm_batches=norm_batches), **params)
    localizer.fit(X, y)
    weights = list(localizer.weights_.values())
    before = X @ weights[0].T + weights[1]
    mean, variance, n_batches = weights[4:7]
    close = np.allclose(mean, before.mean(axis=0), atol=1e-5)
    assert close == (norm_batches is not None)
    assert np.allclose(variance, before.var(axis=0), rtol=0.1) == close
    assert n_batches == 3


def test_statistics_of_batch_norm_in_bfloat16():
    X, y = make_manifold()
    training = Training(precision="bfloat16", norm_batches=5)
    predicted = fast(training=training).fit(X[:500], y[:500]).predict(X[500:])
    assert median_angular_error(y[500:], predicted) < 15
    with pytest.raises(ValueError, match="norm_batches"):
        fast(training=Training(norm_batches=0)).fit(X, y)


def test_loss_sees_full_precision():
    X, y = make_manifold(100)
    seen = []

    def loss(output, target):
        seen.append((output.dtype, target.dtype))
        return (output - target).square().mean()

    fast(loss=loss, training=Training(precision="bfloat16"), max_epochs=1).fit(X, y)
    assert set(seen) == {(torch.float32, torch.float32)}


def test_too_few_clips():
    localizer = fast(batch_transform=FunctionTransformer())
    with pytest.raises(ValueError, match="at least 2 samples"):
        localizer.fit([np.ones(3)], [0.0])
