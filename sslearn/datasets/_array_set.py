"""Shared parts of the loaders of microphone arrays: layout of the Bunch, and resampling."""

import numpy as np
from sklearn.utils import Bunch

from sslearn.datasets._files import file_inside
from sslearn.geometry import check_mic_positions, wrap_azimuth
from sslearn.utils import read_audio, resample_audio


def make_directions(azimuth, elevation=0.0, distance=None):
    """Directions on the last axis.

    Parameters
    ----------
    azimuth : array-like of shape (...)
        Azimuths in degrees, in any turn.
    elevation : array-like of shape (...), default=0
        Elevations in degrees.
    distance : array-like of shape (...), default=None
        Distances in metres; left out if None.

    Returns
    -------
    directions : ndarray of shape (..., 2) or (..., 3)
        Azimuth in [-180, 180), elevation and distance.
    """
    parts = [wrap_azimuth(azimuth), elevation] + ([] if distance is None else [distance])
    return np.stack(np.broadcast_arrays(*parts), axis=-1).astype(float)


def make_responses(rirs, target, mic_positions, *, fs, target_fs=None, **extra):
    """Build a set of impulse responses of an array.

    Parameters
    ----------
    rirs : array-like of shape (n_positions, n_mics, n_times)
        Responses.
    target : ndarray of shape (n_positions, 3)
        Azimuth, elevation in degrees, distance in metres.
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres.
    fs : float
        Sampling rate in Hz.
    target_fs : float, default=None
        Rate to which the responses are resampled, which keeps the frequency response; as they are
        if None.
    **extra
        Further keys.

    Returns
    -------
    responses : Bunch
        With keys ``rirs`` (float32), ``target``, ``mic_positions``, ``fs`` and those of ``extra``.

    Raises
    ------
    ValueError
        If a value is not finite, a rate is not positive, or shapes do not fit.
    """
    rirs, target = np.asarray(rirs, dtype=np.float32), np.asarray(target, dtype=float)
    mics, fs = check_mic_positions(mic_positions), float(fs)
    if not 0 < fs < np.inf:
        raise ValueError(f"fs must be a positive, finite rate in Hz; got {fs:g}.")
    if rirs.ndim != 3 or rirs.shape[:2] != (len(target), len(mics)) or 0 in rirs.shape:
        raise ValueError(
            f"rirs must have shape ({len(target)}, {len(mics)}, n_times), one response for each "
            f"position and microphone; got {rirs.shape}."
        )
    for name, array in (("rirs", rirs), ("target", target)):
        if not np.isfinite(array).all():
            raise ValueError(f"{name} contains NaN or infinity: expected finite values.")
    if target_fs is not None:
        # Samples of h(t) times the sampling interval keep the gain of the filter.
        rirs = resample_audio(rirs, fs, target_fs) * np.float32(fs / target_fs)
        fs = float(target_fs)
    return Bunch(rirs=rirs, target=target, mic_positions=mics, fs=fs, **extra)


def read_recordings(folder, files, *, n_channels, fs=None):
    """Samples of recordings of the same array and the same length.

    Parameters
    ----------
    folder : str or path-like
        Folder of the set.
    files : iterable of str
        Names of the files.
    n_channels : int
        Number of channels that each must have.
    fs : float, default=None
        Rate to which each is resampled; as they are if None.

    Returns
    -------
    audio : ndarray of shape (n_files, n_channels, n_times), float32
        The samples.
    fs : float
        Sampling rate in Hz.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    OSError
        If a file is damaged.
    ValueError
        If a file has another number of channels, another length or another rate than it must.
    """
    audio, expected = [], None
    for file in files:
        path = file_inside(folder, file)
        samples, own_fs = read_audio(path)
        expected = expected or (n_channels, samples.shape[1], own_fs)
        if (*samples.shape, own_fs) != expected:
            raise ValueError(
                f"{path} must have {expected[0]} channels of {expected[1]} samples at "
                f"{expected[2]} Hz; got {samples.shape} at {own_fs} Hz. Fetch the file again."
            )
        audio.append(samples if fs is None else resample_audio(samples, own_fs, fs))
    return np.stack(audio), float(expected[2] if fs is None else fs)
