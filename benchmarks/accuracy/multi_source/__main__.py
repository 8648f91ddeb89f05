"""Detection and localization of two moving talkers: IPDnet2 and the systems beside it.

Run the budget of two processor cores, one row, or everything on a GPU::

    python -m benchmarks.accuracy.multi_source --cpu
    python -m benchmarks.accuracy.multi_source --cpu --systems ipdnet2_tiny
    python -m benchmarks.accuracy.multi_source --cpu --systems    # clips alone
    python -m benchmarks.accuracy.multi_source --full --array realman

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data. Clips of 4 s are simulated once
from real speech and noise; all systems see the same ones. Training goes in rounds, and what a round
has reached stays in ``--cache``: an interrupted call can be repeated, and ``--hours`` limits each
training. JSON, Markdown and the learning curves are written into ``benchmarks/results`` after each
system; rows of other systems on the same test stay until they are measured again. ``--smoke`` is
the learning test on noise bursts alone.
"""

import shlex
from functools import partial
from pathlib import Path

import torch

from benchmarks.accuracy._budgets import budget_parser, parse_budget, set_up_torch
from benchmarks.accuracy._data import skipping
from benchmarks.accuracy.multi_source import data, detection, smoke, tables, training
from benchmarks.accuracy.multi_source.notes import NOTES
from benchmarks.accuracy.multi_source.systems import (
    BLOCKS,
    CLASSICAL,
    SYSTEMS,
    thresholds,
    trained,
    untrained,
)

# Clips of 4 s to train on, for validation and for each test; seconds of the pieces to train on;
# passes over them, pieces of a round, rounds of noise bursts first, then of single talkers, pieces
# of a batch, learning rate, hours of each training.
_SIZES = {
    "clips": int,
    "validation": int,
    "test": int,
    "piece": int,
    "epochs": float,
    "round_size": int,
    "bursts_first": int,
    "single_first": int,
    "batch_size": int,
    "lr": float,
    "hours": float,
}
_SETTINGS = (*_SIZES, "schedule", "precision", "device", "seed")
_KEY = (
    *("array", "clips", "piece", "bursts_first", "single_first"),
    *("batch_size", "lr", "schedule", "seed", "precision"),
)
BUDGETS = {
    "quick": (40, 8, 12, 1, 1.0, 80, 0, 0, 8, 1e-3, 0.05),
    "small": (3000, 60, 240, 1, 100.0, 1000, 5, 2, 8, 1e-3, 1.75),
    "full": (30_000, 400, 1000, 4, 40.0, 5000, 0, 2, 16, 5e-4, 24.0),
}
CPU_SYSTEMS = ("ipdnet2_tiny", "ipdnet2_small", "srp_dnn", *CLASSICAL)


