"""Streams of a causal network of the recipes, which equal the offline predictions."""

import pickle

import numpy as np
import pytest

from sslearn import recipes
from sslearn.geometry import circular_array
from sslearn.streaming import StreamingLocalizer

MICS = circular_array(3, 0.05)


@pytest.fixture(scope="module")
def localizer():
    # With a threshold of almost 0 a network that is hardly trained finds sources.
    model = recipes.tf_mamba(MICS, threshold=1e-9, max_epochs=1, device="cpu", random_state=0)
    model.set_params(validation_fraction=None)
    return model.fit(audio(2, 8000), np.full((2, 5, 2, 1), 30.0))


def audio(n_clips, n_times):
    return np.random.default_rng(0).standard_normal((n_clips, 3, n_times)).astype(np.float32)


@pytest.mark.parametrize("size", [333, 8000])
def test_chunks_equal_the_whole(localizer, size):
    stream = StreamingLocalizer(localizer)
    assert stream.mode_ == "frames"
    for signal in audio(2, 5600)[:1]:
        cuts = range(size, 5600, size)
        new = [*map(stream.push, np.split(signal, cuts, axis=1)), stream.flush()]
        directions = np.concatenate([part.directions for part in new])
        expected = localizer.predict_frames(signal[None])[0]
        assert np.isfinite(expected).any()
        np.testing.assert_allclose(directions, expected, atol=1e-3)


def test_streams_share_no_state_and_are_pickled(localizer):
    first, second = audio(2, 5600)
    expected = StreamingLocalizer(localizer).push(first)
    assert np.isfinite(expected.directions).any()
    stream, other = StreamingLocalizer(localizer), StreamingLocalizer(localizer)
    parts = [stream.push(first[:, :3001])]
    other.push(second)
    copied = pickle.loads(pickle.dumps(stream))
    for one in (stream, copied):
        found = [*parts, one.push(first[:, 3001:])]
        for field in ("times", "directions", "scores"):
            joined = np.concatenate([getattr(new, field) for new in found])
            np.testing.assert_allclose(joined, getattr(expected, field), atol=1e-3)
