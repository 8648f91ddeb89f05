"""Training in rounds that can be interrupted at any time, after each of which all is stored."""

import math
import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import torch
from skorch.callbacks import Callback

from benchmarks.accuracy.multi_source.data import Clips, one_talker


@dataclass
class Budget:
    """What a training may cost.

    Parameters
    ----------
    epochs : float
        Passes over the training clips.
    hours : float
        Hours after which it ends in any case.
    round_size : int
        Clips of a round.
    bursts_first : int
        Rounds at the start with noise bursts without a room.
    single_first : int
        Rounds after these with clips that never have two talkers at a time.
    lr : float
        Learning rate at the start.
    batch_size : int
        Clips of a batch.
    schedule : {"cosine", "constant"}, default="cosine"
        ``"cosine"`` lowers the learning rate along half a cosine, to 0 where epochs or hours end,
        whichever comes first.
    """

    epochs: float
    hours: float
    round_size: int
    bursts_first: int
    single_first: int
    lr: float
    batch_size: int
    schedule: str = "cosine"

    def progress(self, n_seen, n_clips, seconds):
        """Spent part of the budget, 1 at its end."""
        return max(n_seen / (self.epochs * n_clips), seconds / (3600 * self.hours))

    def rate(self, progress):
        """Learning rate after a part of the budget."""
        if self.schedule == "constant":
            return self.lr
        return self.lr * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


class Resume(Callback):
    """Start from the weights and the optimizer of a file, and replace it after the epoch.

    Parameters
    ----------
    path : Path
        File, which need not exist yet.
    budget : Budget
        Budget, for the learning rate.
    n_clips : int
        Training clips in all.
    """

    def __init__(self, path, budget, n_clips):
        self.path = path
        self.budget = budget
        self.n_clips = n_clips

    def on_train_begin(self, net, **kwargs):
        """Load the state."""
        self.n_seen, self.seconds, self.start_ = 0, 0.0, time.perf_counter()
        if self.path.exists():
            state = torch.load(self.path, map_location=_device_of(net.module_), weights_only=True)
            net.module_.load_state_dict(state["module"])
            net.optimizer_.load_state_dict(state["optimizer"])
            self.n_seen, self.seconds = state["n_seen"], state["seconds"]

    def on_batch_begin(self, net, batch, training, **kwargs):
        """Set the learning rate."""
        if training:
            seconds = self.seconds + time.perf_counter() - self.start_
            progress = self.budget.progress(self.n_seen, self.n_clips, seconds)
            for group in net.optimizer_.param_groups:
                group["lr"] = self.budget.rate(progress)
            self.n_seen += len(batch[0])

    def on_epoch_end(self, net, **kwargs):
        """Write the state."""
        seconds = self.seconds + time.perf_counter() - self.start_
        state = {"module": net.module_.state_dict(), "optimizer": net.optimizer_.state_dict()}
        state |= {"n_seen": self.n_seen, "seconds": seconds}
        _replace(self.path, partial(torch.save, state))


def _device_of(module):
    return next(module.parameters()).device


def _replace(path, write):
    """Write a file whole or not at all."""
    unfinished = path.with_name(f"{path.name}.part")
    write(unfinished)
    os.replace(unfinished, path)


def train(localizer, clips, validation, *, budget, folder, seed, bursts=None):
    """Train a localizer round by round, from where an earlier call stopped.

    Parameters
    ----------
    localizer : NeuralLocalizer
        Recipe.
    clips, validation : Clips
        Clips for training and for validation.
    budget : Budget
        Where to stop.
    folder : Path
        Folder of ``state.pt``, weights and optimizer, and of ``localizer.joblib``, the localizer
        and its curve, after the last round.
    seed : int
        Seed.
    bursts : callable, default=None
        Function of a number of clips and a seed that returns them, for ``bursts_first``.

    Returns
    -------
    localizer : NeuralLocalizer
        Localizer after the last round.
    curve : list of dict
        A row for each round: clips seen, hours, losses, and the validation error in degrees.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stored, state = Path(folder) / "localizer.joblib", folder / "state.pt"
    fitted, curve = joblib.load(stored) if stored.exists() else (None, [])
    resume = Resume(state, budget, len(clips.X))
    localizer.set_params(
        lr=budget.lr,
        batch_size=budget.batch_size,
        max_epochs=1,
        training__schedule="constant",
        training__monitor="valid_loss",
        training__keep="last",
    )
    singles = np.flatnonzero(one_talker(clips.y)) if budget.single_first else []
    while not curve or _left(budget, curve[-1], len(clips.X)):
        i = len(curve)
        if i < budget.bursts_first:
            part = bursts(budget.round_size, seed=[seed, i])
        else:
            rows = _rows_of_round(i - budget.bursts_first, budget, clips, singles, seed)
            part = Clips(clips.X[rows], clips.y[rows])
        localizer.set_params(callbacks=[resume], random_state=seed + i)
        localizer.fit(part.X, part.y, X_val=validation.X, y_val=validation.y)
        curve.append(_row(localizer.history_, torch.load(state, weights_only=True)))
        print("    " + ", ".join(f"{k} {v:.4g}" for k, v in curve[-1].items()), flush=True)
        fitted = localizer.set_params(callbacks=None)
        _replace(stored, partial(joblib.dump, (fitted, curve)))
    return fitted, curve


def _left(budget, row, n_clips):
    return budget.progress(row["clips"], n_clips, 3600 * row["hours"]) < 1 - 1e-9


def _rows_of_round(i, budget, clips, singles, seed):
    """Rows of a round, in the order of the file: a shuffled part of those of an epoch."""
    chosen = np.arange(len(clips.X))
    if i < budget.single_first:
        chosen = singles
    else:
        i -= budget.single_first
    epoch, i = divmod(i, -(-len(chosen) // budget.round_size))
    order = np.random.default_rng([seed, epoch, len(chosen)]).permutation(chosen)
    return np.sort(order[i * budget.round_size :][: budget.round_size])


def _row(history, state):
    row = {"clips": state["n_seen"], "hours": state["seconds"] / 3600}
    return row | {
        name: float(history[name][-1]) for name in ("train_loss", "valid_loss", "valid_error", "lr")
    }
