"""Classical recipes take audio, chunk by chunk, and find one source or several."""

import inspect

import numpy as np
import pytest
from numpydoc.docscrape import NumpyDocString
from sklearn.base import clone

from sslearn import recipes
from sslearn.base import is_localizer
from sslearn.datasets import make_plane_waves
from sslearn.geometry import circular_array
from sslearn.metrics import angular_error

MICS = circular_array(8, 0.08)
ON_ARRAYS = [recipes.srp_phat, recipes.mvdr, recipes.music, recipes.esprit, recipes.tdoa]
OF_SEVERAL = ON_ARRAYS[:-1]


def waves(directions, **kwargs):
    return make_plane_waves(
        len(directions),
        mic_positions=MICS,
        directions=directions,
        duration=0.5,
        random_state=0,
        **kwargs,
    ).data


@pytest.mark.parametrize("recipe", ON_ARRAYS)
def test_recipe_localizes_audio(recipe):
    y = np.linspace(-175, 175, 12)
    localizer = recipe(MICS, n_jobs=2).fit(waves(y, snr=20))
    assert is_localizer(localizer)
    assert repr(clone(localizer)) == repr(localizer)
    assert localizer.score(waves(y, snr=20), y) > 0.99


@pytest.mark.parametrize("recipe", OF_SEVERAL)
def test_recipe_finds_two_sources(recipe):
    y = np.array([[-60.0, 40.0], [170.0, 100.0]])
    rng = np.random.default_rng(0)
    sounds = rng.standard_normal((2, 2, 8000))
    X = waves(y[:, 0], sounds=sounds[0]) + waves(y[:, 1], sounds=sounds[1])
    localizer = recipe(MICS, n_sources=2).fit(X, y[..., None])
    assert angular_error(y[..., None], localizer.predict(X)).max() < 6


@pytest.mark.parametrize("recipe", ON_ARRAYS)
def test_recipe_takes_clips_of_any_length(recipe):
    X = list(waves([10.0, 50.0]))
    X[1] = X[1][:, :6000]
    np.testing.assert_allclose(recipe(MICS).fit(X).predict(X), [10, 50], atol=0.5)


def test_frames_can_be_set():
    localizer = recipes.srp_phat(MICS, fs=8000, n_fft=256, hop_length=128)
    assert localizer.fs == 8000
    assert localizer.batch_transform.[-1].hop_length == 128


def test_intensity_takes_ambisonic_audio():
    sound = np.random.default_rng(0).standard_normal(8000)
    X = np.stack([sound, 0 * sound, 0 * sound, sound])[None]  # from the front
    assert np.abs(recipes.intensity().fit(X).predict(X)).max() < 1e-6
    fuma = X[:, [0, 3, 1, 2]]
    found = recipes.intensity("fuma").fit(fuma).predict(fuma)
    assert found.shape == (1, 2) and np.abs(found).max() < 1e-6
    assert recipes.intensity().fit(X, [0.0]).predict(X).shape == (1,)


@pytest.mark.parametrize("recipe", [*ON_ARRAYS, recipes.intensity])
def test_docstring_is_complete(recipe):
    """The sections that the recipes share are written by a helper."""
    doc = NumpyDocString(recipe.__doc__)
    assert [p.name for p in doc["Parameters"]] == list(inspect.signature(recipe).parameters)
    for parameter in doc["Parameters"]:
        default = inspect.signature(recipe).parameters[parameter.name].default
        if default is not inspect.Parameter.empty:
            quoted = f'"{default}"' if isinstance(default, str) else default
            assert parameter.type.endswith(f"default={quoted}")
    localizer = recipe() if recipe is recipes.intensity else recipe(MICS)
    assert doc["Returns"][0].type == type(localizer).__name__
    assert doc["Extended Summary"] and doc["References"] and doc["Examples"]
