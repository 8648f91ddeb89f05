"""Selective scan and Mamba: the recurrence by hand, gradients, streaming, what is not counted."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from sslearn.networks import _selective_scan
from sslearn.networks.layers import Mamba, SelectiveSSM, selective_scan

LENGTHS = (1, 15, 16, 17, 40)  # around the blocks between kept states


def inputs(n_samples=3, n_frames=5, n_units=4, n_states=2, *, dtype=torch.float64, order="frames"):
    """Tensors of a scan, frames or samples slowest in memory."""
    generator = torch.manual_seed(0)

    def draw(n):
        x = torch.randn(n_frames, n_samples, n, generator=generator, dtype=dtype).transpose(0, 1)
        return x if order == "frames" else x.contiguous()

    A = -torch.rand(n_units, n_states, generator=generator, dtype=dtype) - 0.1
    D = torch.randn(n_units, generator=generator, dtype=dtype)
    delta = torch.nn.functional.softplus(draw(n_units))
    tensors = (draw(n_units), delta, A, draw(n_states), draw(n_states), D)
    return [x.detach().requires_grad_() for x in tensors]


def plain_scan(u, delta, A, B, C, D):
    h, y = torch.zeros(len(u), *A.shape, dtype=u.dtype), []
    frames = zip(*(x.unbind(1) for x in (u, delta, B, C)), strict=True)
    for u_t, delta_t, B_t, C_t in frames:
        h = torch.exp(delta_t[..., None] * A) * h + (delta_t * u_t)[..., None] * B_t[:, None]
        y.append((h * C_t[:, None]).sum(-1) + D * u_t)
    return torch.stack(y, 1)


def test_recurrence_on_paper():
    # h: 2 * 3 = 6, then 6 / 2 + 1 * 5 = 8; y = C h + D u.
    u, delta = torch.tensor([[[3.0], [5.0]]]), torch.tensor([[[2.0], [1.0]]])
    A, B = torch.tensor([[-np.log(2.0)]], dtype=torch.float32), torch.ones(1, 2, 1)
    y, state = selective_scan(u, delta, A, B, torch.tensor([[[1.0], [10.0]]]), torch.tensor([0.5]))
    torch.testing.assert_close(y.flatten(), torch.tensor([6 + 1.5, 80 + 2.5]))
    torch.testing.assert_close(state.flatten(), torch.tensor([8.0]))


@pytest.mark.parametrize("n_frames", LENGTHS)
@pytest.mark.parametrize("order", ["frames", "samples"])
def test_gradients_of_the_plain_loop(monkeypatch, n_frames, order):
    monkeypatch.setattr(_selective_scan, "_CACHED", 16)  # two of three samples at a time
    tensors = inputs(n_frames=n_frames, order=order)
    outputs = [selective_scan(*tensors)[0], plain_scan(*tensors)]
    torch.testing.assert_close(*outputs, atol=1e-12, rtol=0)
    weight = torch.randn(outputs[0].shape, dtype=torch.float64)
    gradients = [torch.autograd.grad(y, tensors, weight) for y in outputs]
    for ours, expected in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, expected, atol=1e-10, rtol=0)


def test_gradcheck():
    def outputs(*tensors):
        return selective_scan(*tensors)[0]

    assert torch.autograd.gradcheck(outputs, inputs(2, 18, 3, 2))


def test_inputs_are_not_modified():
    tensors = inputs(n_frames=20)
    copies = [x.detach().clone() for x in tensors]
    y, state = selective_scan(*tensors)
    copies.append(state.clone())
    selective_scan(*tensors, state)[0].sum().backward()
    y.sum().backward()
    for x, copy in zip([*tensors, state], copies, strict=True):
        assert torch.equal(x, copy)
    assert not state.requires_grad


def test_state_continues():
    with torch.no_grad():
        u, delta, A, B, C, D = inputs(n_frames=20)
        expected, last = selective_scan(u, delta, A, B, C, D)
        state, outputs = None, []
        for part in (slice(0, 1), slice(1, 1), slice(1, 18), slice(18, 20)):
            of_part = (u[:, part], delta[:, part], A, B[:, part], C[:, part], D)
            y, state = selective_scan(*of_part, state)
            outputs.append(y)
    torch.testing.assert_close(torch.cat(outputs, 1), expected, atol=1e-14, rtol=0)
    torch.testing.assert_close(state, last, atol=1e-14, rtol=0)


def test_memory_of_the_kept_states():
    n_numbers = 0

    def pack(tensor):
        nonlocal n_numbers
        n_numbers += tensor.numel()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        selective_scan(*inputs(2, 160, 8, 16))
    n_kept = (160 // 16) * 2 * 8 * 16
    n_inputs = 2 * 160 * (2 * 8 + 2 * 16) + 8 * 16
    n_product = 2 * 160 * 8 + 8  # u and D, of the last term
    assert n_numbers == n_kept + n_inputs + n_product


def test_fused_kernel_gets_channels_first(monkeypatch):
    """The kernel needs a GPU: here a stand-in with its arguments checks the layout."""

    def kernel(u, delta, A, B, C, D, *, return_last_state):
        assert return_last_state
        x = (tensor.transpose(1, 2) for tensor in (u, delta))
        rest = (tensor.transpose(1, 2) for tensor in (B, C))
        y, state = selective_scan(*x, A, *rest, D)
        return y.transpose(1, 2), state.transpose(1, 2)

    name = "mamba_ssm.ops.selective_scan_interface"
    for module in ("mamba_ssm", "mamba_ssm.ops"):
        monkeypatch.setitem(sys.modules, module, SimpleNamespace())
    monkeypatch.setitem(sys.modules, name, SimpleNamespace(selective_scan_fn=kernel))
    assert _selective_scan._fused_kernel() is kernel
    tensors = inputs(n_frames=20)
    u, delta, A, B, C, D = tensors
    frames_first = [x.transpose(0, 1) for x in (u, delta, B, C)]
    y, state = _selective_scan._scan_fused(kernel, *frames_first[:2], A.T, *frames_first[2:], D)
    expected, last = selective_scan(*tensors)
    assert torch.equal(y.transpose(0, 1), expected)
    assert torch.equal(state, last)


def test_no_fused_kernel(monkeypatch):
    monkeypatch.setitem(sys.modules, "mamba_ssm.ops.selective_scan_interface", None)
    assert _selective_scan._fused_kernel() is None


@pytest.mark.parametrize("layer", [Mamba(8), SelectiveSSM(8, d_state=3, d_conv=2)])
@pytest.mark.parametrize("lengths", [(1,) * 9, (2, 0, 7), (9,)])
def test_steps_are_the_forward_pass(layer, lengths):
    x = torch.randn(2, 9, 8, generator=torch.manual_seed(0))
    with torch.inference_mode():
        state, outputs = layer.initial_state(2), []
        for part in x.split(lengths, dim=1):
            y, state = layer.step(part, state)
            outputs.append(y)
        torch.testing.assert_close(torch.cat(outputs, 1), layer(x), atol=1e-6, rtol=0)


def test_gradient_reaches_every_weight():
    layer = Mamba(8)
    layer(torch.randn(2, 6, 8)).square().sum().backward()
    for name, parameter in layer.named_parameters():
        assert parameter.grad.abs().max() > 0, name


def test_convolution_sees_the_past_alone():
    layer = SelectiveSSM(3).conv1d
    x = torch.randn(6, 2, 3, generator=torch.manual_seed(0))
    y, _ = layer.step(x, layer.initial_state(2))
    expected = torch.nn.functional.conv1d(
        torch.nn.functional.pad(x.permute(1, 2, 0), (3, 0)), layer.weight, layer.bias, groups=3
    )
    torch.testing.assert_close(y, expected.permute(2, 0, 1))


def test_start():
    ssm = Mamba(64).ssm
    assert ssm.dt_proj.in_features == 4  # ceil(64 / 16)
    torch.testing.assert_close(ssm.A_log.exp(), torch.arange(1.0, 17).expand(128, 16))
    assert (ssm.D == 1).all()
    steps = torch.nn.functional.softplus(ssm.dt_proj.bias)
    assert ((steps > 0.99e-3) & (steps < 0.101)).all()
    assert steps.min() < 0.003
    assert steps.max() > 0.03
    assert ssm.dt_proj.weight.abs().max() <= 0.5


def test_matrix_products_are_counted_alone():
    with torch.device("meta"):
        layer = Mamba(8)
        x = torch.empty(1, 10, 8)
    with FlopCounterMode(display=False) as counter:
        layer(x)
    assert counter.get_total_flops() == 2 * 10 * (8 * 32 + 16 * 33 + 16 + 16 * 8)
