"""Named warnings, so that each can be filtered or turned into an error on its own."""

__all__ = [
    "AmbiguityWarning",
    "SilenceWarning",
    "SpatialAliasingWarning",
    "UncertaintyWarning",
]


class AmbiguityWarning(UserWarning):
    """Two directions of the grid reach the microphones in the same way."""


class SilenceWarning(UserWarning):
    """A channel holds digital silence, so that nothing speaks for any direction."""


class SpatialAliasingWarning(UserWarning):
    """The microphones are too far apart for the frequencies in use."""


class UncertaintyWarning(UserWarning):
    """An answer is a vector of nearly no length, which has no direction to speak of."""
