from sslearn.simulation import HeadReceiver, simulate


def make_binaural(
    n_samples=100,
    *,
    heads=None,
    rooms=None,
    sounds=None,
    n_sources=1,
    placement=None,
    trajectories=None,
    overlap=None,
    noise=None,
    interferer=None,
    fs=16000,
    duration=1.0,
    max_order=14,
    batch_transform=None,
    memory=None,
    store=None,
    n_jobs=None,
    random_state=None,
    verbose=0,
    return_X_y=False,
):
    """Simulate binaural clips of one or several sources, in rooms or anechoic.

    Parameters
    ----------
    n_samples : int, default=100
        Number of clips.
    heads : Bunch or list of Bunch, default=None
        Head, or heads to draw from for each clip, as :func:`load_sofa`, :func:`load_cipic` and
        :func:`structural_hrirs` return them; resampled to ``fs``. None is
        ``structural_hrirs(pinna_scale=(1.1, 0.9))``, whose unequal ears encode elevation.
    rooms : DataFrame, int or ShoeboxRooms, default=None
        Table of rooms, as :func:`make_shoebox_rooms` returns it, or the number or parameters
        (:class:`~sslearn.simulation.ShoeboxRooms`) of rooms to draw, with the defaults of that
        function. None is anechoic: the responses of the head as they are, at the measured
        distance. With a set of binaural *room* responses as head and
        ``Placement(directions="measured")``, the clips are those of the measured room.
    sounds : Sounds or list, default=None
        Recordings, with speakers (:class:`~sslearn.simulation.Sounds`) or without (a list of
        arrays or paths); white noise if None.
    n_sources : int, default=1
        Number of simultaneous sources, with the same level.
    placement : Placement, default=None
        Directions, distances and separation of the sources, positions, height and yaw of the head.
        None is ``Placement()``, with sources in front and nine positions of the head in each room.
        The columns ``receiver_x`` and ``receiver_y`` of ``rooms``, in metres, override them.
    trajectories : Trajectories, default=None
        Paths of moving sources (:class:`~sslearn.simulation.Trajectories`). With it or ``overlap``,
        ``y`` has frames of 0.1 s. All sources stay in their places if None.
    overlap : Overlap, default=None
        When each of two talkers speaks (:class:`~sslearn.simulation.Overlap`); all the time if
        None.
    noise : Noise, float or tuple of (float, float), default=None
        Signal-to-noise ratio in dB, or a range of ratios, of white noise uncorrelated between the
        ears, relative to the mean power of the clip; :class:`~sslearn.simulation.Noise` offers
        another reference. No noise if None.
    interferer : Interferer, default=None
        Additional source in the same room (:class:`~sslearn.simulation.Interferer`), at least
        ``min_separation`` away from the others and not in ``y``; it needs rooms. No interferer if
        None.
    fs : float, default=16000
        Sampling rate in Hz.
    duration : float, default=1.0
        Length of a clip in seconds.
    max_order : int, default=14
        Highest number of reflections. Long reverberation in small rooms needs more than 14: a
        decay of 60 dB takes ``343 * t60 / size`` reflections along each axis. None simulates the
        whole reverberation time, which takes memory.
    batch_transform : transformer, default=None
        Transformer, such as :class:`~sslearn.features.BinauralCues`, that is cloned, fitted on the
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
        With the keys ``data``, float32 audio of shape (n_samples, 2, n_times) with the left ear in
        channel 0 (or the output of ``batch_transform``), ``target``, azimuth and elevation in
        degrees of shape (n_samples, 2) (or as ``placement`` lays them out), ``metadata``, a
        DataFrame with the columns room (index label in ``rooms``, else the key ``room`` of the
        head or "anechoic"), receiver, head, speaker, source, distance, snr and yaw (speaker_0,
        speaker_1, ..., source_0, ..., distance_0, ... for several sources) and, with an
        interferer, interferer_azimuth, interferer_elevation, interferer_distance,
        interferer_source and sir, ``fs`` and ``rooms``.
        With trajectories or overlap, ``target`` has the shape (n_samples, n_frames, n_sources, k):
        directions in the middle of each frame of 0.1 s, NaN while a source is silent, and
        ``metadata`` the columns speed (metres per second; speed_0, ... for several sources) and
        overlap.

    Raises
    ------
    TypeError
        If a head is not a Bunch with the keys of a head.
    ValueError
        If a range is inverted, an elevation is outside [-90, 90], a distance is not positive, a
        recording is not finite, too short or unreadable, or no room holds a given source or a
        path.
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
    make_plane_waves : Clips of any array, without a head.
    make_shoebox_rooms : Random rooms.

    Notes
    -----
    Image method [1]_: the direct sound uses the response of the head in its exact direction and
    with its exact delay, reflections that of the nearest direction of a 3-degree grid of
    interpolated responses (:func:`interpolate_hrirs`). A direction that does not fit into the
    drawn rooms at any distance is drawn again.

    References
    ----------
    .. [1] J. B. Allen, D. A. Berkley, "Image method for efficiently simulating small-room
       acoustics", J. Acoust. Soc. Am. 65 (1979), 943-950, doi:10.1121/1.382599.

    Examples
    --------
    >>> from sslearn.datasets import make_binaural
    >>> X, y = make_binaural(4, duration=0.1, random_state=0, return_X_y=True)
    >>> X.shape, y.shape
    ((4, 2, 1600), (4, 2))
    """
    return simulate(
        HeadReceiver(heads),
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
        batch_transform=batch_transform,
        memory=memory,
        store=store,
        n_jobs=n_jobs,
        random_state=random_state,
        verbose=verbose,
        return_X_y=return_X_y,
    )
