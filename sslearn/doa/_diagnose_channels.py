"""Checks of the channels of a recording, one function each: copied, dead, inverted, clipped."""

import numpy as np

from sslearn.doa._diagnose_evidence import (
    COMMON,
    LONG,
    N_VARIED,
    NARROW,
    Check,
    listed,
    percent,
    unknown,
)
from sslearn.doa._diagnose_fit import ArrayFit

_HEARD = 0.1
_ALIKE, _EQUAL = 0.95, 0.9999
# Bounds on the delay of a pair over its distance: in a doubled channel, and in a correct one.
_N_TOGETHER, _AT_ONCE, _APART = 3, 0.03, 0.2
_QUIET, _OWN_NOISE = -50.0, 0.25
_OPPOSITE = -0.1
_MUCH = 0.35
_CLIPPED, _OFFSET = 1e-4, 0.5


def check_copied(evidence):
    """One signal in all channels."""
    value, bound = float(_off_diagonal(evidence.channels.likeness).min()), f"{_ALIKE:g}"
    # Sound from above, or the broadside of a line, arrives in phase, though never without noise.
    if value < (_ALIKE if evidence.fit.n_dims == 3 else _EQUAL):
        return Check(value, bound)
    if not evidence.is_resolved:
        return unknown(bound)
    # Simulated sources may be at the broadside of a line in all clips.
    certain = evidence.fit.n_dims > 1
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
        return Check(value, f"{_ALIKE:g}", "unknown", "See mono.")
    if not evidence.is_resolved:
        return unknown(f"{_ALIKE:g}")
    alike = np.argwhere(np.triu(likeness > _ALIKE, k=1)).tolist()
    certain = [pair for pair in alike if _must_differ(evidence, *pair, likeness)]
    # Sound from the broadside of a pair makes its channels alike, but never without noise.
    equal = certain or [(i, j) for i, j in alike if likeness[i, j] > _EQUAL]
    equal = equal or _together(evidence)
    if not equal:
        return Check(value, f"{_ALIKE:g}")
    return Check(
        value,
        f"{_ALIKE:g}",
        "error" if certain else "warning",
        f"Channels {listed(equal)} hold the same signal: one microphone recorded twice? Check "
        "the cables and the channels of the device, or leave one out with its position.",
    )


def check_dead(evidence):
    """Channels that are silent, or unrelated to all others."""
    bound = f"{_QUIET:g} dB"
    levels = np.median(evidence.channels.levels, axis=0).astype(float)
    typical = np.sort(levels)[len(levels) // 2]
    decibels = 20 * np.log10(np.maximum(levels / max(typical, 1e-300), 1e-15))
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
    if (signs > 0).all() or evidence.bandwidth < NARROW or value > _OPPOSITE:
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
    text = f"Channels {channels} are clipped in {percent(value)} of the samples: lower the gain."
    return Check(value, bound, "warning", text)


def check_offset(evidence):
    """Direct current."""
    # Rumble may leave a mean in a short clip; direct current is in most.
    offsets = np.median(evidence.samples[:, 1], axis=0)
    value, bound = float(offsets.max()), f"{_OFFSET:g}"
    if value < _OFFSET:
        return Check(value, bound)
    channels = np.flatnonzero(offsets >= _OFFSET).tolist()
    text = f"Channels {channels} have a mean of {value:.2g} of their level: subtract it."
    return Check(value, bound, "warning", text)


def check_common_noise(evidence):
    """Noise that is the same in all channels, apart from the sound of the source."""
    (value, is_apart), bound = evidence.common_share, f"{COMMON:g}"
    if not evidence.is_resolved:
        return unknown(bound)
    if value < COMMON:
        return Check(value, bound)
    verdict = "error" if value > _MUCH else "warning"
    source = "whatever the delays of the rest"
    if not is_apart:
        # One source may be overhead, or in front of a line; several are not all there.
        enough = evidence.fit.n_dims > 1 or len(evidence.channels.delays) >= N_VARIED
        verdict, source = "warning" if enough else "unknown", "unless all sources are broadside"
    return Check(
        value,
        bound,
        verdict,
        f"About {percent(value)} of the sound reach all channels at once, {source}: noise of a "
        "common cable, supply or converter, which pulls directions to the broadside. Remove it, "
        "or use recipes.mvdr.",
    )


def check_bandwidth(evidence):
    """Width of the spectrum."""
    value, bound = evidence.bandwidth, f"{NARROW:g} Hz"
    if value > NARROW:
        return Check(value, bound)
    text = f"The sound is {value:.0f} Hz wide: its delays are ambiguous. Use a wider band."
    return Check(value, bound, "warning", text)


def _off_diagonal(matrices):
    i, j = np.triu_indices(matrices.shape[1], k=1)
    return matrices[:, i, j]


def _leads(evidence, i, j):
    """Delays between microphones i and j implied by the other channels; None if undetermined."""
    others = np.delete(np.arange(len(evidence.mics)), j)
    fit = ArrayFit(evidence.mics[others], evidence.speed_of_sound)
    if len(others) <= evidence.fit.n_dims or fit.n_dims < evidence.fit.n_dims:
        return None
    waves = fit.slowness(evidence.delays[:, others])
    waves = waves[np.linalg.norm(waves, axis=1) < LONG]
    return waves @ fit.project(evidence.mics[i] - evidence.mics[j]) / evidence.speed_of_sound


def _must_differ(evidence, i, j, likeness):
    """Whether the phases at microphones i and j must differ."""
    leads = _leads(evidence, i, j)
    if leads is None:
        # The rest of the array is a line or a plane: sources that move leave it sooner or later.
        return likeness[i, j] > _EQUAL and evidence.fit.n_dims < 3 and evidence.is_moved
    loud = evidence.channels.loud.mean(axis=0)
    phases = 2 * np.pi * evidence.channels.freqs * leads[:, None]
    # Real part of the coherence for a lead tau: mean over the loud bins of cos(2 pi f tau).
    expected = np.cos(phases) @ loud / loud.sum()
    return expected.min(initial=1.0) < 0.9 * _ALIKE


def _together(evidence):
    """Pairs without a delay, in clips in which the other channels imply one."""
    if len(evidence.delays) < _N_TOGETHER:
        return []
    delays, mics, found = evidence.delays, evidence.mics, []
    largest = np.linalg.norm(mics[:, None] - mics, axis=2) / evidence.speed_of_sound
    at_once = np.abs(delays[:, :, None] - delays[:, None]).max(axis=0) < _AT_ONCE * largest
    for i, j in np.argwhere(np.triu(at_once, k=1)).tolist():
        leads = _leads(evidence, i, j)
        if leads is not None and len(leads) and np.abs(leads).mean() > _APART * largest[i, j]:
            found.append((i, j))
    return found


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
