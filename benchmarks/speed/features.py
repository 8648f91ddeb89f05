"""Time and memory of BinauralCues beside scipy.signal.stft and beside bare Fourier transforms."""

import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from scipy.fft import rfft
from scipy.signal import stft

from benchmarks.timing import compared
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


def measure(run):
    """Ratios, gain of two threads, and extra memory."""
    n_rounds = 3 if run.quick else N_ROUNDS
    X = make_clips()
    frames = windowed_frames(X)
    cues = BinauralCues()
    references = {
        "scipy.signal.stft clip by clip, all cues": (plain_cues, X, "3.5 or more"),
        "scipy.signal.stft clip by clip, cues of the bands": (
            plain_cues_of_bands,
            X,
            "3.5 or more",
        ),
        "bare float32 FFTs in one call": (bare_ffts, frames, "1.5 times the time or less"),
        "bare float32 FFTs clip by clip": (
            bare_ffts_of_clips,
            frames,
            "1.5 times the time or less",
        ),
    }
    for name, (reference, data, aim) in references.items():
        figures = compared(
            partial(cues.transform, X), partial(reference, data), n_rounds, n=N_CLIPS
        )
        figures["aim"] = aim
        run.add({"what": "BinauralCues, clips of 1 s", "against": name}, figures)
    difference = np.abs(cues.transform(X) - plain_cues(X)).max()
    settings = {"what": "BinauralCues, largest difference", "against": "scipy.signal.stft"}
    run.add(settings, {"difference": float(difference)})
    X = make_clips(1000)
    halves = windowed_frames(X[:400]).reshape(2, 200, 2, -1, N_FFT)
    with ThreadPoolExecutor(2) as threads:
        pairs = {
            "BinauralCues": (
                lambda: BinauralCues(n_jobs=2).transform(X),
                lambda: BinauralCues().transform(X),
            ),
            "bare FFTs": (
                lambda: list(threads.map(bare_ffts_of_clips, halves)),
                lambda: [bare_ffts_of_clips(half) for half in halves],
            ),
        }
        for name, (two, one) in pairs.items():
            figures = compared(two, one, n_rounds, time.perf_counter)
            run.add({"what": f"two threads, {name}", "against": "one thread"}, figures)
    for n_clips in (200, 2000):
        figures = {"memory": extra_memory(n_clips), "aim": "300 MB or less, and the same"}
        run.add({"what": f"BinauralCues, extra memory, {n_clips} clips"}, figures)
