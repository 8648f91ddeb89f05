from functools import partial

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, silu

from sslearn.networks._causal_layers import whole_blocks, with_past
from sslearn.networks._mamba_layers import Mamba

# Tensors in the network are (n_frames, n_samples, n_freqs, n_units) and contiguous: a convolution
# over frequency then gets images with channels last, and the scan gets frames, both without a copy.


def _on_image(function, x):
    """Outputs for one image (height, width, channels), in the same order."""
    return function(x.unsqueeze(0).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).squeeze(0)


def _pool_freqs(x, size):
    """Mean of each ``size`` neighbouring frequencies; faster on images than a mean over an axis."""
    if size == 1:
        return x
    pooled = _on_image(partial(avg_pool2d, kernel_size=(1, size)), x.flatten(0, 1))
    return pooled.unflatten(0, x.shape[:2])


class FrameEncoder(nn.Module):
    """Convolution over the past of each bin.

    Parameters
    ----------
    n_maps, n_units : int
        Channels before and after.
    n_freqs : int
        Bins.
    kernel_size : int
        Frames that an output depends on.
    """

    def __init__(self, n_maps, n_units, n_freqs, kernel_size):
        super().__init__()
        self.conv = nn.Conv2d(n_maps, n_units, (kernel_size, 1))
        self.n_freqs = n_freqs

    def initial_state(self, n_samples):
        """Zeros as the frames before the first one."""
        _, n_maps, kernel_size, _ = self.conv.weight.shape
        return self.conv.weight.new_zeros(kernel_size - 1, n_samples, self.n_freqs, n_maps)

    def step(self, x, state):
        """Outputs of the next frames, and the last inputs."""
        padded, state = with_past(x, state, 0)
        y = _on_image(self.conv, padded.flatten(1, 2))
        return y.unflatten(1, x.shape[1:3]), state


class _PReLU(torch.autograd.Function):
    """``max(x, 0) + slope min(x, 0)`` over the last axis, of tensors (n, n_units).

    The backward pass of torch takes twice as long on a CPU.
    """

    @staticmethod
    def forward(ctx, x, slope):
        ctx.save_for_backward(x, slope)
        return torch.prelu(x, slope)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        x, slope = ctx.saved_tensors
        # dy/dx is 1 where x > 0 and the slope elsewhere; dy/dslope is min(x, 0).
        positive = torch.ops.aten.threshold_backward(grad, x, 0.0)
        negative = grad - positive
        return positive.addcmul_(negative, slope), negative.mul_(x).sum(0)


