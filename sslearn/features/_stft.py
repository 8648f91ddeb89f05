import numpy as np
from scipy.fft import rfft

from sslearn.features._base import ArrayTransformer
from sslearn.features._frames import analysis_window, frame_views
from sslearn.utils import check_audio, check_finite
from sslearn.utils.param_validation import Integral, Interval, StrOptions, _fit_context

_PAD_MODES = {"zeros": "constant", "reflect": "reflect"}


class STFT(ArrayTransformer):
    """Short-time Fourier transform of multichannel audio.

    Frames are taken only where a whole frame fits: unless ``padding`` is set nothing is padded, so
    the last samples of a clip may not enter.

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
    padding : {"zeros", "reflect"} or None, default=None
        What stands in for the ``n_fft // 2`` samples before and after a clip, so that frame t is
        centred at sample ``t hop_length`` and, if ``n_fft`` is even, there are
        ``1 + n_times // hop_length`` frames: zeros, or the clip mirrored at its ends. A mirrored
        wave runs backwards, so in the frames at the ends its delays between channels change sign.
        None pads nothing.

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
    scaled. Bin k is at ``k fs / n_fft`` Hz. With ``padding``, ``x`` begins ``n_fft // 2`` samples
    before the clip.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import STFT
    >>> X = np.random.default_rng(0).standard_normal((3, 2, 16000)).astype(np.float32)
    >>> spectrum = STFT(512, hop_length=256).transform(X)
    >>> spectrum.shape, spectrum.dtype
    ((3, 2, 257, 61), dtype('complex64'))
    >>> STFT(512, hop_length=256, padding="zeros").transform(X).shape
    (3, 2, 257, 63)
    """

    _parameter_constraints: dict = {
        "n_fft": [Interval(Integral, 2, None, closed="left")],
        "hop_length": [Interval(Integral, 1, None, closed="left"), None],
        "win_length": [Interval(Integral, 1, None, closed="left"), None],
        "window": [str, tuple, "array-like"],
        "padding": [StrOptions(set(_PAD_MODES)), None],
    }

    def __init__(self, n_fft=512, *, hop_length=None, win_length=None, window="hann", padding=None):
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.win_length = win_length
        self.window = window
        self.padding = padding

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
        self._n_freqs_in = self.n_fft // 2 + 1
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
            If clips differ in length, are too short for one frame or for their mirror image, or
            are not finite or so large that their spectra are not.
        """
        self._validate_params()
        X = self._check_audio(X, ensure_finite=False)
        window = analysis_window(self.window, self.n_fft, win_length=self.win_length)
        window = window.astype(X.dtype)
        margin = self.n_fft // 2 if self.padding else 0
        n_frames = 1 + (X.shape[2] + 2 * margin - self.n_fft) // self._hop
        spectrum = np.empty(
            (*X.shape[:2], self.n_fft // 2 + 1, n_frames),
            dtype=np.result_type(X.dtype, np.complex64),
        )
        loudest = np.finfo(X.dtype).max / max(1.0, np.abs(window).sum())
        for i, (clip, clip_spectrum) in enumerate(zip(X, spectrum, strict=True)):
            # NaN is not less either.
            if not max(clip.max(), -clip.min()) <= loudest:
                check_finite(X)
                raise ValueError(
                    f"X must be at most {loudest:.1g}, or its spectrum exceeds the range of "
                    f"{X.dtype}; got {np.abs(clip).max():.1g} in sample {i}. Scale X."
                )
            if margin:
                clip = np.pad(clip, ((0, 0), (margin, margin)), _PAD_MODES[self.padding])
            frames = frame_views(clip, self.n_fft, self._hop)
            clip_spectrum[:] = rfft(frames * window).swapaxes(1, 2)
        return spectrum

    def _axis_names(self):
        return [f"channel{c}" for c in range(self.n_features_in_)], self._bin_names()

    @property
    def _hop(self):
        return self.hop_length or max(1, (self.win_length or self.n_fft) // 4)

    def _check_audio(self, X, ensure_finite=True):
        min_times = {None: self.n_fft, "zeros": 1, "reflect": self.n_fft // 2 + 1}
        X = check_audio(X, min_times=min_times[self.padding], ensure_finite=ensure_finite)
        if isinstance(X, list):
            raise ValueError(
                "X must hold clips of the same length, because a spectrum is one array; got "
                f"lengths {sorted({clip.shape[1] for clip in X})}. Cut them to one length (as "
                "AudioReader(duration=...) does), or use BinauralCues, which takes any lengths."
            )
        return X
