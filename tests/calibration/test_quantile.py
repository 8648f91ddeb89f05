"""The bound that the score of a new sample keeps."""

import numpy as np
import pytest
from sklearn.utils import check_random_state

from sslearn.calibration import conformal_quantile


@pytest.mark.parametrize(
    ("n", "coverage", "rank"),
    [
        (9, 0.9, 9),  # (9 + 1) 0.9 = 9
        (8, 0.9, None),
        (10, 0.9, 10),  # 9.9 rounded up
        (99, 0.9, 90),
        (19, 0.95, 19),
        (18, 0.95, None),
        (4, 0.8, 4),
        (1, 0.5, 1),
        (999, 0.7, 700),
        (20000, 0.9, 18001),
    ],
)
def test_rank_of_the_bound(n, coverage, rank):
    scores = check_random_state(0).permutation(n) + 1.0
    assert conformal_quantile(scores, coverage) == (rank or np.inf)


def test_groups_count_alike():
    # Weights: 1/5 of group and infinity; 0.05 for each score of a, 0.2 for the one of b, c, d.
    scores = [1, 2, 3, 4, 5, 6, 7]
    groups = ["a", "a", "a", "a", "b", "c", "d"]
    bounds = [conformal_quantile(scores, c, groups=groups) for c in (0.1, 0.2, 0.4, 0.8, 0.81)]
    assert bounds == [2, 4, 5, 7, np.inf]


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
def test_groups_of_one_sample_are_samples(coverage):
    scores = np.random.default_rng(0).random(37)
    assert conformal_quantile(scores, coverage, groups=np.arange(37)) == conformal_quantile(
        scores, coverage
    )


def test_a_large_group_alone_does_not_decide():
    # Pooled, the 9 samples of each other room would be outvoted by the 9000 of the hall.
    scores = np.concatenate([np.zeros(9000), np.full(9 * 19, 5.0)])
    groups = np.concatenate([np.zeros(9000), np.repeat(np.arange(1, 20), 9)])
    assert conformal_quantile(scores, 0.9) == 0
    assert conformal_quantile(scores, 0.9, groups=groups) == 5


def test_coverage_of_new_groups():
    rng, covered = np.random.default_rng(0), []
    for _ in range(400):
        # Each group has a scale of its own: 20 of them calibrate, one is new.
        scores = rng.exponential(size=(21, 30)) * rng.exponential(size=(21, 1))
        bound = conformal_quantile(scores[:20].ravel(), 0.9, groups=np.repeat(np.arange(20), 30))
        covered.append((scores[20] <= bound).mean())
    assert 0.895 < np.mean(covered) < 0.96


@pytest.mark.parametrize(
    ("scores", "options", "message"),
    [
        ([], {}, "scores must hold finite numbers"),
        ([[1.0]], {}, r"got shape \(1, 1\)"),
        ([1.0, np.nan], {}, "NaN"),
        ([1.0], {"coverage": 1.0}, "coverage"),
        ([1.0], {"coverage": 0}, "coverage"),
        ([1.0, 2.0], {"groups": ["a"]}, "groups must hold a label for each of 2 samples"),
        ([1.0, 2.0], {"groups": [None, "a"]}, "groups must hold labels of one kind"),
    ],
)
def test_errors(scores, options, message):
    with pytest.raises(ValueError, match=message):
        conformal_quantile(scores, **options)
