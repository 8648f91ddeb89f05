"""Start of trainings that share their first epochs."""

import torch
from skorch.callbacks import Callback


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
