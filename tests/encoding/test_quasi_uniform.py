"""Encodings on the 429 directions of the ambisonic systems."""

import numpy as np
import pytest
from sklearn.base import clone

from sslearn.encoding import (
    AdjacentDecoder,
    ArgmaxDecoder,
    GaussianEncoding,
    GibbsWeightedEncoding,
    OneHotEncoding,
    UnbiasedEncoding,
)
from sslearn.geometry import (
    circular_grid,
    fibonacci_grid,
    great_circle_distance,
    quasi_uniform_grid,
)

GRID = quasi_uniform_grid(10)
UNIFORM = fibonacci_grid(5003)
ENCODINGS = [OneHotEncoding(GRID), GaussianEncoding(GRID, width=20), GibbsWeightedEncoding(GRID)]


def around_the_poles():
    """The poles, the rings of seven around them, and what is between and beyond them."""
    azimuth = np.concatenate([np.linspace(-180, 179.9, 50), GRID[1:8, 0]])
    elevation = np.array([75.0, 79.9, 80.0, 80.001, 85.0, 89.9, 89.999999, 90.0])
    cap = np.stack(np.meshgrid(azimuth, elevation), axis=-1).reshape(-1, 2)
    return np.concatenate([cap, cap * [1, -1]])


@pytest.mark.parametrize(
    "y", [UNIFORM, GRID, around_the_poles()], ids=["uniform", "classes", "poles"]
)
def test_unbiased_round_trip_is_exact(y):
    encoding = UnbiasedEncoding(GRID, decoder=AdjacentDecoder(3)).fit(y)
    targets = encoding.transform(y)
    assert targets.shape == (len(y), 429)
    np.testing.assert_allclose(targets.sum(axis=1), 1)
    assert ((targets > 0).sum(axis=1) <= 3).all()
    assert great_circle_distance(encoding.inverse_transform(targets), y).max() < 1e-9


def test_gibbs_target_on_paper():
    encoding = GaussianEncoding([[0.0, 0.0], [0.0, 10.0], [0.0, 20.0], [30.0, 0.0]], width=20)
    target = encoding.fit_transform([[0.0, 0.0]])[0]
    np.testing.assert_allclose(target, [1, 0.779, 0.368, 0.105], atol=5e-4)


def test_gibbs_target_is_of_the_direction_itself():
    distance = great_circle_distance(UNIFORM[:, None], GRID)
    target = GaussianEncoding(GRID, width=20).fit_transform(UNIFORM)
    np.testing.assert_allclose(target, np.exp(-((distance / 20) ** 2)), atol=1e-9)
    # Not normalised, and without the factor 2 of a normal distribution.
    assert target.sum(axis=1).mean() == pytest.approx(12.8, abs=0.05)


def test_gibbs_weighted_target_marks_the_nearest_class():
    y = np.concatenate([UNIFORM, GRID, around_the_poles()])
    target = GibbsWeightedEncoding(GRID).fit_transform(y)
    one_hot = OneHotEncoding(GRID).fit_transform(y)
    np.testing.assert_array_equal(target == 1, one_hot == 1)
    np.testing.assert_array_equal(target.astype(np.float32) == 1, one_hot == 1)
    bell = GaussianEncoding(GRID, width=20).fit_transform(y)
    np.testing.assert_array_equal(target[one_hot == 0], bell[one_hot == 0])
    np.testing.assert_array_equal(GibbsWeightedEncoding(GRID, width=20).fit_transform(y), target)


@pytest.mark.parametrize("n_sources", [None, 2])
def test_gibbs_weighted_target_of_azimuths(n_sources):
    y = np.array([2.0, 41.0]) if n_sources is None else np.array([[[41.0], [2.0]]])
    encoding = GibbsWeightedEncoding(circular_grid(10))
    target = encoding.fit_transform(y).reshape(2, 36)
    distance = np.abs(circular_grid(10) - np.sort(y.ravel())[:: -1 if n_sources else 1, None])
    expected = np.exp(-((distance / 20) ** 2))
    expected[distance < 3] = 1
    near = distance < 170
    np.testing.assert_allclose(target[near], expected[near])
    spec = encoding.output_spec_
    assert (spec.loss, spec.activation) == ("gibbs_weighted", "sigmoid")


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: type(e).__name__)
def test_quantization_error_of_the_highest_score(encoding):
    encoding = clone(encoding).set_params(decoder=ArgmaxDecoder())
    decoded = encoding.inverse_transform(encoding.fit_transform(UNIFORM))
    error = great_circle_distance(decoded, UNIFORM)
    assert error.mean() == pytest.approx(3.74, abs=0.02)
    assert np.median(error) == pytest.approx(3.91, abs=0.03)
    assert (error < 5).mean() == pytest.approx(0.808, abs=0.003)
    assert error.max() < 6.961


def test_of_two_nearest_classes_the_lower_index_is_taken():
    # Half-way between the azimuths of each ring, and between the classes at azimuth -180.
    rings = [GRID[GRID[:, 1] == elevation] for elevation in np.arange(-80.0, 81.0, 10.0)]
    middles = np.concatenate([ring + np.array([180 / len(ring), 0]) for ring in rings])
    column = np.column_stack([np.full(18, -180.0), np.arange(-85.0, 90.0, 10.0)])
    y = np.concatenate([middles, column])
    distance = great_circle_distance(y[:, None], GRID)
    tied = distance <= distance.min(axis=1, keepdims=True) + 1e-9
    assert (tied.sum(axis=1) >= 2).sum() > 200
    for encoding in (OneHotEncoding(GRID), GibbsWeightedEncoding(GRID)):
        target = encoding.fit_transform(y)
        assert ((target == 1).sum(axis=1) == 1).all()
        np.testing.assert_array_equal((target == 1).argmax(axis=1), tied.argmax(axis=1))
