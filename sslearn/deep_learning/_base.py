"""What estimators over torch share; torch itself is imported when they work, not before."""

import copy
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sslearn.utils._param_validation import (
    CallbackSupportMixin,
    Integral,
    Interval,
    Real,
    StrOptions,
)

TRAIN_CONSTRAINTS = {
    "lr": [Interval(Real, 0, None, closed="neither")],
    "max_epochs": [Interval(Integral, 1, None, closed="left")],
    "batch_size": [Interval(Integral, 2, None, closed="left")],
    "optimizer": [StrOptions({"adam", "adamw", "nadam", "sgd"})],
    "validation_fraction": [Interval(Real, 0, 1, closed="left"), None],
    "patience": [Interval(Integral, 1, None, closed="left")],
    "lr_factor": [Interval(Real, 0, 1, closed="right")],
    "min_lr": [Interval(Real, 0, None, closed="left")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), None],
    "callbacks": [list, None],
    "device": [str],
    "precision": [StrOptions({"full", "bfloat16"})],
    "norm_batches": [Interval(Integral, 1, None, closed="left"), None],
    "warm_start": ["boolean"],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}
# Rows of X that are answered at once: bounds the memory of the hidden layers.
_CHUNK_SIZE = 4096


@contextmanager
def _epoch_bar(description, max_epochs, verbose):
    if not verbose:
        yield lambda row: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    figures = (
        "loss {task.fields[loss]:.4f}  error {task.fields[error]:.2f}  lr {task.fields[lr]:.0e}"
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(figures),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns) as progress:
        task = progress.add_task(
            description, total=max_epochs, loss=np.nan, error=np.nan, lr=np.nan
        )
        yield lambda row: progress.update(
            task, advance=1, loss=row["train_loss"], error=row["valid_error"], lr=row["lr"]
        )


@dataclass
class Task:
    """What one network is trained on.

    Parameters
    ----------
    name : str
        Name shown beside the progress bar.
    targets : ndarray of shape (n_samples, ...)
        Targets of all samples.
    criterion : callable
        Function of the output and the target of a mini-batch.
    error : callable
        Function ``error(outputs, train_rows, valid_rows)`` that returns the validation error;
        ``outputs`` gives the network's answers to rows as an array.
    """

    name: str
    targets: np.ndarray
    criterion: Callable
    error: Callable


