from math import ceil, log

import torch
from torch import nn
from torch.nn.functional import silu, softplus

from sslearn.networks._causal_layers import with_past
from sslearn.networks._selective_scan import scan_frames

_STEP_RANGE = (1e-3, 0.1)  # of the step sizes before training


class CausalDepthwiseConv(nn.Module):
    """Convolution of each unit over its own past, of (n_frames, n_samples, n_units).

    Sums of shifted frames: as fast as a convolution of torch in this memory order, faster in short
    steps, and, like the scan, no matrix product.

    Parameters
    ----------
    n_units : int
        Units.
    kernel_size : int
        Frames that an output depends on.
    """

    def __init__(self, n_units, kernel_size):
        super().__init__()
        bound = kernel_size**-0.5
        self.weight = nn.Parameter(torch.empty(n_units, 1, kernel_size).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(n_units).uniform_(-bound, bound))

    def initial_state(self, n_samples):
        """Zeros as the frames before the first one."""
        return self.weight.new_zeros(self.weight.shape[2] - 1, n_samples, len(self.weight))

    def step(self, x, state):
        """Outputs of the next frames, and the last inputs."""
        padded, state = with_past(x, state, 0)
        first, *others = self.weight.squeeze(1).unbind(1)
        # y[t] = b + sum_k w[k] x[t - K + 1 + k], with K - 1 past frames at the front of padded.
        y = torch.addcmul(self.bias, padded[: x.shape[0]], first)
        for k, weight in enumerate(others, 1):
            y.addcmul_(padded[k : k + x.shape[0]], weight)
        return y, state


class SelectiveSSM(nn.Module):
    """Selective state-space model: its step sizes and projections depend on its input.

    Parameters
    ----------
    d_inner : int
        Units.
    d_state : int, default=16
        States of each unit.
    d_conv : int, default=4
        Frames in the kernel of the convolution before the recurrence.
    dt_rank : int, default=None
        Rank of the projection to step sizes. ``ceil(d_inner / 32)``, the published rank in a block
        twice as wide as its input, if None.

    See Also
    --------
    Mamba : The gated block around it.
    selective_scan : Its recurrence.

    Notes
    -----
    With ``u`` the SiLU of a causal convolution of each unit::

        d, B, C = split(W_x u)
        y = selective_scan(u, softplus(W_dt d + b_dt), -exp(A_log), B, C, D)

    Before training ``A_log`` is ``log(1), ..., log(d_state)`` and ``D`` is 1; step sizes are
    distributed evenly on a logarithmic scale from 0.001 to 0.1.

    References
    ----------
    A. Gu and T. Dao, "Mamba: linear-time sequence modeling with selective state spaces", COLM,
    2024.

    Examples
    --------
    >>> import torch
    >>> from sslearn.networks.layers import SelectiveSSM
    >>> SelectiveSSM(32)(torch.zeros(2, 50, 32)).shape
    torch.Size([2, 50, 32])
    """

    def __init__(self, d_inner, *, d_state=16, d_conv=4, dt_rank=None):
        super().__init__()
        dt_rank = ceil(d_inner / 32) if dt_rank is None else dt_rank
        self.conv1d = CausalDepthwiseConv(d_inner, d_conv)
        self.x_proj = nn.Linear(d_inner, dt_rank + 2 * d_state, bias=False)
        self.dt_proj = nn.Linear(dt_rank, d_inner)
        # A = -(1, 2, ..., d_state) in each unit; the logarithm keeps it negative.
        self.A_log = nn.Parameter(torch.arange(1.0, d_state + 1).log().repeat(d_inner, 1))
        self.D = nn.Parameter(torch.ones(d_inner))
        nn.init.uniform_(self.dt_proj.weight, -(dt_rank**-0.5), dt_rank**-0.5)
        low, high = map(log, _STEP_RANGE)
        with torch.no_grad():
            # softplus(b) = log(1 + exp(b)) = dt is solved by b = dt + log(1 - exp(-dt)).
            dt = torch.empty(d_inner).uniform_(low, high).exp()
            self.dt_proj.bias.copy_(dt + (-torch.expm1(-dt)).log())  # the inverse of softplus

    def forward(self, x):
        """Outputs (n_samples, n_frames, d_inner) of inputs of the same shape."""
        return self.step(x, self.initial_state(x.shape[0]))[0]

    def initial_state(self, batch_size):
        """Return the state before the first frame."""
        return self.conv1d.initial_state(batch_size), None

    def step(self, x, state):
        """Outputs of the next frames, laid out as in ``forward``, and the state after them."""
        y, state = self.step_frames(x.transpose(0, 1), state)
        return y.transpose(0, 1), state

    def step_frames(self, x, state):
        """Step with frames first, (n_frames, n_samples, d_inner)."""
        before, h = state
        u, before = self.conv1d.step(x, before)
        u = silu(u)
        d_state, dt_rank = self.A_log.shape[1], self.dt_proj.in_features
        d, B, C = self.x_proj(u).split((dt_rank, d_state, d_state), dim=-1)
        delta = softplus(self.dt_proj(d))
        y, h = scan_frames(u, delta, -self.A_log.T.exp(), B, C, self.D, h)
        return y, (before, h)


