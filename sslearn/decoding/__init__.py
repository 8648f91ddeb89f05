"""Decoders of a spectrum over the directions of a grid into directions."""

from sslearn.decoding._adjacent import AdjacentDecoder
from sslearn.decoding._argmax import ArgmaxDecoder
from sslearn.decoding._base import Decoder
from sslearn.decoding._mean import MeanDecoder
from sslearn.decoding._mean import open_positions as open_positions
from sslearn.decoding._peaks import PeakDecoder

__all__ = ["AdjacentDecoder", "ArgmaxDecoder", "Decoder", "MeanDecoder", "PeakDecoder"]
