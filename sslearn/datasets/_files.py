"""Files that loaders read, with errors that name the file and the cause."""

import os
import re
import zipfile
import zlib
from collections import Counter
from numbers import Number
from pathlib import Path

import numpy as np
import pandas as pd

AUDIO_SUFFIXES = (".flac", ".wav", ".ogg", ".oga", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64")
_FEW = 8  # names listed in a message


def check_path(path, name="path"):
    """Raise unless ``path`` is a path.

    Parameters
    ----------
    path : str or path-like
        Value of the argument.
    name : str, default="path"
        Name of the argument, used in messages.

    Returns
    -------
    path : pathlib.Path
        The same path.

    Raises
    ------
    TypeError
        If it is neither a str nor a path-like object of str.
    ValueError
        If it is empty.
    """
    text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else path
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a str or a pathlib.Path; got {path!r}.")
    if not text:
        raise ValueError(f"{name} must not be empty; '.' is the working folder.")
    return Path(text)


def check_file(path, name="path"):
    """Path of an existing file.

    Parameters
    ----------
    path : str or path-like
        The file.
    name : str, default="path"
        Name of the argument, used in messages.

    Returns
    -------
    path : pathlib.Path
        The same file.

    Raises
    ------
    TypeError, ValueError
        If it is not a path.
    FileNotFoundError
        If there is no such file.
    """
    path = check_path(path, name)
    if not path.is_file():
        raise FileNotFoundError(f"{name} must be an existing file; found none at {path}.")
    return path


def check_folder(folder, name="folder"):
    """Path of an existing folder.

    Parameters
    ----------
    folder : str or path-like
        The folder.
    name : str, default="folder"
        Name of the argument, used in messages.

    Returns
    -------
    folder : pathlib.Path
        The same folder.

    Raises
    ------
    TypeError, ValueError
        If it is not a path.
    FileNotFoundError
        If there is no such folder.
    """
    folder = check_path(folder, name)
    if not folder.is_dir():
        raise FileNotFoundError(f"{name} must be an existing folder; found none at {folder}.")
    return folder


def find_files(folder, pattern, key="(.*)", *, suffixes=None):
    """Files of a measured set, keyed by a part of their names.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set.
    pattern : str
        Glob pattern, relative to ``folder``.
    key : str, default="(.*)"
        Regular expression that fits the whole stem of a name; its group is the key.
    suffixes : tuple of str, default=None
        Suffixes of the files, in lower case; any if None.

    Returns
    -------
    paths : dict of {str: pathlib.Path}
        At least one file, sorted by name. Files that share a key have their stems, or their names,
        as keys.

    Raises
    ------
    TypeError
        If ``folder`` is not a path.
    FileNotFoundError
        If the folder is missing or holds no such file; the message lists what it holds.
    """
    folder = check_folder(folder)
    keys, paths = [], []
    for path in sorted(folder.glob(pattern)):
        match = re.fullmatch(key, path.stem)
        if match and (suffixes is None or path.suffix.lower() in suffixes):
            keys.append((match[1], path.stem, path.name))
            paths.append(path)
    if not paths:
        there = sorted(path.name for path in folder.iterdir())
        named = "" if key == "(.*)" else f" with names like {key}"
        raise FileNotFoundError(
            f"folder must hold files {pattern}{named}; found none in {folder}, which holds "
            f"{', '.join(there[:_FEW]) or 'nothing'}{', ...' * (len(there) > _FEW)}. Give the "
            "set's own folder, not the one above it."
        )
    counts = [Counter(column) for column in zip(*keys, strict=True)]
    unique = [next(k for k, n in zip(row, counts, strict=True) if n[k] == 1) for row in keys]
    return dict(zip(unique, paths, strict=True))


def file_inside(folder, file):
    """Path of a file that a table of a folder names.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set.
    file : str
        Its path relative to the folder.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the path leads out of the folder.
    """
    folder, inside = check_folder(folder), os.path.normpath(str(file))
    # "" and "." are the folder itself. Links inside the folder are followed, wherever they lead.
    if os.path.isabs(inside) or inside.split(os.sep)[0] in ("..", "."):
        raise ValueError(
            f"The table of {folder} must name files inside that folder; got {str(file)!r}."
        )
    return check_file(folder / inside)


def read_table(folder, name, *columns, numbers=(), **kwargs):
    """Table of a measured set.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set.
    name : str
        Name of the file, comma-separated values in UTF-8.
    *columns : str
        Columns that must be there.
    numbers : tuple of str, default=()
        Columns that must be there and hold finite numbers.
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
        If the file is no table, a column is missing, there is no row, or a number is missing.
    """
    [path] = find_files(folder, name).values()
    try:
        table = pd.read_csv(path, **kwargs)
    except (ValueError, MemoryError) as error:  # UnicodeDecodeError, EmptyDataError, ParserError
        raise ValueError(
            f"{path} must be a table of comma-separated values in UTF-8: {error}"
        ) from error
    missing = [column for column in (*columns, *numbers) if column not in table]
    if missing or table.empty:
        raise ValueError(
            f"{path} must hold the columns {[*columns, *numbers]} and one row per file; {missing} "
            f"missing, {len(table)} rows."
        )
    for column in numbers:
        values = pd.to_numeric(table[column], errors="coerce")
        if not np.isfinite(values).all():
            row = int(np.argmin(np.isfinite(values)))
            raise ValueError(
                f"{path} must hold finite numbers in {column}; got {table[column].iloc[row]!r} in "
                f"row {row}."
            )
        table[column] = values
    return table


def check_choice(value, choices, name):
    """Raise unless ``value`` is one of ``choices``.

    Parameters
    ----------
    value : object
        Value of the argument.
    choices : iterable
        Valid values.
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
    # `in` compares arrays element by element, and their truth value is an error.
    if not isinstance(value, (str, Number, type(None))) or value not in choices:
        raise ValueError(f"{name} must be one of {choices}; got {value!r}.")
    return value


def read_npz(path, *names, **defaults):
    """Arrays of an npz file.

    Parameters
    ----------
    path : str or path-like
        The file.
    *names : str
        Names of the arrays.
    **defaults
        Optional arrays, with the values to return if they are missing.

    Returns
    -------
    arrays : list of ndarray
        The arrays, in the order of ``names`` and ``defaults``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If the file is truncated or not an npz file.
    ValueError
        If an array is missing.
    """
    path = check_file(path)
    try:
        with np.load(path) as archive:
            optional = [archive.get(name, default) for name, default in defaults.items()]
            return [*(archive[name] for name in names), *optional]
    except KeyError as error:
        raise ValueError(f"{path} must hold the array {error}; it does not.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, TypeError) as error:
        raise OSError(f"path {path} is truncated or no npz file: {error}.") from error
    except MemoryError as error:
        raise OSError(f"path {path} declares more than fits into memory: {error}.") from error


def check_shape(array, shape, name, path):
    """Raise unless an array of a file holds numbers and has the given shape.

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
        If a size or the kind is not as expected.
    """
    sizes = zip(array.shape, shape, strict=False)
    is_wrong = array.ndim != len(shape) or any(n is not None and m != n for m, n in sizes)
    if is_wrong or array.dtype.kind not in "biuf":
        raise ValueError(
            f"{path} must hold {name} of shape {shape} (None: any); got {array.dtype} of shape "
            f"{array.shape}. Fetch the file again."
        )
    return array
