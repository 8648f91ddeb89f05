"""Order of azimuths around the circle."""

import numpy as np

from sslearn.geometry._directions import to_float, wrap_azimuth


def _azimuths(azimuth):
    azimuth = to_float(azimuth, "azimuth")
    if azimuth.ndim != 1 or len(azimuth) == 0 or not np.isfinite(azimuth).all():
        raise ValueError(
            "azimuth must hold finite angles, of shape (n_directions,), at least one; got shape "
            f"{azimuth.shape}, or NaN or infinity."
        )
    return azimuth


def azimuth_order(azimuth):
    """Order azimuths around the circle; return whether they close it.

    Parameters
    ----------
    azimuth : array-like of shape (n_directions,)
        Azimuths in degrees, in any order.

    Returns
    -------
    order : ndarray of shape (n_directions,)
        Indices of the azimuths, counter-clockwise from -180 degrees or from the end of an open gap.
    closed : bool
        Whether the first azimuth follows the last one.

    Raises
    ------
    ValueError
        If the azimuths are not finite numbers on one axis.

    See Also
    --------
    grid_neighbors : Neighbours of directions by the same rule.

    Notes
    -----
    Azimuths close the circle if the step across -180 degrees is no longer than the longest of the
    others. They are open if any gap spans half a turn or more, or if they increase from a
    direction to the same direction a whole turn later, as in ``np.linspace(0, 360, 73)``.

    Examples
    --------
    >>> from sslearn.geometry import azimuth_order
    >>> azimuth_order([-180.0, -90.0, 0.0, 90.0])[1]
    True
    >>> order, closed = azimuth_order([-170.0, 170.0, 180.0])
    >>> order.tolist(), closed
    ([1, 2, 0], False)
    """
    azimuth = _azimuths(azimuth)
    # np.linspace(0, 360, n): both ends are one direction, but must stay the two ends.
    is_turn = np.isclose(azimuth[-1] - azimuth[0], 360.0) and (np.diff(azimuth) > 0).all()
    if is_turn:
        return np.arange(len(azimuth)), False
    azimuth = wrap_azimuth(azimuth)
    order = np.argsort(azimuth)
    # gaps[0] is the step across -180 degrees, from the last azimuth to the first.
    gaps = np.diff(azimuth[order], prepend=azimuth[order[-1]] - 360.0)
    if gaps.max() >= 180.0:
        return np.roll(order, -gaps.argmax()), False
    # The factor allows for rounding of equal steps.
    return order, bool(gaps[0] <= gaps[1:].max() * (1 + 1e-9))


def unroll_azimuths(azimuth):
    """Unwrap ordered azimuths at the jump from 180 to -180 degrees.

    Parameters
    ----------
    azimuth : array-like of shape (n_directions,)
        Azimuths in degrees, counter-clockwise.

    Returns
    -------
    positions : ndarray of shape (n_directions,)
        The same azimuths, increasing from the first one.

    Raises
    ------
    ValueError
        If the azimuths are not finite numbers on one axis.

    Examples
    --------
    >>> from sslearn.geometry import unroll_azimuths
    >>> unroll_azimuths([170.0, -180.0, -170.0]).tolist()
    [170.0, 180.0, 190.0]
    """
    azimuth = _azimuths(azimuth)
    # Every step that does not increase crosses 180 degrees and starts another turn.
    return azimuth + 360.0 * np.cumsum(np.diff(azimuth, prepend=-np.inf) <= 0)
