import numpy as np
import pytest
import torch

from sslearn.losses import ContrastiveLoss


def test_value_on_paper():
    # Pairs: (0, 1) similar with D = 0.25; (0, 2) with D = 4 beyond the margin; (1, 2) with
    # D = 0.16 inside it.
    embeddings = torch.tensor([[0.0], [0.5], [0.9]])
    azimuth = torch.tensor([0.0, 4.0, 90.0])
    expected = (0.25 + (1 - 0.81) + (1 - 0.16)) / 3
    loss = ContrastiveLoss(margin=1.0)(embeddings, azimuth)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("margin", "unit"), [("adaptive", 1.0), ("adaptive_radians", np.pi / 180)])
def test_adaptive_margin_is_sigmoid_of_the_difference(margin, unit):
    embeddings = torch.zeros(2, 3)
    for azimuth in (6.0, 90.0, 180.0):
        loss = ContrastiveLoss(margin)(embeddings, torch.tensor([0.0, azimuth]))
        assert loss.item() == pytest.approx(1 / (1 + np.exp(-azimuth * unit)), rel=1e-5)


def test_radians_are_for_angles():
    with pytest.raises(ValueError, match='needs neighborhood="angle"'):
        ContrastiveLoss("adaptive_radians", neighborhood="label")(torch.ones(2, 3), torch.ones(2))


def test_pairs_are_circular():
    loss = ContrastiveLoss(margin=1.0)
    embeddings = torch.zeros(2, 1)
    assert loss(embeddings, torch.tensor([178.0, -179.0])).item() == 0
    assert loss(embeddings, torch.tensor([-180.0, 180.0])).item() == 0
    assert loss(embeddings, torch.tensor([174.0, -179.0])).item() == 1


def test_pairs_exactly_one_radius_apart_are_similar():
    azimuth = torch.arange(-90, 91, 5, dtype=torch.float32) + 0.1
    embeddings = torch.zeros(len(azimuth), 1)
    similar = 2 * (len(azimuth) - 1)
    expected = 1 - similar / (len(azimuth) * (len(azimuth) - 1))
    assert ContrastiveLoss(1.0)(embeddings, azimuth).item() == pytest.approx(expected, rel=1e-5)


def test_distance_on_the_unit_sphere():
    vectors = torch.tensor([[1.0, 0, 0], [0, 1.0, 0]])
    embeddings = torch.zeros(2, 2)
    loss = ContrastiveLoss(neighborhood="distance", radius=30)
    assert loss(embeddings, vectors).item() == pytest.approx(1 / (1 + np.exp(-np.sqrt(2))))
    assert ContrastiveLoss(neighborhood="distance", radius=90)(embeddings, vectors).item() == 0


def test_labels_have_margin_one():
    embeddings = torch.tensor([[0.0], [0.5], [0.5]])
    loss = ContrastiveLoss(neighborhood="label")(embeddings, torch.tensor([0, 0, 1]))
    assert loss.item() == pytest.approx((0.25 + 0.75 + 1.0) / 3)


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.float32])
def test_precomputed_pairs_have_margin_one(dtype):
    embeddings = torch.tensor([[0.0], [0.5], [0.5]])
    near = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]]).to(dtype)
    loss = ContrastiveLoss(neighborhood="precomputed")(embeddings, near)
    assert loss.item() == pytest.approx((0.25 + 0.75 + 1.0) / 3)
    with pytest.raises(ValueError, match=r"shape \(n_samples, n_samples\)"):
        ContrastiveLoss(neighborhood="precomputed")(embeddings, near[0])


@pytest.mark.parametrize("neighborhood", ["angle", "label"])
def test_gradient_is_finite_at_equal_points(neighborhood):
    embeddings = torch.ones(4, 3, requires_grad=True)
    ContrastiveLoss(neighborhood=neighborhood)(embeddings, torch.arange(4) * 40.0).backward()
    assert torch.isfinite(embeddings.grad).all()


def test_gradient_agrees_with_finite_differences():
    generator = torch.Generator().manual_seed(0)
    embeddings = torch.rand(6, 2, dtype=torch.float64, generator=generator, requires_grad=True)
    azimuth = torch.tensor([0.0, 3, 20, 90, 179, -178], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda z: ContrastiveLoss()(z, azimuth), embeddings)


def test_single_sample_is_zero():
    assert ContrastiveLoss()(torch.ones(1, 3), torch.zeros(1)).item() == 0


@pytest.mark.parametrize("params", [{"margin": "wide"}, {"neighborhood": "x"}, {"radius": -1}])
def test_bad_parameter_is_named(params):
    with pytest.raises(ValueError, match=next(iter(params))):
        ContrastiveLoss(**params)(torch.ones(2, 3), torch.zeros(2))


@pytest.mark.parametrize(
    ("embeddings", "targets", "name"),
    [
        (np.zeros((3, 2)), torch.zeros(3), "embeddings"),
        (torch.zeros(3, 2, dtype=torch.int64), torch.zeros(3), "embeddings"),
        (torch.zeros(3), torch.zeros(3), "embeddings"),
        (torch.zeros(3, 2), [0.0, 1.0, 2.0], "targets"),
        (torch.zeros(3, 2), torch.zeros(4), "targets"),
        (torch.zeros(3, 2), torch.zeros(3, 1), "targets"),
        (torch.zeros(3, 2), torch.zeros(3, dtype=torch.int64), "targets"),
    ],
)
def test_wrong_tensors_are_named(embeddings, targets, name):
    with pytest.raises((TypeError, ValueError), match=name):
        ContrastiveLoss()(embeddings, targets)


def test_labels_may_be_integers():
    loss = ContrastiveLoss(neighborhood="label")(torch.rand(3, 2), torch.tensor([0, 1, 0]))
    assert loss.isfinite()
    with pytest.raises(TypeError, match="targets"):
        ContrastiveLoss(neighborhood="label")(torch.rand(3, 2), [0, 1, 0])
