"""What the loaders of microphone arrays share: one layout of their Bunch, one way to resample."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from sslearn.datasets._files import check_file, find_files
from sslearn.geometry import wrap_azimuth
from sslearn.utils import read_audio, resample_audio


def make_directions(azimuth, elevation=0.0, distance=None):
    """Directions on the last axis.

    Parameters
    ----------
    azimuth : array-like of shape (...)
        Azimuths in degrees, in any turn.
    elevation : array-like of shape (...), default=0
        Elevations in degrees.
    distance : array-like of shape (...), default=None
        Distances in metres; left out if None.

    Returns
    -------
    directions : ndarray of shape (..., 2) or (..., 3)
        Azimuth in [-180, 180), elevation and distance.
    """
    parts = [wrap_azimuth(azimuth), elevation] + ([] if distance is None else [distance])
    return np.stack(np.broadcast_arrays(*parts), axis=-1).astype(float)


def make_responses(rirs, target, mic_positions, *, fs, target_fs=None, **extra):
    """Build a set of impulse responses of an array.

    Parameters
    ----------
    rirs : array-like of shape (n_positions, n_mics, n_times)
        Responses.
    target : ndarray of shape (n_positions, 3)
        Azimuth, elevation in degrees, distance in metres.
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres.
    fs : float
        Sampling rate in Hz.
    target_fs : float, default=None
        Rate to which the responses are resampled, which keeps the frequency response; as they are
        if None.
    **extra
        Further keys.

    Returns
    -------
    responses : Bunch
        With keys ``rirs`` (float32), ``target``, ``mic_positions``, ``fs`` and those of ``extra``.
    """
    rirs = np.asarray(rirs, dtype=np.float32)
    if target_fs is not None:
        rirs = resample_audio(rirs, fs, target_fs) * np.float32(fs / target_fs)
        fs = target_fs
    mics = np.asarray(mic_positions, dtype=float)
    return Bunch(rirs=rirs, target=target, mic_positions=mics, fs=float(fs), **extra)


def read_table(folder, name, *columns, **kwargs):
    """Table of a measured set.

    Parameters
    ----------
    folder : str or path-like
        The set's own folder.
    name : str
        Name of the file, comma-separated values.
    *columns : str
        Columns that must be there.
    **kwargs
        Passed to :func:`pandas.read_csv`.

    Returns
    -------
    table : DataFrame
        At least one row.

    Raises
    ------
    FileNotFoundError
        If the folder or the file is missing.
    ValueError
        If a column is missing or there is no row.
    """
    [path] = find_files(folder, name).values()
    table = pd.read_csv(path, **kwargs)
    missing = [column for column in columns if column not in table]
    if missing or table.empty:
        raise ValueError(
            f"{path} must hold the columns {list(columns)} and one row per file; {missing} "
            f"missing, {len(table)} rows."
        )
    return table


def read_recordings(folder, files, *, n_channels, fs=None):
    """Samples of recordings of the same array and the same length.

    Parameters
    ----------
    folder : str or path-like
        The set's own folder.
    files : iterable of str
        Names of the files.
    n_channels : int
        Number of channels that each must have.
    fs : float, default=None
        Rate to which each is resampled; as they are if None.

    Returns
    -------
    audio : ndarray of shape (n_files, n_channels, n_times), float32
        The samples.
    fs : float
        Sampling rate in Hz.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    OSError
        If a file is damaged.
    ValueError
        If a file has another number of channels, another length or another rate than it must.
    """
    audio, expected = [], None
    for file in files:
        path = check_file(Path(folder) / file)
        samples, own_fs = read_audio(path)
        expected = expected or (n_channels, samples.shape[1], own_fs)
        if (*samples.shape, own_fs) != expected:
            raise ValueError(
                f"{path} must have {expected[0]} channels of {expected[1]} samples at "
                f"{expected[2]} Hz; got {samples.shape} at {own_fs} Hz. Fetch the file again."
            )
        audio.append(samples if fs is None else resample_audio(samples, own_fs, fs))
    return np.stack(audio), float(expected[2] if fs is None else fs)


def check_shape(array, shape, name, path):
    """Refuse an array of a file that has not the shape that it must have.

    Parameters
    ----------
    array : ndarray
        The array.
    shape : tuple of int or None
        Expected sizes; None for any.
    name : str
        Name of the array in the file.
    path : str or path-like
        The file, named in the message.

    Returns
    -------
    array : ndarray
        The same array.

    Raises
    ------
    ValueError
        If a size is not as expected.
    """
    sizes = zip(array.shape, shape, strict=False)
    if array.ndim != len(shape) or any(n is not None and m != n for m, n in sizes):
        raise ValueError(
            f"{path} must hold {name} of shape {shape} (None: any); got {array.shape}. Fetch the "
            "file again."
        )
    return array
