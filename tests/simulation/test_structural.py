import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import eval_legendre, spherical_jn, spherical_yn

from sslearn.datasets import structural_hrirs
from sslearn.simulation._structural import _sphere


def spectrum_db(hrirs, n_fft=1024):
    return 20 * np.log10(np.abs(np.fft.rfft(hrirs, n_fft)))


def band_ild(hrirs, low, high, fs=48000):
    power = np.abs(np.fft.rfft(hrirs, 1024)) ** 2
    freqs = np.fft.rfftfreq(1024, 1 / fs)
    left, right = power[..., (freqs >= low) & (freqs < high)].mean(axis=-1)
    return 10 * np.log10(left / right)


@pytest.mark.parametrize("wavenumber", [0.1, 1.0, 8.0])
def test_sphere_against_incident_plus_scattered_wave(wavenumber):
    cosines = np.cos(np.deg2rad([0.0, 40.0, 90.0, 150.0, 180.0]))
    order = np.arange(40)[:, None]
    h = spherical_jn(order, wavenumber) - 1j * spherical_yn(order, wavenumber)
    dj = spherical_jn(order, wavenumber, derivative=True)
    dh = dj - 1j * spherical_yn(order, wavenumber, derivative=True)
    terms = (2 * order + 1) * 1j**order * eval_legendre(order, cosines)
    scattered = -np.nan_to_num(dj / dh * h) * terms
    expected = np.exp(1j * wavenumber * cosines) + scattered[:25].sum(axis=0)
    assert_allclose(_sphere(cosines, np.array([wavenumber]))[:, 0], expected, atol=1e-8)


def test_sphere_is_transparent_at_low_and_a_wall_at_high_frequency():
    front = _sphere(np.array([1.0]), np.array([1e-4, 30.0]))[0]
    assert_allclose(np.abs(front), [1.0, 2.0], atol=0.02)


@pytest.mark.parametrize("pinna_scale", [1.0, (0.9, 0.9)])
def test_left_right_symmetry(pinna_scale):
    directions = np.array([[30.0, 20.0], [100.0, -30.0], [170.0, 60.0], [0.0, 45.0]])
    head = structural_hrirs(directions, pinna_scale=pinna_scale)
    mirrored = structural_hrirs(directions * [-1, 1], pinna_scale=pinna_scale)
    assert_allclose(head.hrirs, mirrored.hrirs[:, ::-1], atol=1e-12)
    assert_allclose(head.hrirs[3, 0], head.hrirs[3, 1], atol=1e-12)


def test_time_difference_of_the_head(itd_at):
    azimuth = np.arange(-90.0, 91.0, 10.0)
    head = structural_hrirs(np.column_stack([azimuth, np.zeros(19)]))
    assert_allclose([itd_at(head, 90), itd_at(head, -90)], [-0.65, 0.65], atol=0.02)
    assert itd_at(head, 0) == 0.0
    assert (np.diff([itd_at(head, a) for a in azimuth]) < 0).all()


def test_time_difference_of_the_sphere_at_both_ends_of_the_spectrum():
    # 3 a / c sin(theta) at low frequency (Kuhn), a / c (theta + sin(theta)) at high (Woodworth).
    lateral = np.deg2rad([20.0, 45.0, 70.0])
    wavenumbers = np.r_[0.01, np.linspace(30.0, 60.0, 301)]
    phase = [np.angle(_sphere(sign * np.sin(lateral), wavenumbers)) for sign in (1, -1)]
    phase = np.unwrap(phase[0] - phase[1])
    assert_allclose(phase[:, 0] / 0.01, 3 * np.sin(lateral), rtol=1e-3)
    slope = np.polyfit(wavenumbers[1:], phase[:, 1:].T, 1)[0]
    assert_allclose(slope, lateral + np.sin(lateral), rtol=0.05)


def test_level_difference_grows_with_frequency():
    hrirs = structural_hrirs([[90, 0]]).hrirs[0]
    low, middle, high = (band_ild(hrirs, *band) for band in ((200, 500), (800, 2000), (4e3, 7e3)))
    assert 0 < low < middle < high
    assert high > 8


def test_elevation_changes_the_spectrum_above_4_khz():
    hrirs = structural_hrirs([[0, -40], [0, 0], [0, 40]], shoulder_gain=0.0).hrirs[:, 0]
    freqs = np.fft.rfftfreq(1024, 1 / 48000)
    change = np.ptp(spectrum_db(hrirs), axis=0)
    assert change[(freqs > 4000) & (freqs < 12000)].max() > 10
    assert change[freqs < 800].max() < 2


