"""The loop that trains one network: skorch, fed by slices of tensors instead of a data loader."""

import threading
from itertools import islice

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback

from sslearn.networks.layers import PrivateDropout

_INIT_LOCK = threading.Lock()
_OPTIMIZERS = {
    "adam": (torch.optim.Adam, {"fused": True}),
    "adamw": (torch.optim.AdamW, {"fused": True}),
    "nadam": (torch.optim.NAdam, {}),
    "sgd": (torch.optim.SGD, {"fused": True}),
}


def resolve_device(device):
    """Device by name; ``"auto"`` is the first GPU where there is one."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(device)
    except RuntimeError as error:
        raise ValueError(
            f"device must name a torch device such as 'cpu'; got {device!r}."
        ) from error


def build_module(build, seed, dtype, device):
    """Build a module with weights that depend on the seed alone."""
    # Torch initializes from the global generator: the lock keeps threads out of each other's
    # draws, and the state of the caller's generator is put back.
    with _INIT_LOCK, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        module = build()
    module = module.to(device=device, dtype=dtype)
    for i, layer in enumerate(module.modules()):
        if isinstance(layer, PrivateDropout):
            layer.seed((seed + i) % 2**31, device)
    return module


def restore_module(build, weights, device):
    """Build a module around given weights without drawing a random number."""
    # The copy is for weights that are read-only memory maps.
    state = {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}
    with torch.device("meta"):
        module = build()
    module.load_state_dict(state, assign=True)
    return module.to(device).eval()


def weights_of(module):
    """State of a module as arrays."""
    return {k: v.detach().cpu().numpy().copy() for k, v in module.state_dict().items()}


def forward(module, load, rows, chunk_size):
    """Outputs of a module in evaluation mode, as an array, computed chunk by chunk."""
    module.eval()
    with torch.inference_mode():
        chunks = load(rows.split(chunk_size))
        return np.concatenate([module(inputs).to(inputs.dtype).cpu().numpy() for inputs in chunks])


class Batches:
    """Shuffled mini-batches, cut out of tensors by one index per batch.

    Parameters
    ----------
    load : callable
        Function that gives the inputs for each of several index tensors in turn.
    targets : torch.Tensor of shape (n_samples, ...)
        Targets of all samples.
    rows : torch.Tensor of shape (n_rows,)
        Samples to go through.
    batch_size : int
        Samples per batch.
    generator : torch.Generator
        Source of the order.
    """

    def __init__(self, load, targets, rows, batch_size, generator):
        self.load = load
        self.targets = targets
        self.rows = rows
        self.batch_size = batch_size
        self.generator = generator

    def __iter__(self):
        order = torch.randperm(len(self.rows), generator=self.generator)
        parts = self.rows[order].split(self.batch_size)
        # Batch norm and pairs need two samples; a lone one gets its turn in another epoch.
        parts = [part for part in parts if len(part) > 1]
        for part, inputs in zip(parts, self.load(parts), strict=True):
            yield inputs, self.targets[part]


class _Interrupted(Exception):
    """A real Ctrl-C: skorch takes KeyboardInterrupt for a callback's signal to stop."""


class _Net(NeuralNet):
    def __init__(self, *args, schedule, precision, norm_batches, **kwargs):
        super().__init__(*args, **kwargs)
        self.schedule = schedule
        self.precision = precision
        self.norm_batches = norm_batches

    @property
    def _default_callbacks(self):
        return []

    def initialize_criterion(self):
        self.criterion_ = self.criterion
        return self

    def get_split_datasets(self, X, y=None, **fit_params):
        return X, None

    def get_iterator(self, dataset, training=False):
        return dataset

    def infer(self, x, **fit_params):
        with self._arithmetic(x.device):
            output = super().infer(x, **fit_params)
        return output.to(x.dtype)

    def _arithmetic(self, device):
        # Weights, loss and optimizer stay in full precision, and so does what torch keeps there.
        return torch.autocast(device.type, torch.bfloat16, enabled=self.precision == "bfloat16")

    def get_loss(self, y_pred, y_true, X=None, training=False):
        return self.criterion_(y_pred, y_true)

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        if iterator is None:
            return
        try:
            # One transfer an epoch: reading each loss would make a GPU wait for every batch.
            losses = torch.stack([self._step(batch) for batch in iterator])
            self.history.record("train_loss", losses.mean().item())
            if self.norm_batches is not None:
                inputs = (inputs for inputs, _ in islice(iterator, self.norm_batches))
                with self._arithmetic(losses.device):
                    torch.optim.swa_utils.update_bn(inputs, self.module_)
            self.schedule.end_epoch(self)
        except KeyboardInterrupt as error:
            raise _Interrupted from error

    def _step(self, batch):
        self.notify("on_batch_begin", batch=batch, training=True)
        step = self.train_step(batch)
        self.notify("on_batch_end", batch=batch, training=True, **step)
        return step["loss"].detach()


