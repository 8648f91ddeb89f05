"""Frames of y: their times, and which of them a source is active in."""

import numpy as np

FRAME = 0.1  # seconds


def count_frames(n_times, fs):
    """Number of whole frames of a clip; a frame may be a fraction of a sample longer."""
    # 0.3 / 0.1 is below 3 in floating point.
    n_frames = int(n_times / fs / FRAME + 1e-6)
    if n_frames == 0:
        raise ValueError(
            f"duration must be at least one frame of y, {FRAME} s, with trajectories or overlap; "
            f"got {n_times / fs:.3g} s."
        )
    return n_frames


def frame_times(n_frames):
    """Times (n_frames,) of the middles of the frames, in seconds."""
    return (np.arange(n_frames) + 0.5) * FRAME


def playing_frames(row, s, n_frames):
    """Frames (n_frames,) in which source ``s`` of a sample plays, bool; all without overlap."""
    plays = np.zeros(n_frames or 1, dtype=bool)
    plays[getattr(row, f"start_{s}", 0) : getattr(row, f"stop_{s}", None)] = True
    return plays


def cut_sound(sound, plays, fs):
    """Sound (n_times,) with zeros where its source does not play; the last frame may be longer."""
    if plays.all():
        return sound
    edges = _frame_edges(len(plays), fs)
    edges[-1] = len(sound)
    return sound * np.repeat(plays, np.diff(edges))


def _frame_edges(n_frames, fs):
    """Samples (n_frames + 1,) at which the frames begin, and the end of the last."""
    # Each edge is rounded on its own, so that the errors do not add up.
    return np.round(np.arange(n_frames + 1) * (FRAME * fs)).astype(int)


def find_active(direct, plays, threshold, fs):
    """Frames in which a source is active.

    Parameters
    ----------
    direct : ndarray of shape (n_channels, n_times)
        Direct sound of the source.
    plays : ndarray of shape (n_frames,)
        Frames in which the source plays, bool.
    threshold : float
        Level in dB relative to the mean of the frames in which it plays.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    active : ndarray of shape (n_frames,)
        Bool.
    """
    edges = _frame_edges(len(plays), fs)
    power = np.square(direct[:, : edges[-1]], dtype=float).mean(axis=0)
    power = np.add.reduceat(power, edges[:-1]) / np.diff(edges)
    mean = power[plays].sum() / max(1, plays.sum())
    # The mean of digital silence is 0, and power >= 0 holds there, too.
    return plays & (power > 0) & (power >= mean * 10 ** (threshold / 10))
