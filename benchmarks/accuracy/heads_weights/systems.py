"""Localizers of cues: the weights of the package, and the time difference without training."""

import numpy as np

from benchmarks.accuracy.heads_weights.clips import FS
from sslearn import recipes
from sslearn.features import BinauralCues
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_difference,
    great_circle_distance,
    wrap_azimuth,
)
from sslearn.metrics import front_back_confusion_rate

SYSTEMS = ("heads", "time difference")
_RADIUS, _SPEED = 0.0875, 343.0  # of the spherical head, in metres, and metres per second
_LONGEST = 1e-3  # seconds
_FIGURES = {"median": np.median, "mean": np.mean, "within 5": lambda e: 100 * np.mean(e <= 5)}


def predict(system, X):
    """Directions of cues.

    Parameters
    ----------
    system : str
        One of ``SYSTEMS``.
    X : ndarray of shape (n_clips, n_features)
        Binaural cues.

    Returns
    -------
    y : ndarray of shape (n_clips,) or (n_clips, 2)
        Azimuth in front, or azimuth all around and elevation, in degrees.
    """
    X = X.astype(np.float32)
    if system == "time difference":
        return azimuth_of(time_difference(X))
    return recipes.feed_forward(weights="heads", device="cpu")[-1].fit(X).predict(X)


def time_difference(X):
    """Time in seconds by which sound arrives later at the right ear, by the phases of the cues.

    It is the lag of the highest correlation with phase transform, summed over the clip.
    """
    names = BinauralCues(FS).get_feature_names_out().astype(str)
    cos, sin = (X[:, np.char.startswith(names, f"ipd_{part}")] for part in ("cos", "sin"))
    hertz = [float(n[8:-2]) for n in names if n.startswith("ipd_cos")]
    lags = np.linspace(-_LONGEST, _LONGEST, 1001)
    steering = np.exp(-2j * np.pi * np.outer(hertz, lags))
    return lags[((cos + 1j * sin) @ steering).real.argmax(axis=1)]


def azimuth_of(seconds):
    """Azimuth in front of a time difference around a sphere (Woodworth)."""
    azimuth = np.linspace(-90, 90, 181)
    radians = np.deg2rad(azimuth)
    return np.interp(seconds, _RADIUS / _SPEED * (radians + np.sin(radians)), azimuth)


def folded(azimuth):
    """Azimuths behind the head, mirrored to the front."""
    azimuth = wrap_azimuth(azimuth)
    return np.where(np.abs(azimuth) > 90, np.copysign(180, azimuth) - azimuth, azimuth)


def lateral(directions):
    """Angle from the median plane, which a time difference determines."""
    return np.rad2deg(np.arcsin(angles_to_unit_vectors(directions)[:, 1].clip(-1, 1)))


def figures(y, found):
    """Figures of predictions.

    Parameters
    ----------
    y : ndarray of shape (n_clips, 2)
        Azimuth and elevation in degrees.
    found : ndarray of shape (n_clips,) or (n_clips, 2)
        Azimuths in front, or azimuths all around and elevations.

    Returns
    -------
    row : dict of str to float
        Errors in degrees of the azimuth, folded to the front, and of the lateral angle: median,
        mean, and percent within 5. Where elevations were found, also those of the azimuth as found
        and of the elevation, the angle between the directions, and the percent of sources whose
        front and back are confused.
    """
    on_sphere = found.ndim == 2
    azimuth = found[:, 0] if on_sphere else found
    row = {"clips": len(y)} | _errors("azimuth", folded(azimuth) - folded(y[:, 0]))
    row |= _errors("lateral", lateral(found) - lateral(y))
    if not on_sphere:
        return row
    row["front for back"] = 100 * front_back_confusion_rate(y, found)
    row |= _errors("azimuth as found", circular_difference(azimuth, y[:, 0]))
    row["elevation median"] = float(np.median(np.abs(found[:, 1] - y[:, 1])))
    row["angle median"] = float(np.median(great_circle_distance(y, found)))
    return row


def _errors(name, differences):
    return {f"{name} {f}": float(of(np.abs(differences))) for f, of in _FIGURES.items()}
