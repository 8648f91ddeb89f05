"""What is kept of heads between calls."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sslearn.datasets import make_binaural, structural_hrirs
from sslearn.simulation import HeadReceiver, _head_receiver
from sslearn.simulation._interpolation import HeadInterpolator

SHORT = {"n_samples": 4, "duration": 0.05, "random_state": 0, "return_X_y": True}


@pytest.fixture
def built(monkeypatch):
    """List of the heads that an interpolator was built for."""
    heads = []

    class Counted(HeadInterpolator):
        def __init__(self, head):
            heads.append(head)
            super().__init__(head)

    monkeypatch.setattr(_head_receiver, "HeadInterpolator", Counted)
    monkeypatch.setattr(_head_receiver, "_KEPT", type(_head_receiver._KEPT)())
    return heads


def test_repeated_calls_interpolate_once(built):
    head = structural_hrirs(fs=44100, name="a")
    first, _ = make_binaural(heads=head, **SHORT)
    again, _ = make_binaural(heads=structural_hrirs(fs=44100, name="b"), **SHORT)
    assert len(built) == 1
    assert_array_equal(first, again)
    head.hrirs[:] *= 2
    louder, _ = make_binaural(heads=head, **SHORT)
    assert len(built) == 2
    np.testing.assert_allclose(louder, 2 * first, rtol=1e-5)


def test_default_head_is_modelled_once(built):
    first, second = HeadReceiver().build(16000), HeadReceiver().build(16000)
    assert first.heads[0].hrirs is second.heads[0].hrirs


def test_threads_share_an_interpolator(built):
    head = structural_hrirs(fs=16000)
    with ThreadPoolExecutor(4) as pool:
        clips = list(pool.map(lambda _: make_binaural(heads=head, **SHORT)[0], range(4)))
    assert len(built) == 1
    for clip in clips[1:]:
        assert_array_equal(clip, clips[0])


def test_what_is_kept_is_bounded(built, monkeypatch):
    monkeypatch.setattr(_head_receiver, "_MAX_BYTES", 1)
    heads = [structural_hrirs(fs=16000, pinna_scale=scale) for scale in (0.9, 1.1)]
    for head in (heads[0], heads[1], heads[0]):
        make_binaural(heads=head, **SHORT)
    assert len(built) == 3
    assert len(_head_receiver._KEPT) == 1
