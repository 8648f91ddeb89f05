import warnings

import numpy as np
from joblib import Parallel, delayed

from sslearn.exceptions import SilenceWarning
from sslearn.utils import track


def render_plan(render_chunk, plan, scene, key, *, n_chunk, memory, n_jobs, verbose):
    """Render a plan chunk by chunk, in parallel and through the cache.

    Parameters
    ----------
    render_chunk : callable
        Function ``(key, start, stop, plan, scene)`` of a module that returns the data of the
        samples from ``start`` to ``stop`` and the indices of the silent ones; ``plan`` holds
        their rows. All arguments but ``scene`` tell a cached chunk from others.
    plan : DataFrame
        What was drawn, one row per sample.
    scene : object
        What all chunks share.
    key : str or None
        Hash of what a chunk depends on besides its part of the plan; None without a cache.
    n_chunk : int
        Samples in a chunk.
    memory : joblib.Memory
        Cache.
    n_jobs : int or None
        Number of joblib workers.
    verbose : int
        Whether a progress bar is shown.

    Returns
    -------
    X : ndarray of shape (n_samples, ...)
        Data of all samples.
    silent : list of int
        Samples whose source is silent.
    """
    render = memory.cache(render_chunk, ignore=["scene"])
    starts = range(0, len(plan), n_chunk)
    chunks = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(render)(key, start, min(start + n_chunk, len(plan)), part, scene)
        for start in starts
        # A slice keeps the strides of the whole plan, which would tell it from the same rows of a
        # longer plan: a copy does not.
        for part in [plan.iloc[start : start + n_chunk].copy()]
    )
    X, silent = None, []
    tracked = track(chunks, "Rendering", total=len(starts), verbose=verbose)
    for start, (chunk, silent_there) in zip(starts, tracked, strict=True):
        if X is None:
            X = np.empty((len(plan), *chunk.shape[1:]), dtype=chunk.dtype)
        X[start : start + len(chunk)] = chunk
        silent += silent_there
    return X, silent


def warn_of_silence(silent, source):
    """Warn, for the caller of the caller's caller, that clips are silent.

    Parameters
    ----------
    silent : list of int
        Their numbers; no warning if empty.
    source : callable
        Gives the source of a clip, for the message.
    """
    if silent:
        warnings.warn(
            f"The sources of {len(silent)} clips are digital silence, first clip {silent[0]} "
            f"(source {source(silent[0])}).",
            SilenceWarning,
            stacklevel=4,
        )
