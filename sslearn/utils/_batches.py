"""Work through X some samples at a time, whatever holds them."""

from sklearn.base import clone


def take_rows(X, rows):
    """Take some samples.

    Parameters
    ----------
    X : ndarray, memory map, list, tuple, Series or DataFrame
        Samples.
    rows : slice or ndarray of int
        Positions of the samples.

    Returns
    -------
    X : of the type of X
        The samples; a list of those of a list or a tuple.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import take_rows
    >>> take_rows(["a.wav", "b.wav", "c.wav"], np.array([2, 0]))
    ['c.wav', 'a.wav']
    """
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if isinstance(X, (list, tuple)):
        return list(X[rows]) if isinstance(rows, slice) else [X[i] for i in rows]
    return X[rows]


def fit_batch_transform(batch_transform, X, batch_size):
    """Fit a copy of a ``batch_transform`` on the first samples.

    Parameters
    ----------
    batch_transform : transformer or None
        What the estimator was given.
    X : array-like of shape (n_samples, ...)
        Samples, as :func:`take_rows` takes them.
    batch_size : int
        Number of samples of a batch.

    Returns
    -------
    batch_transform_ : transformer or None
        Fitted clone, which is then applied to every batch; None if there is none.

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
