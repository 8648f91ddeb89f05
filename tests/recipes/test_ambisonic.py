"""Regressions and classifications on the sphere: parts of the recipe, and that they localize."""

import pickle

import numpy as np
import pytest
from scipy.signal import resample_poly
from sklearn.base import clone

import sslearn
from sslearn import recipes
from sslearn.base import is_localizer
from sslearn.datasets import make_ambisonic
from sslearn.encoding import (
    AdjacentDecoder,
    AngleEncoding,
    ArgmaxDecoder,
    GaussianEncoding,
    GibbsWeightedEncoding,
    OneHotEncoding,
    UnbiasedEncoding,
    UnitVectorEncoding,
)
from sslearn.exceptions import UncertaintyWarning
from sslearn.geometry import great_circle_distance, quasi_uniform_grid
from sslearn.metrics import median_angular_error
from sslearn.metrics.pairwise import angular_distances
from sslearn.networks import model_card
from sslearn.simulation import Interferer, Noise, ShoeboxRooms

PARTS = {
    "cartesian": (UnitVectorEncoding, "mse", (3,)),
    "spherical": (AngleEncoding, "mse", (2,)),
    "angular": (AngleEncoding, "angular", (2,)),
    "one_hot": (OneHotEncoding, "cross_entropy", (429,)),
    "gibbs": (GaussianEncoding, "mse", (429,)),
    "gibbs_weighted": (GibbsWeightedEncoding, "gibbs_weighted", (429,)),
    "unbiased": (UnbiasedEncoding, "cross_entropy", (429,)),
}
# A network and frames of the same kind that train in a second.
SMALL = {
    "network__n_filters": 8,
    "network__pool_sizes": (4, 4),
    "network__n_units": 16,
    "network__n_recurrent_layers": 1,
    "network__dropout": 0.0,
    "batch_transform__stft__n_fft": 32,
    "batch_transform__stft__hop_length": 32,
}
targets = pytest.mark.parametrize("target", PARTS)


