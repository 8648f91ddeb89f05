"""Displays: data in ``__init__``, drawing in ``plot``."""

from sslearn.plotting._embedding import EmbeddingDisplay
from sslearn.plotting._localization_error import LocalizationErrorDisplay

__all__ = ["EmbeddingDisplay", "LocalizationErrorDisplay"]
