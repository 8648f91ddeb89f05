"""Rooms, sounds, noise, placement and receivers: everything that clips are simulated from."""

from sslearn.simulation._head import resample_hrirs
from sslearn.simulation._interpolation import interpolate_hrirs
from sslearn.simulation._rooms import make_shoebox_rooms
from sslearn.simulation._structural import structural_hrirs

__all__ = ["interpolate_hrirs", "make_shoebox_rooms", "resample_hrirs", "structural_hrirs"]
