"""Schedules of the learning rate, and early stopping, as callbacks of skorch."""

from skorch.callbacks import EarlyStopping, LRScheduler
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, ReduceLROnPlateau


def rate_schedule(training, monitor, lr, n_steps, rates=None):
    """Callbacks that lower the learning rate.

    Parameters
    ----------
    training : Training
        Schedule and its parameters.
    monitor : str
        Column of the history that a plateau is found in.
    lr : float
        Learning rate at the start.
    n_steps : int
        Number of mini-batches of all epochs.
    rates : ndarray of shape (n_epochs,), default=None
        Rates of the epochs of an earlier training, which are repeated; not used by ``"cosine"``,
        which changes them within an epoch and follows from ``n_steps``.

    Returns
    -------
    callbacks : list
        One skorch callback, or none for a constant rate.
    """
    if rates is not None and training.schedule != "cosine":
        factors = [*(rates / lr), 1.0]  # the last one is for the step after the last epoch
        return [LRScheduler(LambdaLR, event_name=None, lr_lambda=factors.__getitem__)]
    if training.schedule == "plateau":
        # torch tolerates ``patience`` epochs and lowers the rate after the next one.
        patience, factor, min_lr = training.patience - 1, training.lr_factor, training.min_lr
        params = {"patience": patience, "factor": factor, "threshold": 0.0, "min_lr": min_lr}
        return [LRScheduler(ReduceLROnPlateau, monitor, event_name=None, eps=0.0, **params)]
    if training.schedule == "exponential":
        floor = min(training.min_lr / lr, 1.0)

        def decay(epoch):
            return max(training.lr_factor**epoch, floor)

        return [LRScheduler(LambdaLR, event_name=None, lr_lambda=decay)]
    if training.schedule == "cosine":
        params = {"T_max": n_steps, "eta_min": min(training.min_lr, lr)}
        return [LRScheduler(CosineAnnealingLR, event_name=None, step_every="batch", **params)]
    return []


def lowest(monitor, patience=None, **params):
    """Callback that keeps the epoch with the lowest value, and stops after ``patience`` others."""
    return EarlyStopping(monitor, patience, threshold=0.0, threshold_mode="abs", **params)
