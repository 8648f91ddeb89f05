"""Learning rate and start of small budgets."""

import torch
from skorch.callbacks import Callback, LRScheduler


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


class StartFrom(Callback):
    """Start from given weights; layers that are not among them start as they are.

    Parameters
    ----------
    weights : dict of str to ndarray
        Part of the state of the module.
    """

    def __init__(self, weights):
        self.weights = weights

    def on_train_begin(self, net, **kwargs):
        """Put the weights in."""
        state = {name: torch.from_numpy(value) for name, value in self.weights.items()}
        unknown = net.module_.load_state_dict(state, strict=False).unexpected_keys
        if unknown:
            raise ValueError(f"weights must be of layers of the module; got {unknown}.")
