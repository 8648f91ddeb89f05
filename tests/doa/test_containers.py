"""What people bring: containers, paths, lengths, rates; and errors that name the row."""

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sslearn import recipes
from sslearn.datasets import make_plane_waves
from sslearn.doa import ESPRIT, MUSIC, SRPPHAT, IntensityLocalizer
from sslearn.features import STFT, AudioReader
from sslearn.geometry import circular_array

MICS = circular_array(4, 0.05)
RECIPES = [recipes.srp_phat, recipes.music, recipes.mvdr, recipes.esprit, recipes.tdoa]
RECIPES = {recipe.__name__: recipe(MICS) for recipe in RECIPES} | {"intensity": recipes.intensity()}
every_recipe = pytest.mark.parametrize("localizer", RECIPES.values(), ids=RECIPES)
Y = np.array([-60.0, 20.0, 75.0, -15.0, 45.0, -80.0])


@pytest.fixture
def clips():
    X = make_plane_waves(6, mic_positions=MICS, directions=Y, duration=0.2, random_state=0).data
    return [np.float32(0.1 * clip[:, : 3200 - 200 * (i % 3)]) for i, clip in enumerate(X)]


@pytest.fixture
def paths(clips, tmp_path):
    names = [str(tmp_path / f"{i}.wav") for i in range(len(clips))]
    for name, clip in zip(names, clips, strict=True):
        soundfile.write(name, clip.T, 16000, subtype="FLOAT")
    return names


def containers(items):
    objects = np.empty(len(items), dtype=object)
    objects[:] = items
    index = np.arange(len(items))[::-1] + 5
    series = pd.Series(list(items), index=index)
    return [tuple(items), objects, objects[:, None], series, series.to_frame("x")]


@every_recipe
def test_containers(localizer, clips, paths):
    expected = localizer.fit(clips).predict(clips)
    spectrum = localizer.spatial_spectrum(clips)
    for X in [*containers(clips), *containers(paths), np.array(paths)]:
        np.testing.assert_allclose(localizer.fit(X).predict(X), expected, atol=1e-4)
        np.testing.assert_allclose(localizer.spatial_spectrum(X), spectrum, atol=1e-5)


def test_folds_of_a_table(paths):
    table = pd.DataFrame({"path": paths, "azimuth": Y}, index=range(50, 44, -1))
    localizer = recipes.srp_phat(MICS)
    for X in (table["path"], table[["path"]], table["path"].to_numpy(), paths):
        scores = cross_val_score(localizer, X, table["azimuth"], cv=3, error_score="raise")
        assert scores.min() > 0.9


@every_recipe
def test_errors_name_row_and_path(localizer, paths, tmp_path):
    other = str(tmp_path / "two.wav")
    soundfile.write(other, np.full((3200, 2), 0.1), 16000)
    localizer.fit(paths)
    with pytest.raises(ValueError, match=r"X\[6\] .*two\.wav.*n_channels=4 channels.*got 2"):
        localizer.predict([*paths, other])
    with pytest.raises(FileNotFoundError, match=r"X\[1\].*absent\.wav"):
        localizer.predict([paths[0], "absent.wav"])
    with pytest.raises(ValueError, match=r"X\[0\].*two\.wav.*n_channels=4 channels.*got 2"):
        localizer.fit([other])


def test_nan_is_named_by_its_row(clips):
    X = np.stack([clip[:, :2800] for clip in clips])
    X[4, 2, 100] = np.nan
    localizer = recipes.srp_phat(MICS).fit(X[:2])
    with pytest.raises(ValueError, match="NaN in sample 4"):
        localizer.predict(X)
    with pytest.raises(ValueError, match=r"X\[4\]"):
        localizer.predict([*X[:4, :, :2700], X[4]])


def test_rates_that_disagree(paths, clips):
    reader = AudioReader(fs=48000)
    with pytest.raises(ValueError, match="48000 Hz; got 16000"):
        SRPPHAT(MICS, batch_transform=make_pipeline(reader, STFT())).fit(paths)
    with pytest.raises(ValueError, match="48000 Hz; got 16000"):
        make_pipeline(AudioReader(48000, duration=0.1), STFT(), SRPPHAT(MICS)).fit(paths)
    with pytest.raises(ValueError, match="16000 Hz; got 44100"):
        recipes.music(MICS, fs=44100).fit(AudioReader().fit_transform(paths[::3]))


@pytest.mark.parametrize("localizer", [MUSIC(MICS), ESPRIT(MICS), SRPPHAT(MICS)])
def test_audio_that_overflows(localizer, clips):
    X = STFT().transform(clips[0][None] * np.float32(1e21))
    with pytest.raises(ValueError, match="power overflows"):
        localizer.fit(X).predict(X)
    assert np.isfinite(localizer.predict(X.astype(complex))).all()


def test_intensity_has_no_parameters_of_microphones():
    assert set(IntensityLocalizer._parameter_constraints) == set(IntensityLocalizer().get_params())


@pytest.mark.parametrize("n_sources", ["auto", 0, 1.5, None])
def test_n_sources_of_recipes(n_sources, clips):
    for recipe in (recipes.srp_phat, recipes.music, recipes.mvdr, recipes.esprit):
        with pytest.raises(ValueError, match="n_sources"):
            recipe(MICS, n_sources=n_sources).fit(clips)
    with pytest.raises(ValueError, match="n_sources"):
        recipes.intensity(n_sources=n_sources).fit(clips)


def test_a_file_for_each_microphone(clips, paths, tmp_path):
    rows = [[str(tmp_path / f"{i}_{m}.wav") for m in range(4)] for i in range(6)]
    for row, clip in zip(rows, clips, strict=True):
        for name, channel in zip(row, clip, strict=True):
            soundfile.write(name, channel, 16000, subtype="FLOAT")
    localizer = recipes.srp_phat(MICS, block_duration=0.1).fit(paths)
    expected, track = localizer.predict(paths), localizer.predict_track(paths)
    for X in (rows, np.array(rows), pd.DataFrame(rows, index=range(9, 3, -1))):
        np.testing.assert_array_equal(localizer.fit(X).predict(X), expected)
        found = localizer.predict_track(X)
        assert found["sample"].unique().tolist() == [row[0] for row in rows]
        assert found.drop(columns="sample").equals(track.drop(columns="sample"))
    soundfile.write(rows[4][2], clips[0][2, :-9], 16000)
    with pytest.raises(ValueError, match=r"X\[4\] \('.*4_0.wav'\): .*4_2.wav' must have the rate"):
        localizer.predict(rows)