def test_elevation_is_heard_between_the_ears():
    directions = np.column_stack([np.full(10, 40.0), np.linspace(-45, 45, 10)])
    spectra = spectrum_db(structural_hrirs(directions).hrirs)
    freqs = np.fft.rfftfreq(1024, 1 / 48000)
    ild = (spectra[:, 0] - spectra[:, 1])[:, (freqs > 200) & (freqs < 7000)]
    assert np.sqrt(np.mean(np.diff(ild, axis=0) ** 2, axis=1)).min() > 0.5


def test_unequal_pinnae_break_the_median_plane():
    directions = [[0, -30], [0, 0], [0, 30]]
    even, odd = (structural_hrirs(directions, pinna_scale=s).hrirs for s in (1.0, (1.1, 0.9)))
    assert_allclose(even[:, 0], even[:, 1], atol=1e-12)
    assert np.abs(odd[:, 0] - odd[:, 1]).max() > 0.05


def test_front_and_back_differ():
    hrirs = structural_hrirs([[30, 0], [150, 0]]).hrirs
    assert np.abs(spectrum_db(hrirs[0]) - spectrum_db(hrirs[1]))[:, :200].max() > 3


def test_shoulder_echo_is_latest_from_above_and_gone_from_below():
    directions = [[0, 90], [0, 0], [0, -80]]
    with_echo, without = (structural_hrirs(directions, shoulder_gain=g).hrirs for g in (0.5, 0.0))
    echo = np.abs(with_echo - without)[:, 0]
    direct = np.abs(without)[:, 0]
    lag = (echo.argmax(axis=1) - direct.argmax(axis=1)) / 48.0
    assert 0.7 < lag[0] < 1.2
    assert 0.1 < lag[1] < lag[0]
    assert echo[2].max() < 0.01 * echo[0].max()


def test_nothing_wraps_and_nothing_is_cut():
    head = structural_hrirs()
    peak = np.abs(head.hrirs).max()
    assert np.abs(head.hrirs[..., :8]).max() < 1e-3 * peak
    assert np.abs(head.hrirs[..., -40:]).max() < 1e-4 * peak
    longer = structural_hrirs(head.directions[::50], n_taps=512).hrirs
    assert_allclose(longer[..., :256], head.hrirs[::50], atol=1e-4 * peak)


@pytest.mark.parametrize(("fs", "n_taps"), [(192000, 4096), (8000, 64)])
def test_extreme_rates(fs, n_taps, itd_at):
    head = structural_hrirs([[90, 0]], fs=fs, n_taps=n_taps)
    assert_allclose(itd_at(head, 90), -0.65, atol=0.03)


def test_head_follows_the_contract():
    head = structural_hrirs(name="twin")
    assert head.hrirs.shape == (2000, 2, 256)
    assert head.directions.shape == (2000, 2)
    assert np.isnan(head.distance).all() and head.distance.shape == (2000,)
    assert (head.fs, head.name) == (48000.0, "twin")


def test_a_larger_head_has_a_larger_time_difference(itd_at):
    small, large = (structural_hrirs([[90, 0]], head_radius=r) for r in (0.08, 0.095))
    assert_allclose(itd_at(large, 90) / itd_at(small, 90), 0.095 / 0.08, rtol=0.02)


def test_distance_column_is_ignored_and_input_kept():
    directions = np.array([[190.0, 10.0, 2.0]])
    head = structural_hrirs(directions)
    assert_array_equal(head.directions, [[-170.0, 10.0]])
    assert_array_equal(directions, [[190.0, 10.0, 2.0]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"directions": [0.0, 90.0]}, "directions must have shape"),
        ({"directions": [[0.0, 100.0]]}, "elevations"),
        ({"n_taps": 100}, "n_taps must last at least 4 ms"),
        ({"pinna_scale": (1.0, 0.0)}, "pinna_scale must be positive"),
        ({"pinna_scale": (1.0, 1.0, 1.0)}, "pinna_scale must be positive"),
        ({"pinna_scale": -1.0}, "pinna_scale"),
        ({"head_radius": 0.0}, "head_radius"),
        ({"ear_azimuth": 200.0}, "ear_azimuth"),
        ({"fs": -1}, "fs"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        structural_hrirs(**arguments)
