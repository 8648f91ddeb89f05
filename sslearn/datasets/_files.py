"""Files that loaders read: found or named in the error, whole or refused."""

import re
import zipfile
from pathlib import Path

import numpy as np


def check_file(path):
    """Path of an existing file.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    path : pathlib.Path
        The same file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path must be an existing file; found none at {path}.")
    return path


def find_files(folder, pattern, key="(.*)"):
    """Files of a measured set by what their names say.

    Parameters
    ----------
    folder : str or path-like
        The set's own folder.
    pattern : str
        Glob pattern, relative to ``folder``.
    key : str, default="(.*)"
        Regular expression that fits the whole stem of a name; its group is the key.

    Returns
    -------
    paths : dict of {str: pathlib.Path}
        At least one file, sorted by name.

    Raises
    ------
    FileNotFoundError
        If the folder is missing or holds no such file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"folder must be an existing folder; found none at {folder}.")
    matches = [(re.fullmatch(key, path.stem), path) for path in sorted(folder.glob(pattern))]
    paths = {match[1]: path for match, path in matches if match}
    if not paths:
        raise FileNotFoundError(
            f"folder must hold files {pattern}; found none in {folder}. "
            "Give the set's own folder, not the one above it."
        )
    return paths


def check_choice(value, choices, name):
    """Refuse what is not on offer, and say what is.

    Parameters
    ----------
    value : object
        What the caller asked for.
    choices : iterable
        What there is.
    name : str
        Name of the argument, used in the message.

    Returns
    -------
    value : object
        The same value.

    Raises
    ------
    ValueError
        If ``value`` is not among ``choices``.
    """
    choices = list(choices)
    if value not in choices:
        raise ValueError(f"{name} must be one of {choices}; got {value!r}.")
    return value


def read_npz(path, *names):
    """Arrays of an npz file.

    Parameters
    ----------
    path : str or path-like
        The file.
    *names : str
        Names of the arrays.

    Returns
    -------
    arrays : list of ndarray
        The arrays, in the order of ``names``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If the file is truncated or no npz file.
    ValueError
        If an array is missing.
    """
    path = check_file(path)
    try:
        with np.load(path) as archive:
            return [archive[name] for name in names]
    except KeyError as error:
        raise ValueError(f"{path} must hold the array {error}; it does not.") from error
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, TypeError) as error:
        raise OSError(f"path {path} is truncated or no npz file: {error}.") from error
