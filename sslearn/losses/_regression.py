from sklearn.base import BaseEstimator


class SquaredErrorLoss(BaseEstimator):
    """Mean squared error, ``"mse"`` for short.

    See Also
    --------
    sslearn.encoding.UnitVectorEncoding : An encoding that is learned with it.

    Examples
    --------
    >>> import torch
    >>> from sslearn.losses import SquaredErrorLoss
    >>> SquaredErrorLoss()(torch.tensor([1.0, 3.0]), torch.tensor([1.0, 1.0])).item()
    2.0
    """

    def __call__(self, output, target):
        """Mean over all elements of the squared difference.

        Parameters
        ----------
        output, target : torch.Tensor of the same shape
            Output of the network and encoded target.

        Returns
        -------
        loss : torch.Tensor of shape ()
            The mean squared difference.
        """
        return (output - target).square().mean()
