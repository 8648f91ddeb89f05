import numpy as np
import pytest

from sslearn.features import STFT, LevelMap


def spectra(*, seed=0, dtype=np.complex64):
    rng = np.random.default_rng(seed)
    parts = rng.standard_normal((2, 3, 4, 9, 5))
    return (parts[0] + 1j * parts[1]).astype(dtype)


def test_levels_on_paper():
    spectrum = np.array([2.0, 2j, 0.0, 0.0]).reshape(1, 1, 4, 1)
    expected = 10 * np.log10([2 + 1e-3, 2 + 1e-3, 1e-3, 1e-3])
    np.testing.assert_allclose(LevelMap(floor=-30).transform(spectrum).ravel(), expected)


def test_loudness_of_the_clip_does_not_matter_and_that_of_a_bin_does():
    X = spectra()
    levels = LevelMap().transform(X)
    assert levels.shape == X.shape and levels.dtype == np.float32
    np.testing.assert_allclose(LevelMap().transform(X * np.float32(1e-4)), levels, atol=1e-4)
    power = np.abs(X) ** 2
    expected = 10 * np.log10(power / power.mean(axis=(2, 3), keepdims=True) + 1e-6)
    np.testing.assert_allclose(levels, expected, atol=1e-4)


def test_silence_is_at_the_floor():
    X = spectra()
    X[1, 2] = 0
    levels = LevelMap().transform(X)
    np.testing.assert_allclose(levels[1, 2], -60, atol=1e-4)
    assert np.isfinite(levels).all()


def test_channels_and_band():
    X = STFT(256).fit_transform(np.random.default_rng(0).standard_normal((2, 4, 2000)))
    maps = LevelMap(channels=[3, 0], freq_range=(1000, 3000)).fit_transform(X)
    assert maps.shape[:3] == (2, 2, 32)
    power = np.abs(X[:, [3, 0], 16:48]) ** 2
    expected = 10 * np.log10(power / power.mean(axis=(2, 3), keepdims=True) + 1e-6)
    np.testing.assert_allclose(maps, expected, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_input_is_left_alone(dtype):
    X = spectra(dtype=dtype)
    before = X.copy()
    assert LevelMap().fit_transform(X).dtype == X.real.dtype
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"channels": [4]}, r"channels must be between 0 and 3, the last of X; got \[4\]"),
        ({"channels": [-1]}, "channels must be between 0 and 3"),
        ({"channels": []}, r"channels must be a list of integers; got \[\]"),
        ({"channels": [0.5]}, "channels must be a list of integers"),
        ({"floor": 0}, "floor"),
        ({"freq_range": (9000, 100)}, "freq_range must be"),
    ],
)
def test_what_is_wrong_is_named(params, message):
    with pytest.raises(ValueError, match=message):
        LevelMap(**params).fit(spectra())


def test_audio_is_refused():
    with pytest.raises(TypeError, match="complex"):
        LevelMap().fit(np.ones((2, 3, 4, 5)))
