"""What a network minimizes: criteria on torch tensors, usable by object or by short name."""

from sslearn.losses._contrastive import ContrastiveLoss
from sslearn.losses._regression import SquaredErrorLoss

__all__ = ["ContrastiveLoss", "SquaredErrorLoss"]
