"""Microphone arrays: plain arrays of positions in metres, x front, y left, z up."""

import numpy as np

from sslearn.geometry._directions import angles_to_unit_vectors
from sslearn.geometry._grids import fibonacci_grid

# Microphones closer than this, or a deviation from a line or a plane of less, is rounding.
_SAME_PLACE = 1e-6


def check_mic_positions(mic_positions, *, min_mics=1, n_dims=0, name="mic_positions"):
    """Validate microphone positions.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres.
    min_mics : int, default=1
        Least number of microphones.
    n_dims : int, default=0
        Least number of dimensions that the array must span: 1 a line, 2 a plane, 3 space.
    name : str, default="mic_positions"
        Name used in messages.

    Returns
    -------
    mic_positions : ndarray of shape (n_mics, 3), float64
        A copy.

    Raises
    ------
    ValueError
        If the shape is wrong, a value is not finite, there are too few microphones, two of them
        are in one place, or the array spans too few dimensions.
    """
    mics = np.array(mic_positions, dtype=float)
    if mics.ndim != 2 or mics.shape[1] != 3 or len(mics) == 0:
        cure = " Did you mean mic_positions.T?" if mics.ndim == 2 and len(mics) == 3 else ""
        raise ValueError(f"{name} must have shape (n_mics, 3); got {mics.shape}.{cure}")
    if not np.isfinite(mics).all():
        raise ValueError(f"{name} must be finite, in metres; got NaN or infinity.")
    if len(mics) < min_mics:
        raise ValueError(f"{name} must hold at least {min_mics} microphones; got {len(mics)}.")
    first, second = mic_pairs(len(mics)).T
    near = np.linalg.norm(mics[first] - mics[second], axis=1) < _SAME_PLACE
    if near.any():
        i, j = first[near][0], second[near][0]
        raise ValueError(
            f"{name} must be different places; microphones {i} and {j} are both at "
            f"{mics[i].tolist()}. Leave one out."
        )
    if array_dimension(mics) < n_dims:
        shapes = ("a point", "a line", "a plane")
        raise ValueError(
            f"{name} must span {n_dims} dimensions; they lie on {shapes[array_dimension(mics)]}. "
            "Use an array with microphones off it, or a grid of fewer angles."
        )
    return mics


def array_dimension(mic_positions):
    """Number of dimensions that an array spans.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres.

    Returns
    -------
    n_dims : int
        0 for a point, 1 for a line, 2 for a plane, 3 for space.

    Examples
    --------
    >>> from sslearn.geometry import array_dimension, circular_array
    >>> array_dimension(circular_array(6, 0.05))
    2
    """
    mics = np.asarray(mic_positions, dtype=float)
    return int(np.linalg.matrix_rank(mics - mics.mean(axis=0), tol=_SAME_PLACE))


def mic_pairs(n_mics):
    """All pairs of microphones, each once.

    Parameters
    ----------
    n_mics : int
        Number of microphones.

    Returns
    -------
    pairs : ndarray of shape (n_mics * (n_mics - 1) / 2, 2)
        Indices i < j.

    Examples
    --------
    >>> from sslearn.geometry import mic_pairs
    >>> mic_pairs(3).tolist()
    [[0, 1], [0, 2], [1, 2]]
    """
    return np.column_stack(np.triu_indices(n_mics, k=1))


def linear_array(n_mics, spacing):
    """Uniform linear array along y, centred: broadside is the front, microphone 0 leftmost.

    Parameters
    ----------
    n_mics : int
        Number of microphones.
    spacing : float
        Distance of neighbours in metres.

    Returns
    -------
    mic_positions : ndarray of shape (n_mics, 3)
        Positions in metres.

    Raises
    ------
    ValueError
        If there are less than 2 microphones or ``spacing`` is not positive.

    Examples
    --------
    >>> from sslearn.geometry import linear_array
    >>> linear_array(2, 0.1).tolist()
    [[0.0, 0.05, 0.0], [0.0, -0.05, 0.0]]
    """
    return rectangular_array((1, n_mics), spacing)


def rectangular_array(shape, spacing):
    """Uniform rectangular array on the horizontal plane, centred.

    Parameters
    ----------
    shape : tuple of (int, int)
        Number of rows, front to back, and of microphones in a row, left to right.
    spacing : float
        Distance of neighbours in metres.

    Returns
    -------
    mic_positions : ndarray of shape (shape[0] * shape[1], 3)
        Positions in metres, row after row.

    Raises
    ------
    ValueError
        If there are less than 2 microphones or ``spacing`` is not positive.
    """
    n_rows, n_columns = shape
    _check_array(n_rows * n_columns, spacing, "spacing", 2)
    x = spacing * ((n_rows - 1) / 2 - np.arange(n_rows))
    y = spacing * ((n_columns - 1) / 2 - np.arange(n_columns))
    positions = np.zeros((n_rows, n_columns, 3))
    positions[..., 0], positions[..., 1] = x[:, None], y
    return positions.reshape(-1, 3)


def circular_array(n_mics, radius):
    """Uniform circular array on the horizontal plane, microphone 0 in front.

    Parameters
    ----------
    n_mics : int
        Number of microphones, counted counter-clockwise.
    radius : float
        Radius in metres.

    Returns
    -------
    mic_positions : ndarray of shape (n_mics, 3)
        Positions in metres.

    Raises
    ------
    ValueError
        If there are less than 2 microphones or ``radius`` is not positive.
    """
    _check_array(n_mics, radius, "radius", 2)
    return radius * angles_to_unit_vectors(360.0 / n_mics * np.arange(n_mics))


def spherical_array(n_mics, radius):
    """Open spherical array, nearly uniform along a golden spiral.

    Parameters
    ----------
    n_mics : int
        Number of microphones.
    radius : float
        Radius in metres.

    Returns
    -------
    mic_positions : ndarray of shape (n_mics, 3)
        Positions in metres.

    Raises
    ------
    ValueError
        If there are less than 4 microphones or ``radius`` is not positive.
    """
    _check_array(n_mics, radius, "radius", 4)
    return radius * angles_to_unit_vectors(fibonacci_grid(n_mics))


def tetrahedral_array(radius):
    """Four microphones on the corners of a tetrahedron, the least that span space.

    Parameters
    ----------
    radius : float
        Distance from the centre in metres.

    Returns
    -------
    mic_positions : ndarray of shape (4, 3)
        Left-front-up, right-front-down, left-back-down and right-back-up, in metres.

    Raises
    ------
    ValueError
        If ``radius`` is not positive.
    """
    _check_array(4, radius, "radius", 4)
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    return radius / np.sqrt(3.0) * corners


def _check_array(n_mics, size, name, min_mics):
    if n_mics < min_mics:
        raise ValueError(f"n_mics must be at least {min_mics}; got {n_mics}.")
    if not (np.isfinite(size) and size > 0):
        raise ValueError(f"{name} must be positive, in metres; got {size}.")
