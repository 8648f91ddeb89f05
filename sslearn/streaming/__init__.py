"""Localization in audio that arrives chunk by chunk, and tracks of talkers in its directions."""

from sslearn.streaming._localizer import StreamedDirections, StreamingLocalizer
from sslearn.streaming._tracker import DirectionTracker, TrackedDirections

__all__ = ["DirectionTracker", "StreamedDirections", "StreamingLocalizer", "TrackedDirections"]
