"""Losses by their short names."""

from sslearn.losses._classification import (
    BinaryCrossEntropyLoss,
    NegativeLogAbsoluteErrorLoss,
    SoftCrossEntropyLoss,
    WassersteinLoss,
)
from sslearn.losses._regression import SquaredErrorLoss

SHORT_NAMES = {
    "bce": BinaryCrossEntropyLoss,
    "cross_entropy": SoftCrossEntropyLoss,
    "mse": SquaredErrorLoss,
    "nlae": NegativeLogAbsoluteErrorLoss,
    "wasserstein": WassersteinLoss,
}


def check_loss(loss):
    """Loss given by short name or as it is."""
    return SHORT_NAMES[loss]() if isinstance(loss, str) else loss
