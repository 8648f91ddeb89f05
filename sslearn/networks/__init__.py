"""Recipes of networks: hyper-parameters that become a torch module when `fit` builds them."""

from sslearn.networks._base import NetworkRecipe
from sslearn.networks._mlp import MLP

__all__ = ["MLP", "NetworkRecipe"]
