"""A sliding window of audio, for localizers without a state."""

import warnings

import numpy as np
from sklearn.pipeline import Pipeline

from sslearn.deep_learning import nearest_scores
from sslearn.features import AudioReader
from sslearn.streaming._frames import DEFAULT_HOP
from sslearn.utils import split_pipeline

# Seconds of a window where neither it nor the length of the clips in fit is known.
_DEFAULT_WINDOW = 1.0
# Fitted estimators inside others.
_INNER = ("best_estimator_", "localizer_", "estimator_", "regressor_", "batch_transform_")


class WindowEngine:
    """Localization of audio in chunks by ``predict`` of the latest samples.

    Parameters
    ----------
    localizer : localizer
        Fitted localizer of audio (n_samples, n_channels, n_times).
    fs : float
        Sampling rate in Hz.
    hop : float or None
        Seconds between outputs.
    window : float or None
        Length of the window in seconds.

    Attributes
    ----------
    mode : "window"
        Name of the mode.
    period, first_time, latency, n_channels, nothing : object
        As those of FrameEngine. Without a known number of channels the last four are not known
        before the first chunk.

    Raises
    ------
    ValueError
        If the localizer does not take such audio.
    """

    mode = "window"

    def __init__(self, localizer, fs, hop, window):
        self._steps, self._last = split_pipeline(localizer)
        window = _fitted_window(localizer, self._last) if window is None else window
        self._fs, self._size = fs, max(1, round(window * fs))
        self._hop = max(1, round((min(DEFAULT_HOP, window) if hop is None else hop) * fs))
        if self._hop > self._size:
            raise ValueError(
                f"hop must be at most the window of {window:g} s; got {hop:g} s, which would leave "
                "samples out. Use a longer window."
            )
        self.period = self._hop / fs
        self.first_time = self.latency = np.nan
        self.nothing = np.empty((0, 1, 2))
        self.n_channels = _n_channels(localizer)
        self._is_tried = self.n_channels is not None
        if self._is_tried:
            self._try(self.n_channels)
        self.reset()

    def reset(self):
        """Start a new signal."""
        self._audio = None

    def step(self, audio):
        """Directions and scores (n_new, n_sources, n_angles + 1) of the windows now complete."""
        if not self._is_tried:
            self._try(len(audio))
            self._is_tried = True
        if self._audio is not None:
            audio = np.concatenate([self._audio, audio], axis=1)
        found, start = [self.nothing], 0
        while start + self._size <= audio.shape[1]:
            found.append(self._predict(audio[:, start : start + self._size])[-1:])
            start += self._hop
        self._audio = audio[:, start:].copy()
        return np.concatenate(found)

    def flush(self):
        """Nothing: the last window is complete, or too short."""
        return self.nothing

    def _try(self, n_channels):
        """Find the layout of the output by a prediction from noise."""
        noise = np.random.default_rng(0).standard_normal((n_channels, self._size))
        try:
            with warnings.catch_warnings(action="ignore"):
                y = self._predict(noise.astype(np.float32))
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"localizer must predict from audio of shape (n_samples, {n_channels}, n_times); "
                f"for a window of {self._size} samples it says: {error} Is window as long as the "
                "clips in fit?"
            ) from error
        self.nothing = y[:0]
        # The middle of the window, or of the last of the parts that have a direction each.
        self.latency = self._size / len(y) / 2 / self._fs
        self.first_time = self._size / self._fs - self.latency

    def _predict(self, audio):
        """Directions and scores (n_parts, n_sources, n_angles + 1) in a window."""
        X = audio[None].copy()
        for step in self._steps:
            X = step.transform(X)
        y = np.asarray(self._last.predict(X), dtype=float)
        tracks = y.reshape(1, *_layout(y))
        scores = np.full(tracks.shape[:-1], np.nan)
        if hasattr(self._last, "spatial_spectrum") and hasattr(self._last, "grid_"):
            spectrum = self._last.spatial_spectrum(X)
            spectrum = spectrum if y.ndim == 4 else spectrum[:, None]
            grid = self._last.grid_.reshape(len(self._last.grid_), -1)[:, :2]
            scores = nearest_scores(tracks[..., :2], spectrum, grid)
        return np.concatenate([tracks, scores[..., None]], axis=-1)[0]


def _layout(y):
    """Numbers of parts, sources and angles in the directions of one clip."""
    if y.ndim == 4:
        return y.shape[1:]
    n_angles = 1 if y.ndim == 1 else y.shape[-1]
    return 1, y.shape[1] if y.ndim == 3 else 1, n_angles


def _fitted_window(localizer, last):
    """Seconds of the clips in fit, before an AudioReader cuts them, where they are known."""
    parts = [localizer, *localizer.get_params().values()]
    reader = next((part for part in parts if isinstance(part, AudioReader)), AudioReader())
    duration = reader.duration or getattr(last, "clip_duration_", None) or _DEFAULT_WINDOW
    return reader.offset + duration


def _n_channels(part):
    """Number of channels of the audio that a fitted estimator takes, None if unknown."""
    if isinstance(part, Pipeline):
        for _, step in part.steps:
            if isinstance(step, AudioReader) and step.channels is not None:
                return None
            if step not in (None, "passthrough") and _n_channels(step):
                return _n_channels(step)
        return None
    inner = [getattr(part, name) for name in _INNER if getattr(part, name, None) is not None]
    inner += list(getattr(part, "estimators_", []))[:1]
    return _n_channels(inner[0]) if inner else getattr(part, "n_features_in_", None)
