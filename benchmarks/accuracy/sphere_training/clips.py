"""Responses of rooms, from which the clips of a training are mixed.

The clips follow the distribution of ``benchmarks.accuracy.sphere``: a third each clean, in diffuse
babble, and with a localized interferer. Only the rooms are simulated beforehand; speech, noise,
levels and the orientation of the sound field are drawn for each clip.
"""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import fft

from benchmarks.accuracy.sphere.data import FS
from sslearn.datasets import make_ambisonic
from sslearn.simulation import Interferer, Noise

N_TIMES = round(0.832 * FS)  # of a clip: 25 frames
_FIRST_SEED = 500_000  # the clips of validation and test use other rooms
_BABBLE_SECONDS = 6.0
_RATIO = (0.0, 20.0)  # dB, of the direct sound to noise or interferer
_XYZ = [3, 1, 2]  # channels of x, y and z in SN3D
_DIFFUSE, _INTERFERER = 1, 2  # of three conditions; the other one is clean
# Least power of an excerpt relative to that of its recording, as for the clips to test.
_LOUD_ENOUGH, _N_TRIES = 0.3**2, 10
_SILENCE = 1e-12


@dataclass
class Rooms:
    """Responses of one source and one interferer in each room.

    Parameters
    ----------
    responses : ndarray of shape (2, n_rooms, 4, n_times)
        Float16, SN3D: of the source, and of the interferer, scaled so that the direct sounds of
        both have the same level.
    y : ndarray of shape (n_rooms, 2)
        Azimuths and elevations of the sources in degrees.
    distance : ndarray of shape (n_rooms,)
        Distances of the sources in metres; the direct sound has an amplitude of 1 at 1 m.
    """

    responses: np.ndarray
    y: np.ndarray
    distance: np.ndarray


def render_rooms(folder, n_blocks, n_rooms):
    """Blocks of rooms; those whose files exist are not simulated again.

    Parameters
    ----------
    folder : Path
        Folder of the files.
    n_blocks : int
        Number of blocks.
    n_rooms : int
        Rooms in each.

    Returns
    -------
    blocks : list of Rooms
        Memory maps.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_render_block(folder / f"rooms_{i:03d}.npy", i, n_rooms) for i in range(n_blocks)]


def _render_block(path, i, n_rooms):
    labels = path.with_suffix(".npz")
    if not labels.exists():
        impulse = _impulse(N_TIMES)
        settings = {"rooms": n_rooms, "sounds": [impulse], "random_state": _FIRST_SEED + i}
        source = make_ambisonic(n_rooms, verbose=1, **settings)
        both = make_ambisonic(
            n_rooms, interferer=Interferer([impulse], sir=0), verbose=1, **settings
        )
        responses = np.stack([source.data, both.data - source.data])
        np.save(path, responses.astype(np.float16))
        # The last file to be written: where it exists, the responses are complete.
        np.savez(labels, y=source.target, distance=source.metadata["distance"])
        print(f"{path.stem} done", flush=True)
    with np.load(labels) as stored:
        return Rooms(np.load(path, mmap_mode="r"), stored["y"], stored["distance"])


def _impulse(n_times):
    impulse = np.zeros(n_times, dtype=np.float32)
    impulse[0] = 1
    return impulse


def render_babble(path, n_fields, speech):
    """Diffuse fields of speech from all around.

    Parameters
    ----------
    path : Path
        File of the fields.
    n_fields : int
        Number of fields.
    speech : Sounds
        Speech.

    Returns
    -------
    fields : ndarray of shape (n_fields, 4, n_times)
        Float16, SN3D.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        settings = {
            "rooms": 1,
            "max_order": 0,
            "sounds": [_impulse(round(_BABBLE_SECONDS * FS))],
            "duration": _BABBLE_SECONDS,
            "random_state": _FIRST_SEED - 1,
            "return_X_y": True,
        }
        clean, _ = make_ambisonic(n_fields, **settings)
        noisy, _ = make_ambisonic(
            n_fields, noise=Noise(0, kind="diffuse", sounds=speech), **settings
        )
        fields = noisy - clean
        fields /= fields[:, :1].std(axis=2, keepdims=True)
        np.save(path, fields.astype(np.float16))
    return np.load(path)


