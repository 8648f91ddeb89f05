"""MaskedSRPPHAT: known directions of any array, and what must not change them."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import sslearn.networks
from sslearn import recipes
from sslearn.datasets import make_plane_waves
from sslearn.doa import MaskedSRPPHAT
from sslearn.doa._masked_srp_phat import SIZES, trained_network
from sslearn.exceptions import SilenceWarning, UncertaintyWarning
from sslearn.features import STFT
from sslearn.geometry import (
    circular_array,
    circular_difference,
    circular_grid,
    great_circle_distance,
    linear_array,
    near_field_grid,
    spherical_array,
)
from sslearn.networks import model_card
from sslearn.networks.layers import MaskedSteeringNet, array_steering, bin_features

CIRCLE = circular_array(6, 0.05)
WEIGHTS = Path(sslearn.networks.__file__).parent / "weights"
STFT_ = STFT(512, hop_length=256)
# Directions that the weights in the package find at 0 dB.
PINNED = [-99.87, 35.30]


def waves(mics, directions, duration=1.0, snr=10, seed=0):
    return make_plane_waves(
        len(directions),
        mic_positions=mics,
        directions=directions,
        snr=snr,
        duration=duration,
        random_state=seed,
    ).data.astype(np.float32)


def locate(mics, X, y=None, **params):
    return recipes.masked_srp_phat(mics, **params).fit(X, y).predict(X)


@pytest.mark.parametrize(
    "mics",
    [CIRCLE, circular_array(3, 0.02), circular_array(16, 0.1), spherical_array(8, 0.06)],
    ids=["six", "three", "sixteen", "space"],
)
@pytest.mark.parametrize("duration", [0.25, 1.0, 2.5])
def test_azimuths_around_any_array(mics, duration):
    y = np.array([-178.5, -95.0, -31.0, 0.7, 44.0, 120.0])
    found = locate(mics, waves(mics, y, duration))
    assert np.abs(circular_difference(found, y)).max() < 3


@pytest.mark.parametrize("n_mics", [2, 4])
def test_azimuths_in_front_of_a_line(n_mics):
    mics = linear_array(n_mics, 0.05)
    y = np.array([-60.0, -20.0, 5.0, 50.0])
    assert np.abs(locate(mics, waves(mics, y)) - y).max() < 4


def test_azimuths_and_elevations():
    mics = spherical_array(8, 0.06)
    y = np.array([[-170.0, 10.0], [30.0, -25.0], [80.0, 50.0], [-60.0, 0.0]])
    assert great_circle_distance(y, locate(mics, waves(mics, y), y)).max() < 6


def test_order_of_microphones_does_not_matter():
    X = waves(CIRCLE, [-100.0, 35.0], snr=0)
    order = [3, 0, 5, 1, 4, 2]
    spectrum = recipes.masked_srp_phat(CIRCLE).fit(X).spatial_spectrum(X)
    permuted = recipes.masked_srp_phat(CIRCLE[order]).fit(X[:, order])
    np.testing.assert_allclose(permuted.spatial_spectrum(X[:, order]), spectrum, atol=1e-4)


@pytest.mark.parametrize("turn", [60.0, 75.0, -142.0])
def test_a_rotated_array_rotates_the_directions(turn):
    X = waves(CIRCLE, [-100.0, 35.0], snr=5)
    mics = CIRCLE @ Rotation.from_euler("z", turn, degrees=True).as_matrix().T
    rotated, found = locate(mics, X), locate(CIRCLE, X)
    # Turns by whole steps of the coarsest grid, of 15 degrees, change nothing at all.
    atol = 0.02 if turn % 15 == 0 else 1.0
    assert np.abs(circular_difference(rotated, found + turn)).max() < atol


def test_level_of_the_audio_does_not_matter():
    X = waves(CIRCLE, [20.0, -50.0])
    np.testing.assert_allclose(locate(CIRCLE, 1e-3 * X), locate(CIRCLE, X), atol=0.01)
    np.testing.assert_allclose(locate(CIRCLE, 100 * X), locate(CIRCLE, X), atol=0.01)


def test_a_batch_is_its_clips():
    X = waves(CIRCLE, [20.0, -50.0, 170.0], snr=0)
    localizer = recipes.masked_srp_phat(CIRCLE).fit(X)
    one_by_one = np.concatenate([localizer.spatial_spectrum(x[None]) for x in X])
    np.testing.assert_allclose(localizer.spatial_spectrum(X), one_by_one, atol=1e-4)
    np.testing.assert_allclose(one_by_one.sum(axis=1), 1, atol=1e-5)


def test_long_clips_in_pieces(monkeypatch):
    X = np.concatenate([waves(CIRCLE, [20.0], 4.0, seed=i) for i in range(2)], axis=2)
    localizer = recipes.masked_srp_phat(CIRCLE).fit(X)
    whole = localizer.spatial_spectrum(X)
    monkeypatch.setattr("sslearn.doa._clips._CHUNK_BYTES", 2**17)
    np.testing.assert_allclose(localizer.spatial_spectrum(X), whole, atol=1e-3)


def test_blocks_make_a_track():
    X = np.concatenate([waves(CIRCLE, [y], 1.0) for y in (-60.0, 80.0)], axis=2)
    localizer = recipes.masked_srp_phat(CIRCLE, block_duration=0.5).fit(X)
    track = localizer.predict_track(X)
    np.testing.assert_allclose(track["time"], 0.256 + 0.496 * np.arange(4), atol=1e-6)
    assert np.abs(track["azimuth"] - [-60, -60, 80, 80]).max() < 3
    assert track["score"].between(0, 1).all()


def test_two_sources_and_an_absent_one():
    first, second = waves(CIRCLE, [-60.0, 10.0]), waves(CIRCLE, [40.0, 150.0], seed=1)
    found = np.sort(locate(CIRCLE, first + second, n_sources=2)[..., 0], axis=1)
    assert np.abs(found - [[-60, 40], [10, 150]]).max() < 5
    alone = locate(CIRCLE, first, n_sources=2)[..., 0]
    assert np.isnan(alone[:, 1]).all()


def test_silence_has_no_direction():
    X = waves(CIRCLE, [20.0, -50.0])
    X[1] = 0
    localizer = recipes.masked_srp_phat(CIRCLE, n_sources=2).fit(X)
    with pytest.warns(SilenceWarning):
        spectrum = localizer.spatial_spectrum(X)
    assert not spectrum[1].any()
    with pytest.warns(SilenceWarning):
        assert np.isnan(localizer.predict(X)[1]).all()


def test_nan_is_refused():
    X = waves(CIRCLE, [20.0])
    localizer = recipes.masked_srp_phat(CIRCLE).fit(X)
    X[0, 2, 100] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        localizer.predict(X)


def test_masks_for_each_bin():
    X = waves(CIRCLE, [20.0, 30.0], 1.5)
    localizer = recipes.masked_srp_phat(CIRCLE, block_duration=0.5).fit(X)
    masks = localizer.masks(X)
    n_frames = 1 + (24000 - 512) // 256
    n_freqs = localizer.bins_.stop - localizer.bins_.start
    assert masks.shape == (2, SIZES["n_masks"], n_freqs, n_frames)
    assert ((masks >= 0) & (masks <= 1)).all()
    assert localizer.block_duration == 0.5


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"mic_positions": circular_array(4, 1.0)}, "aperture of 2 m"),
        ({"mic_positions": circular_array(4, 0.002)}, "aperture of 0.004 m"),
        ({"freq_range": (200, 2000)}, "nothing above"),
        ({"batch_transform": STFT(1024, hop_length=512)}, "bins every 15.6 Hz"),
    ],
)
def test_warns_outside_of_the_training(params, message):
    localizer = MaskedSRPPHAT(circular_array(4, 0.05), batch_transform=STFT_)
    with pytest.warns(UncertaintyWarning, match=message):
        localizer.set_params(**params).fit(np.ones((1, 4, 16000)))


def test_distances_are_refused():
    grid = near_field_grid([0.0, 90.0], [1.0, 2.0])
    localizer = MaskedSRPPHAT(CIRCLE, grid=grid, batch_transform=STFT_)
    with pytest.raises(ValueError, match="Use SRPPHAT for distances"):
        localizer.fit(waves(CIRCLE, [20.0]))


def test_pickle_without_steering():
    X = waves(CIRCLE, [20.0])
    localizer = recipes.masked_srp_phat(CIRCLE).fit(X)
    stored = pickle.dumps(localizer)
    assert len(stored) < 20_000
    np.testing.assert_array_equal(pickle.loads(stored).predict(X), localizer.predict(X))


def test_importing_and_making_needs_no_torch():
    code = (
        "import sys; from sslearn import recipes; "
        "recipes.masked_srp_phat([[0, 0, 0], [0.1, 0, 0]]); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_gradient_reaches_every_weight():
    import torch

    grid = circular_grid(3.0)
    freqs = np.arange(300.0, 4000.0, 125.0)
    steering = array_steering(CIRCLE, grid, freqs)
    noise = torch.randn(2, len(freqs), 6, 10, 2, generator=torch.manual_seed(0))
    net = MaskedSteeringNet(**SIZES)
    scores = net(torch.view_as_complex(noise), steering)
    assert scores.shape == (2, len(grid))
    torch.nn.functional.cross_entropy(scores, torch.tensor([0, 50])).backward()
    assert all(weight.grad.any() for weight in net.parameters() if weight.ndim > 1)


def test_size_of_the_network():
    assert sum(weight.numel() for weight in trained_network().parameters()) == 21107


def test_features_of_a_plane_wave_are_known():
    import torch

    freqs = np.arange(300.0, 4000.0, 125.0)
    steering = array_steering(CIRCLE, circular_grid(3.0), freqs)
    # From one of the coarse directions, which are 15 degrees apart.
    wave = torch.view_as_complex(steering.coarse)[None, :, 4, :, None].conj().expand(-1, -1, -1, 30)
    features = bin_features(wave.resolve_conj(), steering)
    np.testing.assert_allclose(features[:, 3], 1, atol=1e-5)  # height
    np.testing.assert_allclose(features[:, [6, 7, 9]][:, :2], 1, atol=1e-4)  # frames
    np.testing.assert_allclose(features[:, 0], 0, atol=1e-5)  # level


def test_predictions_of_the_weights_are_pinned():
    X = waves(CIRCLE, [-100.0, 35.0], snr=0)
    localizer = recipes.masked_srp_phat(CIRCLE).fit(X)
    np.testing.assert_allclose(localizer.predict(X), PINNED, atol=0.05)


def test_the_card_beside_the_weights():
    card = model_card("masked_srp_phat")
    assert card["n_weights"] == sum(weight.numel() for weight in trained_network().parameters())
    assert card["sizes"] == SIZES
    assert (WEIGHTS / "masked_srp_phat.safetensors").stat().st_size < 1e6
