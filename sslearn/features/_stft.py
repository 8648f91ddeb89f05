import numpy as np
from scipy.fft import rfft

from sslearn.features._base import ArrayTransformer
from sslearn.features._frames import analysis_window, frame_views
from sslearn.utils import check_audio
from sslearn.utils._param_validation import Integral, Interval, _fit_context


class STFT(ArrayTransformer):
    """Short-time Fourier transform of multichannel audio.

    Frames are taken only where a whole frame fits: nothing is padded, so the last samples of a
    clip may not enter.

    Parameters
    ----------
    n_fft : int, default=512
        Length of a frame and of the Fourier transform, in samples.
    hop_length : int, default=None
        Distance of neighbouring frames, in samples; a quarter of the window if None.
    win_length : int, default=None
        Length of the window, in samples, centred in the frame; ``n_fft`` if None.
    window : str, tuple or array-like of shape (win_length,), default="hann"
        Analysis window. ``"cosine"`` is the sine window ``sin(pi (n + 1/2) / win_length)``;
        every other name goes to :func:`scipy.signal.get_window` (periodic).

    Attributes
    ----------
    n_features_in_ : int
        Number of channels seen in ``fit``.

    See Also
    --------
    BinauralCues : Cues of two ears without storing the spectrum.

    Notes
    -----
    ``X[n, m, k, t] = sum_i window[i] x[n, m, t hop_length + i] exp(-2j pi k i / n_fft)``, not
    scaled. Bin k is at ``k fs / n_fft`` Hz.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import STFT
    >>> X = np.random.default_rng(0).standard_normal((3, 2, 16000)).astype(np.float32)
    >>> spectrum = STFT(512, hop_length=256).transform(X)
    >>> spectrum.shape, spectrum.dtype
    ((3, 2, 257, 61), dtype('complex64'))
    """

    _parameter_constraints: dict = {
        "n_fft": [Interval(Integral, 2, None, closed="left")],
        "hop_length": [Interval(Integral, 1, None, closed="left"), None],
        "win_length": [Interval(Integral, 1, None, closed="left"), None],
        "window": [str, tuple, "array-like"],
    }

    def __init__(self, n_fft=512, *, hop_length=None, win_length=None, window="hann"):
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.win_length = win_length
        self.window = window

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Validate the parameters and the audio; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_times)
            Audio, float32 or float64.
        y : None
            Ignored.

        Returns
        -------
        self : STFT
            The transformer.
        """
        analysis_window(self.window, self.n_fft, win_length=self.win_length)
        self.n_features_in_ = self._check_audio(X).shape[1]
        return self

    def transform(self, X):
        """Transform audio to spectra.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_times)
            Audio, float32 or float64.

        Returns
        -------
        spectrum : ndarray of shape (n_samples, n_channels, n_freqs, n_frames)
            Complex spectra with ``n_freqs = n_fft // 2 + 1``; complex64 for float32 audio.

        Raises
        ------
        TypeError
            If X is not float32 or float64.
        ValueError
            If clips differ in length, are shorter than one frame, or are not finite.
        """
        self._validate_params()
        X = self._check_audio(X)
        window = analysis_window(self.window, self.n_fft, win_length=self.win_length)
        window = window.astype(X.dtype)
        hop_length = self.hop_length or max(1, (self.win_length or self.n_fft) // 4)
        frames = frame_views(X, self.n_fft, hop_length)
        spectrum = np.empty(
            (*X.shape[:2], self.n_fft // 2 + 1, frames.shape[2]),
            dtype=np.result_type(X.dtype, np.complex64),
        )
        for clip, clip_frames in zip(spectrum, frames, strict=True):
            clip[:] = rfft(clip_frames * window).swapaxes(1, 2)
        return spectrum

    def _check_audio(self, X):
        X = check_audio(X, min_times=self.n_fft)
        if isinstance(X, list):
            raise ValueError(
                "X must hold clips of the same length, because a spectrum is one array; got "
                f"lengths {sorted({clip.shape[1] for clip in X})}. Cut them to one length (as "
                "AudioReader(duration=...) does), or use BinauralCues, which takes any lengths."
            )
        return X
