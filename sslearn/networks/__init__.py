"""Recipes of networks: hyper-parameters that become a torch module when `fit` builds them."""

from sslearn.networks._backbone import Backbone, feature_shape, make_backbone
from sslearn.networks._base import NetworkRecipe
from sslearn.networks._crnn import CRNN
from sslearn.networks._efficientnet import EfficientNetLite0
from sslearn.networks._fnssl import FNSSL
from sslearn.networks._histogram_net import HistogramNet
from sslearn.networks._icodoa import IcoDOA
from sslearn.networks._ipdnet import IPDNet
from sslearn.networks._ipdnet2 import IPDNet2
from sslearn.networks._log_mel_statistics import LogMelStatistics
from sslearn.networks._masked_srp_net import N_SEGMENT_FRAMES as N_SEGMENT_FRAMES
from sslearn.networks._masked_srp_net import MaskedSRPNet
from sslearn.networks._masked_srp_net import masked_srp_grid as masked_srp_grid
from sslearn.networks._mlp import MLP
from sslearn.networks._pnn import PNN, PNNSplit
from sslearn.networks._predictive_coding import PredictiveCoding
from sslearn.networks._resnet import ResNet18
from sslearn.networks._scene_net import SceneNet
from sslearn.networks._snet import SNet, SNetSplit
from sslearn.networks._srp_dnn import SRPDNN
from sslearn.networks._state_files import model_card, packaged_weights
from sslearn.networks._tf_mamba import TFMamba
from sslearn.networks._vgg import VGG16, VGGish

__all__ = [  # noqa: RUF022
    "Backbone",
    "CRNN",
    "EfficientNetLite0",
    "FNSSL",
    "HistogramNet",
    "IPDNet",
    "IPDNet2",
    "IcoDOA",
    "LogMelStatistics",
    "MLP",
    "MaskedSRPNet",
    "NetworkRecipe",
    "PNN",
    "PNNSplit",
    "PredictiveCoding",
    "ResNet18",
    "SNet",
    "SNetSplit",
    "SRPDNN",
    "SceneNet",
    "TFMamba",
    "VGG16",
    "VGGish",
    "feature_shape",
    "make_backbone",
    "model_card",
    "packaged_weights",
]
