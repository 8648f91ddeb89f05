import struct

import numpy as np
import pandas as pd
import pytest
import soundfile
from numpy.testing import assert_allclose, assert_array_equal

from sslearn.datasets import load_ambisonic
from sslearn.features import AudioReader
from sslearn.utils import audio_info, read_audio, resample_audio


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


@pytest.mark.parametrize("fs", [47_999, 44_100, 22_050, 8_000, 16_000])
def test_pieces_of_a_file_are_pieces_of_the_whole(tmp_path, fs):
    write(tmp_path / "a.wav", 4 * fs, n_channels=2)
    audio = soundfile.read(tmp_path / "a.wav")[0]
    soundfile.write(tmp_path / "a.wav", audio, fs, subtype="FLOAT")
    whole, _ = read_audio(tmp_path / "a.wav", fs=16_000)
    pieces = [
        read_audio(tmp_path / "a.wav", fs=16_000, offset=start / 16_000, duration=0.25)[0]
        for start in range(0, whole.shape[1], 4000)
    ]
    assert_allclose(np.concatenate(pieces, axis=1), whole, atol=1e-6)
    assert_allclose(read_audio(tmp_path / "a.wav", fs=16_000, offset=0.7)[0], whole[:, 11_200:])


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3", "aiff"])
def test_pieces_of_other_formats(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, (48_000, 2)), 48_000)
    whole, _ = read_audio(path)
    assert_array_equal(read_audio(path, offset=0.5, duration=0.1)[0], whole[:, 24_000:28_800])
    assert audio_info(path) == (48_000, 2, whole.shape[1])


@pytest.mark.parametrize("wrap", [list, tuple, np.array, pd.Series])
def test_several_files_are_one_recording(tmp_path, wrap):
    written = write(tmp_path / "a.wav", 44_100, n_channels=3)
    for name, part in (("b.wav", written[:1]), ("c.wav", written[1:])):
        soundfile.write(tmp_path / name, part.T, 44_100, subtype="FLOAT")
    paths = wrap([str(tmp_path / "b.wav"), str(tmp_path / "c.wav")])
    assert audio_info(paths) == (44_100, 3, 11_025)
    for part in ({}, {"fs": 16_000, "offset": 0.03, "duration": 0.1}, {"channels": [2, 0]}):
        audio, fs = read_audio(paths, **part)
        expected, expected_fs = read_audio(tmp_path / "a.wav", **part)
        assert fs == expected_fs
        assert_array_equal(audio, expected)


def test_no_files_are_no_recording():
    for function in (audio_info, read_audio):
        with pytest.raises(ValueError, match="at least one path"):
            function([])
        with pytest.raises(TypeError, match="str or a Path; got 3"):
            function([3])


def test_channels_in_the_order_asked_for(tmp_path):
    written = write(tmp_path / "a.wav", 16_000, n_channels=6)
    audio, _ = read_audio(tmp_path / "a.wav", channels=[4, 1])
    assert_array_equal(audio, written[[4, 1]])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"channels": [0, 4]}, r"between 0 and 3, the last of .*a\.wav.*got \[0, 4\]"),
        ({"channels": [-1]}, r"between 0 and 3, .*a\.wav"),
        ({"channels": 1}, "channels must be a list of integers"),
        ({"channels": [True]}, "channels must be a list of integers"),
        ({"channels": []}, "channels must be a list of integers"),
        ({"offset": 0.25}, r"a\.wav.*lasts 0.25 s, less than offset=0.25"),
        ({"offset": 0.25, "fs": 8000}, r"a\.wav.*lasts 0.25 s, less than offset=0.25"),
        ({"offset": 2.0, "fs": 8000}, r"a\.wav.*lasts 0.25 s, less than offset=2"),
        ({"offset": -1.0}, "offset must be at least 0"),
        ({"duration": 0.0}, "duration positive"),
    ],
)
def test_parts_that_a_file_does_not_have(tmp_path, parameters, message):
    write(tmp_path / "a.wav", 16_000)
    with pytest.raises(ValueError, match=message):
        read_audio(tmp_path / "a.wav", **parameters)


PCM = (np.random.default_rng(0).standard_normal((800, 4)) * 3000).astype("<i2")


