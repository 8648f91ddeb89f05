"""Training loop of one network: skorch with slices of tensors instead of a data loader."""

import threading
from contextlib import contextmanager
from functools import partial
from itertools import islice

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping, GradientNormClipping, LRScheduler
from skorch.helper import predefined_split

from sslearn.deep_learning._head import Head
from sslearn.deep_learning._outputs import first_tensor, map_tensors
from sslearn.deep_learning._schedules import lowest, rate_schedule
from sslearn.networks.layers import PrivateDropout

_GLOBALS_LOCK = threading.Lock()


@contextmanager
def usual_defaults():
    """Create tensors in float32 on the CPU, whatever torch's default dtype and device are."""
    # The default dtype belongs to all threads, hence the lock: two overlapping fits would
    # restore each other's value. It is not held in training, which may be long.
    with _GLOBALS_LOCK, torch.device("cpu"):
        dtype = torch.get_default_dtype()
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)


class _NAdam(torch.optim.NAdam):
    """NAdam that keeps its step counts in float32 on the CPU."""

    def _init_group(self, *args):
        with usual_defaults():
            return super()._init_group(*args)


_OPTIMIZERS = {
    "adam": partial(torch.optim.Adam, fused=True),
    "adamw": partial(torch.optim.AdamW, fused=True),
    "nadam": _NAdam,
    "sgd": partial(torch.optim.SGD, fused=True),
}


def resolve_device(device):
    """Find a device by name; ``"auto"`` is the first GPU, or the CPU if there is none."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(device)
    except RuntimeError as error:
        raise ValueError(
            f"device must name a torch device such as 'cpu'; got {device!r}."
        ) from error


def permutation(n, generator):
    """Draw an order of n rows on the CPU, wherever torch's default device is."""
    return torch.randperm(n, generator=generator, device="cpu")


def build_module(build, seed, dtype, device):
    """Build a module with weights that depend on the seed alone."""
    # Torch initializes from the global generator: the lock separates the draws of threads, and
    # the state of the generator is restored afterwards.
    with usual_defaults(), torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        module = build()
    module = module.to(device=device, dtype=dtype)
    for i, layer in enumerate(module.modules()):
        if isinstance(layer, PrivateDropout):
            layer.seed((seed + i) % 2**31, device)
    return module


def restore_module(build, weights, device):
    """Build a module with given weights; the state of the random generator stays."""
    # The weights may be read-only memory maps, hence the copy.
    state = {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}
    # On "meta" layers have no memory and draw nothing; modules of user functions may draw.
    with usual_defaults(), torch.random.fork_rng(devices=[]), torch.device("meta"):
        module = build()
    module.load_state_dict(state, assign=True)
    return module.to(device).eval()


def weights_of(module):
    """Return the state of a module as arrays."""
    return {k: v.detach().cpu().numpy().copy() for k, v in module.state_dict().items()}


def targets_of(task, device):
    """Return a function of rows that returns their targets, paired with their weights if any."""
    targets = task.targets
    if callable(targets):

        def targets_at(rows):
            return torch.from_numpy(targets(rows.numpy())).to(device)

    else:
        targets_at = torch.from_numpy(targets).to(device).__getitem__
    if task.weight is None:
        return targets_at
    weight = torch.from_numpy(task.weight).to(device)

    def pair_at(rows):
        target = targets_at(rows)
        return target, weight[rows].to(target.dtype)

    return pair_at


