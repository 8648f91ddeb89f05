from sslearn.simulation import AmbisonicReceiver, simulate


def make_ambisonic(
    n_samples=100,
    *,
    convention="sn3d",
    rooms=20,
    sounds=None,
    n_sources=1,
    placement=None,
    trajectories=None,
    overlap=None,
    noise=None,
    interferer=None,
    fs=16000,
    duration=0.832,
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
    """Simulate clips in rectangular rooms, recorded in first-order ambisonics.

    Parameters
    ----------
    n_samples : int, default=100
        Number of clips.
    convention : {"sn3d", "n3d", "fuma"}, default="sn3d"
        Order and gains of the four channels, as in :class:`sslearn.features.IntensityVector`.
    rooms : DataFrame, int or ShoeboxRooms, default=20
        Table of rooms, as :func:`make_shoebox_rooms` returns it, or the number or parameters
        (:class:`~sslearn.simulation.ShoeboxRooms`) of rooms to draw: by default 3 m x 3 m x 2.5 m
        to 10 m x 8 m x 4 m, with reverberation times of 0.2 to 0.8 s.
    sounds : Sounds or list, default=None
        Recordings, with speakers (:class:`~sslearn.simulation.Sounds`) or without (a list of
        arrays or paths); white noise if None.
    n_sources : int, default=1
        Number of simultaneous sources, with the same level.
    placement : Placement, default=None
        Directions, distances and separation of the sources, height and yaw of the microphone. None
        is ``Placement()``, with sources on the whole sphere at 1 to 3 m. A source that does not
        fit into the room is moved nearer, see Notes.
    trajectories : Trajectories, default=None
        Paths of moving sources (:class:`~sslearn.simulation.Trajectories`). With it or ``overlap``,
        ``y`` has frames of 0.1 s. All sources stay in their places if None.
    overlap : Overlap, default=None
        When each of two talkers speaks (:class:`~sslearn.simulation.Overlap`); all the time if
        None.
    noise : Noise, float or tuple of (float, float), default=None
        Noise (:class:`~sslearn.simulation.Noise`), white or diffuse, or the signal-to-noise ratio
        in dB, or a range of ratios, of white noise. White noise is independent and of the same
        power in the four channels of SN3D. In a diffuse field, X, Y and Z of SN3D have a third of
        the power of W; recordings come from 42 directions all around. No noise if None.
    interferer : Interferer, default=None
        Additional source in the same room (:class:`~sslearn.simulation.Interferer`), at least
        ``min_separation`` away from the others and not in ``y``. No interferer if None.
    fs : float, default=16000
        Sampling rate in Hz.
    duration : float, default=0.832
        Length of a clip in seconds; 0.832 is 13312 samples, 25 frames of 1024 every 512.
    max_order : int, default=None
        Highest number of reflections; 0 is a room without walls. None simulates the whole
        reverberation time (column ``t60`` of ``rooms``, or else twice Sabine's estimate).
    mixing_time : float, "auto" or None, default=None
        Time after the direct sound, at least 0.03 s, from which a diffuse tail replaces the
        reflections: noise with their level and decay and the coherence of a diffuse field, about
        four times as fast at a reverberation time of 0.6 s, twelve at 1 s. "auto" is 50 ms and
        11.7 ms per 1000 m^3. None simulates all reflections. It needs ``max_order=None``.
    batch_transform : transformer, default=None
        Transformer, such as ``make_pipeline(STFT(), IntensityVector())``, that is cloned, fitted
        on the first chunk of clips and applied to each chunk, so that only its output is kept in
        memory.
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
        Makes the clips and the drawn rooms reproducible. Clip i does not depend on ``n_samples``,
        nor its sources on noise and interferer.
    verbose : int, default=0
        Whether a progress bar is shown, with an estimate of the time.
    return_X_y : bool, default=False
        Whether ``(data, target)`` is returned instead of a Bunch.

    Returns
    -------
    data : Bunch or tuple of (ndarray, ndarray)
        With the keys ``data``, float32 audio of shape (n_samples, 4, n_times) (or the output of
        ``batch_transform``), ``target``, directions in degrees of shape (n_samples, 2),
        (n_samples,) or (n_samples, n_sources, k), ``metadata``, a DataFrame with the columns room
        (index label in ``rooms``), t60, speaker, source, distance, snr and yaw (speaker_0,
        speaker_1, ..., source_0, ..., distance_0, ... for several sources) and, with an
        interferer, interferer_azimuth, interferer_elevation, interferer_distance,
        interferer_source and sir, ``fs``, ``convention`` and ``rooms``.
        With trajectories or overlap, ``target`` has the shape (n_samples, n_frames, n_sources, k):
        directions in the middle of each frame of 0.1 s, NaN while a source is silent, and
        ``metadata`` the columns speed (metres per second; speed_0, ... for several sources) and
        overlap.

    Raises
    ------
    ValueError
        If a range is inverted, a position or a direction is not valid, a recording is not finite,
        too short or unreadable, or no room holds the microphone or a path.
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
    make_shoebox : Arrays of any shape in the same rooms.
    load_ambisonic : Recordings in first-order ambisonics.
    sslearn.features.IntensityVector : Features of the clips.

    Notes
    -----
    Image method [1]_: the microphone is one point, and every image source is a plane wave from
    its direction, damped by its distance (no proximity effect), delayed as in
    :func:`make_shoebox`, as is the diffuse tail. All sound is 40 samples late. Levels are those of
    W.

    Directions are drawn first and kept, so that they cover the sphere evenly in every room: the
    position of the microphone and the distances are drawn up to 50 times until the sources are
    inside the room, 0.1 m from its walls. If they never are, the distances are shortened, in the
    try that needs it least. Sources above and below are therefore nearer than others. The defaults
    are those of [2]_ as far as they are published.

    References
    ----------
    .. [1] J. B. Allen, D. A. Berkley, "Image method for efficiently simulating small-room
       acoustics", J. Acoust. Soc. Am. 65 (1979), 943-950, doi:10.1121/1.382599.
    .. [2] L. Perotin, A. Défossez, E. Vincent, R. Serizel, A. Guérin, "Regression versus
       classification for neural network based audio source localization", WASPAA, 2019.

    Examples
    --------
    >>> from sslearn.datasets import make_ambisonic
    >>> from sslearn.simulation import Interferer, Noise
    >>> X, y = make_ambisonic(
    ...     3, rooms=2, noise=Noise(20, kind="diffuse"), interferer=Interferer(sir=10),
    ...     duration=0.25, random_state=0, return_X_y=True,
    ... )
    >>> X.shape, y.shape
    ((3, 4, 4000), (3, 2))
    """
    return simulate(
        AmbisonicReceiver(convention),
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
