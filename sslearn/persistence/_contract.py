"""Inputs and outputs of an estimator."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import get_tags

from sslearn.utils.param_validation import validated


@validated(estimator=[BaseEstimator])
def input_contract(estimator):
    """Describe the inputs and outputs of an estimator.

    Parameters
    ----------
    estimator : estimator
        Estimator, or Pipeline or search over one, fitted or not.

    Returns
    -------
    contract : dict
        What is known, None for the rest:

        - ``fs``: sampling rate of the audio, in Hz;
        - ``n_channels``: number of channels of the audio or its spectra;
        - ``mic_positions``: rows of x, y and z of the microphones, in metres;
        - ``n_features``: number of features, where X is a table of them;
        - ``duration``: length of the clips in seconds, where files are cut to one;
        - ``n_sources``: number of sources in the predictions, None where these have no axis of
          sources;
        - ``n_angles``: 1 for azimuth, 2 with elevation, 3 with distance;
        - ``tracks``: whether there are predictions for each frame or block.

    See Also
    --------
    save : Store it with the estimator.

    Examples
    --------
    >>> from sslearn.doa import SRPPHAT
    >>> from sslearn.persistence import input_contract
    >>> contract = input_contract(SRPPHAT([[0, 0.08, 0], [0, -0.08, 0]], fs=48000))
    >>> contract["fs"], contract["n_channels"]
    (48000, 2)
    """
    parts = list(_parts(estimator))
    mics = _first(parts, "mic_positions_", "mic_positions")
    taker = next((part for part in parts if hasattr(part, "n_features_in_")), None)
    takes_table = taker is not None and get_tags(taker).input_tags.two_d_array
    n_inputs = getattr(taker, "n_features_in_", None)
    n_channels = None if takes_table else n_inputs
    return {
        "fs": _first(parts, "fs"),
        "n_channels": n_channels if mics is None else len(mics),
        "mic_positions": None if mics is None else np.asarray(mics, dtype=float).tolist(),
        "n_features": n_inputs if takes_table else None,
        "duration": _first(parts, "duration", "sound_duration"),
        **_layout(parts),
    }


def _parts(estimator):
    """The estimators inside an estimator, nearest to the audio first, and itself last."""
    values = vars(estimator)
    # A fitted part comes before the parameter that it was cloned from.
    for name in sorted(values, key=lambda name: not name.endswith("_")):
        value = values[name]
        for item in value if isinstance(value, list) else [value]:
            item = item[1] if isinstance(item, tuple) and len(item) > 1 else item
            if isinstance(item, BaseEstimator):
                yield from _parts(item)
    yield estimator


def _first(parts, *names):
    values = (getattr(part, name, None) for part in parts for name in names)
    return next((value for value in values if value is not None), None)


def _layout(parts):
    """Layout of the predictions."""
    encoding = next((part for part in parts if hasattr(part, "n_angles_")), None)
    grid = _first(parts, "grid_")
    n_angles = getattr(encoding, "n_angles_", None)
    if n_angles is None and grid is not None:
        n_angles = 1 if grid.ndim == 1 else grid.shape[1]
    spec = _first(parts, "output_spec_")
    is_track = getattr(spec, "frames", None) == "track"
    is_track |= _first(parts, "block_size", "block_duration") is not None
    n_sources = _first(parts, "n_sources_") or max(_all(parts, "n_sources"), default=1)
    return {
        "n_sources": n_sources if n_sources > 1 or is_track else None,
        "n_angles": n_angles,
        "tracks": is_track,
    }


def _all(parts, name):
    return [n for part in parts if (n := getattr(part, name, None)) is not None]
