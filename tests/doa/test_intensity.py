import numpy as np
import pytest
from scipy.special import spherical_jn, spherical_yn
from sklearn.pipeline import make_pipeline

from sslearn.datasets import load_sofia_sphere
from sslearn.doa import IntensityLocalizer
from sslearn.encoding import AdjacentDecoder, PeakDecoder
from sslearn.exceptions import SilenceWarning
from sslearn.features import STFT
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_difference,
    fibonacci_grid,
    great_circle_distance,
    sphere_grid,
)

CORNERS = [[-180.0, 0.0], [179.9, 10.0], [90.0, 0.0], [0.0, 90.0], [0.0, -90.0], [-90.0, 45.0]]
DIRECTIONS = np.concatenate([CORNERS, fibonacci_grid(20)])


def ambisonic(directions, *, convention="sn3d", n_times=4000, seed=0, dtype=np.float64):
    """One plane wave of noise a clip, as audio."""
    x, y, z = angles_to_unit_vectors(directions).T
    w = np.ones_like(x)
    gains = {
        "sn3d": [w, y, z, x],
        "n3d": [w, 3**0.5 * y, 3**0.5 * z, 3**0.5 * x],
        "fuma": [w / 2**0.5, x, y, z],
    }[convention]
    noise = np.random.default_rng(seed).standard_normal((len(x), 1, n_times))
    return (np.stack(gains, axis=1)[..., None] * noise).astype(dtype)


def spectra(directions, **options):
    return STFT(512).transform(ambisonic(directions, **options))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("convention", ["sn3d", "n3d", "fuma"])
def test_plane_waves_are_found_exactly(convention, normalize):
    X = spectra(DIRECTIONS, convention=convention)
    localizer = IntensityLocalizer(convention, normalize=normalize).fit(X, DIRECTIONS)
    assert great_circle_distance(localizer.predict(X), DIRECTIONS).max() < 1e-6


def test_azimuth_alone_at_any_elevation():
    azimuth = np.array([-180.0, -179.9, -90.0, 0.0, 60.0, 179.9])
    X = spectra(np.column_stack([azimuth, np.linspace(-80, 80, 6)]))
    found = IntensityLocalizer().fit(X, azimuth).predict(X)
    assert found.shape == (6,)
    assert np.abs(circular_difference(found, azimuth)).max() < 1e-6
    assert found.min() >= -180 and found.max() < 180
    assert IntensityLocalizer().fit(X).predict(X).shape == (6, 2)


@pytest.mark.parametrize("grid", [None, sphere_grid(5.0)])
def test_spatial_spectrum_peaks_at_the_source(grid):
    X = spectra(DIRECTIONS)
    localizer = IntensityLocalizer(grid=grid).fit(X, DIRECTIONS)
    spectrum = localizer.spatial_spectrum(X)
    assert spectrum.shape == (len(X), len(localizer.grid_))
    assert spectrum.min() >= 0 and spectrum.max() <= 1 + 1e-5
    peaks = localizer.grid_[spectrum.argmax(axis=1)]
    assert great_circle_distance(peaks, DIRECTIONS).max() < 5


def test_decoder_of_one_source():
    X = spectra(DIRECTIONS)
    decoder = AdjacentDecoder(weights="parabola")
    found = IntensityLocalizer(decoder=decoder).fit(X, DIRECTIONS).predict(X)
    assert great_circle_distance(found, DIRECTIONS).max() < 0.3


@pytest.mark.parametrize("n_angles", [1, 2])
def test_two_sources_in_turn(n_angles):
    pairs = np.array([[[-175.0, 10.0], [140.0, -20.0]], [[30.0, 60.0], [-60.0, 0.0]]])
    first, second = (ambisonic(pairs[:, s], seed=s) for s in (0, 1))
    X = STFT(512).transform(np.concatenate([first, second], axis=2))
    localizer = IntensityLocalizer(decoder=PeakDecoder(2)).fit(X, pairs[..., :n_angles])
    found = localizer.predict(X)
    assert found.shape == (2, 2, n_angles)
    error = great_circle_distance(found[:, :, None], pairs[:, None, :, :n_angles])
    assert error.min(axis=2).max() < 1
    assert (np.sort(error.argmin(axis=2), axis=1) == [0, 1]).all()


def test_blocks_make_tracks():
    parts = [ambisonic([[azimuth, 20.0]], n_times=5120) for azimuth in (-60.0, 120.0)]
    X = STFT(512, hop_length=512).transform(np.concatenate(parts, axis=2))
    y = [[0.0, 0.0]]
    localizer = IntensityLocalizer(block_size=10).fit(X, y)
    tracks = localizer.predict(X)
    np.testing.assert_allclose(tracks, [[[[-60, 20]], [[120, 20]]]], atol=1e-6)
    assert localizer.spatial_spectrum(X).shape == (1, 2, len(localizer.grid_))


