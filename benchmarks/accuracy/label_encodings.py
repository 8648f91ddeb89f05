"""The ablation of Feng, Zhang and Li (2025): label encodings, losses, decoders, four networks.

Run all of it, or some systems and cells::

    python -m benchmarks.accuracy.label_encodings --quick
    python -m benchmarks.accuracy.label_encodings --systems L1/SNet --cells 1hot/CE ULD/MSEwo
    python -m benchmarks.accuracy.label_encodings --full

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data. Clips are simulated once from
real speech, with rooms and speakers of their own for training, validation and test, and kept in
``--cache`` as memory maps of raw audio. Each network is trained once for each pair of encoding and
loss and its answers are decoded in every way. The cells of a network may share the beginning of
their training (``--shared-clips``), in which all of them are trained together, each with an output
layer of its own. Finished cells stay in ``--cache``; JSON and Markdown of all finished cells of a
budget are written into ``benchmarks/results`` after each of them, beside the published figures.
Rows of the same budget that stand there, from another machine perhaps, stay until their cell is
trained again.
"""

import json
import shlex
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed

from benchmarks.accuracy._budgets import (
    PRECISIONS,
    budget_key,
    budget_parser,
    parse_budget,
    set_up_torch,
)
from benchmarks.accuracy._data import skipping
from benchmarks.accuracy._label_data import (
    RESPONSES,
    Clips,
    describe,
    measured,
    render,
    split_speech,
)
from benchmarks.accuracy._label_shared import train_together, weights_of_cell
from benchmarks.accuracy._label_tables import FIGURES, orderings, published
from benchmarks.accuracy._label_training import CELLS, make_localizer, run_cell
from benchmarks.accuracy._maps import precompute, to_single_precision
from benchmarks.accuracy._report import markdown_table, read_rows, write_results

PRESETS = ("C1", "C2", "L1", "L2", "R3VIVAL")
SYSTEMS = tuple(
    f"{preset}/{network}" + ("-Split" if preset in ("C2", "L2") else "")
    for preset in PRESETS
    for network in ("PNN", "SNet")
)
# Clips that the cells of a network share, that each has to itself after them, to validate, to test;
# epochs, clips or pieces of a batch; pieces that training keeps of a clip, seconds of a piece,
# seconds of a clip. One pass over a few frames each of many clips teaches more than several over
# all frames of a few.
BUDGETS = {
    "quick": (16, 24, 8, 12, 2, 8, 2, 0.25, 0.5),
    "small": (36_000, 1500, 50, 500, 1, 8, 1, 0.208, 2.0),
    "full": (0, 10_000, 1000, 1000, 30, 32, 1, 2.0, 2.0),
}
# Learning rate after the shared clips: on a few clips more of it loses what the many taught.
OWN_LR = 3e-5
_SIZES = ("shared_clips", "clips", "validation", "test", "epochs", "batch_size", "pieces")
_SIZES = dict.fromkeys(_SIZES, int)
_SIZES |= {"duration": float, "test_duration": float}

_COLUMNS = ("ordering", "system", "holds", "figures", "published")

NOTES = """\
Mean absolute errors in degrees by decoder, and ACC, the per cent of sources in their exact class.
{budget}

{measured}What is like the published evaluation: 4 microphones, grids of 5 degrees that are open at
both ends, sources at 1.5 m, noise that is the same in all channels at 0 to 30 dB against the direct
sound; AdamW from 1e-3; two sources in descending order, compared in that order. {schedule}
What is not: rooms, reverberation times and noise spectra were not published; the speech is of few
speakers of LibriSpeech ({speech}), one to three utterances of each; the recurrent layer runs
through clips, not through batches; the output layer starts at 0, and batch norm takes its
statistics from 100 mini-batches after each epoch; each frequency of SNet's blocks is divided by its
root mean square. {shared}Training has {kept}. A dash: no published figures were found (C1,
L1/PNN, C2/SNet-Split, L2/PNN-Split). One run with one seed: small differences may be chance.

{orderings}
"""

