import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from skorch.callbacks import Callback, EarlyStopping

from sslearn.deep_learning import Training
from sslearn.embedding import SiameseEmbedding
from sslearn.geometry import angles_to_unit_vectors, circular_difference
from sslearn.metrics import angular_error, median_angular_error
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.networks import MLP


def make_manifold(n_samples=600, *, dtype=np.float32):
    """Random smooth functions of the direction, in 50 dimensions."""
    rng = np.random.default_rng(0)
    y = np.column_stack([rng.uniform(-180, 180, n_samples), rng.uniform(-45, 45, n_samples)])
    X = np.tanh(angles_to_unit_vectors(y) @ rng.normal(size=(3, 50)) + rng.normal(size=50))
    return ((X - X.mean(axis=0)) / X.std(axis=0)).astype(dtype), y


def fast(**params):
    return SiameseEmbedding(**{"max_epochs": 3, "random_state": 0, "device": "cpu", **params})


def same_weights(a, b):
    return all(np.array_equal(value, b.weights_[name]) for name, value in a.weights_.items())


@pytest.mark.parametrize("neighborhood", ["angle", "distance"])
def test_neighbours_in_the_embedding_tell_the_direction(neighborhood):
    X, y = make_manifold(1500)
    embedding = fast(neighborhood=neighborhood, max_epochs=16).fit(X[:1200], y[:1200])
    localizer = KNeighborsLocalizer(per_angle=neighborhood == "angle")
    localizer.fit(embedding.transform(X[:1200]), y[:1200])
    predicted = localizer.predict(embedding.transform(X[1200:]))
    for component in ("azimuth", "elevation"):
        assert np.median(angular_error(y[1200:], predicted, component=component)) < 4.0


def test_one_network_per_angle():
    X, y = make_manifold()
    both = fast().fit(X, y)
    assert both.transform(X).shape == (600, 6)
    assert fast().fit(X, y[:, 0]).transform(X).shape == (600, 3)
    assert fast(neighborhood="distance", n_components=2).fit(X, y).transform(X).shape == (600, 2)
    assert both.best_epoch_.shape == (2,)
    assert both.history_["network"].tolist() == [0, 0, 0, 1, 1, 1]


def test_azimuth_network_does_not_see_the_elevation():
    X, y = make_manifold()
    both, azimuth = fast().fit(X, y), fast().fit(X, y[:, 0])
    np.testing.assert_array_equal(both.transform(X)[:, :3], azimuth.transform(X))


def test_labels():
    X, y = make_manifold()
    places = np.array(["left", "right"])[(y[:, 0] < 0).astype(int)]
    embedding = fast(neighborhood="label", lr=0.01, max_epochs=20).fit(X, places)
    assert embedding.history_["valid_error"].min() < 0.1
    Z = embedding.transform(X)
    left, right = Z[places == "left"], Z[places == "right"]
    gap = np.linalg.norm(left.mean(axis=0) - right.mean(axis=0))
    # The scale of an embedding is arbitrary: the spread within the places is the unit.
    assert gap > np.sqrt((left.var(axis=0).sum() + right.var(axis=0).sum()) / 2)


def test_precomputed_neighbors_are_those_of_labels():
    X, y = make_manifold(200)
    places = (y[:, 0] < 0).astype(int)
    near = places[:, None] == places
    params = {"neighborhood": "precomputed", "training": Training(keep="last")}
    labels = fast(neighborhood="label", training=Training(keep="last")).fit(X, places)
    rows, columns = np.nonzero(np.triu(near, 1))
    for neighbors in (
        near,
        near.astype(float).tolist(),
        sparse.csr_matrix(np.triu(near)),
        np.column_stack([columns, rows]),
        pd.DataFrame({"one": rows, "other": columns}),
    ):
        embedding = fast(**params).fit(X, neighbors=neighbors)
        assert same_weights(embedding, labels)
    # No y is used: in a pipeline it is for the next step.
    model = make_pipeline(fast(**params), KNeighborsLocalizer())
    model.fit(X, y, siameseembedding__neighbors=near)
    assert same_weights(model[0], labels)
    assert model.predict(X).shape == y.shape


