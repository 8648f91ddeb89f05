"""Windows of pictures with strong changes of colour; this module imports torch."""

from functools import partial

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import skip_init

# Shares of windows without colour and of negatives; factors of contrast; side and strength of the
# field of colours that is laid over a window.
_GRAY, _INVERTED = 0.3, 0.3
_GAINS = (0.6, 1.4)
_FIELD_CELLS, _FIELD = 3, 0.5
# Width of both layers of the head.
_N_HIDDEN = 64


class WindowPairs:
    """Loader of pairs of windows from one region of a random picture.

    Parameters
    ----------
    pictures : torch.Tensor of shape (n_pictures, height, width, 3), uint8
        Pictures.
    window_size, region_size : int
        Sides in pixels.
    seed : int
        Seed of all draws.
    like : torch.Tensor
        Tensor of the device and dtype that windows get.
    """

    def __init__(self, pictures, window_size, region_size, seed, like):
        self.pictures = pictures
        self.window_size, self.region_size = window_size, region_size
        self.generator = torch.Generator("cpu").manual_seed(seed)
        self.like = like

    def __call__(self, parts):
        """Yield windows (n, 2, 3, window_size, window_size) for each of several index tensors."""
        for part in parts:
            windows = self._draw(len(part)).to(self.like) / 255
            yield recolor(windows, self.generator).unflatten(0, (len(part), 2))

    def _draw(self, n_pairs):
        """Windows (2 n_pairs, 3, window_size, window_size), uint8, partners side by side."""
        n_pictures, *sides = self.pictures.shape[:3]
        pixels = [self._pixels(side, n_pairs) for side in sides]
        picture = self._integers(n_pictures, n_pairs, 1, 1, 1)
        # Indices (n, 1, 1, 1), (n, 2, w, 1) and (n, 2, 1, w) select (n, 2, w, w, 3).
        windows = self.pictures[picture, pixels[0][..., None], pixels[1][:, :, None]]
        return windows.flatten(0, 1).permute(0, 3, 1, 2)

    def _pixels(self, side, n_pairs):
        """Pixels (n_pairs, 2, window_size) along one side of both windows of each region."""
        # Both windows lie in the region: start of the region plus a start within it.
        region = self._integers(side - self.region_size + 1, n_pairs, 1, 1)
        window = self._integers(self.region_size - self.window_size + 1, n_pairs, 2, 1)
        return region + window + torch.arange(self.window_size, device="cpu")

    def _integers(self, stop, *shape):
        return torch.randint(stop, shape, generator=self.generator, device="cpu")


def recolor(x, generator):
    """Change the colours of pictures strongly, so that only shapes remain in common.

    Parameters
    ----------
    x : torch.Tensor of shape (n, 3, height, width)
        Pictures from 0 to 1.
    generator : torch.Generator
        Source of all draws, on the CPU.

    Returns
    -------
    recolored : torch.Tensor of shape (n, 3, height, width)
        Pictures from 0 to 1: channels in random order, contrast and a smooth field of colours,
        some without colour, some as negatives.
    """
    n = len(x)

    def uniform(*shape):
        on_cpu = {"generator": generator, "dtype": torch.float32, "device": "cpu"}
        return torch.rand(n, *shape, **on_cpu).to(x)

    order = uniform(3).argsort(1)
    x = x.gather(1, order[..., None, None].expand_as(x))
    x = torch.where(uniform(1, 1, 1) < _GRAY, x.mean(1, keepdim=True), x)
    gain = _GAINS[0] + (_GAINS[1] - _GAINS[0]) * uniform(1, 1, 1)
    field = _FIELD * (2 * uniform(3, _FIELD_CELLS, _FIELD_CELLS) - 1)
    field = F.interpolate(field, x.shape[2:], mode="bilinear", align_corners=True)
    # Contrast about the middle grey, plus a smooth field in [-0.5, 0.5] for each channel.
    x = 0.5 + gain * (x - 0.5) + field
    return torch.where(uniform(1, 1, 1) < _INVERTED, 1 - x, x).clamp(0, 1)


class WindowEmbedding(nn.Module):
    """Backbone with a head that embeds the mean of its map.

    Parameters
    ----------
    backbone : torch.nn.Module
        Network of pictures on its device.
    n_features : int
        Features of the backbone.
    """

    def __init__(self, backbone, n_features):
        super().__init__()
        self.backbone = backbone
        weight = next(backbone.parameters())
        linear = partial(skip_init, nn.Linear, device=weight.device, dtype=weight.dtype)
        first, last = linear(n_features, _N_HIDDEN), linear(_N_HIDDEN, _N_HIDDEN)
        # The head is dropped: it may start alike in every fit, and draws from no global generator.
        generator = torch.Generator(weight.device).manual_seed(0)
        for layer in (first, last):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(layer.bias)
        self.head = nn.Sequential(first, nn.ReLU(), last)

    def forward(self, x):
        """Embeddings of both windows, two tensors (n, n_hidden)."""
        maps = self.backbone(x.flatten(0, 1))
        return self.head(maps.mean((2, 3))).unflatten(0, (-1, 2)).unbind(1)
