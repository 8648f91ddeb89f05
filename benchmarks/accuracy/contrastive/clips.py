"""Cues of one fixed room, whose every property may be changed; rendered once and cached."""

from functools import partial

import numpy as np
from joblib import Memory
from scipy.signal import oaconvolve
from sklearn.utils import gen_batches

from benchmarks.accuracy._data import read
from sslearn import datasets
from sslearn.datasets._plane_waves import add_noise
from sslearn.features import BinauralCues
from sslearn.geometry import angles_to_unit_vectors
from sslearn.simulation import Sounds, make_shoebox_rooms, resample_hrirs
from sslearn.simulation._head_responses import RoomRenderer
from sslearn.simulation._image_sources import ImageSources
from sslearn.simulation._rooms import check_rooms

FS = 16000
DISTANCE = 2.7
# Where the head is. The room is wide and high enough for sources all around its front.
SIZES, PLACE = (6, 7, 4.4), (1.5, 3.5, 2.2)
# Sounds by name: subset of the corpus, or None for white noise.
SOUNDS = {"white": None, "speech to train on": "test-other", "speech": "train-clean-100"}
STRICT = {"duration": 1.0, "snr": (0.0, 40.0)}
TEST = {"sound": "speech", "duration": 2.0, "snr": 15.0}


def direction_grid(step):
    """Directions (n_directions, 2) in front, from -90 to 90 and from -44 to 44 degrees."""
    azimuth, elevation = np.meshgrid(np.arange(-90, 91, step), np.arange(-44, 45, step))
    return np.column_stack([azimuth.ravel(), elevation.ravel()]).astype(float)


def head_axes(azimuth, elevation):
    """Axes (3, 3) of a head that sees the x axis of the room in a direction.

    A stand tilts by ``-elevation`` around the y axis of the room; on it the head turns by
    ``-azimuth`` around its own vertical axis.
    """
    cos, sin = np.cos(np.deg2rad([azimuth, elevation])), np.sin(np.deg2rad([azimuth, elevation]))
    turn = np.array([[cos[0], -sin[0], 0], [sin[0], cos[0], 0], [0, 0, 1]])
    tilt = np.array([[cos[1], 0, -sin[1]], [0, 1, 0], [sin[1], 0, cos[1]]])
    return turn @ tilt


def room_responses(data, directions, *, t60=0.2, moves="source", seed=0):
    """Binaural room responses of CIPIC subject 021.

    Parameters
    ----------
    data : Path
        Folder of measured data.
    directions : ndarray of shape (n_directions, 2)
        Directions of the source, seen from the head, in degrees.
    t60 : float or None, default=0.2
        Reverberation time in seconds; anechoic if None.
    moves : {"source", "head"}, default="source"
        What moves from one direction to the next: the source, around a head that faces along the
        room, or the head, turned and tilted before a source that stands along the room.
    seed : int, default=0
        Seed of the walls.

    Returns
    -------
    responses : ndarray of shape (n_directions, 2, n_taps), float32
        Responses of both ears.
    """
    head = resample_hrirs(read(datasets.load_cipic, data / "cipic", "021"), FS)
    renderer = RoomRenderer(head)
    room, order = _room(t60, seed)
    n_taps = round(FS * (0.05 if t60 is None else 1.5 * t60))
    responses = np.zeros((len(directions), 2, n_taps), dtype=np.float32)
    seen = angles_to_unit_vectors(directions)
    for i, direction in enumerate(directions):
        ahead = np.array([1.0, 0.0, 0.0]) if moves == "head" else seen[i]
        axes = head_axes(*direction) if moves == "head" else np.eye(3)
        source = np.array(PLACE) + DISTANCE * ahead
        images = ImageSources(
            room, source, np.array([PLACE]), fs=FS, max_order=order, dtype=np.float32
        )
        offsets, damping = images.listed()
        response = renderer.render(offsets @ axes.T, damping, images.filters)[:, :n_taps]
        responses[i, :, : response.shape[1]] = response
    return responses


def _room(t60, seed):
    """Room, and the highest number of reflections that its reverberation time needs."""
    t60_drawn = 0.2 if t60 is None else t60
    rooms = make_shoebox_rooms(
        1, dimensions=(SIZES, SIZES), t60=(t60_drawn, t60_drawn), random_state=seed
    )
    return check_rooms(rooms)[0], 0 if t60 is None else round(17 * t60_drawn / 0.2)


