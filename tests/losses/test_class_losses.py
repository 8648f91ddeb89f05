import inspect
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sslearn.encoding import GaussianEncoding, OneHotEncoding, SoftEncoding, UnbiasedEncoding
from sslearn.losses import (
    BinaryCrossEntropyLoss,
    MixtureLoss,
    NegativeLogAbsoluteErrorLoss,
    PermutationInvariantLoss,
    SoftCrossEntropyLoss,
    SquaredErrorLoss,
    WassersteinLoss,
    get_loss,
    get_loss_names,
    mixed_loss,
)

LOSSES = [
    SoftCrossEntropyLoss(),
    BinaryCrossEntropyLoss(),
    BinaryCrossEntropyLoss("sum"),
    SquaredErrorLoss(),
    SquaredErrorLoss("sum"),
    WassersteinLoss(),
    WassersteinLoss(True),
    WassersteinLoss(circular=True),
    NegativeLogAbsoluteErrorLoss(),
]
PROBABILITIES = [loss for loss in LOSSES if loss.takes == "probabilities"]
GRID = np.linspace(0, 360, 73)


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def reference(loss, output, target):
    """The formulas of the paper in NumPy."""
    error = output - target
    if isinstance(loss, SoftCrossEntropyLoss):
        return -(target * np.log(softmax(output))).sum(axis=-1).mean()
    if isinstance(loss, NegativeLogAbsoluteErrorLoss):
        return -np.log(1 - np.abs(error)).sum(axis=-1).mean()
    if isinstance(loss, WassersteinLoss):
        distance = output.cumsum(axis=-1) - target.cumsum(axis=-1)
        if loss.circular:
            distance = distance - distance.mean(axis=-1, keepdims=True)
        squared = (distance**2).sum(axis=-1)
        return (squared if loss.squared else np.sqrt(squared)).mean()
    if isinstance(loss, SquaredErrorLoss):
        terms = error**2
    else:
        terms = -target * np.log(output) - (1 - target) * np.log(1 - output)
    return terms.mean() * (output.shape[-1] if loss.over_classes == "sum" else 1)


def data(seed=0, shape=(6, 9)):
    rng = np.random.default_rng(seed)
    return softmax(rng.normal(size=shape)), softmax(rng.normal(size=shape))


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("shape", [(6, 9), (3, 4, 9), (3, 4, 2, 9)], ids=str)
def test_values_of_numpy(loss, shape):
    output, target = data(shape=shape)
    value = loss(torch.tensor(output), torch.tensor(target)).item()
    assert value == pytest.approx(reference(loss, output, target), rel=1e-12)


def test_scale_of_the_published_networks():
    output, target = (torch.tensor(part) for part in data())
    for cls in (SquaredErrorLoss, BinaryCrossEntropyLoss):
        ratio = cls("sum")(output, target) / cls()(output, target)
        assert ratio.item() == pytest.approx(9)


@pytest.mark.parametrize(
    ("loss", "encoding", "floor"),
    [
        (SoftCrossEntropyLoss(), UnbiasedEncoding(GRID), 0.500),
        (SoftCrossEntropyLoss(), SoftEncoding(GRID), 1.471),
        (BinaryCrossEntropyLoss("sum"), UnbiasedEncoding(GRID), 1.000),
        (BinaryCrossEntropyLoss("sum"), SoftEncoding(GRID), 2.324),
        (BinaryCrossEntropyLoss("sum"), GaussianEncoding(GRID), 2.633),
    ],
)
def test_entropy_is_the_floor_of_soft_labels(loss, encoding, floor):
    target = torch.tensor(encoding.fit_transform(100 + 5 * (np.arange(4000) + 0.5) / 4000))
    perfect = target.clamp(min=1e-300).log() if loss.takes == "scores" else target
    assert loss(perfect, target).item() == pytest.approx(floor, abs=1e-3)


@pytest.mark.parametrize("loss", [*LOSSES[3:]], ids=str)
def test_zero_for_perfect_outputs_alone(loss):
    output, target = (torch.tensor(part) for part in data())
    assert loss(target, target).item() == 0
    assert loss(output, target).item() > 1e-4


def test_nlae_of_one_hot_labels_is_the_binary_cross_entropy():
    target = torch.tensor(OneHotEncoding(GRID).fit_transform(np.arange(0.0, 360.0, 7.0)))
    output = torch.randn(target.shape, dtype=torch.float64).softmax(-1)
    nlae = NegativeLogAbsoluteErrorLoss()(output, target)
    assert nlae.item() == pytest.approx(BinaryCrossEntropyLoss("sum")(output, target).item())


