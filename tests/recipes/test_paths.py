"""Networks of the recipes on files, in the containers that people bring, and at another rate."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from sslearn import recipes
from sslearn.datasets import make_ambisonic, make_binaural, make_plane_waves
from sslearn.geometry import circular_array

NETWORKS = {
    "phase_network": recipes.phase_network,
    "spectrogram_network": recipes.spectrogram_network,
    "ambisonic_crnn": recipes.ambisonic_crnn,
    "ambisonic_histogram": recipes.ambisonic_histogram,
}


def clips(name, fs=16000):
    settings = {"duration": 0.3, "fs": fs, "random_state": 0, "return_X_y": True}
    if name.startswith("ambisonic"):
        return make_ambisonic(8, rooms=1, max_order=0, **settings)
    return make_plane_waves(8, mic_positions=circular_array(4, 0.05), **settings)


@pytest.fixture
def write(tmp_path):
    def write(X, fs=16000):
        paths = [tmp_path / f"{i}.wav" for i in range(len(X))]
        for path, clip in zip(paths, X, strict=True):
            soundfile.write(path, clip.T, fs, subtype="FLOAT")
        return paths

    return write


@pytest.mark.parametrize("name", NETWORKS)
def test_files_give_what_their_audio_gives(name, write):
    X, y = clips(name)
    paths = write(X)
    expected = NETWORKS[name](max_epochs=1, random_state=0).fit(X, y).predict(X)
    for container in (list, np.array, lambda p: pd.Series(p, index=[*range(1, 8), 0])):
        model = NETWORKS[name](max_epochs=1, random_state=0).fit(container(paths), y)
        np.testing.assert_array_equal(model.predict(container(paths)), expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_frames_keep_their_duration(name, write):
    X, y = clips(name, fs=48000)
    model = NETWORKS[name](fs=48000, max_epochs=1, random_state=0)
    at_16k = NETWORKS[name](max_epochs=1, random_state=0)
    stft, reference = (m.batch_transform.named_steps["stft"] for m in (model, at_16k))
    assert (stft.n_fft, stft.hop_length) == (3 * reference.n_fft, 3 * reference.hop_length)
    assert model.fit(X, y).predict(X).shape == y.shape
    # Files of another rate are resampled to that of the recipe.
    frames = at_16k.batch_transform.fit_transform(write(X, fs=48000))
    assert frames.shape == at_16k.batch_transform.fit_transform(clips(name)[0]).shape


@pytest.mark.parametrize(
    "recipe", [recipes.siamese, recipes.feed_forward, recipes.laplacian_eigenmaps]
)
def test_binaural_systems_take_files(recipe, write):
    X, y = make_binaural(40, duration=0.1, random_state=0, return_X_y=True)
    paths = write(X)
    settings = {} if recipe is recipes.laplacian_eigenmaps else {"max_epochs": 1}
    expected = recipe(random_state=0, **settings).fit(X, y).predict(X)
    for container in (list, np.array, pd.Series):
        model = recipe(random_state=0, **settings).fit(container(paths), y)
        np.testing.assert_allclose(model.predict(container(paths)), expected, atol=1e-6)
