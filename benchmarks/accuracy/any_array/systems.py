"""The systems of the study, and the errors of their predictions."""

import time

import numpy as np
import pandas as pd

from sslearn import recipes
from sslearn.decoding import PeakDecoder
from sslearn.metrics import match_sources

_WIDE = {"freq_range": (200, 7000)}  # Hz, the band of masked SRP-PHAT
# Recipe and its parameters.
SYSTEMS = {
    "masked_srp_phat": ("masked_srp_phat", {}),
    "masked_srp_phat_all": ("masked_srp_phat", {}),
    "srp_phat": ("srp_phat", {}),
    "srp_phat_wide": ("srp_phat", _WIDE),
    "music": ("music", {}),
    "music_wide": ("music", _WIDE),
    "mvdr": ("mvdr", {}),
    "mvdr_wide": ("mvdr", _WIDE),
    "tdoa": ("tdoa", {}),
    "tdoa_wide": ("tdoa", _WIDE),
}
# Edges of the strata of each column, and their names; a value on an edge is in the lower one.
STRATA = {
    "array": (None, ("circle", "irregular", "line", "spatial", "upright")),
    "noise": (None, ("white", "diffuse", "interferer")),
    "microphones": ((1, 3, 5, 8, 16), ("2-3 mics", "4-5 mics", "6-8 mics", "9-16 mics")),
    "aperture (cm)": ((0, 5, 15, np.inf), ("2-5 cm", "5-15 cm", "15-50 cm")),
    "SNR (dB)": ((-np.inf, 5, 15, np.inf), ("below 5 dB", "5-15 dB", "above 15 dB")),
    "reverberation (s)": ((0, 0.5, np.inf), ("to 500 ms", "above 500 ms")),
    "angles": ((0, 1, 2), ("azimuth", "sphere")),
}
_TOLERANCE = 5.0  # degrees
_MISSED = 90.0  # degrees, the error of a source without a prediction: that of a guess


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
    seconds : float
        Time to fit and to predict, of a clip. None instead of both if the system has no localizer
        of any of the clips.
    """
    parts, seconds = [], []
    for clips in tests:
        localizer = _localizer(system, clips)
        if localizer is None:
            continue
        X, y = clips.X, clips.directions
        start = time.perf_counter()
        found = localizer.fit(X, _as_y(y)).predict(X)
        seconds += [(time.perf_counter() - start) / len(X)] * len(X)
        parts.append(_describe(clips, _errors(y, found.reshape(y.shape))))
    if not parts:
        return None
    return pd.concat(parts, ignore_index=True), float(np.mean(seconds))


def _localizer(system, clips):
    """Localizer of the sources of the clips; None if the system has none for so many."""
    recipe, parameters = SYSTEMS[system]
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


def figures(errors):
    """Figures of errors.

    Parameters
    ----------
    errors : DataFrame
        Rows of what :func:`measure` returns.

    Returns
    -------
    figures : dict
        Number, median and mean of the errors in degrees, share of those of at most 5 degrees, and
        of the sources without a prediction, in percent.
    """
    shares = {"within 5": errors["error"] <= _TOLERANCE, "missed": errors["missed"]}
    return {
        "errors": len(errors),
        "median": errors["error"].median(),
        "mean": errors["error"].mean(),
        **{name: 100 * chosen.mean() for name, chosen in shares.items()},
    }


def strata(errors):
    """Median and mean of the errors of each stratum that occurs, such as ``"line mean"``."""
    found = {}
    for column, (edges, names) in STRATA.items():
        values = errors[column] if edges is None else pd.cut(errors[column], edges, labels=names)
        for name in names:
            part = errors.loc[values == name, "error"]
            if len(part):
                found |= {f"{name} median": part.median(), f"{name} mean": part.mean()}
    return found