def waves(n_samples, *, seed=0, n_times=128):
    """Noise as plane waves in SN3D, and where they come from, all over the sphere."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((n_samples, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    x, y, z = vectors.T
    gains = np.stack([np.ones(n_samples), y, z, x], axis=1)
    noise = rng.standard_normal((n_samples, 1, n_times))
    directions = np.rad2deg(np.column_stack([np.arctan2(y, x), np.arcsin(z)]))
    return (gains[:, :, None] * noise).astype(np.float32), directions


def fast(target, **params):
    model = recipes.ambisonic_crnn(target, random_state=0, device="cpu")
    return model.set_params(**{**SMALL, "lr": 1e-2, "batch_size": 32, **params})


@targets
def test_published_parts(target):
    model = recipes.ambisonic_crnn(target)
    encoding, loss, output_shape = PARTS[target]
    assert is_localizer(model)
    assert repr(clone(model)) == repr(model)
    assert type(model.encoding) is encoding
    assert model.loss == loss
    assert clone(model.encoding).fit([[0.0, 0.0]]).output_spec_.shape == output_shape
    assert (model.training.optimizer, model.lr, model.batch_size) == ("nadam", 1e-3, 64)
    assert (model.max_epochs, model.training.n_iter_no_change) == (150, 20)
    assert model.network.output_bias == (-6 if target == "gibbs_weighted" else None)
    if output_shape == (429,):
        np.testing.assert_array_equal(model.encoding.grid, quasi_uniform_grid(10))
        decoder = AdjacentDecoder if target == "unbiased" else ArgmaxDecoder
        assert type(model.encoding.decoder) is decoder
    if "gibbs" in target:
        assert model.encoding.width == 20


def test_published_maps_and_parameters():
    X = waves(2, n_times=13_312)[0]
    stft = recipes.ambisonic_crnn().batch_transform
    maps = stft.fit_transform(X)
    assert maps.shape == (2, 6, 513, 25)
    assert maps.dtype == np.float32
    assert stft.named_steps["stft"].window == "cosine"
    counts = {
        target: recipes.ambisonic_crnn(target).network.count_parameters(maps.shape[1:], shape)
        for target, (_, _, shape) in PARTS.items()
    }
    assert counts["spherical"] == counts["angular"] == 292_162
    assert counts["cartesian"] == 292_291
    assert {counts[target] for target, parts in PARTS.items() if parts[2] == (429,)} == {515_203}


@pytest.mark.parametrize("convention", ["sn3d", "n3d", "fuma"])
def test_conventions_give_the_same_maps(convention):
    X = waves(1)[0]
    given = {
        "sn3d": X,
        "n3d": X * np.float32([1, 3**0.5, 3**0.5, 3**0.5])[:, None],
        "fuma": X[:, [0, 3, 1, 2]] * np.float32([0.5**0.5, 1, 1, 1])[:, None],
    }[convention]
    small = {key: value for key, value in SMALL.items() if key.startswith("batch")}
    maps = [
        recipes.ambisonic_crnn(convention=name).set_params(**small).batch_transform.fit_transform(x)
        for name, x in ((convention, given), ("sn3d", X))
    ]
    np.testing.assert_allclose(*maps, atol=1e-5)


@pytest.mark.parametrize(
    ("target", "tolerance"),
    [
        ("cartesian", 15),
        ("spherical", 27),
        ("angular", 24),
        ("one_hot", 36),
        ("gibbs", 40),
        ("gibbs_weighted", 30),
        ("unbiased", 30),
    ],
)
def test_directions_all_over_the_sphere(target, tolerance):
    # A guess is off by 90 degrees.
    X, y = waves(700)
    model = fast(target, max_epochs=20).fit(X[:600], y[:600])
    predicted = model.predict(X[600:])
    assert predicted.shape == (100, 2)
    assert median_angular_error(y[600:], predicted) < tolerance
    off_grid = angular_distances(predicted, quasi_uniform_grid(10)).min(axis=1)
    assert (off_grid.max() < 0.01) == (target in ("one_hot", "gibbs", "gibbs_weighted"))


def test_memory_map_and_maps_computed_before_give_the_same(tmp_path):
    X, y = waves(70)
    model = fast("cartesian", max_epochs=2)
    expected = model.fit(X, y).predict(X)
    np.save(tmp_path / "clips.npy", X)
    mapped = np.load(tmp_path / "clips.npy", mmap_mode="r")
    np.testing.assert_array_equal(model.fit(mapped, y).predict(mapped), expected)
    maps = model.batch_transform.fit_transform(X)
    before = clone(model).set_params(batch_transform=None)
    np.testing.assert_allclose(before.fit(maps, y).predict(maps), expected, atol=1e-3)


def test_parts_of_the_histogram():
    model = recipes.ambisonic_histogram()
    assert is_localizer(model)
    assert repr(clone(model)) == repr(model)
    assert type(model.encoding) is UnbiasedEncoding
    np.testing.assert_array_equal(model.encoding.grid, quasi_uniform_grid(10))
    maps = model.batch_transform.fit_transform(waves(2, n_times=13_312)[0])
    assert maps.shape == (2, 7, 253, 25)
    assert model.network.count_parameters(maps.shape[1:], (429,)) == 19_643


@pytest.mark.parametrize("convention", ["sn3d", "fuma"])
def test_histogram_learns_from_few_clips(convention):
    # Trained in front, tested behind: what is learned does not depend on the direction.
    X, y = waves(300)
    gains = np.float32([0.5**0.5, 1, 1, 1])[:, None]
    X = X if convention == "sn3d" else X[:, [0, 3, 1, 2]] * gains
    model = recipes.ambisonic_histogram(convention=convention, random_state=0, device="cpu")
    model.set_params(
        network__n_filters=4,
        network__n_masks=2,
        max_epochs=8,
        batch_transform__stft__n_fft=32,
        batch_transform__stft__hop_length=32,
    )
    front = np.abs(y[:, 0]) < 90
    predicted = model.fit(X[front], y[front]).predict(X[~front])
    assert median_angular_error(y[~front], predicted) < 8


def test_unknown_target_is_named():
    with pytest.raises(ValueError, match=r"target must be one of \['spherical'.*got 'polar'"):
        recipes.ambisonic_crnn("polar")


@pytest.fixture(scope="module")
def rooms():
    """Bursts of noise in rooms and noise, and their directions."""
    rng = np.random.default_rng(0)
    bursts = [np.repeat(rng.random(64) < 0.7, 1000) * rng.standard_normal(64_000)] * 2
    return make_ambisonic(
        20,
        rooms=ShoeboxRooms(10, t60=(0.3, 0.8)),
        sounds=bursts,
        noise=Noise(5, kind="diffuse"),
        duration=1.0,
        mixing_time="auto",
        random_state=11,
        return_X_y=True,
    )


@pytest.fixture(scope="module")
def pretrained(rooms):
    return recipes.ambisonic_histogram(weights="pretrained", device="cpu").fit(rooms[0])


def test_pretrained_finds_what_the_intensity_does_not(rooms, pretrained):
    X, y = rooms
    errors = great_circle_distance(pretrained.predict(X), y)
    others = great_circle_distance(recipes.intensity().fit(X, y).predict(X), y)
    assert np.median(errors) < 5 and np.mean(errors) < 0.7 * np.mean(others)


# Azimuths and elevations of the first clips; the sound is the same on every machine.
PINNED = [[140.825, 27.597], [30.865, -28.212], [151.326, -15.732]]


def test_pretrained_predictions_stay(rooms, pretrained):
    np.testing.assert_allclose(pretrained.predict(rooms[0][:3]), PINNED, atol=0.02)


def test_pretrained_card(pretrained):
    card = model_card("ambisonic_histogram")
    assert card["n_weights"] == pretrained.network.count_parameters((7, 253, 25), (429,))
    figures = card["errors"]["speech, diffuse 10 dB, 1 s"]
    assert figures["pretrained"][0] < 0.7 * figures["histogram"][0]


@pytest.mark.parametrize("convention", ["n3d", "fuma"])
def test_pretrained_hears_every_convention_alike(rooms, pretrained, convention):
    X = rooms[0][:4]
    given = X * np.float32([1, 3**0.5, 3**0.5, 3**0.5])[:, None]
    if convention == "fuma":
        given = X[:, [0, 3, 1, 2]] * np.float32([0.5**0.5, 1, 1, 1])[:, None]
    other = recipes.ambisonic_histogram(convention, weights="pretrained").fit(given)
    np.testing.assert_allclose(other.predict(given), pretrained.predict(X), atol=0.01)


@pytest.mark.parametrize("fs", [8000, 22_050, 44_100, 48_000])
def test_pretrained_takes_every_rate(rooms, pretrained, fs):
    resampled = resample_poly(rooms[0].astype(float), fs // 50, 320, axis=2)
    localizer = recipes.ambisonic_histogram(weights="pretrained", fs=fs).fit(resampled)
    apart = great_circle_distance(localizer.predict(resampled), pretrained.predict(rooms[0]))
    assert np.median(apart) < 1 and apart.max() < 6


@pytest.mark.parametrize(("seconds", "tolerance"), [(0.1, 12), (0.25, 7), (3.0, 6)])
def test_pretrained_takes_every_duration_and_level(rooms, pretrained, seconds, tolerance):
    X = np.tile(rooms[0], 3)[:, :, 1000 : 1000 + round(16_000 * seconds)]
    found = pretrained.predict(X)
    assert np.median(great_circle_distance(found, rooms[1])) < tolerance
    np.testing.assert_allclose(pretrained.predict(1e-4 * X), found, atol=0.01)


def test_pretrained_finds_the_talker_beside_an_interferer():
    rng = np.random.default_rng(0)
    voice = np.repeat(rng.random(40) < 0.4, 1600) * rng.standard_normal(64_000)
    X, y = make_ambisonic(
        10,
        sounds=[voice, voice],
        interferer=Interferer(sir=3),
        duration=1.0,
        mixing_time="auto",
        random_state=2,
        return_X_y=True,
    )
    localizers = recipes.ambisonic_histogram(weights="pretrained"), recipes.intensity()
    ours, theirs = (
        np.median(great_circle_distance(localizer.fit(X, y).predict(X), y))
        for localizer in localizers
    )
    assert ours < 12 < 0.5 * theirs


def test_pretrained_copies(rooms, pretrained, tmp_path):
    X = rooms[0][:3]
    expected = pretrained.predict(X)
    sslearn.save(pretrained, tmp_path / "model.sslearn")
    copies = {
        "clone": clone(pretrained).fit(X),
        "pickle": pickle.loads(pickle.dumps(pretrained)),
        "file": sslearn.load(tmp_path / "model.sslearn"),
    }
    for name, copy in copies.items():
        np.testing.assert_array_equal(copy.predict(X), expected, err_msg=name)


def test_pretrained_is_the_start_of_training(rooms, pretrained):
    X, y = rooms
    settings = {"max_epochs": 1, "random_state": 0, "device": "cpu"}
    losses = {}
    for weights in ("pretrained", pretrained.weights_, None):
        localizer = recipes.ambisonic_histogram(weights=weights, **settings).set_params(lr=1e-6)
        losses[str(weights)[:9]] = localizer.fit(X, y).history_["train_loss"][0]
    by_name, by_dict, fresh = losses.values()
    assert by_name == by_dict < 0.6 * fresh


@pytest.mark.parametrize(
    ("settings", "band"),
    [
        ({"fs": 3000, "freq_range": (50, 1500)}, "50 to 1500 Hz"),
        ({"freq_range": None}, "0 to 8000 Hz"),
        ({"freq_range": (500, 3000)}, "500 to 3000 Hz"),
    ],
)
def test_other_bands_warn(settings, band):
    with pytest.warns(UncertaintyWarning, match=f"not trained for {band}") as caught:
        recipes.ambisonic_histogram(weights="pretrained", **settings)
    assert caught[0].filename == __file__


def test_epochs_by_default():
    assert recipes.ambisonic_histogram().max_epochs == 60
    assert recipes.ambisonic_histogram(weights="pretrained").max_epochs == 0
    further = recipes.ambisonic_histogram(weights="pretrained", max_epochs=10)
    assert (further.max_epochs, further.lr) == (10, 3e-4)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("none", r"weights must be a local file.*\'ambisonic_histogram\'.*none does not exist"),
        ("masked_srp_phat", "Is it the state dict of another network"),
        ({"a": np.ones(2)}, "Is it the state dict of another network"),
    ],
)
def test_weights_of_other_networks(weights, message):
    localizer = recipes.ambisonic_histogram(weights=weights)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        localizer.fit(waves(2, n_times=8000)[0])