class Bench:
    """Clips and rows of one budget.

    Parameters
    ----------
    args : argparse.Namespace
        Options of the command line.
    """

    def __init__(self, args):
        self.args = args
        self.cache, self.data = Path(args.cache), Path(args.data)
        self.speech, self.noise = data.read_sounds(self.data, args.seed)
        # What a row must share with those that stand: its tests, and how thresholds are chosen.
        self.shared = {name: getattr(args, name) for name in ("array", "test", "validation")}
        self.shared |= {"seed": args.seed, "test_seed": args.test_seed}

    def clips(self, part, piece=data.DURATION):
        """Simulated clips."""
        args = self.args
        return data.render(
            self.cache / "clips",
            args.array,
            part,
            args.clips if part == "train" else getattr(args, part),
            speech=self.speech,
            noise=self.noise,
            piece=piece,
            seed=args.test_seed if part == "test" else args.seed,
            n_jobs=args.n_jobs,
        )

    def render(self):
        """Simulate all clips, which trainings may then share."""
        for part in ("validation", "test"):
            self.clips(part)
        self.clips("train", self.args.piece)

    def tests(self):
        """Clips of the tests by name."""
        tests = {"simulated": self.clips("test")}
        if self.args.array == "r3vival":
            with skipping("the test on measured responses"):
                sounds = {"speech": self.speech, "noise": self.noise, "seed": self.args.test_seed}
                tests["measured"] = data.measured(self.data, self.args.test, **sounds)
        return tests

    def rows(self, system):
        """A row of the table for each test."""
        print(f"\n== {SYSTEMS[system][0]}", flush=True)
        localizer, find, threshold, own = (
            self._untrained(system) if system in CLASSICAL else self._trained(system)
        )
        rows = []
        for name, clips in self.tests().items():
            found = find(clips.X)
            row = {"system": SYSTEMS[system][0], "test": name, "threshold": threshold}
            row |= detection.figures(clips.y, found.tracks(threshold))
            usual = thresholds(system)[1]
            if usual is not None:
                figures = detection.figures(clips.y, found.tracks(usual)).values()
                row["published threshold"] = " / ".join(f"{x:.1f}" for x in list(figures)[:3])
            row |= tables.costs(system, localizer, clips.X)
            rows.append(row | {"published": tables.published(system)} | own)
        return rows

    def _trained(self, system):
        args = self.args
        clips, validation = self.clips("train", args.piece), self.clips("validation")
        spent = {name: getattr(args, name) for name in training.Budget.__dataclass_fields__}
        budget = training.Budget(**spent)
        localizer, curve = training.train(
            trained(system, data.ARRAYS[args.array]).set_params(
                device=args.device, n_jobs=args.threads_ahead
            ),
            clips,
            data.in_pieces(validation, data.DURATION // args.piece),
            budget=budget,
            folder=self.cache / self._key(system),
            seed=args.seed,
            bursts=partial(
                data.noise_bursts, mic_positions=data.ARRAYS[args.array], duration=args.piece
            ),
        )
        found = detection.find_sources(localizer, validation.X)
        threshold, _ = detection.choose_threshold(found, validation.y, thresholds(system)[0])
        own = {"clips": curve[-1]["clips"], "hours": curve[-1]["hours"], "curve": curve}
        settings = {name: getattr(args, name) for name in _SETTINGS}
        own["settings"] = settings | {"torch": torch.__version__, "localizer": repr(localizer)}
        return localizer, lambda X: detection.find_sources(localizer, X), threshold, own

    def _key(self, system):
        """Folder of a training: of its own for whatever changes the weights."""
        return "_".join([system, *(f"{getattr(self.args, name)}" for name in _KEY)])

    def _untrained(self, system):
        validation, best = self.clips("validation"), None
        for n_repeats in BLOCKS:
            localizer = untrained(system, data.ARRAYS[self.args.array], n_repeats)
            localizer.fit(validation.X[:1])

            def find(X, localizer=localizer, n_repeats=n_repeats):
                n_frames = round(data.DURATION / data.FRAME)
                return detection.find_peaks(localizer, X, n_frames, n_repeats)

            found = find(validation.X)
            threshold, error = detection.choose_threshold(
                found, validation.y, detection.quantiles(found)
            )
            if best is None or error < best[0]:
                best = error, localizer, find, threshold, {"settings": {"block": n_repeats}}
        return best[1:]


def _parse(argv):
    parser = budget_parser("multi_source", _SIZES)
    parser.add_argument("--cpu", action="store_true", help="the budget of two cores (default)")
    parser.add_argument("--smoke", action="store_true", help="learn noise bursts in 500 steps")
    parser.add_argument("--steps", type=int, default=500, help="steps of --smoke")
    parser.add_argument("--systems", nargs="*", choices=SYSTEMS)
    parser.add_argument("--array", choices=data.ARRAYS, default="r3vival")
    parser.add_argument("--schedule", choices=("cosine", "constant"), default="cosine")
    parser.add_argument("--test-seed", type=int, default=1, help="of the clips to test")
    parser.add_argument(
        "--threads-ahead", type=int, default=None, help="threads that prepare mini-batches"
    )
    args = parse_budget(parser, BUDGETS, _SIZES, argv)
    args.out = Path(args.out)
    if args.systems is None:
        args.systems = list(SYSTEMS) if args.full else list(CPU_SYSTEMS)
    if args.array != "r3vival":
        args.name += f"_{args.array}"
    return args


def main(argv=None):
    """Measure the systems that the command line names."""
    args = _parse(argv)
    set_up_torch(args.threads, args.precision)
    if args.smoke:
        smoke.learn(args.steps, seed=args.seed, cache=Path(args.cache))
        return
    command = shlex.join(["python", "-m", "benchmarks.accuracy.multi_source", *args.options])
    with skipping("multi_source"):
        bench = Bench(args)
        if not args.systems:
            bench.render()
        for system in args.systems:
            rows = bench.rows(system)
            tables.write(args, rows, settings=bench.shared, command=command, notes=NOTES)


if __name__ == "__main__":
    main()
