"""Localizers that are trained: a network, an encoding of the target and a loss."""

from sslearn.deep_learning._localizer import NeuralLocalizer
from sslearn.deep_learning._stream import FrameStream

__all__ = ["FrameStream", "NeuralLocalizer"]
