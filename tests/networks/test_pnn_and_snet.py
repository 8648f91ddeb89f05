"""PNN, PNNSplit, SNet and SNetSplit: what holds for all of them."""

from itertools import pairwise

import pytest
import torch
from sklearn.base import clone

from sslearn.deep_learning._engine import build_module
from sslearn.networks import PNN, PNNSplit, SNet, SNetSplit

PHASES, BLOCKS = (4, 256, 126), (8, 256, 18, 7)
N_PARAMETERS = {
    37: (8_689_509, 646_169, 973_480, 3_618_237),
    73: (8_707_977, 1_339_781, 978_196, 6_302_505),
    181: (8_763_381, 3_824_969, 992_344, 14_759_661),
    361: (8_855_721, 9_314_789, 1_015_924, 30_202_761),
}
# The same layers, narrow: recipe, shape of a sample, shape of an answer, frames that are answered.
SMALL = {
    "PNN": (PNN(5, hidden_layer_sizes=(32, 24)), (3, 10, 6), (4,), 6),
    "PNNSplit": (PNNSplit((3, 5)), (3, 10, 6), (2, 4), None),
    "SNet": (SNet((6, 8), n_blocks=2, n_hidden=10), (4, 25, 3, 3), (4,), 3),
    "SNet-circular": (SNet((6, 8), n_hidden=12, padding="circular"), (4, 25, 3, 3), (4,), 3),
    "SNetSplit": (SNetSplit((6, 8), n_blocks=2), (4, 25, 3, 3), (2, 4), None),
    "PNNSplit-batch": (PNNSplit((3, 5), recurrence="batch"), (3, 10, 6), (2, 4), None),
}
small = pytest.mark.parametrize("name", SMALL)


def answer_shape(name, n_samples):
    _, _, output_shape, n_frames = SMALL[name]
    return (n_samples, *(() if n_frames is None else (n_frames,)), *output_shape)


def build(name, seed=0, dtype=torch.float32, output_init="random"):
    recipe, input_shape, output_shape, _ = SMALL[name]
    recipe = clone(recipe).set_params(output_init=output_init)
    module = build_module(lambda: recipe.build(input_shape, output_shape), seed, dtype, "cpu")
    return module, torch.randn(5, *input_shape, generator=torch.manual_seed(1)).to(dtype)


@pytest.mark.parametrize("n_classes", N_PARAMETERS)
def test_parameters_of_the_paper(n_classes):
    counts = (
        PNN().count_parameters(PHASES, (n_classes,)),
        PNNSplit().count_parameters(PHASES, (2, n_classes)),
        SNet().count_parameters(BLOCKS, (n_classes,)),
        SNetSplit().count_parameters(BLOCKS, (2, n_classes)),
    )
    assert counts == N_PARAMETERS[n_classes]


def test_options_cost_no_parameter():
    assert SNet(padding="circular").count_parameters(BLOCKS, (73,)) == N_PARAMETERS[73][2]
    assert PNNSplit(recurrence="batch").count_parameters(PHASES, (2, 73)) == N_PARAMETERS[73][1]
    assert SNetSplit(recurrence="batch").count_parameters(BLOCKS, (2, 73)) == N_PARAMETERS[73][3]


@pytest.mark.parametrize(
    ("recipe", "input_shape", "output_shape", "expected"),
    [
        (PNN(), PHASES, (73,), (2, 126, 73)),
        (PNNSplit(), PHASES, (2, 73), (2, 2, 73)),
        (SNet(), BLOCKS, (73,), (2, 18, 73)),
        (SNetSplit(), BLOCKS, (2, 73), (2, 2, 73)),
    ],
)
def test_shapes_of_the_paper(recipe, input_shape, output_shape, expected):
    module = recipe._build_without_memory(input_shape, output_shape)
    assert module(torch.empty(2, *input_shape, device="meta")).shape == expected


@small
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_output_shape_and_dtype(name, dtype):
    module, x = build(name, dtype=dtype)
    out = module(x)
    assert out.shape == answer_shape(name, 5)
    assert out.dtype == dtype
    assert module.eval()(x[:1]).shape == answer_shape(name, 1)


@small
def test_gradients_reach_every_weight(name):
    module, x = build(name, dtype=torch.float64)
    out = module(x)
    (out * torch.randn(out.shape, generator=torch.manual_seed(2))).sum().backward()
    layers = list(module.modules())
    before_norm = {
        id(layer.bias)
        for layer, following in pairwise(layers)
        if isinstance(following, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d))
    }
    # Batch norm takes the mean away, and with it the bias before it.
    assert all(p.grad.abs().max() < 1e-9 for p in module.parameters() if id(p) in before_norm)
    assert all(p.grad.abs().max() > 1e-4 for p in module.parameters() if id(p) not in before_norm)


@small
def test_answers_start_at_zero_and_then_move(name):
    module, x = build(name, output_init="zeros")
    optimizer = torch.optim.SGD(module.parameters(), lr=1.0)
    assert not module(x).any()
    for _ in range(2):
        optimizer.zero_grad()
        (module(x) - 1).square().mean().backward()
        optimizer.step()
    assert module(x).any(dim=0).all()
    assert all(p.grad.any() for p in module.parameters())