def test_error_of_precomputed_neighbors():
    X, y = make_manifold(300)
    near = np.abs(circular_difference(y[:, :1], y[:, 0])) <= 40
    embedding = fast(neighborhood="precomputed", max_epochs=20, lr=0.01).fit(X, neighbors=near)
    errors = embedding.history_["valid_error"]
    assert errors[-1] < 0.1 < 0.5 < 1 - near.mean()
    assert embedding.best_epoch_ == 1 + errors.argmin()


@pytest.mark.parametrize(
    ("neighbors", "message"),
    [
        (None, "neighbors must say"),
        (np.ones((3, 3)), r"neighbors must have shape \(60, 60\)"),
        (sparse.eye_array(3), r"neighbors must have shape \(60, 60\)"),
        ([[0, 60]], r"from 0 to 59; got \[0, 60\]"),
        ([[0, -1]], r"from 0 to 59; got \[0, -1\]"),
        ([[0.0, 1.5]], "integers; got float64"),
        (np.full((60, 60), np.nan), "neighbors contains NaN"),
        ([0, 1], r"neighbors must have shape \(60, 60\)"),
        (np.empty((0, 2), int), "neighbors must join"),
    ],
)
def test_bad_neighbors_are_named(neighbors, message):
    X, _ = make_manifold(60)
    with pytest.raises(ValueError, match=message):
        fast(neighborhood="precomputed").fit(X, neighbors=neighbors)


def test_neighbors_and_their_neighborhood_belong_together():
    X, y = make_manifold(60)
    with pytest.raises(ValueError, match='neighbors needs neighborhood="precomputed"'):
        fast().fit(X, y, neighbors=np.eye(60))
    with pytest.raises(ValueError, match="X_val and y_val must be None"):
        fast(neighborhood="precomputed").fit(X, X_val=X, y_val=y, neighbors=np.eye(60))
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        fast().fit(X)


