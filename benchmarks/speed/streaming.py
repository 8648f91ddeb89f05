"""Live localization: processor time per second of audio, latency, and longest chunk.

Four seconds of audio go through ``StreamingLocalizer`` in chunks of 20 ms, features and decoding
included, and through ``predict`` where that means the same, on one thread. Each chunk, and the
whole, counts with the best of several passes.
"""

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


def measure_system(name, n_rounds=5):
    """The stream, seconds per second of audio in chunks and as a whole, and the longest chunk."""
    localizer, n_channels = make_localizer(name)
    stream = StreamingLocalizer(localizer, fs=FS)
    signal = make_signal(DURATION)[-n_channels:]
    chunks = np.split(signal, signal.shape[1] // CHUNK, axis=1)
    turns = [stream.reset, *(partial(stream.push, chunk) for chunk in chunks)]
    if stream.mode_ in ("frames", "blocks"):
        turns.append(partial(localizer.predict, signal[None]))
    best = timed(turns, n_rounds).min(axis=0)[1:]
    whole = float(best[len(chunks) :].sum()) / DURATION
    return stream, best[: len(chunks)].sum() / DURATION, whole, best[: len(chunks)].max()


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


def measure(run):
    """Processor time, latency and the longest chunk of all systems."""
    torch.set_num_threads(1)
    for name in SYSTEMS:
        stream, in_chunks, whole, longest = measure_system(name, 1 if run.quick else 5)
        figures = {"real time": in_chunks, "whole": whole or None, "longest chunk": 1e3 * longest}
        figures |= {"period": 1e3 * stream.period, "latency": 1e3 * stream.latency}
        figures["aim"] = f"{MOST[name]} or less" if name in MOST else None
        run.add({"what": name, "mode": stream.mode_, "chunk": 1e3 * CHUNK / FS}, figures)
