import numpy as np
import pytest

from sslearn.geometry import check_doa, check_multi_doa
from sslearn.metrics import missed_detection_rate

NAN = np.nan


@pytest.mark.parametrize("shape", [(4, 2, 1), (4, 2, 2), (4, 1, 3), (4, 5, 2, 1), (4, 5, 3, 3)])
def test_layouts(shape):
    y = np.ones(shape)
    y[0] = NAN
    checked = check_multi_doa(y, n_samples=4, n_angles=(shape[-1],))
    np.testing.assert_array_equal(checked, y)
    assert checked.dtype == np.float64 and checked is not y


def test_azimuths_are_wrapped_in_a_copy():
    y = np.array([[[190.0, 0.0], [NAN, NAN]]], dtype=np.float32)
    assert check_multi_doa(y)[0, 0].tolist() == [-170, 0]
    assert y[0, 0, 0] == 190


def test_absent_everywhere_is_valid():
    assert np.isnan(check_multi_doa(np.full((3, 2, 2), NAN))).all()


@pytest.mark.parametrize(
    ("y", "options", "match"),
    [
        (None, {}, "y must be the directions"),
        ([[1.0, 2.0]], {}, r"got \(1, 2\). Azimuths of several sources are y\[..., None\]"),
        (np.zeros((2, 2, 4)), {}, "k from 1 to 3"),
        (np.zeros((2, 0, 1)), {}, r"got \(2, 0, 1\)"),
        (np.zeros((1, 1, 1, 1, 1)), {}, "n_frames"),
        (np.zeros((2, 2, 1)), {"n_samples": 3}, "3 in X and 2 in y"),
        (np.zeros((2, 2, 1)), {"n_angles": (2, 3)}, r"one of \[2, 3\] values"),
        ([[[1.0], [np.inf]]], {}, "infinity"),
        ([[[1.0, 2.0], [NAN, 2.0]]], {}, r"NaN in all.*got \[nan, 2.0\] in y\[0, 1\]"),
        ([[[1.0, 91.0]]], {}, r"elevations in \[-90, 90\].*in y\[0, 0\]"),
        ([[[[1.0, 1.0, 0.0]]]], {"name": "y_true"}, r"positive distances.*y_true\[0, 0, 0\]"),
        ([[["a"]]], {}, "no numbers"),
        ([[[1j]]], {}, "Complex"),
    ],
)
def test_bad_input(y, options, match):
    with pytest.raises(ValueError, match=match):
        check_multi_doa(y, **options)


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((4,), {}),
        ((4, 3), {}),
        ((4, 2), {"sources": True, "frames": True, "absent": True}),
        ((4, 2, 1), {"sources": True}),
        ((4, 5, 2, 2), {"sources": True, "frames": True}),
    ],
)
def test_layouts_of_one_gate(shape, options):
    y = np.full(shape, 20.0)
    np.testing.assert_array_equal(check_doa(y, n_samples=4, **options), y)


@pytest.mark.parametrize(
    ("y", "options", "match"),
    [
        (None, {}, "requires y to be passed"),
        (np.zeros((4, 2, 1)), {}, r"\(n, 2\) for azimuth and elevation.*got \(4, 2, 1\)"),
        (np.zeros((4, 5, 2, 1)), {"sources": True}, r"\(n_samples, n_sources, k\), with k"),
        (np.zeros((4, 5, 2, 1, 1)), {"frames": True}, "n_frames"),
        ([[[0.0], [1.0]], [[NAN], [1.0]]], {"sources": True}, r"every source.*in y\[1, 0\]"),
        ([0.0, NAN], {"sources": True, "absent": True}, "contains NaN"),
        ([[0.0, 1.0]], {"n_angles": (1,)}, r"one of \[1\] values"),
        ([0.0], {"n_samples": 2}, "2 in X and 1 in y"),
    ],
)
def test_options_of_one_gate(y, options, match):
    with pytest.raises(ValueError, match=match):
        check_doa(y, **options)


def test_tracks_of_several_lengths_end_with_nan():
    tracks = [np.zeros((2, 1, 1)), np.full((3, 1, 1), 190.0)]
    y = check_multi_doa(tracks)
    np.testing.assert_array_equal(y[..., 0, 0], [[0, 0, np.nan], [-170, -170, -170]])
    assert missed_detection_rate(tracks, y) == 0.0
    with pytest.raises(ValueError, match="in rows of one length"):
        check_multi_doa([np.zeros((2, 1, 1)), np.zeros((2, 2, 1))])
