import torch
from torch.overrides import TorchFunctionMode


class RecurrentMacs(TorchFunctionMode):
    """Counter of the multiply-accumulate operations of LSTMs and GRUs, which it does not compute.

    Each step of each row multiplies all weights once. On the meta device torch would take the steps
    one by one, a thousand times slower.
    """

    def __init__(self):
        super().__init__()
        self.n_macs = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Empty outputs of a recurrent layer; everything else is computed."""
        if func not in (torch.lstm, torch.gru):
            return func(*args, **(kwargs or {}))
        x, state, weights, *_, bidirectional, _batch_first = args
        # W_ih and W_hh of each layer and direction; W_hh has n_units columns.
        matrices = [weight for weight in weights if weight.ndim == 2]
        self.n_macs += x.shape[0] * x.shape[1] * sum(weight.numel() for weight in matrices)
        n_units = matrices[1].shape[1]
        outputs = x.new_empty(*x.shape[:2], n_units * (1 + bidirectional))
        return outputs, *(state if func is torch.lstm else [state])
