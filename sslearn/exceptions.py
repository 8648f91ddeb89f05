"""Named warnings, so that each can be filtered or turned into an error on its own."""

__all__ = [
    "AmbiguityWarning",
    "AngleUnitWarning",
    "ArrayMismatchWarning",
    "DurationWarning",
    "SilenceWarning",
    "SpatialAliasingWarning",
    "UncertaintyWarning",
]


class AmbiguityWarning(UserWarning):
    """Two directions of the grid reach the microphones in the same way."""


class AngleUnitWarning(UserWarning):
    """Targets that should be in degrees look like radians."""


class ArrayMismatchWarning(UserWarning):
    """A recording does not fit the description of its array."""


class DurationWarning(UserWarning):
    """A simulation will take more than a minute."""


class SilenceWarning(UserWarning):
    """A clip or a channel is digital silence, which has no direction."""


class SpatialAliasingWarning(UserWarning):
    """The microphones are too far apart for the frequencies in use."""


class UncertaintyWarning(UserWarning):
    """A prediction is a vector of nearly zero length, whose direction is uncertain."""
