"""Base of the torch estimators; torch itself is imported when they are fitted."""

import copy
from contextlib import contextmanager
from functools import partial

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sslearn.deep_learning._hold_out import training_rows
from sslearn.deep_learning._loading import made_ahead, read_rows
from sslearn.deep_learning._progress import epoch_bar
from sslearn.deep_learning._training import Training
from sslearn.utils import StoredArray, check_features, check_floats, take_rows
from sslearn.utils.param_validation import (
    CallbackSupportMixin,
    Integral,
    Interval,
    Real,
)

# Rows per forward pass: bounds the memory of the hidden layers.
_CHUNK_SIZE = 4096
_COLUMNS = ("network", "epoch", "train_loss", "valid_loss", "valid_error", "lr")


class TorchEstimator(CallbackSupportMixin, BaseEstimator):
    """Base of estimators whose fitted state is the weights of a torch module.

    See Also
    --------
    BatchTransformEstimator : Subclass with ``batch_transform``.

    Notes
    -----
    A subclass takes the parameters of ``_parameter_constraints`` in its constructor, decorates
    ``fit`` with ``sklearn.callback.with_callbacks``, and calls or overrides these protected
    methods:

    - ``_build()`` returns the torch module, for one network or several;
    - ``_branches(module)`` lists the networks, which are trained one after the other;
    - ``_fit_loader(X, module, seed=None)`` returns the loader of X, with a seed, or of ``X_val``;
      the inputs of a mini-batch are a tensor or a tuple of tensors, as are the outputs;
    - ``_parameter_groups()`` lists patterns of names of parameters (as in ``fnmatch``) that have
      another ``lr`` or ``weight_decay``, with these in a dict; parameters that need no gradient
      are not trained;
    - ``_check_X(X, reset=True, **kwargs)`` validates X;
    - ``_check_validation(X_val, y_val, y, check_y)`` validates ``X_val`` and ``y_val`` and returns
      ``X_val`` and the concatenated targets of both sets;
    - ``_rows(X, sample_weight=None, groups=None)`` returns the samples to train on, without those
      of weight 0: ``rows``, their positions, and ``weight``, of all samples, or None if all of
      them weigh the same;
    - ``_train(X, y, tasks, dtype, X_val=None, rows=None)`` ends ``fit``: it trains each network on
      its :class:`Task`, sets the fitted attributes and returns the estimator; ``rows`` are those
      of ``_rows``, all if None;
    - ``_forward(X, finish=None)`` returns the outputs of the fitted module as an array, or what
      ``finish`` makes of those of consecutive samples.

    ``_default_training`` is what ``training=None`` means.

    The fitted state is NumPy arrays: the module is a private cache, which pickles omit and
    ``module_`` rebuilds.

    Examples
    --------
    >>> from sslearn.deep_learning import NeuralLocalizer, TorchEstimator
    >>> issubclass(NeuralLocalizer, TorchEstimator)
    True
    >>> sorted(TorchEstimator._parameter_constraints)[:4]
    ['batch_size', 'callbacks', 'device', 'lr']
    """

    _parameter_constraints: dict = {
        "lr": [Interval(Real, 0, None, closed="neither")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 2, None, closed="left")],
        "validation_fraction": [Interval(Real, 0, 1, closed="left"), None],
        "training": [Training, None],
        "callbacks": [list, None],
        "device": [str],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }
    _default_training = Training()

    @property
    def module_(self):
        """Fitted torch module, in evaluation mode."""
        check_is_fitted(self)
        if getattr(self, "_module", None) is None:
            from sslearn.deep_learning._engine import resolve_device, restore_module

            device = resolve_device(self.device)
            self._module = restore_module(self._build, self.weights_, device)
        return self._module

    @property
    def _refits(self):
        return getattr(self, "refit", False)

    @property
    def _chosen_training(self):
        return self._default_training if self.training is None else self.training

    def __getstate__(self):
        state = dict(super().__getstate__())
        state.pop("_module", None)
        return state

    def __sklearn_is_fitted__(self):
        return hasattr(self, "weights_")

    def _forget(self):
        """Unfit: a fit that raises or is interrupted must not leave attributes of two fits."""
        if hasattr(self, "weights_"):
            self._last_weights = self.__dict__.pop("weights_")
        self._module = None

    def _branches(self, module):
        return [module]

    def _check_X(self, X, reset=True, **kwargs):
        if reset:
            self._forget()
        is_stored = isinstance(X, StoredArray)
        checked = check_features(
            self,
            check_floats(take_rows(X, slice(0, 2))) if is_stored else X,
            reset=reset,
            dtype=[np.float64, np.float32],
            order="C",
            force_writeable=True,
            **kwargs,
        )
        # The other samples of a store are validated when they are read.
        return X if is_stored else checked

    @staticmethod
    def _has_validation(X_val, y_val):
        """Return whether both are given; one alone is an error."""
        if (X_val is None) != (y_val is None):
            given, missing = ("X_val", "y_val") if y_val is None else ("y_val", "X_val")
            raise ValueError(
                f"X_val and y_val must be given together; got {given} without {missing}."
            )
        return X_val is not None

    def _check_validation(self, X_val, y_val, y, check_y):
        """Validate X_val and y_val; return X_val, and y with y_val appended."""
        if not self._has_validation(X_val, y_val):
            return None, y
        X_val = self._check_X(X_val, reset=False)
        try:
            y_val = check_y(y_val, n_samples=len(X_val))
        except ValueError as error:
            raise ValueError(f"y_val is not valid: {error}") from error
        if y_val.shape[1:] != y.shape[1:]:
            raise ValueError(
                f"y_val must have the layout of y, whose shape is {y.shape}; got {y_val.shape}."
            )
        return X_val, np.concatenate([y, y_val])

    def _loader(self, X, module):
        """Function that yields the module's inputs for each of several index tensors."""
        import torch

        weight = next(module.parameters())
        if isinstance(X, StoredArray):

            def load(rows):
                batch = torch.from_numpy(read_rows(X, rows.numpy()))
                return batch.to(weight.device, weight.dtype)

            n_jobs = effective_n_jobs(getattr(self, "n_jobs", None))
            return lambda parts: made_ahead(load, parts, n_jobs)
        X = torch.from_numpy(X).to(weight.device, weight.dtype)
        return lambda parts: (X[rows] for rows in parts)

    def _fit_loader(self, X, module, seed=None):
        """Loader of the training samples, whose random numbers have a seed, or of X_val."""
        return self._loader(X, module)

    def _parameter_groups(self):
        return []

    def _chunk_size(self):
        return _CHUNK_SIZE

    def _forward(self, X, finish=None, module=None):
        """Outputs of the fitted module, or of a module that wraps it, in its dtype."""
        import torch

        from sslearn.deep_learning._outputs import forward

        module = self.module_ if module is None else module
        load = self._loader(X, module)
        rows = torch.arange(len(X), device="cpu")
        return forward(module, load, self._chunk_size(), rows, finish)

    def _rows(self, X, sample_weight=None, groups=None):
        return training_rows(X, sample_weight, groups)

    def _split(self, rows, n_samples, n_val, generator):
        """Shuffled rows for training and for validation."""
        if not n_val:
            return rows.hold_out(self.validation_fraction, generator)
        from sslearn.deep_learning._engine import permutation

        train_rows, _ = rows.hold_out(None, generator)
        # From a copy, so that training does not depend on n_val.
        return train_rows, n_samples + permutation(n_val, generator.clone_state())

    def _train(self, X, y, tasks, dtype, X_val=None, rows=None):
        """Train each branch on its task, and set the fitted attributes."""
        import torch

        from sslearn.deep_learning import _engine

        self._chosen_training._validate_params()
        _check_callbacks(self.callbacks or [])
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        module = self._start(seed, dtype)
        generator = torch.Generator().manual_seed(seed)
        n_val = 0 if X_val is None else len(X_val)
        rows = self._rows(X) if rows is None else rows
        train_rows, valid_rows = self._split(rows, len(X), n_val, generator)
        load = self._fit_loader(X, module, seed)
        if n_val:
            load = _load_either(load, self._fit_loader(X_val, module), len(X))
        refit = self._refits and not n_val and len(valid_rows) > 0
        n_epochs = len(tasks) * self.max_epochs * (2 if refit else 1)
        context = self._init_callback_context(max_subtasks=n_epochs)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        device = next(module.parameters()).device
        curves = []
        for task, branch in zip(tasks, self._branches(module), strict=True):
            fit = partial(
                self._fit_branch,
                branch,
                task,
                _engine.targets_of(task, device),
                load,
                generator,
                partial(self._epochs, context, module, X, y, task.name),
            )
            start = copy.deepcopy(branch.state_dict()) if refit else None
            curve, best_epoch = fit(train_rows, valid_rows)
            if refit:
                branch.load_state_dict(start)
                rates = np.array(curve[:best_epoch, "lr"])
                fit(torch.cat([train_rows, valid_rows]), valid_rows[:0], rates)
            curves.append((curve, best_epoch))
        self._set_fitted(module, curves)
        context.call_on_fit_task_end(estimator=self, X=X, y=y, reconstruction_attributes=dict)
        return self

    def _fit_branch(
        self, branch, task, targets, load, generator, epochs, train_rows, valid_rows, rates=None
    ):
        """Train one network; again, with the learning rates of the first time, if given."""
        from sslearn.deep_learning import _engine, _outputs

        training = self._chosen_training
        outputs = partial(_outputs.forward, branch, load, self._chunk_size())
        error = partial(task.error, outputs, train_rows, valid_rows)
        batches = partial(_engine.Batches, load, targets)
        with epochs(rates) as on_epoch:
            return _engine.train(
                branch,
                task.criterion,
                batches(train_rows, self.batch_size, generator, drop_last=training.drop_last),
                batches(valid_rows, self.batch_size),
                error=error if len(valid_rows) else None,
                on_epoch=on_epoch,
                training=training,
                lr=self.lr,
                max_epochs=self.max_epochs,
                callbacks=copy.deepcopy(self.callbacks or []),
                parameter_groups=self._parameter_groups(),
                rates=rates,
            )

    def _start(self, seed, dtype):
        import torch

        from sslearn.deep_learning._engine import build_module, resolve_device

        device = resolve_device(self.device)
        module = build_module(self._build, seed, getattr(torch, dtype.name), device)
        last = self.__dict__.pop("_last_weights", None)
        if self.warm_start and last is not None:
            _load_weights(module, last)
        elif getattr(self, "weights", None) is not None:
            from sslearn.networks.layers import load_state

            load_state(module, self.weights)
        return module

    def _keep_first_weights(self, dtype):
        """End ``fit`` without training."""
        if self.weights is None:
            raise ValueError("max_epochs=0 needs weights, since nothing is trained; got None.")
        self._set_fitted(self._start(0, dtype), [([], 0)])
        return self

    def _set_fitted(self, module, curves):
        from sslearn.deep_learning._engine import weights_of

        rows = [{"network": i, **row} for i, (curve, _) in enumerate(curves) for row in curve]
        columns = [key for key in _COLUMNS if not rows or key in rows[0]]
        self.history_ = {key: np.array([row[key] for row in rows]) for key in columns}
        self.n_iter_ = int(self.history_["epoch"].max(initial=0))
        self.best_epoch_ = np.array([best_epoch for _, best_epoch in curves])
        self.weights_ = weights_of(module)
        self._module = module.eval()

    @contextmanager
    def _epochs(self, context, module, X, y, name, rates=None):
        from sslearn.deep_learning._engine import weights_of

        def reconstruct():
            return {"weights_": weights_of(module), "_module": None}

        description = f"{type(self).__name__} {name}".strip()
        n_epochs = self.max_epochs
        if rates is not None:
            description, n_epochs = f"{description}, all samples", len(rates)
        with epoch_bar(description, n_epochs, self.verbose) as show:

            def on_epoch(row):
                show(row)
                epoch = context.subcontext(task_name="epoch")
                epoch.call_on_fit_task_begin(estimator=self, X=X, y=y)
                return epoch.call_on_fit_task_end(
                    estimator=self, X=X, y=y, reconstruction_attributes=reconstruct
                )

            yield on_epoch


def _load_either(load, load_val, n_samples):
    """Loader of rows of X or, from ``n_samples`` on, of X_val; a call must not mix the two."""

    def load_parts(parts):
        if parts[0][0] < n_samples:
            return load(parts)
        return load_val([rows - n_samples for rows in parts])

    return load_parts


def _load_weights(module, weights):
    import torch

    shapes = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    if shapes != {name: value.shape for name, value in weights.items()}:
        raise ValueError(
            "warm_start=True continues with the weights of the last fit, but the network or the "
            "shapes of X and y changed. Set warm_start=False."
        )
    module.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})


def _check_callbacks(callbacks):
    """Raise unless all are callbacks of skorch, which may be classes, or be named in pairs."""
    bare = [item[-1] if isinstance(item, tuple) and item else item for item in callbacks]
    if not all(hasattr(callback, "on_epoch_end") for callback in bare):
        raise TypeError(f"callbacks must be skorch callbacks; got {callbacks!r}.")
