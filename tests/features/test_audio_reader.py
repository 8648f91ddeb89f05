from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.pipeline import make_pipeline

from sslearn.features import ILD, STFT, AudioReader, BinauralCues
from sslearn.utils import recall


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
        ("one.wav", TypeError, "one path per sample"),
        ([], ValueError, "at least one"),
        ([["a.wav", 3]], TypeError, "got 3 in sample 0"),
        ([Path("a.wav"), 3], TypeError, "got 3 in sample 1"),
    ],
)
def test_wrong_paths(X, error, message):
    with pytest.raises(error, match=message):
        AudioReader().fit(X)


def test_parts_and_channels_of_files_equal_those_of_audio(tmp_path):
    paths = [tmp_path / f"{i}.wav" for i in range(3)]
    audio = np.stack(
        [write(path, n_channels=4, n_times=4000, seed=i) for i, path in enumerate(paths)]
    )
    expected = audio[:, [3, 1], 800:2400]
    reader = AudioReader(offset=0.05, duration=0.1, channels=[3, 1], n_channels=4)
    for X in (paths, audio, list(audio), [clip[:, : 2400 + i] for i, clip in enumerate(audio)]):
        np.testing.assert_array_equal(reader.fit_transform(X), expected)


def split(paths):
    """Rows of two files, of one channel and of the others, for each file of several."""
    rows = []
    for path in paths:
        audio, fs = soundfile.read(path)
        rows.append([path.with_name(f"{path.stem}_{i}.wav") for i in range(2)])
        for name, part in zip(rows[-1], (audio[:, :1], audio[:, 1:]), strict=True):
            soundfile.write(name, part, fs, subtype="FLOAT")
    return rows


@pytest.mark.parametrize("fs", [16000, 44100])
def test_clips_of_several_files_are_those_of_one(tmp_path, fs):
    paths = [tmp_path / f"{i}.wav" for i in range(3)]
    for i, path in enumerate(paths):
        write(path, n_channels=4, n_times=9000 + 10 * i, fs=fs, seed=i)
    rows = split(paths)
    table = pd.DataFrame(rows, index=[7, 3, 5])
    for X in (rows, [tuple(row) for row in rows], np.array(rows), table):
        for reader in (AudioReader(), AudioReader(offset=0.05, duration=0.1, channels=[3, 0])):
            expected = reader.transform(paths)
            for clip, wanted in zip(reader.fit_transform(X), expected, strict=True):
                np.testing.assert_array_equal(clip, wanted)
    assert recall(AudioReader(duration=0.1).transform(table)).index.tolist() == [7, 3, 5]


def test_cues_of_clips_of_two_files(tmp_path):
    paths = [tmp_path / f"{i}.wav" for i in range(3)]
    for i, path in enumerate(paths):
        write(path, seed=i)
    cues = BinauralCues()
    np.testing.assert_array_equal(cues.fit_transform(split(paths)), cues.fit_transform(paths))


@pytest.mark.parametrize(
    ("changed", "parameters", "error", "message"),
    [
        ({"n_times": 7999}, {}, ValueError, r"_1.wav' must have the rate .* 8000 .* 7999 samples"),
        ({"fs": 8000}, {}, ValueError, r"_1.wav' must have .* 16000 Hz .*; got 8000 Hz"),
        ({"n_times": 7999}, {"duration": 0.1}, ValueError, "_1.wav' must have the rate and length"),
        (
            {},
            {"n_channels": 4},
            ValueError,
            r"2 files \(.*_0.wav' first\) has 3 channel\(s\), not 4",
        ),
        ({}, {"channels": [3]}, ValueError, r"between 0 and 2, the last of .*_0.wav' first"),
        ({}, {"fs": 8000, "resample": False}, ValueError, "_0.wav' first.* sampled at 16000 Hz"),
        (None, {}, FileNotFoundError, "_1.wav' does not exist"),
    ],
)
def test_files_of_one_clip_must_agree(tmp_path, changed, parameters, error, message):
    paths = [tmp_path / "good.wav", tmp_path / "bad.wav"]
    for path in paths:
        write(path, n_channels=3)
    rows = split(paths)
    if changed is None:
        rows[1][1].unlink()
    else:
        write(rows[1][1], **{"n_channels": 2, **changed})
    row = 0 if parameters and "n_times" not in changed else 1
    with pytest.raises(error, match=rf"X\[{row}\].*{message}"):
        AudioReader(**parameters).transform(rows)


