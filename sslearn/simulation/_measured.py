from dataclasses import dataclass
from numbers import Integral, Real
from types import SimpleNamespace

import numpy as np
import pandas as pd
from sklearn.utils import Bunch, check_random_state

from sslearn.geometry import (
    check_directions,
    check_mic_positions,
    great_circle_distance,
    mic_pairs,
)
from sslearn.simulation._crossfade import filter_sound
from sslearn.simulation._frames import count_frames, cut_sound, find_active, playing_frames
from sslearn.simulation._noise import array_noise, check_noise, gain_to_ratio
from sslearn.simulation._overlap import check_overlap, draw_overlap
from sslearn.simulation._sounds import as_sounds
from sslearn.utils import check_audio
from sslearn.utils.param_validation import Interval, validated

_N_TRIES = 1000
_N_TRIES_APART = 50  # before talkers may share a speaker
_DIRECT = 0.0025  # seconds of a response from its direct sound on
_ONSET = 0.3  # of the largest amplitude, which the direct sound exceeds


@dataclass(repr=False)
class _Setup:
    """Settings that all clips share."""

    rirs: np.ndarray
    directions: np.ndarray
    n_sources: int
    min_separation: float
    player: object
    overlap: dict | None
    noise: object
    mics: np.ndarray | None
    threshold: float
    fs: float
    n_times: int
    n_frames: int


@validated(
    n_samples=[Interval(Integral, 1, None, closed="left")],
    n_sources=[Interval(Integral, 1, None, closed="left")],
    min_separation=[Interval(Real, 0, 180, closed="both")],
    fs=[Interval(Real, 0, None, closed="neither")],
    duration=[Interval(Real, 0, None, closed="neither")],
    random_state=["random_state"],
    return_X_y=["boolean"],
)
def simulate_responses(
    rirs,
    directions,
    n_samples=100,
    *,
    groups=None,
    sounds=None,
    n_sources=2,
    min_separation=10.0,
    overlap=None,
    noise=None,
    mic_positions=None,
    fs=16000,
    duration=1.0,
    random_state=None,
    return_X_y=False,
):
    """Simulate clips of sources at rest from measured responses.

    Parameters
    ----------
    rirs : array-like of shape (n_places, n_channels, n_taps)
        Room responses at the sampling rate of the clips, as
        :func:`sslearn.datasets.load_r3vival` returns them.
    directions : array-like of shape (n_places,), (n_places, 2) or (n_places, 3)
        Direction of the source of each response, laid out like ``y``.
    n_samples : int, default=100
        Number of clips.
    groups : array-like of shape (n_places,), default=None
        Room, or position of the array, of each response: the sources of a clip are of one group,
        and clips take turns. One group if None.
    sounds : Sounds or list, default=None
        Source signals; white noise if None.
    n_sources : int, default=2
        Number of sources.
    min_separation : float, default=10.0
        Smallest angle between sources in degrees.
    overlap : Overlap, default=None
        When each of two talkers speaks (:class:`Overlap`). All the time if None.
    noise : Noise, float or tuple of (float, float), default=None
        Noise, or the signal-to-noise ratio of white noise in dB, or a range to draw it from. No
        noise if None. Its reference "auto" is "reverberant".
    mic_positions : array-like of shape (n_channels, 3), default=None
        Microphone positions in metres, which diffuse noise needs.
    fs : float, default=16000
        Sampling rate in Hz.
    duration : float, default=1.0
        Length of a clip in seconds.
    random_state : int, RandomState instance or None, default=None
        Makes the clips reproducible.
    return_X_y : bool, default=False
        Whether ``(data, target)`` is returned instead of a Bunch.

    Returns
    -------
    data : Bunch or tuple of (ndarray, ndarray)
        ``data`` (n_samples, n_channels, n_times), float32; ``target`` (n_samples, n_frames,
        n_sources, n_angles) in frames of 0.1 s, NaN where a source is silent; ``metadata``, a
        DataFrame with the row ``place_<s>`` of each response, ``speaker_<s>``, ``source_<s>``,
        the index of its recording, and ``overlap`` and ``snr`` if drawn; and ``fs``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not valid, or no places of a group are far enough apart.

    See Also
    --------
    simulate : The same in simulated rooms.

    Notes
    -----
    All sources have the same level of direct sound while they play, as in :func:`simulate`. The
    direct sound of a response is its first 2.5 ms from where it exceeds 0.3 of its largest
    amplitude; it decides when a source is active.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.simulation import simulate_responses
    >>> rirs = np.random.default_rng(0).standard_normal((8, 4, 500)) * 0.99 ** np.arange(500)
    >>> data = simulate_responses(rirs, np.arange(0, 360, 45), 3, noise=20, random_state=0)
    >>> data.data.shape, data.target.shape
    ((3, 4, 16000), (3, 10, 2, 1))
    """
    rirs, directions = check_audio(rirs, name="rirs"), check_directions(directions)
    if len(directions) != len(rirs):
        raise ValueError(
            f"directions must have a row for each of the {len(rirs)} responses; got "
            f"{len(directions)}."
        )
    n_times, sounds = max(1, round(duration * fs)), as_sounds(sounds)
    sized = {"fs": fs, "n_times": n_times}
    mics, kinds = None, ("white", "coherent")
    if mic_positions is not None:
        mics, kinds = check_mic_positions(mic_positions), (*kinds, "diffuse")
        if len(mics) != rirs.shape[1]:
            raise ValueError(
                f"mic_positions must have a row for each of the {rirs.shape[1]} channels of rirs; "
                f"got {len(mics)}."
            )
    setup = _Setup(
        rirs, directions.reshape(len(rirs), -1), n_sources, min_separation,
        sounds.player(**sized), check_overlap(overlap, n_sources),
        check_noise(noise, kinds, "reverberant", **sized), mics, sounds.activity_threshold,
        **sized, n_frames=count_frames(n_times, fs),
    )  # fmt: skip
    places = _places(groups, len(rirs), n_sources)
    seed = random_state
    if not isinstance(random_state, Integral):
        seed = int(check_random_state(random_state).randint(2**31 - 1))
    clips = [_clip(setup, places[i % len(places)], [seed, i]) for i in range(n_samples)]
    X, y, rows = zip(*clips, strict=True)
    X, y = np.stack(X), np.stack(y)
    return (X, y) if return_X_y else Bunch(data=X, target=y, metadata=pd.DataFrame(rows), fs=fs)


