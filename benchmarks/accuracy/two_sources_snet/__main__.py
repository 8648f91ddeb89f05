"""SNet-Split of Feng, Zhang and Li (2025), which needs another training than the other networks.

Run both presets, or see whether it runs::

    python -m benchmarks.accuracy.two_sources_snet
    python -m benchmarks.accuracy.two_sources_snet --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data. Responses are rendered once,
clips of two talkers are mixed from them in each step. All cells (encoding and loss) of the network
are trained together, with an output layer each; ``--own`` names those that then have a copy of the
network to themselves. An interrupted training continues. Tests are the clips of
``label_encodings``: responses, clips, checkpoints and finished cells stay in ``--cache``; JSON and
Markdown are written into ``benchmarks/results`` after each preset and each cell.
"""

import argparse
import json
import shlex
import sys
from pathlib import Path

import numpy as np
import torch

from benchmarks.accuracy._budgets import set_up_torch, without_folders
from benchmarks.accuracy._data import add_data_option, check_data_option, skipping
from benchmarks.accuracy._label_data import Clips, render, split_speech
from benchmarks.accuracy._label_shared import weights_of_cell
from benchmarks.accuracy._label_tables import FIGURES, orderings, published
from benchmarks.accuracy._label_training import CELLS, figures, run_cell
from benchmarks.accuracy._report import RESULTS, markdown_table, write_results
from benchmarks.accuracy.two_sources_snet.mixtures import N_IMAGES, Mixtures, render_responses
from benchmarks.accuracy.two_sources_snet.training import (
    LENGTHS,
    LR,
    Batches,
    Study,
    train_together,
)

PRESETS = ("L2", "C2")
# Cells that are trained on their own afterwards; on L2 that changes little.
_OWN = ("1hot/CE", "1hot/MSEwo", "GLC/MSEwo", "SLD/MSEwo", "ULD/CE", "ULD/MSEwo", "mix/MSEwo")
OWN = {"L2": _OWN, "C2": ()}
OWN_LR = 3e-5
# Rooms, steps between checkpoints, clips of a cell's own training, to validate, to test.
BUDGETS = {"small": (600, 100, 400, 100, 500), "quick": (2, 1, 8, 4, 6)}
# Steps of each cosine of the learning rate.
STEPS = {"small": {"L2": [2800], "C2": [4000, 3000]}, "quick": {"L2": [4], "C2": [2, 2]}}
_SIZES = ("rooms", "every", "own_clips", "validation", "test")
_SECONDS = 2.0
_ORDERINGS = ("ordering", "system", "holds", "figures", "published")
_BATCH = 8  # clips of a step of a cell's own training

NOTES = """\
Mean absolute errors in degrees on simulated clips of 2 s, two talkers compared in descending order,
by decoder; ACC: per cent of sources in their exact class; best order: of WAD-3, with the sources of
each clip in the order that suits it. The test clips are those of `label_encodings`, whose figures
by WAD-3 stand under "before"; the published ones (ACC / Top-1 / WAD-2 / WAD-3) are of other data.

Together: all cells in one network, an output layer each, {n_steps} steps of {lengths} on mixtures
of two of {n_images} responses each in {n_rooms} rooms, drawn anew in each step, with 16-bit
products, AdamW from {lr:g} along a cosine for the first steps, and from half of it along another
for further ones. The loss is the mean of the logarithms of the losses of all cells, and the
logarithm of the cross-entropy of a further output, which is dropped afterwards: of a dense layer on
the features of each block of 7 frames, for bells at both directions. Own: then
{n_own} other clips of 2 s for each cell alone, from a rate of {own_lr:g}. One run with one seed.

Validation errors by WAD-3 on the way, {n_validation} clips of other speakers, with running averages
of batch norm; minutes are of one core. Below, the published orderings in the part together.

{curves}

{orderings}
"""


