"""Sound source localization in pictures: where in the picture is the sound."""

from sslearn.audiovisual._augmentation import ImageAugmentation
from sslearn.audiovisual._base import AudioVisualLocalizer
from sslearn.audiovisual._pairs import Pairs as Pairs
from sslearn.audiovisual._sacl import SemanticContrastiveLocalizer
from sslearn.audiovisual._sspl import PredictiveAudioVisualLocalizer
from sslearn.audiovisual._window_contrast import WindowContrast

__all__ = [
    "AudioVisualLocalizer",
    "ImageAugmentation",
    "PredictiveAudioVisualLocalizer",
    "SemanticContrastiveLocalizer",
    "WindowContrast",
]
