from sklearn.base import clone

from sslearn.losses._base import RowLoss, check_tensors
from sslearn.losses._permutation import PermutationInvariantLoss
from sslearn.losses._short_names import get_loss
from sslearn.utils.param_validation import validated


class MixtureLoss(RowLoss):
    """Weighted sum of the losses of targets that are concatenated on the last axis.

    Parameters
    ----------
    base : callable
        Loss of one target.
    weights : tuple of float
        Weight of each target.

    See Also
    --------
    mixed_loss : Build the mixture, also for a loss that permutes the sources.
    sslearn.encoding.MixedEncoding : Encoding of the targets.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import MixtureLoss, SquaredErrorLoss
    >>> loss = MixtureLoss(SquaredErrorLoss(), (0.75, 0.25))
    >>> output = torch.zeros(1, 2)
    >>> target = torch.tensor([[1.0, 1.0, 2.0, 2.0]])  # two targets of two classes
    >>> loss(output, target)
    tensor(1.7500)
    """

    _parameter_constraints: dict = {"base": [callable], "weights": [tuple, list]}

    def __init__(self, base, weights):
        self.base = base
        self.weights = weights

    @property
    def takes(self):
        """Kind of outputs that the base takes."""
        return getattr(self.base, "takes", "any")

    @property
    def learns_absence(self):
        """Whether a source may be absent, as in the base."""
        return getattr(self.base, "learns_absence", True)

    def _sum(self, loss, output, target):
        # (..., n_parts * n_classes) to n_parts targets of the shape of the output.
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

        Raises
        ------
        TypeError
            If ``output`` or ``target`` is not a tensor of floating-point numbers.
        ValueError
            If a parameter is not valid, or ``target`` does not have a part for each weight.
        """
        self._validate_params()
        self._check(output, target)
        return self._sum(self.base, output, target)

    def _check(self, output, target):
        """Raise unless outputs and targets are tensors, with a part of targets for each weight."""
        check_tensors(output=output, target=target)
        if not self.weights or target.shape[-1:] != (len(self.weights) * output.shape[-1],):
            raise ValueError(
                f"target must have a part as long as output, {tuple(output.shape)}, for each of "
                f"weights={self.weights}; got {tuple(target.shape)}."
            )

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


@validated(loss=[callable], weights=[tuple, list])
def mixed_loss(loss, weights):
    """Mix a loss over several targets, with one order of the sources for all of them.

    Parameters
    ----------
    loss : callable
        Loss of one target.
    weights : tuple of float
        Weight of each target.

    Returns
    -------
    loss : MixtureLoss or PermutationInvariantLoss
        Loss of targets that are concatenated on the last axis.

    Examples
    --------
    >>> from sslearn.losses import PermutationInvariantLoss, mixed_loss
    >>> mixed_loss(PermutationInvariantLoss("mse"), (0.5, 0.5)).base
    MixtureLoss(base=SquaredErrorLoss(), weights=(0.5, 0.5))
    """
    if isinstance(loss, PermutationInvariantLoss):
        # The mixture goes inside, so that the least loss over the orders is that of the sum.
        return clone(loss).set_params(base=MixtureLoss(get_loss(loss.base), weights))
    return MixtureLoss(loss, weights)
