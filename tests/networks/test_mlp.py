import numpy as np
import pytest
import torch

from sslearn.geometry import icosahedral_grid
from sslearn.networks import CRNN, MLP, PNN, HistogramNet, PNNSplit, SNet, SNetSplit
from sslearn.networks.layers import PrivateDropout


def test_size_of_the_paper():
    # Two blocks of dense and batch norm, and the output of 3.
    expected = 2 * (729 * 729 + 729 + 2 * 729) + 729 * 3 + 3
    assert MLP().count_parameters((729,), (3,)) == expected
    assert MLP((729, 729)).count_parameters((729,), (3,)) == expected
    assert MLP().count_macs((729,), (3,)) == 2 * 729 * 729 + 729 * 3


@pytest.mark.parametrize("params", [{}, {"bottleneck": 3}, {"separate_outputs": True}])
def test_output_shape_and_gradients(params):
    module = MLP((8, 6), **params).build((2, 5), (3,))
    out = module(torch.randn(7, 2, 5))
    assert out.shape == (7, 3)
    out.square().sum().backward()
    assert all(p.grad is not None for p in module.parameters())


def test_separate_outputs_share_nothing():
    module = MLP((4,), dropout=0.0, separate_outputs=True).build((5,), (2,))
    module(torch.randn(7, 5))[:, 0].sum().backward()
    assert any((p.grad != 0).any() for p in module[0].parameters())
    assert all((p.grad == 0).all() for p in module[1].parameters())


def test_a_batch_is_learned_by_heart():
    torch.manual_seed(0)
    x, target = torch.randn(16, 10), torch.randn(16, 2)
    module = MLP((64, 64), dropout=0.0).build((10,), (2,))
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    for _ in range(300):
        optimizer.zero_grad()
        loss = (module(x) - target).square().mean()
        loss.backward()
        optimizer.step()
    assert loss.item() < 1e-3


@pytest.mark.parametrize(
    "params", [{"hidden_layer_sizes": (8, 0)}, {"dropout": 1.0}, {"activation": "swish"}]
)
def test_bad_parameter_is_named(params):
    with pytest.raises(ValueError, match=next(iter(params))):
        MLP(**params).build((4,), (2,))


def test_dropout_keeps_the_mean_and_its_generator():
    layer = PrivateDropout(0.2)
    layer.seed(0, "cpu")
    state = torch.get_rng_state()
    out = layer(torch.ones(1001, 997))
    assert torch.equal(state, torch.get_rng_state())
    assert (out == 0).float().mean().item() == pytest.approx(0.2, abs=2e-3)
    assert out.mean().item() == pytest.approx(1.0, abs=2e-3)
    # Neighbours come from one draw: they must not be dropped together.
    dropped = (out == 0).float()
    both = (dropped[:, 1:] * dropped[:, :-1]).mean().item()
    assert both == pytest.approx(0.04, abs=2e-3)
    assert torch.equal(layer.eval()(torch.ones(3)), torch.ones(3))


def test_dropout_is_seeded():
    draws = []
    for seed in (0, 0, 1):
        layer = PrivateDropout(0.5)
        layer.seed(seed, "cpu")
        draws.append(layer(torch.ones(100, dtype=torch.float64)))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


@pytest.mark.parametrize("separate", [False, True])
def test_several_sources(separate):
    network = MLP((5,), separate_outputs=separate)
    module = network.build((3,), (2, 7))
    assert module(torch.randn(4, 3)).shape == (4, 2, 7)
    assert network.count_parameters((3,), (2, 7)) == network.count_parameters((3,), (14,))


BAD_SHAPES = [None, 5, "x", (), [[]], (0,), (2.5,), (-1, 3), np.eye(2), {"a": 1}, [[1, 2], [3]]]
RECIPES = [
    (MLP(), (8,), (3,)),
    (CRNN(8, pool_sizes=(2,)), (4, 8, 5), (3,)),
    (PNN(8), (4, 8, 5), (3,)),
    (PNNSplit(), (4, 8, 5), (2, 3)),
    (SNet(), (4, 64, 2, 3), (3,)),
    (SNetSplit(), (4, 64, 2, 3), (2, 3)),
    (HistogramNet(grid=icosahedral_grid(0)), (6, 8, 5), (12,)),
]


@pytest.mark.parametrize(("recipe", "input_shape", "output_shape"), RECIPES)
@pytest.mark.parametrize("bad", BAD_SHAPES, ids=str)
def test_shapes_are_named(recipe, input_shape, output_shape, bad):
    for method in (recipe.build, recipe.count_parameters, recipe.count_macs):
        with pytest.raises((ValueError, TypeError), match="input_shape"):
            method(bad, output_shape)
        with pytest.raises((ValueError, TypeError), match="output_shape"):
            method(input_shape, bad)


@pytest.mark.parametrize(("recipe", "input_shape", "output_shape"), RECIPES)
def test_shapes_may_be_lists_of_numpy_integers(recipe, input_shape, output_shape):
    lists = [list(map(np.int64, shape)) for shape in (input_shape, output_shape)]
    expected = recipe.count_parameters(input_shape, output_shape)
    assert recipe.count_parameters(*lists) == expected
