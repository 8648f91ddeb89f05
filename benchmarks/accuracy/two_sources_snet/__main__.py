"""A training of SNet-Split of Feng, Zhang and Li (2025) for two cores.

Run one part for one preset, all, or see whether it runs::

    python -m benchmarks.accuracy.two_sources_snet together --presets L2
    python -m benchmarks.accuracy.two_sources_snet all
    python -m benchmarks.accuracy.two_sources_snet all --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data. Responses are rendered once, and
clips of two talkers are mixed from them in each step. All cells (pairs of encoding and loss) of the
network are trained together, with an output layer each, and some of them then on their own. Tests
are the clips of ``label_encodings``. Responses, clips and finished trainings stay in ``--cache``;
an interrupted training continues.
"""

import numpy as np
import torch

from benchmarks.accuracy._speech import split_speech
from benchmarks.accuracy._torch import set_up_torch
from benchmarks.accuracy.label_encodings.clips import Clips, render
from benchmarks.accuracy.label_encodings.shared import weights_of_cell
from benchmarks.accuracy.label_encodings.training import (
    CELLS,
    add_row,
    figures,
    kept,
    train_cell,
)
from benchmarks.accuracy.two_sources_snet.mixtures import Mixtures, render_responses
from benchmarks.accuracy.two_sources_snet.tables import OWN
from benchmarks.accuracy.two_sources_snet.training import CURVES, AllCells, Batches, train_together
from benchmarks.study import Study

# Steps of each cosine of the learning rate.
STEPS = {"L2": [2800], "C2": [4000, 3000]}
OWN_LR = 3e-5
SIZES = {
    "rooms": (2, 600),
    "every": (1, 100),
    "own_clips": (8, 400),
    "validation": (4, 100),
    "test": (6, 500),
}
_SECONDS = 2.0
_BATCH = 8  # clips of a step of a cell's own training


class Bench:
    """Clips and trainings of a preset.

    Parameters
    ----------
    name : {"C2", "L2"}
        Preset.
    args : argparse.Namespace
        Options.
    steps : list of int
        Steps of each cosine.
    """

    def __init__(self, name, args, steps):
        self.name = name
        self.args = args
        self.steps = steps
        self.settings = {"preset": name, "steps": steps}
        self.speech = split_speech(args.data / "speech_librispeech", args.seed)
        run = [name, args.rooms, *steps, args.validation, args.test, args.seed]
        self.folder = args.cache / "runs" / "_".join(map(str, run))

    def clips(self, part):
        """Simulated clips, those of ``label_encodings``."""
        n_clips, seed = getattr(self.args, part), self.args.seed
        return render(
            self.args.cache / "clips", self.name, part, n_clips, speech=self.speech,
            duration=_SECONDS, kept=_SECONDS, n_pieces=1, seed=seed, n_jobs=self.args.n_jobs,
        )  # fmt: skip

    def mixtures(self):
        """Mixtures for training."""
        path = self.args.cache / "responses" / f"{self.name}_{self.args.rooms}.npy"
        responses = render_responses(path, self.name, self.args.rooms)
        return Mixtures(*responses, self.speech["train"])

    def together(self):
        """Figures of all cells and the curve; they are trained unless that is done."""
        return kept(self.folder / "together.json", self._train_together)

    def _train_together(self):
        print(f"== {self.name}, all cells together", flush=True)
        cells = AllCells(self.name)
        weights, curve = train_together(
            cells,
            Batches(self.mixtures(), cells),
            self.clips("validation"),
            self.folder / "checkpoints",
            lengths=self.steps,
            every=self.args.every,
            seed=self.args.seed,
        )
        np.savez(self.folder / "together.npz", **weights)
        net = cells.network()
        net.network.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
        test = self.clips("test")
        scores = cells.scores(net, torch.from_numpy(cells.transform.transform(test.X)))
        rows = {c: figures(cells.encoding_of(c), s, test.y) for c, s in scores.items()}
        return {"curve": curve, "rows": rows}

    def own(self, cell):
        """Figures of a cell that is trained on its own, unless that is done."""
        path = self.folder / f"{cell.replace('/', '_')}_{self.args.own_clips}.json"
        return kept(path, lambda: self._train_own(cell))["simulated"]

    def _train_own(self, cell):
        print(f"== {self.name}, {cell}", flush=True)
        with np.load(self.folder / "together.npz") as stored:
            weights = weights_of_cell(dict(stored), cell)
        return train_cell(
            "SNet",
            cell,
            grid="front" if self.name == "L2" else "circle",
            clips=(self._own_clips(), self.clips("validation")),
            tests={"simulated": self.clips("test")},
            split=True,
            schedule="cosine",
            # The first part of the module; the second is the head.
            start={f"0.{layer}": value for layer, value in weights.items()},
            lr=OWN_LR,
            max_epochs=1,
            batch_size=_BATCH,
            training__precision="bfloat16",
            device="cpu",
            random_state=self.args.seed,
        )

    def _own_clips(self):
        """Mixtures that the training of all cells did not use."""
        mixtures = self.mixtures()
        mixtures.rng = np.random.default_rng([self.args.seed, 1])
        return Clips(*mixtures.draw(self.args.own_clips, _SECONDS))


def together(run):
    """All cells in one network: errors in degrees by decoder, percent in the exact class."""
    for bench in _benches(run):
        found = bench.together()
        for cell, row in found["rows"].items():
            if cell in CURVES:
                # Step, minutes, validation error by WAD-3, and the same in the best order.
                row["curve"] = [[p["step"], p["minutes"], *p[cell]] for p in found["curve"]]
            add_row(run, bench.settings | {"cell": cell}, row)


def own(run):
    """Each cell on its own, from the weights of all: errors in degrees by decoder."""
    for bench in _benches(run):
        bench.together()
        for cell in run.args.cells:
            add_row(run, bench.settings | {"cell": cell}, bench.own(cell))


def _benches(run):
    args = run.args
    set_up_torch(args.threads, "full")
    for name in args.presets:
        yield Bench(name, args, args.steps or ([2, 2] if run.quick else STEPS[name]))


def _options(parser):
    parser.add_argument("--presets", nargs="+", choices=STEPS, default=[*STEPS])
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=OWN, help="encoding/loss")
    parser.add_argument("--steps", type=int, nargs="+", help="of each cosine, all cells together")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")


STUDY = Study(
    "two_sources_snet",
    "Which training brings SNet-Split below 10 degrees on two cores?",
    {"together": together, "own": own},
    sizes=SIZES,
    options=_options,
    # Steps depend on the preset: each row names its own.
    selections=("presets", "cells", "steps"),
    only={"own_clips": ("own",)},
)
main = STUDY.main


if __name__ == "__main__":
    main()
