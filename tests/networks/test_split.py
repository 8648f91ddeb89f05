import pytest
import torch

from sslearn.networks import PNNSplit, SNetSplit
from sslearn.networks._split import SplitHead


def head(recurrence="clip"):
    torch.manual_seed(0)
    return SplitHead(3, recurrence, "random").double(), torch.rand(4, 7, 6, dtype=torch.float64)


def test_sources_are_weighted_means_over_time():
    split, h = head()
    answers = split(h)
    for n in range(4):
        mask = torch.sigmoid(split.mask(h[n])[0])
        first = sum(mask[t] * h[n, t] for t in range(7)) / mask.sum(dim=0)
        second = sum((1 - mask[t]) * h[n, t] for t in range(7)) / (1 - mask).sum(dim=0)
        torch.testing.assert_close(answers[n, 0], split.output(first))
        torch.testing.assert_close(answers[n, 1], split.output(second))


def test_steady_features_give_two_equal_answers():
    split, h = head()
    answers = split(h[:, :1].expand(-1, 7, -1))
    torch.testing.assert_close(answers[:, 0], answers[:, 1])
    torch.testing.assert_close(answers[:, 0], split.output(h[:, 0]))


def test_recurrence_of_the_released_code_runs_through_the_batch():
    split, h = head("batch")
    mask = torch.sigmoid(split.mask(h.reshape(28, 6))[0]).reshape(4, 7, 6)
    first = (mask * h).sum(dim=1) / mask.sum(dim=1)
    torch.testing.assert_close(split(h)[:, 0], split.output(first))
    clip, _ = head("clip")
    torch.testing.assert_close(split(h[:1]), clip(h[:1]))
    assert (split(h)[1:] - clip(h)[1:]).abs().max() > 1e-4


@pytest.mark.parametrize("recurrence", ["clip", "batch"])
@pytest.mark.parametrize(
    ("recipe", "shape"),
    [(PNNSplit((3, 4)), (3, 8, 5)), (SNetSplit((4, 5), n_blocks=1), (2, 25, 5, 3))],
)
def test_company_matters_with_the_recurrence_of_the_released_code(recipe, shape, recurrence):
    torch.manual_seed(0)
    recipe.set_params(recurrence=recurrence, output_init="random")
    module = recipe.build(shape, (2, 6)).double().eval()
    x = torch.randn(4, *shape, dtype=torch.float64)
    change = (module(x.flip(0)).flip(0) - module(x)).abs().max().item()
    assert (change > 1e-6) == (recurrence == "batch")
