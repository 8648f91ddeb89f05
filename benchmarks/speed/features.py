"""Time and memory of BinauralCues beside scipy.signal.stft and beside bare Fourier transforms.

Run ``python -m benchmarks.speed.features``: it prints the ratio to a per-clip implementation with
scipy.signal.stft (aim: 3.5 or more), to the real FFTs of the same frames (aim: 1.5 or less), the
gain of ``n_jobs=2`` on 1,000 clips (aim: near 2 where two processors are free) beside the gain of
two threads on the FFTs alone, and the extra memory for 200 and for 2,000 clips (aim: below 300 MB,
and the same). The classes are for asv.
"""

import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.fft import rfft
from scipy.signal import stft

from benchmarks.timing import timed
from sslearn.features import BinauralCues

FS, N_FFT, HOP, N_CLIPS, N_ROUNDS = 16000, 1024, 256, 200, 21
WINDOW = np.sin(np.pi * (np.arange(N_FFT) + 0.5) / N_FFT).astype(np.float32)
ILD_BINS, IPD_BINS = slice(13, 448), slice(13, 160)


def make_clips(n_clips=N_CLIPS, duration=1.0):
    """White noise in two channels."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((n_clips, 2, int(duration * FS)), dtype=np.float32)


def windowed_frames(X):
    """Frames (n_clips, 2, n_frames, n_fft), ready for the transform."""
    frames = np.lib.stride_tricks.sliding_window_view(X, N_FFT, axis=-1)[:, :, ::HOP]
    return frames * WINDOW


def bare_ffts(frames):
    """The real FFTs alone, in one call."""
    return rfft(frames)


def bare_ffts_of_clips(frames):
    """The real FFTs alone, clip by clip: without the cost of a huge output."""
    for clip in frames:
        rfft(clip)


def spectrum_of(clip):
    """Spectra of both channels by scipy.signal.stft."""
    options = {"window": WINDOW, "nperseg": N_FFT, "noverlap": N_FFT - HOP}
    return stft(clip, FS, boundary=None, padded=False, **options)[2]


def plain_cues(X):
    """The formulas of the paper clip by clip: all cues, then the bands; no guard for silence."""
    rows = []
    for clip in X:
        left, right = spectrum_of(clip)
        levels = 20 * np.log10(np.abs(left) / np.abs(right))
        phasors = np.exp(1j * np.angle(left / right))
        phasors = phasors.mean(axis=1)[IPD_BINS]
        rows.append(np.hstack([levels.mean(axis=1)[ILD_BINS], phasors.view(np.float32)]))
    return np.stack(rows)


def plain_cues_of_bands(X):
    """As ``plain_cues``, but the spectra are cut to the bands before any cue is computed."""
    rows = []
    for clip in X:
        left, right = spectrum_of(clip)
        levels = 20 * np.log10(np.abs(left[ILD_BINS]) / np.abs(right[ILD_BINS]))
        phasors = np.exp(1j * np.angle(left[IPD_BINS] / right[IPD_BINS])).mean(axis=1)
        rows.append(np.hstack([levels.mean(axis=1), phasors.view(np.float32)]))
    return np.stack(rows)


class BinauralCuesSuite:
    """BinauralCues for asv."""

    params = ([0.2, 1.0, 5.0], [1, 2])
    param_names = ("duration", "n_jobs")

    def setup(self, duration, n_jobs):
        self.X = make_clips(int(N_CLIPS / duration), duration)
        self.cues = BinauralCues(n_jobs=n_jobs)

    def time_transform(self, duration, n_jobs):
        self.cues.transform(self.X)

    def peakmem_transform(self, duration, n_jobs):
        self.cues.transform(self.X)


class ReferenceSuite:
    """What BinauralCues is compared with, for asv."""

    def setup(self):
        self.X = make_clips()
        self.frames = windowed_frames(self.X)

    def time_plain_cues(self):
        plain_cues(self.X)

    def time_plain_cues_of_bands(self):
        plain_cues_of_bands(self.X)

    def time_bare_ffts(self):
        bare_ffts(self.frames)


def extra_memory(n_clips):
    """Peak of what is allocated beyond the clips and the features, in MB."""
    X = make_clips(n_clips)
    tracemalloc.start()
    features = BinauralCues().transform(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (peak - features.nbytes) / 1e6


def print_gains():
    """Gain of two threads, by the clock on the wall."""
    X = make_clips(1000)
    frames = windowed_frames(X[:400])
    halves = frames[:200], frames[200:]
    with ThreadPoolExecutor(2) as threads:
        pairs = {
            "BinauralCues": (
                lambda: BinauralCues().transform(X),
                lambda: BinauralCues(n_jobs=2).transform(X),
            ),
            "bare FFTs": (
                lambda: bare_ffts_of_clips(frames),
                lambda: list(threads.map(bare_ffts_of_clips, halves)),
            ),
        }
        for name, functions in pairs.items():
            wall = timed(functions, N_ROUNDS, time.perf_counter)[1:]
            print(f"gain of two threads, {name}: {np.median(wall[:, 0] / wall[:, 1]):.2f}")


def main():
    """Print all figures."""
    X = make_clips()
    frames = windowed_frames(X)
    cues = BinauralCues()
    difference = np.abs(cues.transform(X) - plain_cues(X)).max()
    print(f"{N_CLIPS} clips of 1 s; largest difference to scipy.signal.stft {difference:.1e}")
    functions = {
        "BinauralCues": lambda: cues.transform(X),
        "scipy.signal.stft, all cues": lambda: plain_cues(X),
        "scipy.signal.stft, cues of the bands": lambda: plain_cues_of_bands(X),
        "bare float32 FFTs, one call": lambda: bare_ffts(frames),
        "bare float32 FFTs, clip by clip": lambda: bare_ffts_of_clips(frames),
    }
    # Time of this process alone: others on the machine do not enter. Medians over the rounds.
    times = timed(functions.values(), N_ROUNDS)
    ratios = np.median(times / times[:, :1], axis=0)
    for name, seconds, ratio in zip(functions, np.median(times, axis=0), ratios, strict=True):
        print(
            f"{name:<38}{1e3 * seconds:7.1f} ms   its time / ours {ratio:5.2f}"
            f"   ours / its time {1 / ratio:5.2f}"
        )
    print_gains()
    for n_clips in (200, 2000):
        print(f"extra memory for {n_clips} clips: {extra_memory(n_clips):.1f} MB")


if __name__ == "__main__":
    main()