class Batches(torch.utils.data.Dataset):
    """Mini-batches, each sliced from tensors by one index tensor.

    Parameters
    ----------
    load : callable
        Function that yields the inputs, a tensor or a tuple of tensors, for each of several index
        tensors.
    targets : callable
        Function of an index tensor that returns the targets.
    rows : torch.Tensor of shape (n_rows,)
        Samples of an epoch.
    batch_size : int
        Samples per batch.
    generator : torch.Generator, default=None
        Generator of the order in each epoch; the order of ``rows`` if None.
    drop_last : bool, default=False
        Whether a smaller last batch is left out, unless it is the only one.
    """

    def __init__(self, load, targets, rows, batch_size, generator=None, *, drop_last=False):
        self.load = load
        self.targets = targets
        self.rows = rows
        self.batch_size = batch_size
        self.generator = generator
        # Batch norm and pairs need two samples; a single one is used in another epoch.
        self.least = max(1, min(batch_size if drop_last else 2, len(rows)))

    def __len__(self):
        n_full, n_left = divmod(len(self.rows), self.batch_size)
        return n_full + (n_left >= self.least)

    def __iter__(self):
        rows = self.rows
        if self.generator is not None:
            rows = rows[permutation(len(rows), self.generator)]
        parts = [part for part in rows.split(self.batch_size) if len(part) >= self.least]
        for part, inputs in zip(parts, self.load(parts), strict=True):
            yield inputs, self.targets(part)


class _Interrupted(Exception):
    """Ctrl-C of the user; skorch reads KeyboardInterrupt as a callback's signal to stop."""


@contextmanager
def _interruptible():
    try:
        yield
    except KeyboardInterrupt as error:
        raise _Interrupted from error


class _Net(NeuralNet):
    """skorch net that reads its losses once per epoch and records a validation error.

    Parameters
    ----------
    *args, **kwargs
        Parameters of ``skorch.NeuralNet``.
    error : callable or None
        Function that returns the validation error.
    recipe : Training
        Precision of training and statistics of batch norm.
    """

    def __init__(self, *args, error, recipe, **kwargs):
        super().__init__(*args, **kwargs)
        self.error = error
        self.recipe = recipe

    @property
    def _default_callbacks(self):
        return []

    def get_iterator(self, dataset, training=False):
        return dataset

    def infer(self, x, **fit_params):
        first = first_tensor(x)
        with self._arithmetic(first.device):
            output = super().infer(x, **fit_params)
        return map_tensors(lambda tensor: tensor.to(first.dtype), output)

    def get_all_learnable_params(self):
        # A frozen parameter has no state in the optimizer, and its weights do not decay.
        return ((name, p) for name, p in super().get_all_learnable_params() if p.requires_grad)

    def get_loss(self, y_pred, y_true, **kwargs):
        # Targets are on the device already, perhaps with their weights.
        return self.criterion_(y_pred, y_true)

    def _arithmetic(self, device):
        # Weights, loss and optimizer stay in full precision, as do the operations that torch
        # excludes from autocast.
        bfloat16 = self.recipe.precision == "bfloat16"
        return torch.autocast(device.type, torch.bfloat16, enabled=bfloat16)

    def _set_training(self, training=True):
        super()._set_training(training)
        if not training:
            # The validation loss takes the outputs of training: raw scores, for each frame.
            for layer in self.module_.modules():
                if isinstance(layer, Head):
                    layer.train()

    @_interruptible()
    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        if iterator is None:
            return
        # One transfer per epoch: reading each loss would synchronize the GPU in every batch.
        losses = torch.stack([self._step(batch, training, step_fn) for batch in iterator])
        self.history.record(f"{prefix}_loss", losses.mean().item())
        if not training:
            return
        if self.recipe.norm_batches is not None:
            # torch takes the first element of a tuple.
            inputs = ((inputs,) for inputs, _ in islice(iterator, self.recipe.norm_batches))
            with self._arithmetic(losses.device):
                torch.optim.swa_utils.update_bn(inputs, self.module_)
        _check_finite(self.module_, self.history[-1])

    def _step(self, batch, training, step_fn):
        self.notify("on_batch_begin", batch=batch, training=training)
        step = step_fn(batch)
        self.notify("on_batch_end", batch=batch, training=training, **step)
        return step["loss"].detach()

    @_interruptible()
    def on_epoch_end(self, net, **kwargs):
        self.history.record("valid_error", np.nan if self.error is None else float(self.error()))
        # The last group holds the parameters without a separate learning rate.
        self.history.record("lr", self.optimizer_.param_groups[-1]["lr"])


