"""Displays: data in ``__init__``, drawing in ``plot``."""

from sslearn.plotting._embedding import EmbeddingDisplay
from sslearn.plotting._localization_error import LocalizationErrorDisplay
from sslearn.plotting._mask import MaskDisplay
from sslearn.plotting._mic_array import MicArrayDisplay
from sslearn.plotting._prediction_set import PredictionSetDisplay
from sslearn.plotting._similarity_map import SimilarityMapDisplay
from sslearn.plotting._spatial_spectrum import SpatialSpectrumDisplay
from sslearn.plotting._track import TrackDisplay

__all__ = [
    "EmbeddingDisplay",
    "LocalizationErrorDisplay",
    "MaskDisplay",
    "MicArrayDisplay",
    "PredictionSetDisplay",
    "SimilarityMapDisplay",
    "SpatialSpectrumDisplay",
    "TrackDisplay",
]
