"""Blocks in frames and in seconds, and tracks with their times."""

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sslearn import recipes
from sslearn.base import track_table
from sslearn.datasets import make_plane_waves
from sslearn.doa import ESPRIT, MUSIC, MVDR, SRPPHAT, IntensityLocalizer, TDOALocalizer
from sslearn.features import STFT
from sslearn.geometry import circular_array
from sslearn.plotting import TrackDisplay

MICS = circular_array(4, 0.05)
RECIPES = [recipes.srp_phat, recipes.music, recipes.mvdr, recipes.esprit, recipes.tdoa]
every_recipe = pytest.mark.parametrize("recipe", RECIPES)


@pytest.fixture
def clip():
    """From -40, then from 70 degrees."""
    turns = make_plane_waves(
        2, mic_positions=MICS, directions=[-40.0, 70.0], snr=30, duration=0.5, random_state=0
    ).data
    return np.concatenate(turns, axis=1)


@every_recipe
def test_track_of_clips_of_two_lengths(recipe, clip):
    clips = pd.Series([clip, clip[:, :8000]], index=["b", "a"])
    localizer = recipe(MICS, block_duration=0.08, hop_length=160).fit(clips)
    track = localizer.predict_track(clips)
    assert list(track) == ["sample", "time", "source", "azimuth", "score"]
    assert (track["sample"] == "a").sum() < (track["sample"] == "b").sum()
    # 10 frames of 10 ms; the first begins at 0 and its window is 32 ms long.
    first = track[track["sample"] == "b"]["time"].to_numpy()
    np.testing.assert_allclose(first, 0.016 + 0.035 + 0.08 * np.arange(len(first)))
    before, after = track["time"] < 0.44, track["time"] > 0.56
    np.testing.assert_allclose(track["azimuth"][before], -40, atol=3)
    np.testing.assert_allclose(track["azimuth"][after], 70, atol=3)
    assert track["score"].notna().all()
    np.testing.assert_allclose(
        track["azimuth"][track["sample"] == "a"],
        localizer.predict([clips["a"]])[0, :, 0, 0],
        atol=1e-3,
    )


def test_times_are_those_of_the_picture(clip):
    pytest.importorskip("matplotlib")
    for blocks in ({"block_size": 12}, {"block_duration": 0.1}):
        localizer = recipes.srp_phat(MICS, **blocks).fit(clip[None])
        display = TrackDisplay.from_estimator(localizer, clip[None])
        times = localizer.predict_track(clip[None])["time"]
        np.testing.assert_allclose(display.times, times)


def test_scores_are_of_the_spatial_spectrum(clip):
    localizer = recipes.mvdr(MICS, n_sources=2, block_size=20).fit(clip[None])
    track = localizer.predict_track(clip[None])
    spectrum = localizer.spatial_spectrum(clip[None])[0]
    best = track[track["source"] == 0]["score"].to_numpy()
    np.testing.assert_allclose(best, spectrum.max(axis=1), atol=0.02)
    # A source that is absent has no row.
    predicted = localizer.predict(clip[None])
    assert len(track) == np.isfinite(predicted[..., 0]).sum()


def test_clips_without_blocks_are_one_row_with_the_path(clip, tmp_path):
    path = str(tmp_path / "clip.wav")
    soundfile.write(path, 0.1 * clip[:, :8000].T, 16000)
    track = recipes.intensity().fit([path]).predict_track([path])
    assert track["sample"].tolist() == [path]
    assert list(track) == ["sample", "time", "source", "azimuth", "elevation", "score"]
    # 59 frames, 128 samples apart.
    assert track["time"][0] == pytest.approx((29 * 128 + 256) / 16000)


@pytest.mark.parametrize("cls", [SRPPHAT, MUSIC, MVDR, ESPRIT, TDOALocalizer, IntensityLocalizer])
def test_blocks_that_cannot_be(cls, clip):
    localizer = cls() if cls is IntensityLocalizer else cls(MICS)
    both = clone(localizer).set_params(block_size=5, block_duration=0.1, batch_transform=STFT())
    with pytest.raises(ValueError, match="block_size and block_duration"):
        both.fit(clip[None])
    spectra = STFT().transform(clip[None])
    with pytest.raises(ValueError, match="block_duration needs an STFT"):
        localizer.set_params(block_duration=0.1).fit(spectra).predict(spectra)
    with pytest.raises(ValueError, match="for the times of the frames"):
        localizer.set_params(block_duration=None).fit(spectra).predict_track(spectra)


@pytest.mark.parametrize("cls", [SRPPHAT, MUSIC, MVDR, ESPRIT])
def test_n_sources_means_the_same(cls):
    first, second = (
        make_plane_waves(1, mic_positions=MICS, directions=[a], random_state=int(a)).data
        for a in (30.0, 150.0)
    )
    X = STFT().transform(first + second)
    found = cls(MICS, n_sources=2).fit(X).predict(X)
    np.testing.assert_allclose(np.sort(found.ravel()), [30, 150], atol=8)
    assert make_pipeline(STFT(), cls(MICS)).fit(first).predict(first).shape == (1,)


def test_intensity_of_two_sources():
    sounds = np.random.default_rng(0).standard_normal((2, 16000))
    gains = np.array([[1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0]])  # left and front
    X = STFT().transform((gains.T @ (sounds * (np.arange(16000) // 2000 % 2 == [[0], [1]])))[None])
    found = IntensityLocalizer(n_sources=2).fit(X).predict(X)
    assert found.shape == (1, 2, 2)
    np.testing.assert_allclose(np.sort(found[0, :, 0]), [0, 90], atol=2)


def test_table_of_distances():
    table = track_table([[[[10.0, 5.0, 2.0]]]], [0.5], scores=[[[0.7]]])
    assert table.iloc[0].to_list() == [0, 0.5, 0, 10.0, 5.0, 2.0, 0.7]
