from math import inf

from sklearn.base import BaseEstimator

from sslearn.losses._base import check_tensors
from sslearn.utils.param_validation import Interval, Real


def kept_pairs(sound_similarity, n_negatives):
    """Pairs that a contrastive loss keeps: the own sound and those least like it.

    Parameters
    ----------
    sound_similarity : torch.Tensor of shape (n_samples, n_samples)
        Similarity of each sound to each other.
    n_negatives : int
        Number of other sounds to keep for each.

    Returns
    -------
    kept : torch.Tensor of bool, of shape (n_samples, n_samples)
        True on the diagonal and for the least similar sounds of each row.
    """
    # The own sound sorts last, even if rounding or a duplicate is more similar than itself.
    others = sound_similarity.detach().clone().fill_diagonal_(inf)
    negatives = others.argsort(dim=1, stable=True)[:, :n_negatives]
    return others.isinf().scatter(1, negatives, True)


class FalseNegativeContrastiveLoss(BaseEstimator):
    """InfoNCE loss that leaves out the negatives most like the positive.

    In a mini-batch, other sounds of the same class are false negatives. The sounds that are most
    similar to the own one are therefore not contrasted with it.

    Parameters
    ----------
    negative_ratio : float, default=0.75
        Share of the mini-batch, at most 1, that each sample is contrasted with: the sounds least
        similar to its own. 1.0 keeps all the others, which is plain InfoNCE.
    temperature : float, default=0.2
        Divisor of the scores. The paper uses 0.005, with pretrained networks.

    See Also
    --------
    sslearn.audiovisual.SemanticContrastiveLocalizer : The estimator that minimizes it.
    ContrastiveLoss : Loss on distances, with targets.

    Notes
    -----
    With ``s_ij`` the score of image i and sound j, ``tau`` the temperature and ``K_i`` the kept
    negatives, ``int(negative_ratio * n_samples)`` of them, the loss of a view is the mean over i of
    ``-log(exp(s_ii / tau) / (exp(s_ii / tau) + sum over j in K_i of exp(s_ij / tau)))``. The losses
    of several views are added. The choice of the negatives has no gradient. Equal scores give
    ``log(1 + number of kept negatives)``.

    References
    ----------
    Z. Song, J. Zhang, Y. Wang, J. Fan, Z. Zhang, "Enhancing sound source localization via false
    negative elimination", IEEE Transactions on Pattern Analysis and Machine Intelligence, 2024,
    arXiv:2408.16448. The released program gives pairs that are left out a score of -10; here they
    are left out at any temperature.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import FalseNegativeContrastiveLoss
    >>> scores = torch.tensor([[0.9, 0.8, 0.1], [0.7, 0.8, 0.2], [0.1, 0.3, 0.6]])
    >>> similarity = torch.tensor([[1.0, 0.9, 0.1], [0.9, 1.0, 0.2], [0.1, 0.2, 1.0]])
    >>> loss = FalseNegativeContrastiveLoss(0.5, temperature=0.1)
    >>> round(loss(scores, similarity).item(), 4)
    0.0032
    """

    _parameter_constraints: dict = {
        "negative_ratio": [Interval(Real, 0, 1, closed="right")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, negative_ratio=0.75, *, temperature=0.2):
        self.negative_ratio = negative_ratio
        self.temperature = temperature

    def __call__(self, scores, sound_similarity):
        """Sum over the views of the mean loss of a sample.

        Parameters
        ----------
        scores : torch.Tensor of shape (n_samples, n_samples) or (n_views, n_samples, n_samples)
            Scores of each image (row) with each sound (column).
        sound_similarity : torch.Tensor of shape (n_samples, n_samples)
            Similarity of each sound to each other.

        Returns
        -------
        loss : torch.Tensor of shape ()
            The loss; 0 where no negatives are kept, as for a single sample.

        Raises
        ------
        TypeError
            If an argument is not a tensor of floating-point numbers.
        ValueError
            If a parameter is not valid, or the shapes do not fit.
        """
        self._validate_params()
        self._check(scores, sound_similarity)
        left_out = ~kept_pairs(sound_similarity, self.count_negatives(len(sound_similarity)))
        logits = (scores / self.temperature).masked_fill(left_out, -inf)
        # exp(-inf) = 0 removes a sound from the sum; the diagonal is the own sound.
        own = logits.log_softmax(-1).diagonal(dim1=-2, dim2=-1)
        return -own.mean(-1).sum()

    def count_negatives(self, n_samples):
        """Number of negatives that each sample of a mini-batch keeps.

        Parameters
        ----------
        n_samples : int
            Size of the mini-batch.

        Returns
        -------
        n_negatives : int
            ``int(negative_ratio * n_samples)``, but at most all the others.
        """
        # 0.57 * 100 is 56.99999999999999.
        return min(int(self.negative_ratio * n_samples + 1e-9), n_samples - 1)

    def _check(self, scores, sound_similarity):
        check_tensors(scores=scores, sound_similarity=sound_similarity)
        if scores.ndim not in (2, 3) or scores.shape[-1] != scores.shape[-2]:
            raise ValueError(
                "scores must have shape (n_samples, n_samples) or (n_views, n_samples, n_samples); "
                f"got {tuple(scores.shape)}."
            )
        if sound_similarity.shape != scores.shape[-2:]:
            raise ValueError(
                f"sound_similarity must have shape {tuple(scores.shape[-2:])}, as scores has; got "
                f"{tuple(sound_similarity.shape)}."
            )
