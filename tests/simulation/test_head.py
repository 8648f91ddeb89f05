import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sslearn.datasets import resample_hrirs, structural_hrirs


@pytest.fixture(scope="module")
def head():
    return structural_hrirs([[90, 0], [0, 30], [-120, -20]], fs=44100)


@pytest.mark.parametrize("fs", [16000, 48000, 44100, 22050.0, 96000])
def test_frequency_response_is_kept(head, fs):
    new = resample_hrirs(head, fs)
    assert new.fs == fs
    freqs = np.arange(200, 6000, 50)
    before, after = (
        h.hrirs @ np.exp(-2j * np.pi * np.outer(np.arange(h.hrirs.shape[-1]), freqs) / h.fs)
        for h in (head, new)
    )
    assert_allclose(after, before, atol=0.01 * np.abs(before).max())


def test_everything_else_stays(head):
    before = head.hrirs.copy()
    head.room = "kitchen"
    new = resample_hrirs(head, 16000)
    assert_array_equal(head.hrirs, before)
    assert (head.fs, new.room, new.name) == (44100, "kitchen", head.name)
    assert_array_equal(new.directions, head.directions)
    assert_array_equal(resample_hrirs(head, 44100).hrirs, before)


@pytest.mark.parametrize("fs", [0, -16000, np.nan, np.inf, "16000", None])
def test_impossible_rates(head, fs):
    with pytest.raises(ValueError, match="fs must be a positive"):
        resample_hrirs(head, fs)


def test_odd_ratio(head):
    with pytest.raises(ValueError, match="simple ratio"):
        resample_hrirs(head, 16000 * np.sqrt(2))
