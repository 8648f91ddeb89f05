"""Identity switches of CLEAR MOT, on cases counted by hand."""

import numpy as np
import pytest

from sslearn.metrics import identity_switches

NAN = np.nan


def tracks(*frames):
    """Azimuths of each frame as (n_frames, n_sources, 1)."""
    return np.array(frames, dtype=float)[..., None]


def test_a_kept_identity_has_no_switch():
    truth = tracks([0, 90], [2, 88], [4, 86])
    assert identity_switches(truth, truth[:, ::-1]) == 0


def test_each_source_of_a_swap_counts():
    truth = tracks([0, 90], [0, 90], [0, 90])
    assert identity_switches(truth, tracks([0, 90], [90, 0], [90, 0])) == 2


def test_memory_over_silence_and_misses():
    truth = tracks([0], [NAN], [0], [0])
    assert identity_switches(truth, tracks([0, NAN], [NAN, NAN], [NAN, 0], [NAN, 0])) == 1
    assert identity_switches(truth, tracks([0, NAN], [NAN, NAN], [0, NAN], [0, NAN])) == 0
    assert identity_switches(truth, tracks([0, NAN], [40, NAN], [40, NAN], [NAN, 0])) == 1


def test_a_pair_within_the_tolerance_is_kept_though_another_is_nearer():
    truth = tracks([0], [0])
    assert identity_switches(truth, tracks([0, NAN], [4, 0])) == 0
    assert identity_switches(truth, tracks([0, NAN], [6, 0])) == 1
    assert identity_switches(truth, tracks([0, NAN], [6, 0]), tolerance=10) == 0


def test_wrap_sphere_and_several_samples():
    truth = np.array([[[[179.0, 10.0]], [[-179.0, 12.0]]]] * 2)
    found = np.array([[[[-179.0, 10.0]], [[179.0, 12.0]]]] * 2)
    assert identity_switches(truth, found) == 0
    found = np.concatenate([found, found], axis=2)
    found[:, 0, 1] = found[:, 1, 0] = NAN
    assert identity_switches(truth, found) == 2
    assert isinstance(identity_switches(truth, found), int)


def test_no_track():
    assert identity_switches(tracks([0], [0]), tracks([NAN], [NAN])) == 0


def test_bad_input():
    with pytest.raises(ValueError, match="y_true and y_pred must have the same shape"):
        identity_switches(tracks([0], [0]), tracks([0]))
