from math import log

import numpy as np
import pytest
import torch

from sslearn.losses import FalseNegativeContrastiveLoss
from sslearn.losses._false_negatives import kept_pairs as kept_of_number

SCORES = torch.tensor(
    [[0.9, 0.2, 0.1, 0.3], [0.4, 0.8, 0.0, 0.7], [0.2, 0.1, 0.6, 0.5], [0.3, 0.6, 0.2, 0.7]],
    dtype=torch.float64,
)
SIMILARITY = torch.tensor(
    [[1.0, 0.1, 0.2, 0.3], [0.1, 1.0, 0.4, 0.9], [0.2, 0.4, 1.0, 0.5], [0.3, 0.9, 0.5, 1.0]],
    dtype=torch.float64,
)


def kept_pairs(similarity, ratio):
    n_negatives = FalseNegativeContrastiveLoss(ratio).count_negatives(len(similarity))
    return kept_of_number(similarity, n_negatives)


def random_similarity(n_samples):
    generator = torch.Generator().manual_seed(0)
    sounds = torch.randn(n_samples, 8, generator=generator)
    sounds /= sounds.norm(dim=1, keepdim=True)
    return sounds @ sounds.T


@pytest.mark.parametrize(
    ("ratio", "temperature", "expected", "tolerance"),
    [
        (0.75, 0.1, 0.248337, 5e-7),
        (0.5, 0.1, 0.017304, 5e-7),
        (0.75, 0.005, 1.5e-9, 6e-11),
        (0.5, 0.005, 0.0, 1e-15),
    ],
)
def test_values_on_paper(ratio, temperature, expected, tolerance):
    loss = FalseNegativeContrastiveLoss(ratio, temperature=temperature)(SCORES, SIMILARITY)
    assert loss.item() == pytest.approx(expected, abs=tolerance)


def test_negatives_on_paper():
    kept = kept_pairs(SIMILARITY, 0.5)
    expected = [[0, 1, 2], [0, 1, 2], [0, 1, 2], [0, 2, 3]]
    assert [row.nonzero().flatten().tolist() for row in kept] == expected


@pytest.mark.parametrize(("n_samples", "n_kept"), [(64, 49), (7, 6), (2, 2), (1, 1)])
def test_rows_keep_three_quarters_and_the_own_sound(n_samples, n_kept):
    kept = kept_pairs(random_similarity(n_samples), 0.75)
    assert kept.diagonal().all()
    assert (kept.sum(1) == n_kept).all()


def test_the_most_similar_sounds_are_left_out():
    similarity = random_similarity(20)
    kept = kept_pairs(similarity, 0.75)
    for i in range(20):
        others = kept[i].clone()
        others[i] = False
        assert similarity[i, others].max() <= similarity[i, ~kept[i]].min()


def test_copies_of_the_own_sound_do_not_displace_it():
    # By rounding, a copy may be more similar than the sound itself.
    similarity = torch.full((4, 4), 1.0).fill_diagonal_(1 - 1e-6)
    kept = kept_pairs(similarity, 0.5)
    assert kept.diagonal().all()
    assert (kept.sum(1) == 3).all()


def test_count_of_negatives_survives_rounding():
    assert (kept_pairs(random_similarity(100), 0.57).sum(1) == 58).all()


def test_ratio_of_one_is_plain_contrast():
    loss = FalseNegativeContrastiveLoss(1.0, temperature=0.1)(SCORES, SIMILARITY)
    expected = torch.nn.functional.cross_entropy(SCORES / 0.1, torch.arange(4))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-12)


def test_views_are_added():
    loss = FalseNegativeContrastiveLoss(temperature=0.1)
    both = loss(torch.stack([SCORES, SCORES.flip(0)]), SIMILARITY)
    assert both.item() == pytest.approx(
        (loss(SCORES, SIMILARITY) + loss(SCORES.flip(0), SIMILARITY)).item()
    )


@pytest.mark.parametrize("temperature", [0.005, 1.0, 1e6])
def test_equal_scores_are_chance(temperature):
    loss = FalseNegativeContrastiveLoss(temperature=temperature)
    value = loss(torch.zeros(2, 64, 64), random_similarity(64)).item()
    assert value == pytest.approx(2 * log(49), rel=1e-6)


def test_gradient_reaches_kept_scores_alone():
    scores = SCORES.clone().requires_grad_()
    similarity = SIMILARITY.clone().requires_grad_()
    FalseNegativeContrastiveLoss(0.5, temperature=0.1)(scores, similarity).backward()
    assert similarity.grad is None
    assert ((scores.grad != 0) == kept_pairs(SIMILARITY, 0.5)).all()
    assert torch.autograd.gradcheck(
        lambda s: FalseNegativeContrastiveLoss(0.5, temperature=0.1)(s, SIMILARITY), scores
    )


def test_single_sample_is_zero():
    assert FalseNegativeContrastiveLoss()(torch.ones(1, 1), torch.ones(1, 1)).item() == 0


@pytest.mark.parametrize(
    "params", [{"negative_ratio": 0}, {"negative_ratio": 1.1}, {"temperature": 0.0}]
)
def test_bad_parameter_is_named(params):
    with pytest.raises(ValueError, match=next(iter(params))):
        FalseNegativeContrastiveLoss(**params)(SCORES, SIMILARITY)


@pytest.mark.parametrize(
    ("scores", "similarity", "name"),
    [
        (np.zeros((3, 3)), torch.zeros(3, 3), "scores"),
        (torch.zeros(3, 3, dtype=torch.int64), torch.zeros(3, 3), "scores"),
        (torch.zeros(3), torch.zeros(3, 3), "scores"),
        (torch.zeros(2, 3), torch.zeros(3, 3), "scores"),
        (torch.zeros(3, 3), torch.zeros(4, 4), "sound_similarity"),
        (torch.zeros(3, 3), [0.0], "sound_similarity"),
    ],
)
def test_wrong_tensors_are_named(scores, similarity, name):
    with pytest.raises((TypeError, ValueError), match=f"^{name}"):
        FalseNegativeContrastiveLoss()(scores, similarity)
