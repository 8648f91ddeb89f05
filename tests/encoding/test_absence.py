"""Sources that fall silent, and tracks of them."""

import numpy as np
import pytest
from sklearn.base import clone

from sslearn.decoding import ArgmaxDecoder, MeanDecoder, PeakDecoder
from sslearn.encoding import (
    GaussianEncoding,
    GibbsWeightedEncoding,
    MixedEncoding,
    OneHotEncoding,
    SoftEncoding,
    UnbiasedEncoding,
)
from sslearn.geometry import circular_grid, great_circle_distance

NAN = np.nan
CIRCLE = circular_grid(10)
ENCODINGS = [
    OneHotEncoding(threshold=0.3),
    GaussianEncoding(width=15, threshold=0.3),
    SoftEncoding(threshold=0.2),
    UnbiasedEncoding(threshold=0.3),
    MixedEncoding(threshold=0.3),
]
IDS = [type(encoding).__name__ for encoding in ENCODINGS]
TRACK = np.array([[[40.0], [-170.0]], [[50.0], [NAN]], [[NAN], [-160.0]], [[NAN], [NAN]]])


@pytest.mark.parametrize("encoding", ENCODINGS, ids=IDS)
def test_targets_of_absent_sources_are_zero_and_tracks_keep_their_order(encoding):
    encoding = clone(encoding).set_params(grid=CIRCLE)
    y = np.stack([TRACK, TRACK[:, ::-1]])
    targets = encoding.fit_transform(y)
    assert targets.shape == (2, 4, 2, 36)
    assert (targets[np.isnan(y[..., 0])] == 0).all()
    single = clone(encoding).set_params(threshold=None).fit([0.0])
    np.testing.assert_array_equal(targets[0, 0], single.transform(TRACK[0, :, 0]))
    np.testing.assert_array_equal(targets[1], targets[0][:, ::-1])
    spec = encoding.output_spec_
    assert (spec.shape, spec.frames, spec.absence) == ((2, 36), "track", True)
    assert spec.activation == "sigmoid"
    decoded = encoding.inverse_transform(targets)
    np.testing.assert_array_equal(np.isnan(decoded), np.isnan(y))
    there = ~np.isnan(y[..., 0])
    assert great_circle_distance(decoded[there], y[there]).max() < 1e-9


@pytest.mark.parametrize("encoding", ENCODINGS, ids=IDS)
def test_sources_absent_in_whole_samples_come_last(encoding):
    encoding = clone(encoding).set_params(grid=CIRCLE)
    y = np.array([[[NAN], [40.0]], [[-20.0], [30.0]], [[NAN], [NAN]]])
    decoded = encoding.fit(y).inverse_transform(encoding.transform(y))
    np.testing.assert_allclose(
        decoded, [[[40.0], [NAN]], [[30.0], [-20.0]], [[NAN], [NAN]]], atol=1e-9
    )


def test_tracks_on_the_sphere():
    y = np.full((1, 3, 2, 2), NAN)
    y[0, :2, 0] = [[30.0, 20.0], [31.0, 21.0]]
    y[0, 1, 1] = -100.0, -60.0
    encoding = UnbiasedEncoding(threshold=0.3)
    targets = encoding.fit_transform(y)
    assert targets.shape == (1, 3, 2, 642)
    np.testing.assert_allclose(encoding.inverse_transform(targets), y, atol=1e-6)


def test_training_targets_of_a_mixture():
    encoding = MixedEncoding(grid=CIRCLE, threshold=0.3).fit(TRACK[None])
    targets = encoding.training_targets(TRACK[None])
    assert targets.shape == (1, 4, 2, 72)
    assert encoding.encodings_[0].threshold == 0.3
    assert (targets[0, 3] == 0).all()


def test_tracks_without_absence_need_no_threshold():
    encoding = UnbiasedEncoding(CIRCLE).fit(TRACK[None, :1])
    assert (encoding.output_spec_.activation, encoding.output_spec_.absence) == ("softmax", False)
    np.testing.assert_allclose(
        encoding.inverse_transform(encoding.transform(TRACK[None, :1])), TRACK[None, :1]
    )
    assert OneHotEncoding(CIRCLE).fit(TRACK[None, :1]).output_spec_.loss == "cross_entropy"
    assert OneHotEncoding(CIRCLE, threshold=0.5).fit(TRACK[None]).output_spec_.loss == "bce"


@pytest.mark.parametrize("decoder", [ArgmaxDecoder(), MeanDecoder(), PeakDecoder(2)], ids=str)
def test_threshold_with_every_decoder(decoder):
    encoding = OneHotEncoding(CIRCLE, threshold=0.5, decoder=decoder).fit(TRACK[None])
    scores = encoding.transform(TRACK[None])
    scores[0, 3, 0, 5] = 0.49
    decoded = encoding.inverse_transform(scores).reshape(4, 2, -1)
    np.testing.assert_array_equal(np.isnan(decoded).all(axis=-1), np.isnan(TRACK[..., 0]))


def test_errors():
    with pytest.raises(ValueError, match=r"NaN in sample 0\. Set threshold"):
        UnbiasedEncoding().fit(TRACK[None])
    with pytest.raises(ValueError, match="threshold needs a y with an axis of sources"):
        UnbiasedEncoding(threshold=0.5).fit([0.0])
    with pytest.raises(ValueError, match="'threshold' parameter"):
        UnbiasedEncoding(threshold=0.0).fit(TRACK[None])
    encoding = UnbiasedEncoding(CIRCLE, threshold=0.5).fit(TRACK[None])
    with pytest.raises(ValueError, match=r"scores must have shape \(n_samples, n_frames, 2, 36\)"):
        encoding.inverse_transform(np.zeros((4, 2, 36)))
    with pytest.raises(ValueError, match=r"laid out as in fit, .* frame by frame"):
        encoding.transform(TRACK)
    assert "threshold" not in GibbsWeightedEncoding().get_params()
    with pytest.raises(ValueError, match="Set threshold"):
        GibbsWeightedEncoding().fit(TRACK[None])


@pytest.mark.parametrize(
    "encoding", [UnbiasedEncoding(threshold=0.3), MixedEncoding(threshold=0.3)]
)
@pytest.mark.parametrize("n_angles", [1, 2])
def test_samples_in_which_all_sources_are_silent(encoding, n_angles):
    y = np.full((2, 3, 2, n_angles), NAN)
    y[0] = 10.0
    targets = clone(encoding).fit(y).transform(y[1:])
    assert targets.shape[:3] == (1, 3, 2)
    assert (targets == 0).all()
