import pytest
import torch

from sslearn.losses import NegativeCosineLoss

P, Z = torch.tensor([[1.0, 2.0], [3.0, -1.0]]), torch.tensor([[2.0, 1.0], [3.0, 1.0]])


def test_values_on_paper():
    loss = NegativeCosineLoss()
    assert loss.per_row(P, Z).tolist() == pytest.approx([-0.8, -0.8])
    assert loss(P, Z).item() == pytest.approx(-0.8)
    assert loss(P, 3 * P).item() == pytest.approx(-1)
    assert loss(P, -P).item() == pytest.approx(1)
    assert loss(torch.zeros(2, 2), Z).item() == 0


def test_targets_get_no_gradient():
    p, z = P.clone().requires_grad_(), Z.clone().requires_grad_()
    NegativeCosineLoss()(p, z).backward()
    assert z.grad is None
    # Orthogonal to the row: its length does not matter.
    assert (p.grad * p).sum(1).abs().max() < 1e-6
    assert (p.grad != 0).any()


def test_outputs_that_are_their_own_targets_learn_otherwise_without_the_stop():
    x = P.clone().requires_grad_()
    NegativeCosineLoss()(x, x + Z).backward()
    unstopped = P.clone().requires_grad_()
    (-torch.nn.functional.cosine_similarity(unstopped, unstopped + Z).mean()).backward()
    assert not torch.allclose(x.grad, unstopped.grad, atol=1e-3)


def test_wrong_tensors_are_named():
    with pytest.raises(TypeError, match="output must be a"):
        NegativeCosineLoss()([[1.0]], Z)
    with pytest.raises(ValueError, match="target must have the shape of output"):
        NegativeCosineLoss()(P, torch.ones(3, 2))
