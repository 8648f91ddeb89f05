"""A minimal audio-visual localizer, and pairs that it learns from."""

import numpy as np
import pandas as pd

from sslearn.audiovisual import AudioVisualLocalizer
from sslearn.networks import SceneNet


def make_head(n_channels, n_features, deaf=False):
    import torch
    from torch.nn.functional import normalize

    class Head(torch.nn.Module):
        """Linear map of the sound; the loss is that of contrasts between pairs."""

        def __init__(self):
            super().__init__()
            self.fc = torch.nn.Linear(n_features, n_channels)

        def query(self, e):
            e = e.mean(1)
            return normalize(self.fc(torch.zeros_like(e) if deaf else e), dim=1)

        def similarity(self, v, e):
            return torch.einsum("bchw,bc->bhw", normalize(v, dim=1), self.query(e))

        def embedding(self, v, e):
            return self.query(e)

        def forward(self, first, second, e, *labels):
            query = self.query(e)
            return tuple(
                torch.einsum("bchw,dc->bdhw", normalize(v, dim=1), query).flatten(2).amax(2)
                for v in (first, second)
            )

    return Head()


def contrast(outputs, targets):
    from torch import arange
    from torch.nn.functional import cross_entropy

    return sum(cross_entropy(scores / 0.1, arange(len(scores))) for scores in outputs)


class ContrastLocalizer(AudioVisualLocalizer):
    """The base with the least that a subclass defines."""

    def __init__(
        self,
        image_network=None,
        audio_network=None,
        *,
        deaf=False,
        train_networks=False,
        segment=None,
        whiten=True,
        image_size=32,
        fs=16000,
        sound_duration=1.0,
        augmentation=None,
        cached_views=2,
        memory=None,
        lr=1e-3,
        max_epochs=2,
        batch_size=8,
        training=None,
        callbacks=None,
        device="cpu",
        warm_start=False,
        random_state=0,
        verbose=0,
        n_jobs=None,
    ):
        self.image_network = image_network
        self.audio_network = audio_network
        self.deaf = deaf
        self.train_networks = train_networks
        self.segment = segment
        self.whiten = whiten
        self.image_size = image_size
        self.fs = fs
        self.sound_duration = sound_duration
        self.augmentation = augmentation
        self.cached_views = cached_views
        self.memory = memory
        self.lr = lr
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.training = training
        self.callbacks = callbacks
        self.device = device
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.n_jobs = n_jobs

    @property
    def _frozen(self):
        return not self.train_networks, True

    def _make_head(self, image_shape, sound_shape):
        return make_head(image_shape[0], sound_shape[1], self.deaf)

    def _criterion(self, batch_size):
        return contrast

    def _segmenter(self):
        return self.segment


def make_pairs(n=12, size=32, seed=0):
    """Squares on noise, whose grey follows the pitch of the sound; boxes of the squares."""
    rng = np.random.default_rng(seed)
    images, sounds, boxes = [], [], []
    times = np.arange(16000) / 16000
    for i in range(n):
        image = rng.integers(0, 80, (size, size, 3), dtype=np.uint8)
        x, y = rng.integers(0, size // 2, 2)
        image[y : y + size // 2, x : x + size // 2, i % 3] += 150
        images.append(image)
        tone = np.sin(2 * np.pi * (300 + 900 * (i % 3)) * times)
        sounds.append((tone + 0.1 * rng.standard_normal(16000)).astype(np.float32))
        boxes.append(np.array([x, y, x + size // 2, y + size // 2]) / size)
    return pd.DataFrame({"image": images, "audio": sounds}), np.array(boxes)


def small(**params):
    """A localizer with a small random backbone."""
    return ContrastLocalizer(SceneNet(widths=(8, 8, 8, 8)), **params)
