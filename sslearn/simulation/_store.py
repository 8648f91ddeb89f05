"""Clips in memory, or in a store that an interrupted call continues."""

import errno
import json
import math
import os
import shutil
from contextlib import contextmanager

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from sslearn.utils import StoredArray, import_optional, open_group, store_path

_FORMAT = 1
_BLOCK_BYTES = 2**16  # of samples that Zarr reads together, where they are small


class ClipArrays:
    """Data, targets and silence of clips, in memory.

    Parameters
    ----------
    n_samples : int
        Number of clips.
    """

    ahead = None  # chunks per worker that may wait to be written; any number

    def __init__(self, n_samples):
        self.n_samples = n_samples
        self.arrays = {}

    def has(self, start):
        """Whether the chunk that starts at a sample is stored already."""
        return False

    def write(self, start, **parts):
        """Keep the arrays of a chunk, which have the same names for all chunks."""
        if not self.arrays:
            self._create(parts)
        for name, part in parts.items():
            self.arrays[name][start : start + len(part)] = part

    def _create(self, parts):
        for name, part in parts.items():
            self.arrays[name] = np.empty((self.n_samples, *part.shape[1:]), part.dtype)


class ClipStore(ClipArrays):
    """Data, targets and silence of clips, in an HDF5 file or a Zarr folder.

    Parameters
    ----------
    path : Path
        File or folder.
    n_samples : int
        Number of clips.
    n_chunk : int
        Number of clips of a chunk.
    about : dict
        ``arguments``, a hash of each argument of the call, and what :func:`open_store` returns
        beside the arrays.

    Raises
    ------
    ValueError
        If the store holds clips of other arguments.
    """

    ahead = 4

    def __init__(self, path, n_samples, n_chunk, about):
        super().__init__(n_samples)
        self.path, self.n_chunk, self.about = path, n_chunk, about
        if path.exists():
            group = open_group(path)
            _check_same(_read_about(group, path), about, path)
            if not np.all(group["done"][:]):
                _close(group)
                _remove_unfinished(path)
                group = open_group(path, "r+")
            self._adopt(group)

    def has(self, start):
        return bool(self.arrays) and bool(self.arrays["done"][start // self.n_chunk])

    def write(self, start, **parts):
        super().write(start, **parts)
        self._flush()
        # The flag after the clips: if killed in between, the chunk is written again.
        self.arrays["done"][start // self.n_chunk] = True
        self._flush()

    def close(self):
        """Close the file."""
        if self.arrays:
            _close(self._group)

    def _adopt(self, group):
        self._group = group
        self.arrays = {name: group[name] for name in group if name != "about"}

    def _flush(self):
        if hasattr(self._group, "flush"):
            self._group.flush()

    def _create(self, parts):
        """Create the file with all its arrays under another name, and rename it when complete."""
        arrays = {
            name: ((self.n_samples, *part.shape[1:]), part.dtype) for name, part in parts.items()
        }
        arrays["done"] = ((math.ceil(self.n_samples / self.n_chunk),), np.dtype(bool))
        text = np.frombuffer(json.dumps(self.about).encode(), np.uint8)
        arrays["about"] = (text.shape, text.dtype)
        partial = self.path.with_name(f"{self.path.stem}.partial{self.path.suffix}")
        _remove(partial)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _check_space(self.path, arrays)
        group = open_group(partial, "w")
        create = _create_in_zarr if self.path.suffix == ".zarr" else _create_in_hdf5
        for name, (shape, dtype) in arrays.items():
            create(group, name, shape, dtype, self.n_chunk)
        group["about"][:] = text
        _close(group)
        os.replace(partial, self.path)
        self._adopt(open_group(self.path, "r+"))


def _check_space(path, arrays):
    """Raise if the disk is too full, before hours of work; HDF5 can crash then."""
    wanted = sum(math.prod(shape) * dtype.itemsize for shape, dtype in arrays.values())
    free = shutil.disk_usage(path.parent).free
    if wanted > free:
        raise OSError(
            errno.ENOSPC,
            f"store={str(path)!r} needs {wanted / 1e6:.1f} MB, and {free / 1e6:.1f} MB are free. "
            "Choose another disk, or fewer or shorter clips.",
        )


def _create_in_hdf5(group, name, shape, dtype, n_chunk):
    """Contiguous array, allocated at once.

    Later writes change values alone: a process that is killed leaves a file that can be read.
    """
    import h5py

    how = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    how.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    group.create_dataset(name, shape, dtype, dcpl=how)


def _create_in_zarr(group, name, shape, dtype, n_chunk):
    """Array with a file for each chunk of clips, in which single clips can be read.

    Audio hardly gets smaller by compression, which would cost time in each epoch.
    """
    if name in ("done", "about"):
        chunks, files = shape, None
    else:
        row_bytes = max(1, math.prod(shape[1:]) * dtype.itemsize)
        n_rows = min(n_chunk, max(1, _BLOCK_BYTES // row_bytes))
        # A shard holds a whole number of chunks: the largest divisor of n_chunk up to n_rows.
        n_rows = next(n for n in range(n_rows, 0, -1) if n_chunk % n == 0)
        chunks, files = (n_rows, *shape[1:]), (n_chunk, *shape[1:])
    group.create_array(
        name, shape=shape, dtype=dtype, chunks=chunks, shards=files, compressors=None
    )


@contextmanager
def clip_arrays(path, n_samples, n_chunk, about):
    """Arrays of clips for writing.

    Parameters
    ----------
    path : Path or None
        Store, which no other process can write to meanwhile; None for memory.
    n_samples, n_chunk, about : int, int, dict
        As :class:`ClipStore` takes them.

    Yields
    ------
    clips : ClipArrays
        The arrays.

    Raises
    ------
    BlockingIOError
        If another process writes to the store.
    """
    if path is None:
        yield ClipArrays(n_samples)
        return
    with _locked(path):
        clips = ClipStore(path, n_samples, n_chunk, about)
        try:
            yield clips
        finally:
            clips.close()


@contextmanager
def _locked(path):
    filelock = import_optional("filelock", "store")
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise BlockingIOError(
            f"store={str(path)!r} is being written by another process. Wait for it, or choose "
            "another path."
        ) from None
    try:
        yield
    finally:
        lock.release()


def describe(metadata, rooms, fs, outputs, arguments):
    """Contents of a store besides its arrays, as plain values.

    Parameters
    ----------
    metadata : DataFrame
        Metadata of the clips.
    rooms : DataFrame or None
        Rooms.
    fs : float
        Sampling rate in Hz.
    outputs : dict
        Entries that the receiver adds.
    arguments : dict
        Hash of each argument.

    Returns
    -------
    about : dict
        Numbers, strings, lists and dicts.
    """
    outputs = {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in outputs.items()
    }
    tables = {"metadata": _plain(metadata), "rooms": None if rooms is None else _plain(rooms)}
    return {"format": _FORMAT, "arguments": arguments, "fs": fs, "outputs": outputs, **tables}


def open_store(path):
    """Open clips that a generator has written to a store.

    Parameters
    ----------
    path : str or path-like
        The ``store`` of :func:`sslearn.datasets.make_shoebox`, of another generator or of
        :func:`sslearn.simulation.simulate`.

    Returns
    -------
    data : Bunch
        Output of the generator: ``data`` is a :class:`sslearn.utils.StoredArray`, of which
        nothing is read; the other keys are in memory.

    Raises
    ------
    FileNotFoundError
        If there is no such store.
    OSError
        If it cannot be opened.
    ValueError
        If it is not complete, or was not written by a generator.

    Examples
    --------
    >>> import tempfile
    >>> from sslearn.datasets import make_binaural, open_store
    >>> path = tempfile.mkdtemp() + "/clips.h5"
    >>> _ = make_binaural(4, rooms=None, duration=0.1, store=path, random_state=0)
    >>> clips = open_store(path)
    >>> clips.data.shape, clips.target.shape, clips.metadata["room"].tolist()
    ((4, 2, 1600), (4, 2), ['anechoic', 'anechoic', 'anechoic', 'anechoic'])
    """
    path = store_path(path)
    group = open_group(path)
    about, done = _read_about(group, path), group["done"][:]
    if not np.all(done):
        raise ValueError(
            f"The store {str(path)!r} is not complete: {np.sum(done)} of {len(done)} chunks are "
            "written. Repeat the call that writes it, with the same arguments."
        )
    target = np.asarray(group["target"][:])
    _close(group)
    outputs = {
        name: np.asarray(value) if isinstance(value, list) else value
        for name, value in about["outputs"].items()
    }
    rooms = None if about["rooms"] is None else _table(about["rooms"])
    return Bunch(
        data=StoredArray(path),
        target=target,
        metadata=_table(about["metadata"]),
        fs=about["fs"],
        rooms=rooms,
        **outputs,
    )


def _read_about(group, path):
    try:
        about = json.loads(np.asarray(group["about"][:]).tobytes())
        is_known = about["format"] == _FORMAT
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"The store {str(path)!r} was not written by a generator of this package; "
            "sslearn.utils.StoredArray(path, name) reads an array of any store."
        ) from error
    if not is_known:
        raise ValueError(
            f"The store {str(path)!r} has format {about['format']}; this version reads {_FORMAT}."
        )
    return about


def _check_same(found, wanted, path):
    found, wanted = found["arguments"], wanted["arguments"]
    differing = [name for name in wanted if found.get(name) != wanted[name]]
    if differing:
        hint = " A random_state of None is new in each call." * ("random_state" in differing)
        raise ValueError(
            f"store={str(path)!r} holds clips of other arguments: {', '.join(differing)}.{hint} "
            "Choose another path, or read it with sslearn.datasets.open_store."
        )


def _plain(table):
    columns = {name: (str(table[name].dtype), table[name].tolist()) for name in table}
    return {"index": table.index.tolist(), "columns": columns}


def _table(plain):
    index = plain["index"]
    index = pd.RangeIndex(len(index)) if index == list(range(len(index))) else pd.Index(index)
    columns = plain["columns"].items()
    series = {name: pd.Series(values, index, dtype) for name, (dtype, values) in columns}
    return pd.DataFrame(series, index)


def _close(group):
    if hasattr(group, "close"):
        group.close()


def _remove_unfinished(path):
    """Remove the temporary files of Zarr that a killed process left."""
    for file in path.rglob("*.partial"):
        file.unlink()


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
