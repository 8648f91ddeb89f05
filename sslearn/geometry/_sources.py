import numpy as np

from sslearn.geometry._directions import to_float, wrap_azimuth

_LAYOUTS = "(n_samples, n_sources, k) or (n_samples, n_frames, n_sources, k), with k from 1 to 3"


def check_multi_doa(y, *, n_samples=None, n_angles=None, name="y"):
    """Validate the targets of a localizer with several sources.

    Parameters
    ----------
    y : array-like of shape (n_samples, n_sources, k) or (n_samples, n_frames, n_sources, k)
        Directions of the sources: azimuth (k = 1); azimuth and elevation (k = 2); and distance in
        metres (k = 3). Angles in degrees. NaN in all k values means that the source is absent.
    n_samples : int, default=None
        Number of samples that must be there; any if None.
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
        If the shape is wrong, a value is infinite, a source is NaN only in part, an elevation is
        outside [-90, 90], or a distance is not positive.

    See Also
    --------
    check_doa : The same for one source.

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
    _check_shape(y, n_samples, n_angles, name)
    if np.isinf(y).any():
        raise ValueError(f"Input {name} contains infinity; expected angles, or NaN where absent.")
    missing = np.isnan(y)
    _refuse(
        missing.any(axis=-1) & ~missing.all(axis=-1),
        f"{name} must be NaN in all of a source's values where it is absent, or in none",
        y,
        name,
    )
    y[..., 0] = wrap_azimuth(y[..., 0])
    if y.shape[-1] > 1:
        wrong = np.abs(y[..., 1]) > 90.0
        _refuse(wrong, f"{name} must have elevations in [-90, 90] degrees", y, name)
    if y.shape[-1] == 3:
        _refuse(y[..., 2] <= 0, f"{name} must have positive distances in metres", y, name)
    return y


def _check_shape(y, n_samples, n_angles, name):
    if y.ndim not in (3, 4) or not 1 <= y.shape[-1] <= 3 or y.shape[-2] < 1:
        hint = f" Azimuths of several sources are {name}[..., None]." if y.ndim == 2 else ""
        raise ValueError(f"{name} must have shape {_LAYOUTS}; got {y.shape}.{hint}")
    if n_samples is not None and len(y) != n_samples:
        raise ValueError(
            f"{name} must have as many samples as X: inconsistent numbers of samples, "
            f"{n_samples} in X and {len(y)} in {name}."
        )
    if n_angles is not None and y.shape[-1] not in n_angles:
        raise ValueError(
            f"{name} must have one of {sorted(n_angles)} values for each source; got shape "
            f"{y.shape}."
        )


def _refuse(wrong, rule, y, name):
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0].tolist())
        indices = ", ".join(map(str, place))
        raise ValueError(f"{rule}; got {y[place].tolist()} in {name}[{indices}].")
