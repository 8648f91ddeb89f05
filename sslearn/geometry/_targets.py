"""Validation of y: directions of one or several sources, per sample or per frame."""

import numpy as np

from sslearn.geometry._directions import check_directions, to_float, wrap_azimuth
from sslearn.geometry._label_kinds import refuse_unit_vectors, warn_of_radians

_SOURCES = "(n_samples, n_sources, k)"
_FRAMES = "(n_samples, n_frames, n_sources, k)"


def check_doa(
    y, *, n_samples=None, n_angles=None, sources=False, frames=False, absent=False, name="y"
):
    """Validate the targets of a localizer.

    Parameters
    ----------
    y : array-like of shape (n_samples,), (n_samples, 2) or (n_samples, 3)
        Azimuth; azimuth and elevation; and distance in metres. Angles in degrees. With
        ``sources=True`` also (n_samples, n_sources, k), with ``frames=True`` also
        (n_samples, n_frames, n_sources, k), with k from 1 to 3. The columns of a DataFrame that
        are named azimuth, elevation and distance may be in any order.
    n_samples : int, default=None
        Required number of samples; any if None.
    n_angles : tuple of int, default=None
        Allowed numbers of values per source (1 for a one-dimensional y); any if None.
    sources : bool, default=False
        Whether y may have an axis of sources.
    frames : bool, default=False
        Whether y may have an axis of frames, before that of the sources.
    absent : bool, default=False
        Whether a source may be absent: NaN in all of its values. It needs an axis of sources.
    name : str, default="y"
        Name used in messages.

    Returns
    -------
    y : ndarray of the same shape, float64
        A copy with azimuths in [-180, 180).

    Raises
    ------
    ValueError
        If the shape is wrong, a value is not finite, a source is absent without ``absent`` or NaN
        only in part, an elevation is outside [-90, 90], a distance is not positive, all rows are
        unit vectors, or columns are named, but not azimuth, elevation and distance.

    Warns
    -----
    AngleUnitWarning
        If the values look like radians, where ``n_samples`` is given: azimuths all in [-pi, pi] or
        in [0, 2 pi], elevations in [-pi / 2, pi / 2], and more than 10 different azimuths that are
        not multiples of 0.01.

    See Also
    --------
    check_multi_doa : Validate targets that must have an axis of sources.
    check_directions : Validate directions that are not targets.

    Examples
    --------
    >>> from sslearn.geometry import check_doa
    >>> check_doa([[10.0, 0.0], [190.0, 20.0]]).tolist()
    [[10.0, 0.0], [-170.0, 20.0]]
    """
    if y is None:
        raise ValueError(
            f"{name} should be directions in degrees: requires {name} to be passed, but the target "
            f"{name} is None."
        )
    y = to_float(y, name)
    refuse_unit_vectors(y, name)
    n_axes = 4 if frames else 3 if sources else 2
    if y.ndim < 3 or n_axes == 2:
        y = check_directions(y, name=name)
    else:
        _check_source_axes(y, n_axes, name)
    columns = 1 if y.ndim == 1 else y.shape[-1]
    _check_sizes(y, columns, n_samples, n_angles, name)
    y = y if y.ndim < 3 else _checked_sources(y, absent, name)
    if n_samples is not None:
        warn_of_radians(y, name)
    return y


def check_multi_doa(y, *, n_samples=None, n_angles=None, name="y"):
    """Validate the targets of a localizer with several sources.

    Parameters
    ----------
    y : array-like of shape (n_samples, n_sources, k) or (n_samples, n_frames, n_sources, k)
        Directions of the sources: azimuth (k = 1); azimuth and elevation (k = 2); and distance in
        metres (k = 3). Angles in degrees. NaN in all k values means that the source is absent.
        A list of tracks (n_frames_i, n_sources, k) of several lengths ends with NaN.
    n_samples : int, default=None
        Required number of samples; any if None.
    n_angles : tuple of int, default=None
        Allowed values of k; any if None.
    name : str, default="y"
        Name used in messages.

    Returns
    -------
    y : ndarray of the same shape, float64
        A copy with azimuths in [-180, 180).

    Raises
    ------
    ValueError
        If there is no axis of sources, or as in :func:`check_doa`.

    See Also
    --------
    check_doa : Validate targets with or without an axis of sources.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.geometry import check_multi_doa
    >>> check_multi_doa([[[10.0], [190.0]], [[20.0], [np.nan]]])[..., 0].tolist()
    [[10.0, -170.0], [20.0, nan]]
    """
    if y is None:
        raise ValueError(f"{name} must be the directions of the sources in degrees; got None.")
    y = to_float(y, name)
    _check_source_axes(y, 4, name)
    options = {"sources": True, "frames": True, "absent": True}
    return check_doa(y, n_samples=n_samples, n_angles=n_angles, name=name, **options)


def _check_source_axes(y, n_axes, name):
    if 3 <= y.ndim <= n_axes and 1 <= y.shape[-1] <= 3 and y.shape[-2] > 0:
        return
    layouts = _SOURCES if n_axes == 3 else f"{_SOURCES} or {_FRAMES}"
    hint = f" Azimuths of several sources are {name}[..., None]." if y.ndim == 2 else ""
    raise ValueError(f"{name} must have shape {layouts}, with k from 1 to 3; got {y.shape}.{hint}")


def _check_sizes(y, columns, n_samples, n_angles, name):
    if not isinstance(n_samples, (int, np.integer, type(None))):
        raise TypeError(f"n_samples must be an integer or None; got {n_samples!r}.")
    if not isinstance(n_angles, (tuple, list, type(None))):
        raise TypeError(f"n_angles must be a tuple of int or None; got {n_angles!r}.")
    if n_samples is not None and len(y) != n_samples:
        raise ValueError(
            f"{name} must have as many samples as X: inconsistent numbers of samples, "
            f"{n_samples} in X and {len(y)} in {name}."
        )
    if n_angles is not None and columns not in n_angles:
        raise ValueError(
            f"{name} must have one of {sorted(n_angles)} values for each source (columns); got "
            f"shape {y.shape}."
        )


def _checked_sources(y, absent, name):
    if np.isinf(y).any():
        raise ValueError(f"Input {name} contains infinity; expected angles, or NaN where absent.")
    missing = np.isnan(y)
    _refuse(
        # (n_samples, ..., n_sources): whether a source is NaN in some of its values only.
        missing.any(axis=-1) & ~missing.all(axis=-1),
        f"{name} must be NaN in all of a source's values where it is absent, or in none",
        y,
        name,
    )
    if not absent:
        _refuse(missing.any(axis=-1), f"{name} must hold every source in every sample", y, name)
    y[..., 0] = wrap_azimuth(y[..., 0])
    if y.shape[-1] > 1:
        # Comparisons with NaN are False, so absent sources pass.
        wrong = np.abs(y[..., 1]) > 90.0
        _refuse(wrong, f"{name} must have elevations in [-90, 90] degrees", y, name)
    if y.shape[-1] == 3:
        _refuse(y[..., 2] <= 0, f"{name} must have positive distances in metres", y, name)
    return y


def _refuse(wrong, rule, y, name):
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0].tolist())
        indices = ", ".join(map(str, place))
        raise ValueError(f"{rule}; got {y[place].tolist()} in {name}[{indices}].")