def _check_finite(module, row):
    finite = all(torch.isfinite(p.detach().sum()) for p in module.parameters())
    if not (np.isfinite(row["train_loss"]) and finite):
        raise ValueError(
            f"Training diverged in epoch {row['epoch']}: expected finite losses and weights; got a "
            f"loss of {row['train_loss']:g}. Scale X (StandardScaler) or lower lr."
        )


class _EpochEnd(Callback):
    """Report each epoch to the estimator."""

    def __init__(self, on_epoch):
        self.on_epoch = on_epoch

    def on_epoch_end(self, net, **kwargs):
        with _interruptible():
            stop = self.on_epoch(net.history[-1])
        if stop:
            raise KeyboardInterrupt  # skorch's signal to stop


def _repeated(callbacks):
    """Callbacks without those that stop the training or set its rates, which are given."""
    decided = EarlyStopping, LRScheduler
    bare = [item[-1] if isinstance(item, tuple) else item for item in callbacks]
    return [
        item
        for item, callback in zip(callbacks, bare, strict=True)
        if not (isinstance(callback, decided) or callback in decided)
    ]


def train(
    module,
    criterion,
    batches,
    validation,
    *,
    error,
    on_epoch,
    training,
    lr,
    max_epochs,
    callbacks,
    parameter_groups=(),
    rates=None,
):
    """Train a module in place; it ends with the weights of the epoch to keep.

    Parameters
    ----------
    module : torch.nn.Module
        Module on its device.
    criterion : callable
        Loss of output and target.
    batches, validation : Batches
        Mini-batches for training and for validation.
    error : callable or None
        Function that returns the validation error; None without validation samples.
    on_epoch : callable
        Function of the history row of each epoch; training stops if it returns True.
    training : Training
        Optimizer, schedule, early stopping and precision.
    lr : float
        Learning rate at the start.
    max_epochs : int
        Number of epochs.
    callbacks : list
        Further skorch callbacks.
    parameter_groups : sequence of (str, dict), default=()
        Pattern of names of parameters, as in ``fnmatch``, and their settings of the optimizer. The
        first pattern that fits counts; ``lr`` and ``training`` hold for the other parameters.
    rates : ndarray of shape (n_epochs,), default=None
        Learning rates of the epochs of an earlier training, which is repeated for as many epochs:
        callbacks that stop it or change the rate are left out.

    Returns
    -------
    history : skorch.history.History
        ``epoch``, ``train_loss``, ``valid_error``, ``lr``, and ``valid_loss`` where it is used.
    best_epoch : int
        The epoch, from 1, whose weights are kept.

    Raises
    ------
    ValueError
        If the loss or a weight is no longer finite.
    """
    monitor, keep, decay = training.monitor, training.keep, training.weight_decay
    if error is None:
        monitor, keep = "train_loss", "last"
    best = [] if keep == "last" else [lowest(keep, load_best=True)]
    net = _Net(
        module,
        lambda: criterion,
        optimizer=_OPTIMIZERS[training.optimizer],
        lr=lr,
        optimizer__param_groups=parameter_groups,
        **({} if decay is None else {"optimizer__weight_decay": decay}),
        max_epochs=max_epochs if rates is None else len(rates),
        train_split=predefined_split(validation) if "valid_loss" in (monitor, keep) else None,
        # A callback that stops the training hides the epoch from later ones: keeping the best
        # epoch comes before the user's callbacks, and early stopping last.
        callbacks=[
            GradientNormClipping(training.clip_norm),
            *rate_schedule(training, monitor, lr, max_epochs * len(batches), rates),
            *best,
            *(callbacks if rates is None else _repeated(callbacks)),
            _EpochEnd(on_epoch),
            lowest(monitor, training.n_iter_no_change if rates is None else None),
        ],
        device=None,
        verbose=0,
        error=error,
        recipe=training,
    )
    try:
        net.fit(batches)
    except _Interrupted:
        raise KeyboardInterrupt from None
    return net.history, best[0].best_epoch_ if best else len(net.history)
