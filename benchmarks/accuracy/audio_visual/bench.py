"""Scenes, trainings and scores of the study."""

import os
import time
from functools import cache

import joblib
import numpy as np
import torch
from sklearn import config_context
from sklearn.preprocessing import normalize

from benchmarks.accuracy._budgets import set_up_torch
from benchmarks.accuracy.audio_visual import tables
from benchmarks.accuracy.audio_visual.guesses import choose_spread, figures, score_guesses
from benchmarks.accuracy.audio_visual.systems import GUESSES, SYSTEMS
from sslearn.audiovisual import WindowContrast
from sslearn.datasets import make_scenes

# Seeds of the scenes. No setting was chosen on test scenes of this seed.
_SEEDS = {"train": 0, "validation": 1, "test": 2026}
_N_DRAWN = 5
_ROUND = 10  # epochs of a round of the longer training
_scenes = cache(make_scenes)  # once in a process


class Bench:
    """Scenes and rows of one budget.

    Parameters
    ----------
    args : argparse.Namespace
        Options of the command line.
    """

    def __init__(self, args):
        set_up_torch(args.threads, "full")
        self.args = args
        self.scenes = {
            part: _scenes(getattr(args, f"n_{part}"), random_state=seed)
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
        if SYSTEMS[name].small:
            row["agreement of the pretext"] = _agreement(
                localizer.module_.image.network, validation
            )
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


def measure(args, name):
    """Row of a system, for a process that gets no scenes but makes its own.

    Parameters
    ----------
    args : argparse.Namespace
        Options of the command line.
    name : str
        Name of the system.

    Returns
    -------
    row : dict
        Columns.
    """
    return Bench(args).row(name)


def _agreement(network, scenes):
    """Share of the objects whose nearest neighbour, by the features at their centres, is of a kind.

    Neighbours are those of the largest cosine among all objects of the scenes.
    """
    pictures = torch.from_numpy(np.stack(scenes.data["image"].to_list())).permute(0, 3, 1, 2)
    with torch.inference_mode():
        features = network(pictures.float() / 255).numpy()
    boxes = np.stack(scenes.metadata["boxes"].to_list())  # (n_scenes, n_objects, 4)
    centres = (boxes[..., :2] + boxes[..., 2:]) / 2
    columns, rows = np.moveaxis((centres * features.shape[-1]).astype(int), -1, 0)
    found = features[np.arange(len(features))[:, None], :, rows, columns]
    found = normalize(found.reshape(-1, features.shape[1]))
    kinds = np.stack(scenes.metadata["classes"].to_list()).ravel()
    cosines = found @ found.T
    np.fill_diagonal(cosines, -np.inf)
    return float(np.mean(kinds[cosines.argmax(axis=1)] == kinds))


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
