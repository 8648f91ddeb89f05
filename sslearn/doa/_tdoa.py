import warnings

import numpy as np

from sslearn.doa._delay_finder import LAGS_PER_PERIOD, DelayFinder
from sslearn.doa._frame_sums import phase_sums, voting_weights
from sslearn.doa._grid_search import GridScorer
from sslearn.doa._tdoa_directions import ROBUST, fit_plane_waves, pair_differences
from sslearn.doa._tdoa_scores import plane_wave_scores
from sslearn.exceptions import SpatialAliasingWarning
from sslearn.geometry import array_dimension, mic_pairs, unit_vectors_to_angles
from sslearn.utils import check_pairs

_MAX_ANGLES = 2
# A correlation this high at a wrong lag makes the lag ambiguous.
_SAME_HEIGHT = 0.98


class TDOALocalizer(GridScorer):
    """Localization by time differences of arrival.

    The time differences are the highest values of the cross-correlations with phase transform
    (GCC-PHAT), averaged over the frames; the direction is the plane wave that fits them best, in
    closed form but for one number. There is no search: the grid is that of ``spatial_spectrum``.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres; microphone m is channel m.
    fs : float, default=16000
        Sampling rate in Hz.
    grid : array-like of shape (n_directions,) or (n_directions, 2), default=None
        Azimuths, or azimuths and elevations, of the spatial spectrum, in degrees; ``predict`` does
        not search them, but predicts in their layout if ``fit`` is given no y. None takes all that
        the pairs can resolve: every 2 degrees of azimuth, or about every 4 degrees of the
        sphere if ``fit`` is given azimuths and elevations, without the back of a line and without
        what is below a plane of microphones.
    pairs : array-like of shape (n_pairs, 2), default=None
        Microphones of each pair; None for every pair ``(i, j)`` with ``i < j``.
    freq_range : tuple of (float, float) or None, default=(200, 4000)
        Lowest and highest frequency in Hz; the highest is left out. None takes all.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.
    robust : bool or {"tukey", "huber"}, default=True
        Whether outliers among the time differences of a clip are recognised and left out (True or
        ``"tukey"``), or weigh less (``"huber"``), as in :func:`directions_from_tdoas`.
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
    grid_ : ndarray of shape (n_directions,) or (n_directions, 2)
        Directions of the spatial spectrum.
    pairs_ : ndarray of shape (n_pairs, 2)
        Microphones of each pair.
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
        In ``fit``: if microphones are in one place, the pairs span too few dimensions for the
        angles in y, or y or ``grid`` holds distances.

    Warns
    -----
    AmbiguityWarning
        In ``fit``: if directions of ``grid`` have the same delays, as those in front and behind a
        line have.
    ConvergenceWarning
        If the time differences of a clip agree with no plane wave.
    SilenceWarning
        If a channel is silent. Its pairs are left out.
    SpatialAliasingWarning
        In ``fit``: if the band is so narrow, and the microphones so far apart, that wrong time
        differences fit as well as the right ones.

    See Also
    --------
    directions_from_tdoas : From measured time differences.
    SRPPHAT : The same correlations, added up along each direction: more robust to noise.
    sslearn.features.GCCPHAT : The correlations, as features.

    Notes
    -----
    Each time difference is the maximum of the mean over frames of GCC-PHAT [1]_ within the largest
    lag that the distance of the pair allows: the highest of eight lags per period of the
    highest frequency, refined by Newton's method on the sum itself.
    :func:`directions_from_tdoas` describes how a direction follows, and on which side of a plane or
    a line of microphones it is. For azimuth alone on a line of microphones sources are taken to
    be on the horizontal plane. The method finds one source, so there is no ``n_sources``.

    The spatial spectrum is the mean of ``1 / (1 + (r / s)**2)`` [2]_ over the pairs, with the
    residual r that the plane wave from a direction leaves, in metres; azimuths alone are scored at
    the elevation of the plane wave that fits best. The square of the scale s is the sum of the
    squares of the median residual of that one and of the distance that sound goes from one of the
    lags above to the next. If not ``robust``, the spectrum is ``1 / (1 + mean((r / s)**2))``, with
    the root mean square residual in place of the median.

    References
    ----------
    .. [1] C. H. Knapp and G. C. Carter, "The generalized correlation method for estimation of time
       delay", IEEE Transactions on Acoustics, Speech, and Signal Processing 24(4), 1976,
       doi:10.1109/TASSP.1976.1162830.
    .. [2] S. Geman and D. E. McClure, "Statistical methods for tomographic image reconstruction",
       Bulletin of the International Statistical Institute 52(4), 1987.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.doa import TDOALocalizer
    >>> from sslearn.features import STFT
    >>> from sslearn.geometry import tetrahedral_array
    >>> mics = tetrahedral_array(0.05)
    >>> X, y = make_plane_waves(
    ...     3, mic_positions=mics, elevation_range=(-90, 90), random_state=0, return_X_y=True
    ... )
    >>> y.round(1).tolist()
    [[8.8, 5.2], [38.7, -8.8], [18.5, 17.0]]
    >>> make_pipeline(STFT(512), TDOALocalizer(mics)).fit(X, y).predict(X).round(1).tolist()
    [[8.8, 5.2], [38.7, -8.8], [18.5, 17.0]]
    """

    _parameter_constraints: dict = {
        **GridScorer._parameter_constraints,
        "pairs": ["array-like", None],
        "robust": ROBUST,
    }

    def __init__(
        self,
        mic_positions,
        *,
        fs=16000,
        grid=None,
        pairs=None,
        freq_range=(200, 4000),
        speed_of_sound=343.0,
        robust=True,
        block_size=None,
        block_duration=None,
        batch_transform=None,
        n_jobs=None,
    ):
        self.mic_positions = mic_positions
        self.fs = fs
        self.grid = grid
        self.pairs = pairs
        self.freq_range = freq_range
        self.speed_of_sound = speed_of_sound
        self.robust = robust
        self.block_size = block_size
        self.block_duration = block_duration
        self.batch_transform = batch_transform
        self.n_jobs = n_jobs

    def time_differences(self, X):
        """Measure the time differences alone.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, or what ``batch_transform`` takes.

        Returns
        -------
        tdoas : ndarray of shape (n_samples, n_pairs) or (n_samples, n_blocks, n_pairs)
            Arrival at the first microphone of each pair minus arrival at the second, in seconds;
            the latter with ``block_size``. NaN where one of the two is silent.

        Raises
        ------
        ValueError
            As ``predict``.
        """
        return self._map(self._delays, X)

    def predict(self, X):
        """Localize.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, or what ``batch_transform`` takes.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, 2) or (n_samples, n_blocks, 1, n_angles)
            Directions in degrees; the last with ``block_size``.

        Raises
        ------
        ValueError
            If X does not have the channels and frequencies of ``fit``, or holds NaN.
        """
        # All clips are fitted at once: the fit needs little memory, but many small steps.
        tdoas, is_missing = self._all_delays(X)
        directions = self._locate_delays(tdoas.reshape(-1, len(self.pairs_)))
        directions[is_missing.ravel()] = np.nan
        if self._block_frames is not None:
            return directions.reshape(*tdoas.shape[:2], 1, self._n_angles)
        return directions if self._n_angles == 2 else directions[:, 0]

    def spatial_spectrum(self, X):
        """Score each direction of the grid by the time differences.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_freqs, n_frames)
            Spectra, or what ``batch_transform`` takes.

        Returns
        -------
        spatial_spectrum : ndarray of shape (n_samples, n_directions) or \
(n_samples, n_blocks, n_directions)
            In [0, 1], the share of the pairs that agree, see Notes of the class; the latter with
            ``block_size``. 0 for silence.

        Raises
        ------
        ValueError
            As ``predict``.
        """
        tdoas, is_missing = self._all_delays(X)
        scores = self._score_delays(tdoas.reshape(-1, len(self.pairs_)))
        scores[is_missing.ravel()] = np.nan
        return scores.reshape(*tdoas.shape[:-1], len(self.grid_))

    def _prepare(self, freqs, n_angles):
        mics = self.mic_positions_
        self._differences = pair_differences(mics, self.pairs)
        n_dims = array_dimension(np.vstack([self._differences, -self._differences]))
        self._n_angles = _check_n_angles(n_angles or self._grid_angles(), n_dims)
        if self._n_angles == 1 and n_dims == 1:
            self._differences[:, 2] = 0.0
            if not self._differences[:, :2].any():
                raise ValueError(
                    "mic_positions must not be a vertical line, which cannot resolve azimuth. Tilt "
                    "it, or use more microphones."
                )
        self._set_grid(_span(self._differences), self._n_angles)
        pairs = mic_pairs(len(mics)) if self.pairs is None else self.pairs
        self.pairs_ = np.array(check_pairs(pairs, 0, len(mics)))
        distances = np.linalg.norm(mics[self.pairs_[:, 0]] - mics[self.pairs_[:, 1]], axis=1)
        max_lags = distances / self.speed_of_sound
        _warn_of_aliasing(freqs[freqs > 0], max_lags.max())
        n_fft = 2 * (self.n_freqs_in_ - 1)
        self._find_delays = DelayFinder(max_lags, self.bins_, n_fft=n_fft, fs=self.fs)

    def _sums(self, X):
        return phase_sums(X, self.pairs_)

    def _delays(self, sums):
        weights = voting_weights(sums.power) / sums.power.dtype.type(sums.n_frames)
        cross = sums.products * weights[..., None]
        # Sums that fade must not underflow in the correlations; a power of two is exact.
        scale = np.abs(cross).max(axis=(1, 2), keepdims=True, initial=0)
        cross = cross * np.exp2(-np.floor(np.log2(np.where(scale > 0, scale, 1))))
        return np.where(cross.any(axis=1), self._find_delays(cross), np.nan)

    def _all_delays(self, X):
        """Time differences, and whether a block is missing (which differs from silence)."""
        found = self._map(lambda sums: np.pad(self._delays(sums), ((0, 0), (0, 1))), X)
        return found[..., :-1], np.isnan(found[..., -1])

    def _locate(self, sums):
        return self._locate_delays(self._delays(sums))

    def _score(self, sums):
        return self._score_delays(self._delays(sums))

    def _locate_with_spectrum(self, sums):
        tdoas = self._delays(sums)
        vectors = self._vectors(tdoas)
        scores = self._silenced(self._score_delays(tdoas, vectors), sums)
        return self._angles(vectors), scores

    def _locate_delays(self, tdoas):
        return self._angles(self._vectors(tdoas))

    def _vectors(self, tdoas):
        vectors = np.empty((len(tdoas), 3))
        for rows, leads, differences in self._leads(tdoas):
            vectors[rows] = self._fit(leads, differences)
        return vectors

    def _angles(self, vectors):
        return unit_vectors_to_angles(vectors)[:, : self._n_angles]

    def _score_delays(self, tdoas, vectors=None):
        vectors = self._vectors(tdoas) if vectors is None else vectors
        scores = np.zeros((len(tdoas), len(self.grid_)))
        for rows, leads, differences in self._leads(tdoas):
            if len(differences):
                scores[rows] = plane_wave_scores(
                    leads,
                    differences,
                    np.deg2rad(self.grid_),
                    vectors[rows],
                    resolution=self.speed_of_sound * self._find_delays.step,
                    robust=bool(self.robust),
                )
        return scores

    def _leads(self, tdoas):
        """Groups of clips with the same sounding pairs: rows, leads in metres, differences."""
        sounding = np.isfinite(tdoas)
        for used in np.unique(sounding, axis=0):
            rows = (sounding == used).all(axis=1)
            yield rows, -self.speed_of_sound * tdoas[rows][:, used], self._differences[used]

    def _fit(self, leads, differences):
        if len(differences) == 0:
            return np.array([1.0, 0.0, 0.0])  # silence: the front, arbitrarily
        return fit_plane_waves(leads, differences, robust=self.robust)


