"""Recipes of networks: hyper-parameters that become a torch module when `fit` builds them."""

from sslearn.networks._base import NetworkRecipe
from sslearn.networks._crnn import CRNN
from sslearn.networks._fnssl import FNSSL
from sslearn.networks._histogram_net import HistogramNet
from sslearn.networks._icodoa import IcoDOA
from sslearn.networks._ipdnet import IPDNet
from sslearn.networks._ipdnet2 import IPDNet2
from sslearn.networks._mlp import MLP
from sslearn.networks._pnn import PNN, PNNSplit
from sslearn.networks._snet import SNet, SNetSplit
from sslearn.networks._srp_dnn import SRPDNN
from sslearn.networks._tf_mamba import TFMamba

__all__ = [  # noqa: RUF022
    "CRNN",
    "FNSSL",
    "HistogramNet",
    "IPDNet",
    "IPDNet2",
    "IcoDOA",
    "MLP",
    "NetworkRecipe",
    "PNN",
    "PNNSplit",
    "SNet",
    "SNetSplit",
    "SRPDNN",
    "TFMamba",
]
