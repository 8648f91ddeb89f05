"""Localizers of the study, trained on maps that are computed once."""

import time
from functools import partial

import numpy as np
import torch
from skorch.callbacks import PrintLog

from benchmarks.accuracy._maps import precompute, to_single_precision
from benchmarks.accuracy._start import StartFrom
from benchmarks.accuracy._torch import PRECISIONS
from benchmarks.accuracy.sphere.data import FS, read_sounds, render
from sslearn import recipes
from sslearn.decoding import AdjacentDecoder

# Decoder of the intensity: its mean, and the top of its histogram.
UNTRAINED = {"intensity": None, "histogram": AdjacentDecoder(weights="parabola")}
TRUNK = "cartesian"  # target of the shared epochs
OWN_LR = 5e-4  # after them, half of the recipe's
HISTOGRAM_EPOCHS = 8  # masked histograms need no more
_SHARED_LAYERS = (torch.nn.Conv2d, torch.nn.BatchNorm2d, torch.nn.LSTM)


def untrained(system, **params):
    """Baseline of this name in ``UNTRAINED``."""
    return recipes.intensity(fs=FS, **params).set_params(decoder=UNTRAINED[system])


class Bench:
    """Clips and predictions of one budget; what is finished is kept in files.

    Parameters
    ----------
    args : argparse.Namespace
        Options of the command line.
    settings : dict
        Those that change a prediction.
    """

    def __init__(self, args, settings):
        self.args = args
        self.seeds = {"train": args.seed, "test": args.test_seed}
        self.folder = args.cache / "_".join(f"{name}{value}" for name, value in settings.items())
        self.speech, self.noise = read_sounds(args.data, args.seed)

    def clips(self, part):
        """Simulated clips."""
        return render(
            self.args.cache / "clips",
            part,
            self.args.clips if part == "train" else self.args.test,
            speech=self.speech[part],
            noise=self.noise,
            seed=self.seeds[part],
            n_jobs=self.args.n_jobs,
        )

    def predictions(self, system):
        """Directions of the test clips, minutes of training and the best epoch of a system."""
        return self._once(system, self._predict)

    def _once(self, name, compute):
        """Arrays that are computed unless their file exists."""
        path = self.folder / f"{name}.npz"
        if not path.exists():
            print(f"\n== {name}", flush=True)
            found = compute(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, **found)
        with np.load(path) as stored:
            return dict(stored)

    def _predict(self, system):
        if system in UNTRAINED:
            test = self.clips("test")
            return {"y": untrained(system).fit(test.X[:1], test.y[:1]).predict(test.X)}
        localizer = self._localizer(system)
        transform = localizer.batch_transform
        minutes = self._fit(localizer)
        y = localizer.predict(self._maps("test", transform))
        return {"y": y, "minutes": minutes, "best epoch": localizer.best_epoch_}

    def _localizer(self, system):
        """Localizer of a system, with the schedule of this study."""
        shared, own = self.args.trunk_epochs, self.args.epochs
        if system == "masked_histogram":
            n_epochs = min(HISTOGRAM_EPOCHS, shared + own)
            return self._schedule(recipes.ambisonic_histogram(), n_epochs)
        localizer = self._schedule(recipes.ambisonic_crnn(system), own)
        if shared:
            trunk = self._once("trunk", self._train_trunk)
            localizer.set_params(lr=OWN_LR).callbacks.append(StartFrom(trunk))
        return localizer

    def _schedule(self, localizer, n_epochs):
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

    def _train_trunk(self, _):
        """Weights below the heads after the shared epochs."""
        localizer = self._schedule(recipes.ambisonic_crnn(TRUNK), self.args.trunk_epochs)
        self._fit(localizer)
        layers = localizer.module_.named_modules()
        below = tuple(f"{name}." for name, layer in layers if isinstance(layer, _SHARED_LAYERS))
        return {k: v for k, v in localizer.weights_.items() if k.startswith(below)}

    def _fit(self, localizer):
        """Minutes of a training on maps, which are those that the localizer would compute."""
        maps = self._maps("train", localizer.batch_transform)
        start = time.perf_counter()
        localizer.set_params(batch_transform=to_single_precision())
        localizer.fit(maps, self.clips("train").y)
        return (time.perf_counter() - start) / 60

    def _maps(self, part, transform):
        """Inputs of a recipe's network."""
        clips = self.clips(part)
        shape = "x".join(map(str, transform.fit_transform(np.asarray(clips.X[:1])).shape[1:]))
        name = f"maps_{part}_{len(clips.X)}_{shape}_seed{self.seeds[part]}"
        path = self.args.cache / "clips" / name
        # Intensity vectors are in [-1, 1], where half precision keeps three digits.
        return precompute(clips.X, transform, path, dtype=np.float16)
