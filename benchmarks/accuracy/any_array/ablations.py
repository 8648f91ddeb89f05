"""What the parts of masked SRP-PHAT gain: ``python -m benchmarks.accuracy.any_array.ablations``.

Each variant is trained on the clips of the training command for fewer steps, and measured on the
arrays that are held out there. Finished variants are not trained again.
"""

import json

import numpy as np
import torch
from torch import nn

from benchmarks.accuracy._report import write_results
from benchmarks.accuracy.any_array.training import errors, parse, read_clips, train

_NOTES = (
    "Errors in degrees of {n} arrays that are in no training, azimuth alone and on the sphere: one "
    "talker, -5 to 30 dB. Each variant has {steps} steps of 24 clips; the weights of the package "
    "had {package}. All have the same clips but for the rows of fewer arrays."
)
_PACKAGE_STEPS = 2000


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


def measure(name, args, held_out, records):
    """Row of a variant, trained unless it is finished."""
    alter, share = VARIANTS[name]
    # Every so many arrays, of speech and of white noise.
    records = records[:: round(1 / share)]
    run = args.folder / f"ablation_{args.arrays}_{args.steps}_{args.seed}_{name.replace(' ', '_')}"
    path = run / "row.json"
    if path.exists():
        return json.loads(path.read_text())
    settings = {"n_steps": args.steps, "seed": args.seed, "every": args.every, "alter": alter}
    rows = errors(train(records, [], run, **settings), held_out)
    row = {"variant": name, "arrays": len(records)}
    for n_angles, angles in ((1, "azimuth"), (2, "sphere")):
        found = rows[rows[:, 1] == n_angles, 0]
        if len(found):
            row |= {f"{angles}, median": float(np.median(found))}
            row |= {f"{angles}, mean": float(found.mean())}
    path.write_text(json.dumps(row))
    return row


def main(argv=None):
    """Train and measure all variants."""
    args = parse("ablations", n_steps=300, argv=argv)
    held_out, records = read_clips(args)
    rows = []
    for name in VARIANTS:
        print(f"\n== {name}", flush=True)
        rows.append(measure(name, args, held_out, records))
        write_results(
            "any_array_ablations",
            "What the parts of masked SRP-PHAT gain",
            rows,
            settings={key: getattr(args, key) for key in ("steps", "seed", "arrays", "white")},
            command="python -m benchmarks.accuracy.any_array.ablations",
            notes=_NOTES.format(n=len(held_out), steps=args.steps, package=_PACKAGE_STEPS),
            folder=args.out,
        )


if __name__ == "__main__":
    main()
