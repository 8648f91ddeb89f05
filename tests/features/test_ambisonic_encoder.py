"""Ambisonics of spherical arrays: the answer is known on paper for a plane wave."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt
from scipy.special import eval_legendre, spherical_jn, spherical_yn
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_plane_waves
from sslearn.doa import IntensityLocalizer
from sslearn.features import STFT, AmbisonicEncoder, AudioReader, ambisonic_gains
from sslearn.geometry import (
    angles_to_unit_vectors,
    device_array,
    spherical_array,
    tetrahedral_array,
)
from sslearn.metrics import angular_error

FS = 16000
DIRECTIONS = np.array([[0.0, 0.0], [40.0, 20.0], [-110.0, -35.0], [170.0, 60.0]])


def recorded(mics, baffle, sound, direction):
    """A plane wave at the microphones by the series of its spherical waves, up to order 14."""
    radius = np.linalg.norm(mics, axis=1)
    freqs = np.fft.rfftfreq(sound.shape[-1], 1 / FS)
    x = np.maximum(2 * np.pi * freqs * radius.mean() / 343.0, 1e-2)[:, None]
    cosine = mics @ angles_to_unit_vectors(direction[None])[0] / radius
    pressure = np.zeros((len(freqs), len(mics)), complex)
    for n in range(15):
        j, dj = spherical_jn(n, x), spherical_jn(n, x, derivative=True)
        y, dy = spherical_yn(n, x), spherical_yn(n, x, derivative=True)
        if baffle == "rigid":
            term = j - dj / (dj - 1j * dy) * (j - 1j * y)
        else:
            term = j if baffle == "open" else (j - 1j * dj) / 2
        pressure += (2 * n + 1) * 1j**n * term * eval_legendre(n, cosine)
    return np.fft.irfft(np.fft.rfft(sound) * pressure.T, sound.shape[-1])


def band(audio, low, high):
    return sosfiltfilt(butter(6, (low, high), "bandpass", fs=FS, output="sos"), audio)


@pytest.mark.parametrize("convention", ["sn3d", "n3d", "fuma"])
@pytest.mark.parametrize("baffle", ["rigid", "open", "cardioid"])
def test_plane_wave_has_its_gains(baffle, convention):
    mics = tetrahedral_array(0.015)
    sound = np.random.default_rng(0).standard_normal(8000)
    X = np.stack([recorded(mics, baffle, sound, d) for d in DIRECTIONS])
    encoder = AmbisonicEncoder(mics, fs=FS, baffle=baffle, convention=convention, max_gain=60)
    gains = ambisonic_gains(convention) @ np.insert(angles_to_unit_vectors(DIRECTIONS), 0, 1, 1).T
    for audio, gain in zip(encoder.transform(X), gains.T, strict=True):
        expected = band(gain[:, None] * sound, 300, 800)[:, 500:-500]
        error = band(audio, 300, 800)[:, 500:-500] - expected
        assert error.std() < 0.08 * expected.std(axis=1).max()


@pytest.mark.parametrize(
    ("mics", "baffle", "freq_range"),
    [
        (tetrahedral_array(0.015), "cardioid", (100, 1500)),
        (device_array("core_sound_tetramic").mic_positions, "cardioid", (100, 1500)),
        (device_array("dcase_tetrahedron").mic_positions, "rigid", (100, 1500)),
        (device_array("eigenmike_em32").mic_positions, "rigid", (100, 4000)),
        (spherical_array(32, 0.04), "open", (100, 3000)),
    ],
)
def test_intensity_points_to_the_source(mics, baffle, freq_range):
    sound = np.random.default_rng(0).standard_normal(8000)
    X = np.stack([recorded(mics, baffle, sound, d) for d in DIRECTIONS])
    to_spectra = make_pipeline(AmbisonicEncoder(mics, baffle=baffle), STFT(512))
    localizer = IntensityLocalizer(batch_transform=to_spectra, freq_range=freq_range)
    assert angular_error(DIRECTIONS, localizer.fit(X, DIRECTIONS).predict(X)).max() < 2.0


def test_gain_is_limited():
    mics = tetrahedral_array(0.01)
    X = np.random.default_rng(0).standard_normal((1, 4, 16000))
    power = {}
    for max_gain in (10, 30):
        audio = AmbisonicEncoder(mics, max_gain=max_gain).transform(X)
        power[max_gain] = np.mean(band(audio, 50, 150) ** 2, axis=2)[0]
    assert power[30][1] > 5 * power[10][1]
    assert power[10][0] == pytest.approx(power[30][0], rel=0.2)


def test_lists_dtypes_and_blocks():
    mics = tetrahedral_array(0.02)
    X, _ = make_plane_waves(3, mic_positions=mics, random_state=0, return_X_y=True)
    encoder = AmbisonicEncoder(mics, baffle="open")
    audio = encoder.fit_transform(X)
    assert (audio.dtype, audio.shape) == (np.float32, (3, 4, 1600))
    clips = encoder.transform([X[0], X[1, :, :1000]])
    np.testing.assert_array_equal(clips[0], audio[0])
    assert clips[1].shape == (4, 1000)
    assert encoder.get_feature_names_out().tolist() == ["W", "Y", "Z", "X"]
    assert AmbisonicEncoder(mics, convention="fuma").get_feature_names_out()[1] == "X"


def test_known_rate_must_agree():
    mics = tetrahedral_array(0.02)
    audio = AudioReader(48000).transform(np.zeros((1, 4, 4800), np.float32))
    with pytest.raises(ValueError, match="48000 Hz; got 16000"):
        AmbisonicEncoder(mics, fs=16000).transform(audio)


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (AmbisonicEncoder(tetrahedral_array(0.02)[:3]), "at least 4"),
        (AmbisonicEncoder([[0.1, 0, 0], [-0.1, 0, 0], [0, 0.1, 0], [0, -0.1, 0]]), "dimensions"),
        (AmbisonicEncoder(tetrahedral_array(0.02) + 0.1), "sphere around the origin"),
        (AmbisonicEncoder(tetrahedral_array(0.02), baffle="closed"), "baffle"),
        (AmbisonicEncoder(spherical_array(6, 0.1)), "6 channels"),
    ],
)
def test_what_is_refused(encoder, message):
    with pytest.raises(ValueError, match=message):
        encoder.fit(np.zeros((1, 4, 1600)))
