from abc import abstractmethod

from sklearn.base import BaseEstimator


def check_tensors(integers=False, **tensors):
    """Raise unless all are tensors of floating-point numbers, or where allowed of integers."""
    from torch import Tensor

    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"{name} must be a torch.Tensor; got {type(tensor).__name__}. Use torch.as_tensor."
            )
        if not (integers or tensor.is_floating_point()):
            raise TypeError(f"{name} must hold floating-point numbers; got {tensor.dtype}.")


class RowLoss(BaseEstimator):
    """Base of losses that compare rows of outputs with rows of targets of the same length.

    A subclass implements ``per_row``; the loss is its mean over all axes but the last.

    Notes
    -----
    ``takes`` is the required kind of outputs: ``"any"`` number, ``"probabilities"`` in [0, 1] (the
    network ends with a softmax or sigmoid), raw ``"scores"`` (the loss applies a softmax), raw
    ``"sigmoid_scores"`` (the loss applies a sigmoid), or the ``code`` of the only suitable
    encoding. ``learns_absence`` is whether training on a target of zeros, an absent source,
    leads to an output of zeros.
    """

    _parameter_constraints: dict = {}
    takes = "any"
    learns_absence = True

    def __call__(self, output, target):
        """Mean over all rows.

        Parameters
        ----------
        output : torch.Tensor of shape (..., n_classes)
            Output of the network.
        target : torch.Tensor of the same shape, or one that broadcasts
            Encoded target.

        Returns
        -------
        loss : torch.Tensor of shape ()
            The mean loss of a row.

        Raises
        ------
        TypeError
            If ``output`` or ``target`` is not a tensor of floating-point numbers.
        ValueError
            If a parameter is not valid, or the shapes do not fit.
        """
        self._validate_params()
        self._check(output, target)
        return self.per_row(output, target).mean()

    def _check(self, output, target):
        """Raise unless outputs and targets are tensors whose shapes fit."""
        check_tensors(output=output, target=target)
        if output.shape != target.shape:
            import torch

            try:
                torch.broadcast_shapes(output.shape, target.shape)
            except RuntimeError:
                raise ValueError(
                    f"target must have the shape of output, {tuple(output.shape)}, or one that "
                    f"broadcasts; got {tuple(target.shape)}."
                ) from None

    @abstractmethod
    def per_row(self, output, target):
        """Loss of each row.

        Parameters
        ----------
        output : torch.Tensor of shape (..., n_classes)
            Output of the network.
        target : torch.Tensor of the same shape, or one that broadcasts
            Encoded target.

        Returns
        -------
        losses : torch.Tensor of shape (...)
            One loss per row.
        """
