"""IPDNet, FNSSL, TFMamba and SRPDNN: published counts, causality, streams, layers written again."""

import pytest
import torch
from sklearn.base import clone
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from sslearn.deep_learning._engine import build_module
from sslearn.networks import FNSSL, SRPDNN, IPDNet, TFMamba
from sslearn.networks._causal_layers import CausalConv
from sslearn.networks._recurrent_macs import RecurrentMacs

# Five microphones in 256 bins; one clip of 4 s has 201 frames of 20 ms.
MAPS = (10, 256, 201)
TRACKS = (2, 2048)
SMALL_MAPS = (6, 8, 23)
POOLS = ((4, 1), (2, 2), (1, 2))
SMALL = {
    "IPDNet": (IPDNet(8, n_filters=6, dropout=0.0, pool_sizes=(2, 3)), (2, 32)),
    "IPDNet-offline": (IPDNet(8, n_filters=6, dropout=0.0, causal=False), (2, 32)),
    "IPDNet-one_source": (IPDNet(8, n_filters=6, dropout=0.0), (32,)),
    "IPDNet-array": (IPDNet(8, n_filters=6, dropout=0.0, variable_array=True), (2, 32)),
    "FNSSL": (FNSSL(8, dropout=0.0), (1, 32)),
    "FNSSL-offline": (FNSSL(8, dropout=0.0, causal=False), (1, 32)),
    "FNSSL-classes": (FNSSL(8, dropout=0.0), (9,)),
    "TFMamba": (TFMamba(12, n_filters=6), (2, 32)),
    "TFMamba-offline": (TFMamba(12, n_filters=6, causal=False), (2, 32)),
    "SRPDNN": (SRPDNN(6, n_units=5, pool_sizes=POOLS), (32,)),
}
N_POOLED = {"IPDNet": 6, "SRPDNN": 4}
CAUSAL = [name for name in SMALL if not name.endswith("offline")]


def build(name, *, dtype=torch.float64, n_frames=SMALL_MAPS[2], seed=0):
    network, output_shape = SMALL[name]
    module = build_module(
        lambda: network.build(SMALL_MAPS, output_shape), seed, dtype, torch.device("cpu")
    )
    x = torch.randn(3, *SMALL_MAPS[:2], n_frames, generator=torch.manual_seed(1))
    return module, x.to(dtype)


@pytest.mark.parametrize(
    ("network", "input_shape", "output_shape", "expected"),
    [
        (IPDNet(), MAPS, TRACKS, 2_094_336),
        (IPDNet(128), (4, 256, 201), (2, 512), 709_632),
        # Dense layers of 2 x 128 + 4 inputs replace the joined maps, a slope follows each.
        (
            IPDNet(128, variable_array=True),
            MAPS,
            TRACKS,
            709_632 + 4 * (128 * 261 + 1) - 4 * (3 * 512 + 9 * 128),
        ),
        (FNSSL(), (4, 256, 298), (1, 512), 2_511_362),
        (FNSSL(), MAPS, (1, 2048), 2_511_362),
        (FNSSL(causal=False), (4, 256, 298), (1, 512), 2_118_146),
        (FNSSL(), (4, 256, 298), (180,), 2_511_362 + 180 * 513),
        (TFMamba(), MAPS, TRACKS, 1_624_896),
        (SRPDNN(), MAPS, (2048,), 861_696),
    ],
)
def test_published_parameters(network, input_shape, output_shape, expected):
    assert network.count_parameters(input_shape, output_shape) == expected