def _span(differences):
    """At most four positions that resolve the same directions as the differences do."""
    _, singular, basis = np.linalg.svd(differences, full_matrices=False)
    return np.vstack([np.zeros(3), singular[:, None] * basis])


def _warn_of_aliasing(freqs, max_lag):
    """Warn if the correlation of a plane wave is as high at another possible lag."""
    highest = freqs.max(initial=1e-9)
    # Within half a period it is the same peak.
    lags = np.arange(0.5 / highest, 2 * max_lag, 1 / (4 * LAGS_PER_PERIOD * highest))
    heights = np.cos(2 * np.pi * lags[:, None] * freqs).mean(axis=1) if len(freqs) else lags
    if heights.max(initial=0.0) > _SAME_HEIGHT:
        warnings.warn(
            f"mic_positions are too far apart for freq_range from {freqs.min():g} to {highest:g} "
            "Hz: other time differences give the same phases (spatial aliasing). Take more "
            "frequencies, or pairs of microphones that are nearer to each other.",
            SpatialAliasingWarning,
            stacklevel=5,
        )


def _check_n_angles(n_angles, n_dims):
    n_angles = 1 if n_angles is None else n_angles
    if n_angles > _MAX_ANGLES:
        raise ValueError(
            "y and grid must hold azimuths, or azimuths and elevations: time differences of plane "
            "waves hold no distance. Use SRPPHAT with near_field_grid."
        )
    if n_dims < n_angles:
        raise ValueError(
            "mic_positions must span 2 dimensions for azimuth and elevation; the pairs lie on a "
            "line. Use azimuths alone, or more pairs."
        )
    return n_angles
