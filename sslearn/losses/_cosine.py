from sslearn.losses._base import RowLoss


class NegativeCosineLoss(RowLoss):
    """Negative cosine of outputs and targets; no gradient reaches the targets.

    Loss of networks that predict their own embedding of another view, without negatives.

    See Also
    --------
    sslearn.audiovisual.PredictiveAudioVisualLocalizer : The estimator that minimizes it.
    FalseNegativeContrastiveLoss : Loss with negatives.

    Notes
    -----
    ``-<p, sg(z)> / (|p| |sg(z)|)`` with p the output, z the target and sg the stop of the gradient,
    averaged over the rows; between -1, for equal directions, and 1. Without the stop, a network
    whose targets are its own outputs could make them all equal. A row of zeros has the cosine 0.

    References
    ----------
    X. Chen, K. He, "Exploring simple Siamese representation learning", CVPR 2021,
    arXiv:2011.10566.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import NegativeCosineLoss
    >>> p, z = torch.tensor([[1.0, 2.0], [3.0, -1.0]]), torch.tensor([[2.0, 1.0], [3.0, 1.0]])
    >>> round(NegativeCosineLoss()(p, z).item(), 4)
    -0.8
    """

    learns_absence = False

    def per_row(self, output, target):
        """Negative cosine of each row.

        Parameters
        ----------
        output, target : torch.Tensor of shape (..., n_outputs)
            Prediction and its target.

        Returns
        -------
        losses : torch.Tensor of shape (...)
            Negative cosines.
        """
        from torch.nn.functional import cosine_similarity

        # detach is sg, the stop of the gradient.
        return -cosine_similarity(output, target.detach(), dim=-1)
