import math

import numpy as np
from scipy.fft import rfft

from sslearn.features._base import ArrayTransformer
from sslearn.features._frames import analysis_window, frame_views
from sslearn.utils import check_audio
from sslearn.utils.param_validation import Interval, Real, _fit_context

_N_BANDS = 64
_PATCH_FRAMES = 96
_FREQ_RANGE = (125.0, 7500.0)
_LOG_OFFSET = 0.01
_SILENCE = 1e-4


def middle(n_times, n_kept):
    """Middle part of a signal, or all of a signal that is not longer.

    Parameters
    ----------
    n_times, n_kept : int
        Numbers of samples of the signal and of the part.

    Returns
    -------
    part : slice
        Samples of the part.
    """
    start = max(0, n_times // 2 - n_kept // 2)
    return slice(start, start + n_kept)


def check_audible(sound, *, name):
    """Raise if a sound is silent, because silence has no direction.

    Parameters
    ----------
    sound : ndarray of shape (..., n_times)
        Finite audio.
    name : str
        Name used in the message.

    Returns
    -------
    sound : ndarray of shape (..., n_times)
        The same array.

    Raises
    ------
    ValueError
        If its highest and lowest samples differ by less than 1e-4.
    """
    spread = sound.max() - sound.min()
    if spread < _SILENCE:
        raise ValueError(
            f"{name} is silent: its samples must differ by at least {_SILENCE:g}; they differ by "
            f"{spread:.1g}. Drop the row."
        )
    return sound


def _mel(freqs):
    return 1127.0 * np.log1p(np.asarray(freqs) / 700.0)


def _mel_weights(n_fft, fs):
    """Weights (n_freqs, 64) of triangles that are linear in mel and have a peak of 1."""
    bins = _mel(np.arange(n_fft // 2 + 1) * fs / n_fft)[:, None]
    edges = np.linspace(*_mel(_FREQ_RANGE), _N_BANDS + 2)
    low, center, high = edges[:-2], edges[1:-1], edges[2:]
    # Both sides (n_freqs, 64) of each triangle, as lines in mel: (m - low) / (center - low) and
    # (high - m) / (high - center).
    rising, falling = (bins - low) / (center - low), (high - bins) / (high - center)
    return np.maximum(0.0, np.minimum(rising, falling))


class LogMelPatches(ArrayTransformer):
    """Log-mel spectra of the middle of each clip, in patches of 0.96 s, the input of VGGish.

    Parameters
    ----------
    fs : float, default=16000
        Sampling rate, in Hz; at least 15000, twice the highest band. Networks were trained with
        the default.
    duration : float, default=3.0
        Seconds taken from the middle of a clip; from 0.975 (one patch) to 3600. A shorter clip is
        repeated end to end.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels seen in ``fit``, 1.

    See Also
    --------
    AudioReader : Read the audio.

    Notes
    -----
    The level of each part x is set to ``2 ((x - min x) / (max(x - min x) + 0.001) - 1/2)``. The
    magnitudes of its spectra, over a periodic Hann window of 25 ms every 10 ms, are summed by 64
    triangles from 125 to 7500 Hz, whose corners are equally spaced in
    ``mel(f) = 1127 ln(1 + f / 700)`` and whose sides are linear in mel. The features are
    ``ln(mel + 0.01)``. At 16 kHz, 3 s have 298 frames: three patches of 96; the rest is left out.

    References
    ----------
    Hershey et al., "CNN architectures for large-scale audio classification", ICASSP 2017,
    doi:10.1109/ICASSP.2017.7952132. The level, the part and the repetition are those of the
    released program of Song et al., "Self-supervised predictive learning: a negative-free method
    for sound source localization in visual scenes", CVPR 2022,
    doi:10.1109/CVPR52688.2022.00319. Deviation: silence raises an error, where the program returns
    a constant.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import LogMelPatches
    >>> X = np.random.default_rng(0).standard_normal((2, 1, 80000)).astype(np.float32)
    >>> patches = LogMelPatches().transform(X)
    >>> patches.shape, patches.dtype
    ((2, 3, 96, 64), dtype('float32'))
    """

    _parameter_constraints: dict = {
        "fs": [Interval(Real, 2 * _FREQ_RANGE[1], None, closed="left")],
        # A longer duration is most likely given in samples or milliseconds.
        "duration": [Interval(Real, 0, 3600, closed="right")],
    }

    def __init__(self, fs=16000, *, duration=3.0):
        self.fs = fs
        self.duration = duration

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Validate the parameters and the audio; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, 1, n_times) or list of (1, n_times_i)
            Audio of one channel, float32 or float64.
        y : None
            Ignored.

        Returns
        -------
        self : LogMelPatches
            The transformer.
        """
        self._plan()
        self.n_features_in_ = _check_mono(X)[0].shape[0]
        return self

    def get_feature_names_out(self, input_features=None):
        """Names of the patches and their frames, axes 1 and 2 of the output.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Ignored; here for scikit-learn.

        Returns
        -------
        names : ndarray of shape (n_patches * 96,), object
            Names such as ``"patch0_frame95"``.
        """
        return super().get_feature_names_out(input_features)

    def transform(self, X):
        """Compute the patches.

        Parameters
        ----------
        X : array-like of shape (n_samples, 1, n_times) or list of (1, n_times_i)
            Audio of one channel, float32 or float64.

        Returns
        -------
        patches : ndarray of shape (n_samples, n_patches, 96, 64)
            Log-mel spectra, frames before bands; float32 for float32 audio.

        Raises
        ------
        TypeError
            If X is not float32 or float64.
        ValueError
            If ``duration`` is too short for a patch, or a clip has several channels, is not finite
            or is silent in the part that is taken.
        """
        self._validate_params()
        n_times, n_patches, win_length, hop_length = self._plan()
        X = _check_mono(X)
        n_fft = 2 ** math.ceil(math.log2(win_length))
        window = analysis_window("hann", win_length).astype(X[0].dtype)
        weights = _mel_weights(n_fft, self.fs).astype(X[0].dtype)
        patches = np.empty((len(X), n_patches * _PATCH_FRAMES, _N_BANDS), X[0].dtype)
        for i, clip in enumerate(X):
            part = _part(clip[0], n_times, f"X[{i}]")
            frames = frame_views(part, win_length, hop_length)[: patches.shape[1]]
            # (n_frames, n_freqs) @ (n_freqs, 64), of magnitudes instead of powers, as in VGGish.
            np.matmul(np.abs(rfft(frames * window, n_fft)), weights, out=patches[i])
        patches += patches.dtype.type(_LOG_OFFSET)
        return np.log(patches, out=patches).reshape(len(X), n_patches, _PATCH_FRAMES, _N_BANDS)

    def _axis_names(self):
        n_patches = self._plan()[1]
        patches = [f"patch{p}" for p in range(n_patches)]
        return patches, [f"frame{t}" for t in range(_PATCH_FRAMES)]

    def _plan(self):
        """Samples of the part, number of patches, samples of the window and of its hop."""
        win_length, hop_length = round(0.025 * self.fs), round(0.01 * self.fs)
        n_times = round(self.duration * self.fs)
        n_patches = (1 + (n_times - win_length) // hop_length) // _PATCH_FRAMES
        if n_patches < 1:
            least = (win_length + (_PATCH_FRAMES - 1) * hop_length) / self.fs
            raise ValueError(
                f"duration must be at least {least:.4g} s, one patch at fs={self.fs:g}; got "
                f"{self.duration}."
            )
        return n_times, n_patches, win_length, hop_length


def _check_mono(X):
    X = check_audio(X)
    if len(X[0]) != 1:
        raise ValueError(
            f"X must have one channel on axis 1; got {len(X[0])}. Select one, or average them: "
            "X.mean(axis=1, keepdims=True)."
        )
    return X


def _part(sound, n_times, name):
    """The middle of a sound, repeated if it is too short, scaled as the networks expect."""
    if len(sound) < n_times:
        sound = np.tile(sound, n_times // len(sound) + 1)
    part = check_audible(sound[middle(len(sound), n_times)], name=name)
    part = part - part.min()
    return 2 * (part / (part.max() + part.dtype.type(1e-3)) - part.dtype.type(0.5))
