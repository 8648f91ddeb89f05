"""Regressions and classifications on the sphere: parts of the recipe, and that they localize."""

import numpy as np
import pytest
from sklearn.base import clone

from sslearn import recipes
from sslearn.base import is_localizer
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
from sslearn.geometry import quasi_uniform_grid
from sslearn.metrics import median_angular_error
from sslearn.metrics.pairwise import angular_distances

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
