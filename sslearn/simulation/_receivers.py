from dataclasses import dataclass

import joblib
import numpy as np

from sslearn.geometry import angles_to_unit_vectors, icosahedral_grid
from sslearn.simulation._ambisonic_format import ambisonic_gains
from sslearn.simulation._noise import gain_to_ratio, noise_signals
from sslearn.simulation._responses import ambisonic_response, direct_response
from sslearn.simulation._scene import (
    ShoeboxScene,
    array_axes,
    hear_source,
    reference_power,
)
from sslearn.simulation._sounds import NoiseSources


@dataclass(repr=False)
class AmbisonicScene(ShoeboxScene):
    """What all chunks share; how a first-order ambisonic microphone hears.

    Levels are those of W, which is the first channel in every convention.
    """

    convention: str
    interferer_sources: object

    @property
    def key(self):
        interferer = self.interferer_sources
        return joblib.hash((super().key, None if interferer is None else interferer.key))

    @property
    def n_channels(self):
        return 4

    @property
    def n_level(self):
        return 1

    def responses(self, row, s):
        place = np.array([row.array_x, row.array_y, row.array_z])
        source = np.array([getattr(row, f"source_{axis}_{s}") for axis in "xyz"])
        reflections = self.reflections(ambisonic_response, row, source, place)
        unit_vector = (source - place) / np.linalg.norm(source - place)
        direct = direct_response(source, place[None], self.fs)
        direct = np.insert(unit_vector, 0, 1.0)[:, None] * direct
        matrix = ambisonic_gains(self.convention)
        matrix[:, 1:] = matrix[:, 1:] @ array_axes(row)
        return matrix @ reflections, matrix @ direct

    def background(self, rng):
        matrix = ambisonic_gains(self.convention)
        if self.noise == "diffuse" and not isinstance(self.noise_sources, NoiseSources):
            # 42 plane waves, whose directions have the moments of the whole sphere.
            waves = angles_to_unit_vectors(icosahedral_grid(1)) @ _random_rotation(rng)
            noise = noise_signals(self.noise_sources, len(waves), rng)
            return matrix.astype(np.float32) @ (_plane_wave_gains(waves) @ noise)
        if self.noise == "diffuse":
            matrix[:, 1:] /= 3**0.5
        return matrix.astype(np.float32) @ noise_signals(self.noise_sources, 4, rng)

    def add_sounds(self, clip, power, row, i):
        if self.interferer_sources is None:
            return False
        s = self.n_sources
        rng = np.random.default_rng([self.entropy, 4, i])
        sound = self.interferer_sources.excerpt(getattr(row, f"source_{s}"), rng)
        heard = hear_source(self, row, s, sound)
        heard, direct = heard[: self.n_channels], heard[self.n_channels :]
        clip += heard * gain_to_ratio(power, reference_power(self, heard, direct), row.sir)
        return not sound.any()


def _random_rotation(rng):
    """Orthogonal matrix, uniform among all."""
    q, r = np.linalg.qr(rng.standard_normal((3, 3)))
    return q * np.sign(np.diag(r))


def _plane_wave_gains(vectors):
    """Gains (4, n_waves) of plane waves in W, X, Y, Z."""
    return np.insert(vectors, 0, 1.0, axis=1).T.astype(np.float32)
