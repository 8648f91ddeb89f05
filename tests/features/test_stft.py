import numpy as np
import pytest
from scipy.signal import stft

from sslearn.features import STFT


def noise(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def test_cosine_at_a_bin():
    n = np.arange(512)
    X = np.cos(2 * np.pi * 20 * n / 256)[None, None]
    spectrum = STFT(256, window="boxcar", hop_length=256).transform(X)
    expected = np.zeros((1, 1, 129, 2))
    expected[0, 0, 20] = 128
    np.testing.assert_allclose(spectrum, expected, atol=1e-9)


@pytest.mark.parametrize("window", ["hann", ("kaiser", 8.0), "hamming"])
@pytest.mark.parametrize("n_times", [512, 513, 4000])
def test_equals_scipy(window, n_times):
    X = noise(2, 3, n_times)
    options = {"nperseg": 512, "noverlap": 384, "boundary": None, "padded": False}
    _, _, expected = stft(X, window=window, scaling="spectrum", **options)
    spectrum = STFT(512, window=window).transform(X)
    np.testing.assert_allclose(spectrum / abs(spectrum).max(), expected / abs(expected).max())


def test_cosine_is_the_sine_window_and_its_squares_add_to_one():
    impulse = np.eye(64)[None]
    values = np.abs(STFT(64, window="cosine").transform(impulse)[0, :, 5, 0])
    np.testing.assert_allclose(values, np.sin(np.pi * (np.arange(64) + 0.5) / 64))
    np.testing.assert_allclose(values[:32] ** 2 + values[32:] ** 2, 1)


def test_short_window_is_centred():
    X = noise(1, 1, 64)
    padded = np.pad(np.ones(32), 16)
    np.testing.assert_allclose(
        STFT(64, win_length=32, window="boxcar").transform(X),
        STFT(64, window=padded).transform(X),
    )


@pytest.mark.parametrize(
    ("dtype", "expected"), [(np.float32, np.complex64), (np.float64, np.complex128)]
)
def test_dtype(dtype, expected):
    assert STFT().transform(noise(1, 1, 600).astype(dtype)).dtype == expected


@pytest.mark.parametrize(("n_times", "n_frames"), [(512, 1), (639, 1), (640, 2)])
def test_frames_only_where_they_fit(n_times, n_frames):
    assert STFT(512).transform(noise(1, 2, n_times)).shape == (1, 2, 257, n_frames)


def test_unequal_lengths_are_refused_with_the_cure():
    with pytest.raises(ValueError, match=r"X must hold clips of the same length.*BinauralCues"):
        STFT().transform([noise(2, 600), noise(2, 700)])


def test_short_clips_are_refused():
    with pytest.raises(ValueError, match="at least 512 times"):
        STFT().fit(noise(1, 2, 511))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_fft": 1}, "n_fft"),
        ({"hop_length": 0}, "hop_length"),
        ({"win_length": 600}, "win_length must be at most n_fft=512"),
        ({"window": "nonsense"}, "window must be"),
        ({"window": "kaiser"}, "window must be"),
        ({"window": np.full(512, np.nan)}, "window must hold"),
    ],
)
def test_wrong_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        STFT(**parameters).transform(noise(1, 2, 1000))
