import numpy as np
import pytest

from sslearn.utils import resize_maps


@pytest.mark.parametrize("shape", [(224, 224), (5, 9), (14, 7), (1, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_resized_as_torch_does(shape, dtype):
    torch = pytest.importorskip("torch")
    maps = np.random.default_rng(0).standard_normal((2, 3, 14, 8)).astype(dtype)
    expected = torch.nn.functional.interpolate(torch.as_tensor(maps), size=shape, mode="bilinear")
    resized = resize_maps(maps, shape)
    assert resized.dtype == dtype
    np.testing.assert_allclose(resized, expected.numpy(), atol=1e-5)


def test_same_size_is_the_same_map():
    maps = np.random.default_rng(0).random((3, 5))
    np.testing.assert_array_equal(resize_maps(maps, (3, 5)), maps)


@pytest.mark.parametrize("shape", [None, 5, (5,), (5, 0), (5.0, 5), "ab"])
def test_wrong_shape(shape):
    with pytest.raises(ValueError, match="shape must be a pair of positive integers"):
        resize_maps(np.eye(2), shape)


@pytest.mark.parametrize("maps", [[1.0, 2.0], np.zeros((0, 2)), "x"])
def test_wrong_maps(maps):
    with pytest.raises(ValueError, match="maps"):
        resize_maps(maps, (2, 2))