def test_a_spread_mistake_costs_less_than_one_false_peak():
    # Lemma 1: -sum log(1 - p) is least for equal shares, -n log(1 - c / n); CE does not see it.
    target = torch.tensor([[1.0, 0, 0, 0]]).double()
    peak = torch.tensor([[0.4, 0.6, 0, 0]]).double()
    spread = torch.tensor([[0.4, 0.2, 0.2, 0.2]]).double()
    nlae, cross_entropy = NegativeLogAbsoluteErrorLoss(), SoftCrossEntropyLoss()
    expected = -np.log(1 - 0.6) - 3 * np.log(1 - 0.2)
    assert nlae(spread, target).item() == pytest.approx(expected)
    assert nlae(peak, target) > nlae(spread, target)
    scores = [p.clamp(min=1e-30).log() for p in (peak, spread)]
    a, b = (cross_entropy(score, target).item() for score in scores)
    assert a == pytest.approx(b)


def test_gradient_of_nlae_does_not_vanish_near_the_label():
    _, target = data()
    output = torch.tensor(target + 1e-6, requires_grad=True)
    NegativeLogAbsoluteErrorLoss().per_row(output, torch.tensor(target)).sum().backward()
    assert (output.grad.abs() >= 1).all()


# ------------------------------------------------------------------ clamps and finite gradients


@pytest.mark.parametrize("loss", PROBABILITIES, ids=str)
def test_logarithms_are_clamped_at_minus_100(loss):
    output, target = torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 0.0]])
    scale = 2 if loss.get_params().get("over_classes") == "mean" else 1
    assert loss(output, target).item() * scale == pytest.approx(200)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_gradients_are_finite(loss, dtype):
    scores = torch.tensor(
        [[0.0, 0, 0], [200.0, -200, 0], [0.0, 90, 0], [-1e4, 1e4, 0], [87.5, 0, 0]], dtype=dtype
    ).repeat(3, 1)
    labels = torch.eye(3, dtype=dtype).repeat_interleave(5, 0)
    for target in (labels, (labels + labels.roll(1, -1)) / 2, scores.softmax(-1)):
        for activation in (torch.nn.Identity(), torch.nn.Softmax(-1), torch.nn.Sigmoid()):
            if isinstance(activation, torch.nn.Identity) and loss.takes == "probabilities":
                continue
            leaf = scores.clone().requires_grad_()
            value = loss(activation(leaf), target)
            value.backward()
            assert torch.isfinite(value)
            assert torch.isfinite(leaf.grad).all()


def test_wasserstein_gradient_at_the_minimum():
    output = torch.tensor([[0.25, 0.75]], requires_grad=True)
    WassersteinLoss()(output, output.detach()).backward()
    assert output.grad.tolist() == [[0, 0]]


def test_wasserstein_on_the_circle():
    output, target = (torch.tensor(part) for part in data())
    turned = output.roll(4, -1), target.roll(4, -1)
    circular, linear = WassersteinLoss(circular=True), WassersteinLoss()
    assert circular(*turned).item() == pytest.approx(circular(output, target).item())
    # The loss of the paper is not the same all around the circle.
    first, last = torch.eye(8)[:1], torch.eye(8)[-1:]
    assert linear(first, last).item() == pytest.approx(7**0.5)
    assert linear(first.roll(4, -1), last.roll(4, -1)).item() == pytest.approx(1)
    assert circular(first, last).item() == pytest.approx((7 / 8) ** 0.5)


# ------------------------------------------------------------------ several sources, mixtures


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_permutation_invariant(loss):
    output, target = (torch.tensor(part) for part in data(shape=(5, 3, 9)))
    invariant = PermutationInvariantLoss(loss)
    value = invariant(output, target).item()
    assert invariant(output, target[:, [2, 0, 1]]).item() == pytest.approx(value)
    orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    each = [[loss(output[i, order], target[i]).item() for order in orders] for i in range(5)]
    assert value == pytest.approx(np.min(each, axis=1).mean())
    assert invariant.takes == loss.takes


def test_one_order_for_all_frames_of_a_sample():
    rng = np.random.default_rng(0)
    target = torch.tensor(rng.random((1, 2, 4)))
    output = torch.stack([target, target.flip(1), target], dim=1)  # frames in mixed orders
    value = PermutationInvariantLoss()(output, target[:, None].expand(-1, 3, -1, -1))
    expected = (target - target.flip(1)).square().mean() / 3
    assert value.item() == pytest.approx(expected.item())


def test_permutations_by_short_name_and_errors():
    output, target = (torch.tensor(part) for part in data(shape=(5, 2, 9)))
    by_name = PermutationInvariantLoss("bce")(output, target)
    assert by_name == PermutationInvariantLoss(BinaryCrossEntropyLoss())(output, target)
    with pytest.raises(ValueError, match="n_sources"):
        PermutationInvariantLoss()(output[:, 0], target[:, 0])
    with pytest.raises(ValueError, match="base"):
        PermutationInvariantLoss("mae")(output, target)
    with pytest.raises(ValueError, match="over_classes"):
        SquaredErrorLoss("max")(output, target)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_mixture_of_losses(loss):
    output, first = (torch.tensor(part) for part in data(shape=(5, 2, 9)))
    second = torch.tensor(data(1, (5, 2, 9))[0])
    mixed = mixed_loss(loss, (0.2, 0.8))
    value = mixed(output, torch.cat([first, second], dim=-1)).item()
    parts = 0.2 * loss(output, first) + 0.8 * loss(output, second)
    assert value == pytest.approx(parts.item())
    assert mixed.takes == loss.takes
    label = loss(output, 0.2 * first + 0.8 * second).item()
    linear = isinstance(loss, (SoftCrossEntropyLoss, BinaryCrossEntropyLoss))
    assert (label == pytest.approx(value)) == linear


