"""Time and memory of the classical localizers beside pyroomacoustics' on the same clips.

Run ``python -m benchmarks.speed.doa``, single process and one thread: it prints, for 4 and 8
microphones and 360 directions, the clips per second as a ratio to ``pyroomacoustics.doa`` with the
same window, hop, bins and directions (aims: SRP-PHAT 15 and 10, MUSIC 6 and 5), the time of
SRP-PHAT as a ratio to the Fourier transforms and the two matrix products that no implementation by
steering can leave out (aim: 3 or less), the gain of ``n_jobs=2``, and the extra memory for 100 and
for 10,000 clips. ``--scaling`` writes times over the numbers of microphones and of directions, and
a picture of them, into ``benchmarks/results``. The class is for asv.
"""

import argparse
import time
import tracemalloc
from functools import partial

import numpy as np
import pyroomacoustics as pra
from scipy.fft import rfft

from benchmarks.accuracy._report import RESULTS, write_results
from benchmarks.timing import timed
from sslearn.decoding import ArgmaxDecoder
from sslearn.doa import MUSIC, MVDR, SRPPHAT
from sslearn.features import STFT
from sslearn.geometry import (
    circular_array,
    circular_grid,
    fibonacci_grid,
    mic_pairs,
    propagation_delays,
    spherical_array,
)
from sslearn.utils import keep_freed_memory

FS, N_FFT, HOP, N_CLIPS, N_ROUNDS = 16000, 512, 256, 100, 7
FREQ_RANGE = (200, 4000)
BINS = np.arange(round(200 * N_FFT / FS), round(4000 * N_FFT / FS))
GRID = circular_grid(1.0)


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


def print_ratios(n_mics):
    """Ours beside theirs for one number of microphones."""
    X = make_clips(n_mics)
    rows = {
        "SRP-PHAT": (ours(SRPPHAT, n_mics), theirs("SRP", n_mics)),
        "MUSIC": (ours(MUSIC, n_mics, normalize=False), theirs("MUSIC", n_mics)),
        "NormMUSIC": (ours(MUSIC, n_mics), theirs("NormMUSIC", n_mics)),
    }
    for name, (localizer, reference) in rows.items():
        times = timed([partial(localizer.fit(X).predict, X), partial(reference, X)], N_ROUNDS)
        mine, other = np.median(times, axis=0) / N_CLIPS
        ratio = np.median(times[:, 1] / times[:, 0])
        print(
            f"{name:<10}{n_mics:2d} microphones: {1e3 * mine:6.3f} ms a clip, pyroomacoustics "
            f"{1e3 * other:6.2f} ms; ratio {ratio:5.1f}",
            flush=True,
        )
    localizer, bare = rows["SRP-PHAT"][0], unavoidable(n_mics)
    times = timed([lambda: localizer.predict(X), lambda: bare(X)], N_ROUNDS)
    ratio = np.median(times[:, 0] / times[:, 1])
    print(f"SRP-PHAT / its FFTs and two products, {n_mics} microphones: {ratio:.2f}")


def print_jobs():
    """Gain of two threads, by the clock on the wall."""
    X = make_clips(8, 400)
    one, two = (ours(SRPPHAT, 8, n_jobs=n).fit(X) for n in (1, 2))
    times = timed([partial(one.predict, X), partial(two.predict, X)], N_ROUNDS, time.perf_counter)
    gain = np.median(times[:, 0] / times[:, 1])
    print(f"gain of n_jobs=2, SRP-PHAT, 8 microphones: {gain:.2f}")


def print_memory():
    """Peak of what is allocated beyond the clips, in MB."""
    for n_clips in (100, 10000):
        # One clip again and again: the clips themselves take no memory.
        X = np.broadcast_to(make_clips(4, 1), (n_clips, 4, FS))
        localizer = ours(SRPPHAT, 4).fit(X[:1])
        tracemalloc.start()
        localizer.predict(X)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(f"extra memory, SRP-PHAT, {n_clips} clips of 4 microphones: {peak:.1f} MB")


def scaling_rows():
    """Time of fit and of a clip over the numbers of microphones and of directions."""
    for n_mics, n_directions in [(n, 360) for n in (4, 8, 16, 32)] + [
        (8, n) for n in (1000, 3000, 10000)
    ]:
        mics = spherical_array(n_mics, 0.1)
        grid = GRID if n_directions == 360 else fibonacci_grid(n_directions)
        X = make_clips(n_mics, 8)
        for cls in (SRPPHAT, MUSIC, MVDR):
            localizer = cls(mics, grid=grid, batch_transform=STFT(N_FFT, hop_length=HOP))
            fit = timed([partial(localizer.fit, X)], 1)[0, 0]
            predict = np.median(timed([partial(localizer.predict, X)], 3)) / len(X)
            row = {"localizer": cls.__name__, "microphones": n_mics, "directions": n_directions}
            yield {**row, "fit s": fit, "ms a clip": 1e3 * predict}


def write_scaling():
    """Write the table and the picture."""
    rows = []
    for row in scaling_rows():
        rows.append(row)
        print(row, flush=True)
    write_results(
        "doa_scaling",
        "Time of the classical localizers over microphones and directions",
        rows,
        settings={"clip": "1 s", "n_fft": N_FFT, "hop_length": HOP, "freq_range": FREQ_RANGE},
        command="python -m benchmarks.speed.doa --scaling",
        notes="Processor time of one thread, short-time Fourier transform included.",
    )
    draw_scaling(rows)


def draw_scaling(rows):
    """Draw the times of the rows."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
    for ax, axis, fixed, value in zip(
        axes, ("microphones", "directions"), ("directions", "microphones"), (360, 8), strict=True
    ):
        for name in ("SRPPHAT", "MUSIC", "MVDR"):
            points = [r for r in rows if r["localizer"] == name and r[fixed] == value]
            ax.loglog([r[axis] for r in points], [r["ms a clip"] for r in points], "o-", label=name)
        ticks = sorted({r[axis] for r in rows if r[fixed] == value})
        ax.set_xticks(ticks, ticks)
        ax.minorticks_off()
        ax.set(xlabel=f"{axis} ({value} {fixed})", title=f"Over the number of {axis}")
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("ms for a clip of 1 s, one thread")
    axes[0].legend()
    figure.savefig(RESULTS / "doa_scaling.png", dpi=120)


def main():
    """Print all figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.doa")
    parser.add_argument("--scaling", action="store_true", help="write the scaling as well")
    args = parser.parse_args()
    for n_mics in (4, 8):
        print_ratios(n_mics)
    print_jobs()
    print_memory()
    if args.scaling:
        write_scaling()


if __name__ == "__main__":
    main()