def test_learning_of_a_batch_by_heart():
    X, y = make_manifold(64)
    network = MLP((64, 64), dropout=0.0)
    history = fast(network=network, validation_fraction=None, lr=0.01, max_epochs=250)
    history = history.fit(X, y[:, 0]).history_
    assert history["train_loss"][-1] < 0.2 * history["train_loss"][0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_of_state_and_answers(dtype):
    X, y = make_manifold(100, dtype=dtype)
    embedding = fast(max_epochs=1).fit(X, y)
    floats = [v for v in embedding.weights_.values() if v.dtype.kind == "f"]
    assert all(v.dtype == dtype for v in floats)
    for asked in (np.float32, np.float64):
        assert embedding.transform(X.astype(asked)).dtype == asked


def test_same_seed_same_weights_and_global_generators_untouched():
    X, y = make_manifold()
    first = fast().fit(X, y)
    numpy_state, torch_state = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    second = fast().fit(X, y)
    second.transform(X)
    pickle.loads(pickle.dumps(second)).transform(X)
    assert np.array_equal(numpy_state, np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(torch_state, torch.get_rng_state())
    assert same_weights(first, second)
    assert not same_weights(first, fast(random_state=1).fit(X, y))


def test_threads_do_not_disturb_each_other():
    X, y = make_manifold(200)
    alone = fast().fit(X, y)
    with ThreadPoolExecutor(4) as pool:
        fitted = list(pool.map(lambda _: fast().fit(X, y), range(8)))
    assert all(same_weights(alone, other) for other in fitted)


def test_best_epoch_is_kept():
    X, y = make_manifold()
    embedding = fast(neighborhood="distance", max_epochs=6, lr=0.01).fit(X, y)
    best = embedding.best_epoch_[0]
    assert best == 1 + embedding.history_["valid_error"].argmin()
    shorter = fast(neighborhood="distance", max_epochs=int(best), lr=0.01).fit(X, y)
    assert same_weights(embedding, shorter)


def test_refit_repeats_the_best_epochs_on_all_samples():
    X, y = make_manifold(200)
    training = Training(patience=1, lr_factor=0.7)
    first = fast(max_epochs=12, lr=0.02, training=training, refit=False).fit(X, y[:, 0])
    both = clone(first).set_params(refit=True).fit(X, y[:, 0])
    n_epochs = int(both.best_epoch_[0])
    assert n_epochs > 3
    assert len(set(both.history_["lr"][:n_epochs])) > 1  # the rates that are repeated change
    for name, column in first.history_.items():
        np.testing.assert_array_equal(column, both.history_[name])
    watched = clone(both).set_params(callbacks=[_Rates(), EarlyStopping("valid_error", 12)])
    watched.fit(X, y[:, 0])
    np.testing.assert_array_equal(_Rates.rates[:12], both.history_["lr"])
    np.testing.assert_allclose(_Rates.rates[12:], both.history_["lr"][:n_epochs])
    assert same_weights(watched, both)
    assert not same_weights(first, both)


def test_refit_needs_samples_that_were_held_out():
    X, y = make_manifold(200)
    for params, fit in (({"validation_fraction": None}, {}), ({}, {"X_val": X, "y_val": y})):
        once, again = (fast(refit=refit, **params).fit(X, y, **fit) for refit in (False, True))
        assert same_weights(once, again)


def test_learning_rate_halves_and_training_stops_on_plateaus():
    X, y = make_manifold(200)
    embedding = fast(lr=1e-9, max_epochs=50, training=Training(patience=2, n_iter_no_change=6))
    embedding.fit(X, y[:, 0])
    lr, valid_error = embedding.history_["lr"], embedding.history_["valid_error"]
    assert embedding.n_iter_ == 6 + 1 + valid_error.argmin()
    assert lr[-1] < lr[0] / 2
    assert set(np.round(np.log2(lr[:-1] / lr[1:]), 6)) == {0.0, 1.0}


def test_training_in_bfloat16():
    X, y = make_manifold(1500)
    embedding = fast(neighborhood="distance", max_epochs=12)
    embedding.set_params(training=Training(precision="bfloat16"))
    embedding.fit(X[:1200], y[:1200])
    localizer = KNeighborsLocalizer().fit(embedding.transform(X[:1200]), y[:1200])
    assert embedding.transform(X).dtype == np.float32
    assert median_angular_error(y[1200:], localizer.predict(embedding.transform(X[1200:]))) < 7


def test_warm_start_continues():
    X, y = make_manifold()
    params = {"neighborhood": "distance", "validation_fraction": None, "max_epochs": 6}
    embedding = fast(warm_start=True, **params)
    first = embedding.fit(X, y).history_["train_loss"]
    assert embedding.fit(X, y).history_["train_loss"][0] < 0.7 * first[0]
    with pytest.raises(ValueError, match="warm_start"):
        embedding.fit(X[:, :20], y)


def test_pickle_loads_without_torch(tmp_path):
    X, y = make_manifold(100)
    embedding = fast(max_epochs=1).fit(X, y)
    path = tmp_path / "embedding.pkl"
    path.write_bytes(pickle.dumps(embedding))
    np.testing.assert_array_equal(
        pickle.loads(path.read_bytes()).transform(X), embedding.transform(X)
    )
    code = (
        f"import pickle, sys; pickle.load(open({str(path)!r}, 'rb')).weights_; "
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("neighborhood", ["angle", "distance", "label"])
def test_validation_set_of_the_caller(neighborhood):
    X, y = make_manifold(500)
    y = (y[:, 0] > 0).astype(int) if neighborhood == "label" else y
    embedding = fast(neighborhood=neighborhood, training=Training(keep="last"))
    embedding.fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    # Other validation samples measure something else, and change no weight of the last epoch.
    other = clone(embedding).fit(X[:400], y[:400], X_val=X[450:], y_val=y[450:])
    assert same_weights(embedding, other)
    assert (embedding.history_["valid_error"] != other.history_["valid_error"]).any()
    # All of X is trained on: the last weights are those of a fit without validation.
    alone = clone(embedding).set_params(validation_fraction=None).fit(X[:400], y[:400])
    assert same_weights(embedding, alone)


class _Rates(Callback):
    rates = []  # shared, because a fit trains with copies

    def on_epoch_end(self, net, **kwargs):
        self.rates.append(net.history[-1, "lr"])


class _Interrupt(Callback):
    def on_batch_end(self, net, **kwargs):
        raise KeyboardInterrupt


def test_ctrl_c_escapes():
    X, y = make_manifold(100)
    embedding = fast().fit(X, y)
    with pytest.raises(KeyboardInterrupt):
        embedding.set_params(callbacks=[_Interrupt()]).fit(X, y)
    assert not hasattr(embedding, "weights_")


def test_skorch_callbacks_are_called_and_may_stop():
    X, y = make_manifold(200)
    stopping = EarlyStopping("valid_error", patience=2, threshold=0.99)
    embedding = fast(max_epochs=30, callbacks=[stopping]).fit(X, y[:, 0])
    assert embedding.n_iter_ < 30
    assert embedding.weights_


class _Recorder:
    """A scikit-learn callback that looks at each epoch and stops after two."""

    def __init__(self):
        self.shapes = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, X=None, fitted_estimator=None):
        if context.task_name == "epoch":
            self.shapes.append(fitted_estimator.transform(X).shape)
            return len(self.shapes) >= 2
        return False


def test_sklearn_callbacks_see_each_epoch_and_may_stop():
    pytest.importorskip("sklearn.callback")
    X, y = make_manifold(100)
    recorder = _Recorder()
    embedding = fast(max_epochs=30).set_callbacks(recorder).fit(X, y[:, 0])
    assert recorder.shapes == [(100, 3)] * 3  # the last one of the training on all samples
    assert embedding.n_iter_ == 2


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("params", [{"lr": 1e30}, {}])
def test_divergence_raises(params):
    X, y = make_manifold(200)
    if "lr" not in params:
        X = X * np.float32(1e37)
    network = MLP((8,), batch_norm=None, activation="relu")
    with pytest.raises(ValueError, match="diverged"):
        fast(network=network, training=Training("sgd"), **params).fit(X, y)


def test_constant_target_is_embedded():
    X, _ = make_manifold(60)
    embedding = fast().fit(X, np.full(60, 30.0))
    assert np.isfinite(embedding.transform(X)).all()


@pytest.mark.parametrize("n_samples", [2, 3, 129])
def test_few_samples_and_a_lone_one_in_the_last_batch(n_samples):
    X, y = make_manifold(n_samples)
    embedding = fast(validation_fraction=None if n_samples == 129 else 0.9).fit(X, y)
    assert np.isfinite(embedding.transform(X)).all()


def test_verbose_shows_a_bar_per_network(capsys):
    X, y = make_manifold(60)
    fast(verbose=1).fit(X, y)
    printed = capsys.readouterr().out
    assert "azimuth" in printed
    assert "elevation" in printed
    fast().fit(X, y)
    assert capsys.readouterr().out == ""


def test_grid_search_through_the_network():
    X, y = make_manifold(120)
    model = make_pipeline(fast(network=MLP((16,)), max_epochs=2), KNeighborsLocalizer())
    grid = {"siameseembedding__network__dropout": [0.0, 0.2], "siameseembedding__radius": [5, 15]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_score_ > 0.3


def test_recipe_is_neither_changed_nor_shared():
    X, y = make_manifold(60)
    network = MLP((8,))
    embedding = fast(network=network).fit(X, y)
    network.hidden_layer_sizes = (4,)
    assert clone(embedding).fit(X, y).network_.hidden_layer_sizes == (4,)
    assert pickle.loads(pickle.dumps(embedding)).transform(X).shape == (60, 6)
    assert embedding.module_(torch.from_numpy(X)).shape == (60, 6)


@pytest.mark.parametrize(
    ("params", "y", "match"),
    [
        ({}, np.ones((60, 3)), "y must have one of"),
        ({}, None, "y"),
        ({"neighborhood": "label"}, None, "y"),
        ({"neighborhood": "label"}, np.zeros(59), "inconsistent"),
        ({"device": "toaster"}, np.zeros(60), "device"),
        ({"batch_size": 1}, np.zeros(60), "batch_size"),
    ],
)
def test_errors(params, y, match):
    X, _ = make_manifold(60)
    with pytest.raises(ValueError, match=match):
        fast(**params).fit(X, y)


@pytest.mark.parametrize("kind", [int, str, float])
def test_labels_are_discrete(kind):
    X, y = make_manifold(60)
    labels = (y[:, 0] > 0).astype(int).astype(kind)
    expected = fast(neighborhood="label").fit(X, labels.astype(float).astype(int))
    assert same_weights(fast(neighborhood="label").fit(X, labels), expected)


@pytest.mark.parametrize(
    "labels",
    [np.where(np.arange(60) == 3, np.nan, 1.0), np.arange(60) / 7, [None, *range(59)]],
    ids=["nan", "fractions", "none"],
)
def test_labels_that_name_no_place(labels):
    X, _ = make_manifold(60)
    with pytest.raises(ValueError, match="y must hold the labels of places"):
        fast(neighborhood="label").fit(X, labels)
