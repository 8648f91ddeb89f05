"""Classification networks with soft labels: the parts of the recipes, and that they localize."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sslearn import recipes
from sslearn.base import is_localizer
from sslearn.datasets import make_plane_waves
from sslearn.encoding import AdjacentDecoder, ArgmaxDecoder, OneHotEncoding, UnbiasedEncoding
from sslearn.geometry import circular_array, circular_grid, linear_array
from sslearn.losses import PermutationInvariantLoss
from sslearn.metrics import median_angular_error
from sslearn.networks import PNN, PNNSplit, SNet, SNetSplit

RECIPES = [recipes.phase_network, recipes.spectrogram_network]
# Networks and frames of the same kind that train in seconds.
SMALL = {
    recipes.phase_network: {"network": PNN(8, hidden_layer_sizes=(64,))},
    recipes.spectrogram_network: {
        "network": SNet((16, 32), n_blocks=1, n_hidden=64),
        "batch_transform__realimag__unit_level": "clip",
        "batch_transform__frameblocks__n_frames": 2,
    },
}
SMALL_SPLIT = {
    recipes.phase_network: {"network": PNNSplit((4, 4, 4))},
    recipes.spectrogram_network: {"network": SNetSplit((6, 8), n_blocks=1)},
}
SPECTRA = {"batch_transform__stft__n_fft": 64, "batch_transform__stft__hop_length": 64}


def waves(n_samples, mics, directions=None):
    return make_plane_waves(
        n_samples,
        mic_positions=mics,
        directions=directions,
        duration=0.044,
        random_state=0,
        return_X_y=True,
    )


def fast(recipe, grid="circle", *, max_epochs=1):
    """A recipe with a small network on short frames."""
    return recipe(grid, max_epochs=max_epochs, random_state=0).set_params(
        **SPECTRA, **SMALL[recipe]
    )


@pytest.mark.parametrize(
    ("recipe", "n_sources", "network", "maps_shape"),
    [
        (recipes.phase_network, 1, PNN, (4, 256, 126)),
        (recipes.phase_network, 2, PNNSplit, (4, 256, 126)),
        (recipes.spectrogram_network, 1, SNet, (8, 256, 18, 7)),
        (recipes.spectrogram_network, 2, SNetSplit, (8, 256, 18, 7)),
    ],
)
def test_published_sizes(recipe, n_sources, network, maps_shape):
    model = recipe(n_sources=n_sources, random_state=0)
    assert is_localizer(model)
    assert repr(clone(model)) == repr(model)
    assert isinstance(model.network, network)
    X = np.random.default_rng(0).standard_normal((1, 4, 32000), dtype=np.float32)
    assert model.batch_transform.fit_transform(X).shape == (1, *maps_shape)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("n_sources", [0, 3, True, "2"])
def test_other_numbers_of_sources_are_refused(recipe, n_sources):
    with pytest.raises(ValueError, match="n_sources must be 1 or 2"):
        recipe(n_sources=n_sources)


@pytest.mark.parametrize("recipe", RECIPES)
def test_published_training(recipe):
    model = recipe()
    assert isinstance(model.encoding, UnbiasedEncoding)
    assert model.encoding.decoder.n_adjacent == 3
    assert (model.activation, model.training.optimizer, model.lr) == (None, "adamw", 1e-3)
    assert (model.batch_size, model.max_epochs) == (32, 30)
    assert recipe(n_jobs=2).n_jobs == 2
    # The 4th epoch in a row without a better one is the one after torch's patience of 3.
    training = model.training
    assert (training.patience, training.lr_factor, training.min_lr) == (4, 0.1, 1e-4)


def test_phase_networks_sum_over_the_classes_and_spectrogram_networks_average():
    assert recipes.phase_network().loss.over_classes == "sum"
    assert recipes.spectrogram_network().loss == "mse"


@pytest.mark.parametrize("recipe", RECIPES)
def test_grids(recipe):
    circle, front = recipe().encoding.grid, recipe("front").encoding.grid
    assert (len(circle), circle[0], circle[-1]) == (73, 0, 360)
    assert (len(front), front[0], front[-1]) == (37, -90, 90)
    own = circular_grid(10.0)
    assert recipe(own).encoding.grid is own
    with pytest.raises(ValueError, match='grid must be "circle", "front" or azimuths; got \'back'):
        recipe("back")


@pytest.mark.parametrize("grid", ["circle", circular_grid(5.0)], ids=["circle", "closed"])
def test_circle_is_localized_between_the_classes(grid):
    X, y = waves(440, circular_array(4, 0.05))
    model = fast(recipes.phase_network, grid, max_epochs=25).set_params(
        lr=5e-3, training__patience=20
    )
    predicted = model.fit(X[:400], y[:400]).predict(X[400:])
    assert predicted.shape == (40,)
    assert median_angular_error(y[400:], predicted) < 2.5


@pytest.mark.parametrize("recipe", RECIPES)
def test_line_sees_the_front(recipe):
    directions = np.random.default_rng(0).uniform(-60, 60, 440)
    X, y = waves(440, linear_array(4, 0.04), directions)
    model = fast(recipe, "front", max_epochs=25).set_params(lr=5e-3, training__patience=20)
    off_grid = model.fit(X[:400], y[:400]).predict(X[400:])
    assert median_angular_error(y[400:], off_grid) < 2.5
    classes = set(range(-90, 91, 5))
    assert not set(off_grid) <= classes
    model.encoding_.set_params(decoder=ArgmaxDecoder())
    assert set(model.predict(X[400:])) <= classes


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("loss", ["descending", "any order"])
def test_two_sources(recipe, loss):
    mics, rng = circular_array(4, 0.05), np.random.default_rng(0)
    X, first = waves(24, mics)
    other, second = waves(24, mics, rng.uniform(-180, 180, 24))
    model = recipe(n_sources=2, max_epochs=2, random_state=0)
    model.set_params(**SPECTRA, **SMALL_SPLIT[recipe], batch_size=8)
    if loss == "any order":
        model.set_params(loss=PermutationInvariantLoss())
    y = np.stack([first, second], axis=1)[..., None]
    predicted = model.fit(X + other, y).predict(X[:5])
    assert predicted.shape == (5, 2, 1)
    assert (np.abs(predicted) <= 180).all()


@pytest.mark.parametrize("recipe", RECIPES)
def test_memory_map_gives_the_same(recipe, tmp_path):
    X, y = waves(16, circular_array(4, 0.05))
    np.save(tmp_path / "clips.npy", X)
    model = fast(recipe)
    expected = model.fit(X, y).predict(X)
    mapped = np.load(tmp_path / "clips.npy", mmap_mode="r")
    np.testing.assert_array_equal(model.fit(mapped, y).predict(mapped), expected)


def test_frames_that_fill_no_block_are_left_out():
    transform = recipes.spectrogram_network().batch_transform
    X = np.random.default_rng(0).standard_normal((1, 4, 8000), dtype=np.float32)
    assert transform.fit_transform(X).shape == (1, 8, 256, 4, 7)


def test_ablation_is_a_grid_search():
    X, y = waves(48, circular_array(4, 0.05))
    grid = {
        "encoding": [OneHotEncoding(circular_grid(20)), UnbiasedEncoding(circular_grid(20))],
        "encoding__decoder": [ArgmaxDecoder(), AdjacentDecoder(2), AdjacentDecoder(3)],
    }
    model = fast(recipes.phase_network, max_epochs=2)
    search = GridSearchCV(model, grid, cv=2, n_jobs=2, error_score="raise").fit(X, y)
    table = pd.DataFrame(search.cv_results_)
    table["label"] = [type(encoding).__name__ for encoding in table["param_encoding"]]
    table["decoder"] = table["param_encoding__decoder"].astype(str)
    table = table.pivot(index="label", columns="decoder", values="mean_test_score")
    assert table.shape == (2, 3)
    assert table.notna().all(axis=None)
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))
