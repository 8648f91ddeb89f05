"""Training of PNN and SNet from raw audio: time beside a bare torch loop, threads, memory.

Both train the same network from the same weights with the same loss, optimizer and order of
samples, and compute the features of each mini-batch anew, on one thread. With ``n_jobs=2`` threads
prepare mini-batches ahead, from audio in memory or from FLAC files of 48 kHz, read and resampled;
this is timed by the clock on the wall and needs idle processors. Memory is the most anonymous
memory, which excludes a memory map, of processes that train one epoch on the clips of a map.
"""

import re
import tempfile
import threading
import time
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import soundfile
import torch
from sklearn.pipeline import make_pipeline

from benchmarks.timing import compared, in_new_process
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
    """Noise with azimuths; the labels do not matter here."""
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


def anonymous_peak(path, n_clips, network):
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


def measure(run):
    """Training steps beside the bare loop, threads that work ahead, and memory."""
    torch.set_num_threads(1)
    n_samples, n_rounds = (8, 1) if run.quick else (32, 3)
    _measure_steps(run, n_samples, n_rounds)
    _measure_threads(run, 16 if run.quick else 192, n_rounds)
    _measure_memory(run, (50, 200) if run.quick else (1000, 4000))


def _measure_steps(run, n_samples, n_rounds, batch_size=8):
    X, y = make_audio(n_samples)
    for name in SYSTEMS:
        seconds = []
        train = partial(bare_loop, name, X, y, batch_size, 1)
        figures = compared(
            lambda name=name: make_localizer(name, batch_size, 1).fit(X, y),
            lambda train=train, seconds=seconds: seconds.append(train()),
            n_rounds,
        )
        figures["share of features"] = 1e3 * np.median(seconds) / figures["theirs"]
        settings = {"what": f"NeuralLocalizer.fit, {name}, {n_samples} clips of 2 s"}
        settings["against"] = "bare torch loop, same batches and features"
        run.add(settings, figures | {"aim": "1.15 times the time or less"})


def _measure_threads(run, n_samples, n_rounds):
    X, y = make_audio(n_samples)
    with tempfile.TemporaryDirectory() as folder:
        sources = {"audio in memory": X, "FLAC files of 48 kHz": write_files(folder, X)}
        for source, (name, network, n) in product(sources, NETWORKS):
            clips = sources[source][: min(n, n_samples)]
            times, features = measure_threads(network, clips, y[: len(clips)], 8, n_rounds)
            one, two = times.min(axis=0)
            figures = {"ours": 1e3 * two, "theirs": 1e3 * one, "gain": one / two}
            figures |= {"ratio": two / one, "share of features": features.min() / one}
            settings = {"what": f"phase_network.fit, n_jobs=2, {name}, {source}"}
            run.add(settings | {"against": "n_jobs=None"}, figures)


def _measure_memory(run, sizes, n_times=8000):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "clips.npy")
        write_clips(path, max(sizes), n_times)
        for (name, network, _), n_clips in product(NETWORKS, sizes):
            figures = {"memory": in_new_process(anonymous_peak, path, n_clips, network)}
            figures |= {"audio": n_clips * 4 * n_times * 4 / 1e6, "aim": "the same"}
            run.add({"what": f"phase_network, an epoch on {n_clips} mapped clips, {name}"}, figures)