class Bench:
    """Clips, trainings and results.

    Parameters
    ----------
    args : argparse.Namespace
        Options of the command line.
    """

    def __init__(self, args):
        self.args = args
        self.cache = Path(args.cache)
        self.speech = split_speech(Path(args.data) / "speech_librispeech", args.seed)

    def clips(self, name, part):
        """Simulated clips, those of ``label_encodings``."""
        lengths = {"duration": _SECONDS, "kept": _SECONDS, "n_pieces": 1}
        n_clips, seed = getattr(self.args, part), self.args.seed
        return render(
            self.cache / "clips", name, part, n_clips, speech=self.speech, **lengths, seed=seed,
            n_jobs=1,
        )  # fmt: skip

    def mixtures(self, name):
        """What the network of a preset is trained on."""
        n_rooms = self.args.rooms
        path = self.cache / "responses" / f"{name}_{n_rooms}.npy"
        return Mixtures(*render_responses(path, name, n_rooms), self.speech["train"])

    def path(self, name, stem):
        """File or folder of a training of this budget and seed."""
        steps = "+".join(map(str, self.args.steps[name]))
        run = f"{name}_{self.args.rooms}_{steps}_seed{self.args.seed}"
        return self.cache / "runs" / run / stem

    def together(self, name):
        """Train all cells together and test them, unless it is done."""
        path = self.path(name, "together.json")
        if path.exists():
            return
        print(f"== {name}, all cells together", flush=True)
        args, study = self.args, Study(name)
        weights, curve = train_together(
            study,
            Batches(self.mixtures(name), study),
            self.clips(name, "validation"),
            path.parent / "checkpoints",
            lengths=args.steps[name],
            every=args.every,
            seed=args.seed,
        )
        np.savez(path.with_suffix(".npz"), **weights)
        net = study.network()
        net.network.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
        test = self.clips(name, "test")
        scores = study.scores(net, torch.from_numpy(study.transform.transform(test.X)))
        rows = {c: figures(study.encoding_of(c), s, test.y) for c, s in scores.items()}
        _write(path, {"curve": curve, "rows": rows})

    def own(self, name, cell):
        """Train a cell on its own and test it, unless it is done."""
        path = self.path(name, f"{cell.replace('/', '_')}.json")
        if path.exists():
            return
        print(f"== {name}, {cell}", flush=True)
        with np.load(self.path(name, "together.npz")) as stored:
            weights = weights_of_cell(dict(stored), cell)
        start = {f"0.{layer}": value for layer, value in weights.items()}  # then comes the head
        result = run_cell(
            "SNet",
            cell,
            grid="front" if name == "L2" else "circle",
            train=self._own_clips(name),
            validation=self.clips(name, "validation"),
            tests={"simulated": self.clips(name, "test")},
            split=True,
            schedule="cosine",
            start=start,
            lr=OWN_LR,
            max_epochs=1,
            batch_size=_BATCH,
            training__precision="bfloat16",
            device="cpu",
            random_state=self.args.seed,
        )
        _write(path, result)

    def _own_clips(self, name):
        path = self.cache / "clips" / f"{name}_own_{self.args.rooms}_{self.args.own_clips}.npz"
        if not path.exists():
            mixtures = self.mixtures(name)
            mixtures.rng = np.random.default_rng([self.args.seed, 1])
            X, y = mixtures.draw(self.args.own_clips, _SECONDS)
            part = path.with_suffix(".part.npz")
            np.savez(part, X=X, y=y)
            part.replace(path)
        with np.load(path) as stored:
            return Clips(stored["X"], stored["y"])

    def write(self):
        """Write what is finished."""
        rows, curves, table = [], [], {}
        for name in PRESETS:
            path = self.path(name, "together.json")
            if path.exists():
                found = json.loads(path.read_text())
                rows += self._rows(name, found)
                curves += [{"system": name} | point for point in found["curve"]]
                table |= {(f"{name}/SNet-Split", cell): row for cell, row in found["rows"].items()}
        args = self.args
        columns = list(dict.fromkeys(key for point in curves for key in point))
        notes = NOTES.format(
            n_steps=", ".join(
                f"{' and '.join(map(str, steps))} ({name})" for name, steps in args.steps.items()
            ),
            lengths=" or ".join(f"{n} x {s:g} s" for n, s in LENGTHS),
            n_images=N_IMAGES,
            n_rooms=args.rooms,
            lr=LR,
            n_own=args.own_clips,
            own_lr=OWN_LR,
            n_validation=args.validation,
            curves=markdown_table(curves, columns),
            orderings=markdown_table(orderings(table), _ORDERINGS),
        )
        write_results(
            "two_sources_snet" + ("_quick" if args.quick else ""),
            "SNet-Split, trained on mixtures with a loss of each block",
            rows,
            settings={n: getattr(args, n) for n in ("steps", *_SIZES)}
            | {"seed": args.seed, "torch": torch.__version__},
            command=shlex.join(
                ["python", "-m", "benchmarks.accuracy.two_sources_snet", *args.options]
            ),
            notes=notes,
            folder=args.out,
            hidden=("curve",),
        )

    def _rows(self, name, found):
        """One row for each cell and training; the first has the curve."""
        system, before = f"{name}/SNet-Split", _before()
        for cell, row in found["rows"].items():
            label, loss = cell.split("/")
            own = self.path(name, f"{cell.replace('/', '_')}.json")
            parts = {"together": row}
            if own.exists():
                parts["own"] = json.loads(own.read_text())["tests"]["simulated"]
            for training, values in parts.items():
                first = (
                    {"curve": found["curve"]} if (cell, training) == (CELLS[0], "together") else {}
                )
                yield {
                    "system": system,
                    "label": label,
                    "loss": loss.replace("MSEwo", "MSE(wo)"),
                    "training": training,
                    **{key: values[key] for key in ("clips", *FIGURES, "best order")},
                    "before": before.get((system, label, loss), "-"),
                    "published": published(system, cell),
                    **first,
                }


