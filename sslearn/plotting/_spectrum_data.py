"""Spectra and grids of directions, prepared for drawing."""

import numpy as np
from scipy.spatial import cKDTree
from sklearn.utils.validation import check_is_fitted

from sslearn.geometry import angles_to_unit_vectors, azimuth_order, check_directions, to_float
from sslearn.utils import split_pipeline, to_numbers
from sslearn.utils.param_validation import Integral

# Height and width of a pixel of a map, in degrees.
_PIXEL = 0.5
# From this multiple of the median step on, a step is an open side of the grid.
_GAP = 4.0


def check_spectra(spectrum, n_directions):
    """Validate one spectrum, or a dict of several, of one sample; a dict."""
    spectra = spectrum if isinstance(spectrum, dict) else {"Spatial spectrum": spectrum}
    if not spectra:
        raise ValueError("spectrum must hold at least one spectrum; got {}.")
    checked = {}
    for name, values in spectra.items():
        values = to_numbers(values, "spectrum")
        if values.shape != (n_directions,):
            raise ValueError(
                f"spectrum must have shape ({n_directions},), one value per direction of the grid; "
                f"got {values.shape} in {name!r}. Choose one sample."
            )
        if not np.isfinite(values).all():
            raise ValueError(f"spectrum must be finite; got NaN or infinity in {name!r}.")
        checked[name] = values
    return checked


def scaled(values, name, scale, dynamic_range):
    """Scale values by the largest, which becomes 1 or 0 dB."""
    if scale == "linear":
        return values / (np.abs(values).max() or 1.0)
    if values.max() <= 0:
        raise ValueError(
            f"scale='db' needs a spectrum with a positive maximum; got {values.max():g} in "
            f"{name!r}. Choose scale='linear'."
        )
    # Powers, hence 10 log10; the floor keeps the logarithm of 0 finite.
    floor = 10.0 ** (-dynamic_range / 10)
    return 10 * np.log10(np.maximum(values / values.max(), floor))


def spectrum_of(estimator, X, sample, block):
    """Spectrum, grid and predictions of one sample, and the name of the localizer."""
    transformers, estimator = split_pipeline(estimator)
    X = X[sample:][:1]
    for transformer in transformers:
        X = transformer.transform(X)
    name = type(estimator).__name__
    check_is_fitted(estimator)
    if not (hasattr(estimator, "spatial_spectrum") and hasattr(estimator, "grid_")):
        raise TypeError(
            f"estimator must have spatial_spectrum and grid_; {name} has not. Draw its values with "
            "SpatialSpectrumDisplay.from_spectrum."
        )
    spectrum, y_pred = estimator.spatial_spectrum(X)[0], estimator.predict(X)
    n_blocks = len(spectrum) if spectrum.ndim == 2 else 0
    is_block = block is None or (isinstance(block, Integral) and -n_blocks <= block < n_blocks)
    if not is_block:
        raise ValueError(f"block must be the index of one of {n_blocks} blocks; got {block!r}.")
    if n_blocks:
        blocks = slice(None) if block is None else [block]
        spectrum, y_pred = spectrum[blocks].mean(axis=0), y_pred[:, blocks]
    return spectrum, estimator.grid_, y_pred, name


def collapse_grid(grid, spectra):
    """Reduce a grid to angles: the largest value over distances, azimuths of a level grid.

    Parameters
    ----------
    grid : ndarray of shape (n_directions,), (n_directions, 2) or (n_directions, 3)
        Checked directions.
    spectra : dict of str to ndarray of shape (n_directions,)
        Values of each spectrum.

    Returns
    -------
    grid : ndarray of shape (n,) or (n, 2)
        Sorted azimuths, or azimuth and elevation.
    spectra : dict of str to ndarray of shape (n,)
        Values there.
    """
    angles = grid.reshape(len(grid), -1)[:, :2]
    angles, group = np.unique(np.round(angles, 9), axis=0, return_inverse=True)
    merged = {}
    for name, values in spectra.items():
        merged[name] = np.full(len(angles), -np.inf)
        np.maximum.at(merged[name], group.ravel(), values)
    if angles.shape[1] == 1 or np.ptp(angles[:, 1]) == 0:
        angles = angles[:, 0]
    return angles, merged