SHARED = (
    "The cells of a network are trained together first, on {clips} clips: shared layers, an output "
    "layer for each cell, and the sum of the logarithms of their losses, so that none outweighs "
    "the others for its scale. Then each has a copy to itself, all of whose weights are trained "
    "with its loss alone on other clips, from a rate of {lr:g}. What tells the cells apart is thus "
    "the output layer and the second part; the published ones are trained apart from the start. "
)

SCHEDULES = {
    "cosine": "The rate falls along half a cosine to 0 at the last step, which is not published.",
    "published": "The rate is divided by 10, down to 1e-4, after 3 epochs without a better "
    "validation loss and training ends after 10, as published. The epoch of the least median "
    "validation error is kept; published: of the least mean error of the best decoder.",
}

MEASURED = """\
Measured responses: speech of the test's speakers, no noise added. R3VIVAL has no ring of 5 cm, so
networks are trained, in simulated rooms, for four of its microphones (front, left, back, right at
4.8, 3.4, 4.8 and 3.4 cm from the middle, two of them 3.4 cm higher); 20 places in ten directions,
all on the grid, at 1.5 to 3 m, three settings of the walls. L1 is tested on a line in Milano of 3
cm between microphones: every third one, resampled so that the delays over 9 cm are those over 8 cm,
which is a model of the room of 8 parts in 9; 23 places of four microphones and six loudspeakers, at
least 0.6 m and up to 1.1 m apart (training has 1.5 m), with directions seen from the middle of the
four.

"""


