"""Unit vectors of several sources, tracks and silence."""

import warnings

import numpy as np
import pytest

from sslearn.encoding import UnitVectorEncoding
from sslearn.exceptions import UncertaintyWarning
from sslearn.geometry import great_circle_distance

NAN = np.nan
TRACKS = np.array([[[[40.0], [-170.0]], [[50.0], [NAN]], [[NAN], [-160.0]], [[NAN], [NAN]]]])
CLIPS = np.array([[[10.0, 5.0], [-20.0, -80.0]], [[NAN, NAN], [170.0, 30.0]]])
scales = pytest.mark.parametrize("scale", [None, "sigmoid"])


@scales
@pytest.mark.parametrize("n_dims", [None, 3])
@pytest.mark.parametrize("y", [TRACKS, CLIPS], ids=["tracks", "clips"])
def test_round_trip_with_silence(y, n_dims, scale):
    encoding = UnitVectorEncoding(scale, n_dims=n_dims, threshold=0.4).fit(y)
    targets = encoding.transform(y)
    spec = encoding.output_spec_
    n_components = n_dims or y.shape[-1] + 1
    assert spec.shape == (2, n_components)
    assert targets.shape == (*y.shape[:-1], n_components)
    assert (spec.absence, spec.scaled, spec.activation) == (True, False, scale)
    assert (spec.frames, spec.loss.each_frame) == (("track", True) if y.ndim == 4 else ("mean", 0))
    lengths = np.linalg.norm(targets if scale is None else 2 * targets - 1, axis=-1)
    decoded = encoding.inverse_transform(targets)
    # Sources of a sample are in descending order, absent ones last; tracks keep theirs.
    expected = y if y.ndim == 4 else np.array([y[0], y[1, ::-1]])
    present = np.isfinite(expected[..., 0])
    np.testing.assert_allclose(lengths, present, atol=1e-12)
    np.testing.assert_array_equal(np.isfinite(decoded[..., 0]), present)
    assert great_circle_distance(decoded[present], expected[present]).max() < 1e-9


def test_azimuth_of_a_vector_in_space():
    """It is atan2(y, x), whatever the elevation."""
    encoding = UnitVectorEncoding(n_dims=3).fit([0.0, 10.0])
    np.testing.assert_allclose(encoding.transform([90.0]), [[0, 1, 0]], atol=1e-12)
    np.testing.assert_allclose(encoding.inverse_transform([[-1.0, 1.0, 5.0]]), [135.0])
    assert encoding.output_spec_.shape == (3,)
    assert not encoding.output_spec_.scaled
    assert encoding.output_spec_.loss == "mse"
    column = UnitVectorEncoding(n_dims=3).fit([[0.0], [10.0]])
    np.testing.assert_allclose(column.inverse_transform([[0.0, -1.0, 2.0]]), [[-90.0]])


@pytest.mark.parametrize("length", [0.49, 0.51])
def test_shorter_than_the_threshold_is_silent(length):
    encoding = UnitVectorEncoding(threshold=0.5).fit(TRACKS)
    outputs = np.zeros((1, 1, 2, 2))
    outputs[0, 0, 0] = 0.0, length
    with warnings.catch_warnings():
        # Silence is certain.
        warnings.simplefilter("error", UncertaintyWarning)
        decoded = encoding.inverse_transform(outputs)[0, 0]
    np.testing.assert_allclose(decoded, [[90.0 if length > 0.5 else NAN], [NAN]])


def test_several_sources_that_are_always_present():
    y = np.array([[[10.0], [20.0]], [[-30.0], [5.0]]])
    encoding = UnitVectorEncoding().fit(y)
    decoded = encoding.inverse_transform(encoding.transform(y))
    np.testing.assert_allclose(decoded, y[:, ::-1], atol=1e-9)
    assert not encoding.output_spec_.absence
    with pytest.warns(UncertaintyWarning, match="1 of 4"):
        encoding.inverse_transform([[[1.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]]])


@pytest.mark.parametrize(
    ("params", "y", "match"),
    [
        ({}, TRACKS, "Set threshold of the encoding"),
        ({"threshold": 0.5}, [10.0, 20.0], "threshold needs a y with an axis of sources"),
        ({"threshold": 0.0}, TRACKS, "threshold"),
        ({"threshold": 1.5}, TRACKS, "threshold"),
        ({"n_dims": 2}, [10.0], "n_dims"),
        ({"n_dims": 3.0}, [10.0], "n_dims"),
    ],
)
def test_what_is_refused(params, y, match):
    with pytest.raises(ValueError, match=match):
        UnitVectorEncoding(**params).fit(y)


def test_layout_is_that_of_fit():
    encoding = UnitVectorEncoding(threshold=0.5).fit(TRACKS)
    for y in (TRACKS[0], TRACKS[:, :, :1], CLIPS, [1.0, 2.0]):
        with pytest.raises(ValueError, match="y must be laid out as in fit"):
            encoding.transform(y)
    for outputs in (np.zeros((1, 2, 2)), np.zeros((1, 4, 2, 3)), np.zeros((1, 4, 1, 2))):
        with pytest.raises(ValueError, match=r"targets must have shape \(n_samples, n_frames, 2"):
            encoding.inverse_transform(outputs)