class TorchEstimator(CallbackSupportMixin, BaseEstimator):
    """Base of estimators whose fitted state is the weights of a torch module.

    A subclass names its networks in ``_build``, which makes one module of all of them, and
    ``_branches``, which lists the parts that are trained one after the other. The fitted state
    is NumPy: the module is a private cache that is left out of pickles and rebuilt on demand.
    """

    @property
    def net_(self):
        """skorch net around the fitted module (``net_.module_``), in evaluation mode."""
        check_is_fitted(self)
        import torch
        from skorch import NeuralNet

        return NeuralNet(self._get_module(), criterion=torch.nn.Identity, device=None).initialize()

    def __getstate__(self):
        state = dict(super().__getstate__())
        state.pop("_module", None)
        return state

    def _get_module(self):
        if getattr(self, "_module", None) is None:
            from sslearn.deep_learning._engine import resolve_device, restore_module

            device = resolve_device(self.device)
            self._module = restore_module(self._build, self.weights_, device)
        return self._module

    def _branches(self, module):
        return [module]

    def _loader(self, X, module):
        """Function that gives the module's inputs for each of several index tensors in turn."""
        import torch

        weight = next(module.parameters())
        X = torch.from_numpy(X).to(weight.device, weight.dtype)
        return lambda parts: (X[rows] for rows in parts)

    def _chunk_size(self):
        return _CHUNK_SIZE

    def _forward(self, X, module=None):
        """Outputs of the fitted module, or of another one around it, in its dtype."""
        import torch

        from sslearn.deep_learning._engine import forward

        module = self._get_module() if module is None else module
        load = self._loader(X, module)
        return forward(module, load, torch.arange(len(X)), self._chunk_size())

    def _split(self, n_samples, generator):
        """Shuffled rows for training and for validation; at least two are trained on."""
        import torch

        rows = torch.randperm(n_samples, generator=generator)
        n_valid = max(min(int((self.validation_fraction or 0) * n_samples), n_samples - 2), 0)
        return rows[n_valid:], rows[:n_valid]

    def _train(self, X, y, tasks, dtype):
        """Train the branches, each on its task, and set what fit leaves behind."""
        import torch

        from sslearn.deep_learning import _engine

        seed = check_random_state(self.random_state).randint(2**31 - 1)
        module = self._start(seed, dtype)
        generator = torch.Generator().manual_seed(seed)
        train_rows, valid_rows = self._split(len(X), generator)
        load = self._loader(X, module)
        context = self._init_callback_context(max_subtasks=len(tasks) * self.max_epochs)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        curves = []
        for task, branch in zip(tasks, self._branches(module), strict=True):
            targets = torch.from_numpy(task.targets).to(next(module.parameters()).device)
            batches = _engine.Batches(load, targets, train_rows, self.batch_size, generator)
            validate = self._validator(task, load, train_rows, valid_rows)
            with self._epochs(context, module, task.name, X, y) as on_epoch:
                curves.append(self._train_branch(branch, batches, task, validate, on_epoch))
        self._set_fitted(module, curves)
        context.call_on_fit_task_end(estimator=self, X=X, y=y, reconstruction_attributes=dict)
        return self

    def _start(self, seed, dtype):
        import torch

        from sslearn.deep_learning._engine import build_module, resolve_device

        device = resolve_device(self.device)
        module = build_module(self._build, seed, getattr(torch, dtype.name), device)
        # An interrupted fit leaves an estimator that is not fitted, rather than a mixed one.
        weights = self.__dict__.pop("weights_", None)
        self._module = None
        if self.warm_start and weights is not None:
            _load_weights(module, weights)
        return module

    def _train_branch(self, branch, batches, task, validate, on_epoch):
        from sslearn.deep_learning._engine import train

        return train(
            branch,
            batches,
            task.criterion,
            validate=validate,
            on_epoch=on_epoch,
            optimizer=self.optimizer,
            lr=self.lr,
            max_epochs=self.max_epochs,
            patience=self.patience,
            lr_factor=self.lr_factor,
            min_lr=self.min_lr,
            n_iter_no_change=self.n_iter_no_change,
            precision=self.precision,
            norm_batches=self.norm_batches,
            callbacks=copy.deepcopy(self.callbacks or []),
        )

    def _set_fitted(self, module, curves):
        from sslearn.deep_learning._engine import weights_of

        history = [
            {"network": i, "epoch": epoch, **row}
            for i, (curve, _) in enumerate(curves)
            for epoch, row in enumerate(curve, 1)
        ]
        self.history_ = {key: np.array([row[key] for row in history]) for key in history[0]}
        self.n_iter_ = int(self.history_["epoch"].max())
        self.best_epoch_ = np.array([best_epoch for _, best_epoch in curves])
        self.weights_ = weights_of(module)
        self._module = module.eval()

    def _validator(self, task, load, train_rows, valid_rows):
        from sslearn.deep_learning._engine import forward

        if len(valid_rows) == 0:
            return None

        def validate(module):
            def outputs(rows):
                return forward(module, load, rows, self._chunk_size())

            return task.error(outputs, train_rows, valid_rows)

        return validate

    @contextmanager
    def _epochs(self, context, module, name, X, y):
        from sslearn.deep_learning._engine import weights_of

        def reconstruct():
            return {"weights_": weights_of(module), "_module": None}

        description = f"{type(self).__name__} {name}".strip()
        with _epoch_bar(description, self.max_epochs, self.verbose) as show:

            def on_epoch(row):
                show(row)
                epoch = context.subcontext(task_name="epoch")
                epoch.call_on_fit_task_begin(estimator=self, X=X, y=y)
                return epoch.call_on_fit_task_end(
                    estimator=self, X=X, y=y, reconstruction_attributes=reconstruct
                )

            yield on_epoch


def _load_weights(module, weights):
    import torch

    shapes = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    if shapes != {name: value.shape for name, value in weights.items()}:
        raise ValueError(
            "warm_start=True continues with the weights of the last fit, but the network or the "
            "shapes of X and y changed. Set warm_start=False."
        )
    module.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
