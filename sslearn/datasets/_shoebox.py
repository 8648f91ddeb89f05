from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils import Bunch, check_random_state
from sklearn.utils.validation import check_memory

from sslearn.datasets._chunks import render_plan, warn_of_silence
from sslearn.datasets._plane_waves import check_range
from sslearn.datasets._rooms import SPEED_OF_SOUND, WALLS, check_rooms, make_shoebox_rooms
from sslearn.datasets._shoebox_noise import NOISES
from sslearn.datasets._shoebox_placement import (
    ShoeboxPlacement,
    check_places,
    draw_shoebox_plan,
)
from sslearn.datasets._shoebox_rendering import ShoeboxScene, render_shoebox_chunk
from sslearn.datasets._sources import check_sources
from sslearn.geometry import check_mic_positions
from sslearn.utils._param_validation import HasMethods, Interval, StrOptions, validate_params

_CHUNK = 64  # clips rendered, transformed and cached together, fewer where they are large
_CHUNK_BYTES = 2**26


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "mic_positions": ["array-like"],
        "rooms": [pd.DataFrame, None],
        "n_rooms": [Interval(Integral, 1, None, closed="left")],
        "n_sources": [Interval(Integral, 1, None, closed="left")],
        "min_separation": [Interval(Real, 0, 180, closed="both")],
        "wall_distance": [Interval(Real, 0, None, closed="left")],
        "yaw": [Interval(Real, None, None, closed="neither"), None],
        "snr_reference": [StrOptions({"direct", "reverberant"})],
        "noise": [StrOptions(set(NOISES))],
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
def make_shoebox(
    n_samples=100,
    *,
    mic_positions,
    rooms=None,
    n_rooms=20,
    dimensions=((4.0, 4.0, 2.5), (10.0, 10.0, 4.0)),
    t60=(0.2, 1.0),
    sources="noise",
    speakers=None,
    n_sources=1,
    azimuth_range=(-180, 180),
    elevation_range=None,
    directions=None,
    distances=(1.0, 1.5, 2.0),
    min_separation=10.0,
    array_height=(1.0, 1.6),
    wall_distance=0.5,
    yaw=None,
    snr=None,
    snr_reference="direct",
    noise="white",
    noise_sources="noise",
    fs=16000,
    duration=2.0,
    max_order=None,
    transformer=None,
    memory=None,
    n_jobs=None,
    random_state=None,
    verbose=0,
    return_X_y=False,
):
    """Make clips of one or several sources in rectangular rooms, recorded by any array.

    Parameters
    ----------
    n_samples : int, default=100
        Number of clips.
    mic_positions : array-like of shape (n_mics, 3)
        Microphone positions in metres around the origin of the array: x front, y left, z up.
    rooms : DataFrame, default=None
        Rooms, as :func:`make_shoebox_rooms` returns them. None draws ``n_rooms`` rooms.
    n_rooms : int, default=20
        Number of rooms to draw. Used without ``rooms`` only, as are the next two.
    dimensions : tuple of two tuples of 3 floats, default=((4, 4, 2.5), (10, 10, 4))
        Smallest and largest length, width and height in metres.
    t60 : tuple of (float, float), default=(0.2, 1.0)
        Shortest and longest reverberation time in seconds.
    sources : "noise" or list of ndarray of shape (n_times_i,) or list of str, default="noise"
        White noise with a standard deviation of 1, drawn anew for every source, or recordings at
        ``fs``, or paths to mono audio files of any rate. Random excerpts are taken that are not
        pauses.
    speakers : array-like of shape (n_recordings,), default=None
        Label of each recording, for the metadata; several sources of a clip are of different
        speakers as far as there are such.
    n_sources : int, default=1
        Number of sources that sound at the same time, with the same level at the array.
    azimuth_range : tuple of (float, float), default=(-180, 180)
        Lowest and highest azimuth of the sources in the frame of the array, in degrees. The
        front half, (-90, 90), is all that a line of microphones along y can tell apart.
    elevation_range : tuple of (float, float), default=None
        Lowest and highest elevation in degrees. None puts all sources on the horizontal plane of
        the array, and ``y`` holds azimuths only.
    directions : array-like of shape (n_directions,), (n_directions, 2) or \
(n_directions, n_sources, k), default=None
        Directions in degrees to use in turn, from the first row on; ``y`` is laid out like them,
        with k = 1 (azimuth) or 2 (and elevation) for several sources. None draws them uniformly
        on the patch of the sphere between the ranges.
    distances : array-like of shape (n_distances,), default=(1.0, 1.5, 2.0)
        Distances to draw from, in metres.
    min_separation : float, default=10.0
        Least angle between two drawn sources of a clip, in degrees.
    array_height : float or tuple of (float, float), default=(1.0, 1.6)
        Height of the origin of the array in metres, or a range to draw it from; None is anywhere
        at ``wall_distance`` from the floor and the ceiling.
    wall_distance : float, default=0.5
        Least distance between a microphone and a wall, the floor or the ceiling, in metres.
    yaw : float, default=None
        Direction in which the front of the array points, as an azimuth in the room (0 along the
        length), in degrees; None draws one for every clip.
    snr : float or tuple of (float, float), default=None
        Signal-to-noise ratio in dB, or a range to draw it from. No noise if None.
    snr_reference : {"direct", "reverberant"}, default="direct"
        Whether ``snr`` compares the noise with the direct sound, as it would be without a room,
        or with all sound of the sources; mean powers over the clip and the microphones.
    noise : {"white", "diffuse", "coherent"}, default="white"
        White noise, independent at each microphone; a spherically diffuse field, whose coherence
        between two microphones at the distance d is ``sin(2 pi f d / c) / (2 pi f d / c)``; or
        one signal that is the same at all microphones, like a source at broadside.
    noise_sources : "noise" or list of ndarray of shape (n_times_i,) or list of str, \
default="noise"
        What is heard as diffuse or coherent noise: white noise, or recordings as in ``sources``
        (:func:`load_noise`).
    fs : float, default=16000
        Sampling rate in Hz.
    duration : float, default=2.0
        Length of a clip in seconds.
    max_order : int, default=None
        Highest number of reflections; 0 is a room without walls. None follows the sound for the
        reverberation time (column ``t60`` of ``rooms``; twice Sabine's where there is none).
    transformer : transformer, default=None
        Stateless transformer, such as ``make_pipeline(STFT(), GCCPHAT())``, applied to some clips
        at a time, so that only its output is kept in memory.
    memory : str or joblib.Memory, default=None
        Folder in which finished parts are cached: an interrupted call goes on where it stopped
        when it is repeated with the same arguments and an integer ``random_state``. No cache if
        None.
    n_jobs : int, default=None
        Number of joblib workers; None means 1. The clips do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Makes the clips, and rooms that are drawn, reproducible. Clip i does not depend on
        ``n_samples``.
    verbose : int, default=0
        Whether a progress bar is shown.
    return_X_y : bool, default=False
        Whether ``(data, target, metadata)`` is returned instead of a Bunch.

    Returns
    -------
    data : Bunch or tuple of (ndarray, ndarray, DataFrame)
        With the keys ``data``, float32 audio of shape (n_samples, n_mics, n_times) (or the output
        of ``transformer``), ``target``, directions in degrees of shape (n_samples,),
        (n_samples, 2) or (n_samples, n_sources, k), ``metadata``, a DataFrame with the columns
        room (index label in ``rooms``), t60, speaker, source, distance, snr and yaw (speaker_0,
        speaker_1, ..., source_0, ..., distance_0, ... for several sources), ``fs``,
        ``mic_positions`` and ``rooms``.

    Raises
    ------
    ValueError
        If a range is inverted, a position or a direction is impossible, a recording is not
        finite, too short or unreadable, or no room holds the array or a wanted source.
    ImportError
        If rooms absorb differently per octave and pyroomacoustics is not installed.

    Warns
    -----
    SilenceWarning
        If a source of a clip is digital silence.

    See Also
    --------
    shoebox_preset : Arguments of published evaluations.
    make_plane_waves : Quick clips without a room.
    make_binaural : Clips heard by a head.

    Notes
    -----
    Image method [1]_, with perfect point sources and microphones: the direct sound has its exact
    delay, reflections one rounded to 1/16 sample. Everything arrives 40 samples late, half of the
    interpolation filter. Reflections pass a high-pass filter at 10 Hz, where they pile up
    otherwise. Responses are those of pyroomacoustics [2]_ to about -32 dB (its own high-pass filter
    aside); image sources are summed here, as a product of three axes, because listing hundreds of
    thousands of them takes ten times as long.

    References
    ----------
    .. [1] J. B. Allen, D. A. Berkley, "Image method for efficiently simulating small-room
       acoustics", J. Acoust. Soc. Am. 65 (1979), 943-950, doi:10.1121/1.382599.
    .. [2] R. Scheibler, E. Bezzam, I. Dokmanic, "Pyroomacoustics: a Python package for audio room
       simulation and array processing algorithms", ICASSP, 2018, 351-355,
       doi:10.1109/ICASSP.2018.8461310.

    Examples
    --------
    >>> from sslearn.datasets import make_shoebox
    >>> from sslearn.geometry import circular_array
    >>> array = circular_array(4, 0.05)
    >>> X, y, metadata = make_shoebox(
    ...     3, mic_positions=array, n_rooms=2, t60=(0.2, 0.3), snr=20, noise="diffuse",
    ...     duration=0.25, random_state=0, return_X_y=True,
    ... )
    >>> X.shape, y.shape
    ((3, 4, 4000), (3,))
    """
    mics = check_mic_positions(mic_positions)
    n_times = max(1, round(duration * fs))
    sources = check_sources(sources, fs=fs, n_times=n_times, speakers=speakers)
    noise_sources = check_noise(noise, noise_sources, fs, n_times)
    snr = None if snr is None else check_range(np.broadcast_to(snr, 2), "snr")
    where, n_angles = check_places(
        n_sources, directions, azimuth_range, elevation_range, distances, array_height
    )
    where |= {"min_separation": min_separation, "wall_distance": wall_distance, "yaw": yaw}
    entropy = int(check_random_state(random_state).randint(2**31 - 1))
    if rooms is None:
        rooms = make_shoebox_rooms(n_rooms, dimensions=dimensions, t60=t60, random_state=entropy)
    parts = check_rooms(rooms)
    placement = ShoeboxPlacement(rooms, mics, n_sources=n_sources, **where)
    plan = draw_shoebox_plan(n_samples, placement, sources, snr, entropy)
    horizons = np.minimum(room_horizons(rooms, parts), n_times / fs)
    sound = (sources, n_sources, snr_reference, noise, noise_sources, fs, n_times, max_order)
    transformer = None if transformer is None else clone(transformer)
    scene = ShoeboxScene(mics, parts, horizons, *sound, transformer, entropy)
    X, silent = render_shoebox(plan, scene, memory=memory, n_jobs=n_jobs, verbose=verbose)
    warn_of_silence(silent, plan["source_0"].get)
    y = shoebox_target(plan, n_sources, n_angles)
    metadata = shoebox_metadata(plan, scene, rooms)
    if return_X_y:
        return X, y, metadata
    return Bunch(data=X, target=y, metadata=metadata, fs=fs, mic_positions=mics, rooms=rooms)


