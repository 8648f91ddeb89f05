import warnings
from functools import partial
from itertools import chain

import numpy as np
import pandas as pd
from joblib import effective_n_jobs, hash

from sslearn.exceptions import SilenceWarning
from sslearn.simulation._cache import chunk_key, is_cached, through_cache
from sslearn.simulation._duration import announce_duration
from sslearn.simulation._scene import render_clip
from sslearn.utils import fit_batch_transform, keep_freed_memory, run_parallel, track

CHUNK = 64  # clips rendered, transformed and cached together
CHUNK_BYTES = 2**26  # most audio of a chunk


def chunk_length(scene):
    """Number of clips that are rendered together."""
    n_bytes = 4 * scene.receiver.n_channels * scene.n_times
    return int(np.clip(CHUNK_BYTES // n_bytes, 1, CHUNK))


def render_plan(plan, target, scene, batch_transform, clips, *, memory, n_jobs, verbose):
    """Render a plan chunk by chunk, in parallel and through the cache.

    Parameters
    ----------
    plan : DataFrame
        Random draws, one row per sample.
    target : ndarray of shape (n_samples, ...)
        Directions of all sources, in all frames if there are frames.
    scene : Scene
        Settings that all samples share.
    batch_transform : transformer or None
        Fitted on the first chunk, applied to each.
    clips : ClipArrays
        Receives ``data``, ``target`` (NaN where a source is silent in a frame) and ``silent`` of
        each chunk that it does not have.
    memory : joblib.Memory
        Cache.
    n_jobs : int or None
        Number of joblib workers.
    verbose : int
        Whether a progress bar is shown, with an estimate of the time.

    Warns
    -----
    SilenceWarning
        If a source of a clip is digital silence.
    """
    key = None if memory.location is None else chunk_key(scene.key, batch_transform)
    n_chunk = chunk_length(scene)
    starts = range(0, len(plan), n_chunk)
    # joblib hashes strides, and a slice keeps those of the whole plan: the copy makes the key of
    # a chunk independent of n_samples.
    parts = [(start, plan.iloc[start : start + n_chunk].copy()) for start in starts]
    missing = [part for part in parts if not clips.has(part[0])]
    fitted, first = None, []
    if missing and batch_transform is not None:
        fit_chunk = through_cache(memory, _fit_chunk)
        fitted, chunk = fit_chunk(key, *parts[0], scene, batch_transform)
        # Through the fitted transformer, every other chunk depends on the first.
        key = None if key is None else hash((key, parts[0]))
        first, missing = [(0, chunk)], [part for part in missing if part[0] > 0]
    render_chunk = through_cache(memory, _render_chunk)
    description = _announce(
        [part for part in missing if not is_cached(render_chunk, key, *part, scene, fitted)],
        scene, fitted, n_jobs=n_jobs, verbose=verbose,
    )  # fmt: skip
    calls = [partial(render_chunk, key, *part, scene, fitted) for part in missing]
    results = _results(calls, n_jobs, clips.ahead)
    done = chain(first, zip((start for start, _ in missing), results, strict=True))
    tracked = track(done, description, total=len(first) + len(missing), verbose=verbose)
    for start, (X, silent, active) in tracked:
        y = target[start : start + len(X)]
        y = y if active is None else np.where(active[..., None], y, np.nan)
        clips.write(start, data=X, target=y, silent=silent)
    _warn_of_silence(np.flatnonzero(clips.arrays["silent"][:]), plan["source_0"])


def _results(calls, n_jobs, n_ahead):
    """Results of calls in their order; each worker is at most ``n_ahead`` chunks ahead.

    joblib alone would let workers run ahead of a slow disk without a bound.
    """
    step = len(calls) if n_ahead is None else n_ahead * effective_n_jobs(n_jobs)
    for start in range(0, len(calls), max(1, step)):
        yield from run_parallel(calls[start : start + step], n_jobs, return_as="generator")


def _announce(parts, scene, fitted, *, n_jobs, verbose):
    """Announce how long rendering takes, and return the text of the progress bar."""
    if not parts:
        return "Rendering"
    plan = pd.concat([part for _, part in parts])
    return announce_duration(
        plan,
        scene,
        lambda label: _render_chunk(None, label, plan.loc[[label]], scene, fitted),
        n_jobs=min(effective_n_jobs(n_jobs), len(parts)),
        verbose=verbose,
    )


def _fit_chunk(key, start, plan, scene, batch_transform):
    """Transformer fitted on a chunk, and the result of :func:`_render_chunk` for that chunk."""
    X, *found = _audio(start, plan, scene)
    fitted = fit_batch_transform(batch_transform, X, len(X))
    return fitted, (np.asarray(fitted.transform(X)), *found)


def _render_chunk(key, start, plan, scene, fitted):
    """Audio or features of the samples from ``start`` on, the silent ones, and the activity."""
    X, *found = _audio(start, plan, scene)
    return X if fitted is None else np.asarray(fitted.transform(X)), *found


def _audio(start, plan, scene):
    keep_freed_memory()
    X = np.empty((len(plan), scene.receiver.n_channels, scene.n_times), dtype=np.float32)
    silent, active = np.zeros(len(plan), dtype=bool), []
    for i, row in enumerate(plan.itertuples()):
        X[i], silent[i], active_there = render_clip(scene, row, start + i)
        active.append(active_there)
    return X, silent, None if active[0] is None else np.stack(active)


def _warn_of_silence(silent, source):
    """Warn about clips with a silent source, given by their indices."""
    if len(silent):
        warnings.warn(
            f"The sources of {len(silent)} clips are digital silence, first clip {silent[0]} "
            f"(source {source[silent[0]]}).",
            SilenceWarning,
            stacklevel=6,  # the line that calls a make_* function
        )
