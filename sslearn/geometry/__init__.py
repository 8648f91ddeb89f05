"""Directions, arrays and grids: pure functions of numpy."""

from sslearn.geometry._directions import (
    angles_to_unit_vectors,
    check_directions,
    check_doa,
    circular_difference,
    great_circle_distance,
    interaural_polar_to_angles,
    unit_vectors_to_angles,
    wrap_azimuth,
)
from sslearn.geometry._grids import circular_grid, fibonacci_grid

__all__ = [
    "angles_to_unit_vectors",
    "check_directions",
    "check_doa",
    "circular_difference",
    "circular_grid",
    "fibonacci_grid",
    "great_circle_distance",
    "interaural_polar_to_angles",
    "unit_vectors_to_angles",
    "wrap_azimuth",
]
