import os
from collections.abc import Iterable

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from sslearn.datasets._files import check_choice
from sslearn.features import AMBISONIC_CONVENTIONS, ambisonic_gains
from sslearn.utils import read_audio


def load_ambisonic(paths, *, convention="sn3d", fs=None):
    """Read recordings in first-order ambisonics.

    Parameters
    ----------
    paths : str, path-like or list of these
        One file or several, such as wav or flac, of the same rate unless ``fs`` is given.
    convention : {"sn3d", "n3d", "fuma"}, default="sn3d"
        Order and gains of the channels in the files, as in
        :class:`sslearn.features.IntensityVector`. AmbiX files are ``"sn3d"``.
    fs : float, default=None
        Sampling rate to which the recordings are resampled, in Hz; as they are if None.

    Returns
    -------
    recordings : Bunch
        With keys

        - ``data`` : ndarray of shape (n_files, 4, n_times), float32, in SN3D (W, Y, Z, X); a list
          of ndarray of shape (4, n_times_i) where lengths differ.
        - ``fs`` : float, Hz.
        - ``metadata`` : DataFrame with the column ``file``, one row per file.

    Raises
    ------
    TypeError
        If there is anything but paths.
    FileNotFoundError
        If a file is missing.
    OSError
        If a file is damaged.
    ValueError
        If there is no such convention, a file has another number of channels or is not finite,
        or rates differ.

    See Also
    --------
    make_ambisonic : Simulated clips.

    Notes
    -----
    Files of a higher order, with 9, 16, 25, ... channels, are cut to the first four, which are the
    first order in ``"sn3d"`` and ``"n3d"`` (ACN); with ``"fuma"`` they are an error.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np, soundfile
    >>> from sslearn.datasets import load_ambisonic
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "clip.wav")
    ...     soundfile.write(path, np.zeros((8000, 4)), 16000)
    ...     recordings = load_ambisonic(path)
    >>> recordings.data.shape, recordings.fs
    ((1, 4, 8000), 16000.0)
    """
    check_choice(convention, AMBISONIC_CONVENTIONS, "convention")
    is_list = isinstance(paths, Iterable) and not isinstance(paths, str)
    paths = list(paths) if is_list else [paths]
    if not paths:
        raise ValueError("paths is empty: pass at least one file.")
    if not all(isinstance(path, (str, os.PathLike)) for path in paths):
        raise TypeError(f"paths must be a path or a list of paths; got {paths!r}.")
    data, rates = zip(*(_read(path, convention, fs) for path in paths), strict=True)
    if fs is None:
        fs = rates[0]
        if len(set(rates)) > 1:
            raise ValueError(
                f"paths must be files of one sampling rate; got {sorted(set(rates))} Hz. Set fs "
                "to resample them."
            )
    same_length = len({audio.shape[1] for audio in data}) == 1
    return Bunch(
        data=np.stack(data) if same_length else list(data),
        fs=float(fs),
        metadata=pd.DataFrame({"file": [str(path) for path in paths]}),
    )


def _read(path, convention, fs):
    """First-order audio (4, n_times) of a file, in SN3D, and its rate."""
    audio, fs = read_audio(path, fs=fs)
    order = round(len(audio) ** 0.5) - 1
    is_higher = order > 1 and (order + 1) ** 2 == len(audio)
    if len(audio) != 4 and not (is_higher and convention != "fuma"):
        more = "" if convention == "fuma" else " (9, 16, ... of a higher order)"
        raise ValueError(
            f"{path} must have 4 channels{more} in the convention {convention!r}; got {len(audio)}."
        )
    # Gains map W, X, Y, Z to the channels: invert those of the file, apply those of SN3D.
    matrix = ambisonic_gains("sn3d") @ np.linalg.inv(ambisonic_gains(convention))
    return matrix.astype(audio.dtype) @ audio[:4], fs