def play(responses, sounds, *, duration, snr, rng, shaped=False):
    """Play sounds through responses.

    Parameters
    ----------
    responses : ndarray of shape (n_clips, 2, n_taps)
        Responses of both ears.
    sounds : Sounds
        What is played.
    duration : float or tuple of (float, float)
        Length in seconds, or a range from which that of each batch of clips is drawn.
    snr : float, tuple of (float, float) or None
        Signal-to-noise ratio of the noise, uncorrelated between the ears, in dB, or a range from
        which that of each clip is drawn; no noise if None.
    rng : Generator
        Random numbers.
    shaped : bool, default=False
        Whether the noise has the mean spectrum of the sounds, so that the ratio is the same at all
        frequencies; white if not.

    Returns
    -------
    clips : ndarray of shape (n_clips, 2, n_times), float32
        Recordings.
    """
    n_times = round(FS * rng.uniform(*np.broadcast_to(duration, 2)))
    player = sounds.player(fs=FS, n_times=n_times)
    dry = np.stack([player.excerpt(player.draw_index(rng), rng) for _ in responses])
    clips = oaconvolve(dry[:, None], responses, axes=2)[..., :n_times].astype(np.float32)
    if snr is None:
        return clips
    ratios = rng.uniform(*np.broadcast_to(snr, 2), len(clips))
    if not shaped:
        return add_noise(clips, ratios, rng)
    spectrum = np.sqrt(np.mean(np.abs(np.fft.rfft(clips)) ** 2, axis=(0, 1)))
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(clips.shape)) * spectrum, n_times)
    power = [np.mean(np.square(x), axis=(1, 2), keepdims=True) for x in (clips, noise)]
    gain = np.sqrt(power[0] / power[1] / 10 ** (ratios[:, None, None] / 10))
    return clips + (gain * noise).astype(np.float32)


class FixedRoom:
    """Cues of one room, one place of the head, and a source at 2.7 m on a grid of directions.

    Parameters
    ----------
    data : Path
        Folder of measured data.
    cache : str
        Folder of what is rendered.
    seed : int, default=0
        Seed of everything that is drawn.
    step : int, default=2
        Step of the grid in degrees.
    n_test : int, default=1000
        Number of directions, drawn from the grid, that are tested.
    """

    def __init__(self, data, cache, *, seed=0, step=2, n_test=1000):
        self.data, self.seed, self.step = data, seed, step
        self.grid = direction_grid(step)
        rng = np.random.default_rng(seed)
        self.tested = rng.permutation(len(self.grid))[:n_test]
        memory = Memory(cache, verbose=0)
        self._responses = memory.cache(room_responses, ignore=["data"])
        self._cues = memory.cache(_cues, ignore=["speech", "responses"])

    def train(self, *, n_clips=1, sound="white", t60=0.2, moves="source", **settings):
        """Cues and directions to train on, ``n_clips`` for each direction of the grid."""
        rows = np.tile(np.arange(len(self.grid)), n_clips)
        options = {**STRICT, **settings}
        return self._render(rows, sound, {"t60": t60, "moves": moves}, options, 0)

    def test(self, *, t60=0.2, moves="source", seed=1, **settings):
        """Cues and directions to test on: unless told otherwise, 2 s of speech at 15 dB."""
        options = {**TEST, **settings}
        sound = options.pop("sound")
        return self._render(self.tested, sound, {"t60": t60, "moves": moves}, options, seed)

    def _render(self, rows, sound, room, options, seed):
        responses = partial(self._responses, self.data, self.grid, seed=self.seed, **room)
        speech = partial(_sounds, self.data, sound)
        # Responses depend on the room and the grid, which the key of the cache names instead.
        key = (self.step, self.seed, sound, *room.values())
        X = self._cues(responses, speech, rows, key, options, [self.seed, seed])
        return X, self.grid[rows]


def _sounds(data, name):
    subset = SOUNDS[name]
    if subset is None:
        return Sounds()
    folder = data / "speech_librispeech"
    corpus = read(datasets.load_librispeech, folder, subset, fs=FS, return_paths=True)
    return Sounds(corpus.audio, speakers=corpus.speakers)


def _cues(responses, speech, rows, key, options, seed):
    """Cues of the directions ``rows``; ``key`` identifies the cached result."""
    responses, sounds, rng = responses(), speech(), np.random.default_rng(seed)
    parts = []
    for part in gen_batches(len(rows), 32):
        clips = play(responses[rows[part]], sounds, rng=rng, **options)
        parts.append(BinauralCues(FS).fit_transform(clips).astype(np.float32))
    return np.concatenate(parts)
