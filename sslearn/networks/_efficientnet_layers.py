"""Layers of EfficientNet-Lite0, under the names of its files; this module imports torch."""

from torch import nn
from torch.nn import functional as F

from sslearn.networks._backbone_layers import channels_last

# Kernel, step, outputs and number of blocks in each stage.
STAGES = (
    (3, 1, 16, 1),
    (3, 2, 24, 2),
    (5, 2, 40, 2),
    (3, 2, 80, 3),
    (5, 1, 112, 3),
    (5, 2, 192, 4),
    (3, 1, 320, 1),
)
# Kernel, step and outputs of each block.
BLOCKS = tuple(
    (size, stride if i == 0 else 1, n_outputs)
    for size, stride, n_outputs, n_blocks in STAGES
    for i in range(n_blocks)
)


class _SameConv2d(nn.Conv2d):
    """Convolution with TensorFlow's "same" padding: the odd row and column at the far end."""

    def forward(self, x):
        pads = []
        for n, size, stride in zip(x.shape[:1:-1], self.kernel_size, self.stride, strict=True):
            total = max((-(-n // stride) - 1) * stride + size - n, 0)
            pads += [total // 2, total - total // 2]
        return super().forward(F.pad(x, pads))


def _conv(n_inputs, n_outputs, size, stride=1, groups=1):
    params = {"groups": groups, "bias": False}
    if stride == 1:  # both ends alike: no copy for the padding
        return nn.Conv2d(n_inputs, n_outputs, size, padding=size // 2, **params)
    return _SameConv2d(n_inputs, n_outputs, size, stride, **params)


def _norm(n_maps):
    return nn.BatchNorm2d(n_maps, eps=1e-3)


class _Block(nn.Module):
    """Inverted residual: widen by a 1x1 convolution, one filter for each map, narrow again.

    Parameters
    ----------
    n_inputs, n_outputs, size, stride, expansion : int
        Maps before and after, kernel, step, and factor of the maps in between.
    """

    def __init__(self, n_inputs, n_outputs, size, stride, expansion):
        super().__init__()
        n_maps = n_inputs * expansion
        if expansion > 1:
            self._expand_conv, self._bn0 = _conv(n_inputs, n_maps, 1), _norm(n_maps)
        self._depthwise_conv = _conv(n_maps, n_maps, size, stride, groups=n_maps)
        self._bn1 = _norm(n_maps)
        self._project_conv, self._bn2 = _conv(n_maps, n_outputs, 1), _norm(n_outputs)
        self._widens = expansion > 1
        self._adds = stride == 1 and n_inputs == n_outputs

    def forward(self, x):
        maps = F.relu6(self._bn0(self._expand_conv(x))) if self._widens else x
        maps = F.relu6(self._bn1(self._depthwise_conv(maps)))
        maps = self._bn2(self._project_conv(maps))
        return maps + x if self._adds else maps


class Lite0(nn.Module):
    """EfficientNet-Lite0 up to a block, or the whole classifier.

    Parameters
    ----------
    block : int or None
        Last block, from 0; None for scores of the 1000 classes of ImageNet.
    """

    def __init__(self, block):
        super().__init__()
        self._conv_stem, self._bn0 = _conv(3, 32, 3, 2), _norm(32)
        blocks, n_inputs = [], 32
        n_blocks = len(BLOCKS) if block is None else block + 1
        for i, (size, stride, n_outputs) in enumerate(BLOCKS[:n_blocks]):
            blocks.append(_Block(n_inputs, n_outputs, size, stride, expansion=6 if i else 1))
            n_inputs = n_outputs
        self._blocks = nn.ModuleList(blocks)
        self._classifies = block is None
        if self._classifies:
            self._conv_head, self._bn1 = _conv(n_inputs, 1280, 1), _norm(1280)
            self._fc = nn.Linear(1280, 1000)

    def forward(self, x):
        """Features or scores of pictures from 0 to 1."""
        # The weights were trained on (pixel - 127) / 128.
        x = channels_last(x * (255 / 128) - 127 / 128)
        x = F.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        if not self._classifies:
            return x
        return self._fc(F.relu6(self._bn1(self._conv_head(x))).mean((2, 3)))
