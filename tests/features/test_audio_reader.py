from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.pipeline import make_pipeline

from sslearn.features import AudioReader, BinauralCues


def write(path, *, n_times=8000, n_channels=2, fs=16000, seed=0):
    audio = np.random.default_rng(seed).uniform(-0.5, 0.5, (n_times, n_channels))
    soundfile.write(path, audio, fs, subtype="FLOAT" if path.suffix == ".wav" else None)
    return audio.T.astype(np.float32)


@pytest.mark.parametrize(
    "make_X",
    [
        list,
        lambda paths: np.array([str(path) for path in paths]),
        lambda paths: np.array([[str(path)] for path in paths]),
        lambda paths: pd.Series([str(path) for path in paths]),
        lambda paths: pd.DataFrame({"path": [str(path) for path in paths]}),
    ],
)
def test_reads_what_was_written(tmp_path, make_X):
    paths = [tmp_path / f"{i}.wav" for i in range(3)]
    expected = np.stack([write(path, seed=i) for i, path in enumerate(paths)])
    audio = AudioReader().transform(make_X(paths))
    assert audio.dtype == np.float32
    np.testing.assert_array_equal(audio, expected)


def test_unequal_lengths_give_a_list_and_duration_cuts(tmp_path):
    paths = [tmp_path / "a.wav", tmp_path / "b.flac"]
    lengths = [8000, 9000]
    for path, n_times in zip(paths, lengths, strict=True):
        write(path, n_times=n_times)
    clips = AudioReader().transform(paths)
    assert [clip.shape for clip in clips] == [(2, 8000), (2, 9000)]
    cut = AudioReader(duration=0.25).transform(paths)
    assert cut.shape == (2, 2, 4000)
    np.testing.assert_array_equal(cut[1], clips[1][:, :4000])
    assert make_pipeline(AudioReader(), BinauralCues()).fit_transform(paths).shape == (2, 729)


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_resampling_keeps_a_tone(tmp_path, rate):
    time = np.arange(rate) / rate
    soundfile.write(tmp_path / "tone.wav", np.sin(2 * np.pi * 1000 * time), rate, subtype="FLOAT")
    audio = AudioReader().transform([tmp_path / "tone.wav"])
    assert audio.shape == (1, 1, 16000)
    expected = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    np.testing.assert_allclose(audio[0, 0, 1000:-1000], expected[1000:-1000], atol=2e-3)


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 48000])
def test_cut_while_reading_equals_cut_afterwards(tmp_path, rate):
    write(tmp_path / "a.wav", n_times=rate, fs=rate)
    whole = AudioReader().transform([tmp_path / "a.wav"])
    cut = AudioReader(duration=0.3).transform([tmp_path / "a.wav"])
    np.testing.assert_allclose(cut, whole[:, :, :4800], atol=1e-6)


def spoiled_file(kind, folder):
    path = folder / "bad.wav"
    if kind == "empty":
        path.touch()
    elif kind == "noise":
        path.write_bytes(bytes(range(256)) * 20)
    elif kind == "no audio":
        write(path, n_times=0)
    elif kind == "folder":
        path.mkdir()
    elif kind == "mono":
        write(path, n_channels=1)
    elif kind == "short":
        write(path, n_times=3999)
    elif kind == "nan":
        soundfile.write(path, np.full((8000, 2), np.nan), 16000, subtype="FLOAT")
    elif kind != "missing":
        path = folder / f"bad.{kind}"
        write(path, n_times=20_000)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("missing", FileNotFoundError, "does not exist"),
        ("folder", FileNotFoundError, "no file"),
        ("empty", ValueError, "is empty"),
        ("noise", ValueError, "no readable audio file"),
        ("no audio", ValueError, "holds no audio"),
        ("wav", ValueError, "truncated: .* bytes"),
        ("aiff", ValueError, "truncated: .* bytes"),
        ("flac", ValueError, "no readable audio file|truncated"),
        ("ogg", ValueError, "holds no audio|truncated|no readable audio file"),
        ("mono", ValueError, r"has 1 channel\(s\), not 2"),
        ("short", ValueError, r"lasts 0.249\d+ s, less than duration=0.25 s"),
        ("nan", ValueError, "NaN"),
    ],
)
def test_spoiled_files_are_named(tmp_path, kind, error, message):
    write(tmp_path / "good.wav")
    bad = spoiled_file(kind, tmp_path)
    reader = AudioReader(duration=0.25 if kind == "short" else None)
    with pytest.raises(error, match=rf"X\[1\].*{bad.name}.*({message})"):
        reader.transform([tmp_path / "good.wav", bad])


def test_length_unknown_to_the_writer_is_not_truncated(tmp_path):
    path = tmp_path / "streamed.wav"
    expected = write(path)
    content = bytearray(path.read_bytes())
    start = content.index(b"data")
    content[4:8] = content[start + 4 : start + 8] = b"\xff" * 4
    path.write_bytes(content)
    np.testing.assert_array_equal(AudioReader().transform([path])[0], expected)


def test_other_rate_or_number_of_channels_can_be_refused(tmp_path):
    write(tmp_path / "a.wav", fs=8000)
    with pytest.raises(ValueError, match=r"a.wav.*8000 Hz, not fs=16000; set resample=True"):
        AudioReader(resample=False).transform([tmp_path / "a.wav"])
    with pytest.raises(ValueError, match=r"a.wav.*has 2 channel\(s\), not 4"):
        AudioReader(n_channels=4).transform([tmp_path / "a.wav"])


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("one.wav", ValueError, "One path goes into a list"),
        ([], ValueError, "at least one"),
        ([["a.wav", "b.wav"]], ValueError, r"\(1, 2\)"),
        ([Path("a.wav"), 3], TypeError, "got 3 in sample 1"),
    ],
)
def test_wrong_paths(X, error, message):
    with pytest.raises(error, match=message):
        AudioReader().fit(X)
