"""Checks of a recording against the description of its array, one function each."""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from sslearn.doa._diagnose_delays import Channels, longest_lag
from sslearn.doa._diagnose_fit import ArrayFit
from sslearn.geometry import array_dimension, mic_pairs

# Bounds lie between the measured recordings, right and falsified: benchmarks/accuracy/diagnose.py.
LARGEST, SMALLEST = 5.0, 1e-3  # metres
_HEARD = 0.1
_CLOSED = 0.3
_MISFIT, _BETTER = 0.06, 0.5
_NO_WAVE = 0.35
# Delays over those of the array. A pair may be two ears: sound has to go around the head.
_LONG, _LONG_PAIR = 1.25, 1.6
_SHORT = {1: 0.4, 2: 0.55, 3: 0.75}
_UNIT = 8.0
_N_VARIED = 6
_ALIKE, _EQUAL = 0.95, 0.9999
_QUIET, _OWN_NOISE = -50.0, 0.25
_OPPOSITE = -0.1
_COMMON, _MUCH, _BESIDE, _MOVED = 0.2, 0.35, 0.1, 0.15
_NARROW = 250.0
_CLIPPED, _OFFSET = 1e-4, 0.5
_RATES = np.array([8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000, 192000])
_N_LISTED = 4
_UNITS = {1e-3: "millimetres", 1e-2: "centimetres", 0.0254: "inches", 0.3048: "feet"}


class Check(NamedTuple):
    """Result of a check.

    Attributes
    ----------
    value : float
        Figure; NaN if there is none.
    bound : str
        Expected figure.
    verdict : {"ok", "warning", "error", "unknown"}
        A fault that is likely, that is certain, or that cannot be told.
    message : str
        Finding and likely cure.
    """

    value: float
    bound: str
    verdict: str = "ok"
    message: str = ""


