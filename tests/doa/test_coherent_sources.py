"""One sound from two places: a warning, and smoothing."""

import warnings

import numpy as np
import pytest

from sslearn import recipes
from sslearn.datasets import make_plane_waves, make_shoebox
from sslearn.doa import ESPRIT, MUSIC, MVDR, SRPPHAT
from sslearn.exceptions import UncertaintyWarning
from sslearn.features import STFT
from sslearn.geometry import circular_array, linear_array

CIRCLE, LINE = circular_array(6, 0.05), linear_array(8, 0.04)
RECIPES = [recipes.srp_phat, recipes.music, recipes.mvdr, recipes.esprit]
every_recipe = pytest.mark.parametrize("recipe", RECIPES)


def played(mics, places, seeds):
    clips = [
        make_plane_waves(1, mic_positions=mics, directions=[place], random_state=seed).data
        for place, seed in zip(places, seeds, strict=True)
    ]
    return sum(clips)


@every_recipe
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_one_sound_from_two_places_warns(recipe, noise):
    X = played(CIRCLE, (30.0, 120.0), (1, 1))
    X = X + noise * X.std() * np.random.default_rng(0).standard_normal(X.shape)
    localizer = recipe(CIRCLE, n_sources=2).fit(X)
    with pytest.warns(UncertaintyWarning, match="sources are coherent in 1 sample"):
        localizer.predict(X)


@every_recipe
def test_independent_sounds_do_not(recipe):
    room = make_shoebox(
        4, mic_positions=CIRCLE, rooms=2, n_sources=2, duration=0.5, random_state=0
    ).data
    with warnings.catch_warnings():
        warnings.simplefilter("error", UncertaintyWarning)
        recipe(CIRCLE, n_sources=2).fit(room).predict(room)
        for places in ((30.0, 120.0), (30.0, 50.0)):
            X = played(CIRCLE, places, (1, 2))
            recipe(CIRCLE, n_sources=2).fit(X).predict(X)
            recipe(CIRCLE, n_sources=2, block_size=4).fit(X).predict(X)


@pytest.mark.parametrize("cls", [MUSIC, MVDR])
@pytest.mark.parametrize("order", [slice(None), [3, 0, 6, 1, 7, 2, 5, 4]])
def test_smoothing_on_a_line(cls, order):
    X = STFT().transform(played(LINE[order], (-20.0, 40.0), (1, 1)))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UncertaintyWarning)
        localizer = cls(LINE[order], n_sources=2, smoothing="spatial").fit(X)
        found = np.sort(localizer.predict(X).ravel())
    np.testing.assert_allclose(found, [-20, 40], atol=2)


def test_esprit_and_srp_on_a_line_need_none():
    X = STFT().transform(played(LINE, (-20.0, 40.0), (1, 1)))
    for cls, atol in ((ESPRIT, 1), (SRPPHAT, 6)):
        found = np.sort(cls(LINE, n_sources=2).fit(X).predict(X).ravel())
        np.testing.assert_allclose(found, [-20, 40], atol=atol)


@pytest.mark.parametrize("cls", [MUSIC, MVDR])
def test_smoothing_needs_a_line(cls):
    X = STFT().transform(played(CIRCLE, (30.0,), (1,)))
    with pytest.raises(ValueError, match="uniform horizontal line"):
        cls(CIRCLE, smoothing="spatial").fit(X)


@pytest.mark.parametrize("cls", [MUSIC, MVDR])
def test_one_frame_smoothed_over_frequencies(cls):
    X = STFT().transform(played(CIRCLE, (30.0, 120.0), (1, 2))[:, :, :512])
    localizer = cls(CIRCLE, n_sources=2, smoothing="frequency").fit(X)
    np.testing.assert_allclose(np.sort(localizer.predict(X).ravel()), [30, 120], atol=10)
