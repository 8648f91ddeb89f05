from sslearn.losses._base import RowLoss
from sslearn.utils.param_validation import StrOptions


def reduce_classes(elements, over_classes):
    """Mean or sum (...) of elements (..., n_classes)."""
    return elements.mean(-1) if over_classes == "mean" else elements.sum(-1)


class SquaredErrorLoss(RowLoss):
    """Mean squared error, ``"mse"`` for short.

    Parameters
    ----------
    over_classes : {"mean", "sum"}, default="mean"
        Whether the squared differences of a row are averaged or summed. The published phase
        networks sum, the spectrogram networks average; only the scale of the loss differs.

    See Also
    --------
    sslearn.encoding.UnbiasedEncoding, sslearn.encoding.UnitVectorEncoding : Encodings
        trained with it.

    Notes
    -----
    It takes any outputs. With an encoding on a grid and ``activation=None`` it is what the
    paper calls MSE(wo): no activation in training, scores clamped to [0, 1] in prediction.

    References
    ----------
    L. Feng, X.-L. Zhang, X. Li, "Eliminating quantization errors in classification-based sound
    source localization", Neural Networks 181:106679, 2025, arXiv:2311.12305.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import SquaredErrorLoss
    >>> SquaredErrorLoss()(torch.tensor([1.0, 3.0]), torch.tensor([1.0, 1.0])).item()
    2.0
    """

    _parameter_constraints: dict = {"over_classes": [StrOptions({"mean", "sum"})]}

    def __init__(self, over_classes="mean"):
        self.over_classes = over_classes

    def per_row(self, output, target):
        """Squared error of each row.

        Parameters
        ----------
        output, target : torch.Tensor of shape (..., n_outputs)
            Output of the network and encoded target.

        Returns
        -------
        losses : torch.Tensor of shape (...)
            Mean or sum of the squared differences.
        """
        return reduce_classes((output - target).square(), self.over_classes)
