"""IPDNet2: the counts of the paper, its layers written down again, causality and streaming."""

import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.base import clone

from sslearn.deep_learning._engine import build_module, restore_module, weights_of
from sslearn.networks import IPDNet2

PAPER = ((10, 256, 201), (2, 2048))  # five microphones, 4 s; two sources, four pairs
SMALL = ((4, 8, 23), (2, 32))


def build(*, seed=0, dtype=torch.float32, shapes=SMALL, n_samples=2, **params):
    network = IPDNet2(**{"n_units": 16, "n_layers": 2, "freq_pooling": (1, 2, 2)} | params)
    module = build_module(lambda: network.build(*shapes), seed, dtype, torch.device("cpu"))
    x = torch.randn(n_samples, *shapes[0], generator=torch.manual_seed(1)).to(dtype)
    return module, x


def n_numbers(state):
    if isinstance(state, torch.Tensor):
        return state.numel()
    return 0 if state is None else sum(map(n_numbers, state))


@pytest.mark.parametrize(
    ("network", "n_parameters", "gflops"),
    [
        (IPDNet2.tiny(), 383_568, 0.289),
        (IPDNet2.small(), 1_255_008, 0.908),
        (IPDNet2.large(), 7_820_608, 13.93),
        (IPDNet2.small(n_layers=1), 197_336, 0.593),
        (IPDNet2.small(freq_pooling=(16, 1, 1)), 1_238_768, 0.674),
        (IPDNet2.small(time_pooling_layer=0), 1_255_008, 0.539),
        (IPDNet2.small(freq_pooling=(1, 1, 16)), 1_304_288, 1.04),  # the text of the paper
        (IPDNet2.small(freq_pooling=(1, 1, 1)), None, 8.9),
        (IPDNet2.small(freq_pooling=(1, 2, 4)), None, 1.43),
    ],
)
def test_counts_of_the_paper(network, n_parameters, gflops):
    if n_parameters is not None:
        assert network.count_parameters(*PAPER) == n_parameters
    assert 2 * network.count_macs(*PAPER) / 4 / 1e9 == pytest.approx(gflops, rel=0.01)


