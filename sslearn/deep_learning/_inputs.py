"""Inputs transformed batch by batch, so that X may be larger than memory."""

import os

import numpy as np
from joblib import effective_n_jobs

from sslearn.deep_learning._base import TorchEstimator
from sslearn.deep_learning._loading import made_ahead
from sslearn.deep_learning._track import seconds_or_times
from sslearn.features import STFT
from sslearn.utils import as_samples, fit_batch_transform, holds_paths, take_rows
from sslearn.utils.param_validation import HasMethods, Integral


def _holds_objects(X):
    """Return whether X is a container of arrays or paths instead of numbers."""
    if isinstance(X, (list, tuple)):
        first = X[0] if X else None
        first = first[0] if isinstance(first, (list, tuple)) and first else first
        return isinstance(first, (np.ndarray, str, os.PathLike))
    kind = getattr(getattr(X, "dtype", None), "kind", "O")
    return kind in "UT" or (kind == "O" and getattr(X, "ndim", 0) == 1)


def _stacked(samples):
    """Array of samples of one shape."""
    if holds_paths(samples):
        raise ValueError(
            "X must hold numbers where batch_transform is None; got paths. Set batch_transform to "
            "a pipeline that starts with AudioReader(fs)."
        )
    shapes = sorted({np.shape(sample) for sample in samples})
    if len(shapes) > 1:
        raise ValueError(
            f"X must hold samples of one shape where batch_transform is None; got {shapes[:5]}. "
            "Cut the clips to one length, or set batch_transform to features that take any."
        )
    return np.asarray(samples)


def check_same_acoustics(encoding, transform):
    """Raise if the channels or frequencies of the spectra differ from those of the targets.

    Parameters
    ----------
    encoding : Encoding
        Fitted encoding, of which some have ``mic_positions``, ``fs`` or ``n_fft``.
    transform : transformer or None
        Fitted ``batch_transform``.

    Raises
    ------
    ValueError
        If the encoding and a step of the transformer differ.
    """
    n_mics = len(getattr(encoding, "mic_positions", ()))
    for _, step in getattr(transform, "steps", [("", transform)]):
        for name in ("fs", "n_fft"):
            wanted = getattr(encoding, name, None)
            got = getattr(step, name, wanted)
            if None not in (wanted, got) and wanted != got:
                raise ValueError(
                    f"{name} of the encoding must be that of the features, {got:g} in "
                    f"{type(step).__name__}; got {wanted:g}."
                )
        if n_mics and isinstance(step, STFT) and step.n_features_in_ != n_mics:
            raise ValueError(
                f"X must have {n_mics} channels, one for each microphone of the encoding's "
                f"mic_positions; got {step.n_features_in_}. Leave out microphones, or select "
                "channels with AudioReader(fs, channels=...)."
            )


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

    Examples
    --------
    >>> from sslearn.deep_learning import BatchTransformEstimator, NeuralLocalizer
    >>> from sslearn.features import STFT
    >>> issubclass(NeuralLocalizer, BatchTransformEstimator)
    True
    >>> NeuralLocalizer(batch_transform=STFT(512)).batch_transform
    STFT()
    """

    _parameter_constraints: dict = {
        **TorchEstimator._parameter_constraints,
        "batch_transform": [HasMethods(["fit", "transform"]), None],
        "n_jobs": [Integral, None],
    }

    def _check_X(self, X, reset=True, ensure_min_samples=1, **kwargs):
        if self.batch_transform is not None:
            if reset:
                self._forget()
            # The transformer validates its input batch by batch.
            X = as_samples(X)
            if len(X) < ensure_min_samples:
                raise ValueError(
                    f"X must have at least {ensure_min_samples} samples; got {len(X)}."
                )
            return X
        if _holds_objects(X):
            X = _stacked(as_samples(X))
        X = super()._check_X(
            X, reset, allow_nd=True, ensure_min_samples=ensure_min_samples, **kwargs
        )
        if not reset and X.shape[1:] != self._input_shape:
            in_frames = X.ndim > 2 and X.shape[1:-1] == self._input_shape[:-1]
            hint = " Clips of other lengths need the features in batch_transform." * in_frames
            raise ValueError(
                f"X must have shape (n_samples, {', '.join(map(str, self._input_shape))}) as in "
                f"fit; got {X.shape}.{hint}"
            )
        return X

    def _map(self, function, X):
        """Apply a function of samples of one length; results with fewer frames end with NaN."""
        groups = self._by_length(X)
        if len(groups) == 1:
            return function(X)
        parts = [function(take_rows(X, rows)) for rows in groups]
        shape = np.max([part.shape[1:] for part in parts], axis=0, initial=0).tolist()
        joined = np.full((len(X), *shape), np.nan, parts[0].dtype)
        for rows, part in zip(groups, parts, strict=True):
            joined[(rows, *map(slice, part.shape[1:]))] = part
        return joined

    def _by_length(self, X):
        """Positions of samples, by their lengths where ``batch_transform`` cannot mix these."""
        rows = np.arange(len(X))
        if self.batch_transform is None or not isinstance(X, list):
            return [rows]
        lengths = seconds_or_times(X)
        shortest_and_longest = np.array([lengths.argmin(), lengths.argmax()])
        if np.ptp(lengths) == 0:
            return [rows]
        try:
            self._transform_batch(take_rows(X, shortest_and_longest))
        except ValueError:
            return [np.flatnonzero(lengths == length) for length in np.unique(lengths)]
        return [rows]

    def _learn_inputs(self, X):
        self.batch_transform_ = fit_batch_transform(self.batch_transform, X, self.batch_size)
        if self.batch_transform_ is not None:
            X = self._transform_batch(take_rows(X, slice(0, self.batch_size)))
        self._input_shape, self._dtype = X.shape[1:], X.dtype

    def _inputs(self, X):
        """Inputs of the network; maps must have the channels and frequencies of ``fit``."""
        inputs, shape = self._transform_batch(X), self._input_shape
        if len(shape) == 3 and inputs.shape[1:-1] != shape[:-1]:
            raise ValueError(
                f"batch_transform must return maps of shape {shape} as in fit, but for the number "
                f"of frames; got {inputs.shape[1:]}. Does X have as many channels as in fit?"
            )
        return inputs

    def _transform_batch(self, X):
        X = np.require(self.batch_transform_.transform(X), requirements="CW")
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
            batch = torch.from_numpy(self._inputs(take_rows(X, rows.numpy())))
            return batch.to(weight.device, weight.dtype)

        return lambda parts: made_ahead(load, parts, effective_n_jobs(self.n_jobs))

    def _chunk_size(self):
        # Maps and hidden layers may be large: a chunk must not exceed a mini-batch of training.
        of_features = self.batch_transform is None and len(self._input_shape) == 1
        return super()._chunk_size() if of_features else self.batch_size
