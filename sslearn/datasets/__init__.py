"""Generators, room simulation and loaders; foreign conventions end here."""

from sslearn.datasets._cipic import list_cipic_subjects, load_cipic
from sslearn.datasets._head import resample_hrirs
from sslearn.datasets._plane_waves import make_plane_waves
from sslearn.datasets._sofa import load_sofa
from sslearn.datasets._structural import structural_hrirs

__all__ = [
    "list_cipic_subjects",
    "load_cipic",
    "load_sofa",
    "make_plane_waves",
    "resample_hrirs",
    "structural_hrirs",
]
