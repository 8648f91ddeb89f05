import pytest
import torch

from sslearn.audiovisual._sspl_head import FUSIONS, PredictiveHead, attention, two_view_loss
from sslearn.losses import NegativeCosineLoss
from sslearn.networks import PredictiveCoding

V = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0], [-1.0, 0.0]]).T.reshape(1, 2, 2, 2)
SOUND = torch.tensor([[1.0, 0.0]])
SIZES = {"hidden_size": 16, "projector_sizes": (12, 11, 10), "predictor_size": 4}


def make(n_channels=6, n_features=8, *, n_cycles=0, **params):
    torch.manual_seed(0)
    coding = None
    if n_cycles:
        coding = PredictiveCoding(n_cycles).build(((n_channels, 12, 12), (n_features,)))
    params = {"fusion": "attention", **SIZES, **params}
    return PredictiveHead(n_channels, n_features, coding=coding, **params)


def draw(n_samples=5):
    torch.manual_seed(1)
    return torch.randn(2, n_samples, 6, 12, 12), torch.randn(n_samples, 3, 8)


def test_attention_on_paper():
    head = make(2, 2)
    similarity = head._cosines(V, SOUND)
    torch.testing.assert_close(similarity.flatten(), torch.tensor([1, 0, 0.5**0.5, -1]))
    weights = attention(similarity).flatten()
    torch.testing.assert_close(weights, torch.tensor([1, 0.5, 0.853553, 0]), atol=1e-6, rtol=0)
    fused = head.fuse(V, SOUND, similarity)
    torch.testing.assert_close(fused, torch.tensor([[1.853553, 1.853553]]), atol=1e-6, rtol=0)


def test_attention_of_a_constant_map_is_zero_and_maps_do_not_mix():
    maps = torch.stack([torch.full((3, 4), 0.7), torch.arange(12.0).reshape(3, 4)])
    weights = attention(maps)
    assert (weights[0] == 0).all()
    torch.testing.assert_close(weights[1], maps[1] / 11)


@pytest.mark.parametrize(
    ("fusion", "expected"),
    [("cat", [0.25, 0.75, 3.0, 2.0]), ("product", [0.75, 1.5]), ("sum", [3.25, 2.75])],
)
def test_other_fusions_on_paper(fusion, expected):
    fused = FUSIONS[fusion](V, torch.tensor([[3.0, 2.0]]), None)
    assert fused.tolist() == [expected]


def test_sound_is_the_mean_of_its_layers_over_patches_and_the_map_a_cosine():
    head = make()
    (v, _), e = draw()
    query = torch.stack([head.fc(e[:, i]) for i in range(3)]).mean(0)
    similarity = head.similarity(v, e)
    expected = torch.cosine_similarity(v, query[:, :, None, None], dim=1)
    torch.testing.assert_close(similarity, expected)
    assert similarity.shape == (5, 12, 12)
    torch.testing.assert_close(head.similarity(3 * v, e), similarity)


def test_coding_gets_the_mean_sound_of_length_one_and_replaces_the_map():
    head = make(n_cycles=2).eval()
    (v, _), e = draw()
    with torch.no_grad():
        sound = torch.nn.functional.normalize(e.mean(1), dim=1)
        expected = torch.cosine_similarity(
            head.coding(v, sound), head.fc(e).mean(1)[:, :, None, None], dim=1
        )
        torch.testing.assert_close(head.similarity(v, e), expected)


def test_each_view_has_the_statistics_of_its_own_batch():
    head = make()
    (first, second), e = draw()
    p1, z1, p2, z2 = head(first, second, e)
    for z in (z1, z2):
        torch.testing.assert_close(z.mean(0), torch.zeros(10), atol=1e-5, rtol=0)
        torch.testing.assert_close(z.var(0, correction=0), torch.ones(10), atol=1e-2, rtol=0)
    for p, z in ((p1, z1), (p2, z2)):
        torch.testing.assert_close(head.predictor(z), p)
    for actual, expected in zip(head(second, first, e), (p2, z2, p1, z1), strict=True):
        torch.testing.assert_close(actual, expected)


@pytest.mark.parametrize("n_cycles", [0, 2])
@pytest.mark.parametrize("fusion", FUSIONS)
def test_gradient_reaches_all_that_is_trained(fusion, n_cycles):
    head = make(n_cycles=n_cycles, fusion=fusion)
    views, e = draw()
    two_view_loss(NegativeCosineLoss())(head(*views, e)).backward()
    still = [
        name for name, p in head.named_parameters() if p.grad is None or not (p.grad != 0).any()
    ]
    assert still == []


def test_targets_are_stopped():
    views, e = draw()

    def gradients(loss):
        head = make()
        two_view_loss(loss)(head(*views, e)).backward()
        return [p.grad for p in head.projector.parameters()]

    stopped = gradients(NegativeCosineLoss())
    free = gradients(lambda p, z: -torch.cosine_similarity(p, z).mean())
    assert not any(torch.allclose(a, b, rtol=1e-2) for a, b in zip(stopped, free, strict=True))
    by_hand = gradients(lambda p, z: -torch.cosine_similarity(p, z.detach()).mean())
    for a, b in zip(stopped, by_hand, strict=True):
        torch.testing.assert_close(a, b)


def test_loss_of_two_views_on_paper():
    p = torch.tensor([[1.0, 2.0], [3.0, -1.0]])
    z = torch.tensor([[2.0, 1.0], [3.0, 1.0]])
    criterion = two_view_loss(NegativeCosineLoss())
    # p1 predicts z2 (cosine 0.8), and p2 predicts z1 (cosine 1).
    assert criterion((p, p, p, z)).item() == pytest.approx(-0.9)
    assert criterion((p, z, p, z)).item() == pytest.approx(-0.8)
