"""PNN, SNet and their networks for two sources inside NeuralLocalizer, from raw audio."""

import pickle

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_plane_waves
from sslearn.deep_learning import NeuralLocalizer, Training
from sslearn.encoding import UnbiasedEncoding
from sslearn.features import STFT, FrameBlocks, PhaseMap, RealImag
from sslearn.geometry import circular_array, circular_grid, great_circle_distance
from sslearn.metrics import median_angular_error
from sslearn.networks import PNN, PNNSplit, SNet, SNetSplit

SPECTRA = STFT(64, hop_length=64, padding="zeros")
PHASES = make_pipeline(SPECTRA, PhaseMap(drop_dc=True))
BLOCKS = make_pipeline(SPECTRA, RealImag(unit_level="clip", drop_dc=True), FrameBlocks(2))
ONE = {
    "PNN": (PNN(8, hidden_layer_sizes=(64,)), PHASES),
    "SNet": (SNet((16, 32), n_blocks=1, n_hidden=64, padding="circular"), BLOCKS),
}
TWO = {
    "PNNSplit": (PNNSplit((4, 4, 4)), PHASES),
    "SNetSplit": (SNetSplit((6, 8), n_blocks=1), BLOCKS),
}


def audio(n_samples, directions=None):
    X, y = make_plane_waves(
        n_samples,
        mic_positions=circular_array(4, 0.05),
        duration=0.044,
        directions=directions,
        random_state=0,
        return_X_y=True,
    )
    return X.astype(np.float32), y


def localizer(network, transform, **params):
    defaults = {
        "encoding": UnbiasedEncoding(circular_grid(10.0)),
        "loss": "mse",
        "activation": None,
        "training": Training("adamw"),
        "device": "cpu",
        "random_state": 0,
    }
    return NeuralLocalizer(network, batch_transform=transform, **(defaults | params))


@pytest.mark.parametrize(("name", "n_train", "max_epochs"), [("PNN", 300, 25), ("SNet", 400, 35)])
def test_plane_waves_are_localized_between_the_classes(name, n_train, max_epochs):
    X, y = audio(n_train + 40)
    model = localizer(*ONE[name], max_epochs=max_epochs, lr=5e-3).fit(X[:n_train], y[:n_train])
    error = median_angular_error(y[n_train:], model.predict(X[n_train:]))
    # Classes are 10 degrees apart: the best class alone is off by 2.5 degrees in the median.
    assert error < 2.5


@pytest.mark.parametrize("name", [*ONE, *TWO])
def test_pickle_and_refit_give_the_same_answers(name, tmp_path):
    X, y = audio(12)
    if name in TWO:
        y = np.stack([y, np.roll(y, 1)], axis=1)[..., None]
    model = localizer(*(ONE | TWO)[name], max_epochs=2, batch_size=4)
    path = tmp_path / "audio.npy"
    np.save(path, X)
    expected = model.fit(np.load(path, mmap_mode="r"), y).predict(X)
    assert expected.shape == y.shape
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), expected)
    np.testing.assert_array_equal(model.fit(X, y).predict(X), expected)


def test_answers_under_autocast_keep_their_type():
    import torch

    X, y = audio(40)
    model = localizer(*ONE["SNet"], max_epochs=2).fit(X, y)
    exact = model.spatial_spectrum(X)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = model.spatial_spectrum(X)
    assert rounded.dtype == exact.dtype == np.float32
    assert not np.array_equal(rounded, exact)
    np.testing.assert_allclose(rounded, exact, atol=0.03 * np.abs(exact).max())


@pytest.mark.parametrize("name", TWO)
def test_two_sources_are_learned_in_descending_order(name):
    X, first = audio(24)
    X_other, second = audio(24, directions=np.roll(first, 5))
    y = np.stack([first, second], axis=1)[..., None]
    model = localizer(*TWO[name], max_epochs=80, lr=5e-3, batch_size=12, validation_fraction=None)
    model.fit(X + X_other, y)
    assert model.history_["train_loss"][-1] < 0.5 * model.history_["train_loss"][0]
    predicted = model.predict(X + X_other)
    assert median_angular_error(y, predicted) < 10
    # The grid starts at -180 degrees.
    descending = np.sort(y, axis=1)[:, ::-1]
    assert np.median(great_circle_distance(predicted[..., 0], descending[..., 0])) < 10
