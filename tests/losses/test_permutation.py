"""The best order of the sources, of a sample or of each frame."""

import pytest
import torch

from sslearn.losses import PermutationInvariantLoss


def test_each_frame_has_its_own_order():
    target = torch.rand(3, 4, 2, 5, generator=torch.Generator().manual_seed(0))
    crossed = target.clone()
    crossed[:, 2:] = crossed[:, 2:].flip(2)
    assert PermutationInvariantLoss(each_frame=True)(crossed, target) == 0.0
    assert PermutationInvariantLoss()(crossed, target) > 0.01
    # By hand: the smaller of two sums in each frame.
    output = target + torch.rand(target.shape, generator=torch.Generator().manual_seed(1))
    errors = [((output - t) ** 2).mean((-1, -2)) for t in (target, target.flip(2))]
    expected = torch.minimum(*errors)
    loss = PermutationInvariantLoss(each_frame=True)
    torch.testing.assert_close(loss(output, target), expected.mean())
    torch.testing.assert_close(loss.per_row(output, target), expected.mean(1))


@pytest.mark.parametrize("n_sources", [1, 2, 3])
def test_samples_without_frames_are_single_frames(n_sources):
    generator = torch.Generator().manual_seed(0)
    output, target = torch.rand(2, 4, n_sources, 5, generator=generator)
    one, other = PermutationInvariantLoss(), PermutationInvariantLoss(each_frame=True)
    torch.testing.assert_close(other(output, target), one(output, target))
    torch.testing.assert_close(
        other(output[:, None], target[:, None]), one(output[:, None], target[:, None])
    )


def test_gradient_is_that_of_the_best_order():
    generator = torch.Generator().manual_seed(0)
    output, target = torch.rand(2, 2, 3, 2, 4, generator=generator)
    output.requires_grad_()
    PermutationInvariantLoss(each_frame=True)(output, target).backward()
    errors = [((output - t) ** 2).sum((-1, -2)) for t in (target, target.flip(2))]
    flipped = (errors[1] < errors[0])[..., None, None]
    best = torch.where(flipped, target.flip(2), target)
    torch.testing.assert_close(output.grad, 2 * (output - best).detach() / output.numel())
