import numpy as np
from sklearn.utils import Bunch

from sslearn.geometry import check_directions
from sslearn.utils import resample_audio


def check_head(head, name="head"):
    """Validate a head: a Bunch with ``hrirs``, ``directions``, ``distance``, ``fs``, ``name``."""
    missing = {"hrirs", "directions", "distance", "fs", "name"} - set(getattr(head, "keys", set)())
    if missing:
        raise TypeError(
            f"{name} must be a Bunch with hrirs, directions, distance, fs and name, as load_sofa "
            f"and structural_hrirs return; got {type(head).__name__} without {sorted(missing)}."
        )
    hrirs = np.asarray(head["hrirs"])
    if hrirs.ndim != 3 or hrirs.shape[1] != 2 or 0 in hrirs.shape or hrirs.dtype.kind != "f":
        raise ValueError(
            f"{name}.hrirs must be floats of shape (n_directions, 2, n_taps); got {hrirs.dtype} of "
            f"shape {hrirs.shape}."
        )
    if not np.isfinite(hrirs).all():
        raise ValueError(f"{name}.hrirs contains NaN or infinity: expected finite values.")
    directions = check_directions(head["directions"], name=f"{name}.directions")
    if directions.shape != (len(hrirs), 2):
        raise ValueError(
            f"{name}.directions must have shape ({len(hrirs)}, 2), one row per response; got "
            f"{directions.shape}."
        )
    _check_distance(head["distance"], len(hrirs), name)
    check_fs(head["fs"], f"{name}.fs")
    return head


def _check_distance(distance, n_directions, name):
    distance = np.asarray(distance)
    # NaN, an unknown distance, is not <= 0 and passes.
    is_real = distance.dtype.kind in "iuf"
    if not is_real or distance.shape not in ((), (n_directions,)) or (distance <= 0).any():
        raise ValueError(
            f"{name}.distance must hold {n_directions} positive distances in metres, NaN where "
            f"unknown; got {distance.dtype} of shape {distance.shape}."
        )


def check_fs(fs, name="fs"):
    """Validate a sampling rate in Hz: one positive, finite number, returned as float."""
    rate = np.asarray(fs)
    if rate.size != 1 or rate.dtype.kind not in "iuf" or not 0 < rate.item() < np.inf:
        raise ValueError(f"{name} must be a positive, finite rate in Hz; got {fs!r}.")
    return float(rate.item())


def make_head(hrirs, directions, *, fs, name, distance=np.nan, target_fs=None, **extra):
    """Build a head, the Bunch that every loader of binaural responses returns.

    Parameters
    ----------
    hrirs : array-like of shape (n_directions, 2, n_taps)
        Responses of the left and the right ear.
    directions : array-like of shape (n_directions, 2)
        Azimuth and elevation in degrees.
    fs : float
        Sampling rate in Hz.
    name : str
        Name of the head.
    distance : float or array-like of shape (n_directions,), default=nan
        Distance of the sources in metres; NaN where unknown.
    target_fs : float, default=None
        Sampling rate to resample the responses to, in Hz; no resampling if None.
    **extra
        Further keys.

    Returns
    -------
    head : Bunch
        With keys ``hrirs``, ``directions``, ``distance``, ``fs``, ``name`` and those of ``extra``.

    Raises
    ------
    ValueError
        If an array has the wrong shape or is not finite, or a direction, a distance or a rate is
        not valid.

    See Also
    --------
    sslearn.datasets.load_sofa : Read a head from a file.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.simulation import make_head
    >>> head = make_head(np.zeros((1, 2, 128)), [[0, 0]], fs=48000, name="silent", distance=1.2)
    >>> head.fs, head.distance.tolist()
    (48000.0, [1.2])
    """
    hrirs = np.asarray(hrirs)
    hrirs = hrirs.astype(np.float64, copy=False) if hrirs.dtype.kind in "iuf" else hrirs
    head = Bunch(hrirs=hrirs, directions=directions, distance=distance, fs=fs, name=name, **extra)
    check_head(head, f"head {name!r}")
    head.directions = check_directions(directions)
    head.distance = np.broadcast_to(np.asarray(distance, dtype=float), len(hrirs)).copy()
    head.fs = check_fs(fs)
    return head if target_fs is None else resample_hrirs(head, target_fs)


def resample_hrirs(head, fs):
    """Resample the responses of a head.

    Parameters
    ----------
    head : Bunch
        Head with keys ``hrirs`` of shape (n_directions, 2, n_taps) and ``fs``, as the loaders
        return it.
    fs : float
        New sampling rate in Hz.

    Returns
    -------
    head : Bunch
        A head with new ``hrirs`` and ``fs``; everything else is shared with the input.

    Raises
    ------
    TypeError
        If ``head`` lacks a key.
    ValueError
        If an array of the head has the wrong shape or is not finite, or ``fs`` is not a positive
        rate in a simple ratio to the old one.

    See Also
    --------
    load_sofa : Read a head from a file.

    Notes
    -----
    The frequency response below both Nyquist frequencies is preserved: impulse responses are
    scaled by old rate / new rate, so that filtered signals are as loud as before. The
    anti-aliasing filter is the default of :func:`scipy.signal.resample_poly`: longer filters ring
    before the onset of the response and lose more there than they gain.

    Examples
    --------
    >>> from sslearn.datasets import resample_hrirs, structural_hrirs
    >>> head = structural_hrirs([[90, 0]], fs=48000)
    >>> resample_hrirs(head, 16000).hrirs.shape
    (1, 2, 86)
    """
    check_head(head)
    # h scales with the sampling interval, because a sum replaces the integral of the convolution.
    hrirs = resample_audio(np.asarray(head.hrirs), head.fs, fs)
    return Bunch(**{**head, "hrirs": hrirs * (head.fs / fs), "fs": float(fs)})
