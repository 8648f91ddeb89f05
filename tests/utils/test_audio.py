import numpy as np
import pytest
import soundfile
from numpy.testing import assert_allclose, assert_array_equal

from sslearn.datasets import load_ambisonic
from sslearn.features import AudioReader
from sslearn.utils import read_audio, resample_audio


def write(path, fs, n_channels=4):
    audio = np.random.default_rng(0).uniform(-0.5, 0.5, (fs // 4, n_channels))
    soundfile.write(path, audio, fs, subtype="FLOAT")
    return audio.T.astype(np.float32)


@pytest.mark.parametrize("fs", [47_999, 44_100, 48_000, 22_050, 16_000])
def test_every_door_reads_and_resamples_alike(tmp_path, fs):
    written = write(tmp_path / "a.wav", fs)
    audio, new_fs = read_audio(tmp_path / "a.wav", fs=16_000)
    assert new_fs == 16_000
    assert_array_equal(audio, resample_audio(written, fs, 16_000))
    assert_array_equal(AudioReader(16_000).transform([tmp_path / "a.wav"])[0], audio)
    assert_array_equal(load_ambisonic(tmp_path / "a.wav", fs=16_000).data[0], audio)


@pytest.mark.parametrize("fs", [47_999, 44_100, 48_000, 22_050])
def test_the_last_second_of_an_hour_is_in_place(fs):
    """The ratio is exact: a tone stays in phase to the end."""
    phase = 2 * np.pi * 440 / fs * np.arange(60 * fs)
    resampled = resample_audio(np.sin(phase), fs, 16_000)
    assert resampled.shape == (60 * 16_000,)
    expected = np.sin(2 * np.pi * 440 / 16_000 * np.arange(60 * 16_000))
    assert_allclose(resampled[-9000:-1000], expected[-9000:-1000], atol=2e-3)


def test_the_rate_of_the_file_is_kept(tmp_path):
    written = write(tmp_path / "a.wav", 44_100)
    audio, fs = read_audio(str(tmp_path / "a.wav"))
    assert (fs, audio.dtype) == (44_100, np.float32)
    assert_array_equal(audio, written)
    assert_array_equal(read_audio(tmp_path / "a.wav", duration=0.1)[0], written[:, :4410])
    assert_array_equal(read_audio(tmp_path / "a.wav", duration=9.0)[0], written)


def test_equal_rates_change_nothing():
    x = np.ones((2, 100), dtype=np.float32)
    assert resample_audio(x, 16_000, 16_000.0) is x


@pytest.mark.parametrize("target_fs", [0, -1.0, np.nan, np.inf, "16000", None])
def test_impossible_rates(target_fs):
    with pytest.raises(ValueError, match="fs must be a positive"):
        resample_audio(np.zeros(100), 16_000, target_fs)


def test_a_ratio_that_is_not_simple_names_the_file(tmp_path):
    write(tmp_path / "a.wav", 44_100)
    fs = 16_000 * np.sqrt(2)
    message = r"a\.wav.*simple ratio to 44100 Hz.*Round it to whole Hz"
    with pytest.raises(ValueError, match=message):
        read_audio(tmp_path / "a.wav", fs=fs)
    with pytest.raises(ValueError, match=rf"X\[0\].*{message}"):
        AudioReader(fs).transform([tmp_path / "a.wav"])
    with pytest.raises(ValueError, match=message):
        load_ambisonic(tmp_path / "a.wav", fs=fs)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, FileNotFoundError, "does not exist"),
        (b"", OSError, "is empty"),
        (bytes(range(256)) * 20, OSError, "no readable audio file"),
        (np.zeros((0, 1)), ValueError, "holds no audio"),
        (np.full((10, 1), np.nan), ValueError, "NaN"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, content, error, message):
    path = tmp_path / "bad.wav"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        soundfile.write(path, content, 16_000, subtype="FLOAT")
    with pytest.raises(error, match=rf"bad\.wav.*{message}"):
        read_audio(path)
