"""One form for the many containers of paths and clips."""

import os

import numpy as np

from sslearn.utils._provenance import recall
from sslearn.utils._stores import StoredArray


def as_samples(X, *, name="X"):
    """Unwrap samples from the container they come in.

    Parameters
    ----------
    X : array-like
        Numbers; or paths (str or Path) or clips (arrays, of any lengths) in a list, tuple, object
        array, Series or DataFrame of one column; or rows of paths, each of the files of one
        sample, in a list, an array or a DataFrame of several columns.
    name : str, default="X"
        Name used in messages.

    Returns
    -------
    samples : ndarray, StoredArray or list
        A numeric array, which is not copied and stays a memory map; a stored array, which is not
        read; otherwise a list of str for paths, of tuples of str for rows of paths, of ndarray for
        clips. Samples are in the order of X, whatever its index.

    Raises
    ------
    TypeError
        If X is a single path, a mapping, a set, a generator or sparse, or holds anything but
        paths alone or arrays alone.
    ValueError
        If X has no samples, or several columns that do not all hold paths.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sslearn.utils import as_samples
    >>> as_samples(pd.Series(["a.wav", "b.wav"], index=[7, 3]))
    ['a.wav', 'b.wav']
    >>> as_samples([["a_left.wav", "a_right.wav"], ["b_left.wav", "b_right.wav"]])
    [('a_left.wav', 'a_right.wav'), ('b_left.wav', 'b_right.wav')]
    >>> clips = as_samples([np.zeros((2, 100)), np.zeros((2, 120))])
    >>> [clip.shape for clip in clips]
    [(2, 100), (2, 120)]
    """
    if isinstance(X, StoredArray):
        return _filled(X, name)
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    elif not isinstance(X, (list, tuple, np.ndarray)):
        X = _from_other(X, name)
    if isinstance(X, np.ndarray):
        # Objects and text of any kind: O, U, S and T (NumPy's StringDType).
        if X.dtype.kind not in "OUST":
            return X
        X = _column(X, name)
    items = [_row(item) for item in _filled(X, name)]
    if any(map(_holds_path, items)):
        return [_as_path(item, i, name) for i, item in enumerate(items)]
    clips = [_as_clip(item, i, name) for i, item in enumerate(items)]
    # Single numbers are one array of numbers, not clips.
    return np.asarray(clips) if all(clip.ndim == 0 for clip in clips) else clips


def holds_paths(samples):
    """Return whether the result of :func:`as_samples` holds paths.

    Parameters
    ----------
    samples : ndarray or list
        What :func:`as_samples` returned.

    Returns
    -------
    bool
        True for a list of str or of tuples of str.

    Examples
    --------
    >>> from sslearn.utils import as_samples, holds_paths
    >>> holds_paths(as_samples(("a.wav", "b.wav")))
    True
    """
    return isinstance(samples, list) and isinstance(samples[0], (str, tuple))


def sample_labels(X):
    """Labels of samples: their paths, or the index of their container.

    Parameters
    ----------
    X : array-like
        Samples of any kind that :func:`as_samples` accepts.

    Returns
    -------
    labels : list of str, Index or None
        One label per sample, the first path where a sample is several files; None where samples
        are only numbered.

    Examples
    --------
    >>> from sslearn.utils import sample_labels
    >>> sample_labels([["a_left.wav", "a_right.wav"], ["b_left.wav", "b_right.wav"]])
    ['a_left.wav', 'b_left.wav']
    """
    samples, index = as_samples(X), getattr(X, "index", None)
    if holds_paths(samples):
        return [sample if isinstance(sample, str) else sample[0] for sample in samples]
    return recall(X).index if index is None or callable(index) else index


def _filled(X, name):
    if len(X) == 0:
        raise ValueError(f"{name} must hold at least one sample: found 0 sample(s).")
    return X


def _from_other(X, name):
    """Array from another container, such as a tensor."""
    if _is_path(X):
        raise TypeError(f"{name} must hold one path per sample; got {X!r}. Did you mean [{X!r}]?")
    if hasattr(X, "toarray"):
        raise TypeError(f"{name} must be a dense array; got a sparse {type(X).__name__}.")
    if not hasattr(X, "__array__"):
        raise TypeError(
            f"{name} must be an array, or hold paths or clips in a list, array or table; got a "
            f"{type(X).__name__}. Did you mean list({name})?"
        )
    return np.asarray(X)


def _column(X, name):
    """Items of an array of objects or text."""
    if X.ndim == 2 and X.shape[1] == 1:
        X = X[:, 0]
    if X.ndim == 0:
        return _column(_from_other(X.item(), name), name)
    if X.ndim > 1 and not any(map(_is_path, X.flat)):
        # Clips of one length become an array of single numbers.
        return [_as_clip(sample.tolist(), i, name) for i, sample in enumerate(X)]
    if X.ndim > 2 or (X.ndim == 2 and not all(map(_is_path, X.flat))):
        raise ValueError(
            f"{name} must hold one path or clip per sample; got shape {X.shape}. Select one "
            "column, or those of the paths of one file per channel."
        )
    return X


def _row(item):
    """Tuple of the paths of a row of several, or the path of a row of one; else the item."""
    is_row = isinstance(item, (list, tuple, np.ndarray)) and getattr(item, "ndim", 1) == 1
    if not is_row or len(item) == 0 or not _is_path(item[0]):
        return item
    return item[0] if len(item) == 1 else tuple(item)


def _is_path(item):
    return isinstance(item, (str, bytes, os.PathLike))


def _holds_path(item):
    return _is_path(item[0] if isinstance(item, tuple) and item else item)


def _as_path(item, i, name):
    if isinstance(item, tuple) and _holds_path(item):
        return tuple(_as_path(path, i, name) for path in item)
    if not isinstance(item, (str, os.PathLike)):
        raise TypeError(
            f"{name} must hold paths (str or Path) alone; got {_short(item)} in sample {i}."
        )
    return str(os.fspath(item))


def _as_clip(item, i, name):
    if isinstance(item, np.ndarray) and item.dtype != object:
        return item
    try:
        clip = np.asarray(item)
        if clip.dtype == object:
            clip = np.asarray(clip.tolist())
    except ValueError as error:
        raise ValueError(f"{name}[{i}] must be an array of numbers: {error}") from error
    if clip.dtype.kind not in "biufc":
        raise TypeError(
            f"{name} must hold paths alone or arrays of numbers alone; got {_short(item)} in "
            f"sample {i}."
        )
    return clip


def _short(item):
    text = repr(item)
    return text if len(text) < 60 and "\n" not in text else f"a {type(item).__name__}"
