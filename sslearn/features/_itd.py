import numpy as np

from sslearn.features._interchannel import unit_phasor
from sslearn.features._pair_cues import PairCue, check_max_tau
from sslearn.utils.param_validation import Interval, Real

# Lags per sampling period; a parabola through the three highest refines the peak.
_OVERSAMPLING = 4


def _refined_peaks(correlation):
    """Positions of the maxima along axis 1, refined between indices unless at an end."""
    last = correlation.shape[1] - 1
    peak = correlation.argmax(axis=1, keepdims=True)
    inside = np.clip(peak, 1, last - 1)
    before, at, after = (
        np.take_along_axis(correlation, inside + shift, axis=1) for shift in (-1, 0, 1)
    )
    # The parabola through y(-1), y(0), y(1) peaks at (y(-1) - y(1)) / (2 (y(-1) - 2 y(0) + y(1))).
    curvature = before - 2 * at + after
    is_peak = (peak == inside) & (curvature < 0)
    return peak + np.where(is_peak, 0.5 * (before - after) / np.where(is_peak, curvature, 1), 0)


class ITD(PairCue):
    """Time differences of pairs of channels, in seconds.

    Parameters
    ----------
    fs : float, default=16000
        Sampling rate, in Hz.
    reference : int, default=0
        Channel that every other one is compared with.
    pairs : array-like of shape (n_pairs, 2), default=None
        Channel and reference of each pair, instead of ``reference``.
    freq_range : tuple of (float, float), default=None
        Lowest and highest frequency, in Hz; the highest is left out. None takes every bin.
    max_tau : float, default=0.001
        Largest time difference in the search, in seconds; at most half a frame. Sound takes
        0.0008 s around a large head.

    Attributes
    ----------
    n_features_in_ : int
        Number of channels seen in ``fit``.

    See Also
    --------
    IPD : The phase difference of each frequency.

    Notes
    -----
    In every frame the time difference is the lag of the highest value of the cross-correlation
    with phase transform (GCC-PHAT) over the bins of ``freq_range``, evaluated four times in a
    sampling period and refined by a parabola. It is positive where the wave reaches the
    channel after the reference, and 0 where either is silent. The maps have a single row of
    frequencies, so that they can be pooled and flattened like all others.

    References
    ----------
    Knapp and Carter, "The generalized correlation method for estimation of time delay", IEEE
    Transactions on Acoustics, Speech, and Signal Processing 24(4), 1976,
    doi:10.1109/TASSP.1976.1162830.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.features import ITD, STFT
    >>> left = np.random.default_rng(0).standard_normal(4096)
    >>> X = np.stack([left, np.roll(left, 8)])[None]
    >>> itd = ITD(fs=16000).transform(STFT(1024).transform(X))
    >>> itd.shape, round(1e6 * np.median(itd).item())
    ((1, 1, 1, 13), 500)
    """

    _parameter_constraints: dict = {
        **PairCue._parameter_constraints,
        "max_tau": [Interval(Real, 0, None, closed="neither")],
    }

    _cue_name = "itd"
    _uses_rate = True

    def __init__(self, fs=16000, *, reference=0, pairs=None, freq_range=None, max_tau=1e-3):
        self.fs = fs
        self.reference = reference
        self.pairs = pairs
        self.freq_range = freq_range
        self.max_tau = max_tau

    def _row_names(self):
        return ["s"]

    def _plan(self, X):
        check_max_tau(self.max_tau, self.fs, X.shape[2])
        return super()._plan(X)

    def _cue(self, spectrum, reference, freqs):
        step = 1 / (_OVERSAMPLING * self.fs)
        n_lags = int(np.ceil(self.max_tau / step))
        lags = step * np.arange(-n_lags, n_lags + 1)
        phasors = unit_phasor(spectrum, reference)
        # r(tau) = Re sum_f P(f) exp(2j pi f tau): (n_lags, n_freqs) @ (n_pairs, n_freqs, n_frames).
        steering = np.exp(2j * np.pi * lags[:, None] * freqs).astype(phasors.dtype)
        correlation = (steering @ phasors).real
        peaks = _refined_peaks(correlation)
        return ((peaks - n_lags) * step).astype(correlation.dtype)
