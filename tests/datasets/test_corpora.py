import numpy as np
import pytest
import soundfile
from numpy.testing import assert_allclose, assert_array_equal

from sslearn.datasets import load_librispeech, load_noise


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    rows = ["file,speaker,sex,subset"]
    for speaker, subset, fs in (("007", "clean", 16000), ("42", "other", 48000)):
        (tmp_path / subset).mkdir()
        file = f"{subset}/{speaker}.flac"
        soundfile.write(tmp_path / file, 0.1 * rng.standard_normal(fs), fs)
        rows.append(f"{file},{speaker},F,{subset}")
    (tmp_path / "utterances.csv").write_text("\n".join(rows))
    return tmp_path


def test_librispeech(folder):
    speech = load_librispeech(folder)
    assert_array_equal(speech.speakers, ["007", "42"])
    assert [clip.shape for clip in speech.audio] == [(16000,), (16000,)]
    assert {clip.dtype for clip in speech.audio} == {np.dtype("float32")}
    assert_allclose(speech.audio[0], soundfile.read(folder / "clean/007.flac")[0], atol=1e-7)
    assert list(speech.metadata["subset"]) == ["clean", "other"]
    assert speech.fs == 16000.0


def test_subset_and_paths(folder):
    speech = load_librispeech(folder, "other", return_paths=True)
    assert_array_equal(speech.audio, [str(folder / "other/42.flac")])
    assert_array_equal(speech.speakers, ["42"])
    assert list(speech.metadata.index) == [0]
    with pytest.raises(ValueError, match=r"subset must be one of \['clean', 'other'\]"):
        load_librispeech(folder, "dirty")


def test_missing_and_damaged_files(folder):
    path = folder / "clean" / "007.flac"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(OSError, match=r"007\.flac"):
        load_librispeech(folder)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"007\.flac"):
        load_librispeech(folder, return_paths=True)
    with pytest.raises(FileNotFoundError, match="set's own folder"):
        load_librispeech(folder / "clean")


def test_stereo_is_refused(tmp_path):
    soundfile.write(tmp_path / "two.flac", np.zeros((100, 2)), 16000)
    with pytest.raises(ValueError, match="one channel; got 2"):
        load_noise(tmp_path)


def test_noise_is_brought_to_one_rate(folder):
    noise = load_noise(folder / "other", fs=8000)
    assert noise.audio[0].shape == (8000,)
    assert list(noise.metadata["noise"]) == ["42"]


def test_real_recordings(data_dir):
    speech = load_librispeech(data_dir / "speech_librispeech")
    assert (len(speech.audio), len(set(speech.speakers)), speech.fs) == (88, 72, 16000.0)
    durations = [len(clip) / 16000 for clip in speech.audio]
    assert_allclose(durations, speech.metadata["duration_s"], atol=0.01)
    noise = load_noise(data_dir / "noise")
    assert list(noise.metadata["noise"])[3] == "freesound_573577"
    assert_allclose(len(noise.audio[3]) / 16000, 4.9, atol=0.05)
