"""Tracks of several sources, learned and predicted as phase differences."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import FunctionTransformer

from sslearn.deep_learning import NeuralLocalizer, Training
from sslearn.encoding import AngleEncoding, IPDEncoding, SummedIPDEncoding, UnbiasedEncoding
from sslearn.geometry import circular_array, circular_grid
from sslearn.metrics import false_alarm_rate, match_sources, missed_detection_rate
from tests.deep_learning.test_tracks import PerFrame, moving

MICS = np.vstack([np.zeros((1, 3)), circular_array(4, 0.03)])
ENCODINGS = [IPDEncoding(MICS, n_fft=32), SummedIPDEncoding(MICS, n_fft=32)]
IDS = [type(encoding).__name__ for encoding in ENCODINGS]
TRAINING = Training("adamw", schedule="exponential", lr_factor=0.975, clip_norm=5.0)


class AsRead(TransformerMixin, BaseEstimator):
    """The input itself, at a sampling rate."""

    def __init__(self, fs=16000):
        self.fs = fs

    def fit(self, X, y=None):
        """Nothing to learn."""
        return self

    def transform(self, X):
        """The input."""
        return np.array(X)


def fast(encoding, **params):
    fixed = {"max_epochs": 2, "lr": 0.01, "random_state": 0, "device": "cpu"}
    return NeuralLocalizer(PerFrame(), encoding=encoding, training=TRAINING, **fixed | params)


@pytest.mark.parametrize(
    ("encoding", "error"), [(ENCODINGS[0], 3.0), (ENCODINGS[1], 12.0)], ids=IDS
)
def test_a_source_that_falls_silent_is_learned(encoding, error):
    X, y = moving(1040)
    localizer = fast(encoding, max_epochs=10).fit(X[:1000], y[:1000])
    predicted = localizer.predict(X[1000:])
    assert predicted.shape == (40, 8, 2, 1)
    assert predicted.dtype == np.float32
    assert np.nanmedian(match_sources(y[1000:], predicted)[1]) < error
    assert missed_detection_rate(y[1000:], predicted, tolerance=30) < 0.2
    assert false_alarm_rate(y[1000:], predicted, tolerance=30) < 0.2
    np.testing.assert_array_equal(localizer.predict_frames(X[1000:]), predicted)


@pytest.mark.parametrize(
    "encoding", [*ENCODINGS, UnbiasedEncoding(circular_grid(20), threshold=0.3)], ids=str
)
def test_targets_of_each_batch_equal_targets_of_all_samples(encoding, monkeypatch):
    X, y = moving(60)
    params = {"X_val": X[40:], "y_val": y[40:], "sample_weight": np.linspace(0, 1, 40)}
    whole = fast(encoding).fit(X[:40], y[:40], **params)
    monkeypatch.setattr("sslearn.deep_learning._localizer._TARGETS_AT_ONCE", 0)
    parts = fast(encoding).fit(X[:40], y[:40], **params)
    for name, values in whole.history_.items():
        np.testing.assert_array_equal(parts.history_[name], values)
    for name, values in whole.weights_.items():
        np.testing.assert_array_equal(parts.weights_[name], values)


@pytest.mark.parametrize(
    "encoding", [*ENCODINGS, UnbiasedEncoding(circular_grid(20), threshold=0.3)], ids=str
)
def test_outputs_are_decoded_in_blocks(encoding, monkeypatch):
    X, y = moving(60)
    localizer = fast(encoding, batch_transform=AsRead(), batch_size=8).fit(X, y)
    whole = localizer.predict(X), localizer.predict_track(X), localizer.spatial_spectrum(X)
    assert whole[2].shape[:2] == (60, 8)
    assert whole[2].shape[-1] == len(localizer.grid_)
    sizes = []

    def note(outputs, function=localizer.encoding_.inverse_transform):
        sizes.append(len(outputs))
        return function(outputs)

    monkeypatch.setattr("sslearn.deep_learning._outputs._BLOCK_BYTES", 1)
    localizer.encoding_.inverse_transform = note
    np.testing.assert_array_equal(localizer.predict(X), whole[0])
    assert sizes == [8] * 7 + [4]
    assert localizer.predict_track(X).equals(whole[1])
    np.testing.assert_array_equal(localizer.spatial_spectrum(X), whole[2])


def test_scores_of_a_track_are_those_of_the_match():
    X, y = moving(60)
    encoding = IPDEncoding(MICS, n_fft=32, threshold=10.0)
    localizer = fast(encoding, batch_transform=AsRead()).fit(X, y)
    table = localizer.predict_track(X[:3])
    spectrum = localizer.spatial_spectrum(X[:3])
    np.testing.assert_allclose(table["score"], spectrum.max(axis=-1).ravel(), atol=1e-6)
    azimuth = localizer.grid_[spectrum.argmax(axis=-1)].ravel()
    np.testing.assert_array_equal(table["azimuth"], azimuth)


def test_outputs_are_not_scaled():
    X, y = moving(20)
    assert len(fast(ENCODINGS[0]).fit(X, y).module_) == 2
    assert len(fast(AngleEncoding(), max_epochs=1).fit(X, y[:, 0, 0, 0]).module_) == 3


def test_inputs_from_a_memory_map(tmp_path):
    X, y = moving(20)
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    params = {"batch_transform": FunctionTransformer(), "n_jobs": 2}
    one, other = (fast(ENCODINGS[0], **params).fit(data, y) for data in (X, mapped))
    np.testing.assert_array_equal(one.predict(X), other.predict(mapped))


def test_frames_of_y_must_be_those_of_the_network():
    X, y = moving(20)
    with pytest.raises(ValueError, match="as many frames as the network outputs, 8; got 7"):
        fast(ENCODINGS[0]).fit(X, y[:, :7])


@pytest.mark.parametrize("encoding", ENCODINGS, ids=IDS)
def test_threshold_is_chosen_on_other_samples(encoding):
    X, y = moving(120)
    localizer = fast(encoding, max_epochs=10).fit(X[:100], y[:100])
    thresholds = [0.1, 0.3, 0.5]
    errors = []
    for threshold in thresholds:
        localizer.encoding_.threshold = threshold
        found = localizer.predict(X[100:])
        missed = missed_detection_rate(y[100:], found, tolerance=20)
        false = false_alarm_rate(y[100:], found, tolerance=20, active_only=True)
        errors.append(np.hypot(missed, false))
    chosen = localizer.tune_threshold(X[100:], y[100:], thresholds=thresholds, tolerance=20)
    assert chosen is localizer
    assert localizer.encoding_.threshold == thresholds[np.argmin(errors)]
    assert localizer.encoding.threshold == encoding.threshold
    assert 0.1 <= localizer.tune_threshold(X[100:], y[100:]).encoding_.threshold <= 0.6
    assert not hasattr(NeuralLocalizer(encoding=AngleEncoding()), "tune_threshold")


@pytest.mark.parametrize("thresholds", [[], [0.2, -1.0], [np.nan], [[0.2]]])
def test_thresholds_that_are_not_valid(thresholds):
    X, y = moving(20)
    localizer = fast(ENCODINGS[0], max_epochs=1).fit(X, y)
    before = localizer.encoding_.threshold
    with pytest.raises(ValueError, match=r"thresholds must have shape .* above 0"):
        localizer.tune_threshold(X, y, thresholds=thresholds)
    with pytest.raises(ValueError, match="y must contain at least one source"):
        localizer.tune_threshold(X, np.full_like(y, np.nan))
    assert localizer.encoding_.threshold == before


def test_several_sources_of_one_direction_are_no_track():
    X, y = moving(20)
    with pytest.raises(ValueError, match=r"at least 8, .*\(20, 8, 1\).* n_frames"):
        fast(ENCODINGS[0]).fit(X, y[:, :, 0])
