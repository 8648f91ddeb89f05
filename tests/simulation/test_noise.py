import numpy as np
import pytest
from scipy.signal import csd, welch
from sklearn.base import clone

from sslearn.simulation import Interferer, Noise
from sslearn.simulation._noise import array_noise, check_noise
from sslearn.simulation._sounds import NoisePlayer

FS = 16000
KINDS = ("white", "diffuse", "coherent")


@pytest.mark.parametrize("kind", ["white", "diffuse", "coherent"])
def test_coherence_of_noise(kind):
    mics = np.array([[0.0, 0.0, 0.0], [0.0, 0.12, 0.0], [0.1, -0.2, 0.15]])
    noise = array_noise(kind, NoisePlayer(40 * FS), mics, FS, np.random.default_rng(0))
    assert noise.dtype == np.float32
    np.testing.assert_allclose(np.square(noise).mean(axis=1), 1.0, atol=0.02)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        freqs, cross = csd(noise[i], noise[j], fs=FS, nperseg=1024)
        power = [welch(noise[m], fs=FS, nperseg=1024)[1] for m in (i, j)]
        coherence = cross / np.sqrt(power[0] * power[1])
        x = 2 * np.pi * freqs * np.linalg.norm(mics[i] - mics[j]) / 343.0
        expected = {"white": 0.0 * x, "coherent": 0.0 * x + 1.0}.get(kind)
        if expected is None:
            expected = np.divide(np.sin(x), x, out=np.ones_like(x), where=x > 0)
        inner = slice(1, -1)
        assert np.abs(coherence - expected)[inner].max() < 0.15
        assert np.sqrt(np.mean(np.abs(coherence - expected)[inner] ** 2)) < 0.05


@pytest.mark.parametrize("short", [20, 20.0, (5, 20)])
def test_a_ratio_is_short_for_white_noise(short):
    ours, full = (
        check_noise(noise, KINDS, "direct", fs=FS, n_times=10) for noise in (short, Noise(short))
    )
    assert ours.kind == full.kind == "white" and ours.reference == full.reference == "direct"
    np.testing.assert_array_equal(ours.ratio, np.broadcast_to(short, 2))
    np.testing.assert_array_equal(ours.ratio, full.ratio)
    assert check_noise(None, KINDS, "direct", fs=FS, n_times=10) is None


def test_reference_of_the_receiver_or_of_the_caller():
    for reference, expected in (("auto", "reverberant"), ("direct", "direct")):
        noise = check_noise(Noise(0, reference=reference), KINDS, "reverberant", fs=FS, n_times=10)
        assert noise.reference == expected


@pytest.mark.parametrize("recipe", [Noise((0, 20), kind="diffuse"), Interferer(sir=3)])
def test_recipes_are_cloned_and_shown(recipe):
    assert repr(clone(recipe)) == repr(recipe)
    assert len(repr(recipe)) < 60
