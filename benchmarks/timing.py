"""Times of functions that take turns."""

import time

import numpy as np


def timed(functions, n_rounds, clock=time.process_time):
    """Times (n_rounds, n_functions) in seconds; turns alternate, so that load hits all alike."""
    times = np.empty((n_rounds, len(functions)))
    for row in times:
        for i, function in enumerate(functions):
            start = clock()
            function()
            row[i] = clock() - start
    return times
