"""Simulation of clips: rooms, sounds, noise, placement and receivers."""

from sslearn.simulation._ambisonic_receiver import AmbisonicReceiver
from sslearn.simulation._head import make_head, resample_hrirs
from sslearn.simulation._head_receiver import HeadReceiver
from sslearn.simulation._interpolation import interpolate_hrirs
from sslearn.simulation._measured import simulate_responses
from sslearn.simulation._noise import Interferer, Noise
from sslearn.simulation._overlap import Overlap
from sslearn.simulation._placement import Placement
from sslearn.simulation._receivers import ArrayReceiver
from sslearn.simulation._rooms import ShoeboxRooms, make_shoebox_rooms
from sslearn.simulation._simulate import simulate
from sslearn.simulation._sounds import Sounds
from sslearn.simulation._store import open_store
from sslearn.simulation._structural import structural_hrirs
from sslearn.simulation._trajectories import Trajectories

__all__ = [
    "AmbisonicReceiver",
    "ArrayReceiver",
    "HeadReceiver",
    "Interferer",
    "Noise",
    "Overlap",
    "Placement",
    "ShoeboxRooms",
    "Sounds",
    "Trajectories",
    "interpolate_hrirs",
    "make_head",
    "make_shoebox_rooms",
    "open_store",
    "resample_hrirs",
    "simulate",
    "simulate_responses",
    "structural_hrirs",
]