class Bench:
    """Clips, cells, results of one budget.

    Parameters
    ----------
    args : argparse.Namespace
        Options of the command line.
    """

    def __init__(self, args):
        self.args = args
        self.sizes = {name: getattr(args, name) for name in _SIZES}
        self.budget = budget_key(args, self.sizes)
        self.cache, self.data = Path(args.cache), Path(args.data)
        self.speech = split_speech(self.data / "speech_librispeech", args.seed)
        self.schedule = "published" if args.full else "cosine"
        self._n_shared = args.shared_clips * args.pieces

    def clips(self, preset, part):
        """Simulated clips; those to train on are the shared ones and then a cell's own."""
        train = part == "train"
        n_clips = self.args.shared_clips + self.args.clips if train else self.sizes[part]
        return render(
            self.cache / "clips",
            preset,
            part,
            n_clips,
            speech=self.speech,
            duration=self.args.test_duration,
            kept=self.args.duration if train else self.args.test_duration,
            n_pieces=self.args.pieces if train else 1,
            seed=self.args.seed,
            n_jobs=self.args.n_jobs,
        )

    def inputs(self, system, part):
        """Clips of a part, or what the network of a system sees of them."""
        preset, *_ = self._system(system)
        clips = self.clips(preset, part)
        return self._maps(system, clips, Path(clips.X.filename).name)

    def tests(self, system):
        """Clips of each test, or what the network of a system sees of them."""
        tests = {"simulated": self.inputs(system, "test")}
        preset, *_ = self._system(system)
        if preset in RESPONSES:
            n_repeats, duration = 1 if self.args.quick else 4, self.args.test_duration
            shared = {"duration": duration, "n_repeats": n_repeats}
            name = f"{preset}_measured_{n_repeats}x{duration:g}s.npy"
            with skipping("measured responses"):
                clips = measured(self.data, preset, self.speech, **shared)
                tests["measured"] = self._maps(system, clips, name)
        return tests

    def _maps(self, system, clips, name):
        if not self.args.maps:
            return clips
        _, network, params = self._system(system)
        localizer = make_localizer(network, CELLS[0], params["grid"], split=params["split"])
        path = self.cache / "maps" / f"{network}_{name}"
        maps = precompute(
            clips.X, localizer.batch_transform, path, dtype=np.float32, n_jobs=self.args.n_jobs
        )
        return Clips(maps, clips.y)

    def path(self, system, cell):
        """File of a finished cell."""
        return (
            self.cache / self.budget / system.replace("/", "_") / f"{cell.replace('/', '_')}.json"
        )

    def prepare(self, system):
        """Make what the cells of a system have in common, unless it is made."""
        if all(self.path(system, cell).exists() for cell in self.args.cells):
            return
        for part in ("train", "validation"):
            self.inputs(system, part)
        self.tests(system)
        path = self._shared_path(system)
        if not self._n_shared or path.exists():
            return
        print(f"== {system}, all cells together", flush=True)
        set_up_torch(self.args.threads, self.args.precision)
        _, network, params = self._system(system)
        train = self.inputs(system, "train")
        shared = Clips(train.X[: self._n_shared], train.y[: self._n_shared])
        weights = train_together(network, train=shared, **params)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **weights)

    def run(self, system, cell):
        """Train a cell of a system that is prepared, unless it is finished."""
        path = self.path(system, cell)
        if path.exists():
            return
        print(f"\n== {system}, {cell}", flush=True)
        set_up_torch(self.args.threads, self.args.precision)
        _, network, params = self._system(system)
        train, own = self.inputs(system, "train"), {}
        if self._n_shared:
            with np.load(self._shared_path(system)) as shared:
                own = {"start": weights_of_cell(dict(shared), cell), "lr": OWN_LR}
        result = run_cell(
            network,
            cell,
            train=Clips(train.X[self._n_shared :], train.y[self._n_shared :]),
            validation=self.inputs(system, "validation"),
            tests=self.tests(system),
            schedule=self.schedule,
            **params,
            **own,
        )
        result["precision"] = self.args.precision
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp")
        unfinished.write_text(json.dumps(result, indent=1))
        unfinished.rename(path)

    def _shared_path(self, system):
        return self.path(system, "shared").with_suffix(".npz")

    def _system(self, system):
        """Preset, network and parameters of the training of a system."""
        preset, _, network = system.partition("/")
        return (
            preset,
            network.removesuffix("-Split"),
            {
                "grid": "front" if preset in ("L1", "L2") else "circle",
                "split": network.endswith("-Split"),
                "max_epochs": self.args.epochs,
                "batch_size": self.args.batch_size,
                "training__precision": PRECISIONS[self.args.precision],
                "device": self.args.device,
                "random_state": self.args.seed,
                **({"batch_transform": to_single_precision()} if self.args.maps else {}),
            },
        )

    def finished(self):
        """Results of the finished cells of this budget, in the order of the tables."""
        settings = self.sizes | {"seed": self.args.seed}
        stored = _results(read_rows(self.args.name, settings=settings, folder=self.args.out))
        paths = {(s, c): self.path(s, c) for s in SYSTEMS for c in CELLS}
        results = {k: json.loads(p.read_text()) if p.exists() else None for k, p in paths.items()}
        results = {key: result or stored.get(key) for key, result in results.items()}
        return {key: result for key, result in results.items() if result}

    def write(self):
        """Write JSON and Markdown of all finished cells."""
        results = self.finished()
        rows = [row for key, result in results.items() for row in _rows(*key, result)]
        simulated = {key: result["tests"]["simulated"] for key, result in results.items()}
        checks = markdown_table(orderings(simulated), _COLUMNS)
        with_measured = any(row["test"] == "measured" for row in rows)
        notes = NOTES.format(
            budget=self._describe_budget(),
            measured=MEASURED if with_measured else "",
            schedule=SCHEDULES[self.schedule],
            speech=describe(self.speech),
            shared=self._describe_shared(),
            kept=self._describe_pieces(),
            orderings=checks,
        )
        write_results(
            self.args.name,
            self._title(),
            rows,
            settings={
                **self.sizes,
                "seed": self.args.seed,
                "torch": torch.__version__,
            },
            command=shlex.join(
                ["python", "-m", "benchmarks.accuracy.label_encodings", *self.args.options]
            ),
            notes=notes,
            folder=self.args.out,
        )

    def _title(self):
        args = self.args
        shared = f"{args.shared_clips} shared and " if args.shared_clips else ""
        return (
            f"Label encodings, {shared}{args.clips} clips, {args.pieces} x {args.duration:g} s of "
            f"each, epochs: {args.epochs}"
        )

    def _describe_pieces(self):
        if self.args.duration == self.args.test_duration:
            return "whole clips, as tests have"
        n_pieces = self.args.pieces
        return (
            f"{n_pieces} piece{'s' * (n_pieces > 1)} of {self.args.duration:g} s of each clip, "
            f"speech or pause; tests have whole clips of {self.args.test_duration:g} s"
        )

    def _describe_shared(self):
        n_clips = self.args.shared_clips
        return SHARED.format(clips=n_clips, lr=OWN_LR) if n_clips else ""

    def _describe_budget(self):
        if tuple(self.sizes.values()) == BUDGETS["full"]:
            return "The budget of `--full`, after the published one."
        _, n_clips, _, _, n_epochs, batch_size, *_, duration = BUDGETS["full"]
        return (
            "**The published budget was not run**: that of `--full`, up to "
            f"{n_epochs} epochs in batches of {batch_size} on (our choice) {n_clips} clips of "
            f"{duration:g} s. What holds here need not hold there, nor the other way round; the "
            "published figures (ACC / Top-1 / WAD-2 / WAD-3) stand beside for orientation."
        )


