"""Named warnings and errors, so that each can be filtered or caught on its own."""

from sklearn.exceptions import ConvergenceWarning

__all__ = [
    "AmbiguityWarning",
    "AngleUnitWarning",
    "ArrayMismatchWarning",
    "CollapsedEmbeddingWarning",
    "DeafMapWarning",
    "DurationWarning",
    "MissingDataWarning",
    "ModelFileError",
    "ModelVersionWarning",
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


class CollapsedEmbeddingWarning(ConvergenceWarning):
    """Training ended with nearly the same embedding for all samples."""


class DeafMapWarning(ConvergenceWarning):
    """Training ended with maps of sounds in pictures that hardly depend on the sound."""


class DurationWarning(UserWarning):
    """A simulation will take more than a minute."""


class MissingDataWarning(UserWarning):
    """Files or boxes of a dataset are missing or useless, and left out."""


class ModelFileError(ValueError):
    """A file is not a model, is damaged or of a newer format, or holds untrusted names."""


class ModelVersionWarning(UserWarning):
    """A model was written by a newer version of sslearn."""


class SilenceWarning(UserWarning):
    """A clip or a channel is digital silence, which has no direction."""


class SpatialAliasingWarning(UserWarning):
    """The microphones are too far apart for the frequencies in use."""


class UncertaintyWarning(UserWarning):
    """A prediction is a vector of nearly zero length, whose direction is uncertain."""
