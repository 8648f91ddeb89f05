"""Neural localizers: a network, an encoding of the target and a loss."""

from sslearn.deep_learning._base import TorchEstimator
from sslearn.deep_learning._inputs import BatchTransformEstimator
from sslearn.deep_learning._loading import made_ahead as made_ahead
from sslearn.deep_learning._localizer import NeuralLocalizer
from sslearn.deep_learning._stream import FrameStream
from sslearn.deep_learning._task import Task
from sslearn.deep_learning._track import nearest_scores as nearest_scores
from sslearn.deep_learning._training import Training

__all__ = [
    "BatchTransformEstimator",
    "FrameStream",
    "NeuralLocalizer",
    "Task",
    "TorchEstimator",
    "Training",
]
