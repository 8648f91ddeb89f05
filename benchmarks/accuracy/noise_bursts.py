"""Learning curve of IPDNet2 on bursts of noise without a room: does a system for tracks learn?

Run with ``python -m benchmarks.accuracy.noise_bursts``: 500 steps of the tiny network, each on 8
new clips of 1 s, on one thread in about ten minutes, and the loss on fixed clips after every 100
steps. It shall start near 0.47 and end below 0.05. Detections come later: an output passes the
threshold only if its distance from a direction is below 0.12.

Clips have up to two talkers, bursts of white noise that may overlap, at five microphones, one in
the centre of the others, with uncorrelated noise 20 dB below. ``--quick`` takes 40 steps of a
narrow network.
"""

import argparse
import time

import numpy as np
import torch

from sslearn import recipes
from sslearn.datasets import make_plane_waves
from sslearn.deep_learning._engine import build_module
from sslearn.geometry import circular_array
from sslearn.losses import get_loss
from sslearn.networks import IPDNet2

MICS = np.vstack([np.zeros((1, 3)), circular_array(4, 0.03)])
N_FRAMES, FRAME = 10, 1600  # labels of 100 ms


def make_bursts(n_clips, rng, snr=20.0):
    """Clips of 1 s with up to two bursts, and their tracks, NaN where a source is silent."""
    starts = rng.integers(0, 6, (n_clips, 2))
    ends = starts + rng.integers(3, N_FRAMES + 1, (n_clips, 2))
    frames = np.arange(N_FRAMES)
    active = (frames >= starts[..., None]) & (frames < ends[..., None])
    active &= rng.random((n_clips, 2, 1)) < 0.8
    sounds = rng.standard_normal((n_clips, 2, N_FRAMES * FRAME)) * np.repeat(active, FRAME, 2)
    directions = rng.uniform(-180, 180, (n_clips, 2, 1))
    X, _ = make_plane_waves(
        n_clips,
        mic_positions=MICS,
        sounds=sounds,
        n_sources=2,
        directions=directions,
        duration=1.0,
        snr=snr,
        random_state=rng.integers(2**31),
        return_X_y=True,
    )
    y = np.where(active, directions, np.nan).transpose(0, 2, 1)
    return X, y[..., None]


class Learner:
    """Training of a network on new clips in each step.

    Parameters
    ----------
    network : NetworkRecipe
        Network.
    random_state : int, default=0
        Seed of clips and weights.
    lr : float, default=1e-3
        Learning rate.
    """

    def __init__(self, network, *, random_state=0, lr=1e-3):
        system = recipes.ipdnet2(MICS)
        self.rng = np.random.default_rng(random_state)
        self.features, self.encoding = system.batch_transform, system.encoding
        X, y = make_bursts(2, self.rng)
        input_shape = self.features.fit_transform(X).shape[1:]
        self.encoding.fit(y)
        spec = self.encoding.output_spec_
        self.loss = get_loss(spec.loss)
        build = lambda: network.build(input_shape, spec.shape)  # noqa: E731
        self.module = build_module(build, random_state, torch.float32, "cpu")
        self.optimizer = torch.optim.AdamW(self.module.parameters(), lr=lr, fused=True)

    def prepare(self, n_clips):
        """New clips as tensors."""
        X, y = make_bursts(n_clips, self.rng)
        maps = np.ascontiguousarray(self.features.transform(X), dtype=np.float32)
        targets = self.encoding.transform(y).astype(np.float32)
        return torch.from_numpy(maps), torch.from_numpy(targets)

    def step(self, maps, targets):
        """Loss of a batch before one step on it."""
        self.optimizer.zero_grad()
        loss = self.loss(self.module(maps), targets)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.inference_mode()
    def evaluate(self, maps, targets):
        """Loss of fixed clips."""
        return self.loss(self.module(maps), targets).item()


def main():
    """Print the curve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="a narrow network, 40 steps")
    args = parser.parse_args()
    torch.set_num_threads(1)
    network, n_steps = (IPDNet2(16, n_layers=2), 40) if args.quick else (IPDNet2.tiny(), args.steps)
    learner = Learner(network)
    fixed = learner.prepare(64)
    start = time.process_time()
    for i in range(n_steps + 1):
        if i % max(1, n_steps // 5) == 0:
            seconds = time.process_time() - start
            print(f"step {i}: loss {learner.evaluate(*fixed):.4f}, {seconds:.0f} s", flush=True)
        learner.step(*learner.prepare(args.batch_size))


if __name__ == "__main__":
    main()
