"""Layers that see no later frame, and continue where the last chunk of a signal ended.

``step(x, state=None)`` returns the outputs of the next frames, none included, and the state after
them; ``None`` is the state before the first frame.
"""

import torch
from torch import nn
from torch.nn import functional


class CausalChain(nn.Sequential):
    """Network of layers in a row, of which some have a state."""

    def initial_state(self, batch_size):
        """State before the first frame, of any number of signals."""
        return [None] * len(self)

    def step(self, x, state):
        """Outputs of the next frames, and the state after them."""
        states = []
        for layer, before in zip(self, state, strict=True):
            x, after = layer.step(x, before) if hasattr(layer, "step") else (layer(x), None)
            states.append(after)
        return x, states


class Causal(nn.Module):
    """Base of layers with a state: a whole signal is one step."""

    def forward(self, x):
        """Outputs of all frames."""
        return self.step(x)[0]


class CausalConv(Causal):
    """Convolution (3 x 3) of (n, n_inputs, n_frames, n_freqs): two frames back, both neighbours.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Channels before and after.
    """

    def __init__(self, n_inputs, n_outputs):
        super().__init__()
        self.conv = nn.Conv2d(n_inputs, n_outputs, 3, padding=(0, 1), bias=False)

    def step(self, x, state=None):
        """Outputs for the frames of x; the state is the two frames before."""
        past = functional.pad(x, (0, 0, 2, 0)) if state is None else torch.cat([state, x], 2)
        if x.shape[2]:
            outputs = self.conv(past)
        else:
            outputs = x.new_empty(len(x), self.conv.out_channels, 0, x.shape[3])
        # A view would keep the whole chunk.
        return outputs, past[:, :, -2:].clone()


class TimePool(Causal):
    """Mean or maximum of blocks of frames and bins of (n, n_channels, n_frames, n_freqs).

    Parameters
    ----------
    n_frames : int
        Frames that become one; what does not fill the last block is dropped.
    n_freqs : int, default=1
        Bins that become one.
    pool : callable, default=torch.nn.functional.avg_pool2d
        Function of the maps and the size of a block.
    """

    def __init__(self, n_frames, n_freqs=1, pool=functional.avg_pool2d):
        super().__init__()
        self.size = (n_frames, n_freqs)
        self.pool = pool

    def step(self, x, state=None):
        """Blocks that x completes; the state is the frames of the block that is not full."""
        x = x if state is None else torch.cat([state, x], 2)
        n_blocks, n_left = divmod(x.shape[2], self.size[0])
        whole, left = x.split([x.shape[2] - n_left, n_left], 2)
        if n_blocks:
            blocks = self.pool(whole, self.size)
        else:
            blocks = x.new_empty(*x.shape[:2], 0, x.shape[3] // self.size[1])
        return blocks, left.clone()


class AlongTime(Causal):
    """Recurrence along the frames of (n, n_frames, n_freqs, n_features), the same in each bin.

    Parameters
    ----------
    layer : torch.nn.Module
        Maps rows (n_rows, n_steps, n_features) and a state to outputs and a state, as the
        recurrent layers of torch do. In both directions it has no use for ``step``.
    """

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def step(self, x, state=None):
        """Outputs for the frames of x; the state is that of the layer."""
        rows = x.transpose(1, 2).flatten(0, 1)
        if x.shape[1]:
            rows, state = self.layer(rows, state)
        else:
            rows = self.layer(rows.new_zeros(len(rows), 1, rows.shape[2]))[0][:, :0]
        return rows.unflatten(0, (len(x), x.shape[2])).transpose(1, 2), state


class AlongFrequency(nn.Module):
    """Recurrence along the bins of (n, n_frames, n_freqs, n_features), the same in each frame.

    Parameters
    ----------
    layer : torch.nn.Module
        As in :class:`AlongTime`.
    """

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        """Outputs of all bins."""
        return self.layer(x.flatten(0, 1))[0].unflatten(0, x.shape[:2])
