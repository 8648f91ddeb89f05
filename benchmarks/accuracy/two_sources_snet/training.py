"""Training of SNet-Split on mixtures: all cells together, with a loss of each block."""

import json
import time

import numpy as np
import torch
from torch import nn

from benchmarks.accuracy._steps import learning_rate, train_steps
from benchmarks.accuracy.label_encodings.shared import (
    ACTIVATIONS,
    SharedEncoding,
    SharedLoss,
    SharedNetwork,
)
from benchmarks.accuracy.label_encodings.training import CELLS, figures, make_localizer
from sslearn.encoding import GaussianEncoding

# Clips in a step, and seconds of each: 12 x 6 or 6 x 12 blocks of 7 frames.
LENGTHS = ((12, 0.68), (6, 1.36))
LR = 1e-3
NORM_STEPS = 100  # batches from which the statistics of batch norm are re-estimated
CURVES = ("ULD/CE", "GLC/MSEwo")  # cells whose validation errors are reported on the way
_SHAPE = (8, 256, 18, 7)


class WithBlocks(nn.Module):
    """SNet-Split with a further output: directions of both sources in each block.

    Parameters
    ----------
    network : torch.nn.Sequential
        Features of blocks, and the head that splits them.
    n_classes : int
        Number of directions.
    """

    def __init__(self, network, n_classes):
        super().__init__()
        self.network = network
        self.blocks = nn.Linear(2 * n_classes, n_classes)

    def forward(self, x):
        """Outputs for the clip, and for each block."""
        features, head = self.network
        h = features(x)
        return head(h), self.blocks(h)


class AllCells:
    """Network, targets and losses of all cells on the grid of a preset.

    Parameters
    ----------
    preset : {"C2", "L2"}
        Preset.
    bfloat16 : bool, default=True
        Whether products of the training have 16 bits.
    block_weight : float, default=1.0
        Weight of the loss of blocks.
    """

    def __init__(self, preset, *, bfloat16=True, block_weight=1.0):
        self.grid = "front" if preset == "L2" else "circle"
        self.bfloat16 = bfloat16
        self.block_weight = block_weight
        self.localizers = [make_localizer("SNet", c, self.grid, split=True) for c in CELLS]
        y = np.array([[[-40.0], [40.0]]])
        self.loss = SharedLoss(self.localizers, y)
        self.encoding = SharedEncoding([x.encoding for x in self.localizers]).fit(y)
        self.bells = GaussianEncoding(grid=self.localizers[0].encoding.grid).fit(y)
        self.n_classes = self.bells.output_spec_.shape[-1]
        self.transform = self.localizers[0].batch_transform.fit(np.zeros((1, 4, 32000), "f4"))

    def encoding_of(self, cell):
        """Fitted encoding of a cell."""
        return self.localizers[CELLS.index(cell)].encoding

    def network(self, seed=0):
        """Network with an output layer for each cell."""
        torch.manual_seed(seed)
        recipe = SharedNetwork(self.localizers[0].network, len(CELLS))
        network = recipe.build(_SHAPE, (2, len(CELLS) * self.n_classes))
        return WithBlocks(network, self.n_classes)

    def batch(self, X, y):
        """Inputs, targets of the clips and targets of the blocks as tensors."""
        targets = self.encoding.training_targets(y)
        blocks = self.bells.training_targets(y).max(axis=1)
        arrays = self.transform.transform(X), targets, blocks
        return [torch.from_numpy(np.asarray(a, dtype=np.float32)) for a in arrays]

    def step_loss(self, net, batch):
        """Mean of the logarithms of the losses of all cells, and that of the loss of blocks."""
        x, targets, blocks = batch
        with self.arithmetic():
            outputs, scores = net(x)
        loss = self.loss(outputs.float(), targets) / len(CELLS)
        if not self.block_weight:
            return loss
        blocks = blocks[:, None].expand(scores.shape)
        there = nn.functional.binary_cross_entropy_with_logits(scores.float(), blocks)
        return loss + self.block_weight * there.log()

    def arithmetic(self):
        """Context of the products of a training."""
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16)

    def scores(self, net, inputs, *, n_rows=10):
        """Scores (n_clips, 2, n_classes) by cell, as its localizer returns them."""
        net.eval()
        with torch.no_grad(), self.arithmetic():
            outputs = [net(x)[0].float() for x in inputs.split(n_rows)]
        net.train()
        parts = torch.cat(outputs).chunk(len(CELLS), dim=-1)
        scores = {}
        for cell, localizer, part in zip(CELLS, self.localizers, parts, strict=True):
            if localizer.activation is not None:
                part = ACTIVATIONS[localizer.encoding.output_spec_.activation](part)
            clamped = part.clamp(0.0, 1.0)
            # Where no score is positive, the unclamped ones still rank the classes.
            found = torch.where((clamped > 0).any(-1, keepdim=True), clamped, part)
            scores[cell] = found.numpy()
        return scores


