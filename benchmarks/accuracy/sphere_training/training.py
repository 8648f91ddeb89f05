"""Training of ``recipes.ambisonic_crnn`` on clips that are turned and mirrored in each use.

It may be interrupted: rendered rooms and clips are kept, and it continues from its last checkpoint.
"""

import json
import time

import numpy as np
import soundfile
import torch

from benchmarks.accuracy._steps import train_steps
from benchmarks.accuracy._torch import set_up_torch
from benchmarks.accuracy.sphere.data import render
from benchmarks.accuracy.sphere_training.clips import (
    Mixer,
    draw_turns,
    render_babble,
    render_rooms,
)
from benchmarks.accuracy.sphere_training.first_block import (
    estimate_statistics,
    norm_after_pooling,
)
from sslearn import recipes
from sslearn.geometry import angles_to_unit_vectors, great_circle_distance, unit_vectors_to_angles
from sslearn.networks.layers import Affine

SHAPE = (6, 513, 25)
# Deviation of the components of a random unit vector over the slope of the sigmoid, and the input
# of the sigmoid at their mean, as the localizer computes them from targets all over the sphere.
RANGE = ([2 / 3**0.5] * 3, [0.0] * 3)
BATCH_SIZE = 16
VALIDATION_SEED = 7
_WARM_UP, _DECAY = 200, 0.4  # steps, and share of the steps
_STATISTICS = 20  # batches of the first statistics


def learning_rate(step, n_steps):
    """Warm-up, constant, then half a cosine to 0; it depends on ``n_steps`` at the end alone."""
    left = (n_steps - step) / (_DECAY * n_steps)
    return float(min(1, (step + 1) / _WARM_UP, 0.5 - 0.5 * np.cos(np.pi * min(1, left))))


def build(target="cartesian"):
    """Network of the recipe with the scaling of its outputs, before the sigmoid."""
    network = recipes.ambisonic_crnn(target).network.build(SHAPE, (3,))
    return torch.nn.Sequential(network, Affine(*RANGE))


class Pool:
    """Intensity of clips that are drawn once, and turned and mirrored in each use.

    Parameters
    ----------
    mixer : Mixer
        Source of the clips.
    path : Path
        File of the maps, which fills as clips are drawn.
    n_clips : int
        Number of clips.
    """

    def __init__(self, mixer, path, n_clips):
        self.mixer, self.rng = mixer, np.random.default_rng(0)
        self.features = recipes.ambisonic_crnn().batch_transform
        mode = "r+" if path.exists() else "w+"
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (n_clips, *SHAPE)
        # Intensity vectors are in [-1, 1], where half precision keeps three digits.
        self.maps = np.lib.format.open_memmap(path, mode=mode, dtype=np.float16, shape=shape)
        self.vectors = np.lib.format.open_memmap(
            path.with_suffix(".vectors.npy"), mode=mode, dtype=np.float64, shape=(n_clips, 3)
        )
        # Clips that were drawn before an interruption have a direction.
        self.n_drawn = int(np.any(self.vectors != 0, axis=1).sum())

    def draw(self):
        """Maps (n, 6, n_freqs, n_frames) and unit vectors (n, 3) of a batch."""
        if self.n_drawn < len(self.maps):
            rows = np.arange(self.n_drawn, min(self.n_drawn + BATCH_SIZE, len(self.maps)))
            self.mixer.rng = self.rng
            clips, y = self.mixer.draw(len(rows))
            self.maps[rows] = self.features.fit_transform(clips)
            self.vectors[rows] = angles_to_unit_vectors(y)
            self.n_drawn += len(rows)
        else:
            rows = self.rng.integers(len(self.maps), size=BATCH_SIZE)
        return turn(self.maps[rows], self.vectors[rows], self.rng)


def turn(maps, vectors, rng):
    """Maps and unit vectors of the same sound fields, turned and mirrored, as tensors."""
    turns = draw_turns(rng, len(maps))
    vectors = np.einsum("nij,nj->ni", turns, vectors)
    return turned(maps, turns), torch.from_numpy(vectors).float()


def turned(maps, turns):
    """Active and reactive intensity of sound fields that are turned by (n, 3, 3), a tensor."""
    maps = torch.from_numpy(maps).float().view(len(maps), 2, 3, -1)
    return torch.matmul(torch.from_numpy(turns).float()[:, None], maps).view(-1, *SHAPE)


def step_loss(net, batch):
    """Squared error of the components in [0, 1], mean over all frames."""
    maps, vectors = batch
    with torch.autocast("cpu", torch.bfloat16):
        outputs = net(maps)
    targets = (vectors[:, None] + 1) / 2
    return torch.mean(torch.square(torch.sigmoid(outputs.float()) - targets))


