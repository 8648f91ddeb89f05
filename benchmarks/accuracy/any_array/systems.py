"""The systems of the study, and the errors of their predictions."""

import time

import numpy as np
import pandas as pd

from sslearn import recipes
from sslearn.decoding import PeakDecoder
from sslearn.metrics import match_sources

_WIDE = {"freq_range": (200, 7000)}  # Hz, what masked SRP-PHAT hears
# Title, recipe and its parameters.
SYSTEMS = {
    "masked_srp_phat": ("masked SRP-PHAT", "masked_srp_phat", {}),
    "masked_srp_phat_all": ("masked SRP-PHAT, no threshold", "masked_srp_phat", {}),
    "srp_phat": ("SRP-PHAT", "srp_phat", {}),
    "srp_phat_wide": ("SRP-PHAT, to 7 kHz", "srp_phat", _WIDE),
    "music": ("MUSIC", "music", {}),
    "music_wide": ("MUSIC, to 7 kHz", "music", _WIDE),
    "mvdr": ("MVDR", "mvdr", {}),
    "mvdr_wide": ("MVDR, to 7 kHz", "mvdr", _WIDE),
    "tdoa": ("TDOA", "tdoa", {}),
    "tdoa_wide": ("TDOA, to 7 kHz", "tdoa", _WIDE),
}
TITLES = tuple(title for title, *_ in SYSTEMS.values())
OURS, CLASSICAL = TITLES[:2], TITLES[2:]
_MISSED = 90.0  # degrees, the error of a source without a prediction: that of a guess


def available(system):
    """Whether there is a recipe of a system."""
    return hasattr(recipes, SYSTEMS[system][1])


def measure(system, tests):
    """Errors of a system.

    Parameters
    ----------
    system : str
        One of ``SYSTEMS``.
    tests : iterable of Clips
        Clips of one array each.

    Returns
    -------
    errors : DataFrame
        A row for each source: ``error`` in degrees, whether it is ``missed``, and what the clip is
        like.
    localizer : str
        The last localizer, with its parameters, without the positions of its microphones.
    seconds : float
        Time to fit and to predict, of a clip. None instead of all three if the system has no
        localizer of any of the clips.
    """
    parts, parameters, seconds = [], "", []
    for clips in tests:
        localizer = _localizer(system, clips)
        if localizer is None:
            continue
        X, y = clips.X, clips.directions
        start = time.perf_counter()
        found = localizer.fit(X, _as_y(y)).predict(X)
        seconds += [(time.perf_counter() - start) / len(X)] * len(X)
        parts.append(_describe(clips, _errors(y, found.reshape(y.shape))))
        parameters = repr(localizer.set_params(mic_positions=None))
    if not parts:
        return None
    return pd.concat(parts, ignore_index=True), parameters, float(np.mean(seconds))


def _localizer(system, clips):
    """Localizer of the sources of the clips; None if the system has none for so many."""
    _, recipe, parameters = SYSTEMS[system]
    n_sources = clips.sources.shape[1]
    if recipe == "tdoa":
        return recipes.tdoa(clips.mic_positions, **parameters) if n_sources == 1 else None
    localizer = getattr(recipes, recipe)(clips.mic_positions, n_sources=n_sources, **parameters)
    if not system.endswith("_all"):
        return localizer
    # As many sources as there are, however weak.
    return localizer.set_params(decoder=PeakDecoder(n_sources)) if n_sources > 1 else None


def _as_y(directions):
    """Directions laid out like y."""
    if directions.shape[1] > 1:
        return directions
    return directions[:, 0, 0] if directions.shape[2] == 1 else directions[:, 0]


def _errors(y, found):
    """Errors (n_clips, n_sources) of the true sources, each matched to a prediction, or NaN."""
    return match_sources(y, found)[1]


def _describe(clips, errors):
    n_sources, mics = errors.shape[1], clips.mic_positions
    return pd.DataFrame(
        {
            "error": np.where(np.isnan(errors), _MISSED, errors).ravel(),
            "missed": np.isnan(errors).ravel(),
            "array": clips.kind,
            "microphones": len(mics),
            "aperture (cm)": 100 * np.linalg.norm(mics[:, None] - mics, axis=2).max(),
            "noise": clips.noise,
            "SNR (dB)": np.repeat(clips.snr, n_sources),
            "reverberation (s)": np.repeat(clips.t60, n_sources),
            "angles": clips.n_angles,
            "sources": n_sources,
        }
    )
