"""A small corpus in the layout of the measured speech and noise."""

import numpy as np


def write_corpus(folder, n_bursts, noises):
    """Write bursts of noise for speech of ten speakers, and recordings of noise.

    Parameters
    ----------
    folder : Path
        Folder of the corpus.
    n_bursts : int
        Bursts or pauses of 0.1 s in each recording of speech.
    noises : str
        Names of the recordings of noise, a letter each.

    Returns
    -------
    folder : Path
        The folder.
    """
    import soundfile

    rng = np.random.default_rng(0)
    for name in ("speech_librispeech", "noise"):
        (folder / name).mkdir(parents=True)
    rows = ["file,speaker,subset"]
    for i, subset in enumerate(("train-clean-100",) * 8 + ("test-other",) * 2):
        is_burst = np.repeat(rng.random(n_bursts) < 0.8, 1600)
        bursts = is_burst * rng.normal(0, 0.1, len(is_burst))
        soundfile.write(folder / "speech_librispeech" / f"{i}.flac", bursts, 16000)
        rows.append(f"{i}.flac,{i},{subset}")
    (folder / "speech_librispeech" / "utterances.csv").write_text("\n".join(rows))
    for name in noises:
        soundfile.write(folder / "noise" / f"{name}.flac", rng.normal(0, 0.1, 80_000), 16000)
    return folder
