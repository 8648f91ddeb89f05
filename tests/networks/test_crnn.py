"""CRNN: the sizes of the paper, its layers written down again, and what every network holds."""

import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.base import clone

from sslearn.deep_learning._engine import build_module, restore_module, weights_of
from sslearn.networks import CRNN

PAPER = (6, 513, 25)
SMALL_INPUT = (3, 21, 5)
small = pytest.mark.parametrize("norm_axis", ["channel", "frame"])


def recipe(norm_axis="channel", **params):
    defaults = {"pool_sizes": (4, 2), "n_units": 5, "n_dense": 7, "dropout": 0.0}
    return CRNN(6, norm_axis=norm_axis, **(defaults | params))


def build(norm_axis="channel", *, seed=0, dtype=torch.float32, output_shape=(4,), **params):
    network = recipe(norm_axis, **params)
    module = build_module(
        lambda: network.build(SMALL_INPUT, output_shape), seed, dtype, torch.device("cpu")
    )
    return module, torch.randn(3, *SMALL_INPUT, generator=torch.manual_seed(1)).to(dtype)


@pytest.mark.parametrize(("n_outputs", "expected"), [(2, 292_162), (3, 292_291), (429, 515_203)])
def test_parameters_of_the_paper(n_outputs, expected):
    assert CRNN().count_parameters(PAPER, (n_outputs,)) == expected
    # A scale and a shift for each of 25 frames instead of 64 maps, three times.
    frames = CRNN(norm_axis="frame").count_parameters(PAPER, (n_outputs,))
    assert frames == expected - 384 + 150


@small
def test_norm_constants_of_the_released_model(norm_axis):
    for constants, expected in (("torch", (0.1, 1e-5)), ("keras", (0.01, 1e-3))):
        module, X = build(norm_axis, norm_constants=constants)
        norms = [layer for layer in module.modules() if hasattr(layer, "running_var")]
        assert [(norm.momentum, norm.eps) for norm in norms] == [expected] * 2
        assert module(X).isfinite().all()


def test_trunk_of_the_released_model():
    # All weights of convolutions, norms and recurrence, and the running statistics of the norms.
    module = CRNN(norm_axis="frame")._build_without_memory(PAPER, (3,))
    head = CRNN(norm_axis="frame")._head(3)
    trainable = sum(p.numel() for p in module.parameters() if p.requires_grad)
    statistics = sum(b.numel() for b in module.buffers() if b.ndim)
    n_head = sum(p.numel() for layer in head for p in layer.parameters())
    assert trainable - n_head + statistics == 275_308


def test_multiplications_by_hand():
    convs = 25 * 9 * (513 * 6 * 64 + 64 * 64 * 64 + 8 * 64 * 64)
    lstm = 25 * 2 * 2 * 4 * 64 * (128 + 64)
    dense = 25 * (128 * 128 + 128 * 3)
    assert CRNN().count_macs(PAPER, (3,)) == convs + lstm + dense


@pytest.mark.parametrize(
    ("params", "output_shape", "expected"),
    [
        ({}, (3,), (2, 25, 3)),
        ({}, (429,), (2, 25, 429)),
        ({"norm_axis": "frame"}, (2,), (2, 25, 2)),
        ({"n_recurrent_layers": 1, "pool_sizes": (16,), "n_dense": 9}, (2, 36), (2, 25, 2, 36)),
    ],
)
def test_shapes(params, output_shape, expected):
    module = CRNN(**params)._build_without_memory(PAPER, output_shape)
    assert module(torch.empty(2, *PAPER, device="meta")).shape == expected


