"""Losses of soft labels over classes."""

from math import exp

from sslearn.losses._base import RowLoss
from sslearn.losses._regression import reduce_classes
from sslearn.utils.param_validation import StrOptions

_LEAST_LOG = -100.0


def _clamped_log(x):
    """Logarithm of at least -100, with a gradient that is 0 where it is clamped, and finite."""
    import torch

    # The gradient 1 / x of a smaller number would overflow.
    kept = x >= max(torch.finfo(x.dtype).tiny, exp(_LEAST_LOG))
    value = x.detach().log().clamp(min=_LEAST_LOG)
    # The inner where matters: the gradient of an unselected log(0) is 0 * inf = NaN.
    return x.where(kept, 1.0).log().where(kept, value)


class SoftCrossEntropyLoss(RowLoss):
    """Cross-entropy with soft labels, ``"cross_entropy"`` for short.

    It takes raw scores and applies the softmax itself.

    See Also
    --------
    BinaryCrossEntropyLoss : For labels that do not sum to 1.

    Notes
    -----
    ``-sum_i y_i log softmax(z)_i``, averaged over the rows. Its minimum is at ``softmax(z) = y``,
    for labels that sum to 1, and is the entropy of the label, not 0: values of different labels are
    not comparable.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import SoftCrossEntropyLoss
    >>> loss = SoftCrossEntropyLoss()(torch.zeros(1, 4), torch.tensor([[0.0, 0.5, 0.5, 0.0]]))
    >>> round(loss.item(), 4)
    1.3863
    """

    takes = "scores"
    learns_absence = False

    def per_row(self, output, target):
        """Cross-entropy of each row.

        Parameters
        ----------
        output : torch.Tensor of shape (..., n_classes)
            Raw scores.
        target : torch.Tensor of shape (..., n_classes)
            Labels.

        Returns
        -------
        losses : torch.Tensor of shape (...)
            One loss per row.
        """
        return -(target * output.log_softmax(-1)).sum(-1)


class BinaryCrossEntropyLoss(RowLoss):
    """Cross-entropy of each class separately, ``"bce"`` for short.

    Parameters
    ----------
    over_classes : {"mean", "sum"}, default="mean"
        Whether the terms of a row are averaged or summed. The published phase networks sum, the
        spectrogram networks average; only the scale of the loss differs.

    See Also
    --------
    SoftCrossEntropyLoss : Independent of how the wrong mass is spread.

    Notes
    -----
    ``-[y log p + (1 - y) log(1 - p)]`` with probabilities p after a softmax or sigmoid. Logarithms
    are clamped at -100. Its minimum is at ``p = y`` but not 0 for soft labels.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import BinaryCrossEntropyLoss
    >>> loss = BinaryCrossEntropyLoss()(torch.tensor([[0.5, 0.5]]), torch.tensor([[1.0, 0.0]]))
    >>> round(loss.item(), 4)
    0.6931
    """

    _parameter_constraints: dict = {"over_classes": [StrOptions({"mean", "sum"})]}
    takes = "probabilities"

    def __init__(self, over_classes="mean"):
        self.over_classes = over_classes

    def per_row(self, output, target):
        """Binary cross-entropy of each row.

        Parameters
        ----------
        output : torch.Tensor of shape (..., n_classes)
            Probabilities in [0, 1].
        target : torch.Tensor of shape (..., n_classes)
            Labels in [0, 1].

        Returns
        -------
        losses : torch.Tensor of shape (...)
            One loss per row.
        """
        terms = target * _clamped_log(output) + (1.0 - target) * _clamped_log(1.0 - output)
        return -reduce_classes(terms, self.over_classes)


