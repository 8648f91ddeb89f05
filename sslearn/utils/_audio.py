"""Audio files and sampling rates."""

import os
import re
from fractions import Fraction
from numbers import Real

import numpy as np
import soundfile
from scipy.signal import resample_poly

# Writers that cannot seek back leave a length near the largest 31- or 32-bit number.
_UNKNOWN_LENGTH = 2**31 - 2**16


def resample_audio(x, fs, target_fs):
    """Resample along the last axis, preserving the amplitude of the waveform.

    Parameters
    ----------
    x : ndarray of shape (..., n_times)
        Signals.
    fs, target_fs : float
        Sampling rates before and after, in Hz. Their ratio is used exactly.

    Returns
    -------
    x : ndarray of shape (..., n_times_new)
        Signals at ``target_fs``; the same array if the rates are equal.

    Raises
    ------
    ValueError
        If ``target_fs`` is not positive and finite, or its ratio to ``fs`` is not simple: a
        fraction with a numerator and a denominator of at most 1,000,000.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import resample_audio
    >>> resample_audio(np.zeros((2, 44100)), 44100, 16000).shape
    (2, 16000)
    """
    if not (isinstance(target_fs, Real) and 0 < target_fs < np.inf):
        raise ValueError(f"fs must be a positive, finite rate in Hz; got {target_fs!r}.")
    if target_fs == fs:
        return x
    ratio = Fraction(float(target_fs)) / Fraction(float(fs))
    if max(ratio.numerator, ratio.denominator) > 10**6:
        raise ValueError(
            f"fs must be in a simple ratio to {fs:g} Hz; got {target_fs}. Round it to whole Hz."
        )
    return resample_poly(x, ratio.numerator, ratio.denominator, axis=-1)


def read_audio(path, *, fs=None, duration=None):
    """Read an audio file.

    Parameters
    ----------
    path : str or path-like
        WAV, FLAC, OGG, MP3 or any other file that libsndfile decodes.
    fs : float, default=None
        Sampling rate to resample the audio to, in Hz; that of the file if None.
    duration : float, default=None
        Seconds to read from the beginning; all if None or if the file is shorter.

    Returns
    -------
    audio : ndarray of shape (n_channels, n_times), float32
        Audio in [-1, 1].
    fs : float
        Sampling rate of the audio, in Hz.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If the file is empty, truncated or not an audio file.
    ValueError
        If the audio has no samples or contains NaN or infinity, or ``fs`` is not in a simple
        ratio to the rate of the file. Every message names the file.

    See Also
    --------
    resample_audio : Resample an array.
    sslearn.features.AudioReader : Read many files, as a step of a Pipeline.

    Notes
    -----
    A truncated compressed file is detected only if it is read to the end.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np, soundfile
    >>> from sslearn.utils import read_audio
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "clip.wav")
    ...     soundfile.write(path, np.zeros((44100, 2)), 44100)
    ...     audio, fs = read_audio(path, fs=16000, duration=0.5)
    >>> audio.shape, fs
    ((2, 8000), 16000)
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"The file {path!r} does not exist or is no file.")
    audio, own_fs = _decode(path, fs, duration)
    if not np.isfinite(audio).all():
        raise ValueError(f"The file {path!r} contains NaN or infinity.")
    if fs is not None:
        try:
            audio = resample_audio(audio, own_fs, fs)
        except ValueError as error:
            raise ValueError(f"The file {path!r} cannot be resampled: {error}") from error
    fs = own_fs if fs is None else fs
    return audio if duration is None else audio[:, : round(duration * fs)], fs


def _decode(path, fs, duration):
    """Audio at the rate of the file, long enough to be cut to ``duration`` at ``fs``."""
    if os.path.getsize(path) == 0:
        raise OSError(f"The file {path!r} is empty.")
    try:
        info = soundfile.info(path)
        _check_complete(info, path)
        n_frames = info.frames
        if duration is not None:
            # The resampling filter needs 10 periods of the lower rate beyond the cut; 12 to spare.
            seconds = duration + 12 / min(info.samplerate, fs or info.samplerate)
            n_frames = min(int(np.ceil(seconds * info.samplerate)) + 1, n_frames)
        audio, _ = soundfile.read(path, frames=n_frames, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise OSError(f"The file {path!r} is no readable audio file: {error}") from error
    if len(audio) < n_frames:
        raise OSError(f"The file {path!r} is truncated: {len(audio)} of {n_frames} frames.")
    return audio.T, info.samplerate


def _check_complete(info, path):
    """Raise if the header declares more bytes than libsndfile found, or there is no audio."""
    for declared, found in re.findall(r": (\d+) \(should be (\d+)\)", info.extra_info):
        if int(found) < int(declared) < _UNKNOWN_LENGTH:
            raise OSError(f"The file {path!r} is truncated: {found} of {declared} bytes.")
    if info.frames == 0:
        raise ValueError(f"The file {path!r} holds no audio.")