def test_mixed_squared_errors_have_the_gradient_of_the_mixed_label():
    output, first = (torch.tensor(part) for part in data())
    second = torch.tensor(data(1)[0])
    gradients = []
    for target, loss in (
        (torch.cat([first, second], -1), mixed_loss(SquaredErrorLoss(), (0.2, 0.8))),
        (0.2 * first + 0.8 * second, SquaredErrorLoss()),
    ):
        leaf = output.clone().requires_grad_()
        loss(leaf, target).backward()
        gradients.append(leaf.grad)
    np.testing.assert_allclose(*gradients, atol=1e-12)


def test_permutations_of_a_mixture_choose_one_order():
    first = torch.eye(4)[None, [0, 1]].double()
    second = first.flip(1)  # the other order suits this part better
    mixed = mixed_loss(PermutationInvariantLoss(), (0.2, 0.8))
    value = mixed(first, torch.cat([first, second], dim=-1))
    assert value.item() == pytest.approx(0.2 * 0.5)


def test_mixture_of_a_function():
    output, first = (torch.tensor(part) for part in data())
    mixed = mixed_loss(torch.nn.functional.l1_loss, (1.0, 2.0))
    both = torch.cat([first, first], dim=-1)
    assert mixed(output, both).item() == pytest.approx(3 * (output - first).abs().mean().item())


@pytest.mark.parametrize("loss", [*LOSSES, PermutationInvariantLoss("nlae")], ids=str)
def test_objects(loss):
    assert repr(clone(loss)) == repr(loss)
    assert repr(pickle.loads(pickle.dumps(loss))) == repr(loss)
    assert len(inspect.getdoc(type(loss))) > 100


def test_short_names():
    names = ["angular", "bce", "cross_entropy", "gibbs_weighted", "mse", "nlae", "wasserstein"]
    assert get_loss_names() == names
    assert isinstance(get_loss("bce"), BinaryCrossEntropyLoss)
    loss = SquaredErrorLoss("sum")
    assert get_loss(loss) is loss


def test_losses_that_cannot_learn_absence():
    unable = {name for name in get_loss_names() if not get_loss(name).learns_absence}
    assert unable == {"cross_entropy", "gibbs_weighted"}
    assert not WassersteinLoss(circular=True).learns_absence
    assert not PermutationInvariantLoss("cross_entropy").learns_absence
    assert not mixed_loss(SoftCrossEntropyLoss(), (1.0,)).learns_absence
    # A score of the first class alone costs nothing on a circle.
    silent = torch.zeros(1, 4)
    first = torch.tensor([[0.7, 0.0, 0.0, 0.0]])
    assert WassersteinLoss(circular=True)(first, silent) < 1e-6 < WassersteinLoss()(first, silent)


BAD_TENSORS = [None, "x", 1.0, [[1.0]], np.zeros((5, 9)), torch.zeros(5, 9, dtype=torch.int64)]


@pytest.mark.parametrize(
    "loss", [*LOSSES, PermutationInvariantLoss(), mixed_loss(LOSSES[0], [1.0])]
)
def test_outputs_and_targets_are_tensors(loss):
    good = torch.rand(5, 2, 9)
    for bad in BAD_TENSORS:
        with pytest.raises(TypeError, match="output must"):
            loss(bad, good)
        with pytest.raises(TypeError, match="target must"):
            loss(good, bad)
    for bad in (torch.rand(4, 2, 9), torch.rand(5, 2, 7), torch.rand(0, 9)):
        with pytest.raises(ValueError, match="target must"):
            loss(good, bad)


def test_mixtures_have_a_target_for_each_weight():
    output = torch.rand(5, 9)
    for weights in ((), (0.5,), (0.2, 0.3, 0.5)):
        with pytest.raises(ValueError, match=r"target must have a part .* weights"):
            MixtureLoss(SquaredErrorLoss(), weights)(output, torch.rand(5, 18))
    for bad in (None, "mse", 3):
        with pytest.raises(ValueError, match="base"):
            MixtureLoss(bad, (0.5, 0.5))(output, torch.rand(5, 18))
        with pytest.raises((ValueError, TypeError), match="loss"):
            mixed_loss(bad, (0.5, 0.5))


def test_unknown_losses_are_named():
    with pytest.raises(ValueError, match=r"loss must be one of .*'bce'"):
        get_loss("mae")
    with pytest.raises(TypeError, match="loss must be a callable"):
        get_loss(None)
