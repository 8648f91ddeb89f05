from sslearn.simulation import ArrayReceiver, simulate


def make_shoebox(
    n_samples=100,
    *,
    mic_positions,
    rooms=20,
    sounds=None,
    n_sources=1,
    placement=None,
    trajectories=None,
    overlap=None,
    noise=None,
    interferer=None,
    fs=16000,
    duration=2.0,
    max_order=None,
    mixing_time=None,
    batch_transform=None,
    memory=None,
    store=None,
    n_jobs=None,
    random_state=None,
    verbose=0,
    return_X_y=False,
):
    """Simulate clips of one or several sources in rectangular rooms, recorded by any array.

    Parameters
    ----------
    n_samples : int, default=100
        Number of clips.
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres around the origin of the array: x front, y left, z up.
    rooms : DataFrame, int or ShoeboxRooms, default=20
        Table of rooms, as :func:`make_shoebox_rooms` returns it, or the number or parameters
        (:class:`~sslearn.simulation.ShoeboxRooms`) of rooms to draw: by default 4 m x 4 m x 2.5 m
        to 10 m x 10 m x 4 m, with reverberation times of 0.2 to 1 s.
    sounds : Sounds or list, default=None
        Recordings, with speakers (:class:`~sslearn.simulation.Sounds`) or without (a list of
        arrays or paths); white noise if None.
    n_sources : int, default=1
        Number of simultaneous sources, with the same level at the array.
    placement : Placement, default=None
        Directions, distances and separation of the sources, height and yaw of the array. None is
        ``Placement()``, with the sources on the horizontal plane of the array, all around it.
    trajectories : Trajectories, default=None
        Paths of moving sources (:class:`~sslearn.simulation.Trajectories`). With it or ``overlap``,
        ``y`` has frames of 0.1 s. All sources stay in their places if None.
    overlap : Overlap, default=None
        When each of two talkers speaks (:class:`~sslearn.simulation.Overlap`); all the time if
        None.
    noise : Noise, float or tuple of (float, float), default=None
        Noise of any kind (:class:`~sslearn.simulation.Noise`), or the signal-to-noise ratio in
        dB, or a range of ratios, of noise that is independent at each microphone. No noise if None.
    interferer : Interferer, default=None
        Additional source in the same room (:class:`~sslearn.simulation.Interferer`), at least
        ``min_separation`` away from the others and not in ``y``. No interferer if None.
    fs : float, default=16000
        Sampling rate in Hz.
    duration : float, default=2.0
        Length of a clip in seconds.
    max_order : int, default=None
        Highest number of reflections; 0 is a room without walls. None simulates the whole
        reverberation time (column ``t60`` of ``rooms``, or else twice Sabine's estimate).
    mixing_time : float, "auto" or None, default=None
        Time after the direct sound, at least 0.03 s, from which a diffuse tail replaces the
        reflections: noise with their level and decay and the coherence of a diffuse field, about
        four times as fast at a reverberation time of 0.6 s, twelve at 1 s. "auto" is 50 ms and
        11.7 ms per 1000 m^3. None simulates all reflections. It needs ``max_order=None``.
    batch_transform : transformer, default=None
        Transformer, such as ``make_pipeline(STFT(), GCCPHAT())``, that is cloned, fitted on the
        first chunk of clips and applied to each chunk, so that only its output is kept in memory.
    memory : str, path-like or joblib.Memory, default=None
        Cache of finished chunks: an interrupted call continues where it stopped if it is repeated
        with the same arguments and an integer ``random_state``. Its files are pickles, which can
        run code: use a folder of your own. No cache if None; see
        :func:`~sslearn.simulation.simulate`.
    store : str or path-like, default=None
        File of HDF5 (``.h5``) or folder of Zarr (``.zarr``) for sets that are larger than memory:
        the clips, or their features, are written to it chunk by chunk, and a call that was
        interrupted continues; see :func:`~sslearn.simulation.simulate`. ``data`` is then a
        :class:`~sslearn.utils.StoredArray`. In memory if None.
    n_jobs : int, default=None
        Number of joblib workers; None means 1. The clips do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Makes the clips and the drawn rooms reproducible. Clip i does not depend on ``n_samples``.
    verbose : int, default=0
        Whether a progress bar is shown, with an estimate of the time.
    return_X_y : bool, default=False
        Whether ``(data, target)`` is returned instead of a Bunch.

    Returns
    -------
    data : Bunch or tuple of (ndarray, ndarray)
        With the keys ``data``, float32 audio of shape (n_samples, n_mics, n_times) (or the output
        of ``batch_transform``), ``target``, directions in degrees of shape (n_samples,),
        (n_samples, 2) or (n_samples, n_sources, k), ``metadata``, a DataFrame with the columns
        room (index label in ``rooms``), t60, speaker, source, distance, snr and yaw (speaker_0,
        speaker_1, ..., source_0, ..., distance_0, ... for several sources) and, with an
        interferer, interferer_azimuth, interferer_elevation, interferer_distance,
        interferer_source and sir, ``fs``, ``mic_positions`` and ``rooms``.
        With trajectories or overlap, ``target`` has the shape (n_samples, n_frames, n_sources, k):
        directions in the middle of each frame of 0.1 s, NaN while a source is silent, and
        ``metadata`` the columns speed (metres per second; speed_0, ... for several sources) and
        overlap.

    Raises
    ------
    ValueError
        If a range is inverted, a position or a direction is not valid, a recording is not finite,
        too short or unreadable, or no room holds the array, a given source or a path.
    ImportError
        If rooms absorb differently per octave and pyroomacoustics is not installed.

    Warns
    -----
    DurationWarning
        If it will take more than a minute and ``verbose`` is 0.
    SilenceWarning
        If a source of a clip is digital silence.

    See Also
    --------
    open_store : Clips that were written to a ``store``.
    shoebox_preset : Arguments of published evaluations.
    make_plane_waves : Quick clips without a room.
    make_binaural : Clips recorded by a head.

    Notes
    -----
    Image method [1]_, with ideal point sources and microphones: the direct sound has its exact
    delay, reflections a delay rounded to 1/16 sample. All sound is 40 samples late, half the
    length of the interpolation filter. Reflections pass a high-pass filter at 10 Hz, below which
    they would add up. Responses agree with pyroomacoustics [2]_ to about -32 dB, apart from its
    own high-pass filter; image sources are summed here as a product of three axes, because
    listing hundreds of thousands of them takes ten times as long.

    A diffuse tail [3]_ has, at the time t after the emission, the average power of image sources in
    a room of volume V, ``4 pi c / V * mean_u(prod_i r_i ** (c t |u_i| / L_i) * p_i)``, with
    directions u, lengths L_i and the product r_i of the amplitudes that the two walls of axis i
    reflect; ``p_i = 1 + sinc(2 d_i |u_i| fs / c) / 2`` counts pairs of images that arrive together,
    where d_i is the distance of source and array along axis i. Below 1 kHz, modes in planes across
    an axis add ``c / (4 L_i f)``, which decays like sound in that plane. The tail fades in within
    10 ms. "auto" is the estimate of [4]_ for critical listeners. Unlike in [3]_, the microphones
    are in one diffuse field. Measured at reverberation times of 0.6 and 0.8 s: T20 within 2 %, C50
    lower by 0.1 to 0.2 dB, and errors of SRP-PHAT that agree, or are larger by 0.2 to 0.3 degrees
    where absorption differs per octave. Sound that is not diffuse is missing: single modes, and
    late sound that comes mostly from the sides in a flat room.

    References
    ----------
    .. [1] J. B. Allen, D. A. Berkley, "Image method for efficiently simulating small-room
       acoustics", J. Acoust. Soc. Am. 65 (1979), 943-950, doi:10.1121/1.382599.
    .. [2] R. Scheibler, E. Bezzam, I. Dokmanic, "Pyroomacoustics: a Python package for audio room
       simulation and array processing algorithms", ICASSP, 2018, 351-355,
       doi:10.1109/ICASSP.2018.8461310.
    .. [3] E. A. Lehmann, A. M. Johansson, "Diffuse reverberation model for efficient image-source
       simulation of room impulse responses", IEEE Trans. Audio, Speech, Language Process. 18
       (2010), 1429-1439, doi:10.1109/TASL.2009.2035038.
    .. [4] A. Lindau, L. Kosanke, S. Weinzierl, "Perceptual evaluation of model- and signal-based
       predictors of the mixing time in binaural room impulse responses", J. Audio Eng. Soc. 60
       (2012), 887-898.

    Examples
    --------
    >>> from sslearn.datasets import make_shoebox
    >>> from sslearn.geometry import circular_array
    >>> from sslearn.simulation import Noise, ShoeboxRooms
    >>> X, y = make_shoebox(
    ...     3, mic_positions=circular_array(4, 0.05), rooms=ShoeboxRooms(2, t60=(0.2, 0.3)),
    ...     noise=Noise(20, kind="diffuse"), duration=0.25, random_state=0, return_X_y=True,
    ... )
    >>> X.shape, y.shape
    ((3, 4, 4000), (3,))
    """
    return simulate(
        ArrayReceiver(mic_positions),
        n_samples,
        rooms=rooms,
        sounds=sounds,
        n_sources=n_sources,
        placement=placement,
        trajectories=trajectories,
        overlap=overlap,
        noise=noise,
        interferer=interferer,
        fs=fs,
        duration=duration,
        max_order=max_order,
        mixing_time=mixing_time,
        batch_transform=batch_transform,
        memory=memory,
        store=store,
        n_jobs=n_jobs,
        random_state=random_state,
        verbose=verbose,
        return_X_y=return_X_y,
    )
