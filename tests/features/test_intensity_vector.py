import numpy as np
import pytest

from sslearn.features import STFT, IntensityVector
from sslearn.geometry import angles_to_unit_vectors, fibonacci_grid

DIRECTIONS = np.concatenate(
    [[[-180.0, 0.0], [179.9, 10.0], [12.0, 90.0], [-70.0, -90.0]], fibonacci_grid(12)]
)


def plane_waves(convention="sn3d", directions=DIRECTIONS, dtype=np.complex128, n_freqs=9):
    """First-order spectra of one plane wave each, with random phases and levels."""
    u = angles_to_unit_vectors(directions)
    w = np.ones(len(u))
    x, y, z = u.T
    channels = {
        "sn3d": [w, y, z, x],
        "n3d": [w, 3**0.5 * y, 3**0.5 * z, 3**0.5 * x],
        "fuma": [w / 2**0.5, x, y, z],
    }[convention]
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((2, len(u), 1, n_freqs, 5))
    return (np.stack(channels, axis=1)[..., None, None] * (signal[0] + 1j * signal[1])).astype(
        dtype
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("convention", ["sn3d", "n3d", "fuma"])
def test_plane_waves_give_their_unit_vectors(convention):
    maps = IntensityVector(convention=convention).transform(plane_waves(convention))
    assert maps.shape == (len(DIRECTIONS), 6, 9, 5)
    u = angles_to_unit_vectors(DIRECTIONS)[:, :, None, None]
    np.testing.assert_allclose(
        maps[:, :3], np.broadcast_to(3**0.5 / 2 * u, maps[:, :3].shape), atol=1e-12
    )
    np.testing.assert_allclose(maps[:, 3:], 0, atol=1e-12)


def test_formula_of_the_card():
    """Written down again for W, X, Y, Z in N3D."""
    rng = np.random.default_rng(0)
    w, x, y, z = rng.standard_normal((4, 9, 5)) + 1j * rng.standard_normal((4, 9, 5))
    energy = abs(w) ** 2 + (abs(x) ** 2 + abs(y) ** 2 + abs(z) ** 2) / 3
    expected = [(w.conj() * v).real / energy for v in (x, y, z)]
    expected += [(w.conj() * v).imag / energy for v in (x, y, z)]
    spectrum = np.stack([w, y, z, x])[None]
    np.testing.assert_allclose(
        IntensityVector(convention="n3d").transform(spectrum)[0], expected, rtol=1e-12
    )
    plain = IntensityVector("n3d", normalize=False).transform(spectrum)[0]
    np.testing.assert_allclose(plain, np.array(expected) * energy, rtol=1e-12)


def test_opposite_waves_have_no_active_intensity():
    spectrum = plane_waves(directions=[[30.0, 10.0]]) + plane_waves(directions=[[-150.0, -10.0]])
    np.testing.assert_allclose(IntensityVector().transform(spectrum), 0, atol=1e-12)


def test_standing_wave_is_reactive():
    # Pressure and velocity a quarter of a period apart.
    spectrum = np.array([1.0, 0.0, 0.0, 1j]).reshape(1, 4, 1, 1) * np.ones((1, 1, 2, 1))
    maps = IntensityVector().transform(spectrum)
    np.testing.assert_allclose(maps[0, :, 0, 0], [0, 0, 0, 3**0.5 / 2, 0, 0], atol=1e-12)


def test_active_alone_and_band():
    spectrum = plane_waves(n_freqs=257)
    maps = IntensityVector().transform(spectrum)
    np.testing.assert_array_equal(IntensityVector(reactive=False).transform(spectrum), maps[:, :3])
    band = IntensityVector(fs=16000, freq_range=(1000, 2000)).transform(spectrum)
    np.testing.assert_array_equal(band, maps[:, :, 32:64])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_silence_gives_zero(dtype):
    spectrum = np.zeros((1, 4, 3, 2), dtype)
    np.testing.assert_array_equal(IntensityVector().transform(spectrum), 0)


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_level_does_not_matter(scale):
    spectrum = plane_waves(dtype=np.complex64)
    maps = IntensityVector().transform(spectrum)
    assert maps.dtype == np.float32
    np.testing.assert_allclose(
        IntensityVector().transform(spectrum * np.float32(scale)), maps, atol=1e-5
    )


def test_from_audio():
    u = angles_to_unit_vectors([[40.0, 20.0]])[0]
    noise = np.random.default_rng(0).standard_normal(4000)
    audio = np.stack([noise, u[1] * noise, u[2] * noise, u[0] * noise])[None]
    maps = IntensityVector(reactive=False).transform(STFT(1024).transform(audio))
    np.testing.assert_allclose(maps.mean(axis=(0, 2, 3)), 3**0.5 / 2 * u, atol=1e-12)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (IntensityVector(convention="acn"), "convention"),
        (IntensityVector(normalize=None), "normalize"),
        (IntensityVector(freq_range=(3000, 2000)), "freq_range"),
    ],
)
def test_wrong_parameters(estimator, message):
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match=message):
            getattr(estimator, method)(plane_waves())


def test_wrong_input():
    with pytest.raises(TypeError, match="STFT"):
        IntensityVector().transform(plane_waves().real)
    with pytest.raises(ValueError, match="n_channels=4 channels on axis 1; got 3"):
        IntensityVector().fit(plane_waves()[:, :3])
    spectrum = plane_waves()
    spectrum[2, 1] = np.nan
    with pytest.raises(ValueError, match="NaN in sample 2"):
        IntensityVector().transform(spectrum)
