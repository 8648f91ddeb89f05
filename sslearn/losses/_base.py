from abc import abstractmethod

from sklearn.base import BaseEstimator


class RowLoss(BaseEstimator):
    """Base of losses that compare rows of outputs with rows of targets of the same length.

    A subclass implements ``per_row``; the loss is its mean over all axes but the last.

    Notes
    -----
    ``takes`` is the required kind of outputs: ``"any"`` number, ``"probabilities"`` in [0, 1] (the
    network ends with a softmax or sigmoid), raw ``"scores"`` (the loss applies a softmax), raw
    ``"sigmoid_scores"`` (the loss applies a sigmoid), or the ``code`` of the only suitable
    encoding. ``learns_absence`` tells whether a target of zeros, an absent source, is learned as
    an output of zeros.
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
        """
        self._validate_params()
        return self.per_row(output, target).mean()

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
