"""Maps of many clips, made once for all networks that are trained on them."""

import numpy as np
from joblib import Parallel, delayed
from sklearn.preprocessing import FunctionTransformer

_AT_ONCE = 64  # clips that are transformed together


def precompute(X, transform, path, *, dtype, n_jobs=1):
    """Maps of all clips, made once and kept in a file.

    Parameters
    ----------
    X : ndarray of shape (n_clips, n_channels, n_times)
        Audio.
    transform : transformer
        Stateless transformer of audio.
    path : Path
        File of the maps.
    dtype : dtype
        Precision in which they are kept.
    n_jobs : int, default=1
        Threads.

    Returns
    -------
    maps : ndarray of shape (n_clips, ...)
        Memory map.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp")
        shape = (len(X), *transform.fit_transform(X[:1]).shape[1:])
        maps = np.lib.format.open_memmap(unfinished, mode="w+", dtype=dtype, shape=shape)

        def fill(start):
            rows = slice(start, start + _AT_ONCE)
            maps[rows] = transform.transform(np.asarray(X[rows]))

        starts = range(0, len(X), _AT_ONCE)
        Parallel(n_jobs, prefer="threads")(delayed(fill)(start) for start in starts)
        maps.flush()
        unfinished.rename(path)
    return np.load(path, mmap_mode="r")


def to_single_precision():
    """Transformer of a mini-batch of maps to the precision that networks take."""
    return FunctionTransformer(np.asarray, kw_args={"dtype": np.float32})
