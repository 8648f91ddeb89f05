"""Conversion of user input to arrays of numbers."""

import numpy as np


def as_array(values, name, kind="numbers"):
    """Array of values of any kind, in rows of one length."""
    try:
        return np.asarray(values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold {kind}, in rows of one length; got {error}.") from error


def to_numbers(values, name, kind="numbers"):
    """Copy real numbers into a float64 array of any shape.

    Parameters
    ----------
    values : array-like
        Real numbers.
    name : str
        Name used in messages.
    kind : str, default="numbers"
        What the numbers are, used in messages.

    Returns
    -------
    values : ndarray
        A copy of the same shape, float64.

    Raises
    ------
    TypeError
        If the array is sparse.
    ValueError
        If a value is not a real number, or rows have several lengths.

    Examples
    --------
    >>> from sslearn.utils import to_numbers
    >>> to_numbers([[1, 2], [3, 4]], "grid")
    array([[1., 2.],
           [3., 4.]])
    """
    if hasattr(values, "toarray"):
        raise TypeError(f"{name} must be a dense array of {kind}; got a sparse matrix.")
    array = as_array(values, name, kind)
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} must hold real {kind}.")
    cause = None
    # numpy would read None as NaN, and dates as numbers of days.
    if values is not None and array.dtype.kind not in "Mm":
        try:
            return np.array(array, dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            cause = error
    got = "None" if values is None else f"values that are no numbers (dtype {array.dtype})"
    raise ValueError(f"{name} must hold {kind}; got {got}.") from cause


def as_numbers(values, name, kind="numbers"):
    """Return an array of real numbers unchanged, and anything else as :func:`to_numbers`.

    Parameters
    ----------
    values : array-like
        Real numbers.
    name : str
        Name used in messages.
    kind : str, default="numbers"
        What the numbers are, used in messages.

    Returns
    -------
    values : ndarray
        The same array, or a copy as float64.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import as_numbers
    >>> as_numbers(np.float32([1, 2]), "y").dtype, as_numbers([1, 2], "y").dtype
    (dtype('float32'), dtype('float64'))
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiu":
        return values
    return to_numbers(values, name, kind)
