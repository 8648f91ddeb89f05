"""Estimate of the rendering time, from a few clips and the sizes of the rooms."""

import warnings
from time import perf_counter

import numpy as np
import pandas as pd

from sslearn.exceptions import DurationWarning
from sslearn.simulation._scene import image_sources

_LEAST = 50  # clips, from which rendering a few more for an estimate is worth it
_SHORT, _LONG = 10.0, 60.0  # s: a shorter time is not shown, a longer one is a warning
_STEADY = 0.05  # s over which fast clips are averaged


def announce_duration(plan, scene, render, *, n_jobs, verbose):
    """Announce the rendering time: in the progress bar, or without one in a warning if it is long.

    Parameters
    ----------
    plan : DataFrame
        Samples to render, one row each.
    scene : Scene
        Settings that all samples share.
    render : callable
        Renders one sample, given its label in ``plan``.
    n_jobs : int
        Number of workers.
    verbose : int
        Whether there is a progress bar.

    Returns
    -------
    description : str
        Text of the progress bar.

    Warns
    -----
    DurationWarning
        If it will take more than a minute and there is no progress bar.
    """
    seconds = _estimate(plan, scene, render) / n_jobs if len(plan) >= _LEAST else 0.0
    if seconds < _SHORT:
        return "Rendering"
    if seconds > _LONG and not verbose:
        warnings.warn(
            f"Rendering {len(plan)} clips will take about {_say(seconds)}. verbose=1 shows the "
            "progress, n_jobs=-1 uses all cores, memory= makes the call resumable; "
            "warnings.simplefilter('ignore', DurationWarning) silences this message.",
            DurationWarning,
            stacklevel=7,  # the line that calls a make_* function
        )
    return f"Rendering (about {_say(seconds)})"


def _say(seconds):
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{round(seconds)} s"


def _estimate(plan, scene, render):
    """Seconds of one worker: linear in the number of image sources, from clips of two rooms."""
    work = pd.Series(_work(plan, scene), plan.index)
    heads = plan["head_row"] if "head_row" in plan else pd.Series(0, plan.index)
    others = heads.drop_duplicates().index[1:]
    one_head = work[heads == heads.iloc[0]].sort_values(kind="stable")
    few, many = one_head.index[[len(one_head) // 4, -(len(one_head) // 4) - 1]]
    # Upper bound: the first clip includes one-time costs. Most calls are short and end here.
    at_most = _seconds(render, few) * len(plan) * max(1.0, work.max() / max(work[few], 1.0))
    if at_most < _SHORT:
        return at_most
    building = (_seconds(render, others[0]) if len(others) else 0.0) * len(others)
    low, high = (_seconds(render, label, least=_STEADY) for label in (few, many))
    # Line through two clips, with few and with many image sources.
    step = work[many] - work[few]
    slope = max(0.0, (high - low) / step) if step else 0.0
    level = low if slope else (low + high) / 2
    return building + np.maximum(level + slope * (work - work[few]), 0.0).sum()


def _seconds(render, label, least=0.0):
    """Seconds to render a clip, averaged until ``least`` seconds are over."""
    start, n_clips, seconds = perf_counter(), 0, 0.0
    while not n_clips or seconds < least:
        render(label)
        n_clips, seconds = n_clips + 1, perf_counter() - start
    return seconds / n_clips


def _work(plan, scene):
    """Number of image sources of each sample, up to a factor."""
    if scene.rooms is None:
        return np.zeros(len(plan))
    work = {}
    for row in plan.drop_duplicates("room_row").itertuples():
        axes = image_sources(scene, row, 0).axes
        work[row.room_row] = float(np.prod([len(axis["offset"]) for axis in axes]))
    return plan["room_row"].map(work).to_numpy()
