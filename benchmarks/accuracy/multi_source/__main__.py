"""Detection and localization of two moving talkers: IPDnet2 and the systems beside it.

Render the clips, measure what two processor cores can train, or everything on a GPU::

    python -m benchmarks.accuracy.multi_source trained --n-jobs 2 --systems
    python -m benchmarks.accuracy.multi_source trained --systems ipdnet2_small
    python -m benchmarks.accuracy.multi_source untrained
    python -m benchmarks.accuracy.multi_source trained --full --array realman
    python -m benchmarks.accuracy.multi_source bursts

Clips of 4 s are simulated once from real speech and noise; all systems get the same ones. Training
goes in rounds, and what a round has reached stays in ``--cache``: an interrupted call can be
repeated, and ``--hours`` limits each training. ``bursts`` is a learning test without rooms.
"""

from functools import partial

import torch

from benchmarks.accuracy._data import skipping
from benchmarks.accuracy._torch import PRECISIONS, set_up_torch
from benchmarks.accuracy.multi_source import data, detection, systems, training
from benchmarks.accuracy.multi_source.bursts import bursts
from benchmarks.accuracy.multi_source.data import DURATION, FRAME
from benchmarks.accuracy.multi_source.systems import CLASSICAL, TRAINED, thresholds
from benchmarks.study import Study

# Clips of 4 s; seconds of the pieces to train on; passes over them, pieces of a round, rounds of
# noise bursts first, then of single talkers, pieces of a batch, learning rate, hours of a training.
_TRAINING = {
    "n_train": (40, 3000, 30_000),
    "piece": (1, 1, 4),
    "epochs": (1.0, 100.0, 40.0),
    "round_size": (80, 1000, 5000),
    "bursts_first": (0, 5, 0),
    "single_first": (0, 2, 2),
    "batch_size": (8, 8, 16),
    "lr": (1e-3, 1e-3, 5e-4),
    "hours": (0.05, 1.75, 24.0),
}
_CLIPS = {"n_validation": (8, 60, 400), "n_test": (12, 240, 1000)}
_SMALL = ("ipdnet2_tiny", "ipdnet2_small", "srp_dnn")
# What changes the weights, and therefore names the folder of a training.
_KEY = (
    *("array", "n_train", "piece", "bursts_first", "single_first"),
    *("batch_size", "lr", "schedule", "seed", "precision"),
)


