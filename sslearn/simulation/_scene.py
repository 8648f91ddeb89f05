from dataclasses import dataclass

import joblib
import numpy as np
from scipy import fft
from sklearn.base import clone

from sslearn import __version__
from sslearn.geometry import angles_to_unit_vectors
from sslearn.simulation._noise import array_noise, gain_to_ratio
from sslearn.simulation._responses import direct_response, room_response
from sslearn.utils import keep_freed_memory


@dataclass(repr=False)
class ShoeboxScene:
    """What all chunks share; how an array of microphones hears."""

    mics: np.ndarray
    rooms: list
    horizons: np.ndarray
    sources: object
    n_sources: int
    snr_reference: str
    noise: str
    noise_sources: object
    fs: float
    n_times: int
    max_order: int | None
    transformer: object
    entropy: int

    @property
    def key(self):
        """What a chunk depends on besides its part of the plan, where everything drawn is."""
        state = {name: value for name, value in vars(self).items() if "sources" not in name}
        sounds = (self.sources.key, self.noise_sources.key, self.n_sources)
        return joblib.hash((state, sounds, __version__))

    @property
    def n_channels(self):
        """Channels of a clip."""
        return len(self.mics)

    @property
    def n_level(self):
        """The first channels, in which levels are measured."""
        return len(self.mics)

    def responses(self, row, s):
        """Responses from source ``s``: (n_channels, n_taps), and direct, (n_channels, n_taps)."""
        axes = array_axes(row)
        mics = np.array([row.array_x, row.array_y, row.array_z]) + self.mics @ axes
        source = np.array([getattr(row, f"source_{axis}_{s}") for axis in "xyz"])
        reflections = self.reflections(room_response, row, source, mics)
        return reflections, direct_response(source, mics, self.fs)

    def reflections(self, response, row, source, place):
        """What ``response``, :func:`room_response` for one, says of the room of a sample."""
        if self.max_order == 0:
            return np.zeros((self.n_channels, 0), dtype=np.float32)
        room, horizon = self.rooms[row.room_row], self.horizons[row.room_row]
        how = {"fs": self.fs, "horizon": horizon, "max_order": self.max_order}
        return response(room, source, place, **how)

    def background(self, rng):
        """Noise (n_channels, n_times)."""
        return array_noise(self.noise, self.noise_sources, self.mics, self.fs, rng)

    def add_sounds(self, clip, power, row, i):
        """Add in place what else sounds in sample ``i``; whether that is silent."""
        return False


def array_axes(row):
    """Axes (3, 3) of the frame of the array as unit vectors of the room, one per row."""
    return angles_to_unit_vectors([[row.yaw, 0.0], [row.yaw + 90.0, 0.0], [0.0, 90.0]])


def hear_source(scene, row, s, sound):
    """Sound of one source: in the channels, and direct alone in those that settle the level.

    Returns
    -------
    heard : ndarray of shape (n_channels + n_level, n_times)
        Float32.
    """
    reflections, direct = scene.responses(row, s)
    n_taps = max(direct.shape[1], reflections.shape[1])
    responses = np.zeros((scene.n_channels + scene.n_level, n_taps), dtype=np.float32)
    responses[: scene.n_channels, : reflections.shape[1]] = reflections
    responses[: scene.n_channels, : direct.shape[1]] += direct
    responses[scene.n_channels :, : direct.shape[1]] = direct[: scene.n_level]
    responses = responses[:, : scene.n_times]
    n_fft = fft.next_fast_len(scene.n_times + responses.shape[1] - 1, real=True)
    spectra = fft.rfft(sound, n_fft) * fft.rfft(responses, n_fft)
    return fft.irfft(spectra, n_fft)[:, : scene.n_times]


def _hear(scene, row, rng):
    """Sound of all sources (n_channels, n_times), of their direct paths, and whether one is silent.

    Further sources are scaled to the level that the direct sound of the first has.
    """
    heard, level, silent = 0.0, None, False
    for s in range(scene.n_sources):
        sound = scene.sources.excerpt(getattr(row, f"source_{s}"), rng)
        both = hear_source(scene, row, s, sound)
        power = np.mean(np.square(both[scene.n_channels :]))
        level = power if level is None else level
        if power > 0 and level > 0:
            both *= np.sqrt(level / power)
        heard = heard + both
        silent = silent or not sound.any()
    return heard[: scene.n_channels], heard[scene.n_channels :], silent


def reference_power(scene, clip, direct):
    """Power that signal-to-noise ratios refer to."""
    return np.mean(np.square(direct if scene.snr_reference == "direct" else clip[: scene.n_level]))


def _render_clip(scene, row, i):
    """Audio (n_channels, n_times) of one sample, and whether one of its sources is silent."""
    rng = np.random.default_rng([scene.entropy, 2, i])
    clip, direct, silent = _hear(scene, row, rng)
    power = reference_power(scene, clip, direct)
    silent = scene.add_sounds(clip, power, row, i) or silent
    if not np.isnan(row.snr):
        noise = scene.background(rng)
        own = np.mean(np.square(noise[: scene.n_level]))
        clip += noise * gain_to_ratio(power, own, row.snr)
    return clip, silent


def render_shoebox_chunk(key, start, stop, plan, scene):
    """Audio, or features, of the samples from ``start`` to ``stop``; which of them are silent."""
    keep_freed_memory()
    X = np.empty((stop - start, scene.n_channels, scene.n_times), dtype=np.float32)
    silent = []
    for k, row in enumerate(plan.itertuples()):
        X[k], is_silent = _render_clip(scene, row, start + k)
        if is_silent:
            silent.append(start + k)
    if scene.transformer is not None:
        X = np.asarray(clone(scene.transformer).fit_transform(X))
    return X, silent
