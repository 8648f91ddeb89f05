from dataclasses import dataclass
from math import ceil

import joblib
import numpy as np
from scipy import fft

from sslearn.simulation._cache import source_key
from sslearn.simulation._crossfade import crossfade, filter_sound, segment_centres
from sslearn.simulation._frames import cut_sound, find_active, playing_frames
from sslearn.simulation._image_sources import SPEED_OF_SOUND
from sslearn.simulation._noise import Background, gain_to_ratio
from sslearn.simulation._placer import receiver_axes, receiver_position, source_position
from sslearn.simulation._responses import LEAD
from sslearn.simulation._tail import split_horizon
from sslearn.simulation._trajectories import places_along

_LOW_ORDER = 2  # of the reflections that are few and strong
_STEPS = (0.01, 0.05, 0.5)  # metres between positions: direct sound, low orders, all orders


@dataclass(repr=False)
class Scene:
    """Settings that all clips share: receiver, rooms, sounds, noise and duration."""

    receiver: object
    rooms: list | None
    horizons: np.ndarray | None
    player: object
    n_sources: int
    n_frames: int | None  # frames of y, if it has any
    activity_threshold: float
    noise: Background | None
    interferer: Background | None
    fs: float
    n_times: int
    max_order: int | None
    mixing_time: float | str | None
    seed: int

    @property
    def state(self):
        """Settings by name, each in a form that can be hashed."""
        state = {**vars(self), "receiver": self.receiver.key, "player": self.player.key}
        for name in ("noise", "interferer"):
            if state[name] is not None:
                state[name] = {**vars(state[name]), "player": state[name].player.key}
        return state

    @property
    def key(self):
        """Hash of everything that a chunk depends on besides its rows of the plan."""
        return joblib.hash((self.state, source_key()))

    @property
    def n_tail(self):
        """Samples of the noise in a diffuse tail, equal in all rooms."""
        return fft.next_fast_len(LEAD + int(self.horizons.max() * self.fs), real=True)

    @property
    def needs_direct(self):
        """Whether levels refer to the direct sound."""
        backgrounds = [b for b in (self.noise, self.interferer) if b is not None]
        several = self.n_sources > 1 or self.n_frames is not None
        return several or any(b.reference == "direct" for b in backgrounds)


def render_clip(scene, row, i):
    """Render one sample.

    Parameters
    ----------
    scene : Scene
        Settings that all samples share.
    row : tuple
        Sample of the plan.
    i : int
        Its index.

    Returns
    -------
    clip : ndarray of shape (n_channels, n_times)
        Audio.
    silent : bool
        Whether the sound of a source is digital silence.
    active : ndarray of shape (n_frames, n_sources) or None
        Activity of the sources, bool; None if ``y`` has no frames.
    """
    # Streams: 0 receivers, 1 plan, 2 sounds, 3 and 4 interferers, 5 tails, 6 paths, 7 overlap.
    rng = np.random.default_rng([scene.seed, 2, i])
    clip, direct, silent, active = _hear_sources(scene, row, rng)
    if scene.noise is not None:
        power = _reference_power(scene, scene.noise, clip, direct)
    if scene.interferer is not None:
        silent = _add_interferer(scene, row, i, clip, direct) or silent
    if scene.noise is not None:
        noise, own = scene.receiver.background(scene.noise, scene.n_times, rng)
        clip += noise * gain_to_ratio(power, own, row.snr)
    return clip, silent, active


def _hear_sources(scene, row, rng):
    """Sum of all sources (n_channels, n_times), their direct sound, silence, and activity.

    Further sources are scaled to the direct level of the first, each averaged while it plays.
    """
    heard, level, silent, active = 0.0, None, False, []
    for s in range(scene.n_sources):
        sound = _source_signal(scene, row, s, rng)
        silent = silent or not sound.any()
        plays = playing_frames(row, s, scene.n_frames)
        both = _hear(scene, row, s, cut_sound(sound, plays, scene.fs))
        direct = both[scene.receiver.n_channels :]
        if scene.n_sources > 1:
            # Mean power while the source plays: silent frames do not lower its level.
            power = np.mean(np.square(direct)) / np.float32(max(plays.mean(), 1e-6))
            level = power if level is None else level
            if power > 0 and level > 0:
                both *= np.sqrt(level / power)
        if scene.n_frames is not None:
            active.append(find_active(direct, plays, scene.activity_threshold, scene.fs))
        heard = heard + both
    active = np.stack(active, axis=1) if active else None
    return *np.split(heard, [scene.receiver.n_channels]), silent, active