def expected_shapes(n_units, n_layers=8, n_maps=10, n_outputs=16):
    """Names and shapes of all parameters, from the table of layers."""
    h, e, r = n_units, 2 * n_units, -(-n_units // 16)
    norm = {"norm.weight": (h,), "norm.bias": (h,)}
    conv = {**norm, "conv.weight": (h, h // 8, 1, 5), "conv.bias": (h,), "slope": (h,)}
    mamba = {
        "in_proj.weight": (2 * e, h),
        "ssm.conv1d.weight": (e, 1, 4),
        "ssm.conv1d.bias": (e,),
        "ssm.x_proj.weight": (r + 32, e),
        "ssm.dt_proj.weight": (e, r),
        "ssm.dt_proj.bias": (e,),
        "ssm.A_log": (e, 16),
        "ssm.D": (e,),
        "out_proj.weight": (h, e),
    }
    shapes = {
        "stages.encoder.conv.weight": (h, n_maps, 5, 1),
        "stages.encoder.conv.bias": (h,),
        "expansion.expand.weight": (16 * n_outputs, h),
        "expansion.expand.bias": (16 * n_outputs,),
        "expansion.output.weight": (n_outputs, n_outputs),
        "expansion.output.bias": (n_outputs,),
    }
    for i in range(1, n_layers + 1):
        f = 128 if i == 1 else 16
        linear = {
            **norm,
            "squeeze.weight": (8, h),
            "squeeze.bias": (8,),
            "mix.weight": (f, f),
            "mix.bias": (f,),
            "expand.weight": (h, 8),
            "expand.bias": (h,),
        }
        block = {**norm, **{f"mamba.{name}": shape for name, shape in mamba.items()}}
        parts = {"conv1": conv, "linear": linear, "conv2": conv}
        parts |= {"mambas.0": block, "mambas.1": block}
        for part, of_part in parts.items():
            shapes |= {f"stages.layer{i}.{part}.{n}": shape for n, shape in of_part.items()}
    return shapes


def test_every_parameter_is_in_the_table_of_layers():
    module = IPDNet2.small()._build_without_memory(*PAPER)
    shapes = {name: tuple(p.shape) for name, p in module.named_parameters()}
    assert shapes == expected_shapes(96)
    assert sum(np.prod(shape) for shape in shapes.values()) == 1_255_008
    assert not list(module.buffers())


def norm(x, w, name):
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5)
    return x * w[f"{name}.norm.weight"] + w[f"{name}.norm.bias"]


def dense(x, w, name):
    y = x @ w[f"{name}.weight"].T
    return y + w[f"{name}.bias"] if f"{name}.bias" in w else y


def silu(x):
    return x * expit(x)


def freq_conv(x, w, name):
    """Of (frames, freqs, units), grouped."""
    weight, n_groups = w[f"{name}.conv.weight"][:, :, 0], 8
    padded = np.pad(norm(x, w, name), ((0, 0), (2, 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 5, axis=1)
    groups = windows.reshape(*windows.shape[:2], n_groups, -1, 5)
    weight = weight.reshape(n_groups, -1, *weight.shape[1:])
    y = np.einsum("tfgik,goik->tfgo", groups, weight).reshape(x.shape) + w[f"{name}.conv.bias"]
    return x + np.where(y > 0, y, w[f"{name}.slope"] * y)


def mamba(x, w, name):
    """Of (frames, freqs, units), step by step."""
    n_units = w[f"{name}.ssm.D"].size
    v, z = np.split(dense(x, w, f"{name}.in_proj"), 2, axis=-1)
    padded = np.pad(v, ((3, 0), (0, 0), (0, 0)))
    kernel = w[f"{name}.ssm.conv1d.weight"][:, 0]
    u = sum(kernel[:, k] * padded[k : k + len(x)] for k in range(4))
    u = silu(u + w[f"{name}.ssm.conv1d.bias"])
    rank = w[f"{name}.ssm.dt_proj.weight"].shape[1]
    d, B, C = np.split(dense(u, w, f"{name}.ssm.x_proj"), [rank, rank + 16], axis=-1)
    delta = np.log1p(np.exp(dense(d, w, f"{name}.ssm.dt_proj")))
    A, h, y = -np.exp(w[f"{name}.ssm.A_log"]), np.zeros((x.shape[1], n_units, 16)), []
    for t in range(len(x)):
        h = np.exp(delta[t, :, :, None] * A) * h
        h += (delta[t] * u[t])[:, :, None] * B[t, :, None]
        y.append((h * C[t, :, None]).sum(-1) + w[f"{name}.ssm.D"] * u[t])
    return dense(np.array(y) * silu(z), w, f"{name}.out_proj")


def written_again(x, w):
    """One sample (maps, freqs, frames) through two layers; bands of 2 and of 2, then 5 frames."""
    padded = np.pad(x, ((0, 0), (0, 0), (4, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 5, axis=2)
    x = np.einsum("mftk,omk->tfo", windows, w["stages.encoder.conv.weight"][..., 0])
    x = x + w["stages.encoder.conv.bias"]
    for i in (1, 2):
        name = f"stages.layer{i}"
        x = freq_conv(x, w, f"{name}.conv1")
        x = (x[:, ::2] + x[:, 1::2]) / 2 if i == 1 else x
        squeezed = silu(dense(norm(x, w, f"{name}.linear"), w, f"{name}.linear.squeeze"))
        mixed = np.einsum("gf,tfs->tgs", w[f"{name}.linear.mix.weight"], squeezed)
        mixed = mixed + w[f"{name}.linear.mix.bias"][:, None]
        x = x + silu(dense(mixed, w, f"{name}.linear.expand"))
        x = freq_conv(x, w, f"{name}.conv2")
        x = (x[:, ::2] + x[:, 1::2]) / 2 if i == 1 else x
        for block in (f"{name}.mambas.0", f"{name}.mambas.1"):
            x = x + mamba(norm(x, w, block), w, f"{block}.mamba")
        x = x[: len(x) // 5 * 5].reshape(-1, 5, *x.shape[1:]).mean(1) if i == 1 else x
    # Output unit c N + n is channel c of the n-th bin of the band.
    channels = dense(x, w, "expansion.expand").reshape(len(x), 2, 8, 4)
    bins = np.tanh(channels.transpose(0, 1, 3, 2).reshape(len(x), 8, 8))
    return dense(bins, w, "expansion.output")


@pytest.mark.parametrize("output_order", ["clean", "released"])
def test_layers_written_down_again(output_order):
    module, x = build(dtype=torch.float64, output_order=output_order)
    w = weights_of(module)
    bins = written_again(x[1].numpy(), w)  # 4 frames, 8 bins, 8 channels
    if output_order == "clean":
        # Sources x parts x pairs in each bin; rows are all cosines, then all sines.
        expected = bins.reshape(4, 8, 2, 2, 2).transpose(0, 2, 3, 1, 4).reshape(4, 2, 32)
    else:
        # (F, 2, 4) -> (2, F, 4) -> (2, 2 F, 2), as the released program does.
        expected = bins.reshape(4, 8, 2, 4).transpose(0, 2, 1, 3).reshape(4, 2, 16, 2)
        expected = expected.reshape(4, 2, 32)
    with torch.no_grad():
        np.testing.assert_allclose(module(x)[1], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("params", "output_shape", "n_frames"),
    [
        ({}, (2, 32), 4),
        ({"time_pooling_layer": 0}, (3, 16), 4),
        ({"time_pooling_layer": 2, "time_pooling": 4}, (32,), 5),
        ({"time_pooling": 1, "freq_pooling": (1, 1, 1), "n_layers": 1}, (1, 48), 23),
        ({"freq_pooling": (8, 1, 1), "n_groups": 4, "kernel_size": 3}, (2, 32), 4),
    ],
)
def test_shapes(params, output_shape, n_frames):
    module, x = build(shapes=(SMALL[0], output_shape), **params)
    assert module(x).shape == (2, n_frames, *output_shape)
    assert module(x[..., :3]).shape == (2, 3 // params.get("time_pooling", 5), *output_shape)


@pytest.mark.parametrize("time_pooling_layer", [0, 1, 2])
def test_future_is_not_seen(time_pooling_layer):
    module, x = build(dtype=torch.float64, time_pooling_layer=time_pooling_layer)
    before = module(x)
    for t in (3, 10, 14):
        changed = x.clone()
        changed[..., t:] += 1
        difference = (module(changed) - before).abs().amax((0, 2, 3))
        assert (difference[: t // 5] == 0).all()
        assert (difference[t // 5 :] > 0).all()


@pytest.mark.parametrize("time_pooling_layer", [0, 1, 2])
@pytest.mark.parametrize("lengths", [(1,) * 23, (4, 0, 1, 7, 11), (23,), (2, 21)])
def test_steps_are_the_forward_pass(time_pooling_layer, lengths):
    module, x = build(time_pooling_layer=time_pooling_layer)
    with torch.inference_mode():
        expected = module.eval()(x)
        state, outputs = module.initial_state(2), []
        for part in x.split(lengths, dim=3):
            y, state = module.step(part, state)
            outputs.append(y)
    torch.testing.assert_close(torch.cat(outputs, 1), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("network", "n_expected"), [("tiny", 0.47e6), ("small", 0.93e6), ("large", 2.5e6)]
)
def test_size_of_the_state(network, n_expected):
    module = getattr(IPDNet2, network)().build(*PAPER)
    with torch.inference_mode():
        _, state = module.step(torch.randn(1, 10, 256, 5), module.initial_state(1))
        _, state = module.step(torch.randn(1, 10, 256, 4), state)
    assert n_numbers(state) == pytest.approx(n_expected, rel=0.03)
    # No view that would keep a longer tensor alive.
    for tensor in (state[0], state[1][0][0], state[-1] if network == "large" else state[2]):
        while not isinstance(tensor, torch.Tensor):
            tensor = tensor[0]
        assert tensor.untyped_storage().size() == 4 * tensor.numel()


def test_a_state_can_be_used_twice():
    module, x = build()
    with torch.inference_mode():
        _, state = module.step(x[..., :7], module.initial_state(2))
        first = module.step(x[..., 7:], state)[0]
        again = module.step(x[..., 7:], state)[0]
    assert torch.equal(first, again)


def test_samples_do_not_see_each_other():
    module, x = build(dtype=torch.float64, n_samples=3)
    torch.testing.assert_close(module(x)[1:2], module(x[1:2]), atol=1e-12, rtol=0)


def test_gradient_reaches_every_weight():
    module, x = build()
    module(x).square().sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad.abs().max() > 0, name


def test_start():
    module = IPDNet2.tiny(n_layers=1).build(*PAPER)
    weights = dict(module.named_parameters())
    states = torch.arange(1.0, 17).log().expand(96, 16)
    torch.testing.assert_close(weights["stages.layer1.mambas.1.mamba.ssm.A_log"].data, states)
    assert (weights["stages.layer1.conv2.slope"] == 0.25).all()


def test_one_batch_is_learned():
    module, x = build(n_samples=4)
    target = torch.randn(module(x).shape, generator=torch.manual_seed(2)).clamp(-1, 1)
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-2, weight_decay=0)
    for _ in range(160):
        optimizer.zero_grad()
        loss = (module(x) - target).square().mean()
        if loss < 0.2 * target.square().mean():
            return
        loss.backward()
        optimizer.step()
    pytest.fail(f"loss is still {loss.item()}")


def test_weights_are_restored():
    module, x = build()
    network = IPDNet2(16, n_layers=2, freq_pooling=(1, 2, 2))
    restored = restore_module(lambda: network.build(*SMALL), weights_of(module), "cpu")
    with torch.inference_mode():
        assert torch.equal(module.eval()(x), restored(x))


def test_full_precision_under_autocast():
    module, x = build()
    with torch.autocast("cpu", torch.bfloat16):
        y = module(x)
    y.float().square().mean().backward()
    torch.testing.assert_close(y.float(), module(x), atol=0.1, rtol=0.1)


def test_sizes_are_parameters():
    assert IPDNet2.tiny().n_units == 48
    assert IPDNet2.small(n_layers=3).get_params() == IPDNet2(96, n_layers=3).get_params()
    assert clone(IPDNet2.large()).time_pooling_layer == 8
    assert IPDNet2.large(n_layers=4, time_pooling_layer=4).time_pooling_layer == 4


@pytest.mark.parametrize(
    ("params", "shapes", "message"),
    [
        ({"freq_pooling": (2, 8)}, SMALL, "freq_pooling must have 3 sizes"),
        ({"freq_pooling": (1, 2, 8)}, SMALL, "must be a multiple of 16.*drop_dc=True"),
        ({"n_units": 12}, SMALL, "n_units must be a multiple of n_groups=8; got 12"),
        ({"kernel_size": 4}, SMALL, "kernel_size must be odd; got 4"),
        ({"time_pooling_layer": 3}, SMALL, "at most n_layers=2; got 3"),
        ({}, (SMALL[0], (2, 40)), "a multiple of 16 outputs; got .2, 40."),
        ({}, ((4, 8), (2, 32)), "n_maps, n_freqs, n_frames"),
        ({"output_order": "other"}, SMALL, "output_order"),
    ],
)
def test_what_does_not_fit(params, shapes, message):
    with pytest.raises(ValueError, match=message):
        build(shapes=shapes, **params)
