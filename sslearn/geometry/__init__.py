"""Directions, arrays and grids: pure functions of numpy."""

from sslearn.geometry._array_grid import array_grid
from sslearn.geometry._arrays import (
    array_dimension,
    check_mic_positions,
    circular_array,
    linear_array,
    mic_pairs,
    rectangular_array,
    spherical_array,
    tetrahedral_array,
)
from sslearn.geometry._circle import azimuth_order, unroll_azimuths
from sslearn.geometry._delays import propagation_delays, steering_vectors
from sslearn.geometry._devices import device_array, get_device_names, place_array
from sslearn.geometry._directions import (
    angles_to_interaural_polar,
    angles_to_unit_vectors,
    check_directions,
    circular_difference,
    great_circle_distance,
    interaural_polar_to_angles,
    to_float,
    unit_vectors_to_angles,
    wrap_azimuth,
)
from sslearn.geometry._draws import draw_directions
from sslearn.geometry._grids import (
    azimuth_grid,
    circular_grid,
    fibonacci_grid,
    icosahedral_grid,
    near_field_grid,
    quasi_uniform_grid,
    sphere_grid,
)
from sslearn.geometry._icosahedron import HexagonalMesh as HexagonalMesh
from sslearn.geometry._icosahedron import hexagonal_mesh as hexagonal_mesh
from sslearn.geometry._icosahedron import icosahedral_charts
from sslearn.geometry._neighbors import grid_neighbors
from sslearn.geometry._sphere_mesh import SphereMesh, hull_mesh, sphere_mesh
from sslearn.geometry._targets import check_doa, check_multi_doa

__all__ = [
    "SphereMesh",
    "angles_to_interaural_polar",
    "angles_to_unit_vectors",
    "array_dimension",
    "array_grid",
    "azimuth_grid",
    "azimuth_order",
    "check_directions",
    "check_doa",
    "check_mic_positions",
    "check_multi_doa",
    "circular_array",
    "circular_difference",
    "circular_grid",
    "device_array",
    "draw_directions",
    "fibonacci_grid",
    "get_device_names",
    "great_circle_distance",
    "grid_neighbors",
    "hull_mesh",
    "icosahedral_charts",
    "icosahedral_grid",
    "interaural_polar_to_angles",
    "linear_array",
    "mic_pairs",
    "near_field_grid",
    "place_array",
    "propagation_delays",
    "quasi_uniform_grid",
    "rectangular_array",
    "sphere_grid",
    "sphere_mesh",
    "spherical_array",
    "steering_vectors",
    "tetrahedral_array",
    "to_float",
    "unit_vectors_to_angles",
    "unroll_azimuths",
    "wrap_azimuth",
]
