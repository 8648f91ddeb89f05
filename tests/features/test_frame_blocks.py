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


def test_blocks_are_stacked():
    stack = make_feature_stack(FrameBlocks(5), FrameBlocks(5))
    assert stack.transform(MAPS).shape == (2, 6, 4, 2, 5)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [(FrameBlocks(0), "n_frames"), (FrameBlocks(2, incomplete="pad"), "incomplete")],
)
def test_wrong_parameters(estimator, message):
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match=message):
            getattr(estimator, method)(MAPS)
