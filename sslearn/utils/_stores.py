"""Arrays in HDF5 files and Zarr folders, which are read in parts."""

import copy
import os
from numbers import Integral
from pathlib import Path

import numpy as np

from sslearn.utils._optional import import_optional

_SUFFIXES = (".h5", ".hdf5", ".zarr")
# Bytes that are read at a time, in addition to the array that is filled.
_PIECE_BYTES = 2**24


def store_path(path, name="path"):
    """Check the name of a store.

    Parameters
    ----------
    path : str or path-like
        File of HDF5, ``.h5`` or ``.hdf5``, or folder of Zarr, ``.zarr``.
    name : str, default="path"
        Name used in messages.

    Returns
    -------
    path : Path
        The absolute path.

    Raises
    ------
    TypeError, ValueError
        If it is not a path, or ends otherwise.

    Examples
    --------
    >>> from sslearn.utils import store_path
    >>> store_path("clips.h5").name
    'clips.h5'
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{name} must be a path that ends in one of {_SUFFIXES}; got {path!r}.")
    if Path(path).suffix not in _SUFFIXES:
        raise ValueError(
            f"{name} must end in .h5 or .hdf5 (HDF5) or in .zarr (Zarr); got {os.fspath(path)!r}."
        )
    return Path(path).absolute()


def open_group(path, mode="r"):
    """Open a file of HDF5 or a folder of Zarr.

    Parameters
    ----------
    path : str or path-like
        Store, as for :func:`store_path`.
    mode : {"r", "r+", "w"}, default="r"
        Read, change or create.

    Returns
    -------
    group : h5py.File or zarr.Group
        The root group, which maps names to arrays.

    Raises
    ------
    FileNotFoundError
        If there is none to read.
    ImportError
        If h5py or Zarr is not installed.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sslearn.utils import open_group
    >>> path = Path(tempfile.mkdtemp()) / "clips.h5"
    >>> with open_group(path, "w") as group:
    ...     group["data"] = [1.0, 2.0]
    >>> with open_group(path) as group:
    ...     list(group)
    ['data']
    """
    path = store_path(path)
    if mode != "w" and not path.exists():
        raise FileNotFoundError(f"The store {str(path)!r} does not exist.")
    if path.suffix == ".zarr":
        # Zarr has no exception of its own for a folder that is not a group.
        opener = import_optional("zarr", "A store in .zarr").open_group
        errors = (OSError, ValueError)
    else:
        opener, errors = import_optional("h5py", "A store in .h5").File, OSError
    try:
        return opener(path, mode=mode)
    except errors as error:
        raise OSError(f"The store {str(path)!r} cannot be opened: {error}") from error


class StoredArray:
    """Array in a file of HDF5 or in a folder of Zarr, read sample by sample.

    Localizers, transformers with chunks and the splitters of scikit-learn accept it as X: it may be
    larger than memory, and its pickle holds no more than the path.

    Parameters
    ----------
    path : str or path-like
        File of HDF5, ``.h5`` or ``.hdf5``, or folder of Zarr, ``.zarr``.
    name : str, default="data"
        Name of the array in it.

    Attributes
    ----------
    shape : tuple of int
        Shape (n_samples, ...).
    dtype : dtype
        Type of the values, in the byte order of the machine.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    KeyError, ValueError
        If it has no array of this name, or the array has no samples.

    See Also
    --------
    sslearn.datasets.open_store : Clips that a generator stored, with their directions.

    Notes
    -----
    ``X[3]`` and ``X[3, :, :100]`` read a sample, or a part of it. ``X[rows]``, with a slice,
    positions or a mask, reads nothing: it is a StoredArray of these samples, which
    ``np.asarray(X[rows])`` reads. A worker on another machine must find the file at the same path.

    Examples
    --------
    >>> import h5py, numpy as np, tempfile
    >>> from sslearn.utils import StoredArray
    >>> path = tempfile.mkdtemp() + "/clips.h5"
    >>> with h5py.File(path, "w") as file:
    ...     file["audio"] = np.arange(12.0).reshape(4, 3)
    >>> X = StoredArray(path, "audio")
    >>> X.shape, X[[3, 0]].shape, np.asarray(X[[3, 0]])[:, 0].tolist()
    ((4, 3), (2, 3), [9.0, 0.0])
    """

    def __init__(self, path, name="data"):
        self.path, self.name = str(store_path(path)), name
        array = self._array()
        self._row_shape, self.dtype = array.shape[1:], array.dtype.newbyteorder("=")
        self._rows = range(array.shape[0])
        # joblib's hash of X, in the caches of a pipeline, must change with the file.
        self._written = os.stat(path).st_mtime_ns

    @property
    def shape(self):
        return len(self._rows), *self._row_shape

    @property
    def ndim(self):
        return 1 + len(self._row_shape)

    @property
    def nbytes(self):
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def __len__(self):
        return len(self._rows)

    def __repr__(self):
        return f"StoredArray({self.path!r}, {self.name!r}, shape={self.shape}, dtype={self.dtype})"

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "_open"}

    def __getitem__(self, key):
        rows, *rest = key if isinstance(key, tuple) else (key,)
        if isinstance(rows, Integral):
            return np.asarray(self._array()[(int(self._rows[rows]), *rest)], dtype=self.dtype)
        part = copy.copy(self)
        if isinstance(rows, slice):
            part._rows = self._rows[rows]
        else:
            rows = np.asarray(rows, dtype=None if len(rows) else int)
            part._rows = np.asarray(self._rows)[rows]
        # scikit-learn takes samples by X[rows, ...].
        return part if rest in ([], [...]) else np.asarray(part)[(slice(None), *rest)]

    def __array__(self, dtype=None, copy=None):
        if copy is False:
            raise ValueError("A StoredArray is read into a new array; got copy=False.")
        values, array = np.empty(self.shape, self.dtype), self._array()
        order = np.argsort(self._rows, kind="stable")
        rows = np.asarray(self._rows)[order]
        size = max(1, _PIECE_BYTES * len(self) // max(1, self.nbytes))
        # Neighbouring rows are read together, and repeated rows only once.
        for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(rows) > 1) + 1):
            for start in range(0, len(part), size):
                places = part[start : start + size]
                first, last = rows[places[0]], rows[places[-1]]
                values[order[places]] = array[first : last + 1][rows[places] - first]
        return values if dtype is None else values.astype(dtype, copy=False)

    def _array(self):
        """The array in the file, which is opened once in each process."""
        if "_open" not in vars(self):
            group = open_group(self.path)
            if self.name not in group:
                raise KeyError(
                    f"name must be an array of {self.path!r}, one of {sorted(group)}; got "
                    f"{self.name!r}."
                )
            self._open = group[self.name]
            if not getattr(self._open, "shape", ()):
                raise ValueError(
                    f"name must be an array of samples; {self.name!r} of {self.path!r} is a "
                    "group or a single value."
                )
        return self._open
