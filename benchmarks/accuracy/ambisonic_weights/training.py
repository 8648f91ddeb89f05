"""Training of the weights: ``python -m benchmarks.accuracy.ambisonic_weights.training``.

It renders 24 clips of each block, then trains. Both may be interrupted: rendered blocks are kept,
and training continues from its last checkpoint.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from benchmarks.accuracy._data import add_data_option, check_data_option
from benchmarks.accuracy._steps import train_steps
from benchmarks.accuracy.ambisonic_weights.data import make_music, render
from benchmarks.accuracy.any_array.data import FS, NOISES, read_sounds
from sslearn import recipes
from sslearn.geometry import great_circle_distance
from sslearn.simulation import Sounds

CLIPS_PER_BLOCK = 24
_N_PIECES = 40  # of music, 4 s each
_HELD_OUT = 10  # blocks of the errors that are printed in training
_DISTANCES = (0.5, 3.0)
_RADII = (0.01, 0.04)  # metres, of tetrahedra of microphones
_SNR = (-5.0, 30.0)
_P_SPEECH, _P_ENCODED, _P_WHITE = 0.7, 0.25, 0.4
_P_QUIET, _P_NARROWER = 0.2, 0.35
_TOP = (2000.0, 4000.0)  # Hz, of a narrower band
_LR = 3e-3
_FRAMES = (6, 61)  # 0.25 to 2 s
_FRAMES_PER_BATCH = 480
_LOUD_ENOUGH = 0.1  # power of the source, relative to that of the whole clip
_N_TRIES = 10
_GAIN = 0.5  # dB, deviation of the gain of a channel
_BIN = 1000 / 64  # Hz


def draw_block(path, seed, speech, music, recordings, max_order=None):
    """Clips with one kind of sound and of noise, rendered once."""
    rng = np.random.default_rng([24, seed])
    noise = NOISES[rng.integers(len(NOISES))]
    sounds = speech
    # Beside an interferer the target must be speech: two other sounds differ by level alone.
    if noise != "interferer" and rng.random() > _P_SPEECH:
        sounds = music if rng.random() < 0.5 else None
    radius = rng.uniform(*_RADII) if rng.random() < _P_ENCODED else None
    return render(
        path,
        CLIPS_PER_BLOCK,
        noise=noise,
        sounds=sounds,
        recordings=None if rng.random() < _P_WHITE else recordings,
        seed=int(rng.integers(2**31)),
        radius=radius,
        distance_range=_DISTANCES,
        max_order=max_order,
    )


def draw_blocks(folder, data, n_blocks, n_anechoic):
    """Blocks of clips in rooms, then without; those whose files exist are not rendered again."""
    speech, recordings = read_sounds(data, training=True)
    rng = np.random.default_rng(24)
    music = Sounds([make_music(rng, 4 * FS) for _ in range(_N_PIECES)])
    return [
        draw_block(
            folder / (f"block_{seed:04d}.npy" if seed < n_blocks else f"anechoic_{seed:04d}.npy"),
            seed,
            speech,
            music,
            recordings,
            max_order=None if seed < n_blocks else 0,
        )
        for seed in range(n_blocks + n_anechoic)
    ]


class Batches:
    """Random batches of excerpts, with another duration, band and level of noise each time.

    Parameters
    ----------
    blocks : list of Clips
        Clips.
    localizer : NeuralLocalizer
        Its features and targets are used.
    rng : numpy Generator
        Random numbers.
    """

    def __init__(self, blocks, localizer, rng):
        self.blocks, self.rng = blocks, rng
        self.features, self.encoding = localizer.batch_transform, localizer.encoding
        self.stft = self.features.named_steps["stft"]
        self.order = []

    def draw(self):
        """Maps (n, 7, n_freqs, n_frames) and targets (n, n_directions) of a batch."""
        rng = self.rng
        n_frames = round(np.exp(rng.uniform(*np.log(_FRAMES))))
        n_clips = min(48, _FRAMES_PER_BATCH // n_frames)
        n_times = self.stft.n_fft + (n_frames - 1) * self.stft.hop_length
        X, y = zip(*[self._excerpt(*self._next(), n_times) for _ in range(n_clips)], strict=True)
        maps = self.features.fit_transform(np.stack(X))
        if rng.random() < _P_NARROWER:
            maps = maps[:, :, : round(rng.uniform(*_TOP) / _BIN)]
        targets = self.encoding.fit(np.stack(y)).transform(np.stack(y))
        return torch.from_numpy(maps).float(), torch.from_numpy(targets).float()

    def _next(self):
        if not self.order:
            places = [(i, k) for i, block in enumerate(self.blocks) for k in range(len(block.y))]
            self.order = list(self.rng.permutation(places))
        i, row = self.order.pop()
        return self.blocks[i], row

    def _excerpt(self, block, row, n_times):
        """Excerpt (4, n_times) without a pause of the source, and its direction."""
        rng = self.rng
        power = np.square(block.sounds[0, row, 0], dtype=np.float32)
        for start in rng.integers(len(power) - n_times + 1, size=_N_TRIES):
            span = slice(start, start + n_times)
            if power[span].mean() > _LOUD_ENOUGH * power.mean():
                break
        snr = np.inf if rng.random() < _P_QUIET else rng.uniform(*_SNR)
        X = block.mix(snr, slice(row, row + 1), span)[0]
        gains = 10 ** (_GAIN / 20 * rng.standard_normal((4, 1)))
        return X * gains.astype(np.float32), block.y[row]


def errors(net, batches, encoding):
    """Errors in degrees of batches of maps and targets, decoded."""
    net.eval()
    with torch.inference_mode():
        spectra = [torch.softmax(net(maps), dim=1).numpy() for maps, _ in batches]
    net.train()
    found = np.concatenate([encoding.inverse_transform(part) for part in spectra])
    truth = [encoding.inverse_transform(targets.numpy()) for _, targets in batches]
    return great_circle_distance(found, np.concatenate(truth))


def step_loss(net, batch):
    """Mean cross-entropy of a batch."""
    maps, targets = batch
    return torch.nn.functional.cross_entropy(net(maps), targets)


def train(blocks, folder, *, n_steps, seed=0, every=100):
    """Network after so many steps."""
    torch.manual_seed(seed)
    localizer = recipes.ambisonic_histogram()
    rng = np.random.default_rng(seed)
    unseen = Batches(blocks[:_HELD_OUT], localizer, rng)
    held_out = [unseen.draw() for _ in range(20)]
    maps, targets = held_out[0]
    net = localizer.network.build(tuple(maps.shape[1:]), tuple(targets.shape[1:]))

    def report(net):
        found = errors(net, held_out, localizer.encoding)
        return f"{np.median(found):.2f} {found.mean():.2f} {(found < 5).mean():.0%}"

    batches = Batches(blocks[_HELD_OUT:], localizer, rng)
    settings = {"lr": _LR, "n_steps": n_steps, "seed": seed, "every": every}
    train_steps(net, batches, step_loss, folder, report=report, **settings)
    return net


def weights_of(net):
    """``weights_`` of a localizer, float32, and int16 for the tables of the grid."""
    return {
        # The localizer puts a module for the activation behind the network.
        f"0.{name}": value.to(torch.float32 if value.is_floating_point() else torch.int16).numpy()
        for name, value in net.state_dict().items()
    }


def main():
    """Render what is missing, and train or continue."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy.ambisonic_weights.training"
    )
    add_data_option(parser)
    parser.add_argument("--folder", type=Path, default=Path(".cache/ambisonic_weights"))
    parser.add_argument("--blocks", type=int, default=250, help="of 24 clips")
    parser.add_argument("--anechoic", type=int, default=40, help="blocks without reflections")
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=100, help="steps between checkpoints")
    args = parser.parse_args()
    check_data_option(parser, args)
    torch.set_num_threads(1)
    sizes = args.blocks, args.anechoic
    blocks = draw_blocks(args.folder / "training", Path(args.data), *sizes)
    run = args.folder / f"run_{args.blocks}_{args.anechoic}_{args.steps}_{args.seed}"
    net = train(blocks, run, n_steps=args.steps, seed=args.seed, every=args.every)
    save_file(weights_of(net), run / "ambisonic_histogram.safetensors")


if __name__ == "__main__":
    main()
