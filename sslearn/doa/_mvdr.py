import numpy as np

from sslearn.doa._grid_search import GridLocalizer
from sslearn.doa._inverse_forms import SMOOTHING, InverseForms
from sslearn.utils.param_validation import Interval, Real


class MVDR(InverseForms, GridLocalizer):
    """Power of the minimum variance distortionless response beamformer (Capon).

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
    diagonal_loading : float, default=1e-3
        Load on the diagonal of each covariance, as a share of its mean diagonal: it keeps
        the inverse stable and makes the peaks less narrow.
    normalize : bool, default=True
        Whether the spectrum of each frequency is divided by its maximum before the mean over the
        frequencies, so that no frequency outweighs the others [2]_.
    smoothing : {"spatial", "frequency"}, default=None
        Further averaging of the covariances: ``"spatial"``, over the subarrays of two thirds of a
        uniform horizontal line, in both directions, which separates coherent sources (one sound
        from two places, an echo) [3]_; ``"frequency"``, over two bins on either side, for clips of
        one frame, such as impulse responses, on small arrays.
    n_sources : int, default=1
        Number of sources to find: the highest peaks of the spatial spectrum.
    decoder : decoder, default=None
        From the spatial spectrum to directions. None is ``AdjacentDecoder(weights="lorentzian")``,
        which refines the highest value off the grid, for one source, and
        ``PeakDecoder(n_sources, refine="lorentzian")`` for several.
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
    MUSIC : Narrower peaks where the number of sources is known.
    SRPPHAT : Also for echoes, which are coherent with the sound.

    Notes
    -----
    ``P(u) = mean over f of 1 / (a^H (R + d tr(R) / n_mics I)^-1 a)`` with the covariance ``R`` of
    the frames at ``f`` [1]_. Fewer frames than microphones make a singular covariance, which only
    the loading d makes invertible.

    References
    ----------
    .. [1] J. Capon, "High-resolution frequency-wavenumber spectrum analysis", Proc. IEEE 57(8),
       1969, doi:10.1109/PROC.1969.7278.
    .. [2] D. Salvati, C. Drioli, G. L. Foresti, "Incoherent frequency fusion for broadband steered
       response power algorithms in noisy environments", IEEE Signal Process. Lett. 21(5), 2014,
       doi:10.1109/LSP.2014.2311164.
    .. [3] S. U. Pillai, B. H. Kwon, "Forward/backward spatial smoothing techniques for coherent
       signal identification", IEEE Trans. Acoust. Speech Signal Process. 37(1), 1989,
       doi:10.1109/29.17496.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.doa import MVDR
    >>> from sslearn.features import STFT
    >>> from sslearn.geometry import circular_array
    >>> mics = circular_array(4, 0.05)
    >>> X, y = make_plane_waves(
    ...     2, mic_positions=mics, directions=[40.0, -179.0], random_state=0, return_X_y=True
    ... )
    >>> make_pipeline(STFT(512), MVDR(mics)).fit(X).predict(X).round().tolist()
    [40.0, -179.0]
    """

    _parameter_constraints: dict = {
        **GridLocalizer._parameter_constraints,
        "diagonal_loading": [Interval(Real, 0, None, closed="neither")],
        "normalize": ["boolean"],
        "smoothing": SMOOTHING,
    }

    def __init__(
        self,
        mic_positions,
        *,
        fs=16000,
        grid=None,
        freq_range=(200, 4000),
        speed_of_sound=343.0,
        diagonal_loading=1e-3,
        normalize=True,
        smoothing=None,
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
        self.diagonal_loading = diagonal_loading
        self.normalize = normalize
        self.smoothing = smoothing
        self.n_sources = n_sources
        self.decoder = decoder
        self.block_size = block_size
        self.block_duration = block_duration
        self.batch_transform = batch_transform
        self.n_jobs = n_jobs

    def _vectors(self, covariances):
        return inverse_root(covariances, self.diagonal_loading)

    def _forms(self, powers):
        return powers


def inverse_root(covariances, diagonal_loading):
    """Square root of the inverse of covariances with a loaded diagonal.

    Parameters
    ----------
    covariances : ndarray of shape (..., n_mics, n_mics)
        Hermitian matrices.
    diagonal_loading : float
        Share of the mean diagonal that is added to it.

    Returns
    -------
    root : ndarray of shape (..., n_mics, n_mics)
        V with ``V^H V = (R + d tr(R) / n_mics I)^-1``; the identity where R is 0.
    """
    n_mics = covariances.shape[-1]
    loading = diagonal_loading * np.trace(covariances, axis1=-2, axis2=-1).real / n_mics
    loading[loading == 0] = 1
    identity = np.eye(n_mics, dtype=loading.dtype)
    # With the Cholesky factor L of the loaded R, a^H R^-1 a = |L^-1 a|^2, which is never negative.
    return np.linalg.inv(np.linalg.cholesky(covariances + loading[..., None, None] * identity))
