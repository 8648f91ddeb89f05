from dataclasses import dataclass

import joblib
import numpy as np
from scipy import fft
from sklearn.base import clone

from sslearn import __version__
from sslearn.datasets._shoebox_noise import add_at_snr, array_noise
from sslearn.datasets._shoebox_responses import direct_response, room_response
from sslearn.geometry import angles_to_unit_vectors
from sslearn.utils import keep_freed_memory


@dataclass(repr=False)
class ShoeboxScene:
    """What all chunks share."""

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


def _responses(scene, row, s):
    """Responses (2, n_mics, n_taps) of the room and of the direct path from source ``s``."""
    axes = angles_to_unit_vectors([[row.yaw, 0.0], [row.yaw + 90.0, 0.0], [0.0, 90.0]])
    mics = np.array([row.array_x, row.array_y, row.array_z]) + scene.mics @ axes
    source = np.array([getattr(row, f"source_{axis}_{s}") for axis in "xyz"])
    direct = direct_response(source, mics, scene.fs)
    if scene.max_order == 0:
        return np.stack([direct, direct]).astype(np.float32)[..., : scene.n_times]
    response = room_response(
        scene.rooms[row.room_row],
        source,
        mics,
        fs=scene.fs,
        horizon=scene.horizons[row.room_row],
        max_order=scene.max_order,
    )
    n_taps = max(direct.shape[1], response.shape[1])
    both = np.zeros((2, len(mics), n_taps), dtype=np.float32)
    both[0, :, : response.shape[1]] = response
    both[:, :, : direct.shape[1]] += direct
    return both[..., : scene.n_times]


def _hear(scene, row, rng):
    """Sound of all sources at the microphones, (n_mics, n_times), and of their direct paths.

    Further sources are scaled to the level that the direct sound of the first has.
    """
    heard, level, silent = 0.0, None, False
    for s in range(scene.n_sources):
        sound = scene.sources.excerpt(getattr(row, f"source_{s}"), rng)
        responses = _responses(scene, row, s)
        n_fft = fft.next_fast_len(scene.n_times + responses.shape[2] - 1, real=True)
        spectra = fft.rfft(sound, n_fft) * fft.rfft(responses, n_fft)
        both = fft.irfft(spectra, n_fft)[..., : scene.n_times]
        power = np.mean(np.square(both[1]))
        level = power if level is None else level
        if power > 0 and level > 0:
            both *= np.sqrt(level / power)
        heard = heard + both
        silent = silent or not sound.any()
    return heard[0], heard[1], silent


def _render_clip(scene, row, i):
    """Audio (n_mics, n_times) of one sample, and whether one of its sources is silent."""
    rng = np.random.default_rng([scene.entropy, 2, i])
    clip, direct, silent = _hear(scene, row, rng)
    if not np.isnan(row.snr):
        power = np.mean(np.square(direct if scene.snr_reference == "direct" else clip))
        noise = array_noise(scene.noise, scene.noise_sources, scene.mics, scene.fs, rng)
        add_at_snr(clip, noise, power, row.snr)
    return clip, silent


def render_shoebox_chunk(key, start, stop, plan, scene):
    """Audio, or features, of the samples from ``start`` to ``stop``; which of them are silent."""
    keep_freed_memory()
    X = np.empty((stop - start, len(scene.mics), scene.n_times), dtype=np.float32)
    silent = []
    for k, row in enumerate(plan.itertuples()):
        X[k], is_silent = _render_clip(scene, row, start + k)
        if is_silent:
            silent.append(start + k)
    if scene.transformer is not None:
        X = np.asarray(clone(scene.transformer).fit_transform(X))
    return X, silent
