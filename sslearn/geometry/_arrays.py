"""Microphone arrays: plain arrays of positions in metres, x front, y left, z up."""

import numpy as np

from sslearn.geometry._directions import angles_to_unit_vectors
from sslearn.geometry._grids import fibonacci_grid
from sslearn.utils import to_numbers
from sslearn.utils.param_validation import Integral, Interval, Options, Real, validated

# Microphones closer than this, or a deviation from a line or a plane of less, is rounding.
_SAME_PLACE = 1e-6
_METRES = [Interval(Real, 0, np.inf, closed="neither")]


def _at_least(n_mics):
    return [Interval(Integral, n_mics, None, closed="left")]


def check_places(mic_positions, name="mic_positions"):
    """Finite positions of shape (n_mics, 3), as a copy; they may coincide."""
    mics = to_numbers(mic_positions, name, "positions in metres")
    if mics.ndim != 2 or mics.shape[1] != 3 or len(mics) == 0:
        cure = " Did you mean mic_positions.T?" if mics.ndim == 2 and len(mics) == 3 else ""
        raise ValueError(f"{name} must have shape (n_mics, 3); got {mics.shape}.{cure}")
    if not np.isfinite(mics).all():
        raise ValueError(f"{name} must be finite, in metres; got NaN or infinity.")
    return mics


@validated(min_mics=_at_least(1), n_dims=[Options(Integral, {0, 1, 2, 3})], name=[str])
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

    Examples
    --------
    >>> from sslearn.geometry import check_mic_positions
    >>> check_mic_positions([[0, 0.1, 0], [0, -0.1, 0]], min_mics=2).shape
    (2, 3)
    """
    mics = check_places(mic_positions, name)
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
    mics = check_places(mic_positions)
    # Number of singular values of the centred positions above the tolerance.
    return int(np.linalg.matrix_rank(mics - mics.mean(axis=0), tol=_SAME_PLACE))


@validated(n_mics=_at_least(1))
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


@validated(n_mics=_at_least(2), spacing=_METRES)
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
        If there are fewer than 2 microphones or ``spacing`` is not positive.

    Examples
    --------
    >>> from sslearn.geometry import linear_array
    >>> linear_array(2, 0.1).tolist()
    [[0.0, 0.05, 0.0], [0.0, -0.05, 0.0]]
    """
    return rectangular_array((1, n_mics), spacing)


@validated(shape=[tuple, list], spacing=_METRES)
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
        If there are fewer than 2 microphones or ``spacing`` is not positive.

    Examples
    --------
    >>> from sslearn.geometry import rectangular_array
    >>> rectangular_array((2, 1), 0.1).tolist()
    [[0.05, 0.0, 0.0], [-0.05, 0.0, 0.0]]
    """
    counts = [n for n in shape if isinstance(n, Integral) and not isinstance(n, bool) and n > 0]
    if len(shape) != 2 or len(counts) != 2 or max(counts) < 2:
        raise ValueError(
            f"shape must be two positive integers, of 2 microphones or more; got {shape}."
        )
    n_rows, n_columns = shape
    # Rows run from front to back and columns from left to right, against the x and y axes.
    x = spacing * ((n_rows - 1) / 2 - np.arange(n_rows))
    y = spacing * ((n_columns - 1) / 2 - np.arange(n_columns))
    positions = np.zeros((n_rows, n_columns, 3))
    positions[..., 0], positions[..., 1] = x[:, None], y
    return positions.reshape(-1, 3)


@validated(n_mics=_at_least(2), radius=_METRES)
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
        If there are fewer than 2 microphones or ``radius`` is not positive.

    Examples
    --------
    >>> from sslearn.geometry import circular_array
    >>> (circular_array(4, 0.05).round(6) + 0.0).tolist()[:2]
    [[0.05, 0.0, 0.0], [0.0, 0.05, 0.0]]
    """
    return radius * angles_to_unit_vectors(360.0 / n_mics * np.arange(n_mics))


@validated(n_mics=_at_least(4), radius=_METRES)
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
        If there are fewer than 4 microphones or ``radius`` is not positive.

    Examples
    --------
    >>> from sslearn.geometry import array_dimension, spherical_array
    >>> array_dimension(spherical_array(12, 0.05))
    3
    """
    return radius * angles_to_unit_vectors(fibonacci_grid(n_mics))


@validated(radius=_METRES)
def tetrahedral_array(radius):
    """Four microphones on the corners of a tetrahedron, the fewest that span space.

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

    Examples
    --------
    >>> from sslearn.geometry import tetrahedral_array
    >>> tetrahedral_array(0.1).round(3).tolist()[0]
    [0.058, 0.058, 0.058]
    """
    # Every second corner of the cube of side 2, which is sqrt(3) away from its centre.
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    return radius / np.sqrt(3.0) * corners