def _source_signal(scene, row, s, rng):
    """Signal (n_times,) of source ``s`` in a clip."""
    return scene.player.excerpt(getattr(row, f"source_{s}"), rng)


def _hear(scene, row, s, sound):
    """Sound of source ``s`` in all channels, then its direct sound in the level channels."""
    if not sound.any():
        n_heard = scene.receiver.n_channels + scene.receiver.n_level
        return np.zeros((n_heard, scene.n_times), dtype=np.float32)
    if getattr(row, f"speed_{s}", 0.0) > 0:
        return _hear_moving(scene, row, s, sound)
    responses = _responses(scene, row, s, with_direct=scene.needs_direct)
    return filter_sound(sound, responses, scene.n_times)


def _hear_moving(scene, row, s, sound):
    """Sound of a moving source, laid out as in :func:`_hear`.

    The sum of the direct sound, the reflections of low order and all others, each computed at
    different positions along the path.
    """
    duration, lower, heard = scene.n_times / scene.fs, None, None
    for order, step in _layers(scene):
        n_segments = ceil(getattr(row, f"speed_{s}") * duration / step)
        places = places_along(row, s, segment_centres(n_segments, duration))
        responses = [_responses(scene, place, s, order) for place in places]
        if heard is None:
            heard = crossfade(sound, responses, keep_power=False)
            direct = heard[: scene.receiver.n_level].copy()
        else:
            # Each layer adds the reflections that the layers before it lack.
            known = [_responses(scene, place, s, lower) for place in places]
            added = [_subtract(*pair) for pair in zip(responses, known, strict=True)]
            heard += crossfade(sound, added, keep_power=True)
        lower = order
    return np.concatenate([heard, direct])


def _layers(scene):
    """Highest orders of reflections, None for all, and the steps in metres of their positions."""
    highest = 0 if scene.rooms is None else scene.max_order
    orders = [order for order in (0, _LOW_ORDER) if highest is None or order < highest]
    return zip([*orders, None], _STEPS, strict=False)


def _subtract(responses, known):
    """Responses (n_channels, n_taps) minus those of lower order, which may be shorter."""
    n_taps = max(responses.shape[1], known.shape[1])
    added = np.zeros((len(known), n_taps), dtype=np.float32)
    added[:, : responses.shape[1]] = responses
    added[:, : known.shape[1]] -= known
    return added


def _responses(scene, row, s, order=None, *, with_direct=False):
    """Responses of all channels to source ``s``, then those of its direct sound if wanted."""
    axes, images = None, None
    if scene.rooms is not None:
        axes, images = receiver_axes(row), image_sources(scene, row, s, order)
    return scene.receiver.responses(
        row, s, images, axes, n_times=scene.n_times, with_direct=with_direct
    )


def image_sources(scene, row, s, order=None):
    """Image sources of source ``s`` of a sample, with their tail, or up to an order without it."""
    room, source = scene.rooms[row.room_row], source_position(row, s)
    points = receiver_position(row) + scene.receiver.points @ receiver_axes(row)
    limits = {"horizon": scene.horizons[row.room_row]}
    if scene.mixing_time is not None:
        distance = np.linalg.norm(source - points.mean(axis=0))
        noise = {"seed": (scene.seed, 5, row.Index, s), "n_times": scene.n_tail}
        limits = split_horizon(scene.mixing_time, room["sizes"], distance, **limits, **noise)
    if order is not None:
        # Each reflection adds the longest side of the room at most.
        farthest = np.linalg.norm(room["sizes"]) + order * room["sizes"].max()
        limits = {"horizon": min(limits["horizon"], farthest / SPEED_OF_SOUND)}
    max_order = scene.max_order if order is None else order
    return scene.receiver.image_sources(
        room, source, points, fs=scene.fs, max_order=max_order, **limits
    )


def _add_interferer(scene, row, i, clip, direct):
    """Add the interferer in place, and return whether it is silent."""
    s, interferer = scene.n_sources, scene.interferer
    power = _reference_power(scene, interferer, clip, direct)
    rng = np.random.default_rng([scene.seed, 4, i])
    sound = interferer.player.excerpt(getattr(row, f"source_{s}"), rng)
    heard, own = np.split(_hear(scene, row, s, sound), [len(clip)])
    own = _reference_power(scene, interferer, heard, own)
    clip += heard * gain_to_ratio(power, own, row.sir)
    return not sound.any()


def _reference_power(scene, background, clip, direct):
    """Power that a ratio refers to."""
    is_direct = background.reference == "direct"
    return np.mean(np.square(direct if is_direct else clip[: scene.receiver.n_level]))
