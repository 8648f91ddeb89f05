"""Regression against classification on the sphere, after Perotin et al. (2019).

Run all systems, or some::

    python -m benchmarks.accuracy.sphere --quick
    python -m benchmarks.accuracy.sphere --systems cartesian unbiased intensity
    python -m benchmarks.accuracy.sphere --full

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data. Clips are simulated once from
real speech, with rooms and speakers of their own for training and test, a third each clean, in
diffuse babble, and with a localized interferer. All systems are trained on the same clips, those
with the recurrent network for the same number of epochs, of which they may share the first ones
(``--trunk-epochs``). What is finished stays in ``--cache``, so two processes may share the work,
each with ``--systems`` of its own; JSON and Markdown of all systems that are finished are written
into ``benchmarks/results`` after each, beside the published figures. Rows of the same budget that
stand there, from another machine perhaps, stay until their system is trained again.
"""

import shlex
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from skorch.callbacks import PrintLog

from benchmarks.accuracy._budgets import (
    PRECISIONS,
    budget_key,
    budget_parser,
    parse_budget,
    set_up_torch,
)
from benchmarks.accuracy._data import read, skipping
from benchmarks.accuracy._label_data import describe, split_speech
from benchmarks.accuracy._maps import precompute, to_single_precision
from benchmarks.accuracy._report import markdown_table, read_rows, write_results
from benchmarks.accuracy._sphere_data import CONDITIONS, FS, render
from benchmarks.accuracy._sphere_tables import SYSTEMS, orderings, published
from benchmarks.accuracy._start import StartFrom
from sslearn import datasets, recipes
from sslearn.decoding import AdjacentDecoder
from sslearn.geometry import great_circle_distance

# clips to train on (a tenth is held out), to test; epochs of each system, those before that are
# shared; clips of a batch
BUDGETS = {
    "quick": (96, 48, 2, 1, 8),
    "small": (7500, 1500, 3, 16, 8),
    "full": (100_000, 6000, 100, 0, 64),
}
TRUNK = "cartesian"  # what the shared epochs learn
OWN_LR = 5e-4  # after them, half of the recipe's
HISTOGRAM_EPOCHS = 8  # of masked histograms, which learn faster
_SHARED_LAYERS = (torch.nn.Conv2d, torch.nn.BatchNorm2d, torch.nn.LSTM)
UNTRAINED = {"intensity": None, "histogram": AdjacentDecoder(weights="parabola")}
_SIZES = dict.fromkeys(("clips", "test", "epochs", "trunk_epochs", "batch_size"), int)

NOTES = """\
Great-circle errors: share of the clips below 5, 10 and 15 degrees in per cent, mean with its 95 %
confidence interval, and median. {budget}

Published: the same columns on (a) speech through measured responses; (b) recordings. Those sets are
not public, so the figures stand for orientation; what is compared is the order of the systems. Our
clips: rooms of 3 to 10 x 3 to 8 x 2.5 to 4 m, reverberation times of 0.2 to 0.8 s, sources at 1 to
3 m in directions uniform on the sphere, 0.83 s of speech; `clean` (reverberant, no noise),
`diffuse` (babble from all around, 0 to 20 dB), `interferer` (one of five recordings of noise from
one direction, 0 to 20 dB). Training has all three, the paper's had no localized interferer as far
as is known. Speakers: {speech} of LibriSpeech, none in two parts; rooms: none in two parts; the
recordings of the interferer are the same in both. One run with one seed.

{trunk}The learning rate falls along a half cosine to 0 at the last epoch, in all systems
(published: early stopping, which needs more epochs); the epoch with the least median error on a
tenth of the training clips, drawn at random, is kept. The forward pass of the training is in
{precision} precision. The rest is `recipes.ambisonic_crnn`. Masked histograms are
`recipes.ambisonic_histogram`, which sees the level of W too, trained from the start, no more than
{histogram} epochs.

{orderings}
"""
SHARED = """\
The convolutions and the recurrent layers, which the paper's systems share, start from one training
of {epochs} epochs (Cartesian regression); each system then has a head of its own that starts at
random, and {more} epochs in which all weights are free, from half the rate. Published: each from
the start. The table can favour Cartesian regression for it.

"""


