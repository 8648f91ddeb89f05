import math
import warnings
from functools import partial

import numpy as np
from joblib import effective_n_jobs
from scipy.fft import rfft
from sklearn.utils import gen_even_slices

from sslearn.exceptions import SilenceWarning
from sslearn.features._audio_reader import FileClips
from sslearn.features._base import StatelessTransformer
from sslearn.features._frames import analysis_window, frame_views
from sslearn.features._interchannel import guarded_magnitude, level_ratio, unit_phasor, within_range
from sslearn.features._names import bin_names
from sslearn.utils import (
    as_samples,
    band_slice,
    check_audio,
    check_finite,
    holds_paths,
    keep_freed_memory,
    run_parallel,
    take_rows,
)
from sslearn.utils.param_validation import Integral, Interval, Real, _fit_context

# Size of a block, whose frames, spectra and cues then fit the cache of the processor.
_BLOCK_BYTES = 2**21


def _batches(X):
    """Rows and clips, one block of clips at a time."""
    one_length = hasattr(X, "nbytes")
    # With the default hop of n_fft / 4, frames hold four times as many numbers as the clips.
    step = max(1, _BLOCK_BYTES // (4 * (X.nbytes // len(X)))) if one_length else 1
    for start in range(0, len(X), step):
        rows = slice(start, min(start + step, len(X)))
        yield rows, take_rows(X, rows) if one_length else X[start][None]


def _log_sum(ratio):
    """Sum over axis 1 of the natural logarithms of ratios within 1e-4.5 .. 1e4.5."""
    whole = ratio.shape[1] - ratio.shape[1] % 8
    # One logarithm for the product of 8 ratios, which is at most 1e36: float32 still holds it.
    products = ratio[:, :whole].reshape(len(ratio), 8, whole // 8, ratio.shape[2]).prod(axis=1)
    return np.log(products).sum(axis=1) + np.log(ratio[:, whole:]).sum(axis=1)


def _block_sums(frames, window, ild_bins, ipd_bins, scratch):
    """Sums over the frames (n_clips, 2, n_frames, n_fft) of log level ratios and of phasors."""
    # The scratch holds the windowed frames, then the magnitudes.
    spectrum = rfft(np.multiply(frames, window, out=_cut(scratch, frames.shape)))
    magnitude = guarded_magnitude(spectrum, out=_cut(scratch, spectrum.shape))
    phasor = unit_phasor(spectrum[:, 0, :, ipd_bins], spectrum[:, 1, :, ipd_bins])
    # Ratios of whole rows are faster than of a band, which is not contiguous.
    ratio = level_ratio(magnitude[:, 0], magnitude[:, 1], out=magnitude[:, 0])
    return _log_sum(ratio)[:, ild_bins], phasor.sum(axis=1)


def _cut(scratch, shape):
    return scratch[: math.prod(shape)].reshape(shape)


def _fill_cues(features, frames, window, bins, scratch):
    """Write the features of clips given as frames, one block of frames after the other."""
    n_frames = frames.shape[2]
    n_ild = bins[0].stop - bins[0].start
    levels, phases = features[:, :n_ild], features[:, n_ild:]
    features[:] = 0
    step = max(1, _BLOCK_BYTES // (frames[:, :, 0].size * scratch.itemsize))
    for start in range(0, n_frames, step):
        block = frames[:, :, start : start + step]
        logs, phasors = _block_sums(block, window, *bins, scratch)
        levels += logs
        # A complex phasor viewed as two real numbers is (cos, sin), the layout of the features.
        phases += phasors.view(features.dtype)
    # 20 log10(r) = 20 / ln(10) ln(r)
    levels *= 20 / np.log(10) / n_frames
    phases /= n_frames


def _warn_of_silence(X, levels):
    # Only a clip whose level differences are all 0 can be silent.
    candidates = np.flatnonzero(~levels.any(axis=1))
    silent = [int(i) for i in candidates if not np.any(X[i])]
    if silent:
        warnings.warn(
            f"X is silent in sample(s) {silent}: cues of 0 carry no direction. "
            "Drop these recordings.",
            SilenceWarning,
            stacklevel=3,
        )


class BinauralCues(StatelessTransformer):
    """Time-averaged interaural level and phase differences of two-channel audio.

    The level and phase differences of every frequency are averaged over the frames of a
    short-time Fourier transform, which is never stored as a whole: clips are processed in
    blocks that fit into the cache of the processor.

    Parameters
    ----------
    fs : float, default=16000
        Sampling rate, in Hz.
    n_fft : int, default=1024
        Length of the analysis window and of the Fourier transform, in samples.
    hop_length : int, default=256
        Distance of neighbouring frames, in samples.
    window : str, tuple or array-like of shape (n_fft,), default="cosine"
        Analysis window, as in :class:`STFT`; ``"cosine"`` is the sine window.
    ild_range : tuple of (float, float), default=(200, 7000)
        Lowest and highest frequency of the level differences, in Hz; the highest is left out.
    ipd_range : tuple of (float, float), default=(200, 2500)
        Lowest and highest frequency of the phase differences, in Hz; the highest is left out.
    n_jobs : int, default=None
        Number of threads; 1 if None, all processors if -1.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels seen in ``fit``: 2.

    See Also
    --------
    STFT, ILD, IPD, TimePooling, Flatten, FeatureStack : The same cues in single steps, for other
        arrays of microphones and for maps over time.

    Notes
    -----
    With the spectra S1 of channel 0 (left ear) and S2 of channel 1 (right ear), the features are
    the means over frames of ``20 log10(|S1| / |S2|)`` at each bin of ``ild_range``, then of the
    cosine and the sine of ``angle(S1 / S2)``, interleaved, at each bin of ``ipd_range``. A source
    on the left gives positive level differences and positive phase differences.

    A bin that is silent in both channels contributes a level and a phase difference of 0. Where
    only one channel is silent the level difference is limited to 90 dB, the dynamic range of
    16-bit audio, and the phase difference is 0. Frames are taken where a whole window fits.

    Beyond its output a thread needs a few megabytes, whatever the number and length of clips, so
    X may be a memory map; of paths, a thread holds the audio of one file at a time.

    References
    ----------
    Tang, Taseska and van Waterschoot, "Toward learning robust contrastive embeddings for binaural
    sound source localization", Frontiers in Neuroinformatics 16:942978, 2022,
    doi:10.3389/fninf.2022.942978. The limits for silence are our addition.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import BinauralCues
    >>> noise = np.random.default_rng(0).standard_normal((4, 1, 8000))
    >>> X = np.concatenate([noise, 0.5 * noise], axis=1)
    >>> cues = BinauralCues().fit_transform(X)
    >>> cues.shape
    (4, 729)
    >>> cues[0, :3].round(2).tolist()
    [6.02, 6.02, 6.02]
    """

    _parameter_constraints: dict = {
        "fs": [Interval(Real, 0, None, closed="neither")],
        "n_fft": [Interval(Integral, 2, None, closed="left")],
        "hop_length": [Interval(Integral, 1, None, closed="left")],
        "window": [str, tuple, "array-like"],
        "ild_range": ["array-like"],
        "ipd_range": ["array-like"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        fs=16000,
        *,
        n_fft=1024,
        hop_length=256,
        window="cosine",
        ild_range=(200, 7000),
        ipd_range=(200, 2500),
        n_jobs=None,
    ):
        self.fs = fs
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.window = window
        self.ild_range = ild_range
        self.ipd_range = ipd_range
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Validate the parameters and the audio; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, 2, n_times) or list of (2, n_times_i)
            Audio, float32 or float64; channel 0 is the left ear. Or paths of files, which are not
            read here.
        y : None
            Ignored.

        Returns
        -------
        self : BinauralCues
            The transformer.

        Raises
        ------
        ValueError
            If a parameter is out of range, or as :meth:`transform` raises.
        """
        self._bins()
        analysis_window(self.window, self.n_fft)
        self._check_audio(X)
        self.n_features_in_ = 2
        return self

    def transform(self, X):
        """Compute the cues of each clip.

        Parameters
        ----------
        X : array-like of shape (n_samples, 2, n_times) or list of (2, n_times_i)
            Audio, float32 or float64; channel 0 is the left ear. Clips of a list may differ in
            length. Or paths of files, which are read and resampled to ``fs`` one by one, as by
            :class:`AudioReader`.

        Returns
        -------
        features : ndarray of shape (n_samples, n_features)
            Level differences in dB, then cosines and sines of the phase differences; float32
            for float32 audio.

        Raises
        ------
        FileNotFoundError
            If a file does not exist.
        TypeError
            If X is not float32 or float64.
        ValueError
            If X does not have two channels, is shorter than one window, is not finite, or has a
            known rate other than ``fs``; or if a file cannot be read.

        Warns
        -----
        SilenceWarning
            If a clip is digital silence.
        """
        self._validate_params()
        keep_freed_memory()
        X = self._check_audio(X)
        dtype = X.dtype if hasattr(X, "dtype") else np.result_type(*{clip.dtype for clip in X})
        ild = self._bins()[0]
        n_jobs = min(effective_n_jobs(self.n_jobs), len(X))
        parts = list(gen_even_slices(len(X), n_jobs))
        calls = (partial(self._cues, X[part], dtype, part.start) for part in parts)
        blocks = run_parallel(calls, n_jobs, prefer="threads")
        features = blocks[0] if n_jobs == 1 else np.concatenate(blocks)
        _warn_of_silence(X, features[:, : ild.stop - ild.start])
        return features

    def get_feature_names_out(self, input_features=None):
        """Names of the features, such as ``"ild_203hz"`` and ``"ipd_cos_203hz"``.

        Parameters
        ----------
        input_features : None
            Ignored; here for scikit-learn.

        Returns
        -------
        names : ndarray of shape (n_features,), object
            Cue and frequency of each column. Frequencies are rounded to 1 Hz, or as fine as the
            distance of the bins needs.
        """
        ild, ipd = (bin_names(bins, n_fft=self.n_fft, fs=self.fs) for bins in self._bins())
        names = [f"ild_{hz}" for hz in ild]
        names += [f"ipd_{part}_{hz}" for hz in ipd for part in ("cos", "sin")]
        return np.array(names, dtype=object)

    def _bins(self):
        return (
            band_slice(self.ild_range, fs=self.fs, n_fft=self.n_fft, name="ild_range"),
            band_slice(self.ipd_range, fs=self.fs, n_fft=self.n_fft, name="ipd_range"),
        )

    def _check_audio(self, X):
        samples = as_samples(X)
        required = {"n_channels": 2, "min_times": self.n_fft, "ensure_finite": False}
        if holds_paths(samples):
            return FileClips(samples, self.fs, **required)
        return check_audio(samples, **required)

    def _cues(self, X, dtype, first_sample):
        """Features of some clips; ``first_sample`` is the number of the first one in messages."""
        ild, ipd = self._bins()
        n_features = ild.stop - ild.start + 2 * (ipd.stop - ipd.start)
        features = np.empty((len(X), n_features), dtype=dtype)
        window = analysis_window(self.window, self.n_fft).astype(features.dtype)
        n_bytes = max(_BLOCK_BYTES, 2 * self.n_fft * features.itemsize)
        scratch = np.empty(n_bytes // features.itemsize, dtype=features.dtype)

        for rows, clips in _batches(X):
            fill = partial(self._fill_rows, features[rows], window, scratch)
            # NaN and infinity reach the sum of the features: no pass over the audio is needed.
            if not np.isfinite(within_range(fill, clips, axis=(1, 2))):
                check_finite(clips, first_sample=first_sample + rows.start)
        return features

    def _fill_rows(self, features, window, scratch, clips):
        """Write the features of some clips; return a number that is finite if the clips are."""
        frames = frame_views(clips, self.n_fft, self.hop_length)
        _fill_cues(features, frames, window, self._bins(), scratch)
        # Samples after the last whole frame enter no cue, but must be finite, too.
        unread = clips[..., self.n_fft + (frames.shape[2] - 1) * self.hop_length :]
        return features.sum() + unread.sum()
