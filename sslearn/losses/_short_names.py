"""Losses by their short names."""

from sslearn.losses._angular import AngularLoss
from sslearn.losses._classification import (
    BinaryCrossEntropyLoss,
    GibbsWeightedLoss,
    NegativeLogAbsoluteErrorLoss,
    SoftCrossEntropyLoss,
    WassersteinLoss,
)
from sslearn.losses._regression import SquaredErrorLoss

SHORT_NAMES = {
    "angular": AngularLoss,
    "bce": BinaryCrossEntropyLoss,
    "cross_entropy": SoftCrossEntropyLoss,
    "gibbs_weighted": GibbsWeightedLoss,
    "mse": SquaredErrorLoss,
    "nlae": NegativeLogAbsoluteErrorLoss,
    "wasserstein": WassersteinLoss,
}


def get_loss_names():
    """List the short names of losses.

    Returns
    -------
    names : list of str
        Names that :func:`get_loss` takes.

    Examples
    --------
    >>> from sslearn.losses import get_loss_names
    >>> get_loss_names()[:3]
    ['angular', 'bce', 'cross_entropy']
    """
    return sorted(SHORT_NAMES)


def get_loss(loss):
    """Return the loss of a short name.

    Parameters
    ----------
    loss : str or callable
        One of :func:`get_loss_names`, or a loss.

    Returns
    -------
    loss : callable
        Loss with its default parameters; a callable is returned unchanged.

    Raises
    ------
    ValueError
        If the name is unknown.
    TypeError
        If it is neither a name nor callable.

    Examples
    --------
    >>> from sslearn.losses import get_loss
    >>> get_loss("bce")
    BinaryCrossEntropyLoss()
    """
    if isinstance(loss, str):
        if loss not in SHORT_NAMES:
            raise ValueError(f"loss must be one of {get_loss_names()}; got {loss!r}.")
        return SHORT_NAMES[loss]()
    if not callable(loss):
        raise TypeError(f"loss must be a callable or one of {get_loss_names()}; got {loss!r}.")
    return loss
