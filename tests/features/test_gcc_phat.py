import numpy as np
import pytest

from sslearn.datasets import make_plane_waves
from sslearn.features import GCCPHAT, STFT
from sslearn.geometry import mic_pairs, propagation_delays, tetrahedral_array

FS = 16000
RECTANGULAR = STFT(512, window="boxcar")


def delayed(*delays):
    """One period of noise in every channel, delayed by so many samples each."""
    period = np.random.default_rng(0).standard_normal(512)
    audio = np.tile(period, 8)
    return np.stack([np.roll(audio, delay) for delay in delays])[None]


def noise_spectrum(n_channels=3, dtype=np.float64, n_samples=2):
    X = np.random.default_rng(0).standard_normal((n_samples, n_channels, 3000)).astype(dtype)
    return STFT(512).transform(X)


def test_peak_is_arrival_at_channel_minus_reference():
    # The first channel hears the wave 5 samples after the second, 3 before the third.
    spectrum = RECTANGULAR.transform(delayed(5, 0, 8))
    maps = GCCPHAT(FS, max_tau=10 / FS, n_lags=21).transform(spectrum)
    assert maps.shape == (1, 3, 21, spectrum.shape[3])
    lags = np.arange(-10, 11)
    for pair, lag in enumerate([5, -3, -8]):  # (0, 1), (0, 2), (1, 2)
        np.testing.assert_allclose(maps[0, pair, lags == lag], 1, atol=1e-12)
        assert maps[0, pair, lags != lag].max() < 1e-12


@pytest.mark.parametrize("n_fft", [8, 512])
def test_equals_the_inverse_fourier_transform_at_whole_samples(n_fft):
    X = np.random.default_rng(0).standard_normal((1, 2, 40 * n_fft))
    spectrum = STFT(n_fft).transform(X)
    cross = spectrum[0, 0] * spectrum[0, 1].conj()
    expected = np.fft.irfft(cross / np.abs(cross), axis=0)
    n = n_fft // 2
    maps = GCCPHAT(FS, max_tau=n / FS, n_lags=2 * n + 1).transform(spectrum)
    np.testing.assert_allclose(maps[0, 0], expected[np.arange(-n, n + 1)], atol=1e-12)


@pytest.mark.parametrize("n_lags", [2, 7, 10])
def test_fractional_lags_are_exact(n_lags):
    """Against the sum written down, at lags between the samples and in a band."""
    spectrum = noise_spectrum(2, n_samples=1)
    maps = GCCPHAT(FS, max_tau=3.3e-4, n_lags=n_lags, freq_range=(500, 3000)).transform(spectrum)
    bins = np.arange(16, 96)
    cross = np.exp(1j * np.angle(spectrum[0, 0] / spectrum[0, 1]))[bins]
    lags = np.linspace(-3.3e-4, 3.3e-4, n_lags)
    turns = np.exp(2j * np.pi * FS / 512 * bins * lags[:, None])
    np.testing.assert_allclose(maps[0, 0], (turns @ cross).real / len(bins), atol=1e-12)


def test_plane_waves_peak_at_their_delays():
    mics = tetrahedral_array(0.1)
    directions = np.array([[-180.0, 0.0], [179.0, 20.0], [33.0, 90.0], [0.0, -90.0], [60.0, 45.0]])
    X, _ = make_plane_waves(
        5, mic_positions=mics, directions=directions, random_state=0, return_X_y=True
    )
    max_tau = 0.2 * 8**0.5 / 12**0.5 / 343
    maps = GCCPHAT(FS, max_tau=max_tau, n_lags=401).transform(STFT(512).transform(X))
    peaks = np.linspace(-max_tau, max_tau, 401)[maps.mean(axis=3).argmax(axis=2)]
    delays = propagation_delays(mics, directions)
    i, j = mic_pairs(4).T
    np.testing.assert_allclose(peaks, delays[:, i] - delays[:, j], atol=4e-6)


def test_default_lags():
    spectrum = noise_spectrum()
    assert GCCPHAT(FS).transform(spectrum).shape[1:3] == (3, 65)
    assert GCCPHAT(FS, max_tau=1e-4).transform(spectrum).shape[2] == 9
    # Where a frame is shorter than 2 ms, half of it.
    short = STFT(16).transform(np.random.default_rng(0).standard_normal((1, 2, 100)))
    assert GCCPHAT(FS).transform(short).shape[2] == 33


def test_pairs_may_be_chosen_and_swapped():
    spectrum = noise_spectrum()
    all_pairs = GCCPHAT(FS).transform(spectrum)
    np.testing.assert_array_equal(
        GCCPHAT(FS, pairs=[(1, 2), (0, 1)]).transform(spectrum), all_pairs[:, [2, 0]]
    )
    np.testing.assert_allclose(
        GCCPHAT(FS, pairs=[(2, 0)]).transform(spectrum), all_pairs[:, [1], ::-1], atol=1e-12
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_silence_gives_zero(dtype):
    spectrum = noise_spectrum(2, dtype)
    spectrum[0] = 0
    spectrum[1, 1] = 0
    maps = GCCPHAT(FS).transform(spectrum)
    np.testing.assert_array_equal(maps, 0)


@pytest.mark.parametrize("scale", [1e-30, 1e-15, 1e15])
def test_level_does_not_matter(scale):
    spectrum = noise_spectrum(2, np.float32)
    expected = GCCPHAT(FS).transform(spectrum)
    scaled = spectrum * np.float32(scale)
    np.testing.assert_allclose(GCCPHAT(FS).transform(scaled), expected, atol=1e-5)


def test_float32_is_kept_and_near():
    maps = GCCPHAT(FS).transform(noise_spectrum(dtype=np.float32))
    assert maps.dtype == np.float32
    np.testing.assert_allclose(maps, GCCPHAT(FS).transform(noise_spectrum()), atol=1e-4)


def test_one_frame():
    spectrum = noise_spectrum()
    np.testing.assert_allclose(
        GCCPHAT(FS).transform(spectrum[..., :1]),
        GCCPHAT(FS).transform(spectrum)[..., :1],
        atol=1e-12,
    )


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (GCCPHAT(fs=0), "fs"),
        (GCCPHAT(max_tau=0.0), "max_tau"),
        (GCCPHAT(max_tau=0.0161), "max_tau must be at most half a frame.*Raise n_fft"),
        (GCCPHAT(n_lags=1), "n_lags"),
        (GCCPHAT(pairs=[(0, 3)]), "pairs must hold.*from 0 to 2"),
        (GCCPHAT(pairs=[0, 1]), "pairs must be integers"),
        (GCCPHAT(freq_range=(3000, 2000)), "freq_range"),
    ],
)
def test_wrong_parameters(estimator, message):
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match=message):
            getattr(estimator, method)(noise_spectrum())


def test_wrong_input():
    with pytest.raises(TypeError, match="STFT"):
        GCCPHAT().transform(delayed(0, 1))
    with pytest.raises(ValueError, match="at least 2 channels"):
        GCCPHAT().fit(noise_spectrum(1))
