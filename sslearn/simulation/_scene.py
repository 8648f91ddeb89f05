from dataclasses import dataclass

import joblib
import numpy as np
from scipy import fft

from sslearn.simulation._cache import source_key
from sslearn.simulation._noise import Background, gain_to_ratio
from sslearn.simulation._placer import receiver_axes, receiver_position, source_position


@dataclass(repr=False)
class Scene:
    """Settings that all clips share: receiver, rooms, sounds, noise and duration."""

    receiver: object
    rooms: list | None
    horizons: np.ndarray | None
    player: object
    n_sources: int
    noise: Background | None
    interferer: Background | None
    fs: float
    n_times: int
    max_order: int | None
    seed: int

    @property
    def key(self):
        """Hash of everything that a chunk depends on besides its rows of the plan."""
        state = {**vars(self), "receiver": self.receiver.key, "player": self.player.key}
        for name in ("noise", "interferer"):
            if state[name] is not None:
                state[name] = {**vars(state[name]), "player": state[name].player.key}
        return joblib.hash((state, source_key()))

    @property
    def needs_direct(self):
        """Whether levels refer to the direct sound."""
        backgrounds = [b for b in (self.noise, self.interferer) if b is not None]
        return self.n_sources > 1 or any(b.reference == "direct" for b in backgrounds)


def render_clip(scene, row, i):
    """Audio (n_channels, n_times) of one sample, and whether one of its sources is silent."""
    rng = np.random.default_rng([scene.seed, 2, i])
    clip, direct, silent = _hear_sources(scene, row, rng)
    if scene.noise is not None:
        power = _reference_power(scene, scene.noise, clip, direct)
    if scene.interferer is not None:
        silent = _add_interferer(scene, row, i, clip, direct) or silent
    if scene.noise is not None:
        noise, own = scene.receiver.background(scene.noise, scene.n_times, rng)
        clip += noise * gain_to_ratio(power, own, row.snr)
    return clip, silent


def _hear_sources(scene, row, rng):
    """Sum of all sources (n_channels, n_times), their direct sound, and whether one is silent.

    Further sources are scaled to the direct level of the first.
    """
    heard, level, silent = 0.0, None, False
    for s in range(scene.n_sources):
        sound = _source_signal(scene, row, s, rng)
        both = _hear(scene, row, s, sound)
        if scene.n_sources > 1:
            power = np.mean(np.square(both[scene.receiver.n_channels :]))
            level = power if level is None else level
            if power > 0 and level > 0:
                both *= np.sqrt(level / power)
        heard = heard + both
        silent = silent or not sound.any()
    return *np.split(heard, [scene.receiver.n_channels]), silent


def _source_signal(scene, row, s, rng):
    """Signal (n_times,) of source ``s`` in a clip."""
    return scene.player.excerpt(getattr(row, f"source_{s}"), rng)


def _hear(scene, row, s, sound):
    """Sound of source ``s`` in all channels, then its direct sound in the level channels."""
    axes, images = None, None
    if scene.rooms is not None:
        axes, images = receiver_axes(row), image_sources(scene, row, s)
    responses = scene.receiver.responses(
        row, s, images, axes, n_times=scene.n_times, with_direct=scene.needs_direct
    )
    n_fft = fft.next_fast_len(scene.n_times + responses.shape[1] - 1, real=True)
    spectra = fft.rfft(sound, n_fft) * fft.rfft(responses, n_fft)
    return fft.irfft(spectra, n_fft)[:, : scene.n_times]


def image_sources(scene, row, s):
    """Image sources of source ``s`` of a sample."""
    return scene.receiver.image_sources(
        scene.rooms[row.room_row],
        source_position(row, s),
        receiver_position(row) + scene.receiver.points @ receiver_axes(row),
        fs=scene.fs,
        horizon=scene.horizons[row.room_row],
        max_order=scene.max_order,
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
