import numpy as np

from sslearn.utils._numbers import to_numbers


def check_range(limits, name, lowest=-np.inf, highest=np.inf):
    """Validate a pair (low, high) with ``lowest <= low <= high <= highest``.

    Parameters
    ----------
    limits : array-like of shape (2,)
        Pair to check.
    name : str
        Name used in messages.
    lowest, highest : float, default=-inf and inf
        Bounds of both values.

    Returns
    -------
    limits : ndarray of shape (2,)
        Pair as floats.

    Raises
    ------
    ValueError
        If there are not two numbers, or they are inverted or out of bounds.

    Examples
    --------
    >>> from sslearn.utils import check_range
    >>> check_range((20, 8000), "freq_range", lowest=0).tolist()
    [20.0, 8000.0]
    """
    limits = to_numbers(limits, name)
    if limits.shape != (2,) or not (lowest <= limits[0] <= limits[1] <= highest):
        raise ValueError(
            f"{name} must be a pair (low, high) with {lowest:g} <= low <= high <= {highest:g}; "
            f"got {limits.tolist()}."
        )
    return limits
