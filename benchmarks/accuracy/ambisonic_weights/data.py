"""Sources in rooms and noise of 0 dB, kept apart, so that any level of the noise can be mixed."""

from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.any_array.data import DISTANCES, FS
from sslearn.features import AmbisonicEncoder
from sslearn.geometry import tetrahedral_array
from sslearn.simulation import (
    AmbisonicReceiver,
    ArrayReceiver,
    Interferer,
    Noise,
    Placement,
    ShoeboxRooms,
    simulate,
)

_ROOMS = {"dimensions": ((3.0, 3.0, 2.5), (10.0, 8.0, 4.0)), "t60": (0.2, 1.0)}
_PLACEMENT = {
    "azimuth_range": (-180, 180),
    "elevation_range": (-90, 90),
    "height": None,
    "wall_distance": 0.5,
    "min_separation": 20.0,  # degrees, to an interferer
}
_SCALE = 32000  # of int16, for the highest sample of a clip
_NOTES = 5  # a second, on average, and voice


@dataclass
class Clips:
    """Sources and noise of the same clips.

    Parameters
    ----------
    sounds : ndarray of shape (2, n_clips, 4, n_times)
        Sound of the sources with its reverberation, then noise as loud as the direct sound, int16;
        a memory map. Order and gains of the channels are those of SN3D.
    y : ndarray of shape (n_clips, 2)
        Azimuths and elevations in degrees.
    """

    sounds: np.ndarray
    y: np.ndarray

    def mix(self, snr, rows=slice(None), span=slice(None)):
        """Clips (n, 4, n_times), float32, with noise ``snr`` dB below the direct sound."""
        sources, noise = self.sounds[:, rows, :, span].astype(np.float32) / _SCALE
        gains = np.power(10.0, -np.broadcast_to(snr, len(sources)) / 20).astype(np.float32)
        return sources + gains[:, None, None] * noise


def make_music(rng, n_times):
    """Three voices of decaying harmonic tones in the manner of a piece of music.

    Parameters
    ----------
    rng : numpy Generator
        Random numbers.
    n_times : int
        Samples at ``FS``.

    Returns
    -------
    sound : ndarray of shape (n_times,)
        Float32.
    """
    sound, times = np.zeros(n_times), np.arange(n_times) / FS
    for _ in range(3):
        lowest, slope, decay = rng.uniform(28, 64), rng.uniform(0.5, 2), rng.uniform(1, 15)
        n_notes = rng.poisson(_NOTES * times[-1]) + 1
        for start in rng.integers(0, n_times, n_notes):
            pitch = 440 * 2 ** ((lowest + rng.integers(25) - 69) / 12)
            harmonics = np.arange(1, max(2, min(30, FS / 2 // pitch)))
            t = times[: min(FS, n_times - start)]
            tone = harmonics**-slope @ np.sin(2 * np.pi * pitch * harmonics[:, None] * t)
            envelope = np.minimum(1, 100 * t) * np.exp(-decay * t) * np.minimum(1, 100 * (1 - t))
            sound[start : start + len(t)] += rng.uniform(0.2, 1) * envelope * tone
    return (sound / np.abs(sound).max()).astype(np.float32)


def render(
    path, n_clips, *, noise, sounds, recordings, seed, radius=None, duration=2.0,
    distance_range=DISTANCES, max_order=None,
):  # fmt: skip
    """Clips, rendered once.

    Parameters
    ----------
    path : Path
        File of the sounds; that of the directions stands beside it.
    n_clips : int
        Number of clips, two in each room.
    noise : {"white", "diffuse", "interferer"}
        Kind of noise.
    sounds : Sounds or None
        Sounds of the sources; white noise if None.
    recordings : list of str or None
        Sounds of diffuse noise and interferers; white noise if None.
    seed : int
        Seed.
    radius : float, default=None
        Radius in metres of a tetrahedron of microphones, whose sound is encoded; a perfect
        microphone if None.
    duration : float, default=2.0
        Seconds.
    distance_range : tuple of (float, float)
        Distances of the sources in metres.
    max_order : int, default=None
        Highest number of reflections; 0 for none at all.

    Returns
    -------
    clips : Clips
        The clips.
    """
    labels = path.with_suffix(".npz")
    if not labels.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        scene = {
            "rooms": ShoeboxRooms(max(2, n_clips // 2), **_ROOMS),
            "sounds": sounds,
            "placement": Placement(distance_range=distance_range, **_PLACEMENT),
            "duration": duration,
            "max_order": max_order,
            "mixing_time": "auto" if max_order is None else None,
            "random_state": seed,
        }
        clean, y = _simulate(n_clips, radius, **scene)
        noisy, _ = _simulate(n_clips, radius, **scene, **_noise(noise, recordings))
        both = np.stack([clean, noisy - clean])
        peak = np.abs(both).max(axis=(0, 2, 3), keepdims=True)
        np.save(path, np.rint(both * (_SCALE / peak)).astype(np.int16))
        # The last file to be written: where it exists, the sounds are complete.
        np.savez(labels, y=y)
    with np.load(labels) as stored:
        return Clips(np.load(path, mmap_mode="r"), stored["y"])


def _simulate(n_clips, radius, **scene):
    """Ambisonics and directions."""
    if radius is None:
        return simulate(AmbisonicReceiver(), n_clips, fs=FS, return_X_y=True, **scene)
    mics = tetrahedral_array(radius)
    X, y = simulate(ArrayReceiver(mics), n_clips, fs=FS, return_X_y=True, **scene)
    return AmbisonicEncoder(mics, fs=FS, baffle="open").fit_transform(X), y


def _noise(kind, recordings):
    """Arguments of ``simulate`` for noise as loud as the direct sound."""
    if kind == "interferer":
        return {"interferer": Interferer(recordings, sir=0)}
    return {"noise": Noise(0, kind=kind, sounds=recordings if kind == "diffuse" else None)}
