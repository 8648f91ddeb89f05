from typing import NamedTuple

import numpy as np
from scipy.fft import rfft

from sslearn.features._base import ArrayTransformer
from sslearn.features._frames import analysis_window, frame_views
from sslearn.utils import check_audio, check_finite
from sslearn.utils.param_validation import Integral, Interval, StrOptions, _fit_context, validated

_PAD_MODES = {"zeros": "constant", "reflect": "reflect"}


class _State(NamedTuple):
    """Samples that further frames need, and where the next frame starts among them."""

    audio: np.ndarray
    start: int


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
        Padding of ``n_fft // 2`` samples before and after a clip: zeros, or the clip mirrored at
        its ends. Frame t is then centred at sample ``t hop_length`` and, if ``n_fft`` is even,
        there are ``1 + n_times // hop_length`` frames. A mirrored wave runs backwards, so in the
        frames at the ends its delays between channels change sign. None pads nothing.
    first_center : int, default=0
        Sample at which the first frame is centred, with ``padding``; at most ``n_fft // 2``. Half a
        hop puts frame t in the middle of hop t, and makes ``n_times // hop_length`` frames of a
        whole number of hops.

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
    scaled. Bin k is at ``k fs / n_fft`` Hz. With ``padding``, ``x`` begins
    ``n_fft // 2 - first_center`` samples before the clip.

    For a signal that arrives in chunks, :meth:`initial_state` and :meth:`step` compute each frame
    as soon as it is complete, and :meth:`flush` those that the padding after the end completes.

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
        "first_center": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_fft=512,
        *,
        hop_length=None,
        win_length=None,
        window="hann",
        padding=None,
        first_center=0,
    ):
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.win_length = win_length
        self.window = window
        self.padding = padding
        self.first_center = first_center

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
        X = np.asarray(self._check_audio(X, ensure_finite=False))
        return self._spectra(X, *stft_padding(self))

    @validated(batch_size=[Interval(Integral, 1, None, closed="left")])
    def initial_state(self, batch_size=1):
        """State before the first sample.

        Parameters
        ----------
        batch_size : int, default=1
            Number of parallel signals.

        Returns
        -------
        state : tuple
            Samples that further frames need, and where the next frame starts among them.
        """
        return _State(np.empty((batch_size, 0, 0), np.float32), -stft_padding(self)[0])

    def step(self, X, state):
        """Transform the next samples.

        Parameters
        ----------
        X : array-like of shape (batch_size, n_channels, n_times)
            Any number of further samples, float32 or float64.
        state : tuple
            State before them.

        Returns
        -------
        spectrum : ndarray of shape (batch_size, n_channels, n_freqs, n_frames)
            Frames that became complete, exactly those of :meth:`transform` of the whole signal.
        state : tuple
            State after them.

        Raises
        ------
        TypeError
            If X is not float32 or float64.
        ValueError
            If X has other signals or channels than ``state``, or is not finite.
        """
        audio, start = _joined(state.audio, X), state.start
        n_times = audio.shape[2]
        if start < 0 and n_times < self._min_times:
            return self._spectra(audio[..., :0]), _State(audio, start)
        spectrum = self._spectra(audio, max(0, -start), 0, max(0, start))
        # Negative as long as frames still begin in the padding before the signal.
        start += spectrum.shape[3] * stft_hop(self)
        # The mirror image after the end needs this many samples.
        kept = stft_padding(self)[1] + 1 if self.padding == "reflect" else 0
        done = max(0, min(start, n_times - kept))
        return spectrum, _State(audio[..., done:].copy(), start - done)

    def flush(self, state):
        """Transform the end of signals.

        Parameters
        ----------
        state : tuple
            State after the last sample.

        Returns
        -------
        spectrum : ndarray of shape (batch_size, n_channels, n_freqs, n_frames)
            Frames that the padding completes; none without ``padding``.

        Raises
        ------
        ValueError
            If the signals are too short for their mirror image.
        """
        audio, start = state
        if start < 0:
            self._check_audio(audio)
        return self._spectra(audio, max(0, -start), stft_padding(self)[1], max(0, start))

    def _spectra(self, X, before=0, after=0, start=0):
        """Spectra of the frames from sample ``start`` of audio padded on both sides."""
        window = analysis_window(self.window, self.n_fft, win_length=self.win_length)
        window = window.astype(X.dtype)
        n_frames = 1 + (X.shape[2] + before + after - start - self.n_fft) // stft_hop(self)
        spectrum = np.empty(
            (*X.shape[:2], self.n_fft // 2 + 1, max(0, n_frames)),
            dtype=np.result_type(X.dtype, np.complex64),
        )
        if spectrum.size == 0:
            return spectrum
        # |X(k)| <= max |x| sum |window|, which must not overflow.
        loudest = np.finfo(X.dtype).max / max(1.0, np.abs(window).sum())
        for i, (clip, clip_spectrum) in enumerate(zip(X, spectrum, strict=True)):
            # Written as "not <=", which is true for NaN as well.
            if not max(clip.max(), -clip.min()) <= loudest:
                check_finite(X)
                raise ValueError(
                    f"X must be at most {loudest:.1g}, or its spectrum exceeds the range of "
                    f"{X.dtype}; got {np.abs(clip).max():.1g} in sample {i}. Scale X."
                )
            if before or after:
                clip = np.pad(clip, ((0, 0), (before, after)), _PAD_MODES[self.padding])
            frames = frame_views(clip[:, start:], self.n_fft, stft_hop(self))
            clip_spectrum[:] = rfft(frames * window).swapaxes(1, 2)
        return spectrum

    def _axis_names(self):
        return [f"channel{c}" for c in range(self.n_features_in_)], self._bin_names()

    @property
    def _min_times(self):
        return {None: self.n_fft, "zeros": 1, "reflect": self.n_fft // 2 + 1}[self.padding]

    def _check_audio(self, X, ensure_finite=True):
        X = check_audio(X, min_times=self._min_times, ensure_finite=ensure_finite)
        if isinstance(X, list):
            raise ValueError(
                "X must hold clips of the same length, because a spectrum is one array; got "
                f"lengths {sorted({clip.shape[1] for clip in X})}. Cut them to one length (as "
                "AudioReader(duration=...) does), or use BinauralCues, which takes any lengths."
            )
        return X


def stft_hop(stft):
    """Distance of the frames of an STFT, in samples."""
    return stft.hop_length or max(1, (stft.win_length or stft.n_fft) // 4)


def stft_padding(stft):
    """Numbers of samples that an STFT pads before and after a clip."""
    margin = stft.n_fft // 2 if stft.padding else 0
    if stft.first_center > margin:
        raise ValueError(
            "first_center needs padding, and must be at most n_fft // 2; got first_center="
            f"{stft.first_center} with n_fft={stft.n_fft} and padding={stft.padding!r}."
        )
    return margin - stft.first_center, margin


def _joined(audio, X):
    """Audio with further samples of the same signals and channels."""
    if np.shape(X)[-1:] == (0,):
        return audio
    X = check_audio(X, n_channels=audio.shape[1] or None)
    if len(X) != len(audio):
        raise ValueError(f"X must hold batch_size={len(audio)} signals, as state; got {len(X)}.")
    return np.concatenate([audio, X], axis=2) if audio.size else X
