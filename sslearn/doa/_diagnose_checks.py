"""Checks of delays against the description of an array: units, rate, order of the channels."""

import numpy as np

from sslearn.doa._diagnose_evidence import (
    BAFFLED,
    BETTER,
    CERTAIN,
    LARGEST,
    MISFIT,
    SMALLEST,
    Check,
    listed,
    percent,
    unknown,
)
from sslearn.doa._diagnose_fit import ArrayFit
from sslearn.geometry import array_dimension

_NO_WAVE = 0.35
_UNIT = 8.0
_RATES = np.array([8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000, 192000])
_UNITS = {1e-3: "millimetres", 1e-2: "centimetres", 0.0254: "inches", 0.3048: "feet"}


def check_units(evidence):
    """Unit of the positions."""
    bound = f"{SMALLEST:g} to {LARGEST:g} m"
    span, clear = evidence.span, len(evidence.delays) > 0
    plausible = evidence.is_plausible
    stretch = evidence.stretch if clear else np.nan
    if plausible and span * stretch < SMALLEST:  # no unit makes an array so small
        text = "All delays are nearly 0. See mono and common_noise."
        return Check(span, bound, "unknown", text)
    if plausible and not (clear and evidence.is_stretched and not 1 / _UNIT < stretch < _UNIT):
        return Check(span, bound)
    if not plausible and 1 / _UNIT < stretch < _UNIT:
        text = "the delays confirm them, but the waves of near sources are not plane there"
        return Check(span, bound, "warning", f"The positions span {span:.3g} m: {text}.")
    return Check(span, bound, "error", units_message(span, stretch))


def units_message(span, stretch=np.nan):
    """Message that positions are not in metres, with the likely unit."""
    text = f"mic_positions must be in metres; they span {span:.4g}."
    if np.isnan(stretch):
        if span < SMALLEST:
            return f"{text} Were they divided by 1000 twice?"
        return f"{text} Multiply them by 0.001 if they are in millimetres, 0.01 if in centimetres."
    unit = min(_UNITS, key=lambda unit: abs(np.log(unit / max(stretch, 1e-9))))
    text += f" The delays fit {stretch:.2g} times the positions."
    return f"{text} Are they in {_UNITS[unit]}?" if stretch < 1 else text


def check_transposed(evidence):
    """Transposed positions, which can be detected for three microphones alone."""
    bound = f"misfit {BETTER:g} x that of mic_positions.T"
    mics = evidence.mics
    if mics.shape != (3, 3) or array_dimension(mics.T) < 2:
        return Check(np.nan, bound, "ok", "Only positions of three microphones can be transposed.")
    if not len(evidence.delays):
        return unknown(bound)
    turned = ArrayFit(mics.T, evidence.speed_of_sound).misfit(evidence.delays)
    turned = np.sqrt(np.mean(np.square(turned)))
    value = evidence.misfit / max(turned, 1e-3)
    if evidence.misfit < MISFIT or value < 1 / BETTER:
        return Check(value, bound)
    return Check(
        value,
        bound,
        "error",
        f"The delays fit mic_positions.T to {percent(turned)} of its size and mic_positions to "
        f"{percent(evidence.misfit)}. Pass positions of shape (n_mics, 3), one row a microphone.",
    )


def check_rate(evidence):
    """Sampling rate, by the delays, which are proportional to it."""
    low, high = evidence.stretch_bounds
    bound = f"{low:g} to {high:g}"
    if not len(evidence.delays):
        return unknown(bound)
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
    # A rigid sphere behind the microphones lengthens delays, too.
    other = (
        "the microphones are not on a rigid body"
        if stretch > 1
        else "the sources are not all above or in front of the array"
    )
    certain = stretch > BAFFLED if stretch > 1 else evidence.fit.n_dims == 3
    return Check(
        stretch,
        bound,
        "error" if certain else "warning",
        f"The delays are {longer}. Was the audio recorded at about {near} Hz, not at "
        f"fs={evidence.fs:g}? Or multiply the positions by {stretch:.2g}"
        + ("." if certain else f", if {other}."),
    )


def check_order(evidence):
    """Order of the channels."""
    bound = f"{MISFIT:g}, or no order with {BETTER:g} x the misfit"
    if len(evidence.mics) < 3:
        text = "The order of two channels cannot be checked: a swap mirrors the scene."
        return Check(np.nan, bound, "unknown", text)
    if not len(evidence.delays):
        return unknown(bound)
    order, misfit = evidence.order
    if not evidence.is_plausible:
        return Check(evidence.misfit, bound, "unknown", "See units.")
    if order == tuple(range(len(order))):
        hidden = evidence.fit.hidden_swaps()
        text = f"A swap of the channels {listed(hidden)} cannot be detected." if hidden else ""
        return Check(evidence.misfit, bound, "ok", text)
    moved = [m for m, channel in enumerate(order) if m != channel]
    # Two talkers at once fit one of the many orders better than the right one, in one clip.
    is_certain = len(moved) == 2 or len(evidence.delays) > 2
    is_certain = is_certain and misfit < CERTAIN * evidence.misfit
    return Check(
        evidence.misfit,
        bound,
        "error" if is_certain else "warning",
        f"The delays fit the order {list(order)} of the channels to {percent(misfit)} of the size "
        f"of the array, the given order to {percent(evidence.misfit)}. Are channels {moved} "
        f"swapped? Use X[:, {list(order)}], or other mic_positions.",
    )


def check_plane_wave(evidence):
    """Whether plane waves explain the delays."""
    bound = f"{_NO_WAVE:g}"
    share = len(evidence.delays) / len(evidence.channels.delays)
    if share < 0.5:
        return Check(
            np.nan,
            bound,
            "unknown",
            f"In {percent(1 - share)} of the clips the channels do not agree on delays: noise, "
            "reverberation, several sources, or channels of different recordings.",
        )
    misfit = evidence.misfit
    if misfit < _NO_WAVE or not evidence.is_plausible:
        return Check(misfit, bound)
    return Check(
        misfit,
        bound,
        "warning",
        f"No direction explains the delays: {percent(misfit)} of the size of the array remain. "
        "Check positions, order of the channels, fs, and that all channels start together.",
    )
