"""Causal layers, which continue where the last chunk of a signal ended.

``step(x, state)`` returns the outputs of the next frames and the state after them; ``None`` is the
state before the first frame.
"""

import torch
from torch import nn
from torch.nn import functional


def with_past(x, past, axis):
    """Join frames to those before them, and keep the last ones for the next step.

    Parameters
    ----------
    x, past : Tensor
        Next frames, and those before them.
    axis : int
        Axis of frames.

    Returns
    -------
    joined : Tensor
        Frames of both.
    last : Tensor
        The last frames, as many as in ``past``.
    """
    joined = torch.cat([past, x], axis)
    # A copy: a view would keep the memory of the whole chunk.
    return joined, joined.narrow(axis, x.shape[axis], past.shape[axis]).clone()


def whole_blocks(x, waiting, size, axis):
    """Split frames into those that fill blocks, and those that wait for more of them.

    Parameters
    ----------
    x : Tensor
        Next frames.
    waiting : Tensor or None
        Frames of the block that is not full.
    size, axis : int
        Frames of a block, axis of frames.

    Returns
    -------
    whole, waiting : Tensor
        All frames but the last ones, which do not fill a block.
    """
    x = x if waiting is None else torch.cat([waiting, x], axis)
    n_left = x.shape[axis] % size
    whole, left = x.split([x.shape[axis] - n_left, n_left], axis)
    return whole, left.clone()


class Chain(nn.Sequential):
    """Network of layers in a row, of which some have a state.

    Parameters
    ----------
    layers : iterable of torch.nn.Module
        Layers.
    output_shape : tuple of int
        Shape of one output.
    """

    def __init__(self, layers, output_shape):
        super().__init__(*layers)
        self.output_shape = output_shape

    def forward(self, x):
        """Outputs (n_samples, n_frames, *output_shape) of (n_samples, n_maps, n_freqs, ...)."""
        return self._step(x, [None] * len(self))[0]

    def _step(self, x, state):
        n_samples, state = x.shape[0], list(state)
        for i, layer in enumerate(self):
            if x.numel() == 0:  # no frame, or none that fills a block
                return x.new_empty(n_samples, 0, *self.output_shape), state
            if hasattr(layer, "step"):
                x, state[i] = layer.step(x, state[i])
            else:
                x = layer(x)
        return x, state


class CausalChain(Chain):
    """Chain of causal layers."""

    def initial_state(self, batch_size):
        """Return the state before the first frame, the same for any number of samples."""
        return [None] * len(self)

    def step(self, x, state):
        """Outputs of the next frames, laid out as in ``forward``, and the state after them."""
        return self._step(x, state)


class Causal(nn.Module):
    """Base of layers with a state: a whole signal is one step."""

    def forward(self, x):
        """Outputs of all frames."""
        return self.step(x, None)[0]


class CausalConv(Causal):
    """Causal convolution (3 x 3) of (n, n_inputs, n_frames, n_freqs): two past frames.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Channels before and after.
    """

    def __init__(self, n_inputs, n_outputs):
        super().__init__()
        # Zeros beside the bins; frames are padded by the past alone, which makes it causal.
        self.conv = nn.Conv2d(n_inputs, n_outputs, 3, padding=(0, 1), bias=False)

    def step(self, x, state):
        """Outputs for the frames of x; the state is the two frames before."""
        if state is None:  # in the memory order of convolutions
            state = x.new_zeros(x.shape[0], 2, x.shape[3], x.shape[1]).permute(0, 3, 1, 2)
        padded, state = with_past(x, state, 2)
        return self.conv(padded), state


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

    def step(self, x, state):
        """Blocks that x completes; the state is the frames of the block that is not full."""
        whole, state = whole_blocks(x, state, self.size[0], 2)
        return (self.pool(whole, self.size) if whole.numel() else whole), state


class AlongTime(Causal):
    """Recurrence along the frames of (n, n_frames, n_freqs, n_features), the same in each bin.

    Parameters
    ----------
    layer : torch.nn.Module
        Maps rows (n_rows, n_steps, n_features) and a state to outputs and a state, as the
        recurrent layers of torch do.
    """

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def step(self, x, state):
        """Outputs for the frames of x; the state is that of the layer."""
        # Rows (n n_freqs, n_frames, n_features): one sequence for each bin.
        rows, state = self.layer(x.transpose(1, 2).flatten(0, 1), state)
        return rows.unflatten(0, (x.shape[0], x.shape[2])).transpose(1, 2), state


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
        return self.layer(x.flatten(0, 1), None)[0].unflatten(0, x.shape[:2])
