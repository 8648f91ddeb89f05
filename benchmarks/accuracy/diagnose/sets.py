"""Sets of trials: functions of the folder of data, a random generator and the number of trials."""

from functools import partial

import numpy as np
from scipy.signal import fftconvolve

from benchmarks.accuracy._data import read
from sslearn import datasets
from sslearn.geometry import circular_array, linear_array, tetrahedral_array
from sslearn.simulation import Noise

FS, N_CLIPS, DURATION = 16000, 6, 2.0
ARRAYS = {
    "circle of 4, 5 cm": circular_array(4, 0.05),
    "circle of 6, 5 cm": circular_array(6, 0.05),
    "line of 8, 4 cm apart": linear_array(8, 0.04),
    "tetrahedron, 5 cm": tetrahedral_array(0.05),
    "pair, 15 cm": linear_array(2, 0.15),
}


def measured():
    """Functions that return trials of recordings, and of responses with speech, by name."""
    r3vival = partial(_responses, datasets.load_r3vival, "r3vival")
    sofia = partial(_responses, datasets.load_sofia_sphere, "sofia_sphere", n_mics=12)
    polimi = partial(_responses, datasets.load_polimi_ula_rir, "polimi_ula_rir", n_mics=12)
    return {
        **{f"R3VIVAL, {each} %, speech": partial(r3vival, [each]) for each in (0, 50, 100)},
        "Polimi, 12 microphones, speech": partial(polimi, []),
        **{
            f"SOFiA {each}, 12 microphones, speech": partial(sofia, [each]) for each in ("A4", "A3")
        },
        **{f"UWA, {each}": partial(_uwa, each) for each in ("anechoic", "room")},
        **{f"MOM, {each}": partial(_mom, each) for each in ("two_sources", "phone_turning")},
    }


def simulated():
    """Functions that return trials of simulated arrays, by name."""
    found = {}
    for array, mics in ARRAYS.items():
        for snr in (0, 10, 30):
            found[f"{array}: plane waves, {snr} dB"] = partial(_waves, mics, snr)
            found[f"{array}: rooms, speech, diffuse {snr} dB"] = partial(_rooms, mics, snr)
    return found


def _responses(load, folder, names, data, rng, n_trials, n_mics=None):
    corpus = _read_speech(data)
    responses = read(load, data / folder, *names, fs=FS)
    for _ in range(n_trials):
        rows = _draw(len(responses.rirs), rng)
        some = rng.permutation(responses.rirs.shape[1])[:n_mics] if n_mics else slice(None)
        rirs = responses.rirs[rows][:, some]
        if len(rirs) < N_CLIPS:
            rirs = np.concatenate([rirs] * (N_CLIPS // len(rirs)))
        yield _speak(rirs, corpus, rng), responses.mic_positions[some]


def _uwa(name, data, rng, n_trials):
    recordings = read(datasets.load_uwa_two_mic, data / "uwa_two_mic", name, fs=FS)
    rows = [_draw(len(recordings.data), rng) for _ in range(n_trials)]
    return [(recordings.data[r], recordings.mic_positions) for r in rows]


def _mom(name, data, rng, n_trials):
    recordings = read(datasets.load_mom_respeaker, data / "mom_respeaker", name, fs=FS)
    # One recording each: trials differ by the channels that are falsified.
    return [(recordings.data[:, :, FS // 2 :], recordings.mic_positions)] * n_trials


def _waves(mics, snr, data, rng, n_trials):
    waves = datasets.make_plane_waves(
        n_trials * N_CLIPS,
        mic_positions=mics,
        azimuth_range=(-180, 180),
        duration=1.0,
        snr=snr,
        random_state=int(rng.integers(99)),
    )
    return [(X, mics) for X in np.split(waves.data, n_trials)]


def _rooms(mics, snr, data, rng, n_trials):
    rooms = datasets.make_shoebox(
        n_trials * N_CLIPS,
        mic_positions=mics,
        rooms=n_trials,
        sounds=_read_speech(data),
        duration=1.0,
        noise=Noise(snr, kind="diffuse"),
        random_state=int(rng.integers(99)),
    )
    return [(X, mics) for X in np.split(rooms.data, n_trials)]


def _read_speech(data):
    """Dry speech of speakers on whom no bound was tuned."""
    corpus = read(datasets.load_librispeech, data / "speech_librispeech", "test-other").audio
    # As many as `_speak` takes.
    return [clip for clip in corpus if len(clip) >= (DURATION + 1.0) * FS]


def _speak(rirs, corpus, rng):
    """Speech through responses (n_clips, n_mics, n_times)."""
    n_times = round(DURATION * FS)
    clips = np.empty((len(rirs), rirs.shape[1], n_times), dtype=np.float32)
    for clip, rir in zip(clips, rirs, strict=True):
        # One second in: behind the pause at the beginning.
        speech = corpus[rng.integers(len(corpus))][FS : FS + n_times]
        clip[:] = fftconvolve(speech[None], rir, axes=-1)[:, :n_times]
    return clips


def _draw(n, rng):
    """Some of n clips, in order."""
    return np.sort(rng.choice(n, min(n, N_CLIPS), replace=False))
