import io
import time

import click
import numpy as np
import pytest
import soundfile

from sslearn.cli import main
from sslearn.cli._files import RAW, each, expand, on_disk
from sslearn.utils import audio_info


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Working folder with b.wav, a.FLAC, notes.txt, deep/c.ogg and [x].wav."""
    (tmp_path / "deep").mkdir()
    for name in ["b.wav", "a.FLAC", "notes.txt", "deep/c.ogg", "[x].wav"]:
        (tmp_path / name).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        (["b.wav", "notes.txt"], ["b.wav", "notes.txt"]),
        (["deep"], ["deep/c.ogg"]),
        (["."], ["./[x].wav", "./a.FLAC", "./b.wav", "./deep/c.ogg"]),
        (["*.wav"], ["[x].wav", "b.wav"]),
        (["b.wav", "*.wav"], ["b.wav", "[x].wav"]),
        (["[x].wav"], ["[x].wav"]),
        (["**/*.ogg"], ["deep/c.ogg"]),
        (["no.wav", "-"], ["no.wav", "-"]),
        (["*.mp3"], ["*.mp3"]),
    ],
)
def test_expand(folder, names, paths):
    assert expand(names) == paths


def test_folder_without_audio(tmp_path):
    assert expand([str(tmp_path)]) == [str(tmp_path)]
    with pytest.raises(ValueError, match=r"holds no audio file \(.wav, .flac"):
        on_disk(str(tmp_path)).__enter__()


def _stdin(monkeypatch, data):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_standard_input(monkeypatch, tmp_path):
    audio = np.linspace(-0.5, 0.5, 200).reshape(100, 2).astype(np.float32)
    soundfile.write(tmp_path / "a.flac", audio, 8000)
    _stdin(monkeypatch, (tmp_path / "a.flac").read_bytes())
    with on_disk("-") as path:
        read, fs = soundfile.read(path)
    assert (read.shape, fs) == ((100, 2), 8000)


@pytest.mark.parametrize(("fmt", "dtype"), [("s16", "<i2"), ("s32", "<i4"), ("f32", "<f4")])
def test_raw_samples(monkeypatch, fmt, dtype):
    scale = 1 if dtype == "<f4" else 2.0 ** (8 * int(dtype[-1]) - 1)
    audio = np.array([[0.5, -0.25], [0.0, 0.125], [-1.0, 0.75]])
    _stdin(monkeypatch, (audio * scale).astype(dtype).tobytes())
    with on_disk("-", RAW.convert(f"8000:2:{fmt}", None, None)) as path:
        read, fs = soundfile.read(path)
    assert fs == 8000
    np.testing.assert_array_equal(read, audio)


def test_raw_file(tmp_path):
    path = tmp_path / "a.pcm"
    path.write_bytes(np.arange(6, dtype="<i2").tobytes())
    with on_disk(str(path), (16000, 3, "PCM_16")) as copy:
        assert soundfile.info(copy).frames == 2


@pytest.mark.parametrize("text", ["16000", "16000:4", "16000:0:s16", "0:4:s16", "8000:2:mp3"])
def test_raw_formats_that_are_none(text):
    with pytest.raises(click.BadParameter, match="RATE:CHANNELS:FORMAT"):
        RAW.convert(text, None, None)


def test_messages_name_the_file_that_was_given(monkeypatch):
    _stdin(monkeypatch, b"no audio")
    with pytest.raises(ValueError, match="The file '-' is no readable audio"), on_disk("-") as path:
        audio_info(path)


def test_empty_standard_input(monkeypatch):
    _stdin(monkeypatch, b"")
    with pytest.raises(ValueError, match="standard input is empty"), on_disk("-"):
        pass


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_broken_files_among_many(capsys, n_jobs):
    def work(path):
        time.sleep(0.05 * (path == "a"))
        if path in "bd":
            raise ValueError(f"no\n  {path}")
        return path.upper()

    with main.make_context("sslearn", ["info"]):
        results = each(list("abcd"), work, n_jobs=n_jobs)
        assert [next(results), next(results)] == ["A", "C"]
        with pytest.raises(click.exceptions.Exit) as left:
            next(results)
    assert left.value.exit_code == 1
    assert capsys.readouterr().err == "Error: b: no b\nError: d: no d\n2 of 4 file(s) failed.\n"
