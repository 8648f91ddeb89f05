"""Learning rate of small budgets."""

import torch
from skorch.callbacks import LRScheduler


def half_cosine(max_epochs, n_clips, batch_size):
    """Callback with which the rate falls along half a cosine to 0 at the last step.

    Parameters
    ----------
    max_epochs : int
        Number of epochs.
    n_clips : int
        Clips that are trained on.
    batch_size : int
        Clips of a mini-batch.

    Returns
    -------
    callback : skorch.callbacks.LRScheduler
        The callback.
    """
    n_steps = max_epochs * -(-n_clips // batch_size)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR
    return LRScheduler(policy=cosine, T_max=n_steps, step_every="batch")
