"""What the target looks like to a network: transformers of y and their inverses."""

from sslearn.encoding._angle import AngleEncoding
from sslearn.encoding._decoders import (
    AdjacentDecoder,
    ArgmaxDecoder,
    MeanDecoder,
    PeakDecoder,
)
from sslearn.encoding._unit_vector import UnitVectorEncoding

__all__ = [
    "AdjacentDecoder",
    "AngleEncoding",
    "ArgmaxDecoder",
    "MeanDecoder",
    "PeakDecoder",
    "UnitVectorEncoding",
]