class Batches:
    """Batches of mixtures of both lengths, as tensors.

    Parameters
    ----------
    mixtures : Mixtures
        Mixtures.
    cells : AllCells
        All cells.
    lengths : sequence of (int, float)
        Clips in a step, and seconds of each.
    """

    def __init__(self, mixtures, cells, lengths=LENGTHS):
        self.mixtures = mixtures
        self.cells = cells
        self.lengths = lengths

    @property
    def rng(self):
        """Random numbers."""
        return self.mixtures.rng

    @rng.setter
    def rng(self, rng):
        self.mixtures.rng = rng

    def draw(self):
        """Next batch."""
        n_clips, duration = self.lengths[self.rng.integers(len(self.lengths))]
        return self.cells.batch(*self.mixtures.draw(n_clips, duration))


def cosines(lengths):
    """Rate along several half cosines, each from half the highest rate of the one before.

    Parameters
    ----------
    lengths : sequence of int
        Steps of each cosine.

    Returns
    -------
    rate : callable
        Function ``rate(step, n_steps)`` of :func:`benchmarks.accuracy._steps.train_steps`.
    """
    ends = np.cumsum(lengths)

    def rate(step, n_steps):
        i = min(int(np.searchsorted(ends, step, side="right")), len(lengths) - 1)
        return 0.5**i * learning_rate(step - (ends[i] - lengths[i]), lengths[i])

    return rate


def train_together(cells, batches, validation, folder, *, lengths, every=100, seed=0):
    """Train all cells together, and return the weights and the curve.

    Parameters
    ----------
    cells : AllCells
        All cells.
    batches : Batches
        Batches for training.
    validation : Clips
        Clips of the curve.
    folder : Path
        Checkpoints and curve; an interrupted training continues.
    lengths : sequence of int
        Steps of each cosine of the learning rate.
    every : int, default=100
        Steps between checkpoints, a quarter of those between points of the curve.
    seed : int, default=0
        Seed.

    Returns
    -------
    weights : dict of str to ndarray
        Weights of the network, without the outputs of the blocks.
    curve : list of dict
        ``step``, ``minutes`` of the processor, and for two cells the errors by WAD-3 on
        ``validation`` in degrees and those in the best order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    n_steps = sum(lengths)
    net, log = cells.network(seed), folder / "curve.json"
    curve = json.loads(log.read_text()) if log.exists() else []
    inputs = torch.from_numpy(cells.transform.transform(validation.X))
    before, begin = curve[-1]["minutes"] if curve else 0.0, time.process_time()

    def report(net):
        scores, errors = cells.scores(net, inputs), {}
        for cell in CURVES:
            row = figures(cells.encoding_of(cell), scores[cell], validation.y)
            errors[cell] = [row["WAD-3"], row["best order"]]
        minutes = before + (time.process_time() - begin) / 60
        step = min(4 * every * (len(curve) + 1), n_steps)
        curve.append({"step": step, "minutes": minutes, **errors})
        log.write_text(json.dumps(curve, indent=1))
        return ", ".join(f"{error:.1f}" for error, _ in errors.values())

    train_steps(
        net, batches, cells.step_loss, folder, lr=LR, n_steps=n_steps, every=every, seed=seed,
        report=report, rate=cosines(lengths),
    )  # fmt: skip
    inputs = (batches.draw()[0] for _ in range(min(NORM_STEPS, n_steps)))
    with cells.arithmetic():
        torch.optim.swa_utils.update_bn(inputs, net)
    return {name: value.numpy() for name, value in net.network.state_dict().items()}, curve
