"""Schedules, early stop, the epoch that is kept, and validation sets of the caller."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skorch.callbacks import Callback

from sslearn.deep_learning import NeuralLocalizer, Training
from sslearn.encoding import AngleEncoding, UnbiasedEncoding
from sslearn.geometry import circular_grid
from sslearn.networks import MLP


def make_data(n_samples=200, *, n_angles=2):
    rng = np.random.default_rng(0)
    y = np.column_stack([rng.uniform(-180, 180, n_samples), rng.uniform(-45, 45, n_samples)])
    phases = np.deg2rad(y[:, :1]) + np.arange(6), np.deg2rad(y[:, 1:]) * np.arange(1, 4)
    X = np.column_stack([np.cos(phases[0]), np.sin(phases[1])]).astype(np.float32)
    return X, y[:, 0] if n_angles == 1 else y


def fast(training=None, **params):
    fixed = {"max_epochs": 20, "lr": 5e-3, "random_state": 0, "device": "cpu"}
    return NeuralLocalizer(training=training, **fixed | params)


def same_weights(a, b):
    return all(np.array_equal(value, b.weights_[name]) for name, value in a.weights_.items())


def plateaus(values, lr, patience, factor, min_lr):
    """Learning rate of each epoch, by the definition."""
    best, last_change = np.inf, 0
    for epoch, value in enumerate(values, 1):
        yield lr
        if value < best:
            best, last_change = value, epoch
        elif epoch - last_change >= patience:
            lr, last_change = max(lr * factor, min_lr), epoch


def test_recipe_is_printed_cloned_and_pickled():
    training = Training("adamw", patience=5, norm_batches=10)
    assert repr(training) == "Training(norm_batches=10, optimizer='adamw', patience=5)"
    assert repr(pickle.loads(pickle.dumps(clone(training)))) == repr(training)
    assert repr(Training()) == "Training()"


def test_none_is_the_default_recipe():
    X, y = make_data()
    assert same_weights(fast(max_epochs=2).fit(X, y), fast(Training(), max_epochs=2).fit(X, y))


def test_recipe_is_searched():
    X, y = make_data(100)
    grid = {"training__optimizer": ["adam", "nadam"], "training__schedule": ["cosine"]}
    search = GridSearchCV(fast(Training(), max_epochs=2), grid, cv=2, error_score="raise")
    assert search.fit(X, y).best_estimator_.training.schedule == "cosine"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("schedule", "linear"),
        ("patience", 0),
        ("lr_factor", 1.0),
        ("min_lr", -1.0),
        ("clip_norm", 0.0),
        ("n_iter_no_change", 0),
        ("monitor", "error"),
        ("keep", "train_loss"),
        ("drop_last", "yes"),
    ],
)
def test_invalid_recipe(name, value):
    X, y = make_data(20)
    with pytest.raises(ValueError, match=f"'{name}' parameter of Training"):
        fast(Training(**{name: value})).fit(X, y)


@pytest.mark.parametrize("monitor", ["valid_error", "valid_loss", "train_loss"])
@pytest.mark.parametrize("validation_fraction", [0.3, None])
def test_rate_falls_on_plateaus_of_what_is_monitored(monitor, validation_fraction):
    X, y = make_data()
    training = Training(patience=2, lr_factor=0.1, min_lr=2e-4, monitor=monitor)
    params = {"lr": 0.05, "max_epochs": 40, "validation_fraction": validation_fraction}
    history = fast(training, **params).fit(X, y).history_
    values = history[monitor if validation_fraction else "train_loss"]
    np.testing.assert_allclose(history["lr"], list(plateaus(values, 0.05, 2, 0.1, 2e-4)))
    assert history["lr"][-1] < 0.05
    assert ("valid_loss" in history) == (monitor == "valid_loss" and bool(validation_fraction))


def test_rate_falls_to_its_floor():
    X, y = make_data(100)
    params = {"lr": 1e-9, "max_epochs": 20}
    training = Training(lr_factor=0.1, patience=1, min_lr=2e-11)
    history = fast(training, **params).fit(X, y).history_
    np.testing.assert_allclose(np.unique(history["lr"]), [2e-11, 1e-10, 1e-9])
    # A floor above the start does not raise it.
    for schedule in ("plateau", "exponential", "cosine"):
        training.set_params(schedule=schedule, min_lr=1.0)
        np.testing.assert_allclose(fast(training, **params).fit(X, y).history_["lr"], 1e-9)


@pytest.mark.parametrize("batch_size", [32, 33])
def test_half_a_cosine(batch_size):
    """Its end is reached at the last step, also where a lone sample is left out."""
    X, y = make_data(100)
    training = Training(schedule="cosine", min_lr=1e-3)
    localizer = fast(training, validation_fraction=None, batch_size=batch_size, max_epochs=4)
    expected = 1e-3 + 4e-3 * (1 + np.cos(np.pi * np.arange(1, 5) / 4)) / 2
    np.testing.assert_allclose(localizer.fit(X, y).history_["lr"], expected)


class BatchSizes(Callback):
    """Number of samples of each step."""

    def __init__(self):
        self.sizes = []

    def __deepcopy__(self, memo):  # each fit copies its callbacks
        return self

    def on_batch_begin(self, net, batch=None, training=False):
        self.sizes.append(len(batch[1]))


@pytest.mark.parametrize(
    ("batch_size", "drop_last", "sizes"),
    [
        (16, False, [16, 16, 8]),
        (16, True, [16, 16]),
        (20, True, [20, 20]),
        (50, True, [40]),
        (39, False, [39]),
    ],
)
def test_sizes_of_mini_batches(batch_size, drop_last, sizes):
    X, y = make_data(40)
    training = Training(schedule="cosine", min_lr=1e-3, drop_last=drop_last)
    params = {"validation_fraction": None, "batch_size": batch_size, "max_epochs": 2}
    localizer = fast(training, network=MLP((8,)), callbacks=[BatchSizes()], **params).fit(X, y)
    assert localizer.callbacks[0].sizes == 2 * sizes
    # The schedule counts the same steps.
    np.testing.assert_allclose(localizer.history_["lr"], [3e-3, 1e-3])


def test_rate_falls_by_a_factor_in_each_epoch():
    X, y = make_data(100)
    training = Training(schedule="exponential", lr_factor=0.9, min_lr=5e-3 * 0.9**3)
    history = fast(training, max_epochs=6).fit(X, y).history_
    np.testing.assert_allclose(history["lr"], 5e-3 * 0.9 ** np.minimum(np.arange(6), 3))


def test_gradients_are_limited():
    X, y = make_data(100)
    params = {"max_epochs": 2, "lr": 1.0, "validation_fraction": None, "batch_size": 100}
    free, tiny, wide = (
        fast(Training("sgd", clip_norm=norm), **params).fit(X, y) for norm in (None, 1e-6, 1e6)
    )
    assert same_weights(free, wide)
    start = fast(Training("sgd", clip_norm=1e-12), **params).fit(X, y).weights_
    names = [name for name, _ in free.module_.named_parameters()]
    moved = np.sqrt(sum(np.square(tiny.weights_[name] - start[name]).sum() for name in names))
    # Two steps of length 1e-6 in about one direction.
    assert 1.5e-6 < moved < 2.1e-6


def test_constant_rate():
    X, y = make_data(100)
    history = fast(Training(schedule="constant", patience=1)).fit(X, y).history_
    assert set(history["lr"]) == {5e-3}


@pytest.mark.parametrize("monitor", ["valid_error", "valid_loss"])
def test_training_stops_where_the_monitor_stalls(monitor):
    X, y = make_data()
    training = Training(n_iter_no_change=3, monitor=monitor, keep="last")
    localizer = fast(training, lr=0.05, max_epochs=200).fit(X, y)
    assert localizer.n_iter_ == 3 + 1 + localizer.history_[monitor].argmin() < 200
    assert localizer.best_epoch_ == [localizer.n_iter_]


@pytest.mark.parametrize("keep", ["valid_error", "valid_loss", "last"])
def test_epoch_that_is_kept(keep):
    X, y = make_data()
    localizer = fast(Training(keep=keep, schedule="constant"), lr=0.1, max_epochs=12).fit(X, y)
    [best] = localizer.best_epoch_
    assert best == (12 if keep == "last" else 1 + localizer.history_[keep].argmin())
    last = clone(localizer).set_params(training__keep="last", max_epochs=int(best)).fit(X, y)
    assert same_weights(localizer, last)


@pytest.mark.parametrize("keep", ["valid_error", "valid_loss"])
def test_first_of_equal_epochs_is_kept(keep):
    """The step is too small for a change in float32: all epochs are equal."""
    X, y = make_data(n_angles=1)
    training = Training("sgd", keep=keep, schedule="constant")
    network = MLP((8,), batch_norm=None, dropout=0.0)
    localizer = fast(training, network=network, lr=1e-30, max_epochs=4).fit(X, y)
    assert np.ptp(localizer.history_[keep]) == 0
    assert localizer.best_epoch_ == [1]


def test_validation_loss_is_that_of_the_outputs_in_training():
    """Without an activation the squared error sees scores that predictions clamp."""
    X, y = make_data(n_angles=1)
    encoding = UnbiasedEncoding(circular_grid(30.0))
    localizer = fast(Training(monitor="valid_loss", keep="last"), encoding=encoding, max_epochs=3)
    localizer.set_params(loss="mse", activation=None, batch_size=25)
    localizer.fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    with torch.inference_mode():
        scores = localizer.module_[0](torch.from_numpy(X[150:])).numpy()
    loss = ((scores - encoding.fit(y).training_targets(y[150:])) ** 2).mean()
    assert localizer.history_["valid_loss"][-1] == pytest.approx(loss, rel=1e-5)
    assert scores.min() < 0


def test_validation_set_only_chooses():
    """It changes neither what is trained on nor how its targets are scaled."""
    X, y = make_data(120)
    train, near, far = slice(80), slice(80, 100), slice(100, 120)
    y[far, 1] = 80
    localizer = fast(Training(keep="last"), encoding=AngleEncoding(), max_epochs=3)
    fitted = [
        clone(localizer).fit(X[train], y[train], X_val=X[part], y_val=y[part])
        for part in (near, far)
    ]
    assert same_weights(*fitted)
    assert not np.array_equal(*(model.history_["valid_error"] for model in fitted))
    assert np.isfinite(fitted[0].history_["valid_error"]).all()


@pytest.mark.parametrize("kind", ["array", "list"])
def test_validation_set_through_batch_transform(kind):
    X, y = make_data(100)
    as_kind = list if kind == "list" else np.asarray
    plain = fast(max_epochs=3).fit(X[:70], y[:70], X_val=X[70:], y_val=y[70:])
    model = fast(max_epochs=3, batch_transform=FunctionTransformer(np.asarray), n_jobs=2)
    model.fit(as_kind(X[:70]), y[:70], X_val=as_kind(X[70:]), y_val=y[70:])
    np.testing.assert_allclose(model.history_["valid_error"], plain.history_["valid_error"])


def test_validation_set_in_a_pipeline():
    X, y = make_data(100)
    X_val, y_val = X[70:] + 3, y[70:]
    scaler = StandardScaler().fit(X[:70])
    expected = fast(max_epochs=3).fit(
        scaler.transform(X[:70]), y[:70], X_val=scaler.transform(X_val), y_val=y_val
    )
    with config_context(enable_metadata_routing=True):
        localizer = fast(max_epochs=3).set_fit_request(X_val=True, y_val=True)
        model = make_pipeline(StandardScaler(), localizer, transform_input=["X_val"])
        model.fit(X[:70], y[:70], X_val=X_val, y_val=y_val)
    assert same_weights(model[-1], expected)


def test_invalid_validation_sets():
    X, y = make_data(60)
    for given in ({"X_val": X}, {"y_val": y}):
        with pytest.raises(ValueError, match="X_val and y_val must be given together"):
            fast().fit(X, y, **given)
    for X_val, y_val, match in (
        (X[:, :5], y, "X has 5 features"),
        (X, y[:59], "y_val is not valid: .*inconsistent"),
        (X, y[:, 0], "y_val must have the layout of y"),
        (X, y * np.nan, "y_val is not valid: .*NaN"),
    ):
        with pytest.raises(ValueError, match=match):
            fast().fit(X, y, X_val=X_val, y_val=y_val)
    frame = pd.DataFrame(X, columns=list("abcdefghi"))
    with pytest.raises(ValueError, match="feature names"):
        fast().fit(frame, y, X_val=frame.iloc[:, ::-1], y_val=y)


def test_single_validation_sample():
    X, y = make_data(40)
    training = Training(monitor="valid_loss", keep="valid_loss")
    localizer = fast(training, network=MLP((8,)), max_epochs=2)
    localizer.fit(X, y, X_val=X[:1], y_val=y[:1])
    assert np.isfinite(localizer.history_["valid_loss"]).all()
