"""Reading and resampling audio."""

from collections import namedtuple
from fractions import Fraction
from numbers import Real

import numpy as np
from scipy.signal import resample_poly

from sslearn.utils._audio_files import count_frames, open_audio, path_as_str, read_frames
from sslearn.utils._channels import check_channels
from sslearn.utils._numbers import as_numbers

AudioInfo = namedtuple("AudioInfo", ["fs", "n_channels", "n_times"])


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
    ratio = _rate_ratio(fs, target_fs, "target_fs")
    x = as_numbers(x, "x")
    if x.ndim == 0:
        raise ValueError(f"x must have shape (..., n_times); got the number {x}.")
    if ratio == 1:
        return x
    return resample_poly(x, ratio.numerator, ratio.denominator, axis=-1)


def audio_info(path):
    """Read rate, channels and length of an audio file without its samples.

    Parameters
    ----------
    path : str, path-like or list of them
        Any file that :func:`read_audio` reads, or several of one rate and length, whose channels
        are counted together.

    Returns
    -------
    fs : int
        Sampling rate, in Hz.
    n_channels : int
        Number of channels.
    n_times : int
        Number of samples per channel. The rare FLAC file that does not declare its length is
        decoded to count them.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If the file is empty, truncated or not an audio file.
    ValueError
        If the file holds no audio, or several differ in rate or length.

    See Also
    --------
    read_audio : The samples.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np, soundfile
    >>> from sslearn.utils import audio_info
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "clip.wav")
    ...     soundfile.write(path, np.zeros((44100, 2)), 44100)
    ...     audio_info(path)
    AudioInfo(fs=44100, n_channels=2, n_times=44100)
    """
    if _is_several(path):
        return _joint_info(path)
    with open_audio(path) as file:
        return AudioInfo(file.samplerate, file.channels, count_frames(file))


