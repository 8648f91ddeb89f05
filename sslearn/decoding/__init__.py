"""From a spectrum over the directions of a grid to directions."""

from sslearn.decoding._decoders import (
    AdjacentDecoder,
    ArgmaxDecoder,
    Decoder,
    MeanDecoder,
    PeakDecoder,
)

__all__ = ["AdjacentDecoder", "ArgmaxDecoder", "Decoder", "MeanDecoder", "PeakDecoder"]
