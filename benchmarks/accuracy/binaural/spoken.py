"""Recordings of white noise that are given the spectrograms of speech."""

import numpy as np
from joblib import Memory, Parallel, delayed
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import cosine
from sklearn.utils import gen_batches

from sslearn.datasets._plane_waves import add_noise
from sslearn.features import BinauralCues


def spoken_cues(recordings, fs, sounds, *, n_copies, snr, seed, cache, n_jobs):
    """Cues of copies of each recording that sound as if speech had been played in its stead.

    The spectrogram of a copy is that of its recording times that of an excerpt of speech, the same
    at both ears: what lies between the ears stays that of the recording.

    Parameters
    ----------
    recordings : ndarray of shape (n_recordings, 2, n_times), float32
        White noise, recorded at both ears.
    fs : int
        Sampling rate in Hz.
    sounds : Sounds
        Speech.
    n_copies : int
        Copies of each recording.
    snr : float
        Signal-to-noise ratio in dB of the white noise, uncorrelated between the ears, that is
        added last.
    seed : int
        Seed of excerpts and noise.
    cache : str
        Folder in which finished parts are kept.
    n_jobs : int
        Number of processes.

    Returns
    -------
    features : ndarray of shape (n_recordings, n_copies, n_features)
        Cues.
    """
    speech = sounds.player(fs=fs, n_times=recordings.shape[2])
    part_cues = Memory(cache, verbose=0).cache(_part_cues)
    parts = gen_batches(len(recordings), 64)
    jobs = (
        delayed(part_cues)(recordings[part], fs, speech, n_copies, snr, (seed, part.start))
        for part in parts
    )
    return np.concatenate(Parallel(n_jobs)(jobs))


def _part_cues(recordings, fs, speech, n_copies, snr, seed):
    rng = np.random.default_rng(seed)
    n_times = recordings.shape[2]
    stft = ShortTimeFFT(cosine(512), hop=128, fs=fs)
    clips = np.empty((len(recordings), n_copies, 2, n_times), dtype=np.float32)
    for i, recording in enumerate(recordings):
        spectrum = stft.stft(recording)
        for k in range(n_copies):
            excerpt = speech.excerpt(speech.draw_index(rng), rng)
            clips[i, k] = stft.istft(spectrum * np.abs(stft.stft(excerpt)), k1=n_times)
    clips = add_noise(clips.reshape(-1, 2, n_times), snr, rng)
    return BinauralCues(fs).fit_transform(clips).reshape(len(recordings), n_copies, -1)
