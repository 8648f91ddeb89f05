"""Sound source localization as scikit-learn estimators."""

import importlib

__version__ = "0.1.0.dev0"

_ROOMS = (
    "audiovisual",
    "base",
    "calibration",
    "datasets",
    "decoding",
    "deep_learning",
    "doa",
    "embedding",
    "encoding",
    "ensemble",
    "exceptions",
    "features",
    "geometry",
    "losses",
    "metrics",
    "model_selection",
    "neighbors",
    "networks",
    "persistence",
    "plotting",
    "recipes",
    "simulation",
    "streaming",
    "utils",
)

# Functions at the top, and the rooms that they are from.
_FUNCTIONS = {"load": "persistence", "save": "persistence", "show_versions": "utils"}

__all__ = ["__version__", *_FUNCTIONS, *_ROOMS]


def __getattr__(name):
    # Rooms are imported on first use, so that `import sslearn` imports no torch.
    if name in _ROOMS:
        return importlib.import_module(f"sslearn.{name}")
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(f"sslearn.{_FUNCTIONS[name]}"), name)
    raise AttributeError(f"module 'sslearn' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_ROOMS, *_FUNCTIONS])
