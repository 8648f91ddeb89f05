"""Layers shared by networks and neural estimators; this module imports torch."""

import torch
from torch import nn

from sslearn.networks._mamba_layers import Mamba, SelectiveSSM
from sslearn.networks._masked_srp_layers import (
    ArraySteering,
    MaskedSteeringNet,
    array_steering,
    bin_features,
    masked_covariances,
)
from sslearn.networks._predictive_coding_layers import (
    feed_forward,
    feedback,
    initial_feedback,
)
from sslearn.networks._selective_scan import selective_scan
from sslearn.networks._state_files import load_state

__all__ = [
    "Affine",
    "ArraySteering",
    "Mamba",
    "MaskedSteeringNet",
    "Parallel",
    "PrivateDropout",
    "SelectiveSSM",
    "array_steering",
    "bin_features",
    "feed_forward",
    "feedback",
    "initial_feedback",
    "load_state",
    "masked_covariances",
    "selective_scan",
]


class PrivateDropout(nn.Module):
    """Dropout with its own random generator.

    The global generator is not used, so a fit does not depend on the draws of other threads. The
    probability is rounded to a multiple of 1 / 65536: one draw of 64 bits serves four elements,
    three times as fast as ``torch.nn.Dropout`` on a CPU.

    Parameters
    ----------
    p : float
        Probability of zeroing an element.

    Examples
    --------
    >>> import torch
    >>> from sslearn.networks.layers import PrivateDropout
    >>> layer = PrivateDropout(0.5)
    >>> layer.seed(0, "cpu")
    >>> sorted(layer(torch.ones(1000)).unique().tolist())
    [0.0, 2.0]
    """

    def __init__(self, p):
        super().__init__()
        self.p = p
        self._n_dropped = round(p * 65536)
        self._generator = None

    def seed(self, seed, device):
        """Seed the generator of the layer; without a seed it uses the global generator."""
        self._generator = torch.Generator(device).manual_seed(seed)

    def forward(self, x):
        """In training, zero elements at random and scale the others by 1 / (1 - p)."""
        if not self.training or self._n_dropped == 0:
            return x
        words = torch.empty((x.numel() + 3) // 4, dtype=torch.int64, device=x.device)
        # All values of int64 are equally likely, so a word holds four independent draws of 16 bits.
        words.random_(-(2**63), None, generator=self._generator)
        draws = words.view(torch.int16)[: x.numel()].view(x.shape)
        # Draws are in [-32768, 32767]; n_dropped of the 65536 values are below the threshold.
        kept = (draws >= self._n_dropped - 32768).to(x.dtype)
        return x * kept.mul_(65536 / (65536 - self._n_dropped))

    def extra_repr(self):
        """Probability, for the printed module."""
        return f"p={self.p}"


class Affine(nn.Module):
    """Fixed scale and offset of each output.

    Parameters
    ----------
    scale, offset : array-like of shape (n_outputs,)
        Factor and summand of each output.

    Examples
    --------
    >>> import torch
    >>> from sslearn.networks.layers import Affine
    >>> Affine([2.0, 3.0], [0.0, 1.0])(torch.ones(1, 2))
    tensor([[2., 4.]])
    """

    def __init__(self, scale, offset):
        super().__init__()
        self.register_buffer("scale", torch.tensor(scale))
        self.register_buffer("offset", torch.tensor(offset))

    def forward(self, x):
        """Scale and shift the outputs."""
        return torch.addcmul(self.offset, x, self.scale)


class Parallel(nn.ModuleList):
    """Networks with the same input, whose outputs are joined along the last axis.

    Parameters
    ----------
    modules : iterable of torch.nn.Module
        Networks.

    Examples
    --------
    >>> import torch
    >>> from sslearn.networks.layers import Parallel
    >>> Parallel([torch.nn.Linear(3, 2), torch.nn.Linear(3, 4)])(torch.zeros(5, 3)).shape
    torch.Size([5, 6])
    """

    def forward(self, x):
        """Concatenate the outputs of the networks."""
        return torch.cat([network(x) for network in self], dim=-1)
