from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils import Bunch, check_random_state

from sslearn.datasets._ambisonic_placement import AmbisonicPlacement, add_interferers
from sslearn.datasets._ambisonic_rendering import AmbisonicScene
from sslearn.datasets._chunks import warn_of_silence
from sslearn.datasets._plane_waves import check_range
from sslearn.datasets._rooms import check_rooms, make_shoebox_rooms
from sslearn.datasets._shoebox import (
    check_noise,
    render_shoebox,
    room_horizons,
    shoebox_metadata,
    shoebox_target,
)
from sslearn.datasets._shoebox_placement import check_places, draw_shoebox_plan
from sslearn.datasets._sources import check_sources
from sslearn.features import AMBISONIC_CONVENTIONS
from sslearn.utils._param_validation import HasMethods, Interval, StrOptions, validate_params


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "rooms": [pd.DataFrame, None],
        "n_rooms": [Interval(Integral, 1, None, closed="left")],
        "n_sources": [Interval(Integral, 1, None, closed="left")],
        "min_separation": [Interval(Real, 0, 180, closed="both")],
        "wall_distance": [Interval(Real, 0.2, None, closed="left")],
        "yaw": [Interval(Real, None, None, closed="neither"), None],
        "snr_reference": [StrOptions({"direct", "reverberant"})],
        "noise": [StrOptions({"white", "diffuse"})],
        "convention": [StrOptions(set(AMBISONIC_CONVENTIONS))],
        "fs": [Interval(Real, 0, None, closed="neither")],
        "duration": [Interval(Real, 0, None, closed="neither")],
        "max_order": [Interval(Integral, 0, None, closed="left"), None],
        "transformer": [HasMethods("fit_transform"), None],
        "memory": [str, HasMethods("cache"), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_ambisonic(
    n_samples=100,
    *,
    rooms=None,
    n_rooms=20,
    dimensions=((3.0, 3.0, 2.5), (10.0, 8.0, 4.0)),
    t60=(0.2, 0.8),
    sources="noise",
    speakers=None,
    n_sources=1,
    azimuth_range=(-180, 180),
    elevation_range=(-90, 90),
    directions=None,
    distance_range=(1.0, 3.0),
    min_separation=20.0,
    array_height=None,
    wall_distance=0.5,
    yaw=None,
    snr=None,
    snr_reference="direct",
    noise="white",
    noise_sources="noise",
    interferer=None,
    sir=0.0,
    convention="sn3d",
    fs=16000,
    duration=0.832,
    max_order=None,
    transformer=None,
    memory=None,
    n_jobs=None,
    random_state=None,
    verbose=0,
    return_X_y=False,
):
    """Make clips in rectangular rooms, recorded in first-order ambisonics.

    Parameters
    ----------
    n_samples : int, default=100
        Number of clips.
    rooms : DataFrame, default=None
        Rooms, as :func:`make_shoebox_rooms` returns them. None draws ``n_rooms`` rooms.
    n_rooms : int, default=20
        Number of rooms to draw. Used without ``rooms`` only, as are the next two.
    dimensions : tuple of two tuples of 3 floats, default=((3, 3, 2.5), (10, 8, 4))
        Smallest and largest length, width and height in metres.
    t60 : tuple of (float, float), default=(0.2, 0.8)
        Shortest and longest reverberation time in seconds.
    sources : "noise" or list of ndarray of shape (n_times_i,) or list of str, default="noise"
        White noise with a standard deviation of 1, drawn anew for every source, or recordings at
        ``fs``, or paths to mono audio files of any rate. Random excerpts are taken that are not
        pauses.
    speakers : array-like of shape (n_recordings,), default=None
        Label of each recording, for the metadata; several sources of a clip are of different
        speakers as far as there are such.
    n_sources : int, default=1
        Number of sources that sound at the same time, with the same level.
    azimuth_range : tuple of (float, float), default=(-180, 180)
        Lowest and highest azimuth of the sources in the frame of the microphone, in degrees.
    elevation_range : tuple of (float, float), default=(-90, 90)
        Lowest and highest elevation in degrees. None puts all sources at the height of the
        microphone, and ``y`` holds azimuths only.
    directions : array-like of shape (n_directions,), (n_directions, 2) or \
(n_directions, n_sources, k), default=None
        Directions in degrees to use in turn, from the first row on; ``y`` is laid out like them,
        with k = 1 (azimuth) or 2 (and elevation) for several sources. None draws them uniformly
        on the patch of the sphere between the ranges.
    distance_range : tuple of (float, float), default=(1.0, 3.0)
        Shortest and longest distance of a source, in metres. A source that does not fit in the
        room is nearer, see Notes.
    min_separation : float, default=20.0
        Least angle between two drawn sources of a clip, and to the interferer, in degrees.
    array_height : float or tuple of (float, float), default=None
        Height of the microphone in metres, or a range to draw it from. None is anywhere at
        ``wall_distance`` from the floor and the ceiling.
    wall_distance : float, default=0.5
        Least distance between the microphone and a wall, the floor or the ceiling, in metres; at
        least 0.2.
    yaw : float, default=None
        Direction in which the front of the microphone points, as an azimuth in the room (0 along
        the length), in degrees; None draws one for every clip.
    snr : float or tuple of (float, float), default=None
        Signal-to-noise ratio in dB, or a range to draw it from. No noise if None.
    snr_reference : {"direct", "reverberant"}, default="direct"
        Whether ``snr`` and ``sir`` count the direct sound, as it would be without a room, or all
        sound; mean powers of W over the clip.
    noise : {"white", "diffuse"}, default="white"
        White noise, independent and of the same power in the four channels of SN3D; or a
        spherically diffuse field, where X, Y and Z of SN3D have a third of the power of W.
    noise_sources : "noise" or list of ndarray of shape (n_times_i,) or list of str, \
default="noise"
        What is heard as diffuse noise: white noise, or recordings as in ``sources``
        (:func:`load_noise`), excerpts of which come from 42 directions all around.
    interferer : "noise" or list of ndarray of shape (n_times_i,) or list of str, default=None
        What an interferer plays, like ``sources``: a source in the same room that is not in
        ``y``. No interferer if None.
    sir : float or tuple of (float, float), default=0.0
        Ratio of the sources to the interferer in dB, or a range to draw it from.
    convention : {"sn3d", "n3d", "fuma"}, default="sn3d"
        Order and gains of the four channels, as :class:`sslearn.features.IntensityVector` has it.
    fs : float, default=16000
        Sampling rate in Hz.
    duration : float, default=0.832
        Length of a clip in seconds; 0.832 is 13312 samples, 25 frames of 1024 every 512.
    max_order : int, default=None
        Highest number of reflections; 0 is a room without walls. None follows the sound for the
        reverberation time (column ``t60`` of ``rooms``; twice Sabine's where there is none).
    transformer : transformer, default=None
        Stateless transformer, such as ``make_pipeline(STFT(), IntensityVector())``, applied to
        some clips at a time, so that only its output is kept in memory.
    memory : str or joblib.Memory, default=None
        Folder in which finished parts are cached: an interrupted call goes on where it stopped
        when it is repeated with the same arguments and an integer ``random_state``. No cache if
        None.
    n_jobs : int, default=None
        Number of joblib workers; None means 1. The clips do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Makes the clips, and rooms that are drawn, reproducible. Clip i does not depend on
        ``n_samples``, nor its sources on noise and interferer.
    verbose : int, default=0
        Whether a progress bar is shown.
    return_X_y : bool, default=False
        Whether ``(data, target, metadata)`` is returned instead of a Bunch.

    Returns
    -------
    data : Bunch or tuple of (ndarray, ndarray, DataFrame)
        With the keys ``data``, float32 audio of shape (n_samples, 4, n_times) (or the output of
        ``transformer``), ``target``, directions in degrees of shape (n_samples, 2), (n_samples,)
        or (n_samples, n_sources, k), ``metadata``, a DataFrame with the columns room (index label
        in ``rooms``), t60, speaker, source, distance, snr and yaw (speaker_0, speaker_1, ...,
        source_0, ..., distance_0, ... for several sources) and, with an interferer,
        interferer_azimuth, interferer_elevation, interferer_distance, interferer_source and sir,
        ``fs``, ``convention`` and ``rooms``.

    Raises
    ------
    ValueError
        If a range is inverted, a position or a direction is impossible, a recording is not
        finite, too short or unreadable, or no room holds the microphone.
    ImportError
        If rooms absorb differently per octave and pyroomacoustics is not installed.

    Warns
    -----
    SilenceWarning
        If a source of a clip is digital silence.

    See Also
    --------
    make_shoebox : Arrays of any shape in the same rooms.
    load_ambisonic : Recordings in first-order ambisonics.
    sslearn.features.IntensityVector : Features of the clips.

    Notes
    -----
    Image method [1]_: the microphone is one point, and every image source is a plane wave from
    its direction, damped by its distance (no proximity effect), delayed as in
    :func:`make_shoebox`. Everything arrives 40 samples late.

    Directions are drawn first and never given up, so that they cover the sphere evenly in every
    room: the place of the microphone and the distances are drawn again up to 50 times until the
    sources are inside the room, 0.1 m from its walls. If they never are, the distances are
    shortened, in the try which needs it least. Sources above and below are thus nearer than
    others. The defaults are those of [2]_ as far as they are published.

    References
    ----------
    .. [1] J. B. Allen, D. A. Berkley, "Image method for efficiently simulating small-room
       acoustics", J. Acoust. Soc. Am. 65 (1979), 943-950, doi:10.1121/1.382599.
    .. [2] L. Perotin, A. Défossez, E. Vincent, R. Serizel, A. Guérin, "Regression versus
       classification for neural network based audio source localization", WASPAA, 2019.

    Examples
    --------
    >>> from sslearn.datasets import make_ambisonic
    >>> X, y, metadata = make_ambisonic(
    ...     3, n_rooms=2, t60=(0.2, 0.3), snr=20, noise="diffuse", interferer="noise", sir=10,
    ...     duration=0.25, random_state=0, return_X_y=True,
    ... )
    >>> X.shape, y.shape
    ((3, 4, 4000), (3, 2))
    """
    n_times = max(1, round(duration * fs))
    sources = check_sources(sources, fs=fs, n_times=n_times, speakers=speakers)
    noise_sources = check_noise(noise, noise_sources, fs, n_times)
    if interferer is not None:
        sounds = {"fs": fs, "n_times": n_times, "speakers": None, "name": "interferer"}
        interferer = check_sources(interferer, **sounds)
    snr = None if snr is None else check_range(np.broadcast_to(snr, 2), "snr")
    sir = check_range(np.broadcast_to(sir, 2), "sir")
    distances = check_range(distance_range, "distance_range", 0.1)
    where, n_angles = check_places(
        n_sources, directions, azimuth_range, elevation_range, distances, array_height
    )
    where |= {"min_separation": min_separation, "wall_distance": wall_distance, "yaw": yaw}
    entropy = int(check_random_state(random_state).randint(2**31 - 1))
    if rooms is None:
        rooms = make_shoebox_rooms(n_rooms, dimensions=dimensions, t60=t60, random_state=entropy)
    parts = check_rooms(rooms)
    point = np.zeros((1, 3))
    placement = AmbisonicPlacement(rooms, point, n_sources=n_sources, **where)
    plan = draw_shoebox_plan(n_samples, placement, sources, snr, entropy)
    if interferer is not None:
        plan = add_interferers(plan, placement, interferer, sir, entropy)
    horizons = np.minimum(room_horizons(rooms, parts), n_times / fs)
    sound = (sources, n_sources, snr_reference, noise, noise_sources, fs, n_times, max_order)
    transformer = None if transformer is None else clone(transformer)
    ends = (transformer, entropy, convention, interferer)
    scene = AmbisonicScene(point, parts, horizons, *sound, *ends)
    X, silent = render_shoebox(plan, scene, memory=memory, n_jobs=n_jobs, verbose=verbose)
    warn_of_silence(silent, plan["source_0"].get)
    y = shoebox_target(plan, n_sources, n_angles)
    metadata = _metadata(plan, scene, rooms)
    if return_X_y:
        return X, y, metadata
    return Bunch(data=X, target=y, metadata=metadata, fs=fs, convention=convention, rooms=rooms)


def _metadata(plan, scene, rooms):
    metadata = shoebox_metadata(plan, scene, rooms)
    if scene.interferer_sources is None:
        return metadata
    s = scene.n_sources
    names = ("azimuth", "elevation", "distance", "source")
    columns = {f"interferer_{name}": plan[f"{name}_{s}"] for name in names}
    return metadata.assign(**columns, sir=plan["sir"])
