import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from sslearn.losses import NTXentLoss


def views(*shape, seed=0):
    generator = torch.manual_seed(seed)
    return torch.randn(2, *shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize(
    ("temperature", "expected"), [(1.0, np.log(np.e + 2) - 1), (0.1, np.log1p(2 * np.exp(-10)))]
)
def test_two_orthogonal_pairs(temperature, expected):
    eye = torch.eye(2, dtype=torch.float64)
    # Lengths do not count.
    assert NTXentLoss(temperature)(eye, 3 * eye).item() == pytest.approx(expected)


def test_equal_embeddings_are_at_chance():
    ones = torch.ones(5, 3)
    assert NTXentLoss()(ones, ones).item() == pytest.approx(np.log(9), rel=1e-6)


def test_one_pair_has_no_negatives():
    assert NTXentLoss(0.1)(*views(1, 3)).item() == pytest.approx(0.0, abs=1e-12)


def test_it_is_the_formula():
    rows = np.concatenate([*views(6, 4).numpy()])
    cosines = rows @ rows.T / np.outer(*[np.linalg.norm(rows, axis=1)] * 2) / 0.3
    partner = np.roll(np.arange(12), 6)
    expected = [logsumexp(np.delete(cosines[i], i)) - cosines[i, partner[i]] for i in range(12)]
    losses = NTXentLoss(0.3).per_row(*views(6, 4))
    np.testing.assert_allclose(losses, np.reshape(expected, (2, 6)).mean(axis=0))


def test_order_of_pairs_and_of_views_does_not_count():
    first, second = views(6, 4)
    loss, order = NTXentLoss(0.3), torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(loss(second, first), loss(first, second))
    torch.testing.assert_close(
        loss.per_row(first[order], second[order]), loss.per_row(first, second)[order]
    )


def test_axes_before_the_rows_are_batches():
    first, second = views(3, 6, 4)
    losses = NTXentLoss().per_row(first, second)
    assert losses.shape == (3, 6)
    torch.testing.assert_close(losses[1], NTXentLoss().per_row(first[1], second[1]))


def test_both_views_learn():
    first, second = views(6, 4).requires_grad_().unbind()
    assert torch.autograd.gradcheck(NTXentLoss(0.3), (first, second))


@pytest.mark.parametrize("shape", [(4,), (5, 4), (2, 4), (6, 3)])
def test_shapes_that_do_not_fit(shape):
    with pytest.raises(ValueError, match=r"(output and target must both|target must have)"):
        NTXentLoss()(torch.ones(6, 4), torch.ones(shape))
    with pytest.raises(ValueError, match=r"output and target must both have shape"):
        NTXentLoss()(torch.ones(4), torch.ones(4))


def test_temperature_is_positive():
    with pytest.raises(ValueError, match="temperature"):
        NTXentLoss(0.0)(torch.ones(2, 2), torch.ones(2, 2))
