"""Encodings of directions as training targets: transformers of y and their inverses."""

from sslearn.decoding import (
    AdjacentDecoder,
    ArgmaxDecoder,
    MeanDecoder,
    PeakDecoder,
)
from sslearn.encoding._angle import AngleEncoding
from sslearn.encoding._base import Encoding
from sslearn.encoding._grid import GridEncoding
from sslearn.encoding._ipd import IPDEncoding, SummedIPDEncoding
from sslearn.encoding._labels import (
    GaussianEncoding,
    GibbsWeightedEncoding,
    OneHotEncoding,
    SoftEncoding,
    UnbiasedEncoding,
)
from sslearn.encoding._likelihood import LikelihoodEncoding
from sslearn.encoding._mixed import MixedEncoding
from sslearn.encoding._output_spec import OutputSpec
from sslearn.encoding._unit_vector import UnitVectorEncoding

__all__ = [
    "AdjacentDecoder",
    "AngleEncoding",
    "ArgmaxDecoder",
    "Encoding",
    "GaussianEncoding",
    "GibbsWeightedEncoding",
    "GridEncoding",
    "IPDEncoding",
    "LikelihoodEncoding",
    "MeanDecoder",
    "MixedEncoding",
    "OneHotEncoding",
    "OutputSpec",
    "PeakDecoder",
    "SoftEncoding",
    "SummedIPDEncoding",
    "UnbiasedEncoding",
    "UnitVectorEncoding",
]
