"""Batches of samples from arrays, lists and data frames."""

import numpy as np
from sklearn.base import clone

from sslearn.utils._stores import StoredArray
from sslearn.utils.param_validation import HasMethods, Integral, Interval, validated


def take_rows(X, rows):
    """Select samples by position.

    Parameters
    ----------
    X : ndarray, memory map, StoredArray, list, tuple, Series or DataFrame
        Samples.
    rows : slice or ndarray of int
        Positions of the samples.

    Returns
    -------
    X : of the type of X
        Selected samples; a list for a list or a tuple, an ndarray for a StoredArray.

    Raises
    ------
    ValueError
        If X has no such samples.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import take_rows
    >>> take_rows(["a.wav", "b.wav", "c.wav"], np.array([2, 0]))
    ['c.wav', 'a.wav']
    """
    try:
        if hasattr(X, "iloc"):
            return X.iloc[rows]
        if isinstance(X, (list, tuple)):
            return list(X[rows]) if isinstance(rows, slice) else [X[i] for i in rows]
        return np.asarray(X[rows]) if isinstance(X, StoredArray) else X[rows]
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"rows must be positions of samples of X: {error}") from error


@validated(
    batch_transform=[HasMethods("fit"), None],
    batch_size=[Interval(Integral, 1, None, closed="left")],
)
def fit_batch_transform(batch_transform, X, batch_size):
    """Fit a copy of a ``batch_transform`` on the first samples.

    Parameters
    ----------
    batch_transform : transformer or None
        Parameter of the estimator.
    X : array-like of shape (n_samples, ...)
        Samples, of any kind that :func:`take_rows` supports.
    batch_size : int
        Number of samples per batch.

    Returns
    -------
    batch_transform_ : transformer or None
        Fitted clone to apply to every batch; None for None.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import MaxAbsScaler
    >>> from sslearn.utils import fit_batch_transform
    >>> fit_batch_transform(MaxAbsScaler(), np.array([[2.0], [4.0], [8.0]]), 2).scale_
    array([4.])
    """
    if batch_transform is None:
        return None
    return clone(batch_transform).fit(take_rows(X, slice(0, batch_size)))