def _before():
    """Errors by WAD-3 of the single pass of ``label_encodings``."""
    path = RESULTS / "label_encodings.json"
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    return {
        (row["system"], row["label"], row["loss"].replace("MSE(wo)", "MSEwo")): row["WAD-3"]
        for row in rows
    }


def _write(path, result):
    """Write a result, whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(result, indent=1))
    part.replace(path)


def _parse(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.two_sources_snet")
    add_data_option(parser)
    parser.add_argument("--quick", action="store_true", help="a few clips: does all of it run?")
    parser.add_argument("--cache", default=".cache/two_sources_snet")
    parser.add_argument("--out", default=RESULTS, help="folder of the results")
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=PRESETS)
    parser.add_argument("--own", nargs="*", choices=CELLS, default=None, help="cells: label/loss")
    for size in _SIZES:
        parser.add_argument(f"--{size.replace('_', '-')}", type=int)
    parser.add_argument("--steps", type=int, nargs="+", help="of each cosine, all cells together")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    check_data_option(parser, args)
    budget = "quick" if args.quick else "small"
    args.steps = dict.fromkeys(PRESETS, args.steps) if args.steps else STEPS[budget]
    for size, value in zip(_SIZES, BUDGETS[budget], strict=True):
        if getattr(args, size) is None:
            setattr(args, size, value)
    if args.own is None:
        args.own = {"L2": _OWN[-1:], "C2": ()} if args.quick else OWN
    else:
        args.own = dict.fromkeys(PRESETS, args.own)
    args.options = without_folders(sys.argv[1:] if argv is None else argv)
    return args


def main(argv=None):
    """Train and test the presets that the command line names."""
    args = _parse(argv)
    set_up_torch(args.threads, "full")
    with skipping("two_sources_snet"):
        bench = Bench(args)
        for name in args.presets:
            bench.together(name)
            bench.write()
            for cell in args.own[name]:
                bench.own(name, cell)
                bench.write()


if __name__ == "__main__":
    main()
