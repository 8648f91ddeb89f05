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


def check_loss(loss):
    """Loss given by short name or as it is."""
    return SHORT_NAMES[loss]() if isinstance(loss, str) else loss
