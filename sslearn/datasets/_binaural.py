from dataclasses import dataclass
from numbers import Integral, Real

import joblib
import numpy as np
import pandas as pd
from scipy import fft
from sklearn.base import clone
from sklearn.utils import Bunch, check_random_state
from sklearn.utils.validation import check_memory

from sslearn import __version__
from sslearn.datasets._chunks import render_plan, warn_of_silence
from sslearn.datasets._head import resample_hrirs
from sslearn.datasets._interpolation import HeadInterpolator, check_head
from sslearn.datasets._placement import Placement, check_distances, draw_plan
from sslearn.datasets._plane_waves import add_noise, check_range
from sslearn.datasets._rendering import RoomRenderer
from sslearn.datasets._rooms import check_rooms, image_sources
from sslearn.datasets._sources import check_sources
from sslearn.datasets._structural import structural_hrirs
from sslearn.geometry import angles_to_unit_vectors, check_directions
from sslearn.utils import import_optional
from sslearn.utils._param_validation import HasMethods, Interval, validate_params

# Ears that are not mirror images give the embedded head elevation cues on the median plane too.
_PINNA_SCALE = (1.1, 0.9)
_CHUNK = 64  # clips rendered, transformed and cached together
_N_KEPT = 64
_KEPT = {}


@dataclass(repr=False)
class _Scene:
    """What all chunks share."""

    heads: list
    head_keys: list
    rooms: list
    sources: object
    fs: float
    n_times: int
    max_order: int
    transformer: object
    entropy: int


def _kept(kind, head, key):
    """Interpolator or renderer of a head, kept in this process: making one takes a moment."""
    if (kind, key) not in _KEPT:
        while len(_KEPT) >= _N_KEPT:
            _KEPT.pop(next(iter(_KEPT)))
        _KEPT[kind, key] = kind(head)
    return _KEPT[kind, key]


def _response(scene, row):
    """Impulse responses (2, n_taps) from the source to both ears."""
    head, key = scene.heads[row.head_row], scene.head_keys[row.head_row]
    if scene.rooms is None:
        if row.direction_row >= 0:
            return np.asarray(head.hrirs[row.direction_row], dtype=np.float32)
        interpolator = _kept(HeadInterpolator, head, key)
        return interpolator([[row.azimuth, row.elevation]])[0].astype(np.float32)
    receiver = np.array([row.receiver_x, row.receiver_y, row.receiver_z])
    images, damping, filters = image_sources(
        scene.rooms[row.room_row],
        np.array([row.source_x, row.source_y, row.source_z]),
        receiver,
        fs=scene.fs,
        max_order=scene.max_order,
    )
    # The axes of the head: its front, its left, up.
    axes = angles_to_unit_vectors([[row.yaw, 0.0], [row.yaw + 90.0, 0.0], [0.0, 90.0]])
    return _kept(RoomRenderer, head, key).render((images - receiver) @ axes.T, damping, filters)


def _render_clip(scene, row, i):
    """Audio (2, n_times) of one sample, and whether its source is silent."""
    rng = np.random.default_rng([scene.entropy, 2, i])
    sound = scene.sources.excerpt(row.source, rng)
    response = _response(scene, row)
    n_fft = fft.next_fast_len(scene.n_times + response.shape[1] - 1, real=True)
    spectra = fft.rfft(sound, n_fft) * fft.rfft(response, n_fft)
    clip = fft.irfft(spectra, n_fft)[None, :, : scene.n_times]
    return (clip if np.isnan(row.snr) else add_noise(clip, row.snr, rng))[0], not sound.any()


