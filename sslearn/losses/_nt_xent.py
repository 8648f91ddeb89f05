from sslearn.losses._base import RowLoss
from sslearn.utils.param_validation import Interval, Real


class NTXentLoss(RowLoss):
    """Normalized cross-entropy of each row's partner against all other rows of both views.

    Loss for training on two views of each sample without labels: the views of other samples are
    the negatives.

    Parameters
    ----------
    temperature : float, default=0.5
        Divisor of the cosines; smaller values give the nearest negatives more weight.

    See Also
    --------
    sslearn.audiovisual.WindowContrast : The estimator that minimizes it.
    ContrastiveLoss : Loss of pairs whose targets define the similar ones.

    Notes
    -----
    With ``s`` the cosine of two of the 2 n rows of outputs and targets, the loss of row i with
    partner j is ``log(sum over k != i of exp(s_ik / temperature)) - s_ij / temperature``, averaged
    over both directions. Gradients reach both views. Axes before the rows are separate batches.

    References
    ----------
    T. Chen, S. Kornblith, M. Norouzi and G. Hinton, "A simple framework for contrastive learning
    of visual representations", ICML 2020, arXiv:2002.05709.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import NTXentLoss
    >>> views = torch.eye(2)
    >>> round(NTXentLoss(temperature=1.0)(views, views).item(), 4)  # log(e + 2) - 1
    0.5514
    """

    learns_absence = False
    _parameter_constraints: dict = {"temperature": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, temperature=0.5):
        self.temperature = temperature

    def _check(self, output, target):
        super()._check(output, target)
        if output.ndim < 2 or output.shape != target.shape:
            raise ValueError(
                "output and target must both have shape (..., n_rows, n_components), a row for "
                f"each view; got {tuple(output.shape)} and {tuple(target.shape)}."
            )

    def per_row(self, output, target):
        """Loss of each pair of rows.

        Parameters
        ----------
        output, target : torch.Tensor of shape (..., n_rows, n_components)
            Embeddings of two views; row i of both is one pair.

        Returns
        -------
        losses : torch.Tensor of shape (..., n_rows)
            Mean of both directions.
        """
        import torch
        from torch.nn.functional import normalize

        views = normalize(torch.cat([output, target], dim=-2), dim=-1)
        # (..., 2 n, 2 n); the partner of row i is column i + n, on the n-th diagonal.
        cosines = views @ views.mT / self.temperature
        itself = torch.eye(views.shape[-2], dtype=torch.bool, device=views.device)
        # In two halves, one for each view: (..., 2, n_rows).
        totals = cosines.masked_fill(itself, -torch.inf).logsumexp(-1)
        totals = totals.unflatten(-1, (2, output.shape[-2]))
        partners = cosines.diagonal(output.shape[-2], -2, -1)
        return totals.mean(-2) - partners