def render_shoebox(plan, scene, *, memory, n_jobs, verbose):
    """Render a plan, see :func:`~sslearn.datasets._chunks.render_plan`."""
    # Not before everything is checked: it makes the folder.
    memory = check_memory(memory)
    key = None if memory.location is None else scene.key
    n_bytes = 4 * scene.n_channels * scene.n_times
    how = {"n_chunk": int(np.clip(_CHUNK_BYTES // n_bytes, 1, _CHUNK)), "memory": memory}
    return render_plan(
        render_shoebox_chunk, plan, scene, key, n_jobs=n_jobs, verbose=verbose, **how
    )


def check_noise(noise, noise_sources, fs, n_times):
    """Validate what is heard as noise, see :func:`make_shoebox`."""
    if noise == "white" and not isinstance(noise_sources, str):
        raise ValueError(
            'noise_sources must be "noise" with noise="white". Set noise="diffuse" to hear '
            "recordings."
        )
    return check_sources(noise_sources, fs=fs, n_times=n_times, speakers=None, name="noise_sources")


def room_horizons(rooms, parts):
    """How long the sound of each room is followed, in seconds."""
    if "t60" in rooms:
        seconds = rooms["t60"].to_numpy(dtype=float)
        if not (seconds > 0).all():
            raise ValueError(
                f"rooms must have positive reverberation times t60 in seconds; got "
                f"{seconds.tolist()}. Leave the column out to estimate them."
            )
        return seconds
    return np.array([2 * _sabine(part) for part in parts])


def _sabine(part):
    """Reverberation time by Sabine's formula, in seconds."""
    length, width, height = part["sizes"]
    areas = np.repeat([width * height, length * height, length * width], 2)
    # Where it depends on the octave, the least absorption lasts longest.
    absorption = [part["absorption"][wall] for wall in WALLS]
    least = [min(value["coeffs"]) if isinstance(value, dict) else value for value in absorption]
    with np.errstate(divide="ignore"):
        return 24 * np.log(10) * length * width * height / (SPEED_OF_SOUND * np.dot(areas, least))


def shoebox_target(plan, n_sources, n_angles):
    """Directions as y: (n,), (n, 2) or (n, n_sources, k)."""
    angles = ("azimuth", "elevation")[:n_angles]
    names = [f"{angle}_{s}" for s in range(n_sources) for angle in angles]
    target = plan[names].to_numpy(dtype=float).reshape(len(plan), n_sources, n_angles)
    if n_sources > 1:
        return target
    return target[:, 0, 0] if n_angles == 1 else target[:, 0]


def shoebox_metadata(plan, scene, rooms):
    """Table of the samples for the user."""
    row = plan["room_row"]
    columns = {"room": rooms.index[row]}
    columns["t60"] = rooms["t60"].to_numpy()[row] if "t60" in rooms else np.nan
    ends = [f"_{s}" for s in range(scene.n_sources)]
    names = [""] if scene.n_sources == 1 else ends
    for name, end in zip(names, ends, strict=True):
        speakers = [scene.sources.speaker(source) for source in plan[f"source{end}"]]
        columns[f"speaker{name}"] = speakers
        columns[f"source{name}"] = plan[f"source{end}"]
        columns[f"distance{name}"] = plan[f"distance{end}"]
    return pd.DataFrame(columns | {"snr": plan["snr"], "yaw": plan["yaw"]})
