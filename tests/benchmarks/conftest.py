"""Data that several studies run on."""

import numpy as np
import pytest


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
