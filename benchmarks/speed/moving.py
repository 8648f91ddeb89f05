"""CPU time of clips with moving sources beside clips with sources that stay.

Run ``python -m benchmarks.speed.moving``: for clips of 4 s with two sources and five microphones,
in rooms with reverberation times of 0.2 to 0.8 s, it prints the time per clip of ``make_shoebox``
with image sources to the end and with a diffuse tail, and its ratio to sources that stay.
"""

from functools import partial

import numpy as np

from benchmarks.timing import timed
from sslearn.datasets import make_shoebox, make_shoebox_rooms
from sslearn.geometry import circular_array
from sslearn.simulation import Overlap, Trajectories

MICS = np.vstack([np.zeros((1, 3)), circular_array(4, 0.03)])
N_CLIPS, N_REPEATS = 20, 3
CASES = {
    "staying": {},
    "moving": {"trajectories": Trajectories()},
    "half of them moving": {"trajectories": Trajectories(moving=0.5)},
    "moving and overlapping": {"trajectories": Trajectories(), "overlap": Overlap()},
}


def seconds_per_clip(rooms, **params):
    """Least CPU time per clip of some calls, in seconds."""
    make = partial(
        make_shoebox, N_CLIPS, mic_positions=MICS, rooms=rooms, n_sources=2, duration=4.0,
        random_state=0, **params,
    )  # fmt: skip
    return timed([make], N_REPEATS).min() / N_CLIPS


def main():
    """Print the table."""
    rooms = make_shoebox_rooms(
        20, dimensions=((4.0, 4.0, 2.5), (10.0, 10.0, 4.0)), t60=(0.2, 0.8), random_state=0
    )
    first = None
    for name, mixing_time in (("image sources", None), ("diffuse tail", "auto")):
        for case, params in CASES.items():
            seconds = seconds_per_clip(rooms, mixing_time=mixing_time, **params)
            first = seconds if case == "staying" else first
            print(f"{name}, {case}: {seconds:.3f} s per clip, ratio {seconds / first:.1f}")


if __name__ == "__main__":
    main()
