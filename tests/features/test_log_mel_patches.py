import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import stft

from sslearn.features import AudioReader, LogMelPatches


def noise(n_samples, n_times, dtype=np.float64):
    return np.random.default_rng(0).uniform(-0.5, 0.5, (n_samples, 1, n_times)).astype(dtype)


def mel(f):
    return 1127 * math.log(1 + f / 700)


def weight(k, band):
    """Weight of bin k of 257 in a band of 64, from the definition of its triangle."""
    step = (mel(7500) - mel(125)) / 65
    position = (mel(k * 16000 / 512) - mel(125)) / step - band
    return max(0.0, 1 - abs(position - 1)) if k else 0.0


def reference(x):
    """Log-mel spectrum (n_frames, 64) of 48,000 samples by the definition."""
    x = 2 * ((x - x.min()) / ((x - x.min()).max() + 1e-3) - 0.5)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    weights = np.array([[weight(k, band) for band in range(64)] for k in range(257)])
    frames = [x[160 * t : 160 * t + 400] for t in range(1 + (len(x) - 400) // 160)]
    return np.log(np.abs(np.fft.rfft(np.array(frames) * window, 512)) @ weights + 0.01)


def test_equals_the_definition():
    x = noise(1, 48_000)[0, 0]
    expected = reference(x)
    assert expected.shape == (298, 64)
    patches = LogMelPatches().transform(x[None, None])
    assert_allclose(patches, expected[:288].reshape(1, 3, 96, 64), rtol=1e-10)


def test_equals_scipy():
    x = noise(1, 48_000)[0, 0]
    level = 2 * ((x - x.min()) / (np.ptp(x) + 1e-3) - 0.5)
    _, _, spectrum = stft(
        level, window="hann", nperseg=400, noverlap=240, nfft=512, boundary=None, padded=False
    )
    # scipy divides by the sum of the window, 200.
    weights = np.array([[weight(k, band) for band in range(64)] for k in range(257)])
    expected = np.log(200 * np.abs(spectrum[:, :288]).T @ weights + 0.01)
    assert_allclose(LogMelPatches().transform(x[None, None]).reshape(288, 64), expected, rtol=1e-9)


def test_a_tone_is_loudest_in_its_band():
    tone = np.sin(2 * np.pi * 1000 * np.arange(48_000) / 16_000)[None, None]
    centres = np.linspace(mel(125), mel(7500), 66)[1:-1]
    loudest = LogMelPatches().transform(tone).argmax(axis=3)
    assert_array_equal(loudest, np.abs(centres - mel(1000)).argmin())


@pytest.mark.parametrize(
    ("duration", "n_patches"), [(3.0, 3), (0.975, 1), (1.9349, 1), (1.935, 2), (10.0, 10)]
)
def test_number_of_patches(duration, n_patches):
    X = noise(2, 200_000, np.float32)
    assert LogMelPatches(duration=duration).transform(X).shape == (2, n_patches, 96, 64)


def test_one_patch_of_15600_samples():
    X = noise(1, 15_600)
    patches = LogMelPatches(duration=0.975).transform(X)
    assert_allclose(patches[0, 0], reference(X[0, 0]), rtol=1e-10)


def test_the_middle_of_a_long_clip():
    X = noise(1, 70_001)
    # 70,001 // 2 - 24,000
    expected = LogMelPatches().transform(X[..., 11_000:59_000])
    assert_array_equal(LogMelPatches().transform(X), expected)


@pytest.mark.parametrize("n_times", [400, 20_000, 24_000, 47_999])
def test_a_short_clip_is_repeated_before_its_middle_is_taken(n_times):
    X = noise(1, n_times)
    repeated = np.concatenate([X] * (48_000 // n_times + 1), axis=-1)
    assert_array_equal(LogMelPatches().transform(X), LogMelPatches().transform(repeated))


def test_level_and_offset_hardly_matter():
    X = noise(1, 48_000)
    expected = LogMelPatches().transform(X)
    assert_allclose(LogMelPatches().transform(X + 3), expected, rtol=1e-8)
    # The range of 1 enters as 1 / 1.001.
    assert_allclose(LogMelPatches().transform(0.3 * X), expected, atol=0.005)


def test_lists_of_any_lengths_and_single_precision():
    X = noise(3, 60_000, np.float32)
    clips = [clip[:, : 40_000 + 10_000 * i] for i, clip in enumerate(X)]
    patches = LogMelPatches().fit(clips).transform(clips)
    assert patches.dtype == np.float32
    for clip, found in zip(clips, patches, strict=True):
        assert_array_equal(found, LogMelPatches().transform(clip[None])[0])
        double = LogMelPatches().transform(clip[None].astype(float))[0]
        assert_allclose(found, double, atol=1e-4)


def test_other_rates():
    X = noise(1, 3 * 44_100)
    assert LogMelPatches(44_100).transform(X).shape == (1, 3, 96, 64)
    # A tone stays in its band: the features do not depend on the rate.
    bands = []
    for fs in (16_000, 44_100):
        tone = np.sin(2 * np.pi * 1000 * np.arange(3 * fs) / fs)[None, None]
        bands.append(LogMelPatches(fs).transform(tone).argmax(axis=3))
    assert_array_equal(*bands)


def test_names():
    names = LogMelPatches().fit(noise(1, 48_000)).get_feature_names_out()
    assert len(names) == 288
    assert names[[0, -1]].tolist() == ["patch0_frame0", "patch2_frame95"]


def spoiled(kind):
    X = noise(4, 48_000)
    if kind == "silent":
        X[2] = 0.2
    elif kind == "almost silent":
        X[2] *= 0.9e-4
    elif kind == "silent middle":
        X = noise(4, 96_000)
        X[2, :, 24_000:72_000] = 0
    elif kind == "nan":
        X[2, 0, -1] = np.nan
    elif kind == "stereo":
        X = np.concatenate([X, X], axis=1)
    elif kind == "integers":
        X = (X * 32768).astype(np.int16)
    elif kind == "mono":
        X = X[:, 0]
    return X


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("silent", ValueError, r"X\[2\] is silent.*at least 0.0001.*Drop"),
        ("almost silent", ValueError, r"X\[2\] is silent.*they differ by 9e-05"),
        ("silent middle", ValueError, r"X\[2\] is silent"),
        ("nan", ValueError, "X contains NaN in sample 2"),
        ("stereo", ValueError, "X must have one channel on axis 1; got 2.*average"),
        ("integers", TypeError, "divide by 32768"),
        ("mono", ValueError, r"\(n_samples, n_channels, n_times\)"),
    ],
)
def test_bad_audio(kind, error, message):
    with pytest.raises(error, match=message):
        LogMelPatches().transform(spoiled(kind))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"duration": 0.974},
            "duration must be at least 0.975 s, one patch at fs=16000; got 0",
        ),
        ({"duration": 48_000}, r"'duration' parameter .* range \(0.0, 3600.0\]"),
        ({"fs": 8000}, "'fs' parameter .* must be a float in the range"),
    ],
)
def test_bad_parameters(parameters, message):
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match=message):
            getattr(LogMelPatches(**parameters), method)(noise(1, 48_000))


def test_another_rate_than_that_of_the_audio_is_refused():
    X = AudioReader(44_100).transform(noise(1, 48_000))
    with pytest.raises(ValueError, match="fs must be the sampling rate of X, 44100 Hz; got 16000"):
        LogMelPatches().transform(X)
