"""One cell of the label encodings' benchmark: train once, decode in every way, on each test."""

import copy
import time

import numpy as np
import torch
from skorch.callbacks import Callback

from benchmarks.accuracy._schedule import StartFrom, half_cosine
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
# The localizer's own rules of rate and stop are off: the callbacks are the only ones.
RULES_OFF = {"patience": 10**6, "n_iter_no_change": None, "validation_fraction": None}
_EVALUATED = 4  # clips that are answered at once: more leave the caches of a processor


class Schedule(Callback):
    """Learning rate and choice of the epoch, on clips of other speakers than those trained on.

    The weights of the epoch with the least mean error of the best decoder are kept.

    Parameters
    ----------
    kind : {"cosine", "published"}
        The rate falls along half a cosine to 0 at the last step; or after each epoch it is divided
        by 10, down to 1e-4, where the loss on the validation clips has not fallen for 3 epochs,
        and training stops where it has not for 10.
    clips : Clips
        Validation clips.
    encoding : GridEncoding
        Encoding of the directions.
    transform : callable
        Function of audio that returns the network's input.
    """

    def __init__(self, kind, clips, encoding, transform):
        self.kind = kind
        self.clips = clips
        self.encoding = encoding
        self.transform = transform

    def __deepcopy__(self, memo):
        # One object from the hand that makes it to the end of training: it is read afterwards.
        return self

    def on_train_begin(self, net, **kwargs):
        """Start afresh."""
        self.encoding_ = self.encoding.fit(self.clips.y)
        targets = self.encoding_.training_targets(self.clips.y)
        self.targets_ = torch.from_numpy(targets.astype(np.float32))
        if self.kind == "published":
            self.plateau_ = torch.optim.lr_scheduler.ReduceLROnPlateau(
                net.optimizer_, factor=0.1, patience=3, min_lr=1e-4
            )
        self.best_error_, self.best_loss_, self.best_epoch_ = np.inf, np.inf, 0
        self.best_loss_epoch_, self.curve_ = 0, []

    def on_epoch_end(self, net, **kwargs):
        """Validate, keep the best weights, set the rate."""
        epoch = net.history[-1, "epoch"]
        loss, scores = self._validate(net)
        errors = errors_by_decoder(self.encoding_, scores, self.clips.y)
        error = min(values.mean() for values in errors.values())
        self.curve_.append((net.history[-1, "train_loss"], loss, error))
        print(f"    epoch {epoch}: loss {loss:.5f}, validation error {error:.2f}", flush=True)
        if error < self.best_error_:
            self.best_error_, self.best_epoch_ = error, epoch
            self.state_ = copy.deepcopy(net.module_.state_dict())
        if loss < self.best_loss_:
            self.best_loss_, self.best_loss_epoch_ = loss, epoch
        if self.kind == "cosine":
            return
        self.plateau_.step(loss)
        if epoch - self.best_loss_epoch_ >= 10:
            raise KeyboardInterrupt  # skorch's signal to stop

    def on_train_end(self, net, **kwargs):
        """Put the best weights back."""
        net.module_.load_state_dict(self.state_)
        del self.state_

    def _validate(self, net):
        """Mean loss of the validation clips, and the scores that are decoded."""
        head = net.module_[-1]
        losses, scores = [], []
        targets = self.targets_.to(next(net.module_.parameters()).device).split(_EVALUATED)
        answers = _answers(net.module_, self.clips.X, self.transform, net.precision)
        for target, x in zip(targets, answers, strict=True):
            losses.append(net.criterion_(head.train()(x), target).item() * len(x))
            scores.append(head.eval()(x).cpu().numpy())
        return sum(losses) / len(self.clips.y), np.concatenate(scores)


@torch.inference_mode()
def _answers(module, X, transform, precision):
    """What a network says of some clips at a time, in the arithmetic of training, to its head."""
    *body, _ = module.eval()
    weight = next(module.parameters())
    for first in range(0, len(X), _EVALUATED):
        x = transform(np.asarray(X[first : first + _EVALUATED]))
        # Maps may be of a file that must not be written to.
        x = torch.from_numpy(np.require(x, requirements=("C", "W"))).to(weight)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=precision == "bfloat16"):
            for part in body:
                x = part(x)
        yield x.to(weight)


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
    localizer = recipe(grid, split=params.pop("split"))
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
        See :class:`Schedule`.
    start : dict of str to ndarray, default=None
        Weights to start from; those of the recipe if None.
    **params
        Parameters of the localizer.

    Returns
    -------
    result : dict
        ``seconds``, ``epochs``, ``best epoch``, ``curve``, and ``tests``: for each of them ACC in
        per cent and the mean absolute error in degrees by decoder.
    """
    begin = time.perf_counter()
    localizer = make_localizer(network, cell, grid, split=split, **params)
    transform = localizer.batch_transform.fit(train.X[:2]).transform
    callbacks = [Schedule(schedule, validation, copy.deepcopy(localizer.encoding), transform)]
    if schedule == "cosine":
        callbacks.append(half_cosine(localizer.max_epochs, len(train.X), localizer.batch_size))
    if start is not None:
        callbacks.append(StartFrom(start))
    localizer.set_params(callbacks=callbacks, **RULES_OFF).fit(train.X, train.y)
    return {
        "seconds": round(time.perf_counter() - begin, 1),
        "epochs": len(callbacks[0].curve_),
        "best epoch": callbacks[0].best_epoch_,
        "curve": callbacks[0].curve_,
        "tests": {name: _test(localizer, clips, transform) for name, clips in tests.items()},
    }


def _test(localizer, clips, transform):
    module, encoding = localizer.net_.module_, localizer.encoding_
    answers = _answers(module, clips.X, transform, localizer.precision)
    scores = np.concatenate([module[-1](x).cpu().numpy() for x in answers])
    errors = errors_by_decoder(encoding, scores, clips.y)
    row = {"clips": len(clips.y), "ACC": 100 * float(_exact_class(encoding, scores, clips.y))}
    return row | {name: float(values.mean()) for name, values in errors.items()}