class _Schedule:
    """Validate, keep the best weights, lower the learning rate on plateaus, tell when to stop."""

    def __init__(self, validate, patience, lr_factor, min_lr, n_iter_no_change):
        self.validate = validate
        self.patience = patience
        self.lr_factor, self.min_lr = lr_factor, min_lr
        self.n_iter_no_change = np.inf if n_iter_no_change is None else n_iter_no_change
        self.best_error, self.best_epoch, self.best_state = np.inf, 0, None
        self.last_change = 0

    def end_epoch(self, net):
        """Close an epoch: record its validation error and its learning rate."""
        train_loss = net.history[-1, "train_loss"]
        _check_finite(net.module_, train_loss, net.history[-1, "epoch"])
        error = np.nan if self.validate is None else float(self.validate(net.module_))
        group = net.optimizer_.param_groups[0]
        net.history.record("valid_error", error)
        net.history.record("lr", group["lr"])
        self._update(train_loss if self.validate is None else error, net, group)

    def _update(self, error, net, group):
        epoch = net.history[-1, "epoch"]
        if error < self.best_error or self.best_epoch == 0:
            self.best_error, self.best_epoch, self.last_change = error, epoch, epoch
            if self.validate is not None:
                self.best_state = {k: v.clone() for k, v in net.module_.state_dict().items()}
        elif epoch - self.last_change >= self.patience:
            group["lr"] = max(group["lr"] * self.lr_factor, min(group["lr"], self.min_lr))
            self.last_change = epoch
        self.stalled = epoch - self.best_epoch >= self.n_iter_no_change


def _check_finite(module, train_loss, epoch):
    finite = all(torch.isfinite(p.detach().sum()) for p in module.parameters())
    if not (np.isfinite(train_loss) and finite):
        raise ValueError(
            f"Training diverged in epoch {epoch}: expected finite losses and weights; got a loss "
            f"of {train_loss:g}. Scale X (StandardScaler) or lower lr."
        )


class _EpochEnd(Callback):
    """Tell the estimator of each epoch; the last callback, so that the others are heard."""

    def __init__(self, on_epoch):
        self.on_epoch = on_epoch

    def on_epoch_end(self, net, **kwargs):
        try:
            stop = self.on_epoch(net.history[-1])
        except KeyboardInterrupt as error:
            raise _Interrupted from error
        if stop or net.schedule.stalled:
            raise KeyboardInterrupt  # skorch's signal to stop


def train(
    module,
    batches,
    criterion,
    *,
    validate,
    on_epoch,
    optimizer,
    lr,
    max_epochs,
    patience,
    lr_factor,
    min_lr,
    n_iter_no_change,
    precision,
    norm_batches,
    callbacks,
):
    """Train a module in place and leave the weights of its best epoch in it.

    Parameters
    ----------
    module : torch.nn.Module
        Module on its device.
    batches : Batches
        Training data.
    criterion : callable
        Function of output and target.
    validate : callable or None
        Function of the module that returns the validation error; the last epoch is kept if None.
    on_epoch : callable
        Function of the row of history of each epoch; a true answer stops the training.
    optimizer : {"adam", "adamw", "nadam", "sgd"}
        Optimizer.
    lr : float
        Learning rate at the start.
    max_epochs : int
        Number of epochs.
    patience : int
        Epochs without a better error after which the learning rate is lowered.
    lr_factor : float
        Factor of the learning rate.
    min_lr : float
        Learning rate below which it is not lowered.
    n_iter_no_change : int or None
        Epochs without a better error after which training stops.
    precision : {"full", "bfloat16"}
        Arithmetic of the forward and backward pass.
    norm_batches : int or None
        Mini-batches from which batch norm takes its statistics anew after each epoch.
    callbacks : list
        Further skorch callbacks.

    Returns
    -------
    history : list of dict
        ``train_loss``, ``valid_error`` and ``lr`` of each epoch.
    best_epoch : int
        The epoch, from 1, whose weights are kept.

    Raises
    ------
    ValueError
        If the loss or a weight is no longer finite.
    """
    schedule = _Schedule(validate, patience, lr_factor, min_lr, n_iter_no_change)
    optimizer, options = _OPTIMIZERS[optimizer]
    net = _Net(
        module,
        criterion,
        optimizer=optimizer,
        **{f"optimizer__{name}": value for name, value in options.items()},
        lr=lr,
        max_epochs=max_epochs,
        train_split=None,
        callbacks=[*callbacks, ("epoch_end", _EpochEnd(on_epoch))],
        device=None,
        verbose=0,
        schedule=schedule,
        precision=precision,
        norm_batches=norm_batches,
    )
    try:
        net.fit(batches)
    except _Interrupted:
        raise KeyboardInterrupt from None
    if schedule.best_state is not None:
        module.load_state_dict(schedule.best_state)
    best_epoch = schedule.best_epoch if validate is not None else len(net.history)
    keys = ("train_loss", "valid_error", "lr")
    return [{key: row[key] for key in keys} for row in net.history], best_epoch