class GibbsWeightedLoss(RowLoss):
    """Cross-entropy of each class, less for classes near the direction, ``"gibbs_weighted"``.

    It takes raw scores and applies the sigmoid itself.

    See Also
    --------
    sslearn.encoding.GibbsWeightedEncoding : Labels for this loss.
    BinaryCrossEntropyLoss : The same cost for all false classes.

    Notes
    -----
    ``-log s_t - sum_{i != t} (1 - y_i) log(1 - s_i)`` with ``s = sigmoid(z)`` and the class t of
    the largest label, averaged over the rows: a false class costs less the nearer it is. With
    one-hot labels it is the binary cross-entropy, summed over the classes. The many false classes
    dominate at first: with 429 classes and a width of 20 degrees it starts at about 289.

    References
    ----------
    L. Perotin, A. Défossez, E. Vincent, R. Serizel, A. Guérin, "Regression versus classification
    for neural network based audio source localization", WASPAA 2019.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import GibbsWeightedLoss
    >>> loss = GibbsWeightedLoss()(torch.zeros(1, 3), torch.tensor([[1.0, 0.5, 0.0]]))
    >>> round(loss.item(), 4)  # (1 + 0.5 + 1) log 2
    1.7329
    """

    takes = "sigmoid_scores"
    learns_absence = False

    def per_row(self, output, target):
        """Weighted cross-entropy of each row.

        Parameters
        ----------
        output : torch.Tensor of shape (..., n_classes)
            Raw scores.
        target : torch.Tensor of shape (..., n_classes)
            Labels in [0, 1], largest at the true class.

        Returns
        -------
        losses : torch.Tensor of shape (...)
            One loss per row.
        """
        from torch.nn.functional import logsigmoid

        is_true = target == target.amax(-1, keepdim=True)
        # log(1 - sigmoid(z)) = logsigmoid(-z), which stays finite for large z.
        false = (1.0 - target) * logsigmoid(-output)
        return -logsigmoid(output).where(is_true, false).sum(-1)


class NegativeLogAbsoluteErrorLoss(RowLoss):
    """Negative logarithm of one minus the absolute error (NLAE), ``"nlae"`` for short.

    See Also
    --------
    BinaryCrossEntropyLoss : The same for one-hot labels.

    Notes
    -----
    ``-sum_i log(1 - |p_i - y_i|)`` with probabilities p after a softmax or sigmoid, averaged over
    the rows; logarithms are clamped at -100. It is 0 for ``p = y`` alone, its gradient does not
    vanish near there, and one large wrong peak costs more than the same mass spread out. Outputs
    without an activation are not allowed: the logarithm has no value for errors of 1 and more.

    References
    ----------
    L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based sound
    source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import NegativeLogAbsoluteErrorLoss
    >>> loss = NegativeLogAbsoluteErrorLoss()
    >>> round(loss(torch.tensor([[0.5, 0.5]]), torch.tensor([[1.0, 0.0]])).item(), 4)
    1.3863
    """

    takes = "probabilities"

    def per_row(self, output, target):
        """Negative log absolute error of each row.

        Parameters
        ----------
        output : torch.Tensor of shape (..., n_classes)
            Probabilities in [0, 1].
        target : torch.Tensor of shape (..., n_classes)
            Labels in [0, 1].

        Returns
        -------
        losses : torch.Tensor of shape (...)
            One loss per row.
        """
        return -_clamped_log(1.0 - (output - target).abs()).sum(-1)


class WassersteinLoss(RowLoss):
    """Distance of the cumulated scores (WD), ``"wasserstein"`` for short.

    Parameters
    ----------
    squared : bool, default=False
        Whether the distance is squared.
    circular : bool, default=False
        Whether the classes close around a circle. The paper's loss, False, depends on where on the
        circle the first class is; True does not.

    See Also
    --------
    SoftCrossEntropyLoss : Independent of how far off the wrong classes are.

    Notes
    -----
    ``|| cumsum(p) - cumsum(y) ||`` with the Euclidean norm over the classes, in the order of the
    grid, averaged over the rows. On a circle the mean over the classes is subtracted from
    the difference first. It suits labels that sum to 1.

    References
    ----------
    L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based sound
    source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import WassersteinLoss
    >>> label, near = torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[0.0, 1.0, 0.0]])
    >>> WassersteinLoss()(near, label).item()
    1.0
    """

    _parameter_constraints: dict = {"squared": ["boolean"], "circular": ["boolean"]}

    def __init__(self, squared=False, *, circular=False):
        self.squared = squared
        self.circular = circular

    @property
    def learns_absence(self):
        """Whether silence differs from a score of the first class: not on a circle."""
        return not self.circular

    def per_row(self, output, target):
        """Wasserstein distance of each row.

        Parameters
        ----------
        output : torch.Tensor of shape (..., n_classes)
            Scores.
        target : torch.Tensor of shape (..., n_classes)
            Labels.

        Returns
        -------
        losses : torch.Tensor of shape (...)
            One loss per row.
        """
        difference = (output - target).cumsum(-1)
        if self.circular:
            # Another first class adds a constant to both sums, which the mean removes.
            difference = difference - difference.mean(-1, keepdim=True)
        # The gradient of the norm at 0 is 0, that of a square root would be NaN.
        return difference.square().sum(-1) if self.squared else difference.norm(dim=-1)