class Excerpts:
    """Random excerpts of recordings, without pauses.

    Parameters
    ----------
    recordings : list of ndarray
        Sounds at ``FS``, longer than a clip.
    """

    def __init__(self, recordings):
        self.recordings = recordings
        self.wanted = [_LOUD_ENOUGH * np.mean(np.square(sound)) for sound in recordings]

    def draw(self, rng):
        """Excerpt of the length of a clip."""
        i = rng.integers(len(self.recordings))
        sound = self.recordings[i]
        for start in rng.integers(len(sound) - N_TIMES + 1, size=_N_TRIES):
            excerpt = sound[start : start + N_TIMES]
            if np.mean(np.square(excerpt)) >= self.wanted[i]:
                break
        return excerpt


class Mixer:
    """Random clips from responses, speech and noise.

    Parameters
    ----------
    blocks : list of Rooms
        Responses.
    babble : ndarray of shape (n_fields, 4, n_times)
        Diffuse fields.
    speech, noise : list of ndarray
        Sounds of sources and of interferers.
    """

    def __init__(self, blocks, babble, speech, noise):
        self.blocks, self.babble = blocks, babble
        self.speech, self.noise = Excerpts(speech), Excerpts(noise)
        self.rng = np.random.default_rng(0)
        self.order = []

    def draw(self, n_clips):
        """Audio (n_clips, 4, n_times), float32, and directions (n_clips, 2) of the next clips."""
        places = [self._next() for _ in range(n_clips)]
        conditions = self._conditions(n_clips)
        sounds = np.stack([self.speech.draw(self.rng) for _ in places])
        clips = _convolve(sounds, [rooms.responses[0, i] for rooms, i in places])
        distance = np.array([rooms.distance[i] for rooms, i in places])
        # Level of the direct sound: that of the dry sound over the distance.
        levels = _level(sounds) / distance
        levels *= 10 ** (-self.rng.uniform(*_RATIO, n_clips) / 20)
        for k in np.flatnonzero(conditions == _DIFFUSE):
            field = self._babble()
            clips[k] += np.float32(levels[k] / _level(field[0])) * field
        beside = np.flatnonzero(conditions == _INTERFERER)
        if len(beside):
            sounds = np.stack([self.noise.draw(self.rng) for _ in beside])
            gains = levels[beside] * distance[beside] / _level(sounds)
            sounds = sounds * gains[:, None].astype(np.float32)
            responses = [places[k][0].responses[1, places[k][1]] for k in beside]
            clips[beside] += _convolve(sounds, responses)
        return clips, np.stack([rooms.y[i] for rooms, i in places])

    def _conditions(self, n_clips):
        return self.rng.integers(3, size=n_clips)

    def _next(self):
        """Block and room in random order; each is drawn once before any is drawn again."""
        if not self.order:
            places = [(i, k) for i, block in enumerate(self.blocks) for k in range(len(block.y))]
            self.order = list(self.rng.permutation(places))
        i, k = self.order.pop()
        return self.blocks[i], k

    def _babble(self):
        """Excerpt of a diffuse field, turned at random; it stays diffuse."""
        field = self.babble[self.rng.integers(len(self.babble))]
        start = self.rng.integers(field.shape[1] - N_TIMES + 1)
        turn, _ = np.linalg.qr(self.rng.standard_normal((3, 3)))
        field = field[:, start : start + N_TIMES].astype(np.float32)
        field[_XYZ] = turn.astype(np.float32) @ field[_XYZ]
        return field


def _level(sounds):
    return np.sqrt(np.mean(np.square(sounds), axis=-1)) + _SILENCE


def _convolve(sounds, responses):
    """Sounds (n, n_times) in rooms, (n, 4, n_times), by the FFT of torch, which is faster."""
    n_fft = fft.next_fast_len(2 * N_TIMES, real=True)
    responses = torch.from_numpy(np.stack(responses)).float()
    spectra = torch.fft.rfft(responses, n_fft)
    spectra *= torch.fft.rfft(torch.from_numpy(sounds), n_fft)[:, None]
    return torch.fft.irfft(spectra, n_fft)[..., :N_TIMES].contiguous().numpy()


def draw_turns(rng, n_turns):
    """Orthogonal matrices (n_turns, 3, 3) that keep the vertical axis, or reverse it.

    The clips keep their distribution when they are turned and mirrored in this way.
    """
    angles = rng.uniform(0, 2 * np.pi, n_turns)
    mirrored_y, mirrored_z = rng.choice([-1.0, 1.0], (2, n_turns))
    turns = np.zeros((n_turns, 3, 3))
    turns[:, 0, 0], turns[:, 1, 0] = np.cos(angles), np.sin(angles)
    turns[:, 0, 1], turns[:, 1, 1] = -turns[:, 1, 0] * mirrored_y, turns[:, 0, 0] * mirrored_y
    turns[:, 2, 2] = mirrored_z
    return turns
