import numpy as np
import pytest

from sslearn.features import FrameBlocks, make_feature_stack

MAPS = np.random.default_rng(0).standard_normal((2, 3, 4, 10))


def test_blocks_are_an_axis_and_no_frame_is_lost():
    blocks = FrameBlocks(5).transform(MAPS)
    assert blocks.shape == (2, 3, 4, 2, 5)
    for b in range(2):
        np.testing.assert_array_equal(blocks[..., b, :], MAPS[..., 5 * b : 5 * b + 5])
    assert np.shares_memory(blocks, MAPS)


def test_frames_that_fill_no_block_are_an_error_or_dropped_by_name():
    with pytest.raises(ValueError, match=r"multiple of n_frames=4 .*got 10, of which the last 2"):
        FrameBlocks(4).transform(MAPS)
    with pytest.raises(ValueError, match="multiple of n_frames=4"):
        FrameBlocks(4).fit(MAPS)
    blocks = FrameBlocks(4, incomplete="drop").transform(MAPS)
    np.testing.assert_array_equal(blocks[..., 1, :], MAPS[..., 4:8])
    assert blocks.shape == (2, 3, 4, 2, 4)


@pytest.mark.parametrize("incomplete", ["error", "drop"])
def test_fewer_frames_than_a_block_are_an_error(incomplete):
    with pytest.raises(ValueError, match="multiple of n_frames=11"):
        FrameBlocks(11, incomplete=incomplete).transform(MAPS)


@pytest.mark.parametrize(("unit_level", "axes"), [("block", (1, 2, 4)), ("frequency", (1, 4))])
@pytest.mark.parametrize("level", [1e-30, 1.0, 1e30])
def test_blocks_of_unit_level_have_a_mean_square_of_1(unit_level, axes, level):
    X = (level * MAPS).astype(np.float32)
    blocks = FrameBlocks(5, unit_level=unit_level).transform(X)
    assert blocks.dtype == np.float32
    np.testing.assert_allclose(np.square(blocks).mean(axis=axes), 1, rtol=1e-5)
    ratio = blocks / FrameBlocks(5).transform(MAPS)
    np.testing.assert_allclose(
        ratio, np.broadcast_to(ratio.mean(axis=axes, keepdims=True), ratio.shape), rtol=1e-5
    )
    np.testing.assert_array_equal(X, (level * MAPS).astype(np.float32))


@pytest.mark.parametrize("unit_level", ["block", "frequency"])
def test_silence_stays_0_beside_sound(unit_level):
    X = MAPS.copy()
    X[0, ..., :5] = 0
    blocks = FrameBlocks(5, unit_level=unit_level).transform(X)
    np.testing.assert_array_equal(blocks[0, ..., 0, :], 0)
    assert np.isfinite(blocks).all()
    assert blocks[0, ..., 1, :].any()


def test_blocks_are_stacked():
    stack = make_feature_stack(FrameBlocks(5), FrameBlocks(5))
    assert stack.transform(MAPS).shape == (2, 6, 4, 2, 5)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (FrameBlocks(0), "n_frames"),
        (FrameBlocks(2, incomplete="pad"), "incomplete"),
        (FrameBlocks(2, unit_level="clip"), "unit_level"),
    ],
)
def test_wrong_parameters(estimator, message):
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match=message):
            getattr(estimator, method)(MAPS)
