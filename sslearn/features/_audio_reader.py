from contextlib import contextmanager

import numpy as np

from sslearn.features._base import ArrayTransformer
from sslearn.utils import as_samples, check_audio, check_channels, holds_paths, read_audio, remember
from sslearn.utils.param_validation import Integral, Interval, Real, _fit_context


class FileClips:
    """Clips of files, each of which is read when it is indexed.

    Parameters
    ----------
    paths : list of str or of tuples of str
        Files, one or several for each clip.
    fs : float
        Sampling rate of the clips, in Hz.
    first : int, default=0
        Row of the first clip in the caller's X.
    **required : dict
        Requirements of every clip, arguments of :func:`sslearn.utils.check_audio`.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, paths, fs, first=0, **required):
        self.paths, self.fs, self.first, self.required = paths, fs, first, required

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        if isinstance(i, slice):
            first = self.first + i.start
            return FileClips(self.paths[i], self.fs, first, **self.required)
        row = self.first + i
        with _errors_of(row):
            audio, _ = read_audio(self.paths[i], fs=self.fs)
        return check_audio(audio[None], name=f"X[{row}] ({self.paths[i]!r})", **self.required)[0]


def _named(path):
    """Description of the file, or the several files, of a clip."""
    if isinstance(path, str):
        return f"file {path!r}"
    return f"clip of {len(path)} files ({path[0]!r} first)"


@contextmanager
def _errors_of(i):
    """Name the row in errors of reading a file."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(f"X[{i}]: {error}") from error
    except (OSError, ValueError) as error:
        raise ValueError(f"X[{i}]: {error}") from error


