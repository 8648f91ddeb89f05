from torch import nn
from torch.nn import functional

from sslearn.networks._causal_layers import CausalConv, TimePool


class Permute(nn.Module):
    """Axes in another order."""

    def __init__(self, *axes):
        super().__init__()
        self.axes = axes

    def forward(self, x):
        """A view of x."""
        return x.permute(self.axes)


class SplitPairs(nn.Module):
    """Maps of the first microphone and each other one, as samples of a batch.

    Parameters
    ----------
    n_mics : int
        Number of microphones, each with one map in either half of the maps.
    """

    def __init__(self, n_mics):
        super().__init__()
        # Real parts (or levels) of microphones 0 and m, then imaginary parts (or phases).
        self.maps = [[0, m, n_mics, n_mics + m] for m in range(1, n_mics)]

    def forward(self, x):
        """Maps (n n_pairs, 4, n_freqs, n_frames) of maps (n, 2 n_mics, n_freqs, n_frames)."""
        return x[:, self.maps].flatten(0, 1)


class JoinPairs(nn.Module):
    """Outputs of the pairs of a sample, joined.

    Parameters
    ----------
    n_pairs : int
        Number of pairs.
    """

    def __init__(self, n_pairs):
        super().__init__()
        self.n_pairs = n_pairs

    def forward(self, x):
        """Outputs (n, ..., n_outputs n_pairs) of (n n_pairs, ..., n_outputs)."""
        # Pairs vary fastest: C order of (n_outputs, n_pairs), the layout of the phase targets.
        return x.unflatten(0, (-1, self.n_pairs)).movedim(1, -1).flatten(-2)


def pair_convolutions(n_filters, pool_sizes):
    """Layers of two convolutions and a maximum over (n_freqs, n_frames) for each of the sizes."""
    layers, n_inputs = [], 4
    for n_freqs, n_frames in pool_sizes:
        for n in (n_inputs, n_filters):
            layers += [CausalConv(n, n_filters), nn.BatchNorm2d(n_filters), nn.ReLU(inplace=True)]
        layers.append(TimePool(n_frames, n_freqs, functional.max_pool2d))
        n_inputs = n_filters
    return layers
