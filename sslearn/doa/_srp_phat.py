import numpy as np
from numpy.polynomial import chebyshev
from scipy.special import jv

from sslearn.doa._frame_sums import are_coherent, phase_sums, voting_weights
from sslearn.doa._grid_search import GridLocalizer, fits_memory
from sslearn.geometry import mic_pairs, propagation_delays

# Truncation error of the polynomials, per pair and frequency: about that of single precision.
_TOLERANCE = 1e-7


class SRPPHAT(GridLocalizer):
    """Steered response power with phase transform.

    The cross-spectra of all pairs of microphones, without their magnitudes, are added up along
    the delays that each direction of the grid would have.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres; microphone m is channel m.
    fs : float, default=16000
        Sampling rate in Hz.
    grid : array-like of shape (n_directions,), (n_directions, 2) or (n_directions, 3), \
default=None
        Azimuths; azimuths and elevations; or also distances in metres (spherical waves), in
        degrees. None takes all that the array can resolve: every 2 degrees of azimuth, or
        about every 4 degrees of the sphere if ``fit`` is given azimuths and elevations, without
        the back of a line of microphones and without what is below a plane of them.
    freq_range : tuple of (float, float) or None, default=(200, 4000)
        Lowest and highest frequency in Hz; the highest is left out. None takes all.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.
    n_sources : int, default=1
        Number of sources to find: the highest peaks of the spatial spectrum.
    decoder : decoder, default=None
        From the spatial spectrum to directions. None is ``AdjacentDecoder(weights="parabola")``,
        which refines the highest value off the grid, for one source, and
        ``PeakDecoder(n_sources)`` for several.
    block_size : int, default=None
        Number of frames for one estimate, which makes a track per clip (the last block may be
        shorter); None takes all frames of a clip together.
    block_duration : float, default=None
        The same in seconds, rounded to whole frames, where ``batch_transform`` has an STFT.
    batch_transform : transformer, default=None
        Transformer that computes the spectra chunk by chunk, such as ``STFT(512)`` or
        ``make_pipeline(AudioReader(), STFT(512))``: X may then be audio or paths, and the spectra
        of all clips are never stored. A copy is fitted on the first samples.
    n_jobs : int, default=None
        Number of threads over chunks of clips.

    Attributes
    ----------
    grid_ : ndarray of shape (n_directions,), (n_directions, 2) or (n_directions, 3)
        Directions of the spatial spectrum.
    bins_ : slice
        Frequencies in use, as bins of the spectrum.
    mic_positions_ : ndarray of shape (n_mics, 3)
        Validated positions.
    batch_transform_ : transformer or None
        Fitted copy of ``batch_transform``.
    n_features_in_ : int
        Number of channels.
    n_freqs_in_ : int
        Number of frequencies of the spectra.

    Raises
    ------
    ValueError
        In ``fit``: if microphones are in one place, or the array cannot resolve the angles in y.

    Warns
    -----
    AmbiguityWarning
        In ``fit``: if directions of ``grid`` have the same delays, as those in front and behind a
        line have.
    SpatialAliasingWarning
        In ``fit``: if other directions have the same phases over the whole band.
    SilenceWarning
        If a channel is silent.
    UncertaintyWarning
        If several sources are coherent, or there is only one.

    See Also
    --------
    MUSIC, MVDR : Narrower peaks, for sources that are not coherent.
    sslearn.recipes.srp_phat : Straight from audio.

    Notes
    -----
    ``P(u) = mean over pairs i < j, frequencies and frames of
    Re[ X_i X_j* / |X_i X_j*| exp(2j pi f (tau_i(u) - tau_j(u))) ]``, in [-1, 1]; 1 for a single
    plane wave without noise [1]_, [2]_. The PHAT weight is applied in every frame.

    The sum over frequencies is a smooth function of the delay alone. We expand it for each pair
    in as many Chebyshev polynomials of the delay as single precision needs (Jacobi-Anger), and
    evaluate these at the delays of all directions: two matrix products that are smaller than the
    one that steers every frequency, with the same result. That few numbers per pair suffice was
    found by [3]_, who sample and interpolate with sinc functions.

    References
    ----------
    .. [1] J. H. DiBiase, "A high-accuracy, low-latency technique for talker localization in
       reverberant environments using microphone arrays", PhD thesis, Brown University, 2000.
    .. [2] C. H. Knapp, G. C. Carter, "The generalized correlation method for estimation of time
       delay", IEEE Trans. Acoust., Speech, Signal Process. 24(4), 1976,
       doi:10.1109/TASSP.1976.1162830.
    .. [3] T. Dietzen, E. De Sena, T. van Waterschoot, "Low-complexity steered response power
       mapping based on Nyquist-Shannon sampling", WASPAA, 2021,
       doi:10.1109/WASPAA52581.2021.9632774.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.doa import SRPPHAT
    >>> from sslearn.features import STFT
    >>> from sslearn.geometry import circular_array
    >>> mics = circular_array(4, 0.05)
    >>> X, y = make_plane_waves(
    ...     3, mic_positions=mics, azimuth_range=(-180, 180), random_state=0, return_X_y=True
    ... )
    >>> y.round(1).tolist()
    [17.6, 77.5, 37.0]
    >>> make_pipeline(STFT(512), SRPPHAT(mics)).fit(X).predict(X).round(1).tolist()
    [17.6, 77.5, 37.0]
    """

    def __init__(
        self,
        mic_positions,
        *,
        fs=16000,
        grid=None,
        freq_range=(200, 4000),
        speed_of_sound=343.0,
        n_sources=1,
        decoder=None,
        block_size=None,
        block_duration=None,
        batch_transform=None,
        n_jobs=None,
    ):
        self.mic_positions = mic_positions
        self.fs = fs
        self.grid = grid
        self.freq_range = freq_range
        self.speed_of_sound = speed_of_sound
        self.n_sources = n_sources
        self.decoder = decoder
        self.block_size = block_size
        self.block_duration = block_duration
        self.batch_transform = batch_transform
        self.n_jobs = n_jobs

    def _prepare_grid(self, freqs):
        delays = propagation_delays(
            self.mic_positions_, self.grid_, speed_of_sound=self.speed_of_sound
        )
        self._pairs = mic_pairs(len(self.mic_positions_))
        i, j = self._pairs.T
        # The lag of each pair and direction as a share of the largest lag of the pair.
        lags = delays[:, i] - delays[:, j]
        max_lags = np.abs(lags).max(axis=0) + np.finfo(float).eps
        degree = _degree(2 * np.pi * freqs.max(initial=0.0) * max_lags.max())
        self._lag_transform = lag_transform(freqs, max_lags, degree).astype(np.float32)
        self._shares = np.ascontiguousarray((lags / max_lags).T)
        fits = fits_memory(4 * self._shares.size * (degree + 1))
        self._polynomials = self._polynomials_at(slice(None)) if fits else None

    def _polynomials_at(self, directions):
        """Matrix (n_pairs * n_polynomials, n_directions) of the polynomials at the delays."""
        degree = self._lag_transform.shape[2] - 1
        polynomials = chebyshev.chebvander(self._shares[:, directions].astype(np.float32), degree)
        return polynomials.transpose(0, 2, 1).reshape(-1, polynomials.shape[1])

    def _sums(self, X):
        return phase_sums(X, self._pairs)

    def _are_coherent(self, sums):
        return self.n_sources > 1 and are_coherent(sums, self.n_features_in_)

    def _score(self, sums):
        weights = voting_weights(sums.power)
        cross = sums.products.transpose(2, 0, 1) * (weights / sums.power.dtype.type(sums.n_frames))
        cross = np.concatenate([cross.real, cross.imag], axis=2)
        coefficients = (cross @ self._lag_transform).swapaxes(0, 1).reshape(len(weights), -1)
        if self._polynomials is not None:
            return coefficients @ self._polynomials
        step = max(1, len(self.grid_) // 16)
        blocks = [slice(d, d + step) for d in range(0, len(self.grid_), step)]
        return np.hstack([coefficients @ self._polynomials_at(block) for block in blocks])


def _degree(largest_phase):
    """Least degree of polynomials that represent ``exp(1j x)``, |x| up to the largest phase."""
    degrees = np.arange(int(largest_phase) + 60)
    # exp(1j x t) = J_0(x) + 2 sum_k j^k J_k(x) T_k(t): the truncation error falls off fast.
    tail = 2 * np.abs(jv(degrees, largest_phase))[::-1].cumsum()[::-1]
    return int(np.argmax(tail < _TOLERANCE))


def lag_transform(freqs, max_lags, degree):
    """From cross-spectra to Chebyshev coefficients of the correlation over the lag.

    Parameters
    ----------
    freqs : ndarray of shape (n_freqs,)
        Frequencies in Hz.
    max_lags : ndarray of shape (n_pairs,)
        Largest lag of each pair, in seconds.
    degree : int
        Degree of the polynomials.

    Returns
    -------
    transform : ndarray of shape (n_pairs, 2 * n_freqs, degree + 1)
        Takes real parts, then imaginary parts, of the cross-spectra of a pair. The sum of the
        coefficients times ``T_k(lag / max_lag)``, over all pairs, is the mean over pairs of the sum
        over frequencies of ``Re[cross exp(2j pi f lag)]``.
    """
    phases = 2 * np.pi * np.multiply.outer(max_lags, freqs)
    orders = np.arange(degree + 1)
    # Jacobi-Anger: Re[c exp(1j x t)] has the coefficients Re[c j^k] J_k(x), twice for k > 0.
    bessel = jv(orders, phases[..., None]) * np.where(orders > 0, 2.0, 1.0)
    turn = 1j**orders
    transform = np.concatenate([bessel * turn.real, -bessel * turn.imag], axis=1)
    return transform / len(max_lags)
