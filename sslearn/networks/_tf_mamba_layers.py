from torch import nn
from torch.nn.functional import silu

from sslearn.networks._mamba_layers import Mamba, SelectiveSSM


class ResidualMamba(nn.Module):
    """Residual Mamba block: sum of rows and the output of Mamba for their layer norm.

    Parameters
    ----------
    d_model : int
        Width of the rows.
    """

    def __init__(self, d_model):
        super().__init__()
        self.norm = nn.LayerNorm(d_model)
        self.mamba = Mamba(d_model)

    def forward(self, x, state):
        """Outputs (n_rows, n_steps, d_model) and the state after them."""
        state = self.mamba.initial_state(x.shape[0]) if state is None else state
        y, state = self.mamba.step(self.norm(x), state)
        return x + y, state


class BidirectionalMamba(nn.Module):
    """Residual block of two state-space models, one for each direction along the rows.

    Parameters
    ----------
    d_model : int
        Width of the rows.
    """

    def __init__(self, d_model):
        super().__init__()
        self.norm = nn.LayerNorm(d_model)
        # Half is the input of both models, half the gate, as in a Mamba with expand=2.
        self.in_proj = nn.Linear(d_model, 4 * d_model, bias=False)
        self.directions = nn.ModuleList([SelectiveSSM(2 * d_model), SelectiveSSM(2 * d_model)])
        self.out_proj = nn.Linear(2 * d_model, d_model, bias=False)

    def forward(self, x, state):
        """Outputs (n_rows, n_steps, d_model), and no state."""
        v, z = self.in_proj(self.norm(x)).chunk(2, dim=-1)
        forward, backward = self.directions
        # Flipped back, so that both outputs of a step are added at the same step.
        y = forward(v) + backward(v.flip(1)).flip(1)
        return x + self.out_proj(y * silu(z)), None