def read_audio(path, *, fs=None, offset=0.0, duration=None, channels=None):
    """Read an audio file, or a part of it.

    Parameters
    ----------
    path : str, path-like or list of them
        WAV, FLAC, OGG, MP3 or any other file that libsndfile decodes; or several, recorded
        together, such as one for each microphone.
    fs : float, default=None
        Sampling rate to resample the audio to, in Hz; that of the file if None.
    offset : float, default=0.0
        Seconds to skip at the beginning, rounded to a whole sample at ``fs``.
    duration : float, default=None
        Seconds to read from there, rounded likewise; to the end if None or if the file is shorter.
    channels : list of int, default=None
        Channels to return, in this order; all if None.

    Returns
    -------
    audio : ndarray of shape (n_channels, n_times), float32
        Audio in [-1, 1]; the channels of several files one after another.
    fs : float
        Sampling rate of the audio, in Hz.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If the file is empty, truncated or not an audio file.
    ValueError
        If the audio has no samples, ends before ``offset``, contains NaN or infinity or lacks one
        of ``channels``, ``fs`` is not in a simple ratio to the rate of the file, or several files
        differ in rate or length. Every message names the file.

    See Also
    --------
    audio_info : Rate, channels and length alone.
    resample_audio : Resample an array.
    sslearn.features.AudioReader : Read many files, as a step of a Pipeline.

    Notes
    -----
    A part equals the same samples of the whole file, resampled or not: as much audio around it is
    read as the filter of the resampling needs.

    The size of the samples is compared with the declared one, and a file that is cut short raises
    an error. Sizes of the whole file that are wrong by the 8 bytes of its header or by a pad byte,
    or were never written, are ignored. A truncated compressed file is detected only if it is read
    to the end; one that does not declare its length, never.

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
    if _is_several(path):
        return _read_together(path, channels, fs=fs, offset=offset, duration=duration)
    path = path_as_str(path)
    if not 0 <= offset < np.inf or not (duration is None or 0 < duration < np.inf):
        raise ValueError(
            "offset must be at least 0 and duration positive, in seconds; got "
            f"offset={offset} and duration={duration}."
        )
    with open_audio(path) as file:
        fs = file.samplerate if fs is None else fs
        try:
            ratio = _rate_ratio(file.samplerate, fs)
        except ValueError as error:
            raise ValueError(f"The file {path!r} cannot be resampled: {error}") from error
        if channels is not None:
            channels = check_channels(channels, file.channels, source=f"the file {path!r}")
        start = round(offset * fs)
        stop = None if duration is None else start + round(duration * fs)
        first, last, n_skipped = _span(ratio, start, stop)
        if first >= file.frames:
            raise _ends_before(path, offset, file.frames / file.samplerate)
        audio = read_frames(file, first, last)
    audio = audio if channels is None else audio[channels]
    if not np.isfinite(audio).all():
        raise ValueError(f"The file {path!r} contains NaN or infinity.")
    n_times = None if stop is None else n_skipped + stop - start
    # Only the ratio of the two rates matters.
    resampled = resample_audio(audio, ratio.denominator, ratio.numerator)[:, n_skipped:n_times]
    if resampled.shape[1] == 0:
        raise _ends_before(path, offset, (first + audio.shape[1]) * ratio / fs)
    return resampled, fs


def _is_several(path):
    return isinstance(path, (list, tuple)) or getattr(path, "ndim", 0) == 1


def _joint_info(paths):
    """Rate, channels and length of files that have one rate and length."""
    if len(paths) == 0:
        raise ValueError("path must hold at least one path; got none.")
    paths = list(map(path_as_str, paths))
    infos = [audio_info(path) for path in paths]
    first = infos[0]
    for path, info in zip(paths, infos, strict=True):
        if (info.fs, info.n_times) != (first.fs, first.n_times):
            raise ValueError(
                f"The file {path!r} must have the rate and length of {paths[0]!r}, recorded "
                f"together, {first.fs} Hz and {first.n_times} samples; got {info.fs} Hz and "
                f"{info.n_times} samples. Cut or resample the files alike."
            )
    return AudioInfo(first.fs, sum(info.n_channels for info in infos), first.n_times)


def _read_together(paths, channels, **part):
    """Channels of the same part of several files."""
    paths = list(map(path_as_str, paths))
    n_channels = _joint_info(paths).n_channels
    if channels is not None:
        source = f"the {len(paths)} files ({paths[0]!r} first)"
        channels = check_channels(channels, n_channels, source=source)
    audio, (fs, *_) = zip(*(read_audio(path, **part) for path in paths), strict=True)
    audio = np.concatenate(audio)
    return audio if channels is None else audio[channels], fs


def _rate_ratio(fs, target_fs, name="fs"):
    """Exact ratio of the new to the old rate; ``name`` is that of the new one in messages."""
    for key, rate in (("fs", fs), (name, target_fs)):
        if not (isinstance(rate, Real) and 0 < rate < np.inf):
            raise ValueError(f"{key} must be a positive, finite rate in Hz; got {rate!r}.")
    ratio = Fraction(float(target_fs)) / Fraction(float(fs))
    if max(ratio.numerator, ratio.denominator) > 10**6:
        raise ValueError(
            f"{name} must be in a simple ratio to {fs:g} Hz; got {target_fs}. Round it to whole Hz."
        )
    return ratio


def _span(ratio, start, stop):
    """Frames of the file that the output samples from ``start`` to before ``stop`` depend on.

    Returns the first frame, the frame after the last one (None for all), and the number of output
    samples to drop at the beginning.
    """
    if ratio == 1:
        return start, stop, 0
    up, down = ratio.numerator, ratio.denominator
    # Half length of the filter of resample_poly, in samples at `up` times the rate of the file.
    reach = 10 * max(up, down)
    # Output samples fall on frames of the file every `down` frames.
    n_periods = max(0, (start * down - reach) // (up * down))
    last = None if stop is None else (stop * down + reach) // up + 2
    return n_periods * down, last, start - n_periods * up


def _ends_before(path, offset, seconds):
    return ValueError(f"The file {path!r} lasts {float(seconds):g} s, less than offset={offset:g}.")
