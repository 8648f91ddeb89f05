"""Localization in audio that arrives chunk by chunk, and tracks of talkers in its directions."""

from sslearn.streaming._localizer import StreamedDirections, StreamingLocalizer

__all__ = ["StreamedDirections", "StreamingLocalizer"]
