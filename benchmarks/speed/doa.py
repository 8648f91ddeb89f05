"""Time and memory of the classical localizers beside pyroomacoustics' on the same clips.

Clips of 1 s, 4 and 8 microphones and 360 directions, one thread, with the same window, hop, bins
and directions. SRP-PHAT is timed beside the Fourier transforms and the two matrix products, too,
that no implementation by steering can omit.
"""

import time
import tracemalloc
from functools import partial

import numpy as np
import pyroomacoustics as pra
from scipy.fft import rfft

from benchmarks.timing import compared
from sslearn.decoding import ArgmaxDecoder
from sslearn.doa import MUSIC, MVDR, SRPPHAT
from sslearn.features import STFT
from sslearn.geometry import (
    circular_array,
    circular_grid,
    mic_pairs,
    propagation_delays,
)
from sslearn.utils import keep_freed_memory

FS, N_FFT, HOP, N_CLIPS, N_ROUNDS = 16000, 512, 256, 100, 7
FREQ_RANGE = (200, 4000)
BINS = np.arange(round(200 * N_FFT / FS), round(4000 * N_FFT / FS))
GRID = circular_grid(1.0)
AIMS = {
    4: {"SRPPHAT": "15 or more", "MUSIC": "6 or more"},
    8: {"SRPPHAT": "10 or more", "MUSIC": "5 or more"},
}


def make_clips(n_mics, n_clips=N_CLIPS):
    """White noise of 1 s."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((n_clips, n_mics, FS), dtype=np.float32)


def ours(cls, n_mics, **kwargs):
    """A localizer straight from audio."""
    return cls(
        circular_array(n_mics, 0.05),
        grid=GRID,
        freq_range=FREQ_RANGE,
        decoder=ArgmaxDecoder(),
        batch_transform=STFT(N_FFT, hop_length=HOP),
        **kwargs,
    )


def theirs(name, n_mics):
    """A function of clips to directions with a localizer of pyroomacoustics."""
    mics = circular_array(n_mics, 0.05)[:, :2].T
    localizer = pra.doa.algorithms[name](
        mics, FS, N_FFT, c=343.0, num_src=1, azimuth=np.deg2rad(GRID)
    )
    window = pra.hann(N_FFT)

    def locate(X):
        directions = []
        for clip in X:
            spectrum = pra.transform.stft.analysis(np.ascontiguousarray(clip.T), N_FFT, HOP, window)
            localizer.locate_sources(spectrum.transpose(2, 1, 0), freq_bins=BINS)
            directions.append(np.rad2deg(localizer.azimuth_recon[0]))
        return np.array(directions)

    return locate


def unavoidable(n_mics):
    """A function of clips that does no more than SRP by steering must: FFTs and two products."""
    i, j = mic_pairs(n_mics).T
    delays = propagation_delays(circular_array(n_mics, 0.05), GRID)
    phases = 2 * np.pi * np.multiply.outer(BINS * FS / N_FFT, (delays[:, i] - delays[:, j]).T)
    steering = np.concatenate([np.cos(phases), np.sin(phases)], axis=1).reshape(-1, len(GRID))
    steering = steering.astype(np.float32)

    def work(X):
        keep_freed_memory()
        for start in range(0, len(X), 16):
            frames = np.lib.stride_tricks.sliding_window_view(X[start : start + 16], N_FFT, axis=2)
            spectrum = rfft(frames[:, :, ::HOP]).transpose(0, 3, 1, 2)[:, BINS[0] : BINS[-1] + 1]
            cross = (spectrum @ spectrum.conj().swapaxes(2, 3))[:, :, i, j]
            cross = np.ascontiguousarray(cross).reshape(len(cross), -1)
            cross.view(np.float32) @ steering

    return work


class ClassicalSuite:
    """The localizers for asv."""

    params = ([SRPPHAT, MUSIC, MVDR], [4, 8])
    param_names = ("localizer", "n_mics")

    def setup(self, cls, n_mics):
        self.X = make_clips(n_mics)
        self.localizer = ours(cls, n_mics).fit(self.X)

    def time_predict(self, cls, n_mics):
        self.localizer.predict(self.X)

    def peakmem_predict(self, cls, n_mics):
        self.localizer.predict(self.X)


def measure(run):
    """Ratios, gain of two threads, and extra memory."""
    n_rounds = 1 if run.quick else N_ROUNDS
    for n_mics in (4, 8):
        _measure_ratios(run, n_mics, n_rounds)
    X = make_clips(8, 16 if run.quick else 400)
    one, two = (ours(SRPPHAT, 8, n_jobs=n).fit(X) for n in (1, 2))
    figures = compared(
        partial(two.predict, X), partial(one.predict, X), n_rounds, time.perf_counter
    )
    run.add({"what": "SRPPHAT, two threads, 8 microphones", "against": "one thread"}, figures)
    for n_clips in (100, 10000):
        # One clip again and again: the clips themselves take no memory.
        X = np.broadcast_to(make_clips(4, 1), (n_clips // (10 if run.quick else 1), 4, FS))
        localizer = ours(SRPPHAT, 4).fit(X[:1])
        tracemalloc.start()
        localizer.predict(X)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        settings = {"what": f"SRPPHAT, extra memory, {n_clips} clips of 4 microphones"}
        run.add(settings, {"memory": peak, "aim": "the same"})


def _measure_ratios(run, n_mics, n_rounds):
    X = make_clips(n_mics)
    aims = AIMS[n_mics]
    rows = {
        "SRPPHAT": (ours(SRPPHAT, n_mics), theirs("SRP", n_mics)),
        "MUSIC": (ours(MUSIC, n_mics, normalize=False), theirs("MUSIC", n_mics)),
        "MUSIC, normalized": (ours(MUSIC, n_mics), theirs("NormMUSIC", n_mics)),
    }
    for name, (localizer, reference) in rows.items():
        figures = compared(
            partial(localizer.fit(X).predict, X), partial(reference, X), n_rounds, n=N_CLIPS
        )
        figures["aim"] = aims.get(name)
        settings = {"what": f"{name}, {n_mics} microphones", "against": "pyroomacoustics"}
        run.add(settings, figures)
    localizer, bare = rows["SRPPHAT"][0], unavoidable(n_mics)
    figures = compared(lambda: localizer.predict(X), lambda: bare(X), n_rounds, n=N_CLIPS)
    settings = {"what": f"SRPPHAT, {n_mics} microphones", "against": "its FFTs and two products"}
    run.add(settings, figures | {"aim": "3 times the time or less"})
