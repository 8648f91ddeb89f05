"""Localization in chunks of 20 ms beside that of the whole signal: seconds per second of audio.

Run with ``python -m benchmarks.speed.streaming``. Four seconds of five microphones go through
``StreamingLocalizer``, features and decoding included, and through ``predict``, on one thread.
Processor time is measured, which other programs disturb less than wall-clock time; each chunk, and
the whole, counts with the best of several passes. Streaming must take at most 0.2 for IPDnet2 tiny
and 0.3 for small.
"""

import argparse
from functools import partial

import numpy as np
import torch

from benchmarks.speed._timing import timed
from sslearn import recipes
from sslearn.datasets import make_plane_waves
from sslearn.geometry import circular_array
from sslearn.streaming import StreamingLocalizer

FS, DURATION, CHUNK = 16000, 4, 320
MICS = np.array([[0.0, 0, 0], *circular_array(4, 0.03)])
MOST = {"tiny": 0.2, "small": 0.3}


def make_localizer(name):
    """Fitted localizer, whose network is hardly trained."""
    X = np.stack([make_signal(0.5)] * 2)
    if name not in MOST:
        return recipes.srp_phat(MICS, n_sources=2, block_duration=0.1).fit(X)
    model = recipes.ipdnet2(MICS, size=name, max_epochs=1, device="cpu", random_state=0)
    return model.set_params(validation_fraction=None).fit(X, np.full((2, 5, 2, 1), 30.0))


def make_signal(duration):
    """A plane wave of noise, (n_channels, n_times)."""
    waves = make_plane_waves(
        1, mic_positions=MICS, directions=[30.0], duration=duration, snr=20, random_state=1
    )
    return waves.data[0].astype(np.float32)


def measure(name, repeat=5):
    """Seconds per second of audio, in chunks and as a whole, and the median of a chunk."""
    localizer = make_localizer(name)
    stream = StreamingLocalizer(localizer, fs=FS)
    signal = make_signal(DURATION)
    chunks = np.split(signal, signal.shape[1] // CHUNK, axis=1)
    pushes = [partial(stream.push, chunk) for chunk in chunks]
    turns = [stream.reset, *pushes, partial(localizer.predict, signal[None])]
    _, *best, whole = timed(turns, repeat).min(axis=0)
    return sum(best) / DURATION, whole / DURATION, np.median(best)


class Streaming:
    """The same for asv."""

    params = (*MOST, "srp_phat")
    param_names = ("system",)

    def setup(self, name):
        self.stream = StreamingLocalizer(make_localizer(name), fs=FS)
        self.chunks = np.split(make_signal(1), FS // CHUNK, axis=1)

    def time_a_second(self, name):
        for chunk in self.chunks:
            self.stream.push(chunk)


def main():
    """Print the figures of all systems."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for name in Streaming.params:
        in_chunks, whole, median = measure(name, args.repeat)
        most = f" (<= {MOST[name]})" if name in MOST else ""
        print(f"{name}: {in_chunks:.3f}{most} in chunks, {whole:.3f} as a whole,")
        print(f"      {1e3 * median:.1f} ms for the median chunk of 20 ms")


if __name__ == "__main__":
    main()
