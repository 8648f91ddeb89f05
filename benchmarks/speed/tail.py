"""Image sources to the end beside a diffuse tail: CPU time, decay, clarity and SRP-PHAT errors.

Run ``python -m benchmarks.speed.tail``: for rooms of three reverberation times, whose absorption is
flat or differs per octave, it prints the CPU time of a clip of 1 s of ``make_shoebox`` with either,
their ratio (aim: at least 4), and, from responses at random places, the reverberation time T20 and
the clarity C50, and the errors of SRP-PHAT with white noise: means, the difference with its
standard error, and the standard deviation over the clips.
"""

import warnings
from functools import partial

import numpy as np

from benchmarks.timing import timed
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


def cpu_time(rooms, mixing_time):
    """Least CPU time of a clip in milliseconds."""
    return 1e3 * timed([partial(clips, rooms, mixing_time)], 2).min() / N_CLIPS


def acoustics(rooms, mixing_time):
    """T20, C50 and absolute errors of SRP-PHAT, an array (n_clips,) each."""
    responses = clips(rooms, mixing_time, sounds=[click()]).data[:, 0]
    heard = clips(rooms, mixing_time)
    spectra = STFT(512).fit_transform(heard.data)
    predicted = SRPPHAT(MICS, fs=FS).fit(spectra).predict(spectra)
    errors = angular_error(heard.target, predicted)
    return reverberation_time(responses), clarity(responses), errors


def main():
    """Print the comparison."""
    warnings.simplefilter("ignore", DurationWarning)
    for t60 in T60:
        for profile in PROFILES:
            rooms = make_rooms(t60, profile)
            times = [cpu_time(rooms, mixing_time) for mixing_time in (None, "auto")]
            print(
                f"{t60} s, {profile}: {times[0]:.1f} ms, with tail {times[1]:.1f} ms, "
                f"ratio {times[0] / times[1]:.1f}"
            )
            names = ("T20 (s)", "C50 (dB)", "SRP-PHAT error (degrees)")
            both = (acoustics(rooms, mixing_time) for mixing_time in (None, "auto"))
            for name, images, tail in zip(names, *both, strict=True):
                spread = np.std(tail - images) / np.sqrt(len(tail))
                print(
                    f"  {name}: {images.mean():.3f}, with tail {tail.mean():.3f}, "
                    f"difference {np.mean(tail - images):.3f} +- {spread:.3f}, "
                    f"spread of clips {images.std():.3f}"
                )


if __name__ == "__main__":
    main()
