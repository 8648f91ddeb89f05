"""Basis of the checks of a recording: coherence, delays and their fit to the array."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import pdist

from sslearn.doa._diagnose_delays import Channels, longest_lag
from sslearn.doa._diagnose_fit import ArrayFit

# Bounds lie between the measured recordings, right and falsified: benchmarks/accuracy/diagnose.
LARGEST, SMALLEST = 5.0, 1e-3  # metres
_CLOSED = 0.3
MISFIT, BETTER, CERTAIN = 0.06, 0.5, 0.15
# Delays over those of the array. A pair may be two ears: sound has to go around the head.
LONG, BAFFLED = 1.25, 1.6
_SHORT = {1: 0.4, 2: 0.55, 3: 0.75}
N_VARIED = 6
COMMON, _BESIDE, _MOVED = 0.2, 0.1, 0.15
# Below these a spectrum is so narrow (in Hz, and its deviation over its mean) that delays are
# ambiguous, or so low that they are too short to measure (size of the array in wavelengths).
NARROW, _ONE_TONE, _TOO_LOW = 250.0, 0.15, 0.25
_N_LISTED = 4


class Check(NamedTuple):
    """Result of a check.

    Attributes
    ----------
    value : float
        Figure; NaN if there is none.
    bound : str
        Expected figure.
    verdict : {"ok", "warning", "error", "unknown"}
        ``"warning"`` is a likely fault, ``"error"`` a certain one.
    message : str
        Finding and likely cure.
    """

    value: float
    bound: str
    verdict: str = "ok"
    message: str = ""


class Evidence:
    """Measures of a recording and of its fit to the array, computed on first use.

    Parameters
    ----------
    covariances : ndarray of shape (n_clips, n_freqs, n_channels, n_channels)
        Mean over the frames of the products of the channels.
    freqs : ndarray of shape (n_freqs,)
        Frequencies in Hz, equally spaced.
    mic_positions : ndarray of shape (n_channels, 3)
        Microphone positions in metres.
    fs : float
        Sampling rate in Hz.
    speed_of_sound : float
        Speed of sound in metres per second.
    samples : ndarray of shape (n_clips, 2, n_channels), default=None
        Output of :func:`sample_statistics`.
    least_height : float, default=0.05
        Correlation below which the lags of a clip count as noise.
    """

    def __init__(
        self,
        covariances,
        freqs,
        mic_positions,
        *,
        fs,
        speed_of_sound,
        samples=None,
        least_height=0.05,
    ):
        self.mics, self.fs, self.speed_of_sound = mic_positions, fs, speed_of_sound
        self.samples, self._least_height = samples, least_height
        self.channels = Channels(covariances, freqs, longest_lag(mic_positions, speed_of_sound))
        self.fit = ArrayFit(mic_positions, speed_of_sound)

    @cached_property
    def span(self):
        """Largest distance of two microphones, in metres."""
        return aperture(self.mics)

    @property
    def is_plausible(self):
        """Whether the positions can be in metres."""
        return SMALLEST < self.span < LARGEST

    @cached_property
    def bandwidth(self):
        """Width of the loud part of the spectrum in Hz, averaged over the clips."""
        freqs = self.channels.freqs
        return float(self.channels.loud.sum(axis=1).mean() * (freqs[1] - freqs[0]))

    @cached_property
    def is_resolved(self):
        """Whether bandwidth and frequencies of the sound are high enough for clear delays."""
        loud, freqs = self.channels.loud.sum(axis=0), self.channels.freqs
        mean = loud @ freqs / max(loud.sum(), 1.0)
        deviation = np.sqrt(loud @ np.square(freqs - mean) / max(loud.sum(), 1.0))
        # A flat spectrum of this mean and deviation ends at mean + sqrt(3) deviation.
        highest = mean + np.sqrt(3.0) * deviation
        is_wide = self.bandwidth > NARROW and deviation > _ONE_TONE * mean
        return bool(is_wide and highest * self.span > _TOO_LOW * self.speed_of_sound)

    @cached_property
    def delays(self):
        """Delays (n_clear, n_channels) of the clips in which all pairs agree on them."""
        channels = self.channels
        closed = channels.misclosure < _CLOSED * self.fit.size / self.speed_of_sound
        # Positions in millimetres or the like make every error look small, or large.
        closed |= not self.is_plausible
        loud = np.median(channels.heights, axis=1) > self._least_height
        return channels.delays[closed & loud & (self.is_resolved or not self.is_plausible)]

    @property
    def is_moved(self):
        """Whether the sources of the clear clips are in different directions."""
        ranges = np.ptp(self.delays, axis=0).max(initial=0.0) if len(self.delays) else 0.0
        return ranges * self.speed_of_sound > _MOVED * self.span

    @cached_property
    def misfit(self):
        """Root mean square misfit of the clear clips in the given order."""
        return float(np.sqrt(np.mean(np.square(self.fit.misfit(self.delays)))))

    @cached_property
    def order(self):
        """Best order of the channels and its misfit."""
        given = tuple(range(len(self.mics)))
        if self.misfit < MISFIT or len(self.mics) < 3 or not self.is_plausible:
            return given, self.misfit
        order, misfit = self.fit.best_order(self.delays)
        return (order, misfit) if misfit < BETTER * self.misfit else (given, self.misfit)

    @cached_property
    def slowness(self):
        """Slowness of the waves of the clear clips, in the best order, over that of sound."""
        return self.fit.slowness(self.delays[:, list(self.order[0])])

    @cached_property
    def stretch(self):
        """Longest measured delays over those of the array; 1 if all is right."""
        norms = np.linalg.norm(self.slowness, axis=1)
        if self.fit.n_dims == 3:
            return float(np.median(norms))
        return float(np.quantile(norms, 0.9, method="lower"))

    @cached_property
    def common_share(self):
        """Share of the sound without delay, and whether the rest comes from elsewhere."""
        channels = self.channels
        # Common noise is in all pairs; close microphones receive any sound nearly at once.
        distances = np.linalg.norm(np.subtract(*self.mics[channels.pairs.T]), axis=1)
        far = distances > 0.99 * np.median(distances)
        now = channels.correlation(np.zeros_like(channels.lags))[:, far]
        if _lower_half(now) > COMMON:
            now, beside, lags = (values[:, far] for values in channels.split_undelayed())
            # A source at the broadside of the array has no delays either, but others do.
            longest = np.abs(lags).max(axis=0).argmax()
            moved = np.ptp(lags[:, longest]) * self.speed_of_sound > _MOVED * self.span
            is_apart = len(lags) > 2 and moved and np.median(beside, axis=1).max() > _BESIDE
            return _lower_half(now), bool(is_apart)
        return _lower_half(now), True

    @cached_property
    def stretch_bounds(self):
        """Lowest and highest stretch of a correctly described array."""
        return _SHORT[self.fit.n_dims], BAFFLED if len(self.mics) == 2 else LONG

    @cached_property
    def is_stretched(self):
        """Whether delays are longer or shorter than those of the array, in enough clips."""
        low, high = self.stretch_bounds
        if self.stretch > high or self.fit.n_dims == 3:
            return not low < self.stretch < high
        if self.fit.n_dims == 2:
            return len(self.delays) >= 3 and self.stretch < low
        # One source may be in front of a line; several are not all there.
        spread = np.ptp(self.slowness[:, 0]) > 0.5 * self.stretch
        return len(self.delays) >= N_VARIED and bool(spread) and self.stretch < low


def _lower_half(values):
    """Typical value over the pairs, of the clips where it is low."""
    return float(np.quantile(np.median(values, axis=1), 0.25))


def aperture(mic_positions):
    """Largest distance of two microphones, in metres."""
    return float(pdist(mic_positions).max())


def unknown(bound):
    text = "No clip has clear delays between all channels: take louder, wider or more clips."
    return Check(np.nan, bound, "unknown", text)


def listed(pairs):
    text = ", ".join(str(tuple(pair)) for pair in pairs[:_N_LISTED])
    return text + (", ..." if len(pairs) > _N_LISTED else "")


def percent(share):
    return f"{100 * share:.2g} %"
