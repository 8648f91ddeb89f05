"""Training of PNN and SNet from raw audio: time beside a bare torch loop, threads, memory.

Run with ``python -m benchmarks.speed.networks``, or with one of its parts.

``steps``: for each network the time of a training step on clips of 2 s from four microphones, the
share that making the features has of it, which shall be at most 25 %, and the ratio of
``NeuralLocalizer.fit`` to the bare loop, which shall be at most 1.15. Both train the same network
from the same weights with the same loss, optimizer and order of samples, and make the features of
each mini-batch anew, on one thread; processor time is taken, which other programs on the machine
disturb less than the clock on the wall.

``threads``: how much sooner an epoch is over if threads make the mini-batches ahead, on the clock
on the wall and with torch on one thread, beside the share of the time that there is to gain. The
mini-batches are made of audio in memory, and of FLAC files of 48 kHz, read and resampled. It needs
idle processors; the best times are compared, and the median of the ratios of epochs that follow
each other is given too.

``memory``: the most anonymous memory, which a memory map has no part in, of processes that train
one epoch on the first 1,000 and on all 4,000 clips of a memory map. It shall not grow. The network
is narrow, which takes less time and hides less; ``--wide`` takes the published one.
"""

import argparse
import re
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import soundfile
import torch
from sklearn.pipeline import make_pipeline

from sslearn import recipes
from sslearn.deep_learning import NeuralLocalizer, Training
from sslearn.deep_learning._engine import build_module
from sslearn.encoding import AdjacentDecoder, UnbiasedEncoding
from sslearn.features import STFT, AudioReader, FrameBlocks, PhaseMap, RealImag
from sslearn.networks import PNN, SNet

SPECTRA = STFT(512, hop_length=256, padding="zeros")
SYSTEMS = {
    "PNN": (PNN(), make_pipeline(SPECTRA, PhaseMap(drop_dc=True))),
    "SNet": (
        SNet(),
        make_pipeline(SPECTRA, RealImag(drop_dc=True), FrameBlocks(7, unit_level="frequency")),
    ),
}
NARROW = PNN(4, hidden_layer_sizes=(32,))
NETWORKS = (("narrow PNN", NARROW, 192), ("PNN", PNN(), 32))  # and their clips


