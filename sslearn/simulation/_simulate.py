import os
from numbers import Integral, Real

import joblib
import numpy as np
import pandas as pd
from sklearn.utils import Bunch, check_random_state

from sslearn.simulation._cache import chunk_key, open_memory, source_key
from sslearn.simulation._chunks import chunk_length, render_plan
from sslearn.simulation._frames import FRAME, count_frames, frame_times
from sslearn.simulation._noise import check_interferer, check_noise
from sslearn.simulation._overlap import check_overlap, draw_overlap
from sslearn.simulation._placement import check_placement
from sslearn.simulation._placer import Placer
from sslearn.simulation._rooms import check_rooms, draw_rooms, room_horizons
from sslearn.simulation._scene import Scene
from sslearn.simulation._sounds import as_sounds, draw_indices
from sslearn.simulation._store import clip_arrays, describe, open_store
from sslearn.simulation._tail import LEAST_MIXING_TIME
from sslearn.simulation._trajectories import check_trajectories, directions_along, draw_paths
from sslearn.utils import store_path
from sslearn.utils.param_validation import HasMethods, Interval, StrOptions, validated


@validated(
    receiver=[HasMethods("build")],
    n_samples=[Interval(Integral, 1, None, closed="left")],
    n_sources=[Interval(Integral, 1, None, closed="left")],
    fs=[Interval(Real, 0, None, closed="neither")],
    duration=[Interval(Real, 0, None, closed="neither")],
    max_order=[Interval(Integral, 0, None, closed="left"), None],
    mixing_time=[
        Interval(Real, LEAST_MIXING_TIME, None, closed="left"),
        StrOptions({"auto"}),
        None,
    ],
    batch_transform=[HasMethods(["fit", "transform"]), None],
    memory=[str, os.PathLike, HasMethods("cache"), None],
    store=[str, os.PathLike, None],
    n_jobs=[Integral, None],
    random_state=["random_state"],
    verbose=["verbose"],
    return_X_y=["boolean"],
)
def simulate(
    receiver,
    n_samples=100,
    *,
    rooms=20,
    sounds=None,
    n_sources=1,
    placement=None,
    trajectories=None,
    overlap=None,
    noise=None,
    interferer=None,
    fs=16000,
    duration=1.0,
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
    """Simulate clips of one or several sources with any receiver.

    The generators of :mod:`sslearn.datasets` call this function with their receiver.

    Parameters
    ----------
    receiver : HeadReceiver, ArrayReceiver or AmbisonicReceiver
        Receiver: a head, a microphone array or an ambisonic microphone.
    n_samples : int, default=100
        Number of clips.
    rooms : DataFrame, int, ShoeboxRooms or None, default=20
        Table of rooms, as :func:`make_shoebox_rooms` returns it, or the number or parameters of
        rooms to draw. None is anechoic, for heads only.
    sounds : Sounds or list, default=None
        Source signals; white noise if None.
    n_sources : int, default=1
        Number of simultaneous sources.
    placement : Placement, default=None
        Positions of receiver and sources; all defaults if None.
    trajectories : Trajectories, default=None
        Paths of moving sources (:class:`Trajectories`). All sources stay in their places if
        None. With it or ``overlap``, ``y`` has frames of 0.1 s.
    overlap : Overlap, default=None
        When each of two talkers speaks (:class:`Overlap`). All the time if None.
    noise : Noise, float or tuple of (float, float), default=None
        Noise, or the signal-to-noise ratio of white noise in dB, or a range to draw it from. No
        noise if None.
    interferer : Interferer, default=None
        Additional source that is not in ``y``. No interferer if None.
    fs : float, default=16000
        Sampling rate in Hz.
    duration : float, default=1.0
        Length of a clip in seconds.
    max_order : int, default=None
        Highest number of reflections. None simulates the whole reverberation time.
    mixing_time : float, "auto" or None, default=None
        Time after the direct sound, at least 0.03 s, from which a diffuse tail replaces the
        reflections: noise with their level and decay and the coherence of a diffuse field, about
        four times as fast at a reverberation time of 0.6 s, twelve at 1 s. "auto" is 50 ms and
        11.7 ms per 1000 m^3. None simulates all reflections. It needs ``max_order=None``, and heads
        do not support it.
    batch_transform : transformer, default=None
        Transformer that is cloned, fitted on the first chunk of clips and applied to each chunk,
        so that only its output is kept in memory.
    memory : str, path-like or joblib.Memory, default=None
        Cache of finished chunks: an interrupted call continues where it stopped if it is repeated
        with the same arguments and a ``random_state`` that is not None. No cache if None.
    store : str or path-like, default=None
        File of HDF5 (``.h5``, ``.hdf5``) or folder of Zarr (``.zarr``, extra ``dask``) that the
        clips, or their features, are written to chunk by chunk, for sets that are larger than
        memory; see Notes. In memory if None.
    n_jobs : int, default=None
        Number of joblib workers; None means 1. The clips do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Makes the clips and the drawn rooms reproducible.
    verbose : int, default=0
        Whether a progress bar is shown, with an estimate of the time.
    return_X_y : bool, default=False
        Whether ``(data, target)`` is returned instead of a Bunch.

    Returns
    -------
    data : Bunch or tuple of (ndarray, ndarray)
        With the keys ``data``, ``target``, ``metadata``, ``fs``, ``rooms`` and those of the
        receiver, as :func:`sslearn.datasets.make_shoebox` returns them. With ``store``, ``data``
        is a :class:`sslearn.utils.StoredArray`.

    Raises
    ------
    BlockingIOError
        If another process writes to ``store``.
    TypeError, ValueError
        If an argument is not valid, or ``store`` holds clips of other arguments.

    See Also
    --------
    sslearn.datasets.open_store : Clips in a store.
    sslearn.datasets.make_binaural : Clips recorded by a head.
    sslearn.datasets.make_shoebox : Clips recorded by a microphone array.
    sslearn.datasets.make_ambisonic : Clips in first-order ambisonics.

    Notes
    -----
    A cached chunk depends on all arguments, on the source of this package and on the code of the
    functions and classes in ``batch_transform``. Its checksum is compared: a damaged file is
    rendered again, with a warning. The files are pickles, and reading a pickle can run code: use a
    folder that only you write to. Files ``output.pkl.*`` are left by a run that was killed and
    may be deleted, as may the whole folder.

    A call that writes to a store and is interrupted, or killed, continues where it stopped if it is
    repeated with the same arguments, an integer ``random_state`` and the same version of this
    package, and the store is then equal to that of a call that was not. A call whose store is
    complete only opens it. Other arguments are an error that names them. With ``batch_transform``
    the first chunk is rendered again to continue. Unlike the cache, a store holds no code.

    Before 50 clips or more, at most four of them are timed, and the time of all is estimated from
    the number of image sources in each room; with ``batch_transform`` after the first chunk.
    Measured times were 0.6 to 1.3 times the estimate.

    Examples
    --------
    >>> from sslearn.geometry import circular_array
    >>> from sslearn.simulation import ArrayReceiver, Interferer, Placement, simulate
    >>> data = simulate(
    ...     ArrayReceiver(circular_array(4, 0.05)), 3, rooms=2, interferer=Interferer(sir=10),
    ...     placement=Placement(distances=(1.0,)), duration=0.25, random_state=0,
    ... )
    >>> data.data.shape, data.metadata["sir"].tolist()
    ((3, 4, 4000), [10.0, 10.0, 10.0])
    """
    # A number is the same in every type, also in the hashes below.
    fs = int(fs) if float(fs).is_integer() else float(fs)
    given = locals()
    n_times = max(1, round(duration * fs))
    sized = {"fs": fs, "n_times": n_times}
    sounds = as_sounds(sounds)
    player = sounds.player(**sized)
    receiver = receiver.build(fs)
    noise = check_noise(noise, receiver.noise_kinds, receiver.noise_reference, **sized)
    interferer = check_interferer(interferer, **sized)
    _check_mixing_time(mixing_time, receiver, max_order)
    where, n_angles = check_placement(placement, receiver.defaults, n_sources)
    tracks = _check_tracks(trajectories, overlap, n_sources, **sized)
    n_frames = tracks[-1]
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    rooms = draw_rooms(rooms, receiver.room_defaults, seed)
    parts, horizons = _check_rooms(rooms, receiver, interferer, n_times / fs)
    placer = Placer(where, receiver, rooms, n_sources=n_sources, seed=seed)
    plan = _plan_clips(n_samples, placer, player, tracks, noise, interferer, seed)
    heard = receiver, parts, horizons, player, n_sources, n_frames, sounds.activity_threshold
    scene = Scene(*heard, noise, interferer, fs, n_times, max_order, mixing_time, seed)
    target = (_target if n_frames is None else _tracks)(plan, scene, n_angles)
    kept = {"metadata": _metadata(plan, scene, rooms), "rooms": rooms, "fs": fs}
    about = None
    if store is not None:
        store = store_path(store, "store")
        about = describe(**kept, outputs=receiver.outputs, arguments=_arguments(given, scene))
    # After all checks, because it creates the folder. Without a seed, no result is ever reused.
    memory = open_memory(None if random_state is None else memory)
    how = {"memory": memory, "n_jobs": n_jobs, "verbose": verbose}
    with clip_arrays(store, n_samples, chunk_length(scene), about) as clips:
        render_plan(plan, target, scene, batch_transform, clips, **how)
    if store is None:
        arrays = {"data": clips.arrays["data"], "target": clips.arrays["target"]}
        data = Bunch(**arrays, **kept, **receiver.outputs)
    else:
        data = open_store(store)
    return (data.data, data.target) if return_X_y else data


def _arguments(given, scene):
    """Hash of each argument that the clips depend on, by its name."""
    names = ("n_samples", "rooms", "n_sources", "placement", "trajectories", "overlap", "fs")
    names += ("duration", "max_order", "mixing_time")
    state = scene.state
    arguments = {name: given[name] for name in names} | {
        "mic_positions, heads or convention": state["receiver"],
        "sounds": (state["player"], scene.activity_threshold),
        "noise": state["noise"],
        "interferer": state["interferer"],
        "batch_transform": chunk_key(None, given["batch_transform"]),
        "random_state": scene.seed,
        "version of sslearn": source_key(),
    }
    values = {name: float(v) if isinstance(v, Real) else v for name, v in arguments.items()}
    return {name: joblib.hash(value) for name, value in values.items()}


def _check_tracks(trajectories, overlap, n_sources, *, fs, n_times):
    """Checked paths and pauses of the sources, and the number of frames of y, None without any."""
    moves, speaks = check_trajectories(trajectories), check_overlap(overlap, n_sources)
    has_frames = trajectories is not None or overlap is not None
    return moves, speaks, count_frames(n_times, fs) if has_frames else None


def _check_mixing_time(mixing_time, receiver, max_order):
    if mixing_time is None:
        return
    if not receiver.has_tail:
        raise ValueError(
            f"mixing_time must be None for a head; got {mixing_time!r}. Limit max_order instead."
        )
    if max_order is not None:
        raise ValueError(
            f"mixing_time must be None with max_order={max_order}; got {mixing_time!r}. Set "
            "max_order=None for reflections that a diffuse tail replaces."
        )


def _check_rooms(rooms, receiver, interferer, duration):
    """Rooms as dicts, and the longest travel times of their sound in seconds; None if anechoic."""
    if rooms is not None:
        parts = check_rooms(rooms)
        return parts, np.minimum(room_horizons(rooms, parts), duration)
    if interferer is not None or not receiver.works_anechoic:
        raise TypeError(
            "rooms must be a DataFrame, ShoeboxRooms or a number of rooms; got None. Set "
            "max_order=0 for rooms without walls."
        )
    return None, None


def _plan_clips(n_samples, placer, player, tracks, noise, interferer, seed):
    """Table of all random draws made before rendering, one row per sample."""
    plan = _draw_plan(n_samples, placer, player, noise, seed)
    moves, speaks, n_frames = tracks
    if n_frames is not None:
        plan = _add_tracks(plan, placer, moves, speaks, n_frames, seed)
    if interferer is not None:
        plan = _add_interferers(plan, placer, interferer, n_frames, seed)
    return plan


def _draw_plan(n_samples, placer, player, noise, seed):
    """Plan of sources at rest that play all the time."""
    rows = []
    for i in range(n_samples):
        # One random stream per sample: its draws do not depend on n_samples.
        rng = np.random.default_rng([seed, 1, i])
        row = placer.draw(i, rng)
        for s, index in enumerate(draw_indices(player, placer.n_sources, rng)):
            row[f"source_{s}"] = index
        row["snr"] = np.nan if noise is None else rng.uniform(*noise.ratio)
        rows.append(row)
    return pd.DataFrame(rows)


def _add_tracks(plan, placer, moves, speaks, n_frames, seed):
    """Plan with columns for the paths and the pauses of the sources."""
    rows, times = [], _check_times(n_frames)
    for i, row in enumerate(plan.to_dict("records")):
        row = draw_paths(placer, i, row, moves, times, np.random.default_rng([seed, 6, i]))
        if speaks is not None:
            row |= draw_overlap(speaks, n_frames, np.random.default_rng([seed, 7, i]))
        rows.append(row)
    return pd.DataFrame(rows)


def _add_interferers(plan, placer, interferer, n_frames, seed):
    """Plan with columns for an interferer; all other columns stay the same."""
    rows, sources = [], range(placer.n_sources)
    for i, row in plan.iterrows():
        rng = np.random.default_rng([seed, 3, i])
        if n_frames is None:
            others = np.array([[row[f"azimuth_{s}"], row[f"elevation_{s}"]] for s in sources])
        else:
            times = _check_times(n_frames)
            others = np.concatenate([directions_along(row, s, times) for s in sources])
        columns = placer.draw_interferer(row, others, rng)
        columns[f"source_{placer.n_sources}"] = interferer.player.draw_index(rng)
        rows.append(columns | {"sir": rng.uniform(*interferer.ratio)})
    return plan.assign(**{name: [row[name] for row in rows] for name in rows[0]})


def _check_times(n_frames):
    """Times at which the rules of the placement are checked, in seconds, past the end."""
    # Every 0.05 s, which is 5 cm at 1 m/s.
    return np.arange(2 * n_frames + 3) * (FRAME / 2)


def _target(plan, scene, n_angles):
    """Directions as y: (n,), (n, 2) or (n, n_sources, k)."""
    n_sources = scene.n_sources
    angles = ("azimuth", "elevation")[:n_angles]
    names = [f"{angle}_{s}" for s in range(n_sources) for angle in angles]
    target = plan[names].to_numpy(dtype=float).reshape(len(plan), n_sources, n_angles)
    if n_sources > 1:
        return target
    return target[:, 0, 0] if n_angles == 1 else target[:, 0]


def _tracks(plan, scene, n_angles):
    """Directions as y (n, n_frames, n_sources, k) in the middle of each frame, also in silence."""
    times = frame_times(scene.n_frames)
    tracks = [directions_along(plan, s, times) for s in range(scene.n_sources)]
    return np.stack(tracks, axis=2)[..., :n_angles]


def _metadata(plan, scene, rooms):
    """Metadata of the samples, one row each."""
    columns = scene.receiver.columns(plan, rooms)
    for s in range(scene.n_sources):
        end = "" if scene.n_sources == 1 else f"_{s}"
        speakers = [scene.player.speaker(source) for source in plan[f"source_{s}"]]
        columns[f"speaker{end}"] = speakers
        columns[f"source{end}"] = plan[f"source_{s}"]
        columns[f"distance{end}"] = plan[f"distance_{s}"]
        if f"speed_{s}" in plan:
            columns[f"speed{end}"] = plan[f"speed_{s}"]
    if "overlap" in plan:
        columns["overlap"] = plan["overlap"]
    columns |= {"snr": plan["snr"], "yaw": plan["yaw"]}
    if scene.interferer is not None:
        names = ("azimuth", "elevation", "distance", "source")
        columns |= {f"interferer_{name}": plan[f"{name}_{scene.n_sources}"] for name in names}
        columns["sir"] = plan["sir"]
    return pd.DataFrame(columns)
