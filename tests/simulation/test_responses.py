import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from sslearn.geometry import circular_array
from sslearn.simulation import make_shoebox_rooms
from sslearn.simulation._image_sources import ImageSources
from sslearn.simulation._responses import (
    LEAD,
    ambisonic_response,
    array_response,
    direct_response,
)
from sslearn.simulation._rooms import check_rooms

FS = 16000
CIRCLE = circular_array(4, 0.05)


@pytest.fixture(scope="module")
def room():
    sizes = ((4, 4, 2.6), (6, 5, 3))
    return check_rooms(make_shoebox_rooms(1, dimensions=sizes, t60=(0.15, 0.25), random_state=0))[0]


@pytest.mark.parametrize("profile", ["flat", "octave"])
@pytest.mark.parametrize("max_order", [1, 10])
def test_responses_are_those_of_pyroomacoustics(profile, max_order):
    pra = pytest.importorskip("pyroomacoustics")
    table = make_shoebox_rooms(1, t60=(0.2, 0.3), profile=profile, random_state=1)
    [room] = check_rooms(table)
    source, mics = 0.3 * room["sizes"], 0.6 * room["sizes"] + CIRCLE
    filtered = pra.constants.get("rir_hpf_enable")
    pra.constants.set("rir_hpf_enable", False)
    try:
        materials = {wall: pra.Material(value) for wall, value in room["absorption"].items()}
        box = pra.ShoeBox(room["sizes"], fs=FS, materials=materials, max_order=max_order)
        box.add_source(source)
        box.add_microphone_array(mics.T)
        box.compute_rir()
    finally:
        pra.constants.set("rir_hpf_enable", filtered)
    images = ImageSources(room, source, mics, fs=FS, horizon=1.0, max_order=max_order)
    response = array_response(images)
    direct = direct_response(source, mics, FS)
    # Our filter, on reflections alone, in place of theirs.
    high_pass = butter(2, 10.0, "highpass", fs=FS, output="sos")
    for [theirs], first, ours in zip(box.rir, direct, response, strict=True):
        expected = np.pad(theirs, (0, len(ours) - len(theirs))).astype(float)
        expected[: len(first)] -= first
        expected = sosfilt(high_pass, expected)
        assert np.linalg.norm(ours - expected) < 0.05 * np.linalg.norm(expected)


def _summed(offsets, amplitudes, n_taps):
    """Response (4, n_taps): a sum of delayed impulses in the frequency domain."""
    distance = np.linalg.norm(offsets, axis=1)
    gains = np.insert(offsets / distance[:, None], 0, 1.0, axis=1)
    gains *= (amplitudes / distance)[:, None]
    freqs = np.arange(n_taps // 2 + 1) / n_taps
    phase = np.exp(-2j * np.pi * freqs[:, None] * (distance / 343 * FS + LEAD))
    return np.fft.irfft((phase @ gains).T, n_taps)


def test_response_is_the_sum_of_image_sources(room):
    source, place = 0.3 * room["sizes"], np.array([0.6, 0.55, 0.7]) * room["sizes"]
    images = ImageSources(room, source, place[None], fs=FS, horizon=0.3, max_order=8)
    offsets, [amplitudes] = images.listed()
    response = ambisonic_response(images)
    expected = _summed(offsets[1:], amplitudes[1:], response.shape[1])
    expected = sosfilt(butter(2, 10.0, "highpass", fs=FS, output="sos"), expected)
    # Away from the edge of the interpolation filter, and but for delays rounded to 1/16 sample.
    used = slice(int(0.4 * response.shape[1]))
    ours, expected = np.fft.rfft(response)[:, used], np.fft.rfft(expected)[:, used]
    error = np.linalg.norm(ours - expected, axis=1) / np.linalg.norm(expected, axis=1)
    assert error.max() < 0.05


def test_no_reflections_without_walls(room):
    images = ImageSources(room, 0.3 * room["sizes"], CIRCLE + 2.0, fs=FS, horizon=1.0, max_order=0)
    assert array_response(images).shape == ambisonic_response(images).shape == (4, 0)


@pytest.mark.parametrize("profile", ["flat", "octave"])
def test_w_is_an_omnidirectional_microphone(profile):
    pytest.importorskip("pyroomacoustics")
    table = make_shoebox_rooms(1, t60=(0.2, 0.3), profile=profile, random_state=1)
    [room] = check_rooms(table)
    source, place = 0.3 * room["sizes"], 0.6 * room["sizes"]
    images = ImageSources(room, source, place[None], fs=FS, horizon=0.2)
    response = ambisonic_response(images)
    [expected] = array_response(images)
    np.testing.assert_allclose(response[0], expected, atol=1e-5 * np.abs(expected).max())
