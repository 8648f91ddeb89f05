import numpy as np

from sslearn.doa._grid_search import GridLocalizer
from sslearn.doa._inverse_forms import SMOOTHING, InverseForms


class MUSIC(InverseForms, GridLocalizer):
    """Multiple signal classification: directions orthogonal to the noise subspace.

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
        Number of sources to find, and dimension of the signal subspace at each frequency: below
        the number of microphones.
    normalize : bool, default=True
        Whether the pseudo-spectrum of each frequency is divided by its maximum before the mean
        over the frequencies (NormMUSIC), so that no frequency outweighs the others [2]_.
    smoothing : {"spatial", "frequency"}, default=None
        Further averaging of the covariances: ``"spatial"``, over the subarrays of two thirds of a
        uniform horizontal line, in both directions, which separates coherent sources (one sound
        from two places, an echo) [3]_; ``"frequency"``, over two bins on either side, for clips of
        one frame, such as impulse responses, on small arrays.
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
        In ``fit``: if microphones are in one place, ``n_sources`` is not below their number, or
        the array cannot resolve the angles in y. In ``predict``: if there are fewer frames than
        sources.

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
    MVDR : Needs no number of sources.
    SRPPHAT : Also for echoes, which are coherent with the sound.
    sslearn.recipes.music : Straight from audio.

    Notes
    -----
    ``P(u) = mean over f of 1 / (a^H E_n E_n^H a)`` with the eigenvectors ``E_n`` of the ``n_mics -
    n_sources`` smallest eigenvalues of the covariance of the frames at ``f`` [1]_. We divide the
    denominator by the number of microphones, so that it is in [0, 1], and compute it from the
    eigenvectors of the largest eigenvalues, ``1 - a^H E_s E_s^H a / n_mics``.

    References
    ----------
    .. [1] R. O. Schmidt, "Multiple emitter location and signal parameter estimation", IEEE Trans.
       Antennas Propag. 34(3), 1986, doi:10.1109/TAP.1986.1143830.
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
    >>> from sslearn.doa import MUSIC
    >>> from sslearn.features import STFT
    >>> from sslearn.geometry import circular_array
    >>> mics = circular_array(4, 0.05)
    >>> X, y = make_plane_waves(
    ...     2, mic_positions=mics, directions=[40.0, -179.0], random_state=0, return_X_y=True
    ... )
    >>> make_pipeline(STFT(512), MUSIC(mics)).fit(X).predict(X).round().tolist()
    [40.0, -179.0]
    """

    _parameter_constraints: dict = {
        **GridLocalizer._parameter_constraints,
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
        n_sources=1,
        normalize=True,
        smoothing=None,
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
        self.normalize = normalize
        self.smoothing = smoothing
        self.decoder = decoder
        self.block_size = block_size
        self.block_duration = block_duration
        self.batch_transform = batch_transform
        self.n_jobs = n_jobs

    @property
    def _min_frames(self):
        # Fewer frames do not span the signal subspace.
        return self.n_sources if self.smoothing is None else 1

    def _check_array(self):
        n_mics = super()._check_array()
        if self.n_sources >= n_mics:
            raise ValueError(
                f"n_sources must be below the number of microphones, {n_mics}; got "
                f"{self.n_sources}. Use more microphones, or SRPPHAT."
            )
        return n_mics

    def _vectors(self, covariances):
        signal = np.linalg.eigh(covariances)[1][..., -self.n_sources :]
        return signal.conj().swapaxes(2, 3)

    def _forms(self, powers):
        # a^H E_n E_n^H a = a^H a - a^H E_s E_s^H a: the signal subspace has fewer vectors.
        return np.subtract(1, powers, out=powers)
