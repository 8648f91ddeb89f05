"""Clips of arrays, rooms and talkers that no network was trained on; measured rooms."""

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from benchmarks.accuracy._data import read, skipping
from benchmarks.accuracy.any_array.arrays import APERTURES, KINDS, LEAST_MICS, draw_array
from sslearn import datasets
from sslearn.geometry import angles_to_unit_vectors, unit_vectors_to_angles
from sslearn.simulation import (
    ArrayReceiver,
    Interferer,
    Noise,
    Placement,
    ShoeboxRooms,
    Sounds,
    simulate,
    simulate_responses,
)

FS = 16000
NOISES = ("white", "diffuse", "interferer")
LEVELS = (0, 10, 30)  # dB, of the noise that is added in measured rooms
SNR = (-5.0, 30.0)
_N_MICS = (2, 6, 12, 4, 8, 3, 10, 5, 16, 4, 7, 6)  # of the arrays of a kind, in turn
_T60 = (0.2, 1.0)
DISTANCES = (0.7, 3.0)
_APART = 20.0  # degrees between sources, and to an interferer
_QUIET = 30.0  # dB, of the white noise beside an interferer
_SCALE = 32000  # of int16, for the highest sample of a clip


@dataclass
class Clips:
    """Clips of one array.

    Parameters
    ----------
    audio : ndarray of shape (n_clips, n_mics, n_times)
        Samples, int16 or float32; each clip has a level of its own.
    mic_positions : ndarray of shape (n_mics, 3)
        Microphone positions in metres.
    sources : ndarray of shape (n_clips, n_sources, 3)
        Unit vectors to the sources.
    n_angles : int
        1 to look for azimuths, 2 for azimuths and elevations.
    kind, noise : str
        Kind of array, or measured room; kind of noise.
    snr, t60 : ndarray of shape (n_clips,)
        Signal-to-noise ratio in dB, reverberation time in seconds.
    """

    audio: np.ndarray
    mic_positions: np.ndarray
    sources: np.ndarray
    n_angles: int
    kind: str
    noise: str
    snr: np.ndarray
    t60: np.ndarray

    @property
    def X(self):
        """Audio, float32."""
        return self.audio.astype(np.float32)

    @property
    def directions(self):
        """Directions (n_clips, n_sources, n_angles) in degrees."""
        angles = unit_vectors_to_angles(self.sources.reshape(-1, 3))
        return angles[:, : self.n_angles].reshape(*self.sources.shape[:2], self.n_angles)

    @classmethod
    def load(cls, path):
        """Clips that :meth:`save` wrote."""
        with np.load(path) as stored:
            return cls(**{name: x if x.ndim else x.item() for name, x in stored.items()})

    def save(self, path):
        """Write the clips, whole or not at all."""
        part = path.with_suffix(".part.npz")
        np.savez(part, **vars(self))
        part.replace(path)


def simulated_tests(folder, data, n_arrays, n_clips, *, seed=0, n_jobs=None):
    """Clips of 1 s of arrays in rooms, rendered once; a repeated call resumes where it stopped.

    Parameters
    ----------
    folder : Path
        Folder of the clips, a file for each array.
    data : Path
        Folder of measured data, with speech and noise.
    n_arrays, n_clips : int
        Number of arrays, whose kinds take turns, and of clips of each.
    seed : int, default=0
        Seed.
    n_jobs : int, default=None
        Workers.

    Returns
    -------
    tests : list of Clips
        Clips of each array.
    """
    speech, noise = read_sounds(data)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"test_{seed}_{n_clips}_{i:04d}.npz" for i in range(n_arrays)]
    Parallel(n_jobs)(
        delayed(_render)(path, i, n_clips, speech, noise, seed)
        for i, path in enumerate(paths)
        if not path.exists()
    )
    return [Clips.load(path) for path in paths]


def read_sounds(data, *, training=False):
    """Speech of talkers and recordings of noise, none of which is in training and in tests.

    Parameters
    ----------
    data : Path
        Folder of measured data.
    training : bool, default=False
        Whether they are those of training.

    Returns
    -------
    speech : Sounds
        Talkers of test-other, or of train-clean-100 for training.
    noise : list of str
        The two recordings that come last by name, or the others.
    """
    speech = read(
        datasets.load_librispeech,
        data / "speech_librispeech",
        "train-clean-100" if training else "test-other",
        fs=FS,
        return_paths=True,
    )
    noise = read(datasets.load_noise, data / "noise", fs=FS, return_paths=True)
    recordings = sorted(noise.audio)
    recordings = recordings[:-2] if training else recordings[-2:]
    return Sounds(list(speech.audio), speakers=list(speech.speakers)), recordings


