"""What the parts of masked SRP-PHAT gain.

Each variant is trained on the clips of the training command for fewer steps, and measured on the
arrays that are held out there.
"""

import numpy as np
import torch
from torch import nn

from benchmarks.accuracy.any_array.training import errors, read_clips, train

_EVERY = 100  # steps between checkpoints


class AllBins(nn.Module):
    """Masks of 1."""

    def __init__(self, n_masks):
        super().__init__()
        self.n_masks = n_masks

    def forward(self, features):
        """Ones (n_samples, n_masks, n_freqs, n_frames)."""
        return torch.ones_like(features[:, :1]).expand(-1, self.n_masks, -1, -1)


class NoNeighbors(nn.Module):
    """Layers over directions that see each direction alone."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, x, kernels):
        """Scores; the means around a direction are the direction itself."""
        return self.layers(x, torch.eye(kernels.shape[1]).expand_as(kernels))


def _without_masks(net):
    net.masks = AllBins(net.masks.output.out_channels)


def _without_neighbors(net):
    net.scores = NoNeighbors(net.scores)


# Name: change of the network, share of the arrays.
VARIANTS = {
    "all": (None, 1.0),
    "no masks": (_without_masks, 1.0),
    "no means over directions": (_without_neighbors, 1.0),
    "a quarter of the arrays": (None, 0.25),
    "a twentieth of the arrays": (None, 0.05),
}


def ablations(run):
    """Variants of masked SRP-PHAT, trained for a few steps."""
    args = run.args
    torch.set_num_threads(1)
    sizes = args.n_trained, args.n_white, args.n_held_out
    held_out, records = read_clips(args.data, args.cache, *sizes)
    for variant, (alter, share) in VARIANTS.items():
        print(f"\n== {variant}", flush=True)
        # Every so many arrays, of speech and of white noise.
        part = records[:: round(1 / share)]
        key = (*sizes, args.steps, args.seed, variant.replace(" ", "_"))
        output = args.cache / "_".join(["ablation", *map(str, key)])
        options = {"n_steps": args.steps, "seed": args.seed, "every": _EVERY, "alter": alter}
        found = errors(train(part, [], output, **options), held_out)
        figures = {"arrays": len(part)}
        for n_angles, angles in ((1, "azimuth"), (2, "sphere")):
            rows = found[found[:, 1] == n_angles, 0]
            if len(rows):
                figures |= {f"{angles} median": np.median(rows), f"{angles} mean": rows.mean()}
        run.add({"variant": variant}, figures, torch=torch.__version__)
