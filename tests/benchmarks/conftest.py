"""Data that several studies run on."""

import numpy as np
import pytest

from sslearn.datasets import load_cipic, structural_hrirs


@pytest.fixture
def small_corpus(tmp_path):
    """Folder with noise bursts for speech, of eight speakers and of two more for the test."""
    soundfile = pytest.importorskip("soundfile")
    rng, rows = np.random.default_rng(0), []
    folder = tmp_path / "data"
    for name in ("speech_librispeech", "noise"):
        (folder / name).mkdir(parents=True)
    for i in range(10):
        file, subset = f"{i}.flac", "train-clean-100" if i < 8 else "test-other"
        bursts = np.repeat(rng.random(50) < 0.7, 1600) * rng.normal(0, 0.1, 80_000)
        soundfile.write(folder / "speech_librispeech" / file, bursts, 16000)
        rows.append(f"{file},{i},{subset}")
    table = "\n".join(["file,speaker,subset", *rows])
    (folder / "speech_librispeech" / "utterances.csv").write_text(table)
    soundfile.write(folder / "noise" / "hiss.flac", rng.normal(0, 0.1, 40 * 16000), 16000)
    return folder


@pytest.fixture(scope="session")
def measured_heads(tmp_path_factory):
    """Folder with eight heads of CIPIC that are computed, and bursts of noise for speech."""
    soundfile = pytest.importorskip("soundfile")
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("measured")
    for name in ("cipic/subjects", "speech_librispeech", "noise"):
        (folder / name).mkdir(parents=True)
    _write_cipic(folder / "cipic" / "subjects")
    rows = ["file,speaker,subset"]
    for i, subset in enumerate(["train-clean-100", "test-other"] * 2):
        bursts = np.repeat(rng.random(40) < 0.8, 1600) * rng.normal(0, 0.1, 64_000)
        soundfile.write(folder / "speech_librispeech" / f"{i}.flac", bursts, 16000)
        rows.append(f"{i}.flac,{i},{subset}")
    (folder / "speech_librispeech" / "utterances.csv").write_text("\n".join(rows))
    for name in ("hiss", "rush", "hum"):
        soundfile.write(folder / "noise" / f"{name}.flac", rng.normal(0, 0.1, 64_000), 16000)
    return folder


def _write_cipic(folder):
    """Seven people and KEMAR with the same computed head."""
    stored = {"scale": np.full((2, 25, 50), 2e-4, "f"), "fs": np.int32(44100)}
    paths = [folder / f"subject_{subject:03d}.npz" for subject in (3, 8, 9, 10, 11, 12, 15, 21)]
    np.savez(paths[0], hrir=np.zeros((2, 25, 50, 200), np.int16), **stored)
    directions = load_cipic(folder.parent, 3).directions
    hrirs = structural_hrirs(directions, fs=44100, n_taps=200).hrirs / 2e-4
    hrirs = hrirs.round().astype(np.int16).reshape(25, 50, 2, 200).transpose(2, 0, 1, 3)
    for path in paths:
        np.savez(path, hrir=hrirs, **stored)
