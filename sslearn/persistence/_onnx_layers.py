"""Operations that ONNX lacks, and recurrences that it has; this module imports torch."""

from functools import partial

import numpy as np
import torch
from torch.onnx import ops
from torch.overrides import TorchFunctionMode

_TINY = torch.finfo(torch.float32).tiny
# Gates of torch in the order of ONNX.
_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2)}
# The recurrence of sslearn.networks.layers.selective_scan, frames first, without its last term.
SELECTIVE_SCAN = """
<opset_import: ["" : 20], domain: "sslearn">
SelectiveScan (delta, v, B, C, A, before) => (y, after) {
    after, y = Scan <num_scan_inputs = 4, body = frame (
        float[n, k, e] h, float[n, e] d, float[n, e] x, float[n, k] b, float[n, k] c
    ) => (float[n, k, e] new, float[n, e] out) {
        middle = Constant <value = int64[1] {1}> ()
        last = Constant <value = int64[1] {2}> ()
        step = Unsqueeze (d, middle)
        rate = Mul (step, A)
        decay = Exp (rate)
        kept = Mul (decay, h)
        row = Unsqueeze (x, middle)
        column = Unsqueeze (b, last)
        added = Mul (column, row)
        new = Add (kept, added)
        reader = Unsqueeze (c, middle)
        product = MatMul (reader, new)
        out = Squeeze (product, middle)
    }> (before, delta, v, B, C)
}
"""


def constant(values):
    """Tensor of numbers that do not change.

    Parameters
    ----------
    values : array-like
        Numbers.

    Returns
    -------
    tensor : torch.nn.Parameter
        The same in single precision, without a gradient; assigned to a module it moves with it.
    """
    values = np.asarray(values, np.float32)
    return torch.nn.Parameter(torch.from_numpy(values.copy()), requires_grad=False)


def angle(real, imag):
    """Phase of complex numbers.

    Parameters
    ----------
    real, imag : Tensor of shape (...)
        Real and imaginary part.

    Returns
    -------
    phase : Tensor of shape (...)
        Radians in (-pi, pi], 0 for 0.
    """
    # A real part of 0 becomes the smallest number: +-pi / 2, and 0 for 0.
    acute = torch.atan(imag / torch.where(real == 0, _TINY, real))
    obtuse = acute + torch.where(imag < 0, -torch.pi, torch.pi)
    return torch.where(real < 0, obtuse, acute)


def modulus(real, imag):
    """Length of vectors, or of complex numbers.

    Parameters
    ----------
    real, imag : Tensor of shape (...)
        Both components.

    Returns
    -------
    modulus : Tensor of shape (...)
        Square root of the sum of their squares.
    """
    return (real.square() + imag.square()).sqrt()


def _recurrence(kind, x, state, weights, bias, n_layers, dropout, training, two_way, batch_first):
    """Outputs, and states after the last frame, as torch returns them."""
    x = x.transpose(0, 1) if batch_first else x
    states = (state,) if kind == "GRU" else tuple(state)
    n_ways = 1 + two_way
    after = []
    for i in range(n_layers):
        ways = slice(n_ways * i, n_ways * (i + 1))
        n_each = 4 if bias else 2
        of_layer = weights[n_each * ways.start : n_each * ways.stop]
        before = [part[ways] for part in states]
        x, *states_of_layer = _node(kind, x, before, of_layer, n_ways)
        after.append(states_of_layer)
    after = [torch.cat(parts) for parts in zip(*after, strict=True)]
    return (x.transpose(0, 1) if batch_first else x, *after)


def _node(kind, x, states, weights, n_ways):
    """One layer in one or both directions, of (n_frames, n_samples, n_features)."""
    n_frames, n_samples, _ = x.shape
    shape = (n_frames, n_ways, n_samples, states[0].shape[2])
    by_kind = [weights[k :: len(weights) // n_ways] for k in range(len(weights) // n_ways)]
    inputs, recurrent, *biases = (torch.stack([_gates(kind, w) for w in k]) for k in by_kind)
    bias = torch.cat(biases, 1) if biases else None
    attributes = {
        "hidden_size": shape[3],
        "direction": "bidirectional" if n_ways == 2 else "forward",
    }
    if kind == "GRU":
        attributes["linear_before_reset"] = 1
    y, *states = ops.symbolic_multi_out(
        kind,
        (x, inputs, recurrent, bias, None, *states),
        attributes,
        dtypes=[x.dtype] * (1 + len(states)),
        shapes=[shape, *(part.shape for part in states)],
        version=14,
    )
    return y.transpose(1, 2).flatten(2), *states


def _gates(kind, weight):
    n_units = weight.shape[0] // len(_GATES[kind])
    return torch.cat([weight[gate * n_units : (gate + 1) * n_units] for gate in _GATES[kind]])


_INSTEAD = {
    torch.lstm: partial(_recurrence, "LSTM"),
    torch.gru: partial(_recurrence, "GRU"),
    torch.atan2: lambda y, x: angle(x, y),
    torch.hypot: modulus,
}


class OnnxFunctions(TorchFunctionMode):
    """Functions of torch in a form that the tracer can express.

    Recurrent layers become single nodes of the graph: the tracer would write down one step after
    the other, for the frames of the example alone. ``atan2`` is right on the axes too.
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Call a function, or its replacement."""
        return _INSTEAD.get(func, func)(*args, **(kwargs or {}))
