"""Inputs of mini-batches, prepared by threads while the network processes earlier ones."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from sklearn import get_config, set_config

from sslearn.utils import take_rows


def made_ahead(make, parts, n_threads):
    """Map a function over parts in order, with a bounded number of results prepared ahead.

    joblib's generators are not used because they run ahead of their consumer without a bound.

    Parameters
    ----------
    make : callable
        Function of a part.
    parts : iterable
        Parts.
    n_threads : int
        Number of threads and of parts prepared ahead. With 1, a part is made on demand, without
        a thread.

    Yields
    ------
    made : object
        ``make(part)``.
    """
    if n_threads == 1:
        yield from map(make, parts)
        return
    made = deque()
    # The configuration of scikit-learn is local to each thread.
    configure = partial(set_config, **get_config())
    with ThreadPoolExecutor(n_threads, initializer=configure) as pool:
        for part in parts:
            made.append(pool.submit(make, part))
            if len(made) > n_threads:
                yield made.popleft().result()
        while made:
            yield made.popleft().result()


def read_rows(X, rows):
    """Read samples of a StoredArray, which are validated only now.

    Parameters
    ----------
    X : StoredArray
        Samples.
    rows : ndarray of int
        Positions.

    Returns
    -------
    X : ndarray of shape (n_rows, ...)
        The samples.

    Raises
    ------
    ValueError
        If a value is not finite.
    """
    samples = take_rows(X, rows)
    broken = ~np.isfinite(samples).reshape(len(samples), -1).all(axis=1)
    if broken.any():
        raise ValueError(
            f"X contains NaN or infinity in sample {rows[broken][0]}: expected finite values. "
            "Drop or repair the recording."
        )
    return samples
