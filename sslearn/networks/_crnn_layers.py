import torch
from torch import nn

from sslearn.networks.layers import PrivateDropout


class ChannelsLast(nn.Module):
    """Maps in the memory order in which convolutions are fastest."""

    def forward(self, x):
        """The same values."""
        return x.contiguous(memory_format=torch.channels_last)


class FrequencyBlock(nn.Sequential):
    """Convolution, rectifier, batch norm, max pooling over frequency alone, dropout.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Maps before and after.
    pool_size : int
        Frequencies that become one; what does not fill the last pool is dropped.
    norm : torch.nn.Module
        Batch norm of (n, n_outputs, n_freqs, n_frames).
    dropout : float
        Probability of dropping a unit in training.
    """

    def __init__(self, n_inputs, n_outputs, pool_size, norm, dropout):
        super().__init__(
            nn.Conv2d(n_inputs, n_outputs, 3, padding=1),
            nn.ReLU(inplace=True),
            norm,
            nn.MaxPool2d((pool_size, 1)),
            PrivateDropout(dropout),
        )


class FrameNorm(nn.BatchNorm1d):
    """Batch norm with a scale and a shift for each frame, of (n, n_maps, n_freqs, n_frames)."""

    def forward(self, x):
        """Normalised maps."""
        if x.shape[3] != self.num_features:
            raise ValueError(
                f"norm_axis='frame' ties CRNN to the {self.num_features} frames that it was built "
                f"for; got {x.shape[3]}. Cut clips to one length, or set norm_axis='channel'."
            )
        # A view of maps in the order of ChannelsLast: nothing is copied.
        rows = x.permute(0, 2, 3, 1)
        return super().forward(rows.flatten(0, 1)).unflatten(0, rows.shape[:2]).permute(0, 3, 1, 2)


class FrequenciesFirst(nn.Module):
    """Features of each frame: all maps of the lowest frequency, then of the next one."""

    def forward(self, x):
        """Features (n, n_frames, n_freqs n_maps) of maps (n, n_maps, n_freqs, n_frames)."""
        return x.permute(0, 3, 2, 1).flatten(2)


class BidirectionalLSTM(nn.LSTM):
    """Layers of LSTM in both directions over (n, n_frames, n_features), full sequences.

    Each gate has one trainable bias: the second one that torch adds stays 0. The forget gate
    starts open, with a bias of 1.
    """

    def __init__(self, n_features, n_units, n_layers):
        super().__init__(n_features, n_units, n_layers, batch_first=True, bidirectional=True)
        for name, parameter in self.named_parameters():
            if name.startswith("weight_ih"):
                nn.init.xavier_uniform_(parameter)
            elif name.startswith("weight_hh"):
                nn.init.orthogonal_(parameter)
            else:
                nn.init.zeros_(parameter)
                if name.startswith("bias_hh"):
                    parameter.requires_grad_(False)
                else:
                    # Gates are stacked in the order input, forget, cell, output.
                    nn.init.ones_(parameter.data[n_units : 2 * n_units])

    def forward(self, x):
        """Outputs of both directions, joined: (n, n_frames, 2 n_units)."""
        return super().forward(x)[0]


def start_glorot(module):
    """Glorot uniform weights and no bias for the convolutions and dense layers of a module."""
    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
