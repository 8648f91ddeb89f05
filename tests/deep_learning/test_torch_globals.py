"""torch's default device, default dtype and number of threads: no effect, and left as they are."""

import pickle
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from sslearn.deep_learning import NeuralLocalizer, Training
from sslearn.embedding import SiameseEmbedding
from sslearn.encoding import UnbiasedEncoding
from sslearn.geometry import icosahedral_grid
from sslearn.losses import AngularLoss, ContrastiveLoss, GibbsWeightedLoss, WassersteinLoss
from sslearn.networks import CRNN, MLP, PNN, HistogramNet
from tests.deep_learning.test_stream import CausalNet

RNG = np.random.default_rng(0)
Y = RNG.uniform(-180, 180, 60)
FEATURES = RNG.standard_normal((60, 12)).astype(np.float32)
MAPS = RNG.standard_normal((60, 2, 24, 10)).astype(np.float32)
SMALL_CRNN = CRNN(8, pool_sizes=(4, 3, 2), n_units=6)


@contextmanager
def default_device(name):
    torch.set_default_device(name)
    try:
        yield
        assert torch.get_default_device() == torch.device(name)
    finally:
        torch.set_default_device(None)


@contextmanager
def default_dtype(dtype):
    torch.set_default_dtype(dtype)
    try:
        yield
        assert torch.get_default_dtype() == dtype
    finally:
        torch.set_default_dtype(torch.float32)


GLOBALS = {
    "meta": lambda: default_device("meta"),
    "float64": lambda: default_dtype(torch.float64),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
}


def localizer(network=None, optimizer="adam", **params):
    training = Training(optimizer, norm_batches=2, monitor="valid_loss")
    fixed = {"max_epochs": 2, "random_state": 0, "device": "cpu", "training": training}
    return NeuralLocalizer(network, **fixed | params)


CASES = {
    "adam": (localizer(), FEATURES),
    "nadam": (localizer(optimizer="nadam"), FEATURES),
    "sgd": (localizer(optimizer="sgd"), FEATURES),
    "float64": (localizer(optimizer="nadam"), FEATURES.astype(float)),
    "dropout": (localizer(MLP((16,), dropout=0.5), encoding=UnbiasedEncoding()), FEATURES),
    "crnn": (localizer(SMALL_CRNN, encoding=UnbiasedEncoding()), MAPS),
    "stream": (localizer(CausalNet(), encoding=UnbiasedEncoding()), MAPS[:, 0]),
    "siamese": (SiameseEmbedding(max_epochs=2, random_state=0, device="cpu"), FEATURES),
    "labels": (SiameseEmbedding(max_epochs=2, random_state=0, neighborhood="label"), FEATURES),
}


def outputs(estimator, X):
    """Everything that a fitted estimator computes."""
    if hasattr(estimator, "transform"):
        return [estimator.transform(X)]
    out = [estimator.predict(X)]
    if X.ndim > 2:
        out.append(estimator.predict_frames(X))
    if X.ndim == 3:
        out.append(estimator.stream(len(X)).step(X))
    return out


def fitted(name):
    estimator, X = CASES[name]
    y = Y.astype(int) // 90 if name == "labels" else Y
    return estimator.fit(X, y), X


def assert_equal(first, second):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("setting", GLOBALS)
@pytest.mark.parametrize("name", CASES)
def test_neither_fit_nor_prediction_depend_on_the_defaults(name, setting):
    estimator, X = fitted(name)
    expected = outputs(estimator, X)
    stored = pickle.dumps(estimator)
    with GLOBALS[setting]():
        assert_equal(outputs(estimator, X), expected)
        assert_equal(outputs(pickle.loads(stored), X), expected)
        module = pickle.loads(stored).module_
        assert {p.device.type for p in module.parameters()} == {"cpu"}
        again, _ = fitted(name)
        assert_equal(outputs(again, X), expected)
    assert_equal(outputs(again, X), expected)


@pytest.mark.parametrize("setting", GLOBALS)
def test_warm_start_does_not_depend_on_the_defaults(setting):
    def twice():
        warm = localizer(optimizer="nadam", warm_start=True)
        return outputs(warm.fit(FEATURES, Y).fit(FEATURES, Y), FEATURES)

    expected = twice()
    with GLOBALS[setting]():
        assert_equal(twice(), expected)


@pytest.mark.parametrize("setting", GLOBALS)
@pytest.mark.parametrize(
    ("network", "input_shape"),
    [
        (MLP(), (20,)),
        (PNN(), (4, 257, 2)),
        (SMALL_CRNN, (2, 24, 10)),
        (HistogramNet(grid=icosahedral_grid(2)), (6, 10, 5)),
    ],
)
def test_counts_do_not_depend_on_the_defaults(network, input_shape, setting):
    shapes = input_shape, (len(icosahedral_grid(2)),)
    counts = [network.count_parameters, network.count_macs]
    expected = [count(*shapes) for count in counts]
    with GLOBALS[setting]():
        assert [count(*shapes) for count in counts] == expected


@pytest.mark.parametrize("setting", GLOBALS)
@pytest.mark.parametrize(
    "loss", [AngularLoss("vectors"), ContrastiveLoss(), GibbsWeightedLoss(), WassersteinLoss()]
)
def test_losses_do_not_depend_on_the_defaults(loss, setting):
    output = torch.from_numpy(FEATURES[:, :3]).sigmoid()
    target = torch.from_numpy(Y.astype(np.float32)) if isinstance(loss, ContrastiveLoss) else output
    expected = loss(output, target)
    with GLOBALS[setting]():
        again = loss(output, target)
    assert again.dtype == expected.dtype
    assert again.item() == expected.item()


@pytest.mark.parametrize("n_threads", [1, 2])
def test_number_of_threads(n_threads):
    """Sums in another order: rounding in prediction; the number itself stays."""
    estimator, X = fitted("adam")
    scores = estimator._forward(X)
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        np.testing.assert_allclose(estimator._forward(X), scores, rtol=1e-4, atol=1e-5)
        fitted("adam")
        assert torch.get_num_threads() == n_threads
    finally:
        torch.set_num_threads(before)
