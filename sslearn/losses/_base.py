from abc import abstractmethod

from sklearn.base import BaseEstimator


class RowLoss(BaseEstimator):
    """Base of losses that compare rows of outputs with rows of targets of the same length.

    A subclass has ``per_row``; the loss is its mean over everything but the last axis.

    Notes
    -----
    ``takes`` says what the outputs must be: ``"any"`` number, ``"probabilities"`` in [0, 1] (the
    network ends with a softmax or sigmoid), raw ``"scores"`` (the loss applies a softmax), raw
    ``"sigmoid_scores"`` (the loss applies a sigmoid), or the ``code`` of the one
    encoding that fits. ``learns_absence`` says whether a target of zeros, a source that is absent,
    is learned as an output without any score.
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
