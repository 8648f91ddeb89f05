import re

import numpy as np
import pytest
import soundfile

from sslearn import recipes
from sslearn.datasets import make_plane_waves
from sslearn.features import AudioReader
from sslearn.geometry import (
    check_mic_positions,
    circular_array,
    circular_difference,
    device_array,
    get_device_names,
    linear_array,
    place_array,
    unit_vectors_to_angles,
)

RADII = {
    "respeaker_usb_4": 0.032,
    "respeaker_4": 0.0405,
    "respeaker_6": 0.0463,
    "matrix_creator": 0.0525,
    "eigenmike_em32": 0.042,
    "dcase_tetrahedron": 0.042,
    "core_sound_tetramic": 0.0085 * 3**0.5,
}


@pytest.mark.parametrize("name", get_device_names())
def test_every_device_is_an_array(name):
    device = device_array(name)
    mics = check_mic_positions(device.mic_positions)
    assert len(mics) == len(device.channels) == len(set(device.channels))
    assert np.abs(mics).max() <= 0.15
    assert len(device.description) > 30
    assert len(device.source) > 10
    with pytest.raises(ValueError, match="read-only"):
        device.mic_positions[0] = 0


@pytest.mark.parametrize("name", get_device_names())
def test_description_says_where_a_microphone_is(name):
    device = device_array(name)
    [(mic, azimuth)] = re.findall(
        r"[mM]icrophone\s(\d) is (?:alone, on the right, )?at azimuth (-?\d+(?:\.\d+)?)",
        device.description,
    )
    place = unit_vectors_to_angles(device.mic_positions)[int(mic), 0]
    assert abs(circular_difference(place, float(azimuth))) < 0.2


def test_realman_has_a_centre_three_rings_and_two_lines():
    mics = device_array("realman").mic_positions
    assert mics.shape == (32, 3)
    np.testing.assert_allclose(
        mics[[0, 1, 3, 5, 7]],
        [[0, 0, 0], [0.03, 0, 0], [0, 0.03, 0], [-0.03, 0, 0], [0, -0.03, 0]],
        atol=1e-12,
    )
    radii = np.linalg.norm(mics, axis=1)
    np.testing.assert_allclose(radii[1:25], np.repeat([0.03, 0.06, 0.09], 8))
    np.testing.assert_allclose(mics[25:28, 0], [-0.12, 0.12, 0.15])
    np.testing.assert_allclose(mics[28:, 2], [0.09, 0.045, -0.045, -0.09])


@pytest.mark.parametrize(("name", "radius"), RADII.items())
def test_radius(name, radius):
    distances = np.linalg.norm(device_array(name).mic_positions, axis=1)
    np.testing.assert_allclose(distances, radius, atol=5e-5)


def test_capsules_of_dcase_are_those_of_the_sphere():
    sphere = device_array("eigenmike_em32").mic_positions
    tetrahedron = device_array("dcase_tetrahedron").mic_positions
    np.testing.assert_allclose(tetrahedron, sphere[[5, 9, 25, 21]], atol=1e-9)


def test_channels_of_a_recording_are_read(tmp_path):
    device = device_array("respeaker_usb_4")
    X, _ = make_plane_waves(
        1, mic_positions=device.mic_positions, directions=[50.0], duration=0.5, random_state=0,
        return_X_y=True,
    )  # fmt: skip
    processed, playback = np.zeros((2, 1, X.shape[2]))
    recording = np.concatenate([processed, X[0], playback]) / 8
    path = tmp_path / "recording.wav"
    soundfile.write(path, recording.T, 16000)
    audio = AudioReader(channels=device.channels).transform([path])
    localizer = recipes.srp_phat(device.mic_positions).fit(audio)
    assert localizer.predict(audio) == pytest.approx([50.0], abs=1.0)


@pytest.mark.parametrize("name", ["respeaker", "", None, ["ps_eye"]])
def test_unknown_device(name):
    with pytest.raises(ValueError, match=r"name must be one of .*respeaker_usb_4"):
        device_array(name)


def test_place_array():
    line = linear_array(2, 0.1)
    np.testing.assert_array_equal(place_array(line), line)
    turned = place_array(line, azimuth=90, center=(1, 2, 3))
    np.testing.assert_allclose(turned, [[0.95, 2, 3], [1.05, 2, 3]])
    ring = place_array(circular_array(8, 0.1), azimuth=45)
    np.testing.assert_allclose(ring, np.roll(circular_array(8, 0.1), -1, axis=0), atol=1e-15)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"azimuth": np.nan}, "finite"),
        ({"center": (0, 1)}, "center must be three"),
        ({"center": (0, 0, np.inf)}, "center must be three"),
    ],
)
def test_place_array_raises(params, message):
    with pytest.raises(ValueError, match=message):
        place_array(linear_array(2, 0.1), **params)
