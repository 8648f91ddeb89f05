"""Mixtures of two talkers for each step, from responses that are rendered once."""

import numpy as np
from scipy.signal import fftconvolve

from benchmarks.accuracy._speech import FS
from benchmarks.accuracy.label_encodings.clips import preset
from sslearn import datasets
from sslearn.geometry import circular_difference
from sslearn.simulation import ShoeboxRooms

TAPS = 0.75  # seconds of a response: 45 dB of the longest decay
N_IMAGES = 16  # responses in each room
_DIRECT = 150  # samples: 40 of the filter's delay, 70 of the way, 40 of the filter's other half
_SEED = 7_000_000  # of the first room; the clips of label_encodings use smaller seeds


def render_responses(path, name, n_rooms):
    """Responses of the array of a preset to sources in rooms, rendered once.

    Parameters
    ----------
    path : Path
        File of the responses; their azimuths are beside it.
    name : {"C2", "L2"}
        Preset.
    n_rooms : int
        Number of rooms.

    Returns
    -------
    responses : ndarray of shape (n_rooms, 16, 4, n_taps)
        Responses, a memory map.
    azimuths : ndarray of shape (n_rooms, 16)
        Azimuths in degrees.
    """
    target = path.with_name(f"{path.stem}_y.npy")
    if not target.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _render(path, target, name, n_rooms)
    return np.load(path, mmap_mode="r"), np.load(target)


def _render(path, target, name, n_rooms):
    impulse = np.zeros(round(TAPS * FS))
    impulse[0] = 1.0
    scene = preset(name) | {"n_sources": 1, "noise": None, "sounds": [impulse], "duration": TAPS}
    shape = (n_rooms, N_IMAGES, 4, len(impulse))
    responses = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    azimuths = np.empty(shape[:2])
    for i in range(n_rooms):
        scene["rooms"] = ShoeboxRooms(1)
        images = datasets.make_shoebox(N_IMAGES, **scene, random_state=_SEED + i)
        responses[i], azimuths[i] = images.data, images.target
        if i % 100 == 0:
            print(f"    {path.stem}: {i} of {n_rooms} rooms", flush=True)
    responses.flush()
    np.save(target, azimuths)


class Mixtures:
    """Batches of clips of two talkers, like the simulated clips of ``label_encodings``.

    A clip mixes two responses of one room, for two places of the array, with two excerpts of
    speech of the same power, and adds the same white noise to all channels.

    Parameters
    ----------
    responses : ndarray of shape (n_rooms, n_images, 4, n_taps)
        Responses.
    azimuths : ndarray of shape (n_rooms, n_images)
        Azimuths in degrees.
    sounds : Sounds
        Speech.
    snr : tuple of (float, float)
        Range of signal-to-noise ratios in dB against the direct sound.
    separation : float
        Least angle between two sources in degrees.
    """

    def __init__(self, responses, azimuths, sounds, *, snr=(0.0, 30.0), separation=10.0):
        self.responses = responses
        self.azimuths = azimuths
        self.sounds = sounds
        self.snr = snr
        self.separation = separation
        self.rng = np.random.default_rng(0)
        # All sources are 1.5 m away: the direct sound has the same power in all responses.
        power = np.square(responses[:64, 0, :, :_DIRECT]).sum(axis=-1)
        self.direct_power = float(np.median(power))

    def draw(self, n_clips, duration):
        """Audio (n_clips, 4, n_times) and azimuths (n_clips, 2, 1) in degrees."""
        n_times = round(duration * FS)
        player = self.sounds.player(fs=FS, n_times=n_times)
        clips = [self._clip(player, n_times) for _ in range(n_clips)]
        X, y = zip(*clips, strict=True)
        return np.stack(X), np.array(y)[..., None]

    def _clip(self, player, n_times):
        rng = self.rng
        room, pair = self._pair()
        dry = np.stack([player.excerpt(i, rng) for i in self._talkers(player)])
        dry = dry / np.sqrt(np.mean(np.square(dry), axis=1, keepdims=True) + 1e-12)
        wet = fftconvolve(self.responses[room, pair], dry[:, None], axes=-1)[..., :n_times]
        noise = rng.standard_normal(n_times, dtype=np.float32)
        power = 2 * self.direct_power * 10 ** (-rng.uniform(*self.snr) / 10)
        return (wet.sum(axis=0) + np.sqrt(power) * noise).astype(np.float32), self.azimuths[
            room, pair
        ]

    def _pair(self):
        """Index of a room, and of two of its responses that are far enough apart."""
        while True:
            room = int(self.rng.integers(len(self.responses)))
            pair = self.rng.choice(self.azimuths.shape[1], 2, replace=False)
            first, second = self.azimuths[room, pair]
            if abs(circular_difference(first, second)) >= self.separation:
                return room, pair

    def _talkers(self, player):
        """Two recordings of two speakers."""
        while True:
            first, second = player.draw_index(self.rng), player.draw_index(self.rng)
            if player.speaker(first) != player.speaker(second):
                return first, second
