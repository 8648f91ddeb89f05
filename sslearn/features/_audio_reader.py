import os
import re
from fractions import Fraction

import numpy as np
import soundfile
from scipy.signal import resample_poly

from sslearn.features._base import ArrayTransformer
from sslearn.utils._param_validation import Integral, Interval, Real, _fit_context

# A writer that could not seek back leaves a length near the largest 31- or 32-bit number.
_UNKNOWN_LENGTH = 2**31 - 2**16


def _check_complete(info):
    """Compare the lengths that the header declares with those that libsndfile found."""
    for declared, found in re.findall(r": (\d+) \(should be (\d+)\)", info.extra_info):
        if int(found) < int(declared) < _UNKNOWN_LENGTH:
            raise ValueError(f"is truncated: {found} of {declared} bytes are there")
    if info.frames == 0:
        raise ValueError("holds no audio")


def _read(path, n_frames):
    """Audio (n_channels, n_times) of at most ``n_frames`` frames (all if None), and its rate."""
    if not os.path.isfile(path):
        raise FileNotFoundError("does not exist or is no file")
    if os.path.getsize(path) == 0:
        raise ValueError("is empty")
    try:
        info = soundfile.info(path)
        _check_complete(info)
        wanted = info.frames if n_frames is None else min(n_frames(info.samplerate), info.frames)
        audio, _ = soundfile.read(path, frames=wanted, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise ValueError(f"cannot be read ({error})") from error
    if len(audio) < wanted:
        raise ValueError(f"is truncated: {len(audio)} of {wanted} frames are there")
    if not np.isfinite(audio).all():
        raise ValueError("contains NaN or infinity")
    return audio.T, info.samplerate


class AudioReader(ArrayTransformer):
    """Audio of files, resampled to one rate.

    Parameters
    ----------
    fs : float, default=16000
        Sampling rate of the output, in Hz.
    duration : float, default=None
        Seconds that are kept from the beginning of each file; all if None. A shorter file is an
        error: nothing is padded.
    n_channels : int, default=None
        Number of channels every file must have; that of the first file if None.
    resample : bool, default=True
        Whether files of another rate are resampled. If False they are an error.

    See Also
    --------
    BinauralCues, STFT : What takes the audio.

    Notes
    -----
    Files are decoded by libsndfile (WAV, FLAC, OGG, MP3 and others), scaled to [-1, 1], and
    resampled by :func:`scipy.signal.resample_poly`. That a compressed file is truncated shows
    only where it is read to the end.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np, soundfile
    >>> from sslearn.features import AudioReader
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "clip.wav")
    ...     soundfile.write(path, np.zeros((44100, 2)), 44100)
    ...     X = AudioReader(fs=16000, duration=0.5).transform([path])
    >>> X.shape, X.dtype
    ((1, 2, 8000), dtype('float32'))
    """

    _parameter_constraints: dict = {
        "fs": [Interval(Real, 0, None, closed="neither")],
        "duration": [Interval(Real, 0, None, closed="neither"), None],
        "n_channels": [Interval(Integral, 1, None, closed="left"), None],
        "resample": ["boolean"],
    }

    def __init__(self, fs=16000, *, duration=None, n_channels=None, resample=True):
        self.fs = fs
        self.duration = duration
        self.n_channels = n_channels
        self.resample = resample

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Validate the parameters and the paths; no file is read and nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, 1)
            Paths, str or :class:`pathlib.Path`.
        y : None
            Ignored.

        Returns
        -------
        self : AudioReader
            The transformer.
        """
        self._check_paths(X)
        return self

    def transform(self, X):
        """Read the files.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, 1)
            Paths, str or :class:`pathlib.Path`.

        Returns
        -------
        audio : ndarray of shape (n_samples, n_channels, n_times) or list of ndarray
            Audio, float32; a list of (n_channels, n_times_i) where lengths differ.

        Raises
        ------
        FileNotFoundError
            If a file does not exist.
        TypeError
            If X does not hold paths.
        ValueError
            If a file is empty, truncated, unreadable or shorter than ``duration``, or has another
            number of channels or (where ``resample=False``) another rate. Every message names
            the file.
        """
        self._validate_params()
        clips, n_channels = [], self.n_channels
        for i, path in enumerate(self._check_paths(X)):
            try:
                clips.append(self._clip(path, n_channels))
            except (OSError, ValueError) as error:
                raise type(error)(f"X[{i}], the file {path!r}, {error}.") from error
            n_channels = len(clips[0])
        same_length = len({clip.shape[1] for clip in clips}) == 1
        return np.stack(clips) if same_length else clips

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _check_paths(self, X):
        paths = np.asarray(X, dtype=object)
        if paths.ndim == 2 and paths.shape[1] == 1:
            paths = paths[:, 0]
        if paths.ndim != 1 or len(paths) == 0:
            raise ValueError(
                "X must hold paths, of shape (n_samples,) or (n_samples, 1), at least one; got "
                f"shape {paths.shape}. One path goes into a list."
            )
        for i, path in enumerate(paths):
            if not isinstance(path, (str, os.PathLike)):
                raise TypeError(f"X must hold paths (str or Path); got {path!r} in sample {i}.")
        return [os.fspath(path) for path in paths]

    def _clip(self, path, n_channels):
        n_times = None if self.duration is None else round(self.duration * self.fs)
        audio, rate = _read(path, None if n_times is None else self._n_frames_to_read)
        if n_channels is not None and len(audio) != n_channels:
            raise ValueError(f"has {len(audio)} channel(s), not {n_channels} as expected")
        if rate != self.fs:
            audio = self._resampled(audio, rate)
        if n_times is None:
            return audio
        if audio.shape[1] < n_times:
            raise ValueError(
                f"lasts {audio.shape[1] / self.fs:g} s, less than duration={self.duration:g} s; "
                "drop it or lower duration"
            )
        return audio[:, :n_times]

    def _n_frames_to_read(self, rate):
        # Beyond the cut the resampling filter needs 10 periods of the lower rate, and some spare.
        return int(np.ceil((self.duration + 12 / min(rate, self.fs)) * rate)) + 1

    def _resampled(self, audio, rate):
        if not self.resample:
            raise ValueError(f"is sampled at {rate} Hz, not fs={self.fs:g}; set resample=True")
        ratio = Fraction(self.fs / rate).limit_denominator(10_000)
        return resample_poly(audio, ratio.numerator, ratio.denominator, axis=1)