class AudioReader(ArrayTransformer):
    """Audio from files, resampled to one rate; arrays of audio pass through.

    Parameters
    ----------
    fs : float, default=16000
        Sampling rate of the output, in Hz. Audio in X is assumed to be at this rate.
    offset : float, default=0.0
        Seconds that are skipped at the beginning of each file.
    duration : float, default=None
        Seconds that are kept from there; all if None. A shorter file is an error: nothing is
        padded.
    channels : list of int, default=None
        Channels that are kept, in this order; all if None. Devices often record more than their
        microphones, such as a processed mix in channel 0.
    n_channels : int, default=None
        Number of channels every file must have, before ``channels`` are taken; None requires
        that of the first file, or, where ``channels`` are given, nothing but these.
    resample : bool, default=True
        Whether files of another rate are resampled. If False they are an error.

    See Also
    --------
    BinauralCues, STFT : Compute cues or spectra of the audio.
    sslearn.utils.read_audio : One file.

    Notes
    -----
    Each file is read by :func:`sslearn.utils.read_audio`, and resampled by the exact ratio of the
    two rates (:func:`sslearn.utils.resample_audio`). A part of a file is the same samples as
    those of the whole.

    A row of several paths is one clip, for example one file per microphone: the channels of its
    files, which must have one rate and length, follow one another.

    The output carries the rate ``fs``: a later step that assumes another rate raises an error.
    It also keeps the index of a Series or a DataFrame, so that with
    ``set_output(transform="pandas")`` features can be joined to other columns.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np, soundfile
    >>> from sslearn.features import AudioReader
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "clip.wav")
    ...     soundfile.write(path, np.zeros((44100, 2)), 44100)
    ...     X = AudioReader(fs=16000, offset=0.25, duration=0.5).transform([path])
    >>> X.shape, X.dtype
    ((1, 2, 8000), dtype('float32'))
    >>> AudioReader(fs=16000, channels=[1]).transform(X).shape
    (1, 1, 8000)
    """

    _parameter_constraints: dict = {
        "fs": [Interval(Real, 0, None, closed="neither")],
        "offset": [Interval(Real, 0, None, closed="left")],
        "duration": [Interval(Real, 0, None, closed="neither"), None],
        "channels": ["array-like", None],
        "n_channels": [Interval(Integral, 1, None, closed="left"), None],
        "resample": ["boolean"],
    }

    def __init__(
        self,
        fs=16000,
        *,
        offset=0.0,
        duration=None,
        channels=None,
        n_channels=None,
        resample=True,
    ):
        self.fs = fs
        self.offset = offset
        self.duration = duration
        self.channels = channels
        self.n_channels = n_channels
        self.resample = resample

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Validate the parameters and X; no file is read and nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_files)
            Paths, str or :class:`pathlib.Path`, in any container, where a row of several is one
            clip; or audio of shape (n_samples, n_channels, n_times), or clips
            (n_channels, n_times_i).
        y : None
            Ignored.

        Returns
        -------
        self : AudioReader
            The transformer.
        """
        samples = as_samples(X)
        if not holds_paths(samples):
            self._cut(samples, ensure_finite=False)
        return self

    def transform(self, X):
        """Read the files.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_files)
            Paths, str or :class:`pathlib.Path`, in any container, where a row of several is one
            clip; or audio of shape (n_samples, n_channels, n_times), or clips
            (n_channels, n_times_i).

        Returns
        -------
        audio : ndarray of shape (n_samples, n_channels, n_times) or list of ndarray
            Audio, float32; a list of (n_channels, n_times_i) where lengths differ. Audio in X
            keeps its dtype and is not copied, unless ``channels`` are taken.

        Raises
        ------
        FileNotFoundError
            If a file does not exist.
        TypeError
            If X holds neither paths nor audio.
        ValueError
            If a file is empty, truncated, unreadable or shorter than ``offset`` and ``duration``,
            has another number of channels or (where ``resample=False``) another rate, or one in
            no simple ratio to ``fs``, or the files of a row differ in rate or length. Every
            message names the row and the file. If X is audio that is known to have another rate,
            or is not valid.
        """
        self._validate_params()
        samples = as_samples(X)
        read = self._read_all if holds_paths(samples) else self._cut
        return remember(read(samples), fs=self.fs)

    def get_feature_names_out(self, input_features=None):
        """Names of the input, because the samples of audio have none.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X.

        Returns
        -------
        names : ndarray of str, object
            The same names; ``["audio"]`` if None.
        """
        return np.asarray(["audio"] if input_features is None else input_features, dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _read_all(self, paths):
        clips, n_channels = [], self.n_channels
        for i, path in enumerate(paths):
            with _errors_of(i):
                audio = self._read(path)
                clips.append(self._selected(audio, f"the {_named(path)}", n_channels))
            # The first file sets the number of channels of all others.
            n_channels = len(audio) if self.channels is None else n_channels
        return np.stack(clips) if len({clip.shape for clip in clips}) == 1 else clips

    def _read(self, path):
        fs = self.fs if self.resample else None
        audio, fs = read_audio(path, fs=fs, offset=self.offset, duration=self.duration)
        if fs != self.fs:
            raise ValueError(
                f"The {_named(path)} is sampled at {fs} Hz, not fs={self.fs:g}; set resample=True."
            )
        return audio

    def _cut(self, X, **kwargs):
        """The part of audio that would be read from a file; views, so that X itself has no rate."""
        audio = check_audio(X, **kwargs)
        start = round(self.offset * self.fs)
        part = slice(start, None if self.duration is None else start + self._n_times)
        if hasattr(audio, "shape"):
            return self._selected(np.asarray(audio)[..., part], "X", self.n_channels)
        clips = [
            self._selected(clip[..., part], f"X[{i}]", self.n_channels)
            for i, clip in enumerate(audio)
        ]
        return np.stack(clips) if len({clip.shape for clip in clips}) == 1 else clips

    @property
    def _n_times(self):
        return 1 if self.duration is None else round(self.duration * self.fs)

    def _selected(self, audio, source, n_channels):
        """Channels of a part (..., n_channels, n_times), checked against the parameters."""
        n_found, n_times = audio.shape[-2:]
        if n_channels is not None and n_found != n_channels:
            raise ValueError(
                f"{source} has {n_found} channel(s), not {n_channels} as n_channels expects."
            )
        if n_times < self._n_times:
            raise ValueError(
                f"{source} lasts {self.offset + n_times / self.fs:g} s, less than duration="
                f"{self.duration or 0:g} s from offset={self.offset:g} s; drop it or lower these."
            )
        if self.channels is None:
            return audio
        return audio[..., check_channels(self.channels, n_found, source=source), :]
