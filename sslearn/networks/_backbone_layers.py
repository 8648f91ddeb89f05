"""Layers of backbones; this module imports torch."""

import torch
from torch import nn


def channels_last(x):
    """Maps in the memory order in which convolutions are fastest."""
    return x.contiguous(memory_format=torch.channels_last)


class PictureNorm(nn.Module):
    """Pictures from 0 to 1 with the mean and the scale that weights trained on ImageNet expect."""

    mean = (0.485, 0.456, 0.406)
    std = (0.229, 0.224, 0.225)

    def forward(self, x):
        """Standardize each colour; constants, so that state dicts have the keys of the files."""
        mean, std = (x.new_tensor(v)[:, None, None] for v in (self.mean, self.std))
        return channels_last((x - mean) / std)


class PatchEmbedding(nn.Module):
    """Convolutions and dense layers of VGGish, one patch at a time.

    Parameters
    ----------
    features, embeddings : torch.nn.Sequential
        Layers of (n, 1, 96, 64), and of the vector of their outputs.
    """

    def __init__(self, features, embeddings):
        super().__init__()
        self.features = features
        self.embeddings = embeddings

    def forward(self, x):
        """Embeddings (n_samples, n_patches, n_features) of (n_samples, n_patches, 96, 64)."""
        maps = self.features(x.flatten(0, 1).unsqueeze(1))
        # The weights were trained on vectors in the order time, mel, channel.
        rows = maps.permute(0, 2, 3, 1).flatten(1)
        return self.embeddings(rows).unflatten(0, x.shape[:2])


class PatchStatistics(nn.Module):
    """Mean and standard deviation of each band over the frames of all patches."""

    def forward(self, x):
        """Statistics (n_samples, 1, 128) of (n_samples, n_patches, 96, 64)."""
        sd, mean = torch.std_mean(x.flatten(1, 2), dim=1, correction=0, keepdim=True)
        return torch.cat([mean, sd], dim=2)


class NormalizedPictures(nn.Module):
    """Normalization of pictures, then layers under the name ``features``.

    Parameters
    ----------
    features : torch.nn.Sequential
        Layers.
    """

    def __init__(self, features):
        super().__init__()
        self.normalize = PictureNorm()
        self.features = features

    def forward(self, x):
        """Features of pictures from 0 to 1."""
        return self.features(self.normalize(x))


class BasicBlock(nn.Module):
    """Two convolutions beside a shortcut, under the names of torchvision.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Maps before and after.
    stride : int
        Step of the first convolution.
    """

    def __init__(self, n_inputs, n_outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(n_inputs, n_outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_outputs)
        self.conv2 = nn.Conv2d(n_outputs, n_outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_outputs)
        self.downsample = None
        if n_inputs != n_outputs or stride > 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(n_inputs, n_outputs, 1, stride, bias=False), nn.BatchNorm2d(n_outputs)
            )

    def forward(self, x):
        """Rectified sum of both paths."""
        shortcut = x if self.downsample is None else self.downsample(x)
        return (self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())) + shortcut).relu()


def start_he(module):
    """Draw the weights of convolutions with He's scale, which suits many layers of rectifiers."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return module
