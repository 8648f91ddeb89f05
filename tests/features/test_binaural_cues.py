import tracemalloc

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslearn.exceptions import SilenceWarning
from sslearn.features import BinauralCues
from sslearn.utils import read_audio

N_ILD = 435


def binaural_noise(n_samples=3, n_times=4096, *, seed=0):
    rng = np.random.default_rng(seed)
    return 0.1 * rng.standard_normal((n_samples, 2, n_times))


def delayed_noise(delay, n_times=8192):
    """Noise of period 1024, so that a circular delay of the right ear is exact in every frame."""
    period = np.random.default_rng(1).standard_normal(1024)
    left = np.tile(period, n_times // 1024)
    return np.stack([left, np.roll(left, delay)])[None]


def test_number_and_names_of_the_paper():
    names = BinauralCues().get_feature_names_out()
    assert len(names) == 729
    assert names[0] == "ild_203hz"
    assert names[N_ILD - 1] == "ild_6984hz"
    assert list(names[N_ILD : N_ILD + 2]) == ["ipd_cos_203hz", "ipd_sin_203hz"]
    assert names[-1] == "ipd_sin_2484hz"
    fine = BinauralCues(n_fft=32768).get_feature_names_out()
    assert len(set(fine)) == len(fine)


def test_louder_left_ear_gives_positive_level_and_no_phase():
    X = binaural_noise()
    X[:, 1] = 0.1 * X[:, 0]
    cues = BinauralCues().transform(X)
    np.testing.assert_allclose(cues[:, :N_ILD], 20.0, atol=1e-9)
    np.testing.assert_allclose(cues[:, N_ILD::2], 1.0, atol=1e-9)
    np.testing.assert_allclose(cues[:, N_ILD + 1 :: 2], 0.0, atol=1e-9)


@pytest.mark.parametrize("delay", [-7, 0, 1, 5])
def test_delay_of_right_ear_gives_exact_phase(delay):
    # A rectangular window as long as the period separates the harmonics exactly.
    cues = BinauralCues(window="boxcar").transform(delayed_noise(delay))[0]
    phase = 2 * np.pi * np.arange(13, 160) * delay / 1024
    np.testing.assert_allclose(cues[:N_ILD], 0.0, atol=1e-8)
    np.testing.assert_allclose(cues[N_ILD::2], np.cos(phase), atol=1e-8)
    np.testing.assert_allclose(cues[N_ILD + 1 :: 2], np.sin(phase), atol=1e-8)


@pytest.mark.parametrize("window", ["cosine", "hann"])
def test_equals_the_plain_computation(window):
    X = binaural_noise(n_times=6000)
    n = np.arange(1024)
    values = {"cosine": np.sin(np.pi * (n + 0.5) / 1024), "hann": np.sin(np.pi * n / 1024) ** 2}
    starts = range(0, 6000 - 1023, 256)
    frames = np.stack([X[:, :, s : s + 1024] * values[window] for s in starts], axis=2)
    left, right = np.moveaxis(np.fft.rfft(frames), 1, 0)
    ild = (20 * np.log10(np.abs(left) / np.abs(right))).mean(axis=1)[:, 13:448]
    ipd = np.exp(1j * np.angle(left / right)).mean(axis=1)[:, 13:160]
    expected = np.hstack([ild, ipd.view(float)])
    np.testing.assert_allclose(BinauralCues(window=window).transform(X), expected, atol=1e-9)
    single = BinauralCues(window=window).transform(X.astype(np.float32))
    np.testing.assert_allclose(single, expected, atol=2e-3)


def test_dtype_is_kept():
    X = binaural_noise()
    assert BinauralCues().transform(X).dtype == np.float64
    assert BinauralCues().transform(X.astype(np.float32)).dtype == np.float32


def test_number_of_jobs_and_long_clips_change_nothing():
    X = binaural_noise(7, 150_000).astype(np.float32)
    expected = BinauralCues().transform(X)
    np.testing.assert_allclose(BinauralCues(n_jobs=2).transform(X), expected, rtol=1e-5, atol=1e-6)
    mean = np.mean([BinauralCues().transform(X[:, :, s : s + 1024]) for s in (0, 256)], axis=0)
    np.testing.assert_allclose(
        BinauralCues().transform(X[:, :, : 1024 + 256]), mean, rtol=1e-4, atol=1e-5
    )


def test_list_of_unequal_lengths_and_memory_map(tmp_path):
    X = binaural_noise(4, 4000).astype(np.float32)
    clips = [clip[:, : 1024 + 500 * i] for i, clip in enumerate(X)]
    expected = np.vstack([BinauralCues().transform(clip[None]) for clip in clips])
    np.testing.assert_allclose(BinauralCues().transform(clips), expected, rtol=1e-5, atol=1e-6)
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    np.testing.assert_array_equal(BinauralCues().transform(mapped), BinauralCues().transform(X))


def test_list_of_both_precisions():
    X = binaural_noise(2, 100_000)
    cues = BinauralCues().transform([X[0].astype(np.float32), X[1, :, :50_000]])
    assert cues.dtype == np.float64
    np.testing.assert_allclose(cues[:1], BinauralCues().transform(X[:1]), atol=1e-3)


def test_silence_warns_and_names_the_sample():
    X = binaural_noise()
    X[1] = 0
    with pytest.warns(SilenceWarning, match=r"silent in sample\(s\) \[1\]"):
        cues = BinauralCues().transform(X)
    np.testing.assert_array_equal(cues[1, :N_ILD], 0)
    np.testing.assert_array_equal(cues[1, N_ILD:], np.tile([1.0, 0.0], 147))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_silent_ear_is_limited(dtype):
    X = binaural_noise().astype(dtype)
    X[0, 0] = 0
    X[1, 1] = 0
    X[2, :, 2000:] = 0
    cues = BinauralCues().transform(X)
    np.testing.assert_allclose(cues[0, :N_ILD], -90, rtol=1e-5)
    np.testing.assert_allclose(cues[1, :N_ILD], 90, rtol=1e-5)
    np.testing.assert_array_equal(cues[:2, N_ILD:], np.tile([1.0, 0.0], (2, 147)))
    assert np.isfinite(cues).all()


@pytest.mark.filterwarnings("error")
def test_equal_ears_are_not_silence():
    X = binaural_noise()
    X[:, 1] = X[:, 0]
    np.testing.assert_allclose(BinauralCues().transform(X)[:, :N_ILD], 0, atol=1e-12)


@pytest.mark.parametrize("position", [0, 2000, -1])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_not_finite_is_refused_with_the_sample(position, value):
    X = binaural_noise(5)
    X[3, 0, position] = value
    with pytest.raises(ValueError, match=r"X contains \w+ in sample 3"):
        BinauralCues().transform(X)
    with pytest.raises(ValueError, match=r"X contains \w+ in sample 3"):
        BinauralCues(n_jobs=2).transform([X[0, :, :3000], *X[1:]])


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 1, 4096), "n_channels=2"),
        ((3, 3, 4096), "n_channels=2"),
        ((2, 4096), "n_samples, n_channels, n_times"),
        ((3, 2, 1023), "at least 1024 times"),
        ((0, 2, 4096), "empty"),
    ],
)
def test_wrong_shapes(shape, message):
    with pytest.raises(ValueError, match=message):
        BinauralCues().transform(np.zeros(shape))
    with pytest.raises(ValueError, match=message):
        BinauralCues().fit(np.zeros(shape))


