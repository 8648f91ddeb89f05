"""Training of one pair of encoding and loss, and its figures by decoder."""

import copy
import json
import time
from functools import partial

import numpy as np
import torch
from skorch.callbacks import PrintLog

from benchmarks.accuracy._start import StartFrom
from benchmarks.store import plain
from sslearn import recipes
from sslearn.encoding import (
    AdjacentDecoder,
    ArgmaxDecoder,
    GaussianEncoding,
    MixedEncoding,
    OneHotEncoding,
    SoftEncoding,
    UnbiasedEncoding,
)
from sslearn.geometry import circular_difference
from sslearn.losses import (
    BinaryCrossEntropyLoss,
    NegativeLogAbsoluteErrorLoss,
    SoftCrossEntropyLoss,
    SquaredErrorLoss,
    WassersteinLoss,
)

ENCODINGS = {
    "1hot": OneHotEncoding,
    "GLC": GaussianEncoding,
    "SLD": SoftEncoding,
    "ULD": UnbiasedEncoding,
    "mix": MixedEncoding,
}
DECODERS = {
    "Top-1": ArgmaxDecoder(),
    "WAD-2": AdjacentDecoder(2),
    "WAD-3": AdjacentDecoder(3),
}
# Pairs of encoding and loss in the order of the published tables.
CELLS = tuple(
    f"{label}/{loss}"
    for label, losses in {
        "1hot": ("CE", "MSE", "WD", "NLAE", "MSEwo"),
        "GLC": ("BCE", "MSE", "NLAE", "MSEwo"),
        "SLD": ("CE", "BCE", "MSE", "WD", "NLAE", "MSEwo"),
        "ULD": ("CE", "BCE", "MSE", "WD", "NLAE", "MSEwo"),
        "mix": ("MSEwo",),
    }.items()
    for loss in losses
)
_LOSSES = {
    "CE": SoftCrossEntropyLoss(),
    "WD": WassersteinLoss(),
    "NLAE": NegativeLogAbsoluteErrorLoss(),
}
SCHEDULES = {
    "cosine": {
        "training__schedule": "cosine",
        "training__min_lr": 0.0,
        "training__n_iter_no_change": None,
    },
    "published": {"training__monitor": "valid_loss"},
}


def figures(encoding, scores, y):
    """Accuracy and mean errors of scores.

    Parameters
    ----------
    encoding : GridEncoding
        Fitted encoding.
    scores : ndarray of shape (n_samples, n_classes) or (n_samples, 2, n_classes)
        Output of the network.
    y : ndarray of shape (n_samples,) or (n_samples, 2, 1)
        Directions in degrees; two sources are compared in their order along the grid.

    Returns
    -------
    row : dict
        ``tested clips``, ``accuracy`` (percent of sources in their exact class), the mean absolute
        error in degrees by decoder, and, for two sources, ``best order``: the error of WAD-3 with
        the sources of each clip in the order of the smaller error.
    """
    true = y
    if y.ndim == 3:
        order = np.argsort(-np.mod(y - encoding.grid_[0], 360.0), axis=1, kind="stable")
        true = np.take_along_axis(y, order, axis=1)
    row = {"tested clips": len(y), "accuracy": 100 * _exact_class(encoding, scores, y)}
    for name, decoder in DECODERS.items():
        found = copy.copy(encoding).set_params(decoder=decoder).inverse_transform(scores)
        row[name] = np.abs(circular_difference(found, true)).mean()
    if y.ndim == 3:
        # The last decoder is WAD-3.
        orders = [np.abs(circular_difference(found, t)).mean(axis=(1, 2)) for t in (y, y[:, ::-1])]
        row["best order"] = np.minimum(*orders).mean()
    return plain(row)


def _exact_class(encoding, scores, y):
    """Share of sources whose highest score is at the highest value of the label."""
    # Mixed labels count by the Gaussian one, as published.
    label = encoding.encodings_[1] if isinstance(encoding, MixedEncoding) else encoding
    return np.mean(scores.argmax(-1) == label.transform(y).argmax(-1))


def make_localizer(network, cell, grid, *, split, **params):
    """Recipe with the encoding and the loss of a cell.

    Parameters
    ----------
    network : {"PNN", "SNet"}
        Network.
    cell : str
        One of ``CELLS``.
    grid : {"circle", "front"}
        Grid of the recipe.
    split : bool
        Whether the network splits into two sources.
    **params
        Parameters of the localizer.

    Returns
    -------
    localizer : NeuralLocalizer
        Not fitted.
    """
    recipe = recipes.phase_network if network == "PNN" else recipes.spectrogram_network
    localizer = recipe(grid, n_sources=1 + split)
    label, loss = cell.split("/")
    over_classes = "sum" if network == "PNN" else "mean"
    losses = _LOSSES | {
        "BCE": BinaryCrossEntropyLoss(over_classes),
        **dict.fromkeys(("MSE", "MSEwo"), SquaredErrorLoss(over_classes)),
    }
    encoding = ENCODINGS[label](grid=localizer.encoding.grid, decoder=AdjacentDecoder(3))
    return localizer.set_params(
        encoding=encoding,
        loss=losses[loss],
        activation=None if cell.endswith("MSEwo") else "auto",
        **params,
    )


def train_cell(network, cell, grid, clips, tests, *, split, schedule, start=None, **params):
    """Train a cell and test it with each decoder.

    Parameters
    ----------
    network : {"PNN", "SNet"}
        Network.
    cell : str
        One of ``CELLS``.
    grid : {"circle", "front"}
        Grid of the recipe.
    clips : tuple of (Clips, Clips)
        Clips for training and validation.
    tests : dict of str to Clips
        Tests.
    split : bool
        Whether the clips contain two sources.
    schedule : {"cosine", "published"}
        One of ``SCHEDULES``.
    start : dict of str to ndarray, default=None
        Weights to start from; those of the recipe if None.
    **params
        Parameters of the localizer.

    Returns
    -------
    results : dict of str to dict
        For each test what :func:`figures` returns, ``epochs``, ``best epoch``, ``minutes`` and
        ``validation errors``, one of each epoch.
    """
    begin = time.perf_counter()
    train, validation = clips
    callbacks = [PrintLog(sink=partial(print, flush=True))]
    if start is not None:
        callbacks.append(StartFrom(start))
    localizer = make_localizer(network, cell, grid, split=split, **params)
    localizer.set_params(callbacks=callbacks, **SCHEDULES[schedule])
    localizer.fit(train.X, train.y, X_val=validation.X, y_val=validation.y)
    shared = {
        "epochs": localizer.n_iter_,
        "best epoch": localizer.best_epoch_[0],
        "validation errors": localizer.history_["valid_error"],
        "minutes": (time.perf_counter() - begin) / 60,
    }
    scores = {name: localizer.spatial_spectrum(test.X) for name, test in tests.items()}
    found = {name: figures(localizer.encoding_, scores[name], tests[name].y) for name in tests}
    return plain({name: row | shared for name, row in found.items()})


def kept(path, make):
    """Result of ``make``, called unless the JSON file at ``path`` holds it already."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(make()))
        unfinished.replace(path)
    return json.loads(path.read_text())


def add_row(run, settings, figures):
    """Write a row, unless the store has it already: a kept training gets no new date."""
    if run.stored(settings) != figures:
        run.add(settings, figures, torch=torch.__version__)
