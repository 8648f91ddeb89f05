"""Training of one network, as a subclass of TorchEstimator describes it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass
class Task:
    """Training of one network.

    Parameters
    ----------
    name : str
        Name beside the progress bar.
    targets : ndarray of shape (n_samples, ...) or callable
        Targets of all samples, those of ``X_val`` last; or a function of rows that returns theirs,
        called for each mini-batch.
    criterion : callable
        Loss of the output and the target of a mini-batch.
    error : callable
        Function ``error(outputs, train_rows, valid_rows)`` that returns the validation error;
        ``outputs(rows, finish=None)`` returns the network's outputs as an array, or what the
        function ``finish`` makes of those of consecutive rows.
    weight : ndarray of shape (n_samples,), default=None
        Weights of all samples. The criterion then gets the pair of target and weight as target.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from sslearn.deep_learning import Task
    >>> def error(outputs, train_rows, valid_rows):
    ...     return float(np.abs(outputs(valid_rows)).mean())
    >>> task = Task("azimuth", np.zeros((4, 1)), torch.nn.MSELoss(), error)
    >>> task.name, task.weight is None
    ('azimuth', True)
    """

    name: str
    targets: np.ndarray | Callable
    criterion: Callable
    error: Callable
    weight: np.ndarray | None = None
