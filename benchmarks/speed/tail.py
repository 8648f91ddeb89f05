"""A diffuse tail beside image sources to the end: processor time, decay, clarity, errors.

Rooms of three reverberation times, whose absorption is flat or differs per octave. From responses
at random places: the reverberation time T20 in seconds, the clarity C50 in dB, and the errors of
SRP-PHAT with white noise in degrees.
"""

import warnings
from functools import partial

import numpy as np

from benchmarks.timing import compared
from sslearn.datasets import make_shoebox, make_shoebox_rooms
from sslearn.doa import SRPPHAT
from sslearn.exceptions import DurationWarning
from sslearn.features import STFT
from sslearn.geometry import circular_array
from sslearn.metrics import angular_error

FS, MICS = 16000, circular_array(5, 0.05)
T60, PROFILES = (0.6, 0.8, 1.0), ("flat", "octave")
N_ROOMS, N_CLIPS = 20, 40


def make_rooms(t60, profile, n_rooms=N_ROOMS):
    """Rooms of many sizes and one reverberation time."""
    sizes = ((4.0, 4.0, 2.5), (10.0, 10.0, 4.0))
    return make_shoebox_rooms(
        n_rooms, dimensions=sizes, t60=(t60, t60), profile=profile, random_state=0
    )


def clips(rooms, mixing_time, n_clips=N_CLIPS, **params):
    """Clips of 1 s, at the same places in the same rooms for either."""
    return make_shoebox(
        n_clips, mic_positions=MICS, rooms=rooms, duration=1.0, mixing_time=mixing_time,
        random_state=0, **params,
    )  # fmt: skip


def click(n_times=FS):
    """Sound of which a clip is the room response."""
    return np.eye(1, n_times, dtype=np.float32)[0]


def reverberation_time(responses):
    """Reverberation time T20 of responses (n, n_times), in seconds."""
    decay = np.cumsum(np.square(responses)[:, ::-1], axis=1)[:, ::-1]
    levels = 10 * np.log10(decay / decay[:, :1] + 1e-12)
    times = np.arange(responses.shape[1]) / FS
    fitted = [times[(level < -5) & (level > -25)] for level in levels]
    return np.array([
        -60 / np.polyfit(at, level[np.searchsorted(times, at)], 1)[0]
        for at, level in zip(fitted, levels, strict=True)
    ])  # fmt: skip


def clarity(responses):
    """Clarity C50 of responses (n, n_times), in dB."""
    first = np.abs(responses).argmax(axis=1)[:, None]
    early = np.arange(responses.shape[1]) < first + 0.05 * FS
    energy = np.square(responses)
    return 10 * np.log10((energy * early).sum(axis=1) / (energy * ~early).sum(axis=1))


def acoustics(rooms, mixing_time):
    """T20, C50 and absolute errors of SRP-PHAT, an array (n_clips,) each."""
    responses = clips(rooms, mixing_time, sounds=[click()]).data[:, 0]
    recorded = clips(rooms, mixing_time)
    spectra = STFT(512).fit_transform(recorded.data)
    predicted = SRPPHAT(MICS, fs=FS).fit(spectra).predict(spectra)
    errors = angular_error(recorded.target, predicted)
    return reverberation_time(responses), clarity(responses), errors


def measure(run):
    """Times of clips, and the acoustics of both."""
    warnings.simplefilter("ignore", DurationWarning)
    against = {"against": "all image sources"}
    for t60 in T60[:1] if run.quick else T60:
        for profile in PROFILES:
            rooms = make_rooms(t60, profile)
            n_clips = 4 if run.quick else N_CLIPS
            images, tail = (partial(clips, rooms, time, n_clips) for time in (None, "auto"))
            figures = compared(tail, images, 1 if run.quick else 2, n=n_clips)
            figures["aim"] = "4 or more"
            what = f"clip of 1 s with a diffuse tail, T60 of {t60} s, {profile} absorption"
            run.add({"what": what} | against, figures)
            both = [acoustics(rooms, time) for time in (None, "auto")]
            for name, first, second in zip(("T20", "C50", "SRP-PHAT error"), *both, strict=True):
                figures = {"images": first.mean(), "tail": second.mean(), "spread": first.std()}
                figures["difference"] = np.mean(second - first)
                figures["standard error"] = np.std(second - first) / np.sqrt(len(first))
                settings = {"what": f"{name}, T60 of {t60} s, {profile} absorption"}
                run.add(settings | against, figures)
