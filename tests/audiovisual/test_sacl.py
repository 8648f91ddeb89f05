import numpy as np
import pandas as pd
import pytest
import torch

from sslearn.audiovisual import SemanticContrastiveLocalizer
from sslearn.networks import SceneNet
from tests.audiovisual.trivial import make_pairs

COLOURS = np.array([(230, 30, 30), (30, 200, 40), (40, 60, 230), (220, 210, 40)], dtype=np.uint8)
FREQUENCIES = (300.0, 800.0, 2000.0, 5000.0)


def coloured_squares(n_samples, seed=0):
    """Pictures of two squares of different colours, the tone of one, and its box."""
    rng = np.random.default_rng(seed)
    times = np.arange(16000) / 16000
    pairs, boxes = [], []
    for _ in range(n_samples):
        image = rng.integers(90, 110, (32, 32, 3), dtype=np.uint8)
        sounding, silent = rng.choice(4, 2, replace=False)
        (row, column), (below, right) = rng.integers(0, 6, 2), rng.integers(16, 22, 2)
        image[row : row + 10, column : column + 10] = COLOURS[sounding]
        image[below : below + 10, right : right + 10] = COLOURS[silent]
        boxes.append((column, row, column + 10, row + 10))
        tone = np.sin(2 * np.pi * FREQUENCIES[sounding] * rng.uniform(0.95, 1.05) * times)
        pairs.append((image, tone + 0.05 * rng.standard_normal(16000)))
    # The sounding square is the upper left one before half of the pictures are turned.
    boxes = np.array(boxes) / 32
    for i in range(0, n_samples, 2):
        pairs[i] = (pairs[i][0][::-1, ::-1].copy(), pairs[i][1])
        boxes[i] = 1 - boxes[i, [2, 3, 0, 1]]
    return pd.DataFrame(pairs, columns=["image", "audio"]), boxes


class MeanColours(torch.nn.Module):
    """Mean colour of each of 16 x 16 cells."""

    def forward(self, pictures):
        return torch.nn.functional.adaptive_avg_pool2d(pictures, 16)


class MeanSpectrum(torch.nn.Module):
    """Trained features of the mean spectrum of each patch."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(64, 8)

    def forward(self, patches):
        return self.linear(patches.mean(2)).relu()


def make_localizer(image_network=MeanColours, audio_network=None, **params):
    defaults = {"image_size": 32, "sound_duration": 1.0, "max_epochs": 1, "batch_size": 32}
    return SemanticContrastiveLocalizer(
        image_network,
        audio_network=audio_network,
        **defaults | {"random_state": 0, "device": "cpu"} | params,
    )


def pointing(localizer, X, boxes):
    point = localizer.predict(X)
    return ((point >= boxes[:, :2]) & (point <= boxes[:, 2:])).all(axis=1).mean()


def same_weights(first, second):
    return all(np.array_equal(first.weights_[key], second.weights_[key]) for key in first.weights_)


def test_finds_the_sounding_square():
    X, _ = coloured_squares(256)
    localizer = make_localizer(whiten=False, max_epochs=12, lr=1e-2).fit(X)
    X_test, boxes = coloured_squares(64, seed=1)
    assert pointing(localizer, X_test, boxes) > 0.7
    shuffled = X_test.assign(audio=np.roll(X_test["audio"].to_numpy(), 1))
    assert pointing(localizer, shuffled, boxes) < 0.5
    assert localizer.score(X_test, boxes) > 0.6
    losses = localizer.history_["train_loss"]
    assert losses[-1] < 0.75 * losses[0]


@pytest.mark.parametrize("train_networks", [False, True])
def test_what_is_trained(train_networks):
    X, _ = make_pairs()
    params = {"train_networks": train_networks, "segments": "grid"}
    localizer = make_localizer(SceneNet(widths=(4, 4, 4, 6)), MeanSpectrum, **params)
    before = localizer.fit(X).weights_
    after = localizer.set_params(max_epochs=2).fit(X).weights_
    changed = {key for key in before if not np.array_equal(before[key], after[key])}
    networks = {key for key in before if ".network." in key and not key.endswith("num_batches")}
    assert networks
    assert {key for key in changed if ".network." in key} == (networks if train_networks else set())
    assert {key for key in before if key.startswith("head.")} <= changed
    assert ("head.adapt.weight" in before) != train_networks


@pytest.mark.parametrize("cached_views", [1, None])
def test_a_single_segment_is_no_segment(cached_views):
    X, _ = make_pairs()
    whole = make_localizer(segments="grid", n_cells=1, cached_views=cached_views).fit(X)
    assert same_weights(whole, make_localizer(cached_views=cached_views).fit(X))


@pytest.mark.parametrize("segments", ["felzenszwalb", "grid"])
@pytest.mark.parametrize("cached_views", [2, None])
def test_segments_change_what_is_learned(segments, cached_views, tmp_path):
    pytest.importorskip("skimage")
    X, _ = make_pairs()
    params = {"cached_views": cached_views, "max_epochs": 2}
    segmented = make_localizer(segments=segments, **params).fit(X)
    assert not same_weights(segmented, make_localizer(**params).fit(X))
    for _ in range(2):
        kept = make_localizer(segments=segments, memory=str(tmp_path), **params).fit(X)
        assert same_weights(kept, segmented)


def test_kept_segments_are_those_of_the_number_of_cells(tmp_path):
    X, _ = make_pairs()
    for n_cells in (2, 8):
        params = {"segments": "grid", "n_cells": n_cells}
        kept = make_localizer(**params, memory=str(tmp_path)).fit(X)
        assert same_weights(kept, make_localizer(**params).fit(X))


def test_loss_at_the_start_is_chance():
    X, _ = make_pairs(16)
    localizer = make_localizer(temperature=1e6, batch_size=16, lr=1e-9).fit(X)
    assert localizer.history_["train_loss"][0] == pytest.approx(2 * np.log(13), rel=1e-5)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"segments": "watershed"}, "segments"),
        ({"n_cells": 0}, "n_cells"),
        ({"negative_ratio": 1.5}, "negative_ratio"),
        ({"negative_ratio": 0.01}, "negative_ratio must keep .* 12 pairs .* got 0.01"),
        ({"temperature": 0}, "temperature"),
        ({"hidden_size": 0}, "hidden_size"),
        ({"train_networks": "image"}, "train_networks"),
    ],
)
def test_bad_parameters_are_named(params, message):
    with pytest.raises(ValueError, match=message):
        make_localizer(**params).fit(make_pairs()[0])


def test_few_pairs_need_a_negative():
    with pytest.raises(ValueError, match=r"of the 3 pairs .* got 0.25.*or add pairs"):
        make_localizer(negative_ratio=0.25).fit(make_pairs(3)[0])
