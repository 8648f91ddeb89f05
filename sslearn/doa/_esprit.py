import warnings
from functools import partial

import numpy as np
from sklearn.utils import gen_batches

from sslearn.doa._esprit_arrays import uniform_array
from sslearn.doa._esprit_refine import profile_likelihood, refine_values
from sslearn.doa._esprit_roots import combine_roots, esprit_roots
from sslearn.doa._frame_sums import FrameSums, are_coherent, covariance_sums, voting_weights
from sslearn.doa._grid_search import GridScorer
from sslearn.exceptions import SpatialAliasingWarning
from sslearn.utils.param_validation import Integral, Interval

# Bytes of the covariances of a batch.
_BATCH_BYTES = 2**23


class ESPRIT(GridScorer):
    """Directions of several sources without a search, for uniform lines and circles.

    Parameters
    ----------
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres, in any order: a uniform line or a uniform circle on a
        horizontal plane, within 2 % of its spacing or radius; microphone m is channel m.
    fs : float, default=16000
        Sampling rate in Hz.
    grid : array-like of shape (n_directions,), default=None
        Azimuths of the spatial spectrum, in degrees; ``predict`` does not use them. None takes
        every 2 degrees, without the back of a line of microphones.
    freq_range : tuple of (float, float) or None, default=(200, 4000)
        Lowest and highest frequency in Hz; the highest is left out. None takes all.
    speed_of_sound : float, default=343.0
        Speed of sound in metres per second.
    n_sources : int, default=1
        Number of sources: below the number of microphones on a line; on a circle at most
        ``n_mics - 1`` for an odd and ``n_mics - 2`` for an even number of microphones. As many
        directions are always found.
    n_refinements : int, default=10
        Largest number of steps that raise the likelihood of the directions found, over all
        frequencies together [3]_. With 0 those of ESPRIT are kept, which on a circle are several
        degrees off where sources are close to each other.
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
    grid_ : ndarray of shape (n_directions,)
        Azimuths of the spatial spectrum.
    bins_ : slice
        Frequencies of ``freq_range``, as bins of the spectrum.
    freqs_ : ndarray of shape (n_freqs,)
        Frequencies in Hz at which ESPRIT looks for directions.
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
        In ``fit``: if the array is neither a uniform line nor a uniform circle, there are too many
        sources for it, no frequency suits it, or y or ``grid`` holds elevations. In ``predict``: if
        there are fewer frames than sources.

    Warns
    -----
    AmbiguityWarning
        In ``fit``: if ``grid`` holds azimuths in front and behind a line that have the same delays.
    SpatialAliasingWarning
        In ``fit``: if frequencies above ``speed_of_sound / (2 * spacing)`` of a line are left out.
    SilenceWarning
        If a channel is silent. The directions are then finite, but arbitrary.
    UncertaintyWarning
        If several sources are coherent, or there is only one.

    See Also
    --------
    MUSIC : For any array, with elevations; it searches its spatial spectrum.
    SRPPHAT : Also for echoes and for any number of sources.
    sslearn.metrics.match_sources : Several sources in the order of others.

    Notes
    -----
    The sources are on the horizontal plane. A line cannot resolve front and back: azimuths are
    those in front of it (to its left, if it runs from front to back). ``predict`` returns azimuths
    of shape (n_samples,) for one source and (n_samples, n_sources, 1) for several, the strongest
    first. Sources in one place, or fewer than ``n_sources``, leave the other directions undefined.
    Echoes count as sources: in reverberant rooms MUSIC and SRPPHAT find several sources more
    reliably.

    At each frequency the covariance, averaged over both directions of the array (not on odd
    circles), has a signal subspace E; the eigenvalues of the least-squares solution Psi of ``F1 E
    Psi = F2 E`` are the roots. On a line F1 and F2 drop the last and the first microphone and a
    root is ``exp(1j k d s)``, s the sine of the azimuth from broadside [1]_. On a circle they make
    phase modes m and m + 1, multiplied crosswise by ``1j^m J_m(kr)``, and a root is ``exp(1j
    azimuth)`` [2]_; that takes no division by small Bessel functions. The modes are taken up to
    ``(n_mics - 2) // 2`` at frequencies where the modes that alias to them are small, which
    moves roots by degrees [4]_.

    Each root comes with its asymptotic variance [5]_, large where a source is silent, at low
    frequencies and at zeros of Bessel functions. The roots of all frequencies are grouped and
    averaged by it, and the likelihood of the sound at the actual positions is then raised, on a
    circle at all of ``freq_range``: that removes the error of the modes. It takes the signals and
    the power of the noise at each frequency as unknown.

    The spatial spectrum is this likelihood over the azimuth of one source while the others stay
    where they were found, ``P(u) = max over k of G_k(u) / G_k(u_k)``, with the gain of source k,
    found at ``u_k``, ``G_k(u) = sum over f of log tr(P_f,-k R_f) - log tr(P_f,k(u) R_f)``. There
    ``P_f,-k`` is the projection orthogonal to the steering vectors of the others, and
    ``P_f,k(u)`` also to that of ``u``. It is 1 at the directions that ``predict`` finds, whatever
    their power, and 0 where a source would explain nothing; a value above 1 elsewhere means
    that ``predict`` missed a better direction, which happens in strong noise.

    References
    ----------
    .. [1] R. Roy, T. Kailath, "ESPRIT - Estimation of signal parameters via rotational invariance
       techniques", IEEE Trans. Acoust. Speech Signal Process. 37(7), 1989, doi:10.1109/29.32276.
    .. [2] C. P. Mathews, M. D. Zoltowski, "Eigenstructure techniques for 2-D angle estimation with
       uniform circular arrays", IEEE Trans. Signal Process. 42(9), 1994, doi:10.1109/78.317861.
       Only the azimuth is found here.
    .. [3] P. Stoica, K. C. Sharman, "Maximum likelihood methods for direction-of-arrival
       estimation", IEEE Trans. Acoust. Speech Signal Process. 38(7), 1990, doi:10.1109/29.57542.
    .. [4] F. Belloni, V. Koivunen, "Beamspace transform for UCA: error analysis and bias
       reduction", IEEE Trans. Signal Process. 54(8), 2006, doi:10.1109/TSP.2006.877664.
    .. [5] B. D. Rao, K. V. S. Hari, "Performance analysis of ESPRIT and TAM in determining the
       direction of arrival of plane waves in noise", IEEE Trans. Acoust. Speech Signal Process.
       37(12), 1989.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.doa import ESPRIT
    >>> from sslearn.features import STFT
    >>> from sslearn.geometry import linear_array
    >>> mics = linear_array(4, 0.04)
    >>> X, y = make_plane_waves(3, mic_positions=mics, random_state=1, return_X_y=True)
    >>> y.round().tolist()
    [-15.0, 40.0, -90.0]
    >>> make_pipeline(STFT(512), ESPRIT(mics)).fit(X).predict(X).round().tolist()
    [-15.0, 40.0, -90.0]
    """

    _parameter_constraints: dict = {
        **GridScorer._parameter_constraints,
        "n_sources": [Interval(Integral, 1, None, closed="left")],
        "n_refinements": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        mic_positions,
        *,
        fs=16000,
        grid=None,
        freq_range=(200, 4000),
        speed_of_sound=343.0,
        n_sources=1,
        n_refinements=10,
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
        self.n_refinements = n_refinements
        self.block_size = block_size
        self.block_duration = block_duration
        self.batch_transform = batch_transform
        self.n_jobs = n_jobs

    @property
    def _min_frames(self):
        # Fewer frames do not span the signal subspace.
        return self.n_sources

    def _check_array(self):
        n_mics = super()._check_array()
        self._array = uniform_array(self.mic_positions_)
        if self.n_sources > self._array.max_sources():
            raise ValueError(
                f"n_sources must be at most {self._array.max_sources()} for the "
                f"{n_mics} microphones of a {self._array.shape}; got "
                f"{self.n_sources}. Use more microphones, or SRPPHAT."
            )
        return n_mics

    def _prepare(self, freqs, n_angles):
        for name, n in (("y", n_angles), ("grid", self._grid_angles())):
            if n not in (None, 1):
                raise ValueError(
                    f"{name} must hold azimuths alone for ESPRIT; got {n} numbers per direction. "
                    "Use MUSIC or SRPPHAT, which find elevations too."
                )
        # Grid of the ideal array: deviations of microphones from their line are ignored.
        self._set_grid(self._array.ideal(), n_angles)
        waves = 2 * np.pi * freqs / self.speed_of_sound
        self._rooted, self._refined = self._array.bands(waves, self.n_sources)
        self._waves, self.freqs_ = waves, freqs[self._rooted]
        self._check_aliasing(freqs)

    def _check_aliasing(self, freqs):
        name, size = self._array.size_name, self._array.size
        if len(self.freqs_) == 0:
            raise ValueError(
                f"freq_range must hold a frequency that suits a {self._array.shape} with a {name} "
                f"of {size:.3g} m at speed_of_sound={self.speed_of_sound:g}; got "
                f"{self.freq_range}. Use lower frequencies, or a smaller array."
            )
        if not self._refined[freqs > 0].all():
            warnings.warn(
                f"mic_positions have a {name} of {size:.3g} m: frequencies above "
                f"{self.speed_of_sound / (2 * size):.0f} Hz are left out, where other directions "
                "sound alike (spatial aliasing). Lower freq_range, or use a smaller array.",
                SpatialAliasingWarning,
                stacklevel=5,
            )

    def _sums(self, X):
        return covariance_sums(X)

    def _are_coherent(self, sums):
        # The average over both directions of a line separates two sources.
        least = 3 if self._array.shape == "line" else 2
        return self.n_sources >= least and are_coherent(sums, self.n_features_in_)

    def _locate(self, sums):
        return self._in_batches(self._locate_batch, sums)[0]

    def _score(self, sums):
        return self._in_batches(partial(self._locate_batch, scored=True), sums)[1]

    def _locate_with_spectrum(self, sums):
        # Most of the time goes into the directions: they are computed once for both.
        y, spectrum = self._in_batches(partial(self._locate_batch, scored=True), sums)
        return y, self._silenced(spectrum, sums)

    def _in_batches(self, function, sums):
        # For a few frames the covariances are larger than the spectra.
        n_bytes = 2 * sums.products[0].nbytes
        batches = gen_batches(len(sums.power), max(1, _BATCH_BYTES // n_bytes))
        parts = [FrameSums(sums.products[b], sums.power[b], sums.n_frames) for b in batches]
        return [np.concatenate(found) for found in zip(*map(function, parts), strict=True)]

    def _locate_batch(self, sums, scored=False):
        """Directions and, where ``scored``, spectra."""
        covariances = _heard_covariances(sums)
        values, powers = self._find(covariances, sums.n_frames)
        spectrum = [self._spectrum(covariances, values, sums.power.dtype)] if scored else []
        azimuths = self._array.azimuths(values)
        if self.n_sources == 1:
            return azimuths[:, 0], *spectrum
        strongest = np.argsort(-powers, axis=1, kind="stable")
        return np.take_along_axis(azimuths, strongest, axis=1)[..., None], *spectrum

    def _spectrum(self, covariances, values, dtype):
        shares = profile_likelihood(
            covariances[:, self._refined],
            self._waves[self._refined],
            values,
            self._array.values_of(self.grid_),
            self._array.paths,
        )
        return shares.astype(dtype)

    def _find(self, covariances, n_frames):
        """Sines (line) or azimuths (circle) and powers of the sources, (n, n_sources) each."""
        return refine_values(
            covariances[:, self._refined],
            self._waves[self._refined],
            self._esprit(covariances, n_frames),
            self._array.paths,
            n_steps=self.n_refinements,
        )

    def _esprit(self, covariances, n_frames):
        array, waves = self._array, self._waves[self._rooted]
        covariances = covariances[:, self._rooted][..., array.order[:, None], array.order]
        opposites = array.opposites()
        if opposites is not None:
            # Forward-backward average (R + J R* J) / 2, with J the mirror at the centre.
            backward = covariances[..., opposites[:, None], opposites].conj()
            covariances = (covariances + backward) / 2
        pencil = array.pencil(waves, self.n_sources)
        phases, variances = esprit_roots(covariances, pencil, self.n_sources, n_frames)
        values, variances = array.values(phases, variances, waves)
        return combine_roots(values, variances, array.range, circular=array.circular)


def _heard_covariances(sums):
    """Covariances in double precision; white noise where a bin has no vote."""
    covariances = sums.products.astype(np.complex128) / sums.n_frames
    unheard = voting_weights(sums.power) == 0
    covariances[unheard] = np.eye(covariances.shape[-1]) * np.finfo(float).tiny ** 0.25
    return covariances
