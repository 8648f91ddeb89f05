import torch
from torch import nn

from sslearn.networks._causal_layers import AlongFrequency, AlongTime, Causal, CausalConv, TimePool
from sslearn.networks._phase_outputs import PhaseOutputs
from sslearn.networks.layers import PrivateDropout


def lstm(n_inputs, n_outputs, *, bidirectional):
    """LSTM over rows; each of two directions has half of the outputs."""
    if bidirectional and n_outputs % 2:
        raise ValueError(f"n_units must be even, half for each direction; got {n_outputs}.")
    n_units = n_outputs // 2 if bidirectional else n_outputs
    return nn.LSTM(n_inputs, n_units, batch_first=True, bidirectional=bidirectional)


class FullNarrowBlock(nn.Module):
    """Recurrence along frequency, then along time, each joined to the input of the network.

    Parameters
    ----------
    full, narrow : torch.nn.Module
        Layers of rows along frequency and along time.
    dropout : float, default=0.0
        Probability of dropping an output of either in training.
    mixers : tuple of torch.nn.Module, default=None
        Layers after each recurrence and its joined input; None means none.
    n_pairs : int, default=None
        Consecutive samples whose mean is joined as well; None joins no mean.
    """

    def __init__(self, full, narrow, dropout=0.0, mixers=None, n_pairs=None):
        super().__init__()
        self.full, self.narrow = AlongFrequency(full), AlongTime(narrow)
        self.dropout = PrivateDropout(dropout)
        self.mixers = nn.ModuleList(mixers or (nn.Identity(), nn.Identity()))
        self.n_pairs = n_pairs

    def step(self, z, inputs, state):
        """Features of z, (n, n_frames, n_freqs, n_features), and the state along time."""
        after_full, after_narrow = self.mixers
        z, state = self.narrow.step(after_full(self._join(self.full(z), inputs)), state)
        return after_narrow(self._join(z, inputs)), state

    def _join(self, z, inputs):
        z = self.dropout(z)
        if self.n_pairs is None:
            return torch.cat([z, inputs], -1)
        pairs = z.unflatten(0, (-1, self.n_pairs))
        mean = pairs.mean(1, keepdim=True).expand_as(pairs).flatten(0, 1)
        return torch.cat([z, mean, inputs], -1)


class FullNarrowTrunk(Causal):
    """Encoder and blocks, of maps (n, n_maps, n_freqs, n_frames).

    Parameters
    ----------
    encoder : torch.nn.Module
        Layer before the first block.
    blocks : list of FullNarrowBlock
        Blocks.
    join : bool, default=False
        Whether the maps are joined to the features of the last block.
    """

    def __init__(self, encoder, blocks, *, join=False):
        super().__init__()
        self.encoder = encoder
        self.blocks = nn.ModuleList(blocks)
        self.join = join

    def step(self, x, state):
        """Features (n, n_features, n_frames, n_freqs) and the states of the blocks."""
        # (n, n_frames, n_freqs, n_maps): rows along either axis keep their features together.
        inputs = x.permute(0, 3, 2, 1).contiguous()
        z, states = self.encoder(inputs), []
        for block, before in zip(self.blocks, state or [None] * len(self.blocks), strict=True):
            z, after = block.step(z, inputs, before)
            states.append(after)
        z = torch.cat([z, inputs], -1) if self.join else z
        # The maps are the fastest axis, the order in which convolutions are fastest.
        return z.permute(0, 3, 1, 2), states


class ResidualTrunk(Causal):
    """Recurrences along frequency and time with sums between them, of maps.

    Parameters
    ----------
    n_maps, n_units : int
        Maps of the input, features of each layer.
    n_blocks : int
        Number of blocks.
    dropout : float
        Probability of dropping an output of a recurrence in training.
    causal : bool
        Whether the recurrence along time runs forward only.
    """

    def __init__(self, n_maps, n_units, n_blocks, dropout, causal):
        super().__init__()
        widths = [n_maps] + [n_units] * (n_blocks - 1)
        self.full = nn.ModuleList(
            AlongFrequency(lstm(n, n_units, bidirectional=True)) for n in widths
        )
        widths[0] += n_units
        self.narrow = nn.ModuleList(
            AlongTime(lstm(n, n_units, bidirectional=not causal)) for n in widths
        )
        self.dropout = PrivateDropout(dropout)

    def step(self, x, state):
        """Features (n, n_features, n_frames, n_freqs) and the states along time."""
        z, full, states = x.permute(0, 3, 2, 1).contiguous(), None, []
        blocks = zip(self.full, self.narrow, state or [None] * len(self.full), strict=True)
        for along_frequency, along_time, before in blocks:
            first = full is None
            full = along_frequency(z if first else z + full)
            dropped = self.dropout(full)
            # Joined in the first block, where the widths differ; added in the later ones.
            mixed = torch.cat([dropped, z], -1) if first else dropped + z
            z, after = along_time.step(mixed, before)
            z = self.dropout(z)
            states.append(after)
        return z.permute(0, 3, 1, 2), states


def phase_head(n_features, n_filters, n_outputs, pool_sizes, output_shape, output_order):
    """Layers from features (n, n_features, n_frames, n_freqs) to outputs of blocks of frames.

    Parameters
    ----------
    n_features, n_filters, n_outputs : int
        Channels before, between and after the convolutions, in each bin.
    pool_sizes : tuple of int
        Frames that become one after each convolution but the last.
    output_shape, output_order
        As in :class:`PhaseOutputs`.
    """
    layers = []
    for pool_size in pool_sizes:
        layers += [CausalConv(n_features, n_filters), nn.ReLU(inplace=True), TimePool(pool_size)]
        n_features = n_filters
    layers += [CausalConv(n_features, n_outputs), nn.Tanh()]
    return [*layers, PhaseOutputs(output_shape, output_order)]