def _rows(system, cell, result):
    label, loss = cell.split("/")
    for test, figures in result["tests"].items():
        yield {
            "system": system,
            "label": label,
            "loss": loss.replace("MSEwo", "MSE(wo)"),
            "test": test,
            "clips": figures["clips"],
            **{name: figures[name] for name in FIGURES},
            "published": published(system, cell) if test == "simulated" else "-",
            "best epoch": f"{result['best epoch']} of {result['epochs']}",
            "precision": result["precision"],
            "minutes": result["seconds"] / 60,
        }


def _results(rows):
    """Cells by system and name of rows as ``_rows`` makes them."""
    results = {}
    for row in rows:
        cell = row["system"], f"{row['label']}/{row['loss'].replace('MSE(wo)', 'MSEwo')}"
        best, n_epochs = map(int, row["best epoch"].split(" of "))
        result = {"best epoch": best, "epochs": n_epochs, "precision": row["precision"]}
        result = results.setdefault(cell, result | {"seconds": 60 * row["minutes"], "tests": {}})
        result["tests"][row["test"]] = {name: row[name] for name in ("clips", *FIGURES)}
    return results


def _parse(argv):
    parser = budget_parser("label_encodings", _SIZES)
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=SYSTEMS)
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS, help="label/loss")
    parser.add_argument("--maps", action="store_true", help="make all maps first, for a GPU")
    parser.add_argument("--workers", type=int, default=1, help="cells that are trained at once")
    parser.set_defaults(precision=None)
    args = parse_budget(parser, BUDGETS, _SIZES, argv)
    args.precision = args.precision or ("tf32" if args.full else "full")  # TF32 as published
    if args.pieces * args.duration > args.test_duration:
        parser.error(
            f"{args.pieces} pieces of {args.duration:g} s do not fit into a clip of "
            f"{args.test_duration:g} s: take less of --pieces or --duration"
        )
    return args


def main(argv=None):
    """Run the systems and cells that the command line names."""
    args = _parse(argv)
    with skipping("label_encodings"):
        bench = Bench(args)
        for system in args.systems:
            bench.prepare(system)
            cells = (delayed(bench.run)(system, cell) for cell in args.cells)
            for _ in Parallel(args.workers, return_as="generator_unordered")(cells):
                bench.write()


if __name__ == "__main__":
    main()