class Bench:
    """Clips, systems, results of one budget.

    Parameters
    ----------
    args : argparse.Namespace
        Options of the command line.
    """

    def __init__(self, args):
        self.args = args
        self.sizes = {name: getattr(args, name) for name in _SIZES}
        self.seeds = {"train": args.seed, "test": args.test_seed}
        self.settings = self.sizes | {
            name: getattr(args, name) for name in ("precision", "seed", "test_seed")
        }
        self.budget = f"{budget_key(args, self.sizes)}_test{args.test_seed}"
        self.cache, data = Path(args.cache), Path(args.data)
        self.speech = split_speech(data / "speech_librispeech", args.seed)
        self.noise = list(read(datasets.load_noise, data / "noise", fs=FS).audio)

    def clips(self, part):
        """Simulated clips."""
        n_clips = self.sizes["clips" if part == "train" else part]
        return render(
            self.cache / "clips",
            part,
            n_clips,
            speech=self.speech[part],
            noise=self.noise,
            seed=self.seeds[part],
            n_jobs=self.args.n_jobs,
        )

    def path(self, system):
        """File of the answers of a finished system."""
        return self.cache / self.budget / f"{system}.npz"

    def run(self, system):
        """Train a system unless it is finished, and keep its answers to the test."""
        path = self.path(system)
        if path.exists():
            return
        print(f"\n== {SYSTEMS[system]}", flush=True)
        if system in UNTRAINED:
            test = self.clips("test")
            localizer = recipes.intensity(fs=FS).set_params(decoder=UNTRAINED[system])
            localizer.fit(test.X[:1], test.y[:1])
            answers = {"y": localizer.predict(test.X), "minutes": 0.0, "best": 0}
        else:
            localizer = self.localizer(system)
            transform = localizer.batch_transform
            minutes = self.fit(localizer)
            y = localizer.predict(self.maps("test", transform))
            answers = {"y": y, "minutes": minutes, "best": localizer.best_epoch_}
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **answers)

    def localizer(self, system):
        """Localizer of a system, with the schedule of this benchmark."""
        shared, own = self.args.trunk_epochs, self.args.epochs
        if system == "masked_histogram":
            n_epochs = min(HISTOGRAM_EPOCHS, shared + own)
            return self.schedule(recipes.ambisonic_histogram(), n_epochs)
        localizer = self.schedule(recipes.ambisonic_crnn(system), own)
        if shared:
            localizer.set_params(lr=OWN_LR).callbacks.append(StartFrom(self.trunk()))
        return localizer

    def schedule(self, localizer, n_epochs):
        """A recipe with the options of the command line, for a number of epochs."""
        args = self.args
        return localizer.set_params(
            max_epochs=n_epochs,
            batch_size=args.batch_size,
            callbacks=[PrintLog(sink=partial(print, flush=True))],
            training__schedule="cosine",
            training__n_iter_no_change=None,
            training__precision=PRECISIONS[args.precision],
            device=args.device,
            random_state=args.seed,
        )

    def trunk(self):
        """Weights below the heads after the shared epochs, which are trained once."""
        path = self.path("trunk")
        if not path.exists():
            print("\n== shared epochs", flush=True)
            localizer = self.schedule(recipes.ambisonic_crnn(TRUNK), self.args.trunk_epochs)
            minutes = self.fit(localizer)
            layers = localizer.module_.named_modules()
            below = tuple(f"{name}." for name, layer in layers if isinstance(layer, _SHARED_LAYERS))
            kept = {k: v for k, v in localizer.weights_.items() if k.startswith(below)}
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, minutes=minutes, **kept)
        with np.load(path) as stored:
            return {name: stored[name] for name in stored if name != "minutes"}

    def fit(self, localizer):
        """Train on maps that are made once, which changes nothing but the minutes it returns."""
        maps = self.maps("train", localizer.batch_transform)
        start = time.perf_counter()
        localizer.set_params(batch_transform=to_single_precision())
        localizer.fit(maps, self.clips("train").y)
        return (time.perf_counter() - start) / 60

    def maps(self, part, transform):
        """What a recipe's network sees of the clips."""
        clips = self.clips(part)
        shape = "x".join(map(str, transform.fit_transform(np.asarray(clips.X[:1])).shape[1:]))
        name = f"maps_{part}_{len(clips.X)}_{shape}_seed{self.seeds[part]}"
        path = self.cache / "clips" / name
        # The values of intensity vectors are in [-1, 1] and keep three digits.
        return precompute(clips.X, transform, path, dtype=np.float16)

    def finished(self):
        """Rows of the finished systems: of the cache, or of the results of the same budget."""
        stored = read_rows(self.args.name, settings=self.settings, folder=self.args.out)
        rows = {}
        for system, name in SYSTEMS.items():
            if self.path(system).exists():
                rows[system] = self._rows(system)
            elif there := [row for row in stored if row["system"] == name]:
                rows[system] = there
        return rows

    def _rows(self, system):
        """A row for each condition of the test."""
        test = self.clips("test")
        with np.load(self.path(system)) as stored:
            errors = great_circle_distance(stored["y"], test.y)
            best, minutes = int(np.squeeze(stored["best"])), float(stored["minutes"])
        rows = []
        for condition in ("all", *CONDITIONS):
            chosen = (condition == "all") | (test.condition == condition)
            row = {"system": SYSTEMS[system], "test": condition, **_figures(errors[chosen])}
            whole = condition == "all"
            row["published (a); (b)"] = published(system) if whole else ""
            row["best epoch"] = best if whole and best else ""
            rows.append(row | {"minutes": minutes if whole else ""})
        return rows

    def write(self):
        """Write JSON and Markdown of all finished systems."""
        finished = self.finished()
        table = {(system, row["test"]): row for system, rows in finished.items() for row in rows}
        write_results(
            self.args.name,
            f"Regression against classification on the sphere, {self.args.clips} clips, "
            f"{self.args.trunk_epochs} + {self.args.epochs} epochs",
            list(table.values()),
            settings=self.settings | {"torch": torch.__version__},
            command=shlex.join(["python", "-m", "benchmarks.accuracy.sphere", *self.args.options]),
            notes=NOTES.format(
                budget=self._describe_budget(),
                trunk=self._describe_trunk(),
                histogram=HISTOGRAM_EPOCHS,
                precision=PRECISIONS[self.args.precision],
                speech=describe({part: self.speech[part] for part in ("train", "test")}),
                orderings=markdown_table(orderings(table), ("ordering", "holds", "figures")),
            ),
            folder=self.args.out,
        )

    def _describe_budget(self):
        if tuple(self.sizes.values()) == BUDGETS["full"]:
            return "The budget of `--full`, after the published number of epochs."
        n_clips, _, n_epochs, *_ = BUDGETS["full"]
        return (
            f"**A budget for two processor cores**; that of `--full`, {n_epochs} epochs on "
            f"{n_clips} clips, was not run. The recurrent networks are not near the end of their "
            "learning: what holds here need not hold there."
        )

    def _describe_trunk(self):
        shared = self.args.trunk_epochs
        return SHARED.format(epochs=shared, more=self.args.epochs) if shared else ""


def _figures(errors):
    figures = {f"< {limit}": 100 * float(np.mean(errors < limit)) for limit in (5, 10, 15)}
    mean, margin = errors.mean(), 1.96 * errors.std(ddof=1) / len(errors) ** 0.5
    figures |= {"mean": float(mean), "+-": float(margin), "median": float(np.median(errors))}
    return figures


def _parse(argv):
    parser = budget_parser("sphere", _SIZES)
    parser.add_argument("--systems", nargs="*", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--test-seed", type=int, default=0, help="of the clips to test")
    return parse_budget(parser, BUDGETS, _SIZES, argv)


def main(argv=None):
    """Run the systems that the command line names."""
    args = _parse(argv)
    set_up_torch(args.threads, args.precision)
    with skipping("sphere"):
        bench = Bench(args)
        for system in args.systems:
            bench.run(system)
            bench.write()


if __name__ == "__main__":
    main()