def _render_chunk(key, start, stop, plan, scene):
    """Audio, or features, of the samples from ``start`` to ``stop``; which of them are silent."""
    X = np.empty((stop - start, 2, scene.n_times), dtype=np.float32)
    silent = []
    for k, row in enumerate(plan.itertuples()):
        X[k], is_silent = _render_clip(scene, row, start + k)
        if is_silent:
            silent.append(start + k)
    if scene.transformer is not None:
        X = np.asarray(clone(scene.transformer).fit_transform(X))
    return X, silent


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "rooms": [pd.DataFrame, None],
        "fs": [Interval(Real, 0, None, closed="neither")],
        "duration": [Interval(Real, 0, None, closed="neither")],
        "n_receivers": [Interval(Integral, 1, None, closed="left"), None],
        "receiver_height": [Interval(Real, 0, None, closed="neither")],
        "yaw": [Interval(Real, None, None, closed="neither"), None],
        "max_order": [Interval(Integral, 0, None, closed="left")],
        "transformer": [HasMethods("fit_transform"), None],
        "memory": [str, HasMethods("cache"), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_binaural(
    n_samples=100,
    *,
    heads=None,
    rooms=None,
    sources="noise",
    speakers=None,
    fs=16000,
    duration=1.0,
    azimuth_range=(-90, 90),
    elevation_range=(-45, 45),
    directions=None,
    distances=(1.0, 1.5, 2.0),
    n_receivers=9,
    receiver_height=1.7,
    yaw=None,
    snr=None,
    max_order=14,
    transformer=None,
    memory=None,
    n_jobs=None,
    random_state=None,
    verbose=0,
    return_X_y=False,
):
    """Make binaural clips of one source each, in rooms or without a room.

    Parameters
    ----------
    n_samples : int, default=100
        Number of clips.
    heads : Bunch or list of Bunch, default=None
        Head or heads, drawn anew for every clip, as :func:`load_sofa`, :func:`load_cipic` and
        :func:`structural_hrirs` return them; resampled to ``fs``. None is
        ``structural_hrirs(pinna_scale=(1.1, 0.9))``, whose unequal ears carry the elevation.
    rooms : DataFrame, default=None
        Rooms, as :func:`make_shoebox_rooms` returns them; with the columns ``receiver_x`` and
        ``receiver_y`` (metres) the head stands there. None is anechoic: the responses of the
        head as they are, at the distance at which it was measured. With a set of binaural *room*
        responses as head and ``directions="measured"``, the clips sound in the measured room.
    sources : "noise" or list of ndarray of shape (n_times_i,) or list of str, default="noise"
        White noise with a standard deviation of 1, drawn anew for every clip, or recordings at
        ``fs``, or paths to mono audio files of any rate. Random excerpts are taken that are not
        pauses.
    speakers : array-like of shape (n_sources,), default=None
        Label of each recording, for the metadata.
    fs : float, default=16000
        Sampling rate in Hz.
    duration : float, default=1.0
        Length of a clip in seconds.
    azimuth_range : tuple of (float, float), default=(-90, 90)
        Lowest and highest azimuth of the sources, relative to the nose, in degrees.
    elevation_range : tuple of (float, float), default=(-45, 45)
        Lowest and highest elevation in degrees.
    directions : "measured" or array-like of shape (n_directions, 2), default=None
        None draws directions uniformly on the patch of the sphere between the ranges; responses
        are interpolated. "measured" draws measured directions between the ranges, whose responses
        are exact. An array of azimuths and elevations is used in turn, from its first row on.
    distances : array-like of shape (n_distances,), default=(1.0, 1.5, 2.0)
        Distances to draw from, in metres. Used in rooms only.
    n_receivers : int, default=9
        Number of fixed positions of the head in each room; None draws a new one for every clip.
        The same rooms and ``random_state`` give the same positions. Used in rooms only.
    receiver_height : float, default=1.7
        Height of the ears in metres. Used in rooms only.
    yaw : float, default=None
        Direction in which the nose points, as an azimuth in the room (0 along the length), in
        degrees; None draws one for every clip. Used in rooms only.
    snr : float or tuple of (float, float), default=None
        Signal-to-noise ratio in dB, or a range to draw it from, of white noise uncorrelated
        between the ears, relative to the mean power of the clip. No noise if None.
    max_order : int, default=14
        Highest number of reflections. Long reverberation in small rooms needs more than 14 to be
        complete: 60 dB of decay take ``343 * t60 / size`` reflections along each axis.
    transformer : transformer, default=None
        Stateless transformer, such as :class:`~sslearn.features.BinauralCues`, applied to some
        clips at a time, so that only its output is kept in memory.
    memory : str or joblib.Memory, default=None
        Folder in which finished parts are cached: an interrupted call goes on where it stopped
        when it is repeated with the same arguments and an integer ``random_state``. No cache if
        None.
    n_jobs : int, default=None
        Number of joblib workers; None means 1. The clips do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Makes the clips reproducible. Clip i does not depend on ``n_samples``.
    verbose : int, default=0
        Whether a progress bar is shown.
    return_X_y : bool, default=False
        Whether ``(data, target, metadata)`` is returned instead of a Bunch.

    Returns
    -------
    data : Bunch or tuple of (ndarray, ndarray, DataFrame)
        With the keys ``data``, float32 audio of shape (n_samples, 2, n_times) with the left ear in
        channel 0 (or the output of ``transformer``), ``target``, azimuth and elevation in degrees,
        of shape (n_samples, 2), ``metadata``, a DataFrame with the columns room (index label in
        ``rooms``, else the key ``room`` of the head or "anechoic"), receiver, head, speaker,
        source, distance, snr and yaw, and ``fs``.

    Raises
    ------
    TypeError
        If a head is no Bunch with the keys of one.
    ValueError
        If a range is inverted, an elevation is outside [-90, 90], a distance is not positive, a
        recording is not finite, too short or unreadable, or no room holds a wanted source.
    ImportError
        If ``rooms`` is given and pyroomacoustics is not installed.

    Warns
    -----
    SilenceWarning
        If the source of a clip is digital silence.

    See Also
    --------
    make_plane_waves : Clips of any array, without a head.
    make_shoebox_rooms : Random rooms.

    Notes
    -----
    pyroomacoustics computes the image sources [1]_; the direct sound takes the response of the head
    in its exact direction and with its exact delay, reflections that of the nearest direction of a
    3-degree grid of interpolated responses (:func:`interpolate_hrirs`). Sources are at least 0.1 m
    from the walls; a direction that the drawn rooms cannot hold at any distance is drawn anew.

    References
    ----------
    .. [1] J. B. Allen, D. A. Berkley, "Image method for efficiently simulating small-room
       acoustics", J. Acoust. Soc. Am. 65 (1979), 943-950, doi:10.1121/1.382599.

    Examples
    --------
    >>> from sslearn.datasets import make_binaural
    >>> X, y, metadata = make_binaural(4, duration=0.1, random_state=0, return_X_y=True)
    >>> X.shape, y.shape
    ((4, 2, 1600), (4, 2))
    """
    n_times = max(1, round(duration * fs))
    sources = check_sources(sources, fs=fs, n_times=n_times, speakers=speakers)
    heads = _check_heads(heads, fs)
    parts = None
    if rooms is not None:
        parts = check_rooms(rooms)
        import_optional("pyroomacoustics", "make_binaural with rooms")
    snr = None if snr is None else check_range(np.broadcast_to(snr, 2), "snr")
    entropy = int(check_random_state(random_state).randint(2**31 - 1))
    placement = Placement(
        heads,
        rooms,
        directions=_check_wanted(directions),
        azimuth_range=check_range(azimuth_range, "azimuth_range", -360, 360),
        elevation_range=check_range(elevation_range, "elevation_range", -90, 90),
        distances=check_distances(distances),
        n_receivers=n_receivers,
        receiver_height=receiver_height,
        yaw=yaw,
        entropy=entropy,
    )
    plan = draw_plan(n_samples, placement, sources, snr, entropy)
    keys = [joblib.hash((head.hrirs, head.directions, head.fs)) for head in heads]
    transformer = None if transformer is None else clone(transformer)
    scene = _Scene(heads, keys, parts, sources, fs, n_times, max_order, transformer, entropy)
    # Not before everything is checked: it makes the folder.
    memory = check_memory(memory)
    key = None if memory.location is None else _cache_key(scene)
    X, silent = render_plan(
        _render_chunk,
        plan,
        scene,
        key,
        n_chunk=_CHUNK,
        memory=memory,
        n_jobs=n_jobs,
        verbose=verbose,
    )
    warn_of_silence(silent, plan["source"].get)
    target = plan[["azimuth", "elevation"]].to_numpy()
    metadata = _metadata(plan, scene, rooms)
    if return_X_y:
        return X, target, metadata
    return Bunch(data=X, target=target, metadata=metadata, fs=fs)


def _cache_key(scene):
    """What a chunk depends on besides its part of the plan, where everything drawn is."""
    shared = (scene.head_keys, scene.rooms, scene.sources.key, scene.fs, scene.n_times)
    return joblib.hash((shared, scene.max_order, scene.transformer, scene.entropy, __version__))


def _metadata(plan, scene, rooms):
    heads = [scene.heads[row] for row in plan["head_row"]]
    if rooms is None:
        room = [head.get("room", "anechoic") for head in heads]
    else:
        room = rooms.index[plan["room_row"]]
    return pd.DataFrame(
        {
            "room": room,
            "receiver": plan["receiver"],
            "head": [head.name for head in heads],
            "speaker": [scene.sources.speaker(source) for source in plan["source"]],
            **{name: plan[name] for name in ("source", "distance", "snr", "yaw")},
        }
    )


def _check_heads(heads, fs):
    if heads is None:
        heads = structural_hrirs(pinna_scale=_PINNA_SCALE)
    heads = [heads] if hasattr(heads, "keys") else list(heads)
    if not heads:
        raise ValueError("heads is empty: pass at least one head.")
    heads = [check_head(head, f"heads[{i}]") for i, head in enumerate(heads)]
    return [head if head.fs == fs else resample_hrirs(head, fs) for head in heads]


def _check_wanted(directions):
    if directions is None:
        return None
    if isinstance(directions, str):
        if directions != "measured":
            raise ValueError(
                f'directions must be None, "measured" or an array; got {directions!r}.'
            )
        return directions
    directions = check_directions(directions)
    if directions.ndim != 2 or directions.shape[1] != 2 or len(directions) == 0:
        raise ValueError(f"directions must have shape (n_directions, 2); got {directions.shape}.")
    return directions