def wav(path, *, riff=0, data=None, n_missing=0, tail=b"", order="<"):
    """A WAV file whose sizes are written by hand: ``riff`` is added to the right one."""
    pcm = PCM.astype(f"{order}i2").tobytes()
    fmt = struct.pack(f"{order}IHHIIHH", 16, 1, 4, 16000, 128000, 8, 16)
    data = len(pcm) if data is None else data
    body = b"WAVEfmt " + fmt + b"data" + struct.pack(f"{order}I", data) + pcm + tail
    riff = len(body) + riff if riff is not None else 0
    content = (b"RIFF" if order == "<" else b"RIFX") + struct.pack(f"{order}I", riff) + body
    path.write_bytes(content[: len(content) - n_missing])
    return path


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"riff": 8},
        {"riff": 1},
        {"riff": -8},
        {"riff": 1, "data": PCM.nbytes + 1},
        {"riff": None},
        {"riff": None, "data": 0},
        {"riff": -PCM.nbytes, "data": 0},
        {"data": 0},
        {"riff": 8, "data": 0},
        {"riff": None, "data": 2**32 - 1},
        {"tail": b"LIST" + struct.pack("<I", 100) + b"abcd"},
    ],
)
def test_complete_audio_under_a_wrong_header(tmp_path, sizes, order):
    if order == ">" and sizes.get("data") == PCM.nbytes + 1:
        pytest.skip("libsndfile reads an odd size of a RIFX file as unknown")
    path = wav(tmp_path / "a.wav", order=order, **sizes)
    expected = PCM.T / np.float32(32768)
    assert_array_equal(read_audio(path)[0], expected)
    assert_array_equal(read_audio(path, offset=0.01, duration=0.02)[0], expected[:, 160:480])
    assert audio_info(path) == (16_000, 4, 800)


@pytest.mark.parametrize(
    "sizes",
    [
        {"n_missing": 1},
        {"n_missing": 8},
        {"n_missing": PCM.nbytes // 2},
        {"riff": 8, "data": PCM.nbytes + 8},
        {"data": 0x100000},
        {"riff": None, "data": 0x70000000},
    ],
)
def test_audio_shorter_than_its_header_says(tmp_path, sizes):
    path = wav(tmp_path / "a.wav", **sizes)
    for door in (read_audio, audio_info, load_ambisonic):
        with pytest.raises(OSError, match=r"a\.wav.*truncated"):
            door(path)


@pytest.mark.parametrize("format", ["AIFF", "W64", "RF64", "AU", "SVX", "CAF", "WAVEX"])
def test_truncated_files_of_other_formats(tmp_path, format):
    path = tmp_path / "a.bin"
    soundfile.write(path, PCM[:, :1], 16_000, format=format, subtype="PCM_16")
    assert audio_info(path) == (16_000, 1, 800)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(OSError, match=r"a\.bin.*(truncated|no readable)"):
        read_audio(path)


@pytest.mark.parametrize("tail", [b"", b"LIST\x06\0\0\0abcdef", b"LIST\x03\0\0\0abc\0id3 \0\0\0\0"])
def test_no_audio_is_refused_by_every_door(tmp_path, tail):
    content = wav(tmp_path / "a.wav", data=0, n_missing=PCM.nbytes).read_bytes()
    path = tmp_path / "a.wav"
    path.write_bytes(content + tail)
    for door in (read_audio, audio_info, load_ambisonic):
        with pytest.raises(ValueError, match=r"a\.wav.*holds no audio"):
            door(path)


def flac_with_length(path, n_frames):
    soundfile.write(path, PCM, 16_000, subtype="PCM_16")
    content = bytearray(path.read_bytes())
    # The number of frames takes 36 bits of STREAMINFO, which begins at byte 8.
    content[21] = content[21] & 0xF0 | n_frames >> 32
    content[22:26] = (n_frames & (2**32 - 1)).to_bytes(4, "big")
    path.write_bytes(content)


def test_flac_of_unknown_length(tmp_path):
    path = tmp_path / "a.flac"
    flac_with_length(path, 0)
    expected = PCM.T / np.float32(32768)
    assert_array_equal(read_audio(path)[0], expected)
    assert_array_equal(read_audio(path, offset=0.01, duration=0.02)[0], expected[:, 160:480])
    assert_array_equal(read_audio(path, offset=0.01, duration=2.0)[0], expected[:, 160:])
    assert_array_equal(load_ambisonic(path).data[0], expected)
    assert audio_info(path) == (16_000, 4, 800)
    with pytest.raises((OSError, ValueError), match=r"a\.flac"):
        read_audio(path, offset=3.0)


def test_flac_that_declares_more_than_fits_into_memory(tmp_path):
    path = tmp_path / "a.flac"
    flac_with_length(path, 2**36 - 1)
    with pytest.raises(OSError, match=r"a\.flac"):
        read_audio(path)


def test_files_without_a_header(tmp_path):
    (tmp_path / "a.raw").write_bytes(PCM.tobytes())
    with pytest.raises(OSError, match=r"a\.raw.*no readable audio file"):
        read_audio(tmp_path / "a.raw")
    with pytest.raises(TypeError, match="path must be a str or a Path; got 5"):
        read_audio(5)
