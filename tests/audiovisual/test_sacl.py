import numpy as np
import pandas as pd
import pytest
import torch

from sslearn.audiovisual import SemanticContrastiveLocalizer

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
        for colour, row, column in (
            (sounding, *rng.integers(0, 6, 2)),
            (silent, *rng.integers(16, 22, 2)),
        ):
            image[row : row + 10, column : column + 10] = COLOURS[colour]
            boxes.append((column, row, column + 10, row + 10))
        del boxes[-1]
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


def make_localizer(image_network=MeanColours, **params):
    defaults = {"image_size": 32, "sound_duration": 0.975, "max_epochs": 1, "batch_size": 32}
    return SemanticContrastiveLocalizer(
        image_network, **defaults | {"random_state": 0, "device": "cpu"} | params
    )


def pointing(localizer, X, boxes):
    point = localizer.predict(X)
    return ((point >= boxes[:, :2]) & (point <= boxes[:, 2:])).all(axis=1).mean()


@pytest.mark.parametrize("segments", [None, "felzenszwalb"])
def test_finds_the_sounding_square(segments):
    if segments:
        pytest.importorskip("skimage")
    X, _ = coloured_squares(256)
    localizer = make_localizer(segments=segments, whiten=False, max_epochs=12, lr=1e-2).fit(X)
    X_test, boxes = coloured_squares(64, seed=1)
    assert pointing(localizer, X_test, boxes) > 0.9
    shuffled = X_test.assign(audio=np.roll(X_test["audio"].to_numpy(), 1))
    assert pointing(localizer, shuffled, boxes) < 0.5
    assert localizer.score(X_test, boxes) > 0.5
