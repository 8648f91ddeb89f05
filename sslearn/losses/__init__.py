"""What a network minimizes: criteria on torch tensors, usable by object or by short name."""

from sslearn.losses._angular import AngularLoss
from sslearn.losses._classification import (
    BinaryCrossEntropyLoss,
    GibbsWeightedLoss,
    NegativeLogAbsoluteErrorLoss,
    SoftCrossEntropyLoss,
    WassersteinLoss,
)
from sslearn.losses._contrastive import ContrastiveLoss
from sslearn.losses._mixture import MixtureLoss, mixed_loss
from sslearn.losses._permutation import PermutationInvariantLoss
from sslearn.losses._regression import SquaredErrorLoss
from sslearn.losses._short_names import SHORT_NAMES, get_loss

__all__ = [
    "SHORT_NAMES",
    "AngularLoss",
    "BinaryCrossEntropyLoss",
    "ContrastiveLoss",
    "GibbsWeightedLoss",
    "MixtureLoss",
    "NegativeLogAbsoluteErrorLoss",
    "PermutationInvariantLoss",
    "SoftCrossEntropyLoss",
    "SquaredErrorLoss",
    "WassersteinLoss",
    "get_loss",
    "mixed_loss",
]