def test_integers_are_refused():
    with pytest.raises(TypeError, match="float32 or float64"):
        BinauralCues().transform(np.zeros((2, 2, 4096), dtype=np.int16))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ild_range": (7000, 200)}, "ild_range.*low < high"),
        ({"ipd_range": (200, 9000)}, "ipd_range.*fs / 2 = 8000"),
        ({"ipd_range": (200, 205)}, "ipd_range.*at least one"),
        ({"ild_range": 200}, "ild_range"),
        ({"fs": -1}, "fs"),
        ({"hop_length": 0}, "hop_length"),
        ({"n_fft": 1024.5}, "n_fft"),
        ({"window": "nonsense"}, "window.*nonsense"),
        ({"window": np.ones(3)}, "window.*1024"),
        ({"n_jobs": "two"}, "n_jobs"),
    ],
)
def test_wrong_parameters(parameters, message):
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match=message):
            getattr(BinauralCues(**parameters), method)(binaural_noise())


def test_in_a_pipeline_with_data_frames_and_a_search():
    X, y = binaural_noise(12, 2048), np.linspace(-80, 80, 12)
    pipeline = make_pipeline(BinauralCues(), StandardScaler(), KNeighborsRegressor(2))
    frame = clone(pipeline[:1]).set_output(transform="pandas").fit_transform(X)
    assert list(frame.columns) == list(BinauralCues().get_feature_names_out())
    assert list(pipeline.fit(X, y)[:2].get_feature_names_out()) == list(frame.columns)
    search = GridSearchCV(
        pipeline, {"binauralcues__hop_length": [256, 512]}, cv=2, error_score="raise"
    )
    assert search.fit(X, y).predict(X).shape == y.shape


