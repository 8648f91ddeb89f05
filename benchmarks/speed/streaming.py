"""Live localization: seconds of processor time per second of audio, latency, and memory.

Run with ``python -m benchmarks.speed.streaming``. Four seconds of audio go through
``StreamingLocalizer`` in chunks of 20 ms, features and decoding included, and through ``predict``
where that means the same, on one thread. Processor time is measured, which other programs disturb
less than wall-clock time; each chunk, and the whole, counts with the best of several passes.
Streaming must take at most 0.2 for IPDnet2 tiny and 0.3 for small.

``python -m benchmarks.speed.streaming memory --minutes 60`` pushes an hour of audio in chunks of
100 ms through every mode, one process each, and prints the largest memory after a minute and at the
end. They must differ by less than 5 MB.
"""

import argparse
import resource
import subprocess
import sys
from functools import partial

import numpy as np
import torch

from benchmarks.timing import timed
from sslearn import recipes
from sslearn.datasets import make_plane_waves
from sslearn.geometry import circular_array
from sslearn.streaming import StreamingLocalizer

FS, DURATION, CHUNK = 16000, 4, 320
MICS = np.array([[0.0, 0, 0], *circular_array(4, 0.03)])
MOST = {"tiny": 0.2, "small": 0.3}
BLOCKS, TWO = {"block_duration": 0.1}, {"n_sources": 2}
# name: (recipe, parameters)
CLASSICAL = {
    "srp_phat": (recipes.srp_phat, TWO | BLOCKS),
    "srp_phat fading": (recipes.srp_phat, TWO),
    "mvdr fading": (recipes.mvdr, TWO),
    "music fading": (recipes.music, TWO),
    "esprit fading": (recipes.esprit, {}),
    "tdoa fading": (recipes.tdoa, {}),
    "intensity fading": (recipes.intensity, {}),
}
NEURAL = {"siamese": (recipes.siamese, 2), "phase_network": (recipes.phase_network, 4)}
SYSTEMS = (*MOST, *CLASSICAL, *NEURAL)
MODES = {
    "frames": "tiny",
    "blocks": "srp_phat",
    "recursive": "srp_phat fading",
    "window": "siamese",
}


def make_localizer(name):
    """Fitted localizer, whose network is hardly trained, and its number of channels."""
    if name in MOST:
        X = np.stack([make_signal(0.5)] * 2)
        model = recipes.ipdnet2(MICS, size=name, max_epochs=1, device="cpu", random_state=0)
        model.set_params(validation_fraction=None)
        return model.fit(X, np.full((2, 5, 2, 1), 30.0)), len(MICS)
    if name in NEURAL:
        recipe, n_channels = NEURAL[name]
        X = np.stack([make_signal(1.0)[:n_channels]] * 20)
        model = recipe(max_epochs=1, device="cpu", random_state=0)
        return model.fit(X, np.linspace(-80, 80, len(X))), n_channels
    recipe, params = CLASSICAL[name]
    if recipe is recipes.intensity:
        return recipe(**params).fit(make_signal(0.5)[None, :4], [0.0]), 4
    # ESPRIT needs a circle without a centre.
    mics = MICS[1:] if recipe is recipes.esprit else MICS
    return recipe(mics, **params).fit(make_signal(0.5)[None, -len(mics) :]), len(mics)


def make_signal(duration):
    """Two plane waves of noise, as many as the localizers look for, (n_channels, n_times)."""
    waves = make_plane_waves(
        2, mic_positions=MICS, directions=[30.0, -100.0], duration=duration, snr=20, random_state=1
    )
    return np.sum(waves.data, axis=0, dtype=np.float32)


def measure(name, repeat=5):
    """The stream, seconds per second of audio in chunks and as a whole, and the longest chunk."""
    localizer, n_channels = make_localizer(name)
    stream = StreamingLocalizer(localizer, fs=FS)
    signal = make_signal(DURATION)[-n_channels:]
    chunks = np.split(signal, signal.shape[1] // CHUNK, axis=1)
    turns = [stream.reset, *(partial(stream.push, chunk) for chunk in chunks)]
    if stream.mode_ in ("frames", "blocks"):
        turns.append(partial(localizer.predict, signal[None]))
    best = timed(turns, repeat).min(axis=0)[1:]
    whole = float(best[len(chunks) :].sum()) / DURATION
    return stream, best[: len(chunks)].sum() / DURATION, whole, best[: len(chunks)].max()


def peak_memory():
    """Largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_memory(name, minutes):
    """Push a minute of audio again and again."""
    localizer, n_channels = make_localizer(name)
    stream = StreamingLocalizer(localizer, fs=FS)
    signal = np.tile(make_signal(DURATION)[-n_channels:], 60 // DURATION)
    chunks = np.split(signal, signal.shape[1] // (5 * CHUNK), axis=1)
    n_outputs, after_a_minute = 0, None
    for _ in range(minutes):
        n_outputs += sum(len(stream.push(chunk).times) for chunk in chunks)
        after_a_minute = after_a_minute or peak_memory()
    grown = peak_memory() - after_a_minute
    print(
        f"{stream.mode_}: {after_a_minute:.0f} MB after 1 minute, {grown:+.1f} MB after {minutes}, "
        f"{n_outputs} outputs",
        flush=True,
    )


class Streaming:
    """The same for asv."""

    params = (*MOST, "srp_phat")
    param_names = ("system",)

    def setup(self, name):
        localizer, n_channels = make_localizer(name)
        self.stream = StreamingLocalizer(localizer, fs=FS)
        self.chunks = np.split(make_signal(1)[-n_channels:], FS // CHUNK, axis=1)

    def time_a_second(self, name):
        for chunk in self.chunks:
            self.stream.push(chunk)


def print_speed(repeat):
    """Print the figures of all systems."""
    for name in SYSTEMS:
        stream, in_chunks, whole, longest = measure(name, repeat)
        most = f" (<= {MOST[name]})" if name in MOST else ""
        print(
            f"{name:17s} {stream.mode_:10s} every {1e3 * stream.period:4.0f} ms, latency "
            f"{1e3 * stream.latency:4.0f} ms, longest chunk {1e3 * longest:5.1f} ms: "
            f"{in_chunks:.3f}{most} in chunks" + f", {whole:.3f} as a whole" * (whole > 0),
            flush=True,
        )


def main():
    """Print the figures of all systems."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=("speed", "memory"), default="speed")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--mode", choices=MODES, help="memory: this one, in this process")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.what == "speed":
        print_speed(args.repeat)
    elif args.mode:
        print_memory(MODES[args.mode], args.minutes)
    else:
        command = [sys.executable, "-m", __spec__.name, "memory", "--minutes", str(args.minutes)]
        for mode in MODES:
            subprocess.run([*command, "--mode", mode], check=True)


if __name__ == "__main__":
    main()
