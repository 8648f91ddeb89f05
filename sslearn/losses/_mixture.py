from sklearn.base import clone

from sslearn.losses._base import RowLoss
from sslearn.losses._permutation import PermutationInvariantLoss
from sslearn.losses._short_names import check_loss


class MixtureLoss(RowLoss):
    """Weighted sum of the losses of targets that lie side by side on the last axis.

    Parameters
    ----------
    base : callable
        Loss of one target.
    weights : tuple of float
        Weight of each target.
    """

    def __init__(self, base, weights):
        self.base = base
        self.weights = weights

    @property
    def takes(self):
        """What the outputs must be: what the base takes."""
        return getattr(self.base, "takes", "any")

    def _sum(self, loss, output, target):
        parts = target.chunk(len(self.weights), dim=-1)
        return sum(w * loss(output, part) for w, part in zip(self.weights, parts, strict=True))

    def __call__(self, output, target):
        """Mixture of the mean losses.

        Parameters
        ----------
        output : torch.Tensor of shape (..., n_classes)
            Output of the network.
        target : torch.Tensor of shape (..., n_parts * n_classes)
            Encoded targets.

        Returns
        -------
        loss : torch.Tensor of shape ()
            The weighted sum.
        """
        return self._sum(self.base, output, target)

    def per_row(self, output, target):
        """Mixture of the losses of each row.

        Parameters
        ----------
        output : torch.Tensor of shape (..., n_classes)
            Output of the network.
        target : torch.Tensor of shape (..., n_parts * n_classes)
            Encoded targets.

        Returns
        -------
        losses : torch.Tensor of shape (...)
            The weighted sums.
        """
        return self._sum(self.base.per_row, output, target)


def mixed_loss(loss, weights):
    """Mixture of a loss over several targets; one order of the sources for all of them."""
    if isinstance(loss, PermutationInvariantLoss):
        return clone(loss).set_params(base=MixtureLoss(check_loss(loss.base), weights))
    return MixtureLoss(loss, weights)