class FrequencyConv(nn.Module):
    """Residual grouped convolution over neighbouring frequencies.

    Parameters
    ----------
    n_units : int
        Channels.
    kernel_size : int
        Frequencies that an output depends on.
    n_groups : int
        Groups of channels, which the convolution does not mix.
    """

    def __init__(self, n_units, kernel_size, n_groups):
        super().__init__()
        self.norm = nn.LayerNorm(n_units)
        self.conv = nn.Conv2d(
            n_units, n_units, (1, kernel_size), padding=(0, kernel_size // 2), groups=n_groups
        )
        self.slope = nn.Parameter(torch.full((n_units,), 0.25))

    def forward(self, x):
        """``x + PReLU(conv(norm(x)))``."""
        y = _on_image(self.conv, self.norm(x).flatten(0, 1))
        # Sums in place: a new tensor of this size costs more than the addition.
        prelu = _PReLU.apply if torch.is_grad_enabled() else torch.prelu
        return prelu(y.flatten(0, 1), self.slope).add_(x.flatten(0, 2)).view_as(x)


class FrequencyLinear(nn.Module):
    """Residual dense layer along frequency, shared by a few channels.

    Parameters
    ----------
    n_units, n_squeezed : int
        Channels, and those that are mixed along frequency.
    n_freqs : int
        Frequencies.
    """

    def __init__(self, n_units, n_squeezed, n_freqs):
        super().__init__()
        self.norm = nn.LayerNorm(n_units)
        self.squeeze = nn.Linear(n_units, n_squeezed)
        self.mix = nn.Linear(n_freqs, n_freqs)
        self.expand = nn.Linear(n_squeezed, n_units)

    def forward(self, x):
        """``x + SiLU(expand(mix(SiLU(squeeze(norm(x))))))``."""
        squeezed = silu(self.squeeze(self.norm(x)))
        return silu(self.expand(self.mix(squeezed.mT).mT)).add_(x)


class NarrowBand(nn.Module):
    """Residual Mamba over the frames of each frequency.

    Parameters
    ----------
    n_units : int
        Channels.
    """

    def __init__(self, n_units):
        super().__init__()
        self.norm = nn.LayerNorm(n_units)
        self.mamba = Mamba(n_units)

    def step(self, x, state):
        """``x + mamba(norm(x))`` in the next frames, and the state after them."""
        y, state = self.mamba.step_frames(self.norm(x).flatten(1, 2), state)
        return y.add_(x.flatten(1, 2)).view_as(x), state


class Layer(nn.Module):
    """Layers across frequencies, then Mamba blocks along time.

    Parameters
    ----------
    n_units, n_squeezed, n_groups : int
        Channels, those that are mixed along frequency, and groups of those of the convolutions.
    n_freqs : int
        Frequencies.
    kernel_size : int
        Frequencies that an output of a convolution depends on.
    pooling : tuple of int
        Frequencies that become one before the first convolution, the dense layer and the blocks.
    """

    def __init__(self, n_units, n_squeezed, n_groups, *, n_freqs, kernel_size, pooling):
        super().__init__()
        n_mixed = n_freqs // (pooling[0] * pooling[1])
        self.conv1 = FrequencyConv(n_units, kernel_size, n_groups)
        self.linear = FrequencyLinear(n_units, n_squeezed, n_mixed)
        self.conv2 = FrequencyConv(n_units, kernel_size, n_groups)
        self.mambas = nn.ModuleList([NarrowBand(n_units), NarrowBand(n_units)])
        self.pooling = pooling
        self.n_freqs = n_mixed // pooling[2]

    def initial_state(self, n_samples):
        """States of both blocks before the first frame."""
        return [block.mamba.initial_state(n_samples * self.n_freqs) for block in self.mambas]

    def step(self, x, state):
        """Outputs of the next frames, and the states after them."""
        first, second, third = self.pooling
        x = self.linear(_pool_freqs(self.conv1(_pool_freqs(x, first)), second))
        x = _pool_freqs(self.conv2(x), third)
        states = []
        for block, before in zip(self.mambas, state, strict=True):
            x, after = block.step(x, before)
            states.append(after)
        return x, states


class TimePooling(nn.Module):
    """Mean over consecutive frames; those that do not fill the last mean wait in the state.

    Parameters
    ----------
    size : int
        Frames that become one.
    """

    def __init__(self, size):
        super().__init__()
        self.size = size

    def initial_state(self, n_samples):
        """No frame waits, whatever the number of samples."""
        return None

    def step(self, x, state):
        """Fewer frames, and the waiting ones."""
        whole, state = whole_blocks(x, state, self.size, 0)
        return whole.unflatten(0, (-1, self.size)).mean(1), state


class FrequencyExpansion(nn.Module):
    """Outputs of all bins from channels of bands.

    Parameters
    ----------
    n_units : int
        Channels of a band.
    n_outputs : int
        Outputs of a bin.
    size : int
        Bins in a band.
    """

    def __init__(self, n_units, n_outputs, size):
        super().__init__()
        self.expand = nn.Linear(n_units, size * n_outputs)
        self.output = nn.Linear(n_outputs, n_outputs)
        self.size = size

    def forward(self, x):
        """Outputs (n_frames, n_samples, n_freqs, n_outputs)."""
        bins = self.expand(x).unflatten(-1, (-1, self.size)).mT  # lowest bin of a band first
        return self.output(torch.tanh(bins.flatten(2, 3)))


class IPDNet2Module(nn.Module):
    """Causal stages, then outputs per bin in the layout of an encoding.

    Parameters
    ----------
    stages : dict of torch.nn.Module
        Modules with a state, in their order.
    expansion : torch.nn.Module
        Module from bands to outputs of bins.
    outputs : PhaseOutputs
        Module from outputs of bins to those of sources.
    """

    def __init__(self, stages, expansion, outputs):
        super().__init__()
        self.stages = nn.ModuleDict(stages)
        self.expansion = expansion
        self.outputs = outputs

    def forward(self, x):
        """Outputs of maps (n_samples, n_maps, n_freqs, n_frames)."""
        return self.step(x, self.initial_state(x.shape[0]))[0]

    def initial_state(self, batch_size):
        """Return the state before the first frame."""
        return [stage.initial_state(batch_size) for stage in self.stages.values()]

    def step(self, x, state):
        """Outputs of the next frames, laid out as in ``forward``, and the state after them."""
        x, state = x.permute(3, 0, 2, 1), list(state)
        for i, stage in enumerate(self.stages.values()):
            if x.shape[0] == 0:
                return x.new_empty(x.shape[1], 0, *self.outputs.output_shape), state
            x, state[i] = stage.step(x, state[i])
        return self.outputs(self.expansion(x).permute(1, 3, 0, 2)), state
