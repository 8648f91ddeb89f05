import torch
from torch import nn


class EachFrame(nn.Module):
    """Network that is applied to each frame, or each block of frames, separately.

    Parameters
    ----------
    network : torch.nn.Module
        Module that maps (n, n_maps, n_block_frames, n_freqs) to (n, ...).
    as_rows : bool, default=False
        Whether the maps are the rows of one single map: (n, 1, n_maps, n_freqs).
    """

    def __init__(self, network, *, as_rows=False):
        super().__init__()
        self.network = network
        self.as_rows = as_rows

    def forward(self, x):
        """Outputs of shape (n_samples, n_frames, ...)."""
        # Maps are made the fastest axis: convolutions keep that order, and go faster with it.
        if self.as_rows:
            images = x.permute(0, 3, 1, 2).contiguous().unsqueeze(-1)
        else:
            images = x.permute(0, 3, 4, 2, 1).contiguous()
        outputs = self.network(images.flatten(0, 1).permute(0, 3, 1, 2))
        return outputs.unflatten(0, images.shape[:2])


class Residual(nn.Module):
    """Rectified sum of the input and the output of a branch."""

    def __init__(self, branch):
        super().__init__()
        self.branch = branch

    def forward(self, x):
        """``relu(x + branch(x))``."""
        return torch.relu_(x + self.branch(x))


class Transpose(nn.Module):
    """Exchange of two axes."""

    def __init__(self, *axes):
        super().__init__()
        self.axes = axes

    def forward(self, x):
        """The transposed tensor, in the memory order of convolutions over axis 1."""
        return x.transpose(*self.axes).contiguous(memory_format=torch.channels_last)


def conv_norm_relu(n_inputs, n_outputs, kernel_size, *, relu=True, **options):
    """Layers of a convolution, batch norm and, by default, a rectifier."""
    layers = [nn.Conv2d(n_inputs, n_outputs, kernel_size, **options), nn.BatchNorm2d(n_outputs)]
    return [*layers, nn.ReLU(inplace=True)] if relu else layers


def dense_norm_relu(n_inputs, n_outputs):
    """Layers of a dense layer, batch norm and a rectifier."""
    return [nn.Linear(n_inputs, n_outputs), nn.BatchNorm1d(n_outputs), nn.ReLU(inplace=True)]


class Mean(nn.Module):
    """Mean in place of the sum: output of a layer, divided by the number of its inputs."""

    def __init__(self, n_inputs):
        super().__init__()
        self.n_inputs = n_inputs

    def forward(self, x):
        """``x / n_inputs``."""
        return x / self.n_inputs


def output_layer(layer, output_init):
    """The layer, with weights and biases of 0 if ``output_init`` is ``"zeros"``."""
    if output_init == "zeros":
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    return layer
