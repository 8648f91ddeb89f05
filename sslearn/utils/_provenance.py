"""Sampling rate and labels of samples, kept beside their array.

Arrays stay plain arrays. A registry holds weak references to them by identity, so a copy, a part
or an array from elsewhere is unknown, and nothing is kept alive.
"""

import weakref
from collections import namedtuple

import numpy as np

Provenance = namedtuple("Provenance", ["fs", "index"])
_UNKNOWN = Provenance(None, None)
_KNOWN = {}


def remember(array, *, fs=None, index=None):
    """Remember rate and labels of samples.

    Parameters
    ----------
    array : ndarray or list of ndarray
        Samples. What was remembered of them before is replaced.
    fs : float, default=None
        Sampling rate of the audio that they are or were computed from, in Hz; None if unknown.
    index : pandas.Index, default=None
        Labels of the samples; None if they have none.

    Returns
    -------
    array : ndarray or list of ndarray
        The same samples.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import recall, remember
    >>> X = remember(np.zeros((2, 1, 100)), fs=8000.0)
    >>> recall(X).fs, recall(X.copy()).fs
    (8000.0, None)
    """
    if isinstance(array, list):
        for i, clip in enumerate(array):
            remember(clip, fs=fs, index=None if index is None else index[i : i + 1])
    elif fs is None and index is None:
        _KNOWN.pop(id(array), None)
    else:
        key = id(array)
        # The callback removes the entry before another array can get the same id.
        reference = weakref.ref(array, lambda _: _KNOWN.pop(key, None))
        _KNOWN[key] = reference, Provenance(fs, index)
    return array


def recall(array):
    """Recall rate and labels of samples.

    Parameters
    ----------
    array : object
        Samples, or anything else.

    Returns
    -------
    fs : float or None
        Sampling rate in Hz; None if it is unknown.
    index : pandas.Index or None
        Labels of the samples; None if they are unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import recall
    >>> recall(np.zeros(3))
    Provenance(fs=None, index=None)
    """
    if isinstance(array, list) and array and isinstance(array[0], np.ndarray):
        rates, parts = zip(*map(recall, array), strict=True)
        known = all(part is not None for part in parts)
        index = parts[0].append(list(parts[1:])) if known else None
        return Provenance(rates[0] if len(set(rates)) == 1 else None, index)
    # The reference is compared as well, in case the id now belongs to another array.
    reference, provenance = _KNOWN.get(id(array), (None, _UNKNOWN))
    return provenance if reference is not None and reference() is array else _UNKNOWN


def check_rate(X, fs, *, name="fs"):
    """Raise if audio is known to have another sampling rate.

    Parameters
    ----------
    X : object
        Audio, or what was computed from it.
    fs : float
        Sampling rate that the caller assumes, in Hz.
    name : str, default="fs"
        Name of the parameter in the message.

    Raises
    ------
    ValueError
        If the rate of X is known and is not ``fs``.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import check_rate, remember
    >>> X = remember(np.zeros((2, 1, 100)), fs=8000.0)
    >>> check_rate(X, 8000.0)
    >>> check_rate(X, 16000.0)
    Traceback (most recent call last):
        ...
    ValueError: fs must be the sampling rate of X, 8000 Hz; got 16000...
    """
    known = recall(X).fs
    if known is not None and abs(known - fs) > 1e-6 * fs:
        raise ValueError(
            f"{name} must be the sampling rate of X, {known:g} Hz; got {fs:g}. Set fs of this "
            "step, or of the AudioReader before it."
        )
