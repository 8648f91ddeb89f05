"""The losses of the ambisonic systems, against NumPy and at the edges of the sphere."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sslearn.encoding import (
    AngleEncoding,
    GibbsWeightedEncoding,
    OneHotEncoding,
    UnitVectorEncoding,
)
from sslearn.geometry import fibonacci_grid, great_circle_distance, quasi_uniform_grid
from sslearn.losses import (
    AngularLoss,
    BinaryCrossEntropyLoss,
    GibbsWeightedLoss,
    PermutationInvariantLoss,
)

PAIRS = {
    "angles in [0, 1]": (AngularLoss(), AngleEncoding("sigmoid")),
    "angles in [-1, 1]": (AngularLoss(scale="tanh"), AngleEncoding()),
    "vectors": (AngularLoss("vectors", scale=None), UnitVectorEncoding()),
    "vectors in [0, 1]": (AngularLoss("vectors"), UnitVectorEncoding("sigmoid")),
}
PAIR = pytest.mark.parametrize(("loss", "encoding"), PAIRS.values(), ids=PAIRS)
SPHERE = fibonacci_grid(200)
POLE = [10.0, 90.0]
EDGES = {
    "same": ([[30.0, 20.0]], [[30.0, 20.0]]),
    "opposite": ([[30.0, 20.0]], [[-150.0, -20.0]]),
    "same at the wrap": ([[-180.0, 0.0]], [[180.0, 0.0]]),
    "pole, same": ([POLE], [POLE]),
    "pole, other azimuth": ([POLE], [[-70.0, 90.0]]),
    "poles, opposite": ([POLE], [[10.0, -90.0]]),
    "pole to elsewhere": ([POLE], [[50.0, 12.0]]),
    "elsewhere to pole": ([[50.0, 12.0]], [POLE]),
    "nearly the same": ([[30.0, 20.0]], [[30.0, 20.00001]]),
    "nearly opposite": ([[30.0, 20.0]], [[-150.0, -20.00001]]),
}


@PAIR
@pytest.mark.parametrize("y", [SPHERE, SPHERE[:, 0]], ids=["both", "azimuth"])
def test_distance_in_radians(loss, encoding, y):
    other = np.roll(y, 7, axis=0)
    codes = [torch.tensor(encoding.fit(y).transform(part)) for part in (y, other)]
    expected = np.deg2rad(great_circle_distance(y, other))
    np.testing.assert_allclose(loss.per_row(*codes), expected, atol=1e-7)
    assert loss(*codes).item() == pytest.approx(expected.mean())
    assert loss(codes[0], codes[0]).item() < 1e-7


@PAIR
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", EDGES)
def test_gradient_is_finite_at_the_edges(loss, encoding, dtype, name):
    output, target = (encoding.fit(SPHERE).transform(y) for y in EDGES[name])
    expected = np.deg2rad(great_circle_distance(*map(np.array, EDGES[name]))).item()
    leaf = torch.tensor(output, dtype=dtype, requires_grad=True)
    value = loss(leaf, torch.tensor(target, dtype=dtype))
    value.backward()
    assert value.item() == pytest.approx(expected, abs=1e-6)
    assert torch.isfinite(leaf.grad).all()
    # One radian of distance is at most 2 pi of a code in [0, 1].
    assert leaf.grad.norm() <= 2 * np.pi * 1.001


@PAIR
def test_gradient_does_not_fade_near_the_target(loss, encoding):
    for error in (1e-3, 1.0, 179.0, 179.999):
        y = np.array([[30.0, 0.0], [30.0 + error, 0.0]])
        output, target = torch.tensor(encoding.fit(y).transform(y)).split(1)
        leaf = output.clone().requires_grad_()
        loss(leaf, target).backward()
        per_radian = 1.0 if encoding.output_spec_.code[0] == "vectors" else np.pi
        per_radian *= 2.0 if encoding.scale == "sigmoid" else 1.0
        assert leaf.grad.norm().item() == pytest.approx(per_radian, rel=1e-4)


@PAIR
def test_gradient_is_that_of_differences(loss, encoding):
    output, target = (
        torch.tensor(encoding.fit(SPHERE).transform(np.roll(SPHERE, n, axis=0))) for n in (0, 9)
    )
    assert torch.autograd.gradcheck(lambda x: loss.per_row(x, target), output.requires_grad_())


def test_length_of_vectors_does_not_matter():
    loss = AngularLoss("vectors", scale=None)
    u, v = torch.tensor([[1.0, 2.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0]])
    assert loss(0.01 * u, v).item() == pytest.approx(np.arccos(2 / 3), abs=1e-6)
    assert loss(100 * u, v).item() == pytest.approx(np.arccos(2 / 3), abs=1e-6)


@pytest.mark.parametrize("length", [0.0, 1e-30, 1e-5])
def test_vectors_without_length_have_no_direction(length):
    leaf = torch.tensor([[length, 0.0, 0.0]], requires_grad=True)
    loss = AngularLoss("vectors", scale=None)(leaf, torch.tensor([[0.0, 0.0, 1.0]]))
    loss.backward()
    assert loss.item() == pytest.approx(np.pi / 2)
    assert torch.isfinite(leaf.grad).all()


# ------------------------------------------------------------------ Gibbs weights


def gibbs_weighted(scores, target):
    """The formula of the paper, class by class."""
    sigma = 1 / (1 + np.exp(-scores))
    losses = []
    for s, g in zip(sigma, target, strict=True):
        t = g.argmax()
        false = [(1 - g[i]) * np.log(1 - s[i]) for i in range(len(g)) if i != t]
        losses.append(-np.log(s[t]) - sum(false))
    return np.array(losses)


def test_gibbs_weighted_loss_of_the_paper():
    target = GibbsWeightedEncoding(quasi_uniform_grid(10)).fit_transform(SPHERE[:20])
    scores = np.random.default_rng(0).normal(size=target.shape) * 3
    losses = GibbsWeightedLoss().per_row(torch.tensor(scores), torch.tensor(target))
    np.testing.assert_allclose(losses, gibbs_weighted(scores, target))


def test_gibbs_weighted_loss_at_the_start():
    target = GibbsWeightedEncoding(quasi_uniform_grid(10)).fit_transform(fibonacci_grid(2003))
    value = GibbsWeightedLoss()(torch.zeros(target.shape), torch.tensor(target)).item()
    # (1 + 416) log 2: the weights of the 428 false classes sum to about 416.
    assert value == pytest.approx(289, abs=0.5)


def test_gibbs_weighted_loss_of_one_hot_labels_is_the_binary_cross_entropy():
    target = torch.tensor(OneHotEncoding(quasi_uniform_grid(30)).fit_transform(SPHERE))
    scores = torch.randn(target.shape, dtype=torch.float64)
    expected = BinaryCrossEntropyLoss("sum")(scores.sigmoid(), target)
    assert GibbsWeightedLoss()(scores, target).item() == pytest.approx(expected.item())


def test_gibbs_weighted_loss_charges_less_for_near_classes():
    target = torch.tensor([[1.0, 0.8, 0.1]])
    near, far = torch.tensor([[0.0, 5.0, -5.0]]), torch.tensor([[0.0, -5.0, 5.0]])
    loss = GibbsWeightedLoss()
    assert loss(far, target).item() > 3 * loss(near, target).item()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradient_of_large_scores(dtype):
    scores = torch.tensor([[1e4, -1e4, 0.0], [-1e4, 1e4, 0.0], [0.0, 0.0, 200.0]], dtype=dtype)
    target = torch.tensor([[1.0, 0.5, 0.0]], dtype=dtype)
    leaf = scores.clone().requires_grad_()
    value = GibbsWeightedLoss().per_row(leaf, target)
    value.sum().backward()
    np.testing.assert_allclose(
        value.detach(), [np.log(2), 1.5e4 + np.log(2), 200 + 1.5 * np.log(2)]
    )
    assert torch.isfinite(leaf.grad).all()
    assert leaf.grad.abs().max() <= 1


@pytest.mark.parametrize("loss", [AngularLoss(), GibbsWeightedLoss()], ids=str)
def test_permutations_and_objects(loss):
    rng = np.random.default_rng(0)
    output, target = (torch.tensor(rng.random((5, 3, 2))) for _ in range(2))
    invariant = PermutationInvariantLoss(loss)
    orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    each = [[loss(output[i, order], target[i]).item() for order in orders] for i in range(5)]
    assert invariant(output, target).item() == pytest.approx(np.min(each, axis=1).mean())
    assert invariant.takes == loss.takes
    assert repr(pickle.loads(pickle.dumps(clone(loss)))) == repr(loss)
    with pytest.raises(ValueError, match="code"):
        AngularLoss("degrees")(output, target)
