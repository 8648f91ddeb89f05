import numpy as np
import pytest

from sslearn.features import Flatten, TimePooling


def test_mean_over_frames():
    maps = np.arange(24.0).reshape(2, 1, 3, 4)
    np.testing.assert_array_equal(TimePooling().transform(maps)[0, 0], [1.5, 5.5, 9.5])


def test_circular_mean_of_opposite_phases_vanishes():
    maps = np.array([0.0, np.pi, 0.5, 0.5]).reshape(1, 1, 2, 2)
    pooled = TimePooling("circular").transform(maps)
    expected = [[0, 0], [np.cos(0.5), np.sin(0.5)]]
    np.testing.assert_allclose(pooled[0, 0], expected, atol=1e-15)


def test_flatten_interleaves_cosine_and_sine():
    maps = np.random.default_rng(0).uniform(-3, 3, (2, 3, 4, 5))
    features = Flatten().fit_transform(TimePooling("circular").transform(maps))
    assert features.shape == (2, 24)
    np.testing.assert_allclose(features[:, 2], np.cos(maps[:, 0, 1]).mean(axis=1))
    np.testing.assert_allclose(features[:, 3], np.sin(maps[:, 0, 1]).mean(axis=1))


def test_flatten_makes_data_frames():
    frame = Flatten().set_output(transform="pandas").fit_transform(np.ones((2, 3, 2)))
    assert list(frame.columns) == [f"flatten{i}" for i in range(6)]


def test_flatten_refuses_other_lengths_than_in_fit():
    flatten = Flatten().fit(np.ones((2, 3, 4)))
    with pytest.raises(ValueError, match=r"12 features, as in fit; got 15.*TimePooling"):
        flatten.transform(np.ones((2, 3, 5)))


@pytest.mark.parametrize("X", [np.ones(3), np.ones((0, 3)), np.full((2, 2), np.nan)])
def test_flatten_refuses_bad_arrays(X):
    with pytest.raises(ValueError, match="X"):
        Flatten().transform(X)


def test_complex_maps_are_refused():
    for transformer in (Flatten(), TimePooling()):
        with pytest.raises(TypeError, match="X must be float32 or float64"):
            transformer.transform(np.ones((1, 1, 2, 2), dtype=complex))