def wraps(azimuth):
    """Whether sorted azimuths continue across 180 degrees."""
    order, closed = azimuth_order(azimuth)
    return closed or order[0] > 0


def path_of(azimuth, *, overlap=False):
    """Azimuths of a line: back to the first across 180 degrees, broken at wide gaps.

    With ``overlap`` such a line starts before the first azimuth, so that it fills straight axes.
    """
    if wraps(azimuth):
        before = azimuth[-1:] - 360 if overlap else []
        azimuth = np.concatenate([before, azimuth, azimuth[:1] + 360])
    steps = np.diff(azimuth)
    gaps = np.flatnonzero(steps > _GAP * np.median(steps)) if len(steps) else []
    return np.insert(azimuth, np.add(gaps, 1).astype(int), np.nan)


def raster(grid, low, high):
    """Nearest direction of the grid for each pixel of a map.

    Parameters
    ----------
    grid : ndarray of shape (n_directions, 2)
        Azimuth and elevation in degrees.
    low, high : array-like of shape (2,)
        Corners of the map: azimuth, elevation.

    Returns
    -------
    azimuth : ndarray of shape (n_columns,)
        Middles of the pixels.
    elevation : ndarray of shape (n_rows,)
        Middles of the pixels.
    owner : ndarray of shape (n_rows, n_columns)
        Index of the nearest direction on the sphere.
    """
    azimuth, elevation = (
        np.arange(a + _PIXEL / 2, b, _PIXEL) for a, b in zip(low, high, strict=True)
    )
    pixels = np.stack(np.meshgrid(azimuth, elevation), axis=-1)
    tree = cKDTree(angles_to_unit_vectors(grid))
    return azimuth, elevation, tree.query(angles_to_unit_vectors(pixels))[1]


def map_limits(grid):
    """Corners of the map of a grid: its directions and half a step around them.

    Parameters
    ----------
    grid : ndarray of shape (n_directions, 2)
        Azimuth and elevation in degrees.

    Returns
    -------
    low, high : ndarray of shape (2,)
        Azimuth and elevation of the corners in degrees.
    """
    vectors = angles_to_unit_vectors(grid)
    nearest = cKDTree(vectors).query(vectors, k=2)[0][:, 1]
    # Chords of unit vectors are about equal to their angles in radians.
    half = np.rad2deg(np.median(nearest)) / 2
    # The azimuth of a pole is arbitrary.
    off_poles = grid[np.abs(grid[:, 1]) < 90.0 - 1e-6]
    azimuth = np.unique(off_poles[:, 0]) if len(off_poles) else np.array([-180.0, 180.0])
    steps = np.diff(azimuth, append=azimuth[0] + 360.0)
    low, high = [azimuth[0] - half, grid[:, 1].min() - half], [azimuth[-1] + half, 0.0]
    high[1] = grid[:, 1].max() + half
    if steps.max() < 2 * half * _GAP:
        low[0], high[0] = -180.0, 180.0
    return np.maximum(low, [-180, -90]), np.minimum(high, [180, 90])


def marks_of(y, grid, name):
    """Rows of one angle, or of two, laid out like the grid, from any layout of y.

    Parameters
    ----------
    y : array-like or None
        Directions of one sample: one source, several, or tracks of them; NaN is left out.
    grid : ndarray of shape (n_directions,) or (n_directions, 2)
        Grid of the spectrum.
    name : str
        Name used in messages.

    Returns
    -------
    marks : ndarray of shape (n_marks,) or (n_marks, 2), or None
        Directions in degrees.
    """
    if y is None:
        return None
    y = to_float(y, name)
    if y.ndim == 0 or (grid.ndim == 1 and y.ndim == 1):
        y = y.reshape(-1, 1)
    if y.size == 0:
        raise ValueError(f"{name} must hold at least one direction; got shape {y.shape}.")
    y = y.reshape(-1, y.shape[-1])
    y = y[~np.isnan(y).any(axis=1)]
    if len(y) == 0:
        return None
    if grid.ndim == 1:
        return check_directions(y[:, 0], name=name)
    if y.shape[1] < 2:
        raise ValueError(
            f"{name} must have azimuth and elevation for this grid; got one angle per source."
        )
    return check_directions(y, name=name)[:, :2]
