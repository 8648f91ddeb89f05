"""Steered response power on the icosahedron, against inverse Fourier transforms."""

import numpy as np
import pytest

from sslearn.datasets import make_plane_waves
from sslearn.features import STFT, IcosahedralSRP
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_array,
    great_circle_distance,
    icosahedral_charts,
    spherical_array,
    tetrahedral_array,
)

MICS = tetrahedral_array(0.08)
FS = 16000
noise = np.random.default_rng(0).standard_normal((2, 4, 3000))


def by_hand(frames, mics, level):
    """The published way: correlations of all ordered pairs at whole samples."""
    vectors = angles_to_unit_vectors(icosahedral_charts(level).reshape(-1, 2))
    spectrum = np.fft.rfft(frames, axis=-1)
    power = 0
    for n, m in np.argwhere(~np.eye(len(mics), dtype=bool)):
        cross = spectrum[n] * spectrum[m].conj()
        correlation = np.fft.irfft(cross / np.abs(cross))
        power += correlation[np.rint(-FS * vectors @ (mics[n] - mics[m]) / 343.0).astype(int)]
    return power / power.max()


@pytest.mark.parametrize("level", [1, 2, 3])
def test_maps_by_hand(level):
    stft = STFT(1024, hop_length=700, window="boxcar")
    maps = IcosahedralSRP(MICS, level=level).transform(stft.transform(noise))
    assert maps.shape == (2, 1, 10 * 4**level, 3)
    for t in range(3):
        frames = noise[1][:, 700 * t : 700 * t + 1024]
        np.testing.assert_allclose(maps[1, 0, :, t], by_hand(frames, MICS, level), atol=1e-10)


@pytest.mark.parametrize(("oversampling", "tolerance"), [(1, 15.0), (8, 12.0)])
def test_peak_is_near_the_source(oversampling, tolerance):
    """Half the distance of neighbours is 10 degrees."""
    X, y = make_plane_waves(
        20,
        mic_positions=spherical_array(12, 0.1),
        azimuth_range=(-180, 180),
        elevation_range=(-90, 90),
        random_state=0,
        return_X_y=True,
    )
    srp = IcosahedralSRP(spherical_array(12, 0.1), oversampling=oversampling)
    maps = srp.transform(STFT(1024).transform(X))
    found = icosahedral_charts(2).reshape(-1, 2)[maps[:, 0].mean(axis=2).argmax(axis=1)]
    assert great_circle_distance(found, y).max() < tolerance


def test_silence_is_zero():
    X = noise.copy()
    X[0] = 0.0
    X[1, :, 1500:] *= 1e-4
    spectrum = STFT(500, hop_length=500).transform(X)
    maps = IcosahedralSRP(MICS).transform(spectrum)
    assert (maps[0] == 0).all()
    np.testing.assert_allclose(maps[1].max(axis=1), 1)
    # The mean square of a white spectrum is the sum of the squared window: 23 dB here.
    quiet = IcosahedralSRP(MICS, min_level=0.0).transform(spectrum)
    np.testing.assert_array_equal(quiet[1, 0, :, :3], maps[1, 0, :, :3])
    assert (quiet[1, 0, :, 3:] == 0).all()


def test_frames_and_precision():
    spectrum = STFT(512).transform(noise.astype(np.float32))
    srp = IcosahedralSRP(MICS)
    maps = srp.fit_transform(spectrum)
    assert maps.dtype == np.float32
    np.testing.assert_allclose(maps[..., 3:5], srp.transform(spectrum[..., 3:5]), atol=1e-6)
    exact = srp.transform(spectrum.astype(complex))
    np.testing.assert_allclose(maps, exact, atol=1e-4)
    names = srp.get_feature_names_out()
    assert len(set(names)) == 160
    assert names[-1] == "srp_az-36.0el-74.1"


def test_one_map_in_the_middle_of_each_hop():
    """Four seconds give 40 maps of 100 ms, each of the 4096 samples around its middle."""
    X = np.random.default_rng(0).standard_normal((1, 4, 4 * FS)).astype(np.float32)
    stft = STFT(4096, hop_length=1600, padding="zeros", first_center=800)
    spectrum = stft.transform(X)
    assert spectrum.shape == (1, 4, 2049, 40)
    whole = STFT(4096, hop_length=1).transform(X[..., 1600 * 7 + 800 - 2048 :][..., :4096])
    np.testing.assert_allclose(spectrum[..., 7], whole[..., 0], rtol=1e-4, atol=1e-3)
    assert IcosahedralSRP(MICS).transform(spectrum).shape == (1, 1, 160, 40)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"level": 0}, "level"),
        ({"oversampling": 0.5}, "oversampling"),
        ({"mic_positions": [[0, 0, 0]] * 4}, "mic_positions"),
        ({"mic_positions": 1e-4 * MICS}, "mic_positions must be at least half a sample apart"),
        ({"mic_positions": 100 * MICS}, "n_freqs=257 of X .* Raise n_fft"),
        ({"mic_positions": circular_array(5, 0.1)}, "channels"),
        ({"fs": 0}, "fs"),
    ],
)
def test_what_is_refused(params, match):
    spectrum = STFT(512).transform(noise)
    srp = IcosahedralSRP(MICS).set_params(**params)
    with pytest.raises(ValueError, match=match):
        srp.fit(spectrum)
    with pytest.raises(ValueError, match=match):
        srp.transform(spectrum)