def test_one_frame_single_precision_and_list():
    X = spectra(DIRECTIONS, dtype=np.float32)[..., :1]
    localizer = IntensityLocalizer().fit(X, DIRECTIONS)
    found = localizer.predict(X)
    assert great_circle_distance(found, DIRECTIONS).max() < 1e-3
    np.testing.assert_array_equal(localizer.predict(list(X)), found)


def test_diffuse_noise_cancels():
    rng = np.random.default_rng(0)
    y = np.array([[50.0, -30.0]])
    noise = rng.standard_normal((1, 4, 48000)) / np.sqrt([1, 3, 3, 3])[:, None]
    X = STFT(512).transform(ambisonic(y, n_times=48000) + noise)
    assert great_circle_distance(IntensityLocalizer().fit(X, y).predict(X), y).max() < 1.5


def test_straight_from_audio():
    X = ambisonic(DIRECTIONS)
    steps = make_pipeline(STFT(512), IntensityLocalizer()).fit(X, DIRECTIONS)
    direct = IntensityLocalizer(batch_transform=STFT(512), n_jobs=2).fit(X, DIRECTIONS)
    np.testing.assert_allclose(direct.predict(X), steps.predict(X))
    assert steps.score(X, DIRECTIONS) > 0.999


@pytest.mark.parametrize("silent", [[0], [1, 2, 3], [0, 1, 2, 3]])
def test_silence_is_named(silent):
    X = spectra([[10.0, 20.0], [30.0, 40.0]])
    X[1, silent] = 0
    localizer = IntensityLocalizer().fit(X, DIRECTIONS[:2])
    with pytest.warns(SilenceWarning, match="sample 1"):
        found = localizer.predict(X)
    np.testing.assert_allclose(found, [[10, 20], [0, 0]], atol=1e-6)
    with pytest.warns(SilenceWarning):
        np.testing.assert_array_equal(localizer.spatial_spectrum(X)[1], 0)


@pytest.mark.parametrize(
    ("localizer", "y", "message"),
    [
        (IntensityLocalizer("acn"), [0.0], "convention"),
        (IntensityLocalizer(width=3.0), [0.0], "width"),
        (IntensityLocalizer(grid=[0.0, 90.0]), [[0.0, 0.0]], "grid and y must both hold"),
        (IntensityLocalizer(), [[0.0, 0.0, 1.0]], "grid and y must both hold"),
        (IntensityLocalizer(freq_range=(400, 200)), [0.0], "freq_range"),
    ],
)
def test_wrong_use(localizer, y, message):
    with pytest.raises(ValueError, match=message):
        localizer.fit(spectra([[0.0, 0.0]]), y)


def test_wrong_input():
    X = spectra(DIRECTIONS[:3])
    with pytest.raises(ValueError, match="n_channels=4"):
        IntensityLocalizer().fit(X[:, :3])
    localizer = IntensityLocalizer().fit(X)
    X[2, 0, 100] = np.nan
    with pytest.raises(ValueError, match="NaN in sample 2"):
        localizer.predict(X)


def encode(data, n_fft=2048):
    """First-order spectra (ACN, SN3D) of responses of a spherical array, by its radial filters."""
    radius = np.linalg.norm(data.mic_positions[0])
    u = data.mic_positions / radius
    weights = data.weights / data.weights.sum()
    spectrum = np.fft.rfft(data.rirs, n_fft)
    freqs = np.maximum(1.0, data.fs / n_fft * np.arange(n_fft // 2 + 1))
    kr = 2 * np.pi * freqs * radius / data.speed_of_sound
    channels = []
    for order, harmonics in ((0, np.ones((len(u), 1))), (1, u[:, [1, 2, 0]])):
        j, slope = spherical_jn(order, kr), spherical_jn(order, kr, derivative=True)
        if data.rigid_sphere:
            h = j - 1j * spherical_yn(order, kr)
            h_slope = slope - 1j * spherical_yn(order, kr, derivative=True)
            radial = 1j**order * (j - slope / h_slope * h)
        else:
            radial = 1j**order * (j - 1j * slope) / 2  # cardioid
        moments = np.einsum("mc,m,smf->scf", harmonics, weights, spectrum)
        channels.append(moments / radial)
    return np.concatenate(channels, axis=1)[..., None]


@pytest.mark.parametrize(("measurement", "turn"), [("A3", 1.7), ("A4", 0.0)])
def test_measured_spherical_arrays(data_dir, measurement, turn):
    """Plane-wave decomposition of high order gives a turn of 2 to 3 degrees of the array of A3."""
    data = load_sofia_sphere(data_dir / "sofia_sphere", measurement)
    X, y = encode(data), data.target[:, :2]
    localizer = IntensityLocalizer(fs=data.fs, freq_range=(300, 2000)).fit(X, y)
    found = localizer.predict(X)
    error = circular_difference(found[:, 0], y[:, 0]) - turn
    assert np.abs(error).max() < 1.1
    assert np.abs(found[:, 1]).max() < 3
