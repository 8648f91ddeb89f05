import os

import numpy as np

from sslearn.features._base import ArrayTransformer
from sslearn.utils import read_audio
from sslearn.utils.param_validation import Integral, Interval, Real, _fit_context


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
    BinauralCues, STFT : Compute cues or spectra of the audio.
    sslearn.utils.read_audio : One file.

    Notes
    -----
    Each file is read by :func:`sslearn.utils.read_audio`, and resampled by the exact ratio of the
    two rates (:func:`sslearn.utils.resample_audio`).

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
            If a file is empty, truncated, unreadable or shorter than ``duration``, has another
            number of channels or (where ``resample=False``) another rate, or one in no simple
            ratio to ``fs``. Every message names the file.
        """
        self._validate_params()
        clips, n_channels = [], self.n_channels
        for i, path in enumerate(self._check_paths(X)):
            try:
                clips.append(self._clip(path, n_channels))
            except FileNotFoundError as error:
                raise FileNotFoundError(f"X[{i}]: {error}") from error
            except (OSError, ValueError) as error:
                raise ValueError(f"X[{i}]: {error}") from error
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
        fs = self.fs if self.resample else None
        audio, fs = read_audio(path, fs=fs, duration=self.duration)
        if n_channels is not None and len(audio) != n_channels:
            raise ValueError(
                f"The file {path!r} has {len(audio)} channel(s), not {n_channels} as expected."
            )
        if fs != self.fs:
            raise ValueError(
                f"The file {path!r} is sampled at {fs} Hz, not fs={self.fs:g}; set resample=True."
            )
        if self.duration is not None and audio.shape[1] < round(self.duration * fs):
            raise ValueError(
                f"The file {path!r} lasts {audio.shape[1] / fs:g} s, less than duration="
                f"{self.duration:g} s; drop it or lower duration."
            )
        return audio
