"""Training of PNN and SNet from raw audio beside a bare torch loop over the same batches.

Run with ``python -m benchmarks.speed.networks``. For each network it prints the time of a training
step on clips of 2 s from four microphones, the share that making the features has of it, which
shall be at most 25 %, and the ratio of ``NeuralLocalizer.fit`` to the bare loop, which shall be at
most 1.15. Both train the same network from the same weights with the same loss, optimizer and order
of samples, and make the features of each mini-batch anew, on one thread; processor time is taken,
which other programs on the machine disturb less than the clock on the wall.
"""

import argparse
import time

import numpy as np
import torch
from sklearn.pipeline import make_pipeline

from sslearn.deep_learning import NeuralLocalizer
from sslearn.deep_learning._engine import build_module
from sslearn.encoding import AdjacentDecoder, UnbiasedEncoding
from sslearn.features import STFT, FrameBlocks, PhaseMap, RealImag
from sslearn.networks import PNN, SNet

SPECTRA = STFT(512, hop_length=256, padding="zeros")
SYSTEMS = {
    "PNN": (PNN(), make_pipeline(SPECTRA, PhaseMap(drop_dc=True))),
    "SNet": (SNet(), make_pipeline(SPECTRA, RealImag(drop_dc=True), FrameBlocks(7))),
}


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
        optimizer="adamw",
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


def main():
    """Print times, shares and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n-samples", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    n_steps = args.epochs * -(-args.n_samples // args.batch_size)
    for name in SYSTEMS:
        fit, bare, features = measure(
            name, args.n_samples, args.batch_size, args.epochs, args.repeat
        )
        print(f"{name}: step of {args.batch_size} clips {fit / n_steps:6.3f} s in NeuralLocalizer,")
        print(f"      {bare / n_steps:6.3f} s in the bare loop, ratio {fit / bare:.2f} (<= 1.15);")
        print(f"      features {features / n_steps:6.3f} s, {features / bare:.1%} (<= 25 %)")


if __name__ == "__main__":
    main()
