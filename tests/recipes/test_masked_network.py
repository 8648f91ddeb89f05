"""masked_srp_phat_network: the network of MaskedSRPPHAT, trained further."""

import pickle

import numpy as np
import pytest

from sslearn import recipes
from sslearn.datasets import make_plane_waves
from sslearn.geometry import circular_array, circular_difference, great_circle_distance
from sslearn.networks import MaskedSRPNet
from sslearn.recipes import masked_srp_phat_network

MICS = circular_array(4, 0.05)


def waves(directions, mics=MICS, seed=0):
    clips = make_plane_waves(
        len(directions),
        mic_positions=mics,
        directions=directions,
        snr=5,
        duration=1.2,
        random_state=seed,
    )
    return clips.data.astype(np.float32)


@pytest.mark.parametrize("n_angles", [1, 2])
def test_without_training_it_is_masked_srp_phat(n_angles):
    y = [40.0, -120.0] if n_angles == 1 else [[40.0, 20.0], [-120.0, 35.0]]
    X = waves(y)
    network = masked_srp_phat_network(MICS, n_angles=n_angles, max_epochs=0).fit(X[:1])
    localizer = recipes.masked_srp_phat(MICS).fit(X, y)
    np.testing.assert_array_equal(network.grid_, localizer.grid_)
    np.testing.assert_allclose(
        network.spatial_spectrum(X), localizer.spatial_spectrum(X), atol=1e-5
    )
    np.testing.assert_allclose(network.predict(X), localizer.predict(X), atol=0.02)
    X = X.astype(np.float64)
    np.testing.assert_allclose(network.fit(X).predict(X), localizer.predict(X), atol=0.02)


def test_training_learns_an_array_whose_microphones_are_mislabelled():
    # Channels swapped: a localizer that knows nothing of it hears the mirror image.
    y = np.arange(-170.0, 180.0, 20.0)
    X = waves(y)[:, [2, 1, 0, 3]]
    before = masked_srp_phat_network(MICS, max_epochs=0).fit(X)
    network = masked_srp_phat_network(MICS, max_epochs=6, random_state=0).fit(X, y)
    assert network.history_["train_loss"][-1] < 0.8 * network.history_["train_loss"][0]
    further = recipes.masked_srp_phat(MICS).set_params(weights=network.weights_).fit(X)
    np.testing.assert_allclose(further.predict(X), network.predict(X), atol=0.02)
    assert np.abs(circular_difference(before.predict(X), network.predict(X))).max() > 0.05
    copy = pickle.loads(pickle.dumps(further))
    np.testing.assert_array_equal(copy.predict(X), further.predict(X))


def test_weights_of_one_array_serve_another():
    network = masked_srp_phat_network(MICS, max_epochs=0).fit(waves([0.0, 10.0]))
    others = circular_array(6, 0.04)
    X = waves([25.0, -60.0], others)
    localizer = recipes.masked_srp_phat(others, n_sources=2).set_params(weights=network.weights_)
    found = localizer.fit(X).predict(X)
    assert great_circle_distance(found[0, 0], [25.0]).min() < 3


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: MaskedSRPNet(MICS).build((6, 257, 10), (120,)), "8 maps.*got 6.*RealImag"),
        (lambda: MaskedSRPNet(MICS).build((8, 257, 10), (72,)), r"shape \(120,\).*\(72,\)"),
        (lambda: MaskedSRPNet(MICS, n_masks=0).build((8, 257, 10), (120,)), "n_masks"),
        (lambda: MaskedSRPNet(MICS, freq_range=(9, 10)).build((8, 257, 10), (120,)), "freq_range"),
        (lambda: masked_srp_phat_network(MICS, n_angles=3), "n_angles must be 1"),
        (lambda: masked_srp_phat_network(MICS[:1]), "at least 2 microphones"),
        (lambda: recipes.masked_srp_phat(MICS).set_params(weights="x").fit(waves([0.0])), "'?x'?"),
    ],
)
def test_bad_parameters(build, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        build()
