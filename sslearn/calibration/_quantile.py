import warnings

import numpy as np

from sslearn.calibration._groups import group_numbers
from sslearn.exceptions import UncertaintyWarning
from sslearn.utils import to_numbers
from sslearn.utils.param_validation import Interval, Real, validated

# Rounding error of a sum of weights, and of a product with the coverage.
_ROUNDING = 1e-9


@validated(coverage=[Interval(Real, 0, 1, closed="neither")])
def conformal_quantile(scores, coverage=0.9, *, groups=None):
    """Smallest upper bound of a new score with a given probability.

    Parameters
    ----------
    scores : array-like of shape (n_samples,)
        Scores of calibration samples, such as angular errors; larger is worse.
    coverage : float, default=0.9
        Probability in (0, 1) that the next score is at most the bound.
    groups : array-like of shape (n_samples,), default=None
        Room, head or speaker of each sample. The next score is then one of a new group. None: it
        is one more sample, drawn as the others.

    Returns
    -------
    bound : float
        The bound; infinite if there are too few samples or groups, which must be at least
        ``coverage / (1 - coverage)``: 9 for 0.9, 19 for 0.95.

    Raises
    ------
    ValueError
        If a score is not a finite number, or there are not as many groups as scores.

    See Also
    --------
    ConformalLocalizer : Sets of directions from such a bound.

    Notes
    -----
    The k-th smallest of n scores with ``k = ceil((n + 1) coverage)`` [1]_. Of K groups, group j
    with ``n_j`` samples, each score weighs ``1 / ((K + 1) n_j)``, infinity weighs
    ``1 / (K + 1)``, and the bound is the quantile of that distribution [2]_: the pooled
    distribution of [3]_ with a correction for a finite number of groups. With one sample in each
    group both are the same.

    If the samples, or the groups and the samples in each, are exchangeable with the next one,
    its score is at most the bound with at least the probability ``coverage``, on average over all
    draws of calibration samples, whatever the distribution.

    References
    ----------
    .. [1] V. Vovk, A. Gammerman and G. Shafer, "Algorithmic Learning in a Random World", Springer,
       2005, doi:10.1007/b106715.
    .. [2] Y. Lee, R. F. Barber and R. Willett, "Distribution-free inference with hierarchical
       data", 2023, arXiv:2306.06342.
    .. [3] R. Dunn, L. Wasserman and A. Ramdas, "Distribution-free prediction sets for two-layer
       hierarchical models", Journal of the American Statistical Association 118, 2023,
       doi:10.1080/01621459.2022.2060112.

    Examples
    --------
    >>> from sslearn.calibration import conformal_quantile
    >>> conformal_quantile([4, 1, 3, 2], 0.6), conformal_quantile([4, 1, 3, 2], 0.9)
    (3.0, inf)

    Two samples of a room count as much as the one of another:

    >>> conformal_quantile([1, 2, 8, 4], 0.5, groups=["hall", "hall", "office", "kitchen"])
    4.0
    """
    scores = to_numbers(scores, "scores")
    if scores.ndim != 1 or len(scores) == 0 or not np.isfinite(scores).all():
        raise ValueError(
            f"scores must hold finite numbers, of shape (n_samples,), at least one; got shape "
            f"{scores.shape}, or NaN or infinity."
        )
    weights, n_groups = np.ones(len(scores)), len(scores)
    if groups is not None:
        number = group_numbers(groups, len(scores))[1]
        counts = np.bincount(number)
        weights, n_groups = 1.0 / counts[number], len(counts)
    order = np.argsort(scores)
    cumulated = np.cumsum(weights[order])
    # Weights times K + 1: those of the scores sum up to K, and infinity has the weight 1.
    place = np.searchsorted(cumulated, coverage * (n_groups + 1) - _ROUNDING)
    return float(scores[order[place]]) if place < len(scores) else float("inf")


def finite_bound(scores, coverage, groups):
    """The bound of :func:`conformal_quantile`, with a warning if it is infinite."""
    bound = conformal_quantile(scores, coverage, groups=groups)
    if np.isinf(bound):
        what = f"{len(scores)} samples" if groups is None else f"{len(np.unique(groups))} groups"
        needed = int(np.ceil(coverage / (1 - coverage) - _ROUNDING))
        warnings.warn(
            f"{what} are too few to calibrate coverage={coverage:g}: sets are the whole circle or "
            f"sphere. At least {needed} are needed: raise calibration_fraction, or lower coverage.",
            UncertaintyWarning,
            stacklevel=2,
        )
    return bound
