"""Where in the picture the sound is: SSPL, SSPL with predictive coding and SACL on made scenes.

Run everything within 20 minutes of two cores, a row, a part of the table, or one longer training::

    python -m benchmarks.accuracy.audio_visual
    python -m benchmarks.accuracy.audio_visual --systems sspl sacl --seeds 0 1 2
    python -m benchmarks.accuracy.audio_visual --systems S4 S5 S6
    python -m benchmarks.accuracy.audio_visual --long --hours 2

Scenes are made from seeds; nothing has to be downloaded. JSON, Markdown, learning curves and maps
are written into ``benchmarks/results`` after each training. What was trained with the same settings
is not trained again, so an interrupted call can be repeated. Frozen features (1.5 GB in all), which
all systems share, stay in ``--cache``, and so does what ``--long`` has reached.
"""

import argparse
import os
import shlex
import sys
import time
from pathlib import Path

import joblib
import numpy as np
import torch
from sklearn import config_context

from benchmarks.accuracy._budgets import set_up_torch, without_folders
from benchmarks.accuracy._report import RESULTS
from benchmarks.accuracy.audio_visual import tables
from benchmarks.accuracy.audio_visual.guesses import choose_spread, figures, score_guesses
from benchmarks.accuracy.audio_visual.notes import NOTES
from benchmarks.accuracy.audio_visual.systems import GUESSES, SYSTEMS, names_of
from sslearn.audiovisual import WindowContrast
from sslearn.datasets import make_scenes

PARTS = ("systems", "S4", "S5", "S6")
# Training, validation and test scenes; training scenes, seeds and epochs of the ablations (None:
# those of the system), which compare rows with each other alone; epochs of the pretext.
_SIZES = ("n_train", "n_validation", "n_test", "n_ablation", "ablation_epochs", "pretext_epochs")
BUDGETS = {"small": (2000, 200, 500, 800, None, 25), "quick": (24, 8, 12, 24, 1, 1)}
# Seeds of the scenes. No setting was chosen on test scenes of this seed.
_SEEDS = {"train": 0, "validation": 1, "test": 2026}
_N_DRAWN = 5
_ROUND = 10  # epochs of a round of the longer training


class Bench:
    """Scenes and rows of one budget.

    Parameters
    ----------
    args : argparse.Namespace
        Options of the command line.
    """

    def __init__(self, args):
        self.args = args
        self.scenes = {
            part: make_scenes(getattr(args, f"n_{part}"), random_state=seed)
            for part, seed in _SEEDS.items()
        }
        # Each picture gets the sound of another scene, in an order that all systems share.
        test = self.scenes["test"].data
        self.shuffled = test.assign(audio=np.roll(test["audio"].to_numpy(), 1))
        # What a row must share with those that stand.
        self.shared = {
            f"{part} scenes": f"{len(scenes.data)}, seed {_SEEDS[part]}"
            for part, scenes in self.scenes.items()
        }

    def guesses(self):
        """A row for each guess."""
        spread = choose_spread(self.scenes["validation"].target)
        found = score_guesses(self.scenes["test"], spread, self.args.seeds)
        return [
            tables.make_row(f"{GUESSES} {title}", title, "guesses", runs)
            for title, runs in found.items()
        ]

    def row(self, name):
        """Row of a system: a run for each seed, those that stand included."""
        system, args = SYSTEMS[name], self.args
        main = system.table == "systems"
        settings = {"localizer": _full_repr(self._localizer(name)), "torch": torch.__version__}
        settings |= {"training scenes": self._n_train(name)}
        if system.small:
            settings["pretext"] = _full_repr(self._pretext(None))
        runs = tables.stored_runs(args, name, settings, self.shared)
        for seed in args.seeds if main else args.seeds[:1]:
            if seed not in runs:
                print(f"== {system.title}, seed {seed}", flush=True)
                runs[seed] = {"seed": seed} | self._run(name, seed)
        runs = [runs[seed] for seed in sorted(runs)]
        described = {"published": system.published, "settings": settings}
        return tables.make_row(name, system.title, system.table, runs, **described)

    def _n_train(self, name):
        args = self.args
        return args.n_train if SYSTEMS[name].table == "systems" else args.n_ablation

    def _localizer(self, name):
        localizer, epochs = SYSTEMS[name].make(), self.args.ablation_epochs
        if epochs is not None:
            localizer.set_params(max_epochs=epochs)
        return localizer

    def _pretext(self, seed):
        return WindowContrast(max_epochs=self.args.pretext_epochs, random_state=seed)

    def _run(self, name, seed):
        """Train a system with a seed, and score it."""
        localizer, row = self._localizer(name), {}
        cache = str(self.args.cache / "features")
        localizer.set_params(memory=cache, random_state=seed, device="cpu")
        if SYSTEMS[name].small:
            weights, row["CPU s of the pretext"] = self._weights(seed)
            localizer.set_params(image_network__weights=weights)
        train, validation = self.scenes["train"].data, self.scenes["validation"]
        start = time.process_time()
        localizer.fit(
            train.iloc[: self._n_train(name)], X_val=validation.data, y_val=validation.target
        )
        row |= {"CPU s": time.process_time() - start} | self.scores(localizer)
        if seed != self.args.seeds[0]:
            del row["maps"]
        return row | {"curve": _curve(localizer)}

    def _weights(self, seed):
        """Weights of the label-free network, and the seconds that they took."""
        sizes = f"{self.args.n_train}_{self.args.pretext_epochs}"
        path = self.args.cache / f"pretext_{sizes}_{seed}.joblib"
        if path.exists():
            return joblib.load(path)
        start = time.process_time()
        weights = self._pretext(seed).fit(self.scenes["train"].data).weights_
        path.parent.mkdir(parents=True, exist_ok=True)
        joblib.dump((weights, time.process_time() - start), path)
        return joblib.load(path)

    def scores(self, localizer):
        """Figures with the own and with another sound, and the first maps."""
        test = self.scenes["test"]
        maps = localizer.similarity_map(test.data)
        row = figures(test.target, maps)
        shuffled = figures(test.target, localizer.similarity_map(self.shuffled))
        row |= {f"shuffled {score}": value for score, value in shuffled.items()}
        row["embedding spread"] = float(localizer.embedding_spread_)
        row["effect of the sound"] = float(localizer.sound_effect_)
        return row | {"maps": maps[:_N_DRAWN].astype(float).round(3).tolist()}

    def longer(self):
        """Row of one training of SSPL with PCM that takes hours, in rounds with views of their own.

        Their features stay in memory: on disk, each round would leave as many as a whole study.
        """
        args, system, localizer = self.args, SYSTEMS["long"], self._localizer("long")
        n_epochs = _ROUND if args.ablation_epochs is None else args.ablation_epochs
        settings = {"localizer": _full_repr(localizer), "training scenes": args.n_train}
        settings["rounds"] = f"{n_epochs} epochs, each with a new optimizer"
        path = args.cache / f"long_{args.n_train}_{args.seeds[0]}.joblib"
        path.parent.mkdir(parents=True, exist_ok=True)
        localizer.set_params(warm_start=True, max_epochs=n_epochs, device="cpu")
        state = {"localizer": localizer, "curve": [], "hours": 0.0, "CPU s": 0.0}
        if path.exists():
            state = joblib.load(path)
        while not state["curve"] or state["hours"] < args.hours:
            self._round(state)
            _replace(path, state)
            shown = f"{len(state['curve'])} epochs, {state['hours']:.2f} h"
            print(f"    {shown}, AUC {state['curve'][-1]:.3f}", flush=True)
        localizer = state.pop("localizer")
        settings |= {"epochs": len(state["curve"]), "hours": round(state.pop("hours"), 2)}
        run = {"seed": args.seeds[0]} | state | self.scores(localizer)
        described = {"published": system.published, "settings": settings}
        return tables.make_row("long", system.title, "longer", [run], **described)

    def _round(self, state):
        """Train some epochs more."""
        train, validation = self.scenes["train"].data, self.scenes["validation"]
        localizer, start, cpu = state["localizer"], time.perf_counter(), time.process_time()
        localizer.set_params(random_state=self.args.seeds[0] + len(state["curve"]))
        localizer.fit(train, X_val=validation.data, y_val=validation.target)
        state["curve"] += _curve(localizer)
        state["hours"] += (time.perf_counter() - start) / 3600
        state["CPU s"] += time.process_time() - cpu


