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
into ``benchmarks/results`` after each, beside the published figures.
"""

import shlex
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from skorch.callbacks import PrintLog

from benchmarks.accuracy._budgets import budget_key, budget_parser, parse_budget, set_up_torch
from benchmarks.accuracy._label_data import describe, split_speech
from benchmarks.accuracy._report import markdown_table, write_results
from benchmarks.accuracy._schedule import PrintPasses, StartFrom, half_cosine
from benchmarks.accuracy._sphere_data import (
    CONDITIONS,
    FS,
    TurnedMaps,
    draw_turns,
    precompute,
    render,
    to_single_precision,
    turn_directions,
)
from benchmarks.accuracy._sphere_tables import SYSTEMS, orderings, published
from sslearn import datasets, recipes
from sslearn.encoding import AdjacentDecoder
from sslearn.geometry import great_circle_distance

# clips to train on (a tenth is held out), to test; epochs of each system, those before that are
# shared; clips of a batch
BUDGETS = {
    "quick": (96, 48, 2, 1, 8),
    "small": (7500, 6000, 5, 16, 8),
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
recordings of the interferer are the same in both. One run with one seed for training.

{trunk}Each time the recurrent networks see a clip, its sound field is turned around the vertical axis
by an angle of its own, and mirrored left and right, up and down, or not (published: not; there are
many more clips there). The learning rate falls along a half cosine to 0 at the last step, in all
systems (published: early stopping, which needs more passes). The forward pass of the training is in
{precision} precision. The rest is `recipes.ambisonic_crnn`. Masked histograms are
`recipes.ambisonic_histogram`, which sees the level of W too, trained from the start, no more than
{histogram} passes, of which the one with the least median error on a tenth of the clips, drawn at
random, is kept; where a clip is turned, they only turn their answer.

{orderings}
"""
SHARED = """\
The convolutions and the recurrent layers, which the paper's systems share, start from one training
of {epochs} passes (Cartesian regression); each system then has a head of its own that starts at
random, and {more} passes in which all weights are free, from half the rate. Published: each from
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
        self.budget = f"{budget_key(args, self.sizes)}_test{args.test_seed}"
        self.cache, data = Path(args.cache), Path(args.data)
        self.speech = split_speech(data / "speech_librispeech", args.seed)
        self.noise = list(datasets.load_noise(data / "noise", fs=FS).audio)

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
            answers = {"y": localizer.predict(test.X), "minutes": 0.0}
        elif system == "masked_histogram":
            answers = self.fit_histograms()
        else:
            start = [StartFrom(self.trunk())] if self.args.trunk_epochs else []
            answers, _ = self.fit_crnn(system, self.args.epochs, start)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **answers)

    def trunk(self):
        """Weights below the heads after the shared passes, which are trained once."""
        path = self.path("trunk")
        if not path.exists():
            print("\n== shared passes", flush=True)
            answers, localizer = self.fit_crnn(TRUNK, self.args.trunk_epochs)
            layers = localizer.net_.module_.named_modules()
            below = tuple(f"{name}." for name, layer in layers if isinstance(layer, _SHARED_LAYERS))
            kept = {k: v for k, v in localizer.weights_.items() if k.startswith(below)}
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, minutes=answers["minutes"], **kept)
        with np.load(path) as stored:
            return {name: stored[name] for name in stored if name != "minutes"}

    def fit_crnn(self, target, n_passes, start=()):
        """Train the recurrent network on turned clips; its answers to the test, and itself."""
        args = self.args
        localizer = recipes.ambisonic_crnn(target)
        transform = localizer.batch_transform
        maps = self.maps("train", transform)
        y = self.clips("train").y
        rng = np.random.default_rng(args.seed)
        clips, held_out = np.split(rng.permutation(len(y)), [round(0.9 * len(y))])
        turned = draw_turns(clips, n_passes, rng)
        cosine = half_cosine(1, len(turned), args.batch_size)
        passes = PrintPasses(len(clips) // args.batch_size)
        localizer.set_params(batch_transform=TurnedMaps(maps.filename), validation_fraction=None)
        if start:
            localizer.set_params(lr=OWN_LR)
        # All passes are one epoch here, since each of them has other clips.
        callbacks = [cosine, passes, *start]
        minutes = self._fit(localizer, 1, callbacks, turned, turn_directions(y, turned))
        errors = great_circle_distance(localizer.predict(maps[held_out]), y[held_out])
        print(f"    clips held out: median {np.median(errors):.2f}", flush=True)
        return {"y": localizer.predict(self.maps("test", transform)), "minutes": minutes}, localizer

    def fit_histograms(self):
        """Train masked histograms, for which a turned clip is nothing new; answers to the test."""
        args = self.args
        n_epochs = min(HISTOGRAM_EPOCHS, args.trunk_epochs + args.epochs)
        localizer = recipes.ambisonic_histogram()
        transform = localizer.batch_transform
        maps, y = self.maps("train", transform), self.clips("train").y
        cosine = half_cosine(n_epochs, round(0.9 * len(y)), args.batch_size)
        # The cosine alone sets the rate.
        localizer.set_params(
            batch_transform=to_single_precision(), patience=n_epochs + 1, n_iter_no_change=None
        )
        log = PrintLog(sink=partial(print, flush=True))
        minutes = self._fit(localizer, n_epochs, [cosine, log], maps, y)
        y = localizer.predict(self.maps("test", transform))
        return {"y": y, "minutes": minutes, "best": localizer.best_epoch_}

    def _fit(self, localizer, n_epochs, callbacks, X, y):
        """Train with the options of the command line; minutes."""
        args = self.args
        localizer.set_params(
            max_epochs=n_epochs,
            batch_size=args.batch_size,
            precision=args.precision,
            callbacks=callbacks,
            device=args.device,
            random_state=args.seed,
        )
        start = time.perf_counter()
        localizer.fit(X, y)
        return (time.perf_counter() - start) / 60

    def maps(self, part, transform):
        """What a recipe's network sees of the clips."""
        clips = self.clips(part)
        shape = "x".join(map(str, transform.fit_transform(np.asarray(clips.X[:1])).shape[1:]))
        name = f"maps_{part}_{len(clips.X)}_{shape}_seed{self.seeds[part]}"
        return precompute(clips.X, transform, self.cache / "clips" / name)

    def write(self):
        """Write JSON and Markdown of all finished systems."""
        test = self.clips("test")
        table, rows = {}, []
        for system, name in SYSTEMS.items():
            if not self.path(system).exists():
                continue
            with np.load(self.path(system)) as stored:
                errors = great_circle_distance(stored["y"], test.y)
                minutes = float(stored["minutes"])
            for condition in ("all", *CONDITIONS):
                chosen = (condition == "all") | (test.condition == condition)
                figures = _figures(errors[chosen])
                table[system, condition] = figures
                row = {"system": name, "test": condition, **figures}
                whole = condition == "all"
                row["published (a); (b)"] = published(system) if whole else ""
                rows.append(row | {"minutes": minutes if whole else ""})
        write_results(
            self.args.name,
            f"Regression against classification on the sphere, {self.args.clips} clips, "
            f"{self.args.trunk_epochs} + {self.args.epochs} passes",
            rows,
            settings={
                **self.sizes,
                "precision": self.args.precision,
                "seed": self.args.seed,
                "test_seed": self.args.test_seed,
                "torch": torch.__version__,
            },
            command=shlex.join(["python", "-m", "benchmarks.accuracy.sphere", *self.args.options]),
            notes=NOTES.format(
                budget=self._describe_budget(),
                trunk=self._describe_trunk(),
                histogram=HISTOGRAM_EPOCHS,
                precision=self.args.precision,
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
    parser.add_argument("--test-seed", type=int, default=1, help="of the clips to test")
    return parse_budget(parser, BUDGETS, _SIZES, argv)


def main(argv=None):
    """Run the systems that the command line names."""
    args = _parse(argv)
    set_up_torch(args.threads)
    bench = Bench(args)
    for system in args.systems:
        bench.run(system)
        bench.write()


if __name__ == "__main__":
    main()
