"""Times of functions that take turns, and memory of processes of their own."""

import multiprocessing
import re
import resource
import time
from pathlib import Path

import numpy as np


def timed(functions, n_rounds, clock=time.process_time):
    """Times of functions in seconds.

    Processor time is disturbed less than the clock on the wall by other programs, and functions
    that take turns are disturbed alike.

    Parameters
    ----------
    functions : list of callable
        Functions without arguments.
    n_rounds : int
        How often each of them is called.
    clock : callable, default=time.process_time
        Function that returns seconds.

    Returns
    -------
    times : ndarray of shape (n_rounds, n_functions)
        Seconds of each call.
    """
    times = np.empty((n_rounds, len(functions)))
    for row in times:
        for i, function in enumerate(functions):
            start = clock()
            function()
            row[i] = clock() - start
    return times


def compared(ours, theirs, n_rounds, clock=time.process_time, n=1):
    """Median times of two functions, and the median of their ratios in each round.

    Parameters
    ----------
    ours, theirs : callable
        Functions without arguments that do the same work.
    n_rounds : int
        How often each of them is called.
    clock : callable, default=time.process_time
        Function that returns seconds.
    n : int, default=1
        Number of clips, steps or the like in one call; times are given for one.

    Returns
    -------
    figures : dict
        ``ours`` and ``theirs`` in ms; ``ratio`` of ours to theirs, and ``gain``, the inverse.
    """
    times = timed([ours, theirs], n_rounds, clock)
    mine, other = 1e3 * np.median(times, axis=0) / n
    ratios = times[:, 0] / times[:, 1]
    figures = {"ours": mine, "theirs": other}
    return figures | {"ratio": np.median(ratios), "gain": np.median(1 / ratios)}


def peak_memory():
    """Largest resident memory of this process so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # elsewhere the figure may include the parent's
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def in_new_process(function, *args):
    """Result of a function in a process of its own, whose memory nothing else has filled."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, args)