@pytest.mark.parametrize(
    ("network", "input_shape", "output_shape", "duration", "expected"),
    [
        (IPDNet(), MAPS, TRACKS, 4.0, 53.4e9),
        (IPDNet(pool_sizes=(5, 1)), MAPS, TRACKS, 4.0, 50.4e9),
        (IPDNet(128, pool_sizes=(3, 4)), (4, 256, 280), (2, 512), 4.5, 19.3e9),
        (FNSSL(pool_size=12), (4, 256, 300), (1, 512), 4.8, 80.0e9),
        (FNSSL(), (4, 256, 201), (1, 512), 4.0, 64.0e9),
        (TFMamba(), MAPS, TRACKS, 4.0, 37.1e9),
        (SRPDNN(), MAPS, (2048,), 4.0, 7.70e9),
    ],
)
def test_published_operations_per_second(network, input_shape, output_shape, duration, expected):
    macs = network.count_macs(input_shape, output_shape)
    assert 2 * macs / duration == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    "layer",
    [
        torch.nn.LSTM(5, 4, 2, batch_first=True),
        torch.nn.LSTM(5, 4, bidirectional=True, bias=False),
        torch.nn.LSTM(5, 4, proj_size=3, batch_first=True),
        torch.nn.GRU(5, 4, 2, batch_first=True, bidirectional=True),
    ],
)
def test_recurrent_layers_count_as_if_computed(layer):
    x = torch.zeros(3, 7, 5)
    with FlopCounterMode(display=False) as counter:
        expected, _ = layer.to("meta")(x.to("meta"))
    with RecurrentMacs() as rnn:
        outputs, _ = layer(x)
    assert outputs.shape == expected.shape
    assert rnn.n_macs == counter.get_total_flops() // 2


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", SMALL)
def test_shape_dtype_and_gradients(name, dtype):
    module, x = build(name, dtype=dtype)
    out = module(x)
    n_blocks = SMALL_MAPS[2] // N_POOLED.get(name, 5)
    assert (out.shape, out.dtype) == ((3, n_blocks, *SMALL[name][1]), dtype)
    (out * torch.randn(out.shape, generator=torch.manual_seed(2))).sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in module.parameters())


