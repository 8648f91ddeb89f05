import numpy as np
import pytest
import torch

from sslearn.audiovisual._sacl_head import SemanticContrastHead
from sslearn.audiovisual._segments import sounding_cells
from sslearn.losses import FalseNegativeContrastiveLoss


def make_head(n_channels=6, n_features=5, **params):
    torch.manual_seed(0)
    return SemanticContrastHead(
        n_channels, n_features, **{"hidden_size": 7, "adapt": True} | params
    )


@pytest.fixture
def features():
    generator = torch.Generator().manual_seed(1)
    views = [torch.randn(4, 6, 3, 5, generator=generator) for _ in range(2)]
    return *views, torch.randn(4, 2, 5, generator=generator)


def test_similarity_is_a_cosine_with_the_mean_over_patches(features):
    head = make_head()
    view, _, e = features
    a = torch.stack([head.fc(patch) for patch in e.unbind(1)]).mean(0)
    expected = torch.cosine_similarity(view, a[:, :, None, None], dim=1)
    torch.testing.assert_close(head.similarity(view, e), expected)


def test_scores_are_the_largest_over_the_sounding_cells(features):
    head = make_head()
    view1, view2, e = features
    labels = torch.randint(0, 3, (2, 4, 3, 5), generator=torch.Generator().manual_seed(0))
    for extras in ((), labels):
        scores, _ = head(view1, view2, e, *extras)
        own = [head.similarity(view, e).flatten(1) for view in (view1, view2)]
        masks = sounding_cells(own, [label.flatten(1) for label in extras] or None)
        for score, view, mask in zip(scores, (view1, view2), masks, strict=True):
            for j in range(4):
                cosines = head.similarity(view, e[[j] * 4]).flatten(1)
                expected = (cosines * mask).max(1).values
                torch.testing.assert_close(score[:, j], expected)


def test_sounds_are_compared_as_they_came(features):
    _, similarity = make_head()(*features)
    means = features[2].mean(1)
    expected = torch.cosine_similarity(means[:, None], means, dim=2)
    torch.testing.assert_close(similarity, expected)


def test_embedding_is_the_most_similar_cell(features):
    head = make_head()
    view, _, e = features
    embedding = head.embedding(view, e)
    torch.testing.assert_close(embedding.norm(dim=1), torch.ones(4))
    best = torch.einsum("bc,bc->b", embedding, torch.nn.functional.normalize(head._query(e), dim=1))
    torch.testing.assert_close(best, head.similarity(view, e).flatten(1).max(1).values)


def test_identity_start(features):
    view = features[0]
    torch.testing.assert_close(make_head().adapt(view), view)
    assert make_head(adapt=False).adapt(view) is view


@pytest.mark.parametrize("adapt", [True, False])
def test_gradients(features, adapt):
    head = make_head(adapt=adapt)
    view1, view2, e = (tensor.clone().requires_grad_() for tensor in features)
    loss = FalseNegativeContrastiveLoss()(*head(view1, view2, e))
    loss.backward()
    assert all((weight.grad != 0).any() for weight in head.parameters())
    assert all((x.grad != 0).any() for x in (view1, view2, e))
    # Each pair has one best cell.
    assert ((view1.grad != 0).any(1).flatten(1).sum(1) <= 4).all()


def test_negatives_have_no_gradient(features):
    view1, view2, e = features
    _, similarity = make_head()(view1, view2, e.clone().requires_grad_())
    assert not similarity.requires_grad


def test_a_batch_can_be_learned_by_heart():
    generator = torch.Generator().manual_seed(0)
    view = torch.randn(8, 6, 4, 4, generator=generator)
    e = torch.randn(8, 1, 5, generator=generator)
    head = make_head(hidden_size=32)
    loss = FalseNegativeContrastiveLoss(1.0, temperature=0.07)
    optimizer = torch.optim.Adam(head.parameters(), 1e-2)
    values = []
    for _ in range(150):
        optimizer.zero_grad()
        value = loss(*head(view, view, e))
        value.backward()
        optimizer.step()
        values.append(value.item())
    assert values[0] > 1
    assert np.mean(values[-5:]) < 0.05
