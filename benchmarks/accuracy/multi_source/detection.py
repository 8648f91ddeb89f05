"""Directions with scores in each frame, and the threshold on the score that detects sources."""

import warnings
from dataclasses import dataclass

import numpy as np
import torch

from benchmarks.accuracy.multi_source.data import FRAME
from sslearn.encoding import UnitVectorEncoding
from sslearn.exceptions import ArrayMismatchWarning
from sslearn.metrics import (
    detection_error,
    false_alarm_rate,
    matched_angular_error,
    missed_detection_rate,
)

TOLERANCE = 5.0
_BATCH = 8  # clips of a forward pass


@dataclass
class Found:
    """Azimuths (n_clips, n_frames, n_sources), and scores that tell whether they are sources."""

    azimuth: np.ndarray
    score: np.ndarray

    def tracks(self, threshold):
        """Tracks (n_clips, n_frames, n_sources, 1), NaN where the score is not above a limit."""
        return np.where(self.score > threshold, self.azimuth, np.nan)[..., None]


def find_sources(localizer, X):
    """Best directions of all tracks of a trained localizer, whether a source is there or not.

    Parameters
    ----------
    localizer : NeuralLocalizer
        Fitted localizer of tracks.
    X : ndarray of shape (n_clips, n_mics, n_times)
        Audio.

    Returns
    -------
    found : Found
        Scores are those that the threshold of the encoding is compared with.
    """
    encoding, parts = localizer.encoding_, []
    device = next(localizer.module_.parameters()).device
    for start in range(0, len(X), _BATCH):
        maps = localizer.batch_transform_.transform(np.asarray(X[start : start + _BATCH]))
        with torch.inference_mode():
            outputs = localizer.module_(torch.from_numpy(maps).to(device))
        parts.append(_match(encoding, outputs.cpu().numpy()))
    return Found(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _match(encoding, outputs):
    """Azimuths and scores of outputs of a network."""
    if isinstance(encoding, UnitVectorEncoding):
        azimuth = np.rad2deg(np.arctan2(outputs[..., 1], outputs[..., 0]))
        return azimuth, np.linalg.norm(outputs, axis=-1)
    y, scores = encoding.match(outputs)
    return y[..., 0], scores


def find_peaks(localizer, X, n_frames, n_repeats):
    """Highest peaks of a classical localizer in each block of frames.

    Parameters
    ----------
    localizer : SpectrumLocalizer
        Fitted localizer with blocks of ``n_repeats`` frames of y.
    X : ndarray of shape (n_clips, n_mics, n_times)
        Audio.
    n_frames : int
        Number of frames of y.
    n_repeats : int
        Frames of y that a block stands for.

    Returns
    -------
    found : Found
        Scores are the heights of the peaks, minus infinity where there is none.
    """
    with warnings.catch_warnings():
        # The check of the recording takes two talkers in noise for a fault of the array.
        warnings.simplefilter("ignore", ArrayMismatchWarning)
        table = localizer.predict_track(np.asarray(X))
    shape = len(X), -(-n_frames // n_repeats), localizer.n_sources
    azimuth, score = np.zeros(shape), np.full(shape, -np.inf)
    block = (table["time"] / (n_repeats * FRAME)).astype(int)
    table = table[block < shape[1]]
    rows = table["sample"], block[block < shape[1]], table["source"]
    azimuth[rows], score[rows] = table["azimuth"], table["score"]
    return Found(*(np.repeat(a, n_repeats, axis=1)[:, :n_frames] for a in (azimuth, score)))


def choose_threshold(found, y, thresholds):
    """Threshold with the least root of squared missed detections and false alarms.

    Parameters
    ----------
    found : Found
        Directions in clips of validation.
    y : ndarray of shape (n_clips, n_frames, 2, 1)
        True tracks.
    thresholds : array-like
        Candidates.

    Returns
    -------
    threshold : float
        The best of them.
    error : float
        Its error.
    """
    errors = [
        detection_error(y, found.tracks(threshold), active_only=True, tolerance=TOLERANCE)
        for threshold in thresholds
    ]
    best = int(np.argmin(errors))
    return float(thresholds[best]), errors[best]


def quantiles(found, n=51):
    """Candidates for a threshold where the scores have no natural scale."""
    return np.quantile(found.score[np.isfinite(found.score)], np.linspace(0, 0.98, n))


def figures(y, tracks):
    """Missed sources and false alarms in percent, error of hits in degrees: pooled, per clip."""
    return pooled(y, tracks) | {
        f"{name} per clip": value for name, value in pooled(y, tracks, "clips").items()
    }


def pooled(y, tracks, average="pooled"):
    """The same, pooled over all frames or averaged over clips."""
    options = {"average": average, "tolerance": TOLERANCE}
    return {
        "missed": 100 * missed_detection_rate(y, tracks, **options),
        "false alarms": 100 * false_alarm_rate(y, tracks, active_only=True, **options),
        "error": matched_angular_error(y, tracks, **options),
    }