class Evidence:
    """What is known of a recording and its array; computed where it is asked for.

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
        What :func:`sample_statistics` found.
    least_height : float, default=0.05
        Correlation below which the lags of a clip are taken for those of noise.
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
        """Width of the loud part of the spectrum in Hz, at the median clip."""
        freqs = self.channels.freqs
        return float(np.median(self.channels.loud.sum(axis=1)) * (freqs[1] - freqs[0]))

    @cached_property
    def delays(self):
        """Delays (n_clear, n_channels) of the clips in which all pairs agree on them."""
        channels = self.channels
        closed = channels.misclosure < _CLOSED * self.fit.size / self.speed_of_sound
        # Positions in millimetres or the like make every error look small, or large.
        closed |= not self.is_plausible
        loud = np.median(channels.heights, axis=1) > self._least_height
        return channels.delays[closed & loud & (self.bandwidth > _NARROW)]

    @cached_property
    def misfit(self):
        """Root mean square misfit of the clear clips in the given order."""
        return float(np.sqrt(np.mean(np.square(self.fit.misfit(self.delays)))))

    @cached_property
    def order(self):
        """Best order of the channels and its misfit."""
        given = tuple(range(len(self.mics)))
        if self.misfit < _MISFIT or len(self.mics) < 3 or not self.is_plausible:
            return given, self.misfit
        order, misfit = self.fit.best_order(self.delays)
        return (order, misfit) if misfit < _BETTER * self.misfit else (given, self.misfit)

    @cached_property
    def slowness(self):
        """Slowness of the waves of the clear clips, in the best order, in that of sound."""
        return self.fit.slowness(self.delays[:, list(self.order[0])])

    @cached_property
    def stretch(self):
        """Measured delays over those of the array, at most; 1 if all is right."""
        norms = np.linalg.norm(self.slowness, axis=1)
        if self.fit.n_dims == 3:
            return float(np.median(norms))
        return float(np.quantile(norms, 0.9, method="lower"))

    @cached_property
    def common_share(self):
        """Share of the sound without delay, and whether the rest comes from elsewhere."""
        channels = self.channels
        now = channels.correlation(np.zeros_like(channels.lags))
        if _lower_half(now) > _COMMON:
            now, beside, lags = channels.split_undelayed()
            # A source at the broadside of the array has no delays either, but others do.
            longest = np.abs(lags).max(axis=0).argmax()
            moved = np.ptp(lags[:, longest]) * self.speed_of_sound > _MOVED * self.span
            is_apart = len(lags) > 2 and moved and np.median(beside, axis=1).max() > _BESIDE
            return _lower_half(now), bool(is_apart)
        return _lower_half(now), True

    @cached_property
    def stretch_bounds(self):
        """Lowest and highest stretch of an array that is as described."""
        return _SHORT[self.fit.n_dims], _LONG_PAIR if len(self.mics) == 2 else _LONG

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
        return len(self.delays) >= _N_VARIED and bool(spread) and self.stretch < low


def _lower_half(values):
    """Typical value over the pairs, of the clips where it is low."""
    return float(np.quantile(np.median(values, axis=1), 0.25))


def aperture(mic_positions):
    """Largest distance of two microphones, in metres."""
    i, j = mic_pairs(len(mic_positions)).T
    return float(np.linalg.norm(mic_positions[i] - mic_positions[j], axis=1).max())


def check_units(evidence):
    """Unit of the positions."""
    bound = f"{SMALLEST:g} to {LARGEST:g} m"
    span, clear = evidence.span, len(evidence.delays) > 0
    plausible = evidence.is_plausible
    stretch = evidence.stretch if clear else np.nan
    if plausible and not (clear and evidence.is_stretched and not 1 / _UNIT < stretch < _UNIT):
        return Check(span, bound)
    if not plausible and 1 / _UNIT < stretch < _UNIT:
        text = "the delays confirm them, but the waves of near sources are not plane there"
        return Check(span, bound, "warning", f"The positions span {span:.3g} m: {text}.")
    return Check(span, bound, "error", units_message(span, stretch))


def units_message(span, stretch=np.nan):
    """Say that positions are not in metres, and what they may be in."""
    text = f"mic_positions must be in metres; they span {span:.4g}."
    if np.isnan(stretch):
        if span < SMALLEST:
            return f"{text} Were they divided by 1000 twice?"
        return f"{text} Multiply them by 0.001 if they are in millimetres, 0.01 if in centimetres."
    unit = min(_UNITS, key=lambda unit: abs(np.log(unit / max(stretch, 1e-9))))
    text += f" The delays fit {stretch:.2g} times the positions."
    return f"{text} Are they in {_UNITS[unit]}?" if stretch < 1 else text


def check_transposed(evidence):
    """Positions that were transposed, which shows for three microphones alone."""
    bound = f"misfit {_BETTER:g} x that of mic_positions.T"
    mics = evidence.mics
    if mics.shape != (3, 3) or array_dimension(mics.T) < 2:
        return Check(np.nan, bound, "ok", "Only positions of three microphones can be transposed.")
    if not len(evidence.delays):
        return _unknown(bound)
    turned = ArrayFit(mics.T, evidence.speed_of_sound).misfit(evidence.delays)
    turned = np.sqrt(np.mean(np.square(turned)))
    value = evidence.misfit / max(turned, 1e-3)
    if evidence.misfit < _MISFIT or value < 1 / _BETTER:
        return Check(value, bound)
    return Check(
        value,
        bound,
        "error",
        f"The delays fit mic_positions.T to {_percent(turned)} of its size and mic_positions to "
        f"{_percent(evidence.misfit)}. Pass positions of shape (n_mics, 3), one row a microphone.",
    )


def check_rate(evidence):
    """Sampling rate by the delays, which scale like it."""
    low, high = evidence.stretch_bounds
    bound = f"{low:g} to {high:g}"
    if not len(evidence.delays):
        return _unknown(bound)
    stretch = evidence.stretch
    if not evidence.is_plausible or not 1 / _UNIT < stretch < _UNIT:
        return Check(stretch, bound, "unknown", "See units: the delays do not fit the positions.")
    if not evidence.is_stretched:
        verdict = "ok" if low < stretch else "unknown"
        text = "" if verdict == "ok" else "Short delays in few clips: sources in front or above?"
        return Check(stretch, bound, verdict, text)
    rate = evidence.fs * stretch
    near = _RATES[np.abs(np.log(_RATES / rate)).argmin()]
    longer = (
        f"{stretch:.2g} times those of the array"
        if stretch > 1
        else (f"at most {stretch:.2g} of those of the array")
    )
    certain = stretch > 1 or evidence.fit.n_dims == 3
    return Check(
        stretch,
        bound,
        "error" if certain else "warning",
        f"The delays are {longer}. Was the audio recorded at about {near} Hz, not at "
        f"fs={evidence.fs:g}? Or multiply the positions by {stretch:.2g}"
        + ("." if certain else ", if the sources are not all above or in front of the array."),
    )


def check_order(evidence):
    """Order of the channels."""
    bound = f"{_MISFIT:g}, or no order with {_BETTER:g} x the misfit"
    if len(evidence.mics) < 3:
        text = "The order of two channels cannot be told: changed over, they mirror the world."
        return Check(np.nan, bound, "unknown", text)
    if not len(evidence.delays):
        return _unknown(bound)
    order, misfit = evidence.order
    if not evidence.is_plausible:
        return Check(evidence.misfit, bound, "unknown", "See units.")
    if order == tuple(range(len(order))):
        hidden = evidence.fit.hidden_swaps()
        text = f"Changed over, the channels {_listed(hidden)} would sound right." if hidden else ""
        return Check(evidence.misfit, bound, "ok", text)
    moved = [m for m, channel in enumerate(order) if m != channel]
    return Check(
        evidence.misfit,
        bound,
        "error",
        f"The delays fit the order {list(order)} of the channels to {_percent(misfit)} of the size "
        f"of the array, the given order to {_percent(evidence.misfit)}. Are channels {moved} "
        f"changed over? Use X[:, {list(order)}], or other mic_positions.",
    )


def check_copied(evidence):
    """One signal in all channels."""
    value, bound = float(_off_diagonal(evidence.channels.likeness).min()), f"{_ALIKE:g}"
    # Sound from the broadside reaches a line of microphones in phase, though never without noise.
    limit = _ALIKE if evidence.fit.n_dims > 1 else _EQUAL
    if value < limit:
        return Check(value, bound)
    # One clip of a simulated source may be alike without a fault.
    certain = evidence.fit.n_dims > 1 or len(evidence.channels.delays) > 1
    return Check(
        value,
        bound,
        "error" if certain else "warning",
        "All channels hold the same signal: a mono recording that was copied? Record every "
        "microphone in its own channel.",
    )


def check_doubled(evidence):
    """Pairs of channels that hold the same signal."""
    likeness = evidence.channels.likeness.min(axis=0)
    value = float(_off_diagonal(likeness[None]).max())
    if _off_diagonal(likeness[None]).min() > _ALIKE:
        return Check(value, f"{_ALIKE:g}", "unknown", "See copied.")
    alike = np.argwhere(np.triu(likeness > _ALIKE, k=1)).tolist()
    certain = [pair for pair in alike if _must_differ(evidence, *pair)]
    # Sound from the broadside of a pair makes its channels alike, but never without noise.
    equal = certain or [(i, j) for i, j in alike if likeness[i, j] > _EQUAL]
    if not equal:
        return Check(value, f"{_ALIKE:g}")
    return Check(
        value,
        f"{_ALIKE:g}",
        "error" if certain else "warning",
        f"Channels {_listed(equal)} hold the same signal: one microphone recorded twice? Check "
        "the cables and the channels of the device, or leave one out with its position.",
    )


def check_dead(evidence):
    """Channels that are silent or hold noise of their own alone."""
    bound = f"{_QUIET:g} dB"
    levels = np.median(evidence.channels.levels, axis=0)
    typical = np.sort(levels)[len(levels) // 2]
    decibels = 20 * np.log10(np.maximum(levels, 1e-15 * typical) / max(typical, 1e-300))
    value, dead = float(decibels.min()), np.flatnonzero(decibels < _QUIET)
    alone = _unrelated(evidence.channels, dead)
    if len(dead) + len(alone) == 0:
        return Check(value, bound)
    texts = [f"Channels {dead.tolist()} are silent."] if len(dead) else []
    texts += [f"Channels {alone} have nothing in common with the others."] if alone else []
    texts += ["Check the cables and the gains, or leave them out with their positions."]
    return Check(value, bound, "error", " ".join(texts))


def check_polarity(evidence):
    """Channels of opposite polarity."""
    channels = evidence.channels
    signs = channels.polarity
    known = channels.contrast != 0
    agreement = signs[:, None] * signs * channels.contrast
    own = (channels.contrast * known).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    value = float(own[signs < 0].max()) if (signs < 0).any() else float(own.min())
    bound = f"{_OPPOSITE:g}"
    if (signs > 0).all() or evidence.bandwidth < _NARROW or value > _OPPOSITE:
        return Check(value, bound)
    clear = agreement.sum(axis=1) / np.maximum(known.sum(axis=1), 1) > -_OPPOSITE
    inverted = np.flatnonzero((signs < 0) & clear).tolist()
    if not inverted:
        return Check(value, bound)
    which = "One of the two channels is" if len(signs) == 2 else f"Channels {inverted} are"
    text = f"{which} of inverted polarity. Change its sign, or the wiring of its cable."
    return Check(value, bound, "error", text)


def sample_statistics(clip):
    """Share of clipped samples, and the mean over the root mean square, of each channel.

    Parameters
    ----------
    clip : ndarray of shape (n_channels, n_times)
        Audio.

    Returns
    -------
    statistics : ndarray of shape (2, n_channels)
        Share of the samples in runs of three or more that are equal to the highest or the lowest
        of the channel; offset.
    """
    high, low = clip.max(axis=1, keepdims=True), clip.min(axis=1, keepdims=True)
    extreme = ((clip == high) | (clip == low)) & (high > low)
    runs = extreme[:, 2:] & extreme[:, 1:-1] & extreme[:, :-2]
    power = np.mean(np.square(clip, dtype=float), axis=1)
    offset = np.abs(clip.mean(axis=1, dtype=float)) / np.sqrt(np.maximum(power, 1e-30))
    return np.stack([runs.mean(axis=1), offset])


def check_clipped(evidence):
    """Samples that were cut off."""
    shares = evidence.samples[:, 0].max(axis=0)
    value, bound = float(shares.max()), f"{_CLIPPED:g}"
    if value < _CLIPPED:
        return Check(value, bound)
    channels = np.flatnonzero(shares >= _CLIPPED).tolist()
    text = f"Channels {channels} are clipped in {_percent(value)} of the samples: lower the gain."
    return Check(value, bound, "warning", text)


def check_offset(evidence):
    """Direct current."""
    offsets = evidence.samples[:, 1].max(axis=0)
    value, bound = float(offsets.max()), f"{_OFFSET:g}"
    if value < _OFFSET:
        return Check(value, bound)
    channels = np.flatnonzero(offsets >= _OFFSET).tolist()
    text = f"Channels {channels} have a mean of {value:.2g} of their level: take it off."
    return Check(value, bound, "warning", text)


def check_common_noise(evidence):
    """Noise that is the same in all channels, apart from the sound of the source."""
    (value, is_apart), bound = evidence.common_share, f"{_COMMON:g}"
    if evidence.bandwidth < _NARROW:
        return _unknown(bound)
    if value < _COMMON:
        return Check(value, bound)
    verdict = "error" if value > _MUCH else "warning"
    source = "whatever the delays of the rest"
    if not is_apart:
        # One source may be overhead, or in front of a line; several are not all there.
        enough = evidence.fit.n_dims > 1 or len(evidence.channels.delays) >= _N_VARIED
        verdict, source = "warning" if enough else "unknown", "unless all sources are broadside"
    return Check(
        value,
        bound,
        verdict,
        f"About {_percent(value)} of the sound reach all channels at once, {source}: noise of a "
        "common cable, supply or converter, which pulls directions to the broadside. Remove it, "
        "or use recipes.mvdr.",
    )


def check_bandwidth(evidence):
    """Width of the spectrum."""
    value, bound = evidence.bandwidth, f"{_NARROW:g} Hz"
    if value > _NARROW:
        return Check(value, bound)
    text = f"The sound is {value:.0f} Hz wide: its delays are ambiguous. Use a wider band."
    return Check(value, bound, "warning", text)


def check_plane_wave(evidence):
    """Whether one spatial answer explains the delays."""
    bound = f"{_NO_WAVE:g}"
    share = len(evidence.delays) / len(evidence.channels.delays)
    if share < 0.5:
        return Check(
            np.nan,
            bound,
            "unknown",
            f"In {_percent(1 - share)} of the clips the channels do not agree on delays: noise, "
            "reverberation, several sources, or channels of different recordings.",
        )
    misfit = evidence.misfit
    if misfit < _NO_WAVE or not evidence.is_plausible:
        return Check(misfit, bound)
    return Check(
        misfit,
        bound,
        "warning",
        f"No direction explains the delays: {_percent(misfit)} of the size of the array remain. "
        "Check positions, order of the channels, fs, and that all channels start together.",
    )


def _unknown(bound):
    text = "No clip has clear delays between all channels: take louder, wider or more clips."
    return Check(np.nan, bound, "unknown", text)


def _off_diagonal(matrices):
    i, j = np.triu_indices(matrices.shape[1], k=1)
    return matrices[:, i, j]


def _must_differ(evidence, i, j):
    """Whether the other channels say that sound reaches microphones i and j at different times."""
    others = np.delete(np.arange(len(evidence.mics)), j)
    fit = ArrayFit(evidence.mics[others], evidence.speed_of_sound)
    if len(others) <= evidence.fit.n_dims or fit.n_dims < evidence.fit.n_dims:
        return len(evidence.channels.delays) > 1
    waves = fit.slowness(evidence.channels.delays[:, others])
    leads = waves @ fit.project(evidence.mics[i] - evidence.mics[j]) / evidence.speed_of_sound
    phases = 2 * np.pi * evidence.channels.freqs * leads[:, None]
    loud = evidence.channels.loud
    expected = (loud * np.cos(phases)).sum(axis=1) / loud.sum(axis=1)
    return expected.min() < 0.9 * _ALIKE


def _unrelated(channels, dead):
    """Channels that correlate with no other, although the others do."""
    n_channels = channels.levels.shape[1]
    heights = np.median(channels.heights, axis=0)
    best = np.zeros(n_channels)
    for k, (i, j) in enumerate(channels.pairs):
        best[[i, j]] = np.maximum(best[[i, j]], heights[k])
    typical = np.median(best)
    if n_channels < 3 or typical < _HEARD:
        return []
    return [int(m) for m in np.flatnonzero(best < _OWN_NOISE * typical) if m not in dead]


def _listed(pairs):
    text = ", ".join(str(tuple(pair)) for pair in pairs[:_N_LISTED])
    return text + (", ..." if len(pairs) > _N_LISTED else "")


def _percent(share):
    return f"{100 * share:.2g} %"
