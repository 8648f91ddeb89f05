"""What a network minimizes: criteria on torch tensors, usable by object or by short name."""

from sslearn.losses._classification import (
    BinaryCrossEntropyLoss,
    NegativeLogAbsoluteErrorLoss,
    SoftCrossEntropyLoss,
    WassersteinLoss,
)
from sslearn.losses._contrastive import ContrastiveLoss
from sslearn.losses._permutation import PermutationInvariantLoss
from sslearn.losses._regression import SquaredErrorLoss

__all__ = [
    "BinaryCrossEntropyLoss",
    "ContrastiveLoss",
    "NegativeLogAbsoluteErrorLoss",
    "PermutationInvariantLoss",
    "SoftCrossEntropyLoss",
    "SquaredErrorLoss",
    "WassersteinLoss",
]