def _render(path, i, n_clips, speech, noise, seed):
    """Render the clips of an array."""
    rng = np.random.default_rng([seed, i])
    turn, k = divmod(i, len(KINDS))
    kind = KINDS[k]
    # Few arrays: what they have in common is spread evenly over each kind, not drawn.
    n_mics = max(_N_MICS[(turn + k) % len(_N_MICS)], LEAST_MICS[kind])
    spread = (0.618 * turn + k / len(KINDS)) % 1
    aperture = APERTURES[0] * (APERTURES[1] / APERTURES[0]) ** spread
    clips = render_array(
        rng,
        kind,
        draw_array(kind, n_mics, aperture, rng),
        n_clips=n_clips,
        noise=NOISES[(turn + k) % 3],
        n_sources=1 + int(n_mics > 2 and (turn // 3 + k) % 3 == 2),
        on_sphere=kind != "line" and (turn + turn // 6 + k) % 5 < 2,
        sounds=speech,
        recordings=noise,
    )
    clips.save(path)


def render_array(
    rng, kind, mics, *, n_clips, noise, n_sources, on_sphere, sounds, recordings,
    distance_range=DISTANCES, **options,
):  # fmt: skip
    """Clips of 1 s of an array.

    Parameters
    ----------
    rng : numpy Generator
        Random numbers.
    kind : str
        One of ``arrays.KINDS``.
    mics : ndarray of shape (n_mics, 3)
        Microphone positions in metres.
    n_clips : int
        Number of clips.
    noise : str
        One of ``NOISES``.
    n_sources : int
        Number of sources.
    on_sphere : bool
        Whether elevations are looked for, too.
    sounds : Sounds or None
        Speech; white noise if None.
    recordings : list of str or None
        Interferers and diffuse noise, which is white noise if None.
    distance_range : tuple of (float, float)
        Distances of the sources in metres.
    **options : dict
        Arguments of ``simulate``.

    Returns
    -------
    clips : Clips
        The clips.
    """
    clips = simulate(
        ArrayReceiver(mics),
        n_clips,
        rooms=ShoeboxRooms(max(2, n_clips // 2), t60=_T60),
        sounds=sounds,
        n_sources=n_sources,
        placement=_placement(kind, on_sphere, distance_range),
        fs=FS,
        duration=1.0,
        random_state=int(rng.integers(2**31)),
        **_noise(noise, recordings),
        **options,
    )
    return Clips(
        audio=_to_int16(clips.data),
        mic_positions=mics,
        sources=_vectors(clips.target, n_sources),
        n_angles=2 if on_sphere else 1,
        kind=kind,
        noise=noise,
        snr=clips.metadata["sir" if noise == "interferer" else "snr"].to_numpy(),
        t60=clips.metadata["t60"].to_numpy(),
    )


def _placement(kind, on_sphere, distance_range):
    """Sources where the array can tell them apart: in front of it, above it, or all around."""
    low = 0 if kind in ("circle", "irregular") else -45
    return Placement(
        azimuth_range=(-90, 90) if kind in ("line", "upright") else (-180, 180),
        elevation_range=(low, 60) if on_sphere else None,
        distance_range=distance_range,
        min_separation=_APART,
    )


def _noise(kind, recordings):
    """Arguments of ``simulate`` for a kind of noise."""
    if kind == "interferer":
        return {"noise": _QUIET, "interferer": Interferer(recordings, sir=SNR)}
    return {"noise": Noise(SNR, kind=kind, sounds=recordings if kind == "diffuse" else None)}


def _to_int16(audio):
    peak = np.abs(audio).max(axis=(1, 2), keepdims=True)
    return np.rint(audio * (_SCALE / np.where(peak > 0, peak, 1))).astype(np.int16)


def _vectors(directions, n_sources):
    """Unit vectors (n_clips, n_sources, 3) of directions laid out like y."""
    angles = np.asarray(directions, dtype=float).reshape(len(directions) * n_sources, -1)
    elevation = angles[:, 1] if angles.shape[1] > 1 else np.zeros(len(angles))
    vectors = angles_to_unit_vectors(np.column_stack([angles[:, 0], elevation]))
    return vectors.reshape(-1, n_sources, 3)


def measured_tests(data, n_clips, *, seed=0):
    """Clips of measured rooms, with noise of three levels.

    Parameters
    ----------
    data : Path
        Folder of measured data.
    n_clips : int
        Number of clips of each room and level, where speech is played through responses.
    seed : int, default=0
        Seed.

    Yields
    ------
    clips : Clips
        Clips of a room, a level and a kind of noise. The microphones of ``libri_adhoc40_excerpts``
        are metres apart, with the source among them, so that it has no direction: it is left out.
    """
    for name, tests in MEASURED.items():
        with skipping(name):
            yield from tests(data, n_clips, seed)


def _spoken(name, responses, data, n_clips, seed, **settings):
    """Speech through responses."""
    speech, noise = read_sounds(data)
    for snr in LEVELS:
        for kind in ("white", "diffuse"):
            clips = simulate_responses(
                responses.rirs,
                responses.target[:, 0],
                n_clips // 2,
                sounds=speech,
                noise=Noise(snr, kind=kind, sounds=noise if kind == "diffuse" else None),
                mic_positions=responses.mic_positions,
                fs=FS,
                random_state=seed,
                **settings,
            )
            places = clips.metadata[[f"place_{s}" for s in range(settings["n_sources"])]]
            yield Clips(
                audio=_to_int16(clips.data),
                mic_positions=responses.mic_positions,
                sources=angles_to_unit_vectors(responses.target[:, :2])[places.to_numpy()],
                n_angles=1,
                kind=name,
                noise=kind,
                snr=np.full(len(clips.data), float(snr)),
                t60=responses.t60[places.iloc[:, 0]],
            )


def _r3vival(data, n_clips, seed):
    """Seven microphones in space, loudspeakers at 1.5 to 3 m; one talker, two talkers."""
    responses = read(datasets.load_r3vival, data / "r3vival", fs=FS)
    responses.t60 = responses.metadata["t20"].to_numpy()
    groups = responses.metadata["absorption"]
    for n_sources in (1, 2):
        settings = {"n_sources": n_sources, "min_separation": _APART, "groups": groups}
        yield from _spoken("r3vival", responses, data, n_clips, seed, **settings)


def _polimi(data, n_clips, seed):
    """Eight microphones in the middle of a line, loudspeakers at 0.6 m and beyond."""
    responses = read(datasets.load_polimi_ula_rir, data / "polimi_ula_rir", fs=FS)
    far, middle = responses.target[:, 2] >= 0.6, slice(12, 20)
    responses.mic_positions = responses.mic_positions[middle]
    responses.rirs, responses.target = responses.rirs[far, middle], responses.target[far]
    responses.t60 = np.full(len(responses.rirs), np.nan)
    yield from _spoken("polimi_ula_rir", responses, data, n_clips, seed, n_sources=1)


def _uwa(data, n_clips, seed):
    """Two microphones, recordings of a sweep; directions are mirrored to the front of the pair."""
    recordings = read(
        datasets.load_uwa_two_mic, data / "uwa_two_mic", "room", correct_orientation=True, fs=FS
    )
    vectors = angles_to_unit_vectors(recordings.target[:, :2])
    vectors[:, 0] = np.abs(vectors[:, 0])
    yield from _recorded("uwa_two_mic", recordings, recordings.data, vectors[:, None], 1, seed)


def _mom(data, n_clips, seed):
    """Two sources at once, a ring of six microphones; pieces of a second."""
    recordings = read(datasets.load_mom_respeaker, data / "mom_respeaker", fs=FS)
    # Next to silence before.
    sound = recordings.data[0, :, round(0.6 * FS) :]
    pieces = [sound[:, start : start + FS] for start in range(0, sound.shape[1] - FS + 1, FS)]
    vectors = angles_to_unit_vectors(recordings.target[0])
    sources = np.repeat(vectors[None], len(pieces), axis=0)
    yield from _recorded("mom_respeaker", recordings, np.stack(pieces), sources, 2, seed)


def _recorded(name, recordings, audio, sources, n_angles, seed):
    """Recordings, with white noise."""
    for snr in LEVELS:
        rng = np.random.default_rng([seed, snr])
        power = np.square(audio).mean(axis=(1, 2), keepdims=True) * 10 ** (-snr / 10)
        yield Clips(
            audio=_to_int16(audio + np.sqrt(power) * rng.standard_normal(audio.shape)),
            mic_positions=recordings.mic_positions,
            sources=sources,
            n_angles=n_angles,
            kind=name,
            noise="white",
            snr=np.full(len(audio), float(snr)),
            t60=np.full(len(audio), np.nan),
        )


MEASURED = {
    "r3vival": _r3vival,
    "polimi_ula_rir": _polimi,
    "uwa_two_mic": _uwa,
    "mom_respeaker": _mom,
}