@pytest.mark.parametrize("name", CAUSAL)
def test_later_frames_do_not_matter(name):
    module, x = build(name)
    module.eval()
    size = N_POOLED.get(name, 5)
    with torch.no_grad():
        expected = module(x)
        for t in range(SMALL_MAPS[2]):
            changed = x.clone()
            changed[..., t:] += 1
            out = module(changed)
            assert torch.equal(out[:, : t // size], expected[:, : t // size])
            if t // size < expected.shape[1]:
                assert not torch.equal(out[:, t // size], expected[:, t // size])


@pytest.mark.parametrize("name", [name for name in SMALL if name not in CAUSAL])
def test_offline_networks_see_later_frames_and_have_no_state(name):
    module, x = build(name)
    changed = x.clone()
    changed[..., -4:] += 1
    assert not torch.equal(module(changed)[:, 0], module(x)[:, 0])
    assert not hasattr(module, "initial_state") and not hasattr(module, "step")


@pytest.mark.parametrize("lengths", [[1] * 23, [0, 5, 0, 6, 2, 10], [23], [3, 20]])
@pytest.mark.parametrize("name", CAUSAL)
def test_steps_are_the_whole(name, lengths):
    module, x = build(name)
    module.eval()
    state, outputs = module.initial_state(3), []
    with torch.no_grad():
        for chunk in x.split(lengths, -1):
            out, state = module.step(chunk, state)
            outputs.append(out)
        torch.testing.assert_close(torch.cat(outputs, 1), module(x), atol=1e-12, rtol=0)


@pytest.mark.parametrize("name", CAUSAL)
def test_a_state_may_be_continued_twice(name):
    module, x = build(name)
    module.eval()
    with torch.no_grad():
        _, state = module.step(x[..., :8], module.initial_state(3))
        first, _ = module.step(x[..., 8:], state)
        second, _ = module.step(x[..., 8:], state)
    assert torch.equal(first, second)


@pytest.mark.parametrize("n_frames", [0, 1, 4])
@pytest.mark.parametrize("name", SMALL)
def test_no_block_is_filled(name, n_frames):
    module, x = build(name, n_frames=n_frames)
    n_blocks = n_frames // N_POOLED.get(name, 5)
    assert module.eval()(x).shape == (3, n_blocks, *SMALL[name][1])


@pytest.mark.parametrize("name", SMALL)
def test_a_batch_is_learned_by_heart(name):
    module, x = build(name, dtype=torch.float32, n_frames=6)
    x = x[:2]
    target = torch.rand(module(x).shape, generator=torch.manual_seed(3)) - 0.5
    optimizer = torch.optim.Adam(module.parameters(), lr=0.02)
    for _ in range(300):
        optimizer.zero_grad()
        loss = (module(x) - target).square().mean()
        if loss.item() < 5e-3:
            return
        loss.backward()
        optimizer.step()
    pytest.fail(f"loss is still {loss.item()}")


def along(axis, layer, x):
    """Outputs of an LSTM, a row at a time, of (n_frames, n_freqs, n_features)."""
    return torch.stack([layer(row[None])[0][0] for row in x.unbind(1 - axis)], 1 - axis)


def conv(layer, x):
    """Causal convolution the way of the released programs, of (n_maps, n_freqs, n_frames)."""
    # There frames are the last axis and the last two outputs are cut.
    y = functional.conv2d(x[None], layer.conv.weight.mT, padding=(1, 2))
    return y[0, :, :, :-2]


def of_type(module, kind):
    return [layer for layer in module.modules() if isinstance(layer, kind)]


def lstms(module):
    """Each recurrence along frequency with that along time after it."""
    layers = of_type(module, torch.nn.LSTM)
    if type(module[1]).__name__ == "ResidualTrunk":
        return list(zip(layers[:3], layers[3:], strict=True))
    return list(zip(layers[::2], layers[1::2], strict=True))


@pytest.mark.parametrize("output_order", ["clean", "released"])
@pytest.mark.parametrize("name", ["IPDNet", "IPDNet-offline"])
def test_ipdnet_written_down_again(name, output_order):
    network, output_shape = SMALL[name]
    pools = network.pool_sizes
    network = clone(network).set_params(output_order=output_order)
    module = network.build(SMALL_MAPS, output_shape).double()
    _, x = build(name)
    z = inputs = x[1].permute(2, 1, 0)
    for full, narrow in lstms(module):
        f = torch.cat([along(1, full, z), inputs], -1)
        z = torch.cat([along(0, narrow, f), inputs], -1)
    first, second, last = of_type(module, CausalConv)
    y = z.permute(2, 1, 0)
    for layer, pool in ((first, pools[0]), (second, pools[1])):
        y = functional.avg_pool2d(functional.relu(conv(layer, y)), (1, pool))
    y = torch.tanh(conv(last, y)).permute(2, 1, 0)  # frames, bins, outputs
    if output_order == "clean":
        # outputs of a bin are (source, part, pair); rows of a source all cosines, then all sines
        y = y.unflatten(2, (2, 2, 2)).permute(0, 2, 3, 1, 4)
    else:
        y = y.reshape(len(y), 8, 2, -1).permute(0, 2, 1, 3).reshape(len(y), 2, 16, -1)
    torch.testing.assert_close(module(x)[1], y.reshape(len(y), 2, 32))


@pytest.mark.parametrize("name", ["FNSSL", "FNSSL-offline", "FNSSL-classes"])
def test_fnssl_written_down_again(name):
    module, x = build(name)
    emb, *classes = of_type(module, torch.nn.Linear)
    pairs = []
    for m in (1, 2):
        z, f = x[1, [0, m, 3, 3 + m]].permute(2, 1, 0), None
        for full, narrow in lstms(module):
            f, before = along(1, full, z if f is None else z + f), z
            mixed = torch.cat([f, z], -1) if before.shape[2] == 4 else f + z
            z = along(0, narrow, mixed)
        phases = torch.tanh(emb(z[:20].unflatten(0, (4, 5)).mean(1)))
        pairs.append(torch.cat([phases[..., 0], phases[..., 1]], 1))
    y = torch.stack(pairs, -1).flatten(1)
    expected = classes[0](y) if classes else y[:, None]
    torch.testing.assert_close(module(x)[1], expected)


def test_srp_dnn_written_down_again():
    module, x = build("SRPDNN")
    module.eval()
    convs, norms = of_type(module, CausalConv), of_type(module, torch.nn.BatchNorm2d)
    (gru,), (dense,) = of_type(module, torch.nn.GRU), of_type(module, torch.nn.Linear)
    pairs = []
    for m in (1, 2):
        y = x[1, [0, m, 3, 3 + m]]
        for i, pool in enumerate(POOLS):
            for k in (2 * i, 2 * i + 1):
                y = functional.relu(norms[k](conv(convs[k], y)[None])[0])
            y = functional.max_pool2d(y, pool)
        rows = gru(y.permute(2, 0, 1).flatten(1)[None])[0][0]
        pairs.append(2 * torch.tanh(dense(rows)))
    torch.testing.assert_close(module(x)[1], torch.stack(pairs, -1).flatten(1))


def test_tf_mamba_written_down_again():
    module, x = build("TFMamba")
    trunk, x = module[0], x[1:2]
    inputs = x.permute(0, 3, 2, 1)
    z = trunk.encoder(inputs)
    for block in trunk.blocks:
        full, narrow = block.full.layer, block.narrow.layer
        rows = full.norm(z[0])
        v, gate = full.in_proj(rows).chunk(2, -1)
        first, second = full.directions
        scanned = first(v) + second(v.flip(1)).flip(1)
        f = z + full.out_proj(scanned * functional.silu(gate))
        f = block.mixers[0](torch.cat([f, inputs], -1))
        rows = f[0].transpose(0, 1)
        z = f + narrow.mamba(narrow.norm(rows)).transpose(0, 1)
        z = block.mixers[1](torch.cat([z, inputs], -1))
    features = torch.cat([z, inputs], -1).permute(0, 3, 1, 2)
    torch.testing.assert_close(trunk(x), features)


@pytest.mark.parametrize("network", [IPDNet(8), FNSSL(8)])
def test_dropout_is_seeded(network):
    shapes = (SMALL_MAPS, (1, 32))
    first, second = (
        build_module(lambda: network.build(*shapes), 0, torch.float32, torch.device("cpu"))
        for _ in range(2)
    )
    x = torch.randn(2, *SMALL_MAPS)
    assert torch.equal(first(x), second(x))
    assert not torch.equal(first(x), first(x))
    first.eval()
    assert torch.equal(first(x), first(x))


def test_fnssl_without_an_axis_of_sources_outputs_phases_too():
    module, x = build("FNSSL")
    flat = SMALL["FNSSL"][0].build(SMALL_MAPS, (32,)).double()
    flat.load_state_dict(module.state_dict())
    torch.testing.assert_close(flat(x), module(x)[:, :, 0])


@pytest.mark.parametrize("name", ["FNSSL", "SRPDNN"])
def test_pairs_do_not_see_each_other(name):
    network, shape = SMALL[name]
    pair = network.build((4, 8, 23), (*shape[:-1], 16)).double().eval()
    array, x = build(name)
    array.eval().load_state_dict(pair.state_dict())
    pairs = [pair(x[:, [0, m, 3, 3 + m]]) for m in (1, 2)]
    torch.testing.assert_close(array(x), torch.stack(pairs, -1).flatten(-2))


def test_weights_of_variable_arrays():
    """Pairs in another order have their outputs so; twice the same pair adds nothing new."""
    pair = SMALL["IPDNet-array"][0].build((4, 8, 23), (2, 16)).double()
    array, x = build("IPDNet-array")
    array.load_state_dict(pair.state_dict())
    expected = array(x).unflatten(-1, (16, 2))
    torch.testing.assert_close(
        array(x[:, [0, 2, 1, 3, 5, 4]]).unflatten(-1, (16, 2)), expected.flip(-1)
    )
    twice = array(x[:, [0, 1, 1, 3, 4, 4]]).unflatten(-1, (16, 2))
    once = pair(x[:, [0, 1, 3, 4]])[..., None]
    torch.testing.assert_close(twice, once.expand_as(twice))
    assert not torch.allclose(expected[..., :1], once)


def test_variable_arrays_written_down_again():
    module, x = build("IPDNet-array")
    trunk = module[1]
    inputs = torch.stack([x[1, [0, m, 3, 3 + m]].permute(2, 1, 0) for m in (1, 2)])
    z = inputs
    for block in trunk.blocks:
        full, narrow = block.full.layer, block.narrow.layer
        for axis, layer, mixer in ((1, full, block.mixers[0]), (0, narrow, block.mixers[1])):
            f = torch.stack([along(axis, layer, pair) for pair in z])
            mean = (f[0] + f[1]) / 2
            dense, slope = mixer
            joined = torch.cat([f, torch.stack([mean, mean]), inputs], -1)
            z = functional.prelu(joined @ dense.weight.T + dense.bias, slope.weight)
    torch.testing.assert_close(trunk(module[0](x[1:2])), z.permute(0, 3, 1, 2))


@pytest.mark.parametrize(
    ("network", "input_shape", "output_shape", "message"),
    [
        (IPDNet(), (10, 256), TRACKS, r"IPDNet needs samples of shape \(n_maps, n_freqs, n_frames"),
        (IPDNet(), MAPS, (2, 2056), r"a multiple of 512 outputs; got \(2, 2056\).*n_fft"),
        (IPDNet(), MAPS, (2, 2, 512), "IPDNet outputs a cosine and a sine in each of 256 bins"),
        (IPDNet(7), MAPS, TRACKS, "n_units must be even.*got 7"),
        (IPDNet(n_blocks=0), MAPS, TRACKS, "n_blocks"),
        (IPDNet(pool_sizes=(0, 5)), MAPS, TRACKS, "pool_sizes must be positive integers"),
        (IPDNet(dropout=1.0), MAPS, TRACKS, "dropout"),
        (IPDNet(output_order="paper"), MAPS, TRACKS, "output_order"),
        (TFMamba(), MAPS, (2, 100), "TFMamba outputs a cosine and a sine"),
        (TFMamba(0), MAPS, TRACKS, "n_units"),
        (
            IPDNet(variable_array=True),
            MAPS,
            (2, 512),
            r"2048 outputs for 5 microphones.*got \(2, 512",
        ),
        (FNSSL(), MAPS, (2, 2048), r"one source, output_shape \(1, 2048\).*Use IPDNet"),
        (FNSSL(), (5, 256, 201), (1, 512), "FNSSL needs two maps of each.*got 5 maps"),
        (FNSSL(causal=False, n_units=9), MAPS, (1, 2048), "n_units must be even"),
        (SRPDNN(), MAPS, (2, 2048), r"output_shape \(2048,\); got \(2, 2048\).*SummedIPDEncoding"),
        (SRPDNN(), (2, 256, 201), (512,), "SRPDNN needs two maps of each of at least 2"),
        (SRPDNN(), (4, 63, 201), (126,), "at least 64 frequencies.*got 63"),
        (SRPDNN(pool_sizes=((4, 1), (2,))), MAPS, (2048,), "pool_sizes must be pairs"),
        (SRPDNN(n_sources=0), MAPS, (2048,), "n_sources"),
    ],
)
def test_what_cannot_be_built_is_named(network, input_shape, output_shape, message):
    with pytest.raises(ValueError, match=message):
        network.build(input_shape, output_shape)
