"""The first convolution of the network with a batch norm that follows the pooling.

A step spends most of its time on the maps of this convolution, 513 x 25 x 64 values per clip: each
layer reads and writes all of them, and batch norm does so several times.
"""

import torch
import torch.nn.functional as F

_LEAST_SCALE = 1e-3


def norm_after_pooling(block):
    """Let a ``FrequencyBlock`` normalise its pooled maps with fixed statistics.

    With fixed statistics and positive scales, batch norm and rectifier commute with max pooling:
    the outputs are those of the block in evaluation. The scales are kept positive.

    Parameters
    ----------
    block : FrequencyBlock
        First block of a network, with a batch norm of channels; it is changed in place.
    """
    convolution, _, norm, pooling, dropout = block
    whole = block.forward

    def forward(x):
        if not block.training:
            return whole(x)
        with torch.no_grad():
            norm.weight.clamp_(min=_LEAST_SCALE)
        pooled = F.relu(pooling(convolution(x)))
        scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        shift = norm.bias - norm.running_mean * scale
        maps = (values[:, None, None].to(pooled.dtype) for values in (shift, scale))
        shift, scale = maps
        return dropout(torch.addcmul(shift, pooled, scale))

    block.forward = forward


def estimate_statistics(net, batches):
    """Set the statistics of all batch norms of a network to those of some batches.

    Parameters
    ----------
    net : torch.nn.Module
        Network, in training.
    batches : iterable of torch.Tensor
        Inputs.
    """
    norms = [layer for layer in net.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # equal weights
    with torch.no_grad():
        for maps in batches:
            net(maps)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
