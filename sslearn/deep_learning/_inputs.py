"""Inputs transformed batch by batch, so that X may be larger than memory."""

import numpy as np
from joblib import effective_n_jobs

from sslearn.deep_learning._base import TorchEstimator
from sslearn.deep_learning._loading import made_ahead
from sslearn.utils import fit_batch_transform, take_rows
from sslearn.utils.param_validation import HasMethods, Integral


class BatchTransformEstimator(TorchEstimator):
    """Base of torch estimators with the parameters ``batch_transform`` and ``n_jobs``.

    See Also
    --------
    TorchEstimator : Base without them, which lists the methods of a subclass.

    Notes
    -----
    ``fit`` validates X by ``_check_X(X, ensure_min_samples=2)`` and then calls
    ``_learn_inputs(X)``, which sets the shape and the dtype of the network's inputs,
    ``_input_shape`` and ``_dtype``. Prediction methods call ``_check_X(X, reset=False)``.
    """

    _parameter_constraints: dict = {
        **TorchEstimator._parameter_constraints,
        "batch_transform": [HasMethods(["fit", "transform"]), None],
        "n_jobs": [Integral, None],
    }

    def _check_X(self, X, reset=True, **kwargs):
        if self.batch_transform is not None:
            if reset:
                self._forget()
            # The transformer validates its input batch by batch.
            X = X if isinstance(X, (list, np.ndarray)) else np.asarray(X)
            if len(X) < 1 + reset:
                raise ValueError(f"X must have at least {1 + reset} samples; got {len(X)}.")
            return X
        X = super()._check_X(X, reset, allow_nd=True, **kwargs)
        if not reset and X.shape[1:] != self._input_shape:
            raise ValueError(
                f"X must have shape (n_samples, {', '.join(map(str, self._input_shape))}) as in "
                f"fit; got {X.shape}."
            )
        return X

    def _learn_inputs(self, X):
        self.batch_transform_ = fit_batch_transform(self.batch_transform, X, self.batch_size)
        if self.batch_transform_ is not None:
            X = self._transform_batch(take_rows(X, slice(0, self.batch_size)))
        self._input_shape, self._dtype = X.shape[1:], X.dtype

    def _transform_batch(self, X):
        X = np.ascontiguousarray(self.batch_transform_.transform(X))
        if np.iscomplexobj(X):
            raise TypeError(
                f"batch_transform must return real numbers; got {X.dtype}. Put a cue such as IPD, "
                "or RealImag, after the spectrum."
            )
        return X if X.dtype in (np.float32, np.float64) else X.astype(np.float32)

    def _loader(self, X, module):
        if self.batch_transform is None:
            return super()._loader(X, module)
        import torch

        weight = next(module.parameters())

        def load(rows):
            batch = torch.from_numpy(self._transform_batch(take_rows(X, rows.numpy())))
            return batch.to(weight.device, weight.dtype)

        return lambda parts: made_ahead(load, parts, effective_n_jobs(self.n_jobs))

    def _chunk_size(self):
        # Maps and hidden layers may be large: a chunk must not exceed a mini-batch of training.
        of_features = self.batch_transform is None and len(self._input_shape) == 1
        return super()._chunk_size() if of_features else self.batch_size
