"""Generators, room simulation and loaders; foreign conventions end here."""

from sslearn.datasets._plane_waves import make_plane_waves

__all__ = ["make_plane_waves"]