def outputs(net, maps, turns=None, batch_size=50):
    """Vectors (n, 3) of maps, the mean over frames; of turned fields, turned back."""
    net.eval()
    turns = np.tile(np.eye(3), (len(maps), 1, 1)) if turns is None else turns
    found = []
    with torch.inference_mode():
        for start in range(0, len(maps), batch_size):
            rows = slice(start, start + batch_size)
            found.append(2 * torch.sigmoid(net(turned(maps[rows], turns[rows]))).mean(1) - 1)
    net.train()
    return np.einsum("nji,nj->ni", turns, torch.cat(found).double().numpy())


class Report:
    """Errors on the clips of validation along the training, kept in a file.

    Parameters
    ----------
    path : Path
        File of the curve.
    maps : ndarray of shape (n_clips, 6, n_freqs, n_frames)
        Maps of the clips.
    y : ndarray of shape (n_clips, 2)
        Directions in degrees.
    every, n_steps : int
        Steps between two reports, and of the whole training.
    """

    def __init__(self, path, maps, y, every, n_steps):
        self.path, self.maps, self.y = path, maps, y
        self.every, self.n_steps = every, n_steps
        self.rows = json.loads(path.read_text()) if path.exists() else []
        self.before = self.rows[-1] if self.rows else {"step": 0, "minutes": 0, "processor": 0}
        self.started = time.time(), time.process_time()

    def __call__(self, net):
        """Measure, and return what is printed."""
        minutes, processor = (
            (now - then) / 60
            for now, then in zip((time.time(), time.process_time()), self.started, strict=True)
        )
        errors = great_circle_distance(unit_vectors_to_angles(outputs(net, self.maps)), self.y)
        last = self.rows[-1] if self.rows else self.before
        step = min(last["step"] + self.every, self.n_steps)
        self.rows.append(
            {
                "step": step,
                "clips": step * BATCH_SIZE,
                "minutes": self.before["minutes"] + minutes,
                "processor": self.before["processor"] + processor,
                "median": float(np.median(errors)),
                "mean": float(errors.mean()),
                "below 5": 100 * float(np.mean(errors < 5)),
            }
        )
        self.path.write_text(json.dumps(self.rows, indent=1))
        return " ".join(f"{name} {value:.2f}" for name, value in self.rows[-1].items())


def make_pool(folder, speech, noise, args):
    """Clips of the training."""
    blocks = render_rooms(folder / f"rooms_{args.rooms}", args.blocks, args.rooms)
    babble = render_babble(folder / f"babble_{args.babble}.npy", args.babble, speech)
    spoken = [soundfile.read(path, dtype="float32")[0] for path in speech.recordings]
    mixer = Mixer(blocks, babble, spoken, noise)
    name = f"pool_{args.blocks}_{args.rooms}_{args.babble}_{args.clips}.npy"
    return Pool(mixer, folder / name, args.clips)


def maps_of(X):
    """Maps of the audio of clips, float16."""
    features = recipes.ambisonic_crnn().batch_transform
    parts = [X[start : start + 50] for start in range(0, len(X), 50)]
    maps = [features.fit_transform(np.asarray(part)).astype(np.float16) for part in parts]
    return np.concatenate(maps)


def validation(folder, speech, noise, n_clips):
    """Maps and directions of clips with speakers and rooms of their own."""
    clips = render(
        folder / "validation", "test", n_clips,
        speech=speech, noise=noise, seed=VALIDATION_SEED, n_jobs=1,
    )  # fmt: skip
    return maps_of(clips.X), clips.y


def train(pool, held_out, folder, *, n_steps, lr=2e-3, seed=0, every=250):
    """Network after so many steps."""
    torch.manual_seed(seed)
    net = build()
    if not (folder / "checkpoint.pt").exists():
        estimate_statistics(net, (pool.draw()[0] for _ in range(_STATISTICS)))
    norm_after_pooling(net[0][1])
    folder.mkdir(parents=True, exist_ok=True)
    report = Report(folder / "curve.json", *held_out, 4 * every, n_steps)
    settings = {"lr": lr, "n_steps": n_steps, "seed": seed, "every": every}
    train_steps(net, pool, step_loss, folder, report=report, rate=learning_rate, **settings)
    return net


def weights_of(net):
    """``weights_`` of a localizer."""
    return {name: value.numpy() for name, value in net.state_dict().items()}


def trained(args, speech, noise):
    """Network, pool, clips of validation and learning curve; trained, continued or finished."""
    set_up_torch(1, "full")
    pool = make_pool(args.cache, speech["train"], noise, args)
    held_out = validation(args.cache, speech["validation"], noise, args.validation)
    names = ("blocks", "rooms", "babble", "clips", "steps", "validation", "lr", "seed")
    folder = args.cache / "_".join(["run", *(f"{getattr(args, name):g}" for name in names)])
    every = max(1, min(250, args.steps // 8))
    settings = {"n_steps": args.steps, "lr": args.lr, "seed": args.seed, "every": every}
    net = train(pool, held_out, folder, **settings)
    return net, pool, held_out, json.loads((folder / "curve.json").read_text())
