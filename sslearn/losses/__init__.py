"""Losses of networks: criteria on torch tensors, given as an object or by a short name."""

from sslearn.losses._angular import AngularLoss
from sslearn.losses._classification import (
    BinaryCrossEntropyLoss,
    GibbsWeightedLoss,
    NegativeLogAbsoluteErrorLoss,
    SoftCrossEntropyLoss,
    WassersteinLoss,
)
from sslearn.losses._contrastive import ContrastiveLoss
from sslearn.losses._cosine import NegativeCosineLoss
from sslearn.losses._false_negatives import FalseNegativeContrastiveLoss
from sslearn.losses._mixture import MixtureLoss, mixed_loss
from sslearn.losses._nt_xent import NTXentLoss
from sslearn.losses._permutation import PermutationInvariantLoss
from sslearn.losses._regression import SquaredErrorLoss
from sslearn.losses._short_names import get_loss, get_loss_names

__all__ = [
    "AngularLoss",
    "BinaryCrossEntropyLoss",
    "ContrastiveLoss",
    "FalseNegativeContrastiveLoss",
    "GibbsWeightedLoss",
    "MixtureLoss",
    "NTXentLoss",
    "NegativeCosineLoss",
    "NegativeLogAbsoluteErrorLoss",
    "PermutationInvariantLoss",
    "SoftCrossEntropyLoss",
    "SquaredErrorLoss",
    "WassersteinLoss",
    "get_loss",
    "get_loss_names",
    "mixed_loss",
]
