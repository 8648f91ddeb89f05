"""The methods that are compared, and the figures of their errors."""

import numpy as np
from sklearn.base import clone

from benchmarks.accuracy.classical.prepare import FirstOrder
from sslearn.decoding import AdjacentDecoder
from sslearn.doa import MUSIC, MVDR, SRPPHAT, IntensityLocalizer, TDOALocalizer
from sslearn.features import STFT
from sslearn.geometry import circular_difference, circular_grid
from sslearn.metrics import match_sources


def array_methods(mics, grid, *, n_sources=1, decoder=None, **shared):
    """Methods for any array, by name.

    Parameters
    ----------
    mics : ndarray of shape (n_mics, 3)
        Microphone positions in metres.
    grid : ndarray
        Directions that are searched.
    n_sources : int, default=1
        Number of sources, which MUSIC needs.
    decoder : decoder, default=None
        From the spatial spectrum to directions.
    **shared
        Parameters of all of them.

    Returns
    -------
    methods : dict of {str: estimator}
        Unfitted; the last one finds one source alone.
    """
    search = {"grid": grid, "decoder": decoder, **shared}
    return {
        "SRPPHAT": SRPPHAT(mics, **search),
        "MVDR": MVDR(mics, normalize=False, **search),
        "MVDR, normalized": MVDR(mics, **search),
        "MUSIC": MUSIC(mics, n_sources=n_sources, normalize=False, **search),
        "MUSIC, normalized": MUSIC(mics, n_sources=n_sources, **search),
        "TDOALocalizer": TDOALocalizer(mics, **shared),
    }


def intensity_methods(mics, *, fs=16000, batch_transform=None, speed_of_sound=343.0):
    """Methods that need the pressure gradient of a small array, by name."""
    radius = np.linalg.norm(mics, axis=1).max()
    # Above, the gradient is no longer that of the sound field.
    high = speed_of_sound / (2 * np.pi * radius)
    first_order = FirstOrder(mics, fs, batch_transform, speed_of_sound=speed_of_sound)
    shared = {"fs": fs, "grid": circular_grid(2.0), "freq_range": (200, high)}
    shared["batch_transform"] = first_order
    peak = AdjacentDecoder(weights="parabola")
    return {
        "IntensityLocalizer": IntensityLocalizer(**shared),
        "IntensityLocalizer, histogram": IntensityLocalizer(decoder=peak, **shared),
    }


def located(method, X, y=None):
    """Directions of clips; what the method keeps for them is freed again."""
    return clone(method).fit(X[:1], y).predict(X)


def one_frame(n_fft):
    """Transformer that takes the whole clip as one frame, as it is."""
    return STFT(n_fft, window="boxcar")


def hertz(band):
    """Band as text."""
    return f"{band[0]} to {band[1]} Hz"


def statistics(errors):
    """Mean, median and largest absolute error."""
    errors = np.abs(errors)
    return {f.__name__: float(f(errors)) for f in (np.mean, np.median, np.max)}


def errors_of_mount(azimuth, angle, given):
    """Errors of the angle from broadside, for three assumptions of how the mount stands.

    Parameters
    ----------
    azimuth : ndarray of shape (n,)
        Estimates with the nominal spacing, in degrees.
    angle : ndarray of shape (n,)
        Angles of the mount, in degrees.
    given : tuple of (float, float)
        Offset in degrees, and spacing over the nominal one, that come with the data.

    Returns
    -------
    figures : dict of str to dict
        Figures with the mount as it is stated (``"stated"``), with what is given, and with the
        offset and the spacing that fit these very estimates best (``"fitted"``).
    """
    mounts = {"stated": (0.0, 1.0), "given": given, "fitted": _fit_mount(azimuth, angle)}
    return {
        name: statistics(_mount_errors(azimuth, angle, offset, gain))
        | {"offset": offset, "spacing mm": gain * 85.75}
        for name, (offset, gain) in mounts.items()
    }


def _broadside(azimuth):
    """Angles from broadside, in degrees: two microphones cannot distinguish front and back."""
    return np.rad2deg(np.arcsin(np.sin(np.deg2rad(azimuth))))


def _fit_mount(azimuth, angle):
    """Offset of a mount in degrees, and spacing of two microphones over the nominal one."""
    angle_rad = np.deg2rad(angle)
    design = np.stack([np.sin(angle_rad), np.cos(angle_rad)], axis=1)
    a, b = np.linalg.lstsq(design, np.sin(np.deg2rad(azimuth)))[0]
    return float(np.rad2deg(np.arctan2(-b, a))), float(np.hypot(a, b))


def _mount_errors(azimuth, angle, offset, gain):
    """Errors of the angle from broadside with such an offset and spacing, in degrees."""
    sine = np.clip(np.sin(np.deg2rad(azimuth)) / gain, -1, 1)
    return np.rad2deg(np.arcsin(sine)) - _broadside(angle - offset)


def errors_by_source(predicted, target):
    """Errors of sources (n_samples, n_sources, 2): of each azimuth, and the largest ones."""
    matched = _matched(predicted, target)
    azimuth = circular_difference(matched[..., 0], target[..., 0]).ravel()
    elevation = (matched[..., 1] - target[..., 1]).ravel()
    return {
        "azimuths": azimuth,
        "found": np.isfinite(azimuth).sum(),
        "largest": np.nanmax(np.abs(azimuth)),
        "spread": np.nanmax(np.abs(azimuth - np.nanmedian(azimuth))),
        "elevation": np.nanmax(np.abs(elevation)),
    }


def errors_of_two(predicted, target):
    """Figures of both sources of one recording, azimuths alone or with elevations."""
    target = target[..., : predicted.shape[-1]]
    matched = _matched(predicted, target)[0]
    error = np.abs(matched - target[0])
    distance = match_sources(target, predicted)[1][0]
    return {
        source: {
            "found": matched[i],
            "azimuth": error[i, 0],
            "elevation": error[i, 1] if predicted.shape[-1] == 2 else None,
            "error": distance[i],
        }
        for i, source in enumerate("AB")
    }


def _matched(predicted, target):
    indices, _ = match_sources(target, predicted)
    matched = np.take_along_axis(predicted, indices[..., None].clip(0), axis=1)
    matched[indices < 0] = np.nan
    return matched


def errors_near_and_far(predicted, target):
    """Figures of near and very near sources, by their distances in ``target`` (n, 3)."""
    azimuth = predicted if predicted.ndim == 1 else predicted[:, 0]
    bearing = circular_difference(azimuth, target[:, 0])
    groups = {"0.6 to 1.0 m": (0.6, 1.1), "0.35 to 0.5 m": (0.3, 0.6)}
    groups = {
        name: (target[:, 2] > low) & (target[:, 2] < high) for name, (low, high) in groups.items()
    }
    figures = {name: statistics(bearing[rows]) for name, rows in groups.items() if rows.any()}
    if predicted.ndim == 2:
        for name in figures:
            figures[name]["distance cm"] = 100 * (predicted - target)[groups[name], 2].mean()
    return figures
