import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from sslearn.datasets._files import (
    AUDIO_SUFFIXES,
    check_choice,
    file_inside,
    find_files,
    read_table,
)
from sslearn.utils import read_audio


def _read_mono(path, fs):
    audio, _ = read_audio(path, fs=fs)
    if len(audio) != 1:
        raise ValueError(f"path {path} must have one channel; got {len(audio)}.")
    return np.ascontiguousarray(audio[0])


def _load_recordings(folder, metadata, *, fs, return_paths, **extra):
    paths = [file_inside(folder, file) for file in metadata["file"]]
    audio = np.array(paths, dtype=str) if return_paths else [_read_mono(path, fs) for path in paths]
    return Bunch(audio=audio, fs=float(fs), metadata=metadata, **extra)


def load_librispeech(folder, subset=None, *, fs=16000, return_paths=False):
    """Read dry speech: utterances of LibriSpeech.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with ``utterances.csv`` (columns ``file``, ``speaker``, ``subset``, ...)
        and the files it names.
    subset : str, default=None
        Part of the corpus, for example ``"train-clean-100"``; all if None.
    fs : float, default=16000
        Sampling rate in Hz; the files have 16000 Hz.
    return_paths : bool, default=False
        Whether to return the paths of the files instead of reading them.

    Returns
    -------
    speech : Bunch
        With keys

        - ``audio`` : list of ndarray of shape (n_times_i,), float32, at ``fs``; or ndarray of str.
        - ``speakers`` : ndarray of shape (n_utterances,), str, as groups for splitters.
        - ``fs`` : float, Hz.
        - ``metadata`` : DataFrame, one row per utterance.

    Raises
    ------
    FileNotFoundError
        If the folder or a file is missing.
    OSError
        If a file is damaged.
    ValueError
        If there is no such subset; the message lists those there are.

    See Also
    --------
    load_noise : Read background noise.
    sslearn.simulation.Sounds : Source signals with speakers.

    References
    ----------
    V. Panayotov, G. Chen, D. Povey, S. Khudanpur, "LibriSpeech: an ASR corpus based on public
    domain audio books", ICASSP, 2015, 5206-5210, doi:10.1109/ICASSP.2015.7178964.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np, soundfile
    >>> from sslearn.datasets import load_librispeech
    >>> folder = tempfile.mkdtemp()
    >>> soundfile.write(os.path.join(folder, "a.wav"), np.zeros(8000), 16000)
    >>> with open(os.path.join(folder, "utterances.csv"), "w") as table:
    ...     n_characters = table.write("file,speaker,subset\\na.wav,87,train-clean-100\\n")
    >>> speech = load_librispeech(folder, "train-clean-100")
    >>> speech.speakers.tolist(), speech.audio[0].shape
    (['87'], (8000,))
    """
    columns = ("file", "speaker") if subset is None else ("file", "speaker", "subset")
    metadata = read_table(folder, "utterances.csv", *columns, dtype={"speaker": str})
    if subset is not None:
        check_choice(subset, metadata["subset"].unique().tolist(), "subset")
        metadata = metadata[metadata["subset"] == subset].reset_index(drop=True)
    speakers = metadata["speaker"].to_numpy(dtype=str)
    return _load_recordings(folder, metadata, fs=fs, return_paths=return_paths, speakers=speakers)


def load_noise(folder, *, fs=16000, return_paths=False):
    """Read recordings of background noise, one channel each.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set, with files such as ``*.flac`` or ``*.wav``.
    fs : float, default=16000
        Sampling rate to which the recordings are resampled, in Hz.
    return_paths : bool, default=False
        Whether to return the paths of the files instead of reading them.

    Returns
    -------
    noise : Bunch
        With keys

        - ``audio`` : list of ndarray of shape (n_times_i,), float32, at ``fs``; or ndarray of str.
        - ``fs`` : float, Hz.
        - ``metadata`` : DataFrame with columns ``file`` and ``noise``, one row per recording.

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no recording.
    OSError
        If a file is damaged.

    See Also
    --------
    load_librispeech : Read dry speech.
    sslearn.simulation.Noise : Noise of simulated clips.

    Notes
    -----
    The levels are those of the files, which differ: scale to the ratio wanted.

    References
    ----------
    P. Warden, "Speech Commands: a dataset for limited-vocabulary speech recognition", 2018,
    arXiv:1804.03209.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np, soundfile
    >>> from sslearn.datasets import load_noise
    >>> folder = tempfile.mkdtemp()
    >>> soundfile.write(os.path.join(folder, "rain.wav"), np.zeros(8000), 16000)
    >>> noise = load_noise(folder)
    >>> list(noise.metadata["noise"]), noise.audio[0].shape
    (['rain'], (8000,))
    """
    paths = find_files(folder, "*.*", suffixes=AUDIO_SUFFIXES)
    metadata = pd.DataFrame({"file": [path.name for path in paths.values()], "noise": list(paths)})
    return _load_recordings(folder, metadata, fs=fs, return_paths=return_paths)