def conv(x, w, b):
    """3 x 3 convolution with zeros around, of (maps, freqs, frames)."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.einsum("oikl,iftkl->oft", w, windows) + b[:, None, None]


def lstm(x, w, layer, suffix):
    """One direction of one layer, of (frames, features)."""
    weights = [w[f"{layer}.{kind}_{suffix}"] for kind in ("weight_ih", "weight_hh", "bias_ih")]
    frames = x[::-1] if suffix.endswith("reverse") else x
    h = c = np.zeros(weights[1].shape[1])
    outputs = []
    for frame in frames:
        i, f, g, o = np.split(weights[0] @ frame + weights[1] @ h + weights[2], 4)
        c = expit(f) * c + expit(i) * np.tanh(g)
        h = expit(o) * np.tanh(c)
        outputs.append(h)
    return np.array(outputs[::-1] if suffix.endswith("reverse") else outputs)


def test_layers_written_down_again():
    """In NumPy, before any training: batch norm only divides by its epsilon."""
    module, x = build(dtype=torch.float64, n_recurrent_layers=1)
    module.eval()
    w = weights_of(module)
    places = {type(layer).__name__: name for name, layer in module.named_children()}
    maps = x[1].numpy()
    for block, pool in ((1, 4), (2, 2)):
        maps = np.maximum(conv(maps, w[f"{block}.0.weight"], w[f"{block}.0.bias"]), 0)
        maps = maps / np.sqrt(1 + 1e-5)
        n_freqs = maps.shape[1] // pool
        maps = maps[:, : n_freqs * pool].reshape(6, n_freqs, pool, 5).max(axis=2)
    assert maps.shape == (6, 2, 5)
    rows = maps.transpose(2, 1, 0).reshape(5, 12)
    name = places["BidirectionalLSTM"]
    rows = np.hstack([lstm(rows, w, name, "l0"), lstm(rows, w, name, "l0_reverse")])
    first = int(name) + 1
    rows = np.maximum(rows @ w[f"{first}.weight"].T + w[f"{first}.bias"], 0)
    expected = rows @ w[f"{first + 3}.weight"].T + w[f"{first + 3}.bias"]
    with torch.no_grad():
        np.testing.assert_allclose(module(x)[1], expected, atol=1e-12)


@small
def test_norm_over_its_axis(norm_axis):
    module, x = build(norm_axis)
    seen = []
    norms = [
        layer
        for layer in module.modules()
        if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm)
    ]
    norms[0].register_forward_hook(lambda layer, inputs, output: seen.append(output.detach()))
    module(x)
    axes = (0, 2, 3) if norm_axis == "channel" else (0, 1, 2)
    torch.testing.assert_close(seen[0].mean(axes), torch.zeros(norms[0].num_features))
    deviation = seen[0].std(axes, correction=0)
    torch.testing.assert_close(deviation, torch.ones(len(deviation)), rtol=1e-2, atol=0)
    assert norms[0].num_features == {"channel": 6, "frame": 5}[norm_axis]


def test_start():
    module = CRNN(output_bias=-6).build((2, 256, 3), (5,))
    recurrent = next(layer for layer in module if isinstance(layer, torch.nn.LSTM))
    for name, parameter in recurrent.named_parameters():
        if name.startswith("weight_hh"):
            product = parameter.T @ parameter
            torch.testing.assert_close(product, torch.eye(64), atol=1e-5, rtol=0)
        elif name.startswith("bias"):
            gates = parameter.detach().reshape(4, 64)
            forget = 1.0 if name.startswith("bias_ih") else 0.0
            torch.testing.assert_close(gates[1], torch.full((64,), forget))
            assert (gates[[0, 2, 3]] == 0).all()
    assert (module[-1].bias == -6).all()
    assert module[-1].weight.abs().max() <= np.sqrt(6 / (128 + 5))
    assert (CRNN().build((2, 256, 3), (5,))[-1].bias == 0).all()


@small
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_output_dtype_and_gradients(norm_axis, dtype):
    module, x = build(norm_axis, dtype=dtype)
    out = module(x)
    assert (out.shape, out.dtype) == ((3, 5, 4), dtype)
    (out * torch.randn(out.shape, generator=torch.manual_seed(2))).sum().backward()
    trained = {name for name, p in module.named_parameters() if p.requires_grad}
    frozen = {name for name, _ in module.named_parameters()} - trained
    assert all(".bias_hh_" in name for name in frozen) and len(frozen) == 4
    weights = dict(module.named_parameters())
    assert all(weights[name].grad.abs().max() > 0 for name in trained)
    assert all(weights[name].grad is None for name in frozen)


@small
def test_a_batch_is_learned_by_heart(norm_axis):
    module, x = build(norm_axis, n_units=16, n_dense=32)
    target = torch.rand(3, 5, 4, generator=torch.manual_seed(3))
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    for _ in range(300):
        optimizer.zero_grad()
        loss = (module(x) - target).square().mean()
        loss.backward()
        optimizer.step()
    assert loss.item() < 2e-3


@small
def test_company_does_not_matter_in_evaluation(norm_axis):
    module, x = build(norm_axis, dtype=torch.float64)
    module(x)  # moves the running means away from 0
    module.eval()
    torch.testing.assert_close(module(x[1:2]), module(x)[1:2])


@pytest.mark.parametrize("n_frames", [1, 2, 9])
def test_number_of_frames(n_frames):
    x = torch.randn(2, *SMALL_INPUT[:2], n_frames)
    assert build()[0](x).shape == (2, n_frames, 4)
    with pytest.raises(ValueError, match=rf"norm_axis='frame' ties.*5 frames.*got {n_frames}"):
        build("frame")[0](x)


@small
def test_weights_depend_on_the_seed_alone(norm_axis):
    again, other = build(norm_axis)[0].state_dict(), build(norm_axis, seed=1)[0].state_dict()
    torch.rand(3)
    state = build(norm_axis)[0].state_dict()
    assert all(torch.equal(value, again[key]) for key, value in state.items())
    assert any(not torch.equal(value, other[key]) for key, value in state.items())


def test_dropout_is_seeded_and_scales_nothing_in_evaluation():
    first, x = build(dropout=0.5)
    second, _ = build(dropout=0.5)
    assert torch.equal(first(x), second(x))
    assert not torch.equal(first(x), first(x))
    first.eval()
    assert torch.equal(first(x), first(x))


@small
def test_restored_module_answers_the_same(norm_axis):
    module, x = build(norm_axis)
    network = recipe(norm_axis)
    weights = weights_of(module.eval())
    restored = restore_module(lambda: network.build(SMALL_INPUT, (4,)), weights, "cpu")
    assert torch.equal(restored(x), module(x))


def test_input_is_left_alone():
    module, x = build()
    before = x.clone()
    module(x).sum().backward()
    assert torch.equal(x, before)


@pytest.mark.parametrize(
    ("network", "input_shape", "message"),
    [
        (CRNN(0), PAPER, "n_filters"),
        (CRNN(pool_sizes=(8, 0)), PAPER, "pool_sizes must be positive integers"),
        (CRNN(n_units=0), PAPER, "n_units"),
        (CRNN(n_recurrent_layers=0), PAPER, "n_recurrent_layers"),
        (CRNN(n_dense=0), PAPER, "n_dense"),
        (CRNN(dropout=1.0), PAPER, "dropout"),
        (CRNN(norm_axis="time"), PAPER, "norm_axis"),
        (CRNN(output_bias="low"), PAPER, "output_bias"),
        (CRNN(), (6, 255, 25), "at least 256 frequencies.*got 255"),
        (CRNN(), (6, 513), r"CRNN needs samples of shape \(n_maps, n_freqs, n_frames\)"),
    ],
)
def test_what_cannot_be_built_is_named(network, input_shape, message):
    with pytest.raises(ValueError, match=message):
        network.build(input_shape, (3,))


def test_recipe_is_cloned_and_printed():
    network = CRNN(32, norm_axis="frame", output_bias=-6)
    assert (
        repr(clone(network))
        == repr(network)
        == ("CRNN(n_filters=32, norm_axis='frame', output_bias=-6)")
    )