@pytest.mark.parametrize("name", ["SNet", "SNet-circular"])
def test_mean_over_the_patch_changes_nothing_but_the_scale(name):
    summed, x = build(name)
    mean, _ = build(name, output_init="zeros")
    mean.load_state_dict(summed.state_dict())
    torch.testing.assert_close(mean(x) * (3 * 5), summed(x))


@small
@pytest.mark.parametrize("output_init", ["zeros", "random"])
def test_a_batch_is_learned_by_heart(name, output_init):
    module, x = build(name, output_init=output_init)
    x, target = x[:3], torch.rand(answer_shape(name, 3), generator=torch.manual_seed(3))
    optimizer = torch.optim.Adam(module.parameters(), lr=0.02)
    first = None
    for _ in range(300):
        optimizer.zero_grad()
        loss = (module(x) - target).square().mean()
        loss.backward()
        optimizer.step()
        first = loss.item() if first is None else first
    assert first > 0.05
    assert loss.item() < 2e-3


@pytest.mark.parametrize("name", [name for name in SMALL if not name.endswith("batch")])
def test_order_and_company_do_not_matter_in_evaluation(name):
    module, x = build(name, dtype=torch.float64)
    module(x)  # moves the running means away from 0
    module.eval()
    order = torch.tensor([3, 0, 4, 1, 2])
    expected = module(x)
    torch.testing.assert_close(module(x[order]), expected[order])
    torch.testing.assert_close(module(x[2:3]), expected[2:3])


@small
def test_any_number_of_frames(name):
    module, x = build(name)
    axis = 3
    shape = list(answer_shape(name, 5))
    if SMALL[name][3] is not None:
        shape[1] = 2
    assert module(x.narrow(axis, 0, 2)).shape == tuple(shape)


@small
def test_weights_depend_on_the_seed_alone(name):
    state = torch.get_rng_state()
    again, other = build(name)[0].state_dict(), build(name, seed=1)[0].state_dict()
    torch.set_rng_state(state)
    module, _ = build(name)
    for key, value in module.state_dict().items():
        assert torch.equal(value, again[key])
    assert any(not torch.equal(module.state_dict()[key], other[key]) for key in other)


@small
def test_input_is_left_alone(name):
    module, x = build(name)
    before = x.clone()
    module(x).sum().backward()
    assert torch.equal(x, before)


@pytest.mark.parametrize(
    ("recipe", "input_shape", "output_shape", "message"),
    [
        (PNN(0), PHASES, (73,), "n_filters"),
        (PNN(hidden_layer_sizes=(512, 0)), PHASES, (73,), "hidden_layer_sizes"),
        (PNN(), PHASES, (2, 73), r"PNN answers for one source.*PNNSplit"),
        (PNN(), BLOCKS, (73,), r"PNN needs samples of shape \(n_maps, n_freqs, n_frames\)"),
        (PNN(), (1, 256, 126), (73,), "PNN needs at least 2 maps"),
        (PNNSplit((4, 2.5, 32)), PHASES, (2, 73), "n_filters"),
        (PNNSplit(), (6, 256, 126), (2, 73), "input_shape must begin with 4 channels.*got 6"),
        (PNNSplit(), PHASES, (73,), r"PNNSplit answers for two sources.*PNN for one"),
        (PNNSplit(), PHASES, (3, 73), "PNNSplit answers for two sources"),
        (PNNSplit(recurrence="frame"), PHASES, (2, 73), "recurrence"),
        (PNN(output_init="ones"), PHASES, (73,), "output_init"),
        (SNet((32,)), BLOCKS, (73,), "n_filters"),
        (SNet((32, -1)), BLOCKS, (73,), "n_filters"),
        (SNet(n_blocks=0), BLOCKS, (73,), "n_blocks"),
        (SNet(n_hidden=0), BLOCKS, (73,), "n_hidden"),
        (SNet(padding="reflect"), BLOCKS, (73,), "padding"),
        (SNet(), BLOCKS, (2, 73), r"SNet answers for one source.*SNetSplit"),
        (SNet(), (8, 256, 126), (73,), "FrameBlocks after the maps"),
        (SNet(), (8, 18, 18, 7), (73,), "at least 19 frequencies; got 18"),
        (SNetSplit(recurrence=None), BLOCKS, (2, 73), "recurrence"),
        (SNetSplit(), BLOCKS, (73,), "SNetSplit answers for two sources"),
    ],
)
def test_what_cannot_be_built_is_named(recipe, input_shape, output_shape, message):
    with pytest.raises(ValueError, match=message):
        recipe.build(input_shape, output_shape)


@pytest.mark.parametrize("name", SMALL)
def test_recipes_are_cloned_and_printed(name):
    recipe = SMALL[name][0]
    assert repr(clone(recipe)) == repr(recipe)
    assert set(vars(recipe)) == set(recipe.get_params())