class Mamba(nn.Module):
    """Gated block around a selective state-space model, causal in time.

    Parameters
    ----------
    d_model : int
        Width of input and output.
    d_state : int, default=16
        States of each unit.
    d_conv : int, default=4
        Frames in the kernel of the convolution.
    expand : int, default=2
        Units of the state-space model, as a multiple of ``d_model``.

    See Also
    --------
    SelectiveSSM : The state-space model inside.

    Notes
    -----
    ``W_out (SelectiveSSM(v) * SiLU(z))`` with ``v, z = split(W_in x)`` and a rank of the step
    sizes of ``ceil(d_model / 16)``. Consecutive calls of ``step`` return exactly what ``forward``
    returns. Tensors whose frames are the slowest axis in memory are not copied.

    References
    ----------
    A. Gu and T. Dao, "Mamba: linear-time sequence modeling with selective state spaces", COLM,
    2024.

    Examples
    --------
    >>> import torch
    >>> from sslearn.networks.layers import Mamba
    >>> mamba = Mamba(16).eval()
    >>> x = torch.ones(2, 50, 16)
    >>> _, state = mamba.step(x[:, :20], mamba.initial_state(2))
    >>> y, state = mamba.step(x[:, 20:], state)
    >>> torch.allclose(y, mamba(x)[:, 20:], atol=1e-6)
    True
    """

    def __init__(self, d_model, *, d_state=16, d_conv=4, expand=2):
        super().__init__()
        d_inner = expand * d_model
        self.in_proj = nn.Linear(d_model, 2 * d_inner, bias=False)
        self.ssm = SelectiveSSM(d_inner, d_state=d_state, d_conv=d_conv, dt_rank=ceil(d_model / 16))
        self.out_proj = nn.Linear(d_inner, d_model, bias=False)

    def forward(self, x):
        """Outputs (n_samples, n_frames, d_model) of inputs of the same shape."""
        return self.step(x, self.initial_state(x.shape[0]))[0]

    def initial_state(self, batch_size):
        """Return the state before the first frame."""
        return self.ssm.initial_state(batch_size)

    def step(self, x, state):
        """Outputs of the next frames, laid out as in ``forward``, and the state after them."""
        y, state = self.step_frames(x.transpose(0, 1), state)
        return y.transpose(0, 1), state

    def step_frames(self, x, state):
        """Step with frames first, (n_frames, n_samples, d_model)."""
        v, z = self.in_proj(x).chunk(2, dim=-1)
        y, state = self.ssm.step_frames(v, state)
        return self.out_proj(y * silu(z)), state
