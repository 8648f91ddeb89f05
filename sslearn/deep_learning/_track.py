"""Lengths of clips, and the times, scores and labels of a track."""

import numpy as np
import pandas as pd

from sslearn.geometry import angles_to_unit_vectors
from sslearn.utils import audio_info, holds_paths, recall


def seconds_or_times(samples):
    """Lengths of clips, equal for clips of the same length.

    Parameters
    ----------
    samples : list of str, of tuples of str, or of ndarray
        Paths or clips.

    Returns
    -------
    lengths : ndarray of shape (n_samples,)
        Seconds of files, and numbers of times of clips.
    """
    if not holds_paths(samples):
        return np.array([clip.shape[-1] for clip in samples])
    infos = [audio_info(path) for path in samples]
    return np.array([info.n_times / info.fs for info in infos])


def clip_durations(samples, batch_transform):
    """Seconds of each clip that an AudioReader leaves of it.

    Parameters
    ----------
    samples : ndarray or list
        Audio or paths.
    batch_transform : transformer or None
        Steps, of which one may have the sampling rate.

    Returns
    -------
    durations : ndarray of shape (n_samples,)
        Seconds.

    Raises
    ------
    ValueError
        If the sampling rate is not known.
    """
    steps = [step for _, step in getattr(batch_transform, "steps", [("", batch_transform)])]
    if holds_paths(samples):
        durations = seconds_or_times(samples)
    else:
        rates = [recall(samples).fs, *(getattr(step, "fs", None) for step in steps)]
        fs = next((rate for rate in rates if rate is not None), None)
        if fs is None:
            raise ValueError(
                "predict_track needs the sampling rate of X, and no step of batch_transform has "
                f"fs; got batch_transform={batch_transform}. Put AudioReader(fs) first, or use "
                "predict_frames, which numbers the frames."
            )
        durations = np.array([clip.shape[-1] / fs for clip in samples])
    durations = durations - getattr(steps[0], "offset", 0.0)
    return np.minimum(durations, getattr(steps[0], "duration", None) or np.inf)


def common_duration(samples, batch_transform):
    """Seconds of clips that an AudioReader leaves of each.

    Parameters
    ----------
    samples : ndarray or list
        Audio or paths.
    batch_transform : transformer or None
        Steps, of which one may have the sampling rate.

    Returns
    -------
    duration : float or None
        None if the clips differ in length, are not audio, or the sampling rate is not known.
    """
    try:
        durations = clip_durations(samples, batch_transform)
    except ValueError:
        return None
    return None if np.ptp(durations) else float(durations[0])


def part_middles(durations, n_parts):
    """Middles of the equal parts of clips.

    Parameters
    ----------
    durations : ndarray of shape (n_samples,)
        Seconds.
    n_parts : int
        Number of parts of each clip.

    Returns
    -------
    times : ndarray of shape (n_samples, n_parts)
        Seconds.
    """
    return (np.arange(n_parts) + 0.5) / n_parts * durations[:, None]


def nearest_scores(tracks, outputs, grid):
    """Score of the direction of the grid that is nearest to each source.

    Parameters
    ----------
    tracks : ndarray of shape (n_samples, n_frames, n_sources, n_angles)
        Directions in degrees, NaN where a source is absent.
    outputs : ndarray of shape (n_samples, n_frames, n_directions) or \
(n_samples, n_frames, n_sources, n_directions)
        Scores of the grid, of all sources together or of each.
    grid : ndarray of shape (n_directions,) or (n_directions, 2)
        Directions in degrees.

    Returns
    -------
    scores : ndarray of shape (n_samples, n_frames, n_sources)
        Scores.
    """
    # Cosines of the angles to the grid, (n_samples, n_frames, n_sources, n_directions).
    near = angles_to_unit_vectors(np.nan_to_num(tracks)) @ angles_to_unit_vectors(grid).T
    nearest = near.argmax(axis=-1)[..., None]
    outputs = outputs[:, :, None] if outputs.ndim == 3 else outputs
    outputs = np.broadcast_to(outputs, near.shape)
    return np.take_along_axis(outputs, nearest, axis=-1)[..., 0]


def labelled(tables, labels):
    """Join tables of numbered samples in their order, and label the samples.

    Parameters
    ----------
    tables : list of DataFrame
        Tracks with the numbers of the samples in column ``sample``.
    labels : sequence or None
        Label of each number.

    Returns
    -------
    table : DataFrame
        All rows, by sample and time.
    """
    table = pd.concat(tables).sort_values(["sample", "time", "source"], ignore_index=True)
    if labels is not None:
        table["sample"] = pd.Index(labels).take(table["sample"])
    return table