def test_no_fit_is_needed():
    X = binaural_noise()
    np.testing.assert_array_equal(
        make_pipeline(BinauralCues()).transform(X), BinauralCues().fit(X).transform(X)
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_no_frame_reaches_must_be_finite(value):
    X = binaural_noise(n_times=4096 + 100)
    X[1, 0, -1] = value
    kind = "NaN" if np.isnan(value) else "infinity"
    with pytest.raises(ValueError, match=f"X contains {kind} in sample 1"):
        BinauralCues().transform(X)


def write(folder, clips, fs=16000):
    paths = [str(folder / f"{i}.wav") for i in range(len(clips))]
    for path, clip in zip(paths, clips, strict=True):
        soundfile.write(path, clip.T, fs, subtype="FLOAT")
    return paths


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("fs", [16000, 44100])
def test_files_equal_their_audio(tmp_path, fs, n_jobs):
    lengths = [6000, 4500, 5000, 8000]
    paths = write(tmp_path, [binaural_noise(1, n, seed=n)[0] for n in lengths], fs)
    clips = [read_audio(path, fs=16000)[0] for path in paths]
    expected = BinauralCues().transform(clips)
    cues = BinauralCues(n_jobs=n_jobs).fit(paths)
    for X in (paths, np.array(paths), pd.Series(paths, index=[3, 0, 2, 9])):
        np.testing.assert_array_equal(cues.transform(X), expected)


def test_training_from_files_holds_no_audio(tmp_path, monkeypatch):
    # It allocates 32 MB for a moment without touching them.
    monkeypatch.setattr("sslearn.features._binaural_cues.keep_freed_memory", lambda: None)
    n_times = 100_000
    paths = write(tmp_path, [binaural_noise(1, n_times, seed=i)[0] for i in range(20)])
    model = make_pipeline(BinauralCues(), StandardScaler(), KNeighborsRegressor())
    model.fit(paths[:2], [0, 1])
    tracemalloc.start()
    model.set_params(kneighborsregressor__n_neighbors=1).fit(paths, np.arange(20.0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # All files hold 16 MB; one of them 0.8 MB, and a block of frames 2 MB.
    assert peak < 10e6
    assert model.predict(paths[7:8]).item() == 7


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        ({"missing": True}, FileNotFoundError, r"X\[1\].*1\.wav.*does not exist"),
        ({"clip": np.zeros((1, 4000))}, ValueError, r"X\[1\].*1\.wav.*n_channels=2.*got 1"),
        ({"clip": np.zeros((2, 1000))}, ValueError, r"X\[1\].*1\.wav.*at least 1024 times"),
        ({"clip": np.full((2, 4000), np.nan)}, ValueError, r"X\[1\].*1\.wav.*NaN"),
    ],
)
def test_files_without_cues_are_named(tmp_path, spoil, error, message):
    paths = write(tmp_path, [binaural_noise(1)[0], spoil.get("clip", np.zeros((2, 1)))])
    if "missing" in spoil:
        (tmp_path / "1.wav").unlink()
    with pytest.raises(error, match=message):
        BinauralCues().transform(paths)


def test_clips_in_an_array_of_objects():
    clips = np.empty(3, dtype=object)
    clips[:] = [binaural_noise(1, 4000 + 100 * i)[0].astype(np.float32) for i in range(3)]
    expected = BinauralCues().transform(list(clips))
    np.testing.assert_array_equal(BinauralCues().fit_transform(clips), expected)
    np.testing.assert_array_equal(BinauralCues().transform(clips[[2, 0]]), expected[[2, 0]])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("level", [1e19, 1e25, 1e36])
def test_no_level_is_too_high(level):
    X = binaural_noise().astype(np.float32)
    cues = BinauralCues().transform((level * X).astype(np.float32))
    np.testing.assert_allclose(cues, BinauralCues().transform(X), rtol=1e-3, atol=1e-3)