def _places(groups, n_places, n_sources):
    """Indices of the responses of each group, a list of arrays."""
    groups = np.zeros(n_places) if groups is None else np.asarray(groups)
    if groups.shape != (n_places,):
        raise ValueError(
            f"groups must have a label for each of the {n_places} responses; got an array of shape "
            f"{groups.shape}."
        )
    places = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    if min(map(len, places)) < n_sources:
        raise ValueError(f"groups must have at least n_sources={n_sources} responses each.")
    return places


def _clip(setup, places, seed):
    """Audio (n_channels, n_times), tracks (n_frames, n_sources, n_angles) and metadata."""
    rng = np.random.default_rng(seed)
    row = {} if setup.overlap is None else draw_overlap(setup.overlap, setup.n_frames, rng)
    drawn, talkers = _draw_sources(setup, places, rng)
    speaks = SimpleNamespace(**row)
    clip, direct, level = 0.0, 0.0, 0.0
    y = np.full((setup.n_frames, len(drawn), setup.directions.shape[1]), np.nan)
    for s, (place, talker) in enumerate(zip(drawn, talkers, strict=True)):
        plays = playing_frames(speaks, s, setup.n_frames)
        sound = cut_sound(setup.player.excerpt(talker, rng), plays, setup.fs)
        both = np.concatenate([setup.rirs[place], _direct(setup.rirs[place], setup.fs)])
        heard, own = np.split(filter_sound(sound, both, setup.n_times), 2)
        # Mean power while the source plays: silent frames do not lower its level.
        power = np.square(own).mean() / max(plays.mean(), 1e-6)
        level = level or power  # that of the first source that sounds
        gain = np.sqrt(level / power if power else 0.0)
        clip, direct = clip + heard * gain, direct + own * gain
        y[find_active(own, plays, setup.threshold, setup.fs), s] = setup.directions[place]
        names = {"place": place, "speaker": setup.player.speaker(talker), "source": talker}
        row |= {f"{name}_{s}": value for name, value in names.items()}
    if setup.noise is not None:
        power = np.square(direct if setup.noise.reference == "direct" else clip).mean()
        clip, row["snr"] = _add_noise(setup, clip, power, rng)
    # Frames of the pauses are in y as NaN.
    row = {name: x for name, x in row.items() if not name.startswith(("start_", "stop_"))}
    return clip.astype(np.float32), y, row


def _add_noise(setup, clip, power, rng):
    layout = np.zeros((len(clip), 3)) if setup.mics is None else setup.mics
    noise = array_noise(setup.noise.kind, setup.noise.player, layout, setup.fs, rng)
    own, snr = np.square(noise).mean(), rng.uniform(*setup.noise.ratio)
    return clip + noise * gain_to_ratio(power, own, snr), snr


def _draw_sources(setup, places, rng):
    """Places that are far enough apart, and recordings of different speakers if possible."""
    first, second = mic_pairs(setup.n_sources).T
    found = None
    for k in range(_N_TRIES):
        drawn = rng.choice(places, setup.n_sources, replace=False)
        talkers = [setup.player.draw_index(rng) for _ in drawn]
        angles = setup.directions[drawn]
        apart = great_circle_distance(angles[first], angles[second])
        if (apart < setup.min_separation - 1e-6).any():
            continue
        found = drawn, talkers
        speakers = [setup.player.speaker(talker) for talker in talkers]
        # Different speakers are preferred, not required: a corpus may hold only one.
        alike = talkers if speakers[0] is None else speakers
        if len(set(alike)) == len(drawn) or k >= _N_TRIES_APART:
            break
    if found is None:
        raise ValueError(
            f"min_separation={setup.min_separation} degrees: no {setup.n_sources} responses of a "
            "group are so far apart. Make it smaller."
        )
    return found


def _direct(rir, fs):
    """The direct sound of a response alone."""
    # One onset for all channels keeps their time differences.
    first = np.argmax(np.abs(rir).max(axis=0) > _ONSET * np.abs(rir).max())
    direct = rir.copy()
    direct[:, first + round(_DIRECT * fs) :] = 0
    return direct
