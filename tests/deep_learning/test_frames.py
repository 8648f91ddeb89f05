"""Answers for each frame instead of their mean."""

import numpy as np
import pytest
from sklearn.preprocessing import FunctionTransformer
from torch import nn

from sslearn.deep_learning import NeuralLocalizer
from sslearn.encoding import (
    AdjacentDecoder,
    AngleEncoding,
    ArgmaxDecoder,
    PeakDecoder,
    UnbiasedEncoding,
    UnitVectorEncoding,
)
from sslearn.geometry import angles_to_unit_vectors, circular_grid, quasi_uniform_grid
from sslearn.networks import MLP, NetworkRecipe

SPHERE = quasi_uniform_grid(30)


class PerFrame(NetworkRecipe):
    """One dense layer for each frame of samples of shape (n_frames, n_features)."""

    def build(self, input_shape, output_shape):
        layer = nn.Linear(input_shape[1], int(np.prod(output_shape)))
        return nn.Sequential(layer, nn.Unflatten(2, output_shape))


def directions(n_samples):
    rng = np.random.default_rng(0)
    return np.column_stack([rng.uniform(-180, 180, n_samples), rng.uniform(-60, 60, n_samples)])


def fitted(y, **params):
    """A localizer, which does not mind the number of frames, and its clips of 4 frames."""
    rng = np.random.default_rng(1)
    X = angles_to_unit_vectors(y if y.ndim < 3 else y[:, 0, 0]) @ rng.normal(size=(3, 12))
    X = X[:, None] + rng.normal(0, 0.3, (len(y), 4, 12))
    localizer = NeuralLocalizer(
        PerFrame(),
        batch_transform=FunctionTransformer(),
        max_epochs=3,
        lr=0.02,
        device="cpu",
        random_state=0,
    )
    X = X.astype(np.float32)
    return localizer.set_params(**params).fit(X, y), X


@pytest.mark.parametrize(
    ("encoding", "n_angles", "shape"),
    [
        (UnitVectorEncoding(), 1, (1, 1)),
        (UnitVectorEncoding("sigmoid"), 2, (1, 2)),
        (AngleEncoding("sigmoid"), 2, (1, 2)),
        (AngleEncoding(frame_mean="circular"), 2, (1, 2)),
        (UnbiasedEncoding(circular_grid(20), decoder=PeakDecoder(2)), 1, (2, 1)),
        (UnbiasedEncoding(SPHERE, decoder=ArgmaxDecoder()), 2, (1, 2)),
        (UnbiasedEncoding(SPHERE, decoder=AdjacentDecoder(3)), 2, (1, 2)),
    ],
)
def test_frames_are_decoded_as_clips_of_one_frame(encoding, n_angles, shape):
    y = directions(200)
    localizer, X = fitted(y[:, 0] if n_angles == 1 else y, encoding=encoding)
    tracks = localizer.predict_frames(X)
    assert tracks.shape == (200, 4, *shape)
    assert tracks.dtype == np.float32
    for t in range(4):
        expected = localizer.predict(X[:, [t]]).reshape(200, *shape)
        np.testing.assert_allclose(tracks[:, t], expected, atol=2e-3)
    assert not np.array_equal(tracks[:, 0], tracks[:, 1])


def test_two_sources():
    y = directions(50)[:, :1, None] + [[0.0], [120.0]]
    localizer, X = fitted(y, encoding=UnbiasedEncoding(circular_grid(20)))
    tracks = localizer.predict_frames(X)
    assert tracks.shape == (50, 4, 2, 1)
    np.testing.assert_allclose(tracks[:, 2], localizer.predict(X[:, [2]]), atol=2e-3)


def test_network_that_answers_for_samples_is_refused():
    localizer, X = fitted(directions(50)[:, 0], network=MLP((4,)))
    with pytest.raises(ValueError, match=r"output for each frame, such as CRNN.*shape \(32, 2\)"):
        localizer.predict_frames(X)