class Bench:
    """Clips of a run, rendered once.

    Parameters
    ----------
    args : argparse.Namespace
        Options of the command line.
    """

    def __init__(self, args):
        self.args = args
        self.mics = data.ARRAYS[args.array]
        self.speech, self.noise = data.read_sounds(args.data, args.seed)

    def clips(self, part, piece=DURATION):
        """Simulated clips."""
        args = self.args
        return data.render(
            args.cache / "clips",
            args.array,
            part,
            getattr(args, f"n_{part}"),
            speech=self.speech,
            noise=self.noise,
            piece=piece,
            seed=args.test_seed if part == "test" else args.seed,
            n_jobs=args.n_jobs,
        )

    def tests(self):
        """Clips of the tests by name."""
        tests = {"simulated": self.clips("test")}
        if self.args.array == "r3vival":
            with skipping("the test on measured responses"):
                sounds = {"speech": self.speech, "noise": self.noise, "seed": self.args.test_seed}
                tests["measured"] = data.measured(self.args.data, self.args.n_test, **sounds)
        return tests

    def train(self, system):
        """Localizer, what finds directions, threshold, and what the training took."""
        args = self.args
        clips, validation = self.clips("train", args.piece), self.clips("validation")
        spent = {name: getattr(args, name) for name in training.Budget.__dataclass_fields__}
        key = "_".join([system, *(f"{getattr(args, name)}" for name in _KEY)])
        localizer, curve = training.train(
            systems.trained(system, self.mics).set_params(device=args.device, n_jobs=args.n_jobs),
            clips,
            data.in_pieces(validation, DURATION // args.piece),
            budget=training.Budget(**spent),
            folder=args.cache / key,
            seed=args.seed,
            bursts=partial(data.noise_bursts, mic_positions=self.mics, duration=args.piece),
        )
        found = detection.find_sources(localizer, validation.X)
        threshold, _ = detection.choose_threshold(found, validation.y, thresholds(system)[0])
        took = {"clips seen": curve[-1]["clips"], "hours spent": curve[-1]["hours"]}
        took["curve"] = {
            name: [float(f"{row[name]:.5g}") for row in curve]
            for name in ("clips", "train_loss", "valid_loss", "valid_error")
        }
        return localizer, lambda X: detection.find_sources(localizer, X), threshold, took

    def choose(self, system):
        """The same for a system without training, whose blocks validation clips choose."""
        validation, best = self.clips("validation"), None
        for n_repeats in systems.BLOCKS:
            localizer = systems.untrained(system, self.mics, n_repeats).fit(validation.X[:1])

            def find(X, localizer=localizer, n_repeats=n_repeats):
                n_frames = round(DURATION / FRAME)
                return detection.find_peaks(localizer, X, n_frames, n_repeats)

            found = find(validation.X)
            threshold, error = detection.choose_threshold(
                found, validation.y, detection.quantiles(found)
            )
            if best is None or error < best[0]:
                best = error, localizer, find, threshold, {"block": n_repeats * FRAME}
        return best[1:]


def trained(run):
    """Two moving talkers in noise: networks trained for the array."""
    args = run.args
    set_up_torch(args.threads, args.precision)
    bench, chosen = Bench(args), args.systems
    if chosen is None:
        chosen = TRAINED if args.full else _SMALL
    elif not chosen:
        for part in data.PARTS:
            bench.clips(part, args.piece if part == "train" else DURATION)
    for system in chosen:
        if system in TRAINED:
            _add(run, bench, system, *bench.train(system), torch=torch.__version__)


def untrained(run):
    """Two moving talkers in noise: systems without training."""
    bench = Bench(run.args)
    for system in CLASSICAL:
        if run.args.systems is None or system in run.args.systems:
            _add(run, bench, system, *bench.choose(system))


def _add(run, bench, system, localizer, find, threshold, took, **measured):
    """Add a row for each test."""
    usual = thresholds(system)[1]
    for test, clips in bench.tests().items():
        found = find(clips.X)
        figures = {"threshold": threshold, **detection.figures(clips.y, found.tracks(threshold))}
        if usual is not None:
            for name, value in detection.pooled(clips.y, found.tracks(usual)).items():
                figures[f"{name} at the published threshold"] = value
        figures |= systems.costs(system, localizer, clips.X) | took
        took.pop("curve", None)  # once is enough
        run.add({"system": system, "test": test}, figures, **measured)


def _options(parser):
    parser.add_argument(
        "--systems", nargs="*", choices=(*TRAINED, *CLASSICAL), help="none: only render"
    )
    parser.add_argument("--array", choices=data.ARRAYS, default="r3vival")
    parser.add_argument("--schedule", choices=("cosine", "constant"), default="cosine")
    parser.add_argument("--test-seed", type=int, default=1, help="of the clips to test")
    parser.add_argument("--precision", choices=PRECISIONS, default="full", help="of training")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")


_TALKERS = ("trained", "untrained")
STUDY = Study(
    "multi_source",
    "How many of two moving talkers do IPDnet2, SRP-DNN, SRP-PHAT and MUSIC find, and how exactly?",
    {"trained": trained, "untrained": untrained, "bursts": bursts},
    sizes={**_CLIPS, **_TRAINING, "steps": (10, 500)},
    options=_options,
    selections=("systems",),
    only={
        **dict.fromkeys((*_CLIPS, "array", "test_seed"), _TALKERS),
        **dict.fromkeys((*_TRAINING, "schedule", "precision"), ("trained",)),
        "steps": ("bursts",),
    },
)
main = STUDY.main


if __name__ == "__main__":
    main()
