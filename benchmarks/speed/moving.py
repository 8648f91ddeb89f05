"""Processor time of clips with moving sources beside clips with sources that stay.

Clips of 4 s with two sources and five microphones, in rooms with T60 of 0.2 to 0.8 s.
"""

from functools import partial

import numpy as np

from benchmarks.timing import compared
from sslearn.datasets import make_shoebox, make_shoebox_rooms
from sslearn.geometry import circular_array
from sslearn.simulation import Overlap, Trajectories

MICS = np.vstack([np.zeros((1, 3)), circular_array(4, 0.03)])
N_CLIPS, N_REPEATS = 20, 3
CASES = {
    "moving": {"trajectories": Trajectories()},
    "half of them moving": {"trajectories": Trajectories(moving=0.5)},
    "moving and overlapping": {"trajectories": Trajectories(), "overlap": Overlap()},
}


def measure(run):
    """Time of each kind of movement beside sources that stay, with and without a diffuse tail."""
    n_clips, n_rounds = (2, 1) if run.quick else (N_CLIPS, N_REPEATS)
    rooms = make_shoebox_rooms(
        20, dimensions=((4.0, 4.0, 2.5), (10.0, 10.0, 4.0)), t60=(0.2, 0.8), random_state=0
    )
    make = partial(
        make_shoebox, n_clips, mic_positions=MICS, rooms=rooms, n_sources=2, duration=4.0,
        random_state=0,
    )  # fmt: skip
    for name, mixing_time in (("image sources", None), ("diffuse tail", "auto")):
        stay = partial(make, mixing_time=mixing_time)
        for case, params in CASES.items():
            figures = compared(partial(stay, **params), stay, n_rounds, n=n_clips)
            settings = {"what": f"clip of 4 s, {name}, {case}", "against": "sources that stay"}
            run.add(settings, figures)
