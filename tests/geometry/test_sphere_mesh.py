import numpy as np
import pytest

from sslearn.geometry import (
    angles_to_unit_vectors,
    fibonacci_grid,
    great_circle_distance,
    hull_mesh,
    icosahedral_grid,
    sphere_mesh,
)


def test_weights_are_barycentric():
    grid = icosahedral_grid(2)
    wanted = fibonacci_grid(500)
    weights = hull_mesh(grid).weights(wanted)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    assert weights.data.min() >= 0 and weights.nnz <= 3 * 500
    # The weighted corners point to the direction itself.
    mixed = weights @ angles_to_unit_vectors(grid)
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    np.testing.assert_allclose(mixed, angles_to_unit_vectors(wanted), atol=1e-9)


def test_a_corner_is_itself_and_weights_are_the_shares():
    grid = icosahedral_grid(2)
    mesh = hull_mesh(grid)
    np.testing.assert_array_equal(mesh.weights(grid).toarray(), np.eye(len(grid)))
    wanted = fibonacci_grid(200)
    corners, shares = sphere_mesh(grid).shares(wanted)
    expected = np.zeros((200, len(grid)))
    np.add.at(expected, (np.arange(200)[:, None], corners), shares)
    np.testing.assert_allclose(mesh.weights(wanted).toarray(), expected, atol=1e-9)


def test_gaps_are_spanned_and_beyond_half_a_sphere_the_nearest_answers():
    grid = fibonacci_grid(600)
    above = hull_mesh(grid[grid[:, 1] > -45])
    assert (np.diff(above.weights([[0.0, -89.0]]).indptr) == 3).all()
    front = grid[great_circle_distance(grid, [[0.0, 0.0]]) < 60]
    weights = hull_mesh(front).weights([[100.0, 0.0]]).toarray()[0]
    assert weights.max() == 1.0
    assert weights.argmax() == great_circle_distance(front, [[100.0, 0.0]]).argmin()


def test_refused():
    with pytest.raises(ValueError, match="not lie in one plane"):
        hull_mesh(np.stack([np.arange(-180, 180, 10), np.zeros(36)], axis=1))


# Directions of five axes ended the process.
@pytest.mark.parametrize("bad", [np.zeros((2,) * 5), [], np.zeros((3, 0)), [1.0, 2.0], "x", None])
def test_meshes_need_azimuths_and_elevations(bad):
    with pytest.raises(ValueError, match="directions"):
        hull_mesh(bad)
    with pytest.raises(ValueError, match="grid"):
        sphere_mesh(bad)
