"""One cell of the label encodings' benchmark: train once, decode in every way, on each test."""

import copy
import time
from functools import partial

import numpy as np
from skorch.callbacks import PrintLog

from benchmarks.accuracy._start import StartFrom
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
# Labels and losses as in the published tables.
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
# Validation clips are of other speakers than those trained on.
SCHEDULES = {
    "cosine": {
        "training__schedule": "cosine",
        "training__min_lr": 0.0,
        "training__n_iter_no_change": None,
    },
    "published": {"training__monitor": "valid_loss"},
}


def errors_by_decoder(encoding, scores, y):
    """Absolute errors in degrees; two sources are compared in their order along the grid.

    Parameters
    ----------
    encoding : GridEncoding
        Fitted encoding.
    scores : ndarray of shape (n_samples, n_classes) or (n_samples, 2, n_classes)
        Answers of the network.
    y : ndarray of shape (n_samples,) or (n_samples, 2, 1)
        Directions in degrees.

    Returns
    -------
    errors : dict of str to ndarray
        Errors by decoder.
    """
    true = y
    if y.ndim == 3:
        first = encoding.grid_[0]
        order = np.argsort(-np.mod(y - first, 360.0), axis=1, kind="stable")
        true = np.take_along_axis(y, order, axis=1)
    errors = {}
    for name, decoder in DECODERS.items():
        decoded = copy.copy(encoding).set_params(decoder=decoder).inverse_transform(scores)
        errors[name] = np.abs(circular_difference(decoded, true))
    return errors


def figures(encoding, scores, y):
    """Accuracy and mean errors of scores.

    Parameters
    ----------
    encoding : GridEncoding
        Fitted encoding.
    scores : ndarray of shape (n_samples, n_classes) or (n_samples, 2, n_classes)
        Answers of the network.
    y : ndarray of shape (n_samples,) or (n_samples, 2, 1)
        Directions in degrees.

    Returns
    -------
    row : dict
        ``clips``, ``ACC`` in per cent, the mean absolute error in degrees by decoder, and, for two
        sources, ``best order``: that of WAD-3 in the order that suits each clip.
    """
    errors = errors_by_decoder(encoding, scores, y)
    row = {"clips": len(y), "ACC": 100 * float(_exact_class(encoding, scores, y))}
    row |= {name: float(values.mean()) for name, values in errors.items()}
    if y.ndim == 3:
        found = copy.copy(encoding).set_params(decoder=DECODERS["WAD-3"]).inverse_transform(scores)
        orders = [np.abs(circular_difference(found, t)).mean(axis=(1, 2)) for t in (y, y[:, ::-1])]
        row["best order"] = float(np.minimum(*orders).mean())
    return row


def _exact_class(encoding, scores, y):
    """Share of sources whose highest score is at the highest value of the label."""
    # With mixed labels, published and here: of the bell.
    label = encoding.encodings_[1] if isinstance(encoding, MixedEncoding) else encoding
    return np.mean(scores.argmax(-1) == label.transform(y).argmax(-1))


def make_localizer(network, cell, grid, **params):
    """The recipe with the encoding and the loss of a cell.

    Parameters
    ----------
    network : {"PNN", "SNet"}
        Network, with a split in two where the clips have two sources (``split``).
    cell : str
        One of ``CELLS``.
    grid : {"circle", "front"}
        Grid of the recipe.
    **params
        ``split`` and further parameters of the localizer.

    Returns
    -------
    localizer : NeuralLocalizer
        Not fitted.
    """
    recipe = recipes.phase_network if network == "PNN" else recipes.spectrogram_network
    localizer = recipe(grid, n_sources=1 + params.pop("split"))
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


def run_cell(
    network,
    cell,
    *,
    grid,
    train,
    validation,
    tests,
    split,
    schedule,
    start=None,
    **params,
):
    """Train a cell and decode its answers on each test.

    Parameters
    ----------
    network : {"PNN", "SNet"}
        Network.
    cell : str
        One of ``CELLS``.
    grid : {"circle", "front"}
        Grid of the recipe.
    train, validation : Clips
        What is learned from, and what the schedule follows.
    tests : dict of str to Clips
        Tests.
    split : bool
        Whether the clips have two sources.
    schedule : {"cosine", "published"}
        One of ``SCHEDULES``.
    start : dict of str to ndarray, default=None
        Weights to start from; those of the recipe if None.
    **params
        Parameters of the localizer.

    Returns
    -------
    result : dict
        ``seconds``, ``epochs``, ``best epoch``, ``curve`` (training loss and validation error),
        and ``tests``: for each of them what :func:`figures` returns.
    """
    begin = time.perf_counter()
    callbacks = [PrintLog(sink=partial(print, flush=True))]
    if start is not None:
        callbacks.append(StartFrom(start))
    localizer = make_localizer(network, cell, grid, split=split, **params)
    localizer.set_params(callbacks=callbacks, **SCHEDULES[schedule])
    localizer.fit(train.X, train.y, X_val=validation.X, y_val=validation.y)
    history = localizer.history_
    return {
        "seconds": round(time.perf_counter() - begin, 1),
        "epochs": localizer.n_iter_,
        "best epoch": int(localizer.best_epoch_[0]),
        "curve": np.column_stack([history["train_loss"], history["valid_error"]]).tolist(),
        "tests": {
            name: figures(localizer.encoding_, localizer.spatial_spectrum(clips.X), clips.y)
            for name, clips in tests.items()
        },
    }
