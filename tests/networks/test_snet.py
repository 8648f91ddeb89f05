import pytest
import torch
from torch import nn

from sslearn.networks import SNet, SNetSplit

INPUT = (8, 256, 18, 7)


def convolutions(module):
    return [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]


def test_layers_written_down_again():
    """Block after block, in the order of axes of the paper, with functions of torch."""
    torch.manual_seed(0)
    module = (
        SNet((6, 8), n_blocks=2, n_hidden=10, output_init="random")
        .build((4, 25, 3, 3), (5,))
        .double()
    )
    x = torch.randn(2, 4, 25, 3, 3, dtype=torch.float64)
    module(x)  # moves the running means away from 0
    module.eval()
    convs = convolutions(module)
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert len(convs) == 2 + 3 * 2 + 3
    assert len(norms) == len(convs) - 1

    def apply(i, z, relu=True):
        z = norms[i](convs[i](z))
        return z.relu() if relu else z

    answers = module(x)
    for n in range(2):
        for b in range(3):
            z = apply(1, apply(0, x[n, :, :, b].transpose(1, 2)[None]))
            for i in (2, 5):
                z = (z + apply(i + 2, apply(i + 1, apply(i, z)), relu=False)).relu()
            z = apply(9, apply(8, z).permute(0, 3, 2, 1))
            assert z.shape == (1, 10, 3, 5)
            torch.testing.assert_close(convs[10](z).ravel(), answers[n, b])


def test_frequencies_are_narrowed_as_in_the_paper():
    module = SNet()._build_without_memory(INPUT, (73,))
    first, second = convolutions(module)[:2]
    x = torch.empty(1, 8, 7, 256, device="meta")
    assert first(x).shape == (1, 32, 7, 84)
    assert second(first(x)).shape == (1, 128, 7, 40)


@pytest.mark.parametrize(("padding", "n_reached"), [("zeros", 3), ("circular", 5)])
def test_ends_of_the_grid(padding, n_reached):
    scores = convolutions(SNet(n_hidden=1, padding=padding).build(INPUT, (12,)))[-1]
    nn.init.ones_(scores.weight)
    nn.init.zeros_(scores.bias)
    impulse = torch.zeros(1, 1, 7, 12)
    impulse[..., 0] = 1.0
    reached = scores(impulse).ravel()
    expected = torch.tensor([7.0, 7, 7, 0, 0, 0, 0, 0, 0, 0, 7, 7])
    if padding == "zeros":
        expected[-2:] = 0
    torch.testing.assert_close(reached, expected)
    assert (reached != 0).sum() == n_reached


def trunk_macs():
    residual = 7 * 40 * (2 * 128 * 128 + 9 * 128 * 128)
    return 7 * 84 * 8 * 32 * 7 + 7 * 40 * 32 * 128 * 5 + 5 * residual


def test_multiplications_by_hand():
    second = 7 * 40 * 128 * 73 + 7 * 73 * 40 * 500 + 73 * 500 * 7 * 5
    assert SNet().count_macs(INPUT, (73,)) == 18 * (trunk_macs() + second)
    dense, lstm = 35840 * 146, 2 * 4 * 73 * (146 + 73)
    expected = 18 * (trunk_macs() + dense + lstm) + 2 * 146 * 73
    assert SNetSplit().count_macs(INPUT, (2, 73)) == expected