def make_audio(n_samples):
    """Noise with azimuths: what is learned does not matter here."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_samples, 4, 32000), dtype=np.float32)
    return X, rng.uniform(0, 360, n_samples)


def make_encoding():
    """The 73 classes of a circular array in the paper."""
    return UnbiasedEncoding(np.linspace(0, 360, 73), decoder=AdjacentDecoder(3))


def bare_loop(name, X, y, batch_size, max_epochs):
    """Train with torch alone; return the seconds in which features were made."""
    network, transform = SYSTEMS[name]
    targets = torch.from_numpy(make_encoding().fit_transform(y).astype(np.float32))
    shape = transform.transform(X[:1]).shape[1:]
    module = build_module(lambda: network.build(shape, (73,)), 0, torch.float32, "cpu")
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-3, fused=True)
    generator = torch.Generator().manual_seed(0)
    seconds = 0.0
    module.train()
    for _ in range(max_epochs):
        for rows in torch.randperm(len(X), generator=generator).split(batch_size):
            start = time.process_time()
            maps = torch.from_numpy(np.ascontiguousarray(transform.transform(X[rows.numpy()])))
            seconds += time.process_time() - start
            optimizer.zero_grad()
            (module(maps) - targets[rows].unsqueeze(1)).square().mean().backward()
            optimizer.step()
    return seconds


def make_localizer(name, batch_size, max_epochs):
    """The same training as an estimator."""
    network, transform = SYSTEMS[name]
    return NeuralLocalizer(
        network,
        encoding=make_encoding(),
        loss="mse",
        activation=None,
        training=Training("adamw"),
        batch_size=batch_size,
        max_epochs=max_epochs,
        validation_fraction=None,
        batch_transform=transform,
        device="cpu",
        random_state=0,
    )


def measure(name, n_samples=32, batch_size=8, max_epochs=1, repeat=3):
    """Best seconds of the localizer, the bare loop and its features, interleaved."""
    X, y = make_audio(n_samples)
    times = []
    for _ in range(repeat):
        start = time.process_time()
        make_localizer(name, batch_size, max_epochs).fit(X, y)
        middle = time.process_time()
        features = bare_loop(name, X, y, batch_size, max_epochs)
        times.append((middle - start, time.process_time() - middle, features))
    return np.min(times, axis=0)


def measure_threads(network, X, y, batch_size, repeat, n_jobs=(1, 2)):
    """Seconds of an epoch (repeat, n_settings) for numbers of threads, and of its features."""
    localizer = recipes.phase_network(max_epochs=1, device="cpu", random_state=0)
    localizer.set_params(network=network, batch_size=batch_size, validation_fraction=None)
    transform = localizer.batch_transform
    if X.ndim == 1:
        transform = make_pipeline(AudioReader(), *(step for _, step in transform.steps))
        localizer.set_params(batch_transform=transform)
    transform.fit(X[:2])
    times, features = np.empty((repeat, len(n_jobs))), np.empty(repeat)
    for i, row in enumerate(times):
        for j, n in enumerate(n_jobs):
            row[j] = _seconds(localizer.set_params(n_jobs=n).fit, X, y)
        parts = np.split(X, range(batch_size, len(X), batch_size))
        features[i] = sum(_seconds(transform.transform, part) for part in parts)
    return times, features


def _seconds(function, *args):
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def write_files(folder, X):
    """Write clips as FLAC files of 48 kHz, three times as long; return their paths."""
    paths = [str(Path(folder, f"{i}.flac")) for i in range(len(X))]
    for path, clip in zip(paths, X, strict=True):
        soundfile.write(path, 0.1 * np.tile(clip, 3).T, 48000)
    return np.array(paths)


def write_clips(path, n_clips, n_times):
    """Write noise of four microphones as an array on disk, piece by piece."""
    rng = np.random.default_rng(0)
    shape = (n_clips, 4, n_times)
    X = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    for clip in X:
        clip[:] = rng.standard_normal(clip.shape, dtype=np.float32)


def peak_memory(path, n_clips, network):
    """Most anonymous memory, in MB, while an epoch is trained on clips of a memory map."""
    torch.set_num_threads(1)
    X = np.load(path, mmap_mode="r")[:n_clips]
    y = np.random.default_rng(0).uniform(-180, 180, n_clips)
    localizer = recipes.phase_network(max_epochs=1, device="cpu", random_state=0)
    done, peak = threading.Event(), 0.0

    def watch():
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, _anonymous_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    localizer.set_params(network=network).fit(X, y)
    done.set()
    watcher.join()
    return peak


def _anonymous_memory():
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) * 1024 / 1e6


class LabelNetworks:
    """The same for asv."""

    params = tuple(SYSTEMS)
    param_names = ("network",)
    timeout = 600

    def setup(self, name):
        self.X, self.y = make_audio(8)

    def time_fit(self, name):
        make_localizer(name, 4, 1).fit(self.X, self.y)

    def time_bare_loop(self, name):
        bare_loop(name, self.X, self.y, 4, 1)

    def time_features(self, name):
        SYSTEMS[name][1].transform(self.X)

    def peakmem_fit(self, name):
        make_localizer(name, 4, 1).fit(self.X, self.y)


def print_steps(args):
    """Print times, shares and ratios of training steps."""
    torch.set_num_threads(1)
    n_steps = args.epochs * -(-args.n_samples // args.batch_size)
    for name in SYSTEMS:
        fit, bare, features = measure(
            name, args.n_samples, args.batch_size, args.epochs, args.repeat
        )
        print(f"{name}: step of {args.batch_size} clips {fit / n_steps:6.3f} s in NeuralLocalizer,")
        print(f"      {bare / n_steps:6.3f} s in the bare loop, ratio {fit / bare:.2f} (<= 1.15);")
        print(f"      features {features / n_steps:6.3f} s, {features / bare:.1%} (<= 25 %)")


def print_threads(args):
    """Print the gain of two threads that make mini-batches ahead."""
    torch.set_num_threads(1)
    X, y = make_audio(192)
    with tempfile.TemporaryDirectory() as folder:
        sources = {"audio": X, "files": write_files(folder, X)}
        for source, (name, network, n) in product(sources, NETWORKS):
            clips = sources[source][:n]
            times, features = measure_threads(network, clips, y[:n], args.batch_size, args.repeat)
            best = times.min(axis=0)
            share, median = features.min() / best[0], np.median(times[:, 0] / times[:, 1])
            print(f"{name} on {source}: making the mini-batches takes {share:.1%} of an epoch;")
            print(f"      n_jobs=2 gains {best[0] / best[1]:.2f} (median of pairs {median:.2f})")


def print_memory(args):
    """Print the memory of training on 1,000 and on 4,000 clips."""
    network, n_times = PNN() if args.wide else NARROW, 8000
    context = get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "clips.npy")
        write_clips(path, 4000, n_times)
        for n_clips in (1000, 4000):
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                peak = pool.submit(peak_memory, path, n_clips, network).result()
            audio = n_clips * 4 * n_times * 4 / 1e6
            print(f"{n_clips} clips, {audio:.0f} MB of audio: at most {peak:.0f} MB anonymous")


PARTS = {"steps": print_steps, "threads": print_threads, "memory": print_memory}


def main():
    """Print the figures of all parts, or of one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--n-samples", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--wide", action="store_true", help="memory of the published network")
    args = parser.parse_args()
    for part in args.parts or PARTS:
        PARTS[part](args)


if __name__ == "__main__":
    main()
