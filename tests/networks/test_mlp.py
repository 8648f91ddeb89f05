import pytest
import torch

from sslearn.networks import MLP
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