def test_audio_passes_through():
    X = np.random.default_rng(0).standard_normal((3, 2, 500))
    clips = [X[0], X[1, :, :300]]
    assert np.shares_memory(AudioReader().transform(X), X)
    assert AudioReader().transform(X).dtype == np.float64
    for clip, out in zip(clips, AudioReader().transform(clips), strict=True):
        np.testing.assert_array_equal(out, clip)
    with pytest.raises(ValueError, match="NaN in sample 0"):
        AudioReader().transform(np.full((1, 2, 5), np.nan))
    with pytest.raises(TypeError, match="divide by 32768"):
        AudioReader().fit(np.zeros((1, 2, 5), dtype=np.int16))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_channels": 3}, r"X has 2 channel\(s\), not 3"),
        ({"channels": [2]}, "between 0 and 1, the last of X"),
        ({"duration": 0.2}, "X lasts 0.1 s, less than duration=0.2 s"),
        ({"offset": 0.05, "duration": 0.06}, "duration=0.06 s from offset=0.05 s"),
        ({"offset": 0.1}, "from offset=0.1 s"),
    ],
)
def test_audio_that_lacks_what_is_asked_for(parameters, message):
    with pytest.raises(ValueError, match=message):
        AudioReader(**parameters).fit(np.zeros((1, 2, 1600)))


def test_files_need_no_more_than_the_channels_that_are_taken(tmp_path):
    write(tmp_path / "a.wav", n_channels=6)
    write(tmp_path / "b.wav", n_channels=4)
    paths = [tmp_path / "a.wav", tmp_path / "b.wav"]
    assert AudioReader(channels=[1, 2]).transform(paths).shape == (2, 2, 8000)
    with pytest.raises(ValueError, match=r"X\[1\].*between 0 and 3, the last of.*b.wav"):
        AudioReader(channels=[5]).transform(paths)
    with pytest.raises(ValueError, match=r"X\[1\].*b.wav.*has 4 channel\(s\), not 6"):
        AudioReader(channels=[1], n_channels=6).transform(paths)


def test_files_without_a_header_are_named(tmp_path):
    (tmp_path / "a.raw").write_bytes(bytes(1000))
    with pytest.raises(ValueError, match=r"X\[0\].*a\.raw.*no readable audio file"):
        AudioReader().transform([tmp_path / "a.raw"])


def test_what_is_read_is_known_to_be_at_its_rate(tmp_path):
    write(tmp_path / "a.wav", fs=8000)
    table = pd.DataFrame({"path": [str(tmp_path / "a.wav")] * 2}, index=[7, 3])
    audio = AudioReader(48_000).transform(table)
    assert recall(audio).fs == 48_000
    assert recall(audio).index.tolist() == [7, 3]
    assert recall(STFT().transform(audio)).fs == 48_000
    for step in (BinauralCues(), AudioReader(16_000)):
        with pytest.raises(ValueError, match="must be the sampling rate of X, 48000 Hz; got 16000"):
            make_pipeline(AudioReader(48_000), step).fit_transform(table)
    with pytest.raises(ValueError, match="48000 Hz"):
        make_pipeline(AudioReader(48_000), STFT(), ILD(freq_range=(200, 4000))).fit(table)
    # Without a band the rate of level differences does not matter.
    make_pipeline(AudioReader(48_000), STFT(), ILD()).fit_transform(table)


def test_the_rate_of_clips_of_several_lengths_is_known(tmp_path):
    for i, n_times in enumerate((8000, 9000)):
        write(tmp_path / f"{i}.wav", n_times=n_times)
    series = pd.Series([tmp_path / "0.wav", tmp_path / "1.wav"], index=[7, 3])
    clips = AudioReader(8000).transform(series)
    assert recall(clips).index.tolist() == [7, 3]
    with pytest.raises(ValueError, match="8000 Hz; got 16000"):
        BinauralCues().transform(clips)
    frame = BinauralCues(8000, ild_range=(200, 3000)).set_output(transform="pandas")
    assert frame.fit_transform(clips).index.tolist() == [7, 3]


def test_audio_of_the_user_stays_unknown():
    X = np.random.default_rng(0).standard_normal((2, 2, 5000))
    assert AudioReader(8000).fit_transform(X).shape == X.shape
    assert recall(X).fs is None
    BinauralCues(16_000).transform(X)
