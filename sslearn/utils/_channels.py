"""Selection of channels."""

from sslearn.utils._numbers import as_array
from sslearn.utils.param_validation import Integral, Interval, validated


def check_channels(channels, n_channels, *, source="X"):
    """Validate a list of channels.

    Parameters
    ----------
    channels : array-like of int
        Channels, in the requested order.
    n_channels : int
        Number of existing channels.
    source : str, default="X"
        Name of what has the channels, used in messages.

    Returns
    -------
    channels : ndarray of int
        The same channels.

    Raises
    ------
    ValueError
        If there is none, one is not an integer, or one does not exist.

    Examples
    --------
    >>> from sslearn.utils import check_channels
    >>> check_channels([3, 1], 4).tolist()
    [3, 1]
    """
    checked = as_array(channels, "channels")
    if checked.ndim != 1 or len(checked) == 0 or checked.dtype.kind not in "iu":
        raise ValueError(f"channels must be a list of integers; got {channels!r}.")
    if checked.min() < 0 or checked.max() >= n_channels:
        raise ValueError(
            f"channels must be between 0 and {n_channels - 1}, the last of {source}; got "
            f"{channels!r}."
        )
    return checked


@validated(
    reference=[Interval(Integral, 0, None, closed="left")],
    n_channels=[Interval(Integral, 0, None, closed="left")],
)
def check_pairs(pairs, reference, n_channels):
    """Validate the pairs of channels to compare.

    Parameters
    ----------
    pairs : array-like of shape (n_pairs, 2) or None
        Channel and reference of each pair; None pairs every channel with ``reference``.
    reference : int
        Reference channel if ``pairs`` is None.
    n_channels : int
        Number of channels.

    Returns
    -------
    pairs : list of (int, int)
        Channel and reference of each pair.

    Raises
    ------
    TypeError
        If ``reference`` is a bool.
    ValueError
        If a channel does not exist, an entry is not a pair, or there is none.

    Examples
    --------
    >>> from sslearn.utils import check_pairs
    >>> check_pairs(None, reference=0, n_channels=3)
    [(1, 0), (2, 0)]
    """
    if pairs is None:
        if isinstance(reference, bool):
            raise TypeError(f"reference must be an int, the index of a channel; got {reference}.")
        if not (reference < n_channels and n_channels > 1):
            raise ValueError(
                f"reference must be one of at least 2 channels of X; got reference={reference} "
                f"and n_channels={n_channels}."
            )
        return [(channel, reference) for channel in range(n_channels) if channel != reference]
    checked = as_array(pairs, "pairs")
    if checked.ndim != 2 or checked.shape[1] != 2 or checked.dtype.kind not in "iu":
        raise ValueError(f"pairs must be integers of shape (n_pairs, 2); got {pairs!r}.")
    if len(checked) == 0 or checked.min() < 0 or checked.max() >= n_channels:
        raise ValueError(
            f"pairs must hold at least one pair, of channels from 0 to {n_channels - 1} for "
            f"n_channels={n_channels}; got {pairs!r}."
        )
    return [tuple(pair) for pair in checked.tolist()]