def _full_repr(estimator):
    """All parameters of an estimator, defaults included."""
    with config_context(print_changed_only=False):
        return " ".join(estimator.__repr__(N_CHAR_MAX=10_000).split())


def _curve(localizer):
    """Area on the validation scenes after each epoch."""
    return (1 - localizer.history_["valid_error"]).round(4).tolist()


def _replace(path, value):
    """Write a file whole or not at all."""
    unfinished = path.with_name(f"{path.name}.part")
    joblib.dump(value, unfinished)
    os.replace(unfinished, path)


def _parse(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.audio_visual")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--cache", type=Path, default=Path(".cache/audio_visual"))
    parser.add_argument("--name", help="stem of the files of results")
    parser.add_argument("--quick", action="store_true", help="a few scenes: does all of it run?")
    parser.add_argument(
        "--systems",
        nargs="+",
        choices=[GUESSES, *PARTS, *(name for name in SYSTEMS if name != "long")],
        default=[GUESSES, *PARTS],
        metavar="NAME",
        help=f"{GUESSES}, parts {', '.join(PARTS)}, or names: {', '.join(SYSTEMS)}",
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--long", action="store_true", help="one longer training with PCM alone")
    parser.add_argument("--hours", type=float, default=2.0, help="hours of --long")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    for size in _SIZES:
        parser.add_argument(f"--{size.replace('_', '-')}", type=int)
    args = parser.parse_args(argv)
    sizes = BUDGETS["quick" if args.quick else "small"]
    for size, value in zip(_SIZES, sizes, strict=True):
        if getattr(args, size) is None:
            setattr(args, size, value)
    args.options = without_folders(sys.argv[1:] if argv is None else argv)
    args.name = args.name or "audio_visual" + ("_quick" if args.quick else "")
    return args


def main(argv=None):
    """Measure the systems that the command line names."""
    args = _parse(argv)
    set_up_torch(args.threads, "full")
    command = shlex.join(["python", "-m", "benchmarks.accuracy.audio_visual", *args.options])
    bench = Bench(args)

    def write(rows):
        rows = tables.write(args, rows, settings=bench.shared, command=command, notes=NOTES)
        tables.draw_maps(args.out / f"{args.name}_maps.png", bench.scenes["test"], rows)

    if args.long:
        write([bench.longer()])
        return
    if GUESSES in args.systems:
        write(bench.guesses())
    for name in names_of(args.systems):
        write([bench.row(name)])


if __name__ == "__main__":
    main()
