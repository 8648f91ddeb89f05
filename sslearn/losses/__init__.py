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
from sslearn.losses._permutation import PermutationInvariantLoss
from sslearn.losses._regression import SquaredErrorLoss

__all__ = [
    "AngularLoss",
    "BinaryCrossEntropyLoss",
    "ContrastiveLoss",
    "GibbsWeightedLoss",
    "NegativeLogAbsoluteErrorLoss",
    "PermutationInvariantLoss",
    "SoftCrossEntropyLoss",
    "SquaredErrorLoss",
    "WassersteinLoss",
]
