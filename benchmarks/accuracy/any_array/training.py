"""Training of the weights of masked SRP-PHAT: ``python -m benchmarks.accuracy.any_array.training``.

It renders 10 clips of each array, then trains. Both may be interrupted: what is rendered is kept,
and training continues from its last checkpoint.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from benchmarks.accuracy._data import add_data_option, check_data_option
from benchmarks.accuracy._steps import train_steps
from benchmarks.accuracy.any_array.data import read_sounds
from benchmarks.accuracy.any_array.training_data import render
from sslearn.decoding import AdjacentDecoder
from sslearn.doa._masked_srp_phat import SIZES
from sslearn.features import STFT
from sslearn.geometry import (
    angles_to_unit_vectors,
    array_dimension,
    circular_difference,
    grid_neighbors,
    icosahedral_grid,
    sphere_mesh,
    unit_vectors_to_angles,
)
from sslearn.networks import masked_srp_grid
from sslearn.networks._masked_srp_net import N_SUBDIVISIONS
from sslearn.networks.layers import (
    MaskedSteeringNet,
    array_steering,
    bin_features,
    masked_covariances,
)

_FS, _N_FFT, _HOP = 16000, 512, 256
_FREQ_RANGE = (200, 7000)
_ARRAYS_PER_BATCH = 3
_CLIPS_PER_ARRAY = 8
_LR = 3e-3
# Draws that make more arrays, durations and bands of the clips that there are.
_P_FEWER_MICS, _P_SHORTER, _P_NARROWER = 0.35, 0.35, 0.35
_MOVED = 3e-4  # metres, of each microphone
_SPEED = 0.005  # deviation of the speed of sound, relative


def spectra(audio):
    """Spectra (n, n_freqs, n_mics, n_frames) of the band, and their frequencies."""
    spectrum = STFT(_N_FFT, hop_length=_HOP, padding=None).transform(audio.astype(np.float32))
    freqs = np.fft.rfftfreq(_N_FFT, 1 / _FS)
    band = (freqs >= _FREQ_RANGE[0]) & (freqs < _FREQ_RANGE[1])
    return spectrum[:, :, band].swapaxes(1, 2), freqs[band]


def labels(vectors, grid):
    """Mean of the unbiased labels of the sources (n, n_sources, 3); NaN where one is absent."""
    around = angles_to_unit_vectors(grid)
    present = ~np.isnan(vectors[..., 0])
    found = folded(vectors[present], grid)
    directions = unit_vectors_to_angles(found)
    shares = np.zeros((len(found), len(grid)))
    if grid.ndim == 1:
        step = np.diff(grid)[0]
        apart = np.abs(circular_difference(directions[:, :1], grid))
        shares = np.clip(1 - apart / step, 0, None)
        shares[np.arange(len(found)), apart.argmin(axis=1)] += 1e-6
    else:
        # A half of the sphere is open: labels are those of the whole, without what is missing.
        whole = icosahedral_grid(N_SUBDIVISIONS)
        corners, values = sphere_mesh(whole).shares(directions)
        shares = np.zeros((len(found), len(whole)))
        np.put_along_axis(shares, corners, np.clip(values, 1e-6, None), axis=1)
        shares = shares[:, (around @ angles_to_unit_vectors(whole).T).argmax(axis=1)]
    shares /= shares.sum(axis=1, keepdims=True)
    targets = np.zeros((*present.shape, len(grid)))
    targets[present] = shares
    return targets.sum(axis=1) / present.sum(axis=1)[:, None]


class Batches:
    """Random batches: some arrays, with another band and duration each time."""

    def __init__(self, records, rng):
        self.records, self.rng = records, rng
        self.order = []

    def draw(self):
        """Groups (spectra, steering, targets), one for each array, of as many bins."""
        rng = self.rng
        n_frames = 61 if rng.random() > _P_SHORTER else int(rng.integers(16, 61))
        highest = 7000 if rng.random() > _P_NARROWER else rng.uniform(3400, 7000)
        groups = []
        while len(groups) < _ARRAYS_PER_BATCH:
            if not self.order:
                self.order = list(rng.permutation(len(self.records)))
            groups.append(self._group(self.records[self.order.pop()], n_frames, highest))
        return groups

    def _group(self, record, n_frames, highest):
        rng = self.rng
        mics, audio = record.mic_positions, record.audio
        mics, audio = self._fewer(mics, audio, record.n_angles)
        clips = rng.permutation(len(audio))[:_CLIPS_PER_ARRAY]
        n_times = _N_FFT + (n_frames - 1) * _HOP
        start = int(rng.integers(0, audio.shape[2] - n_times + 1))
        X, freqs = spectra(audio[clips, :, start : start + n_times])
        band = freqs < highest
        yaw = rng.uniform(-np.pi, np.pi)
        turn = np.array([[np.cos(yaw), np.sin(yaw), 0], [-np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
        mics = mics @ turn
        n_angles = record.n_angles
        grid = masked_srp_grid(mics, n_angles)
        moved = mics + rng.normal(0, _MOVED, mics.shape)
        speed = 343.0 * (1 + _SPEED * rng.standard_normal())
        steering = array_steering(moved, grid, freqs[band], speed_of_sound=speed, shape=mics)
        targets = labels(record.sources[clips] @ turn, grid)
        return torch.from_numpy(X[:, band]), steering, torch.from_numpy(targets).float()

    def _fewer(self, mics, audio, n_angles):
        """The array, or some of its microphones that can still tell the directions apart."""
        rng, n_mics = self.rng, len(mics)
        if n_mics > 2 and rng.random() < _P_FEWER_MICS:
            kept = np.sort(rng.permutation(n_mics)[: rng.integers(2, n_mics)])
            part = mics[kept]
            flat = np.ptp(part[:, :2], axis=0).max() > 0.01
            same = array_dimension(part) == array_dimension(mics)
            if flat and (same or array_dimension(part) > 1 or n_angles == 1):
                return part, audio[:, kept]
        return mics, audio


def step_loss(net, groups):
    """Mean cross-entropy of the clips of a batch; the masks' convolutions see all at once."""
    with torch.no_grad():
        features = torch.cat([bin_features(X, steering) for X, steering, _ in groups])
    masks = net.masks(features).split([len(X) for X, _, _ in groups])
    losses = []
    for (X, steering, targets), mask in zip(groups, masks, strict=True):
        scores = net.directions(masked_covariances(X, mask), steering)
        excess = -(targets * torch.log_softmax(scores, dim=1)).sum(dim=1)
        losses.append(excess - torch.special.entr(targets).sum(dim=1))
    return torch.cat(losses).mean()


def errors(net, records):
    """Errors in degrees of clips with one talker, azimuth alone or on the sphere, and their SNR."""
    net.eval()
    rows = []
    with torch.inference_mode():
        for record in records:
            if record.sources.shape[1] > 1:
                continue
            mics, n_angles = record.mic_positions, record.n_angles
            grid = masked_srp_grid(mics, n_angles)
            X, freqs = spectra(record.audio)
            scores = net(torch.from_numpy(X), array_steering(mics, grid, freqs, shape=mics))
            found = decode(torch.softmax(scores, dim=1).numpy(), grid)
            truth = record.sources[:, 0]
            truth = folded(truth, grid)
            cosine = (angles_to_unit_vectors(found) * truth).sum(axis=1)
            error = np.rad2deg(np.arccos(np.clip(cosine, -1, 1)))
            rows.append(np.column_stack([error, 0 * error + n_angles, record.snr]))
    net.train()
    return np.concatenate(rows)


def folded(vectors, grid):
    """The same vectors, or their mirror images on the side of the grid."""
    normal = angles_to_unit_vectors(grid).mean(axis=0)
    if np.linalg.norm(normal) < 0.1:
        return vectors
    normal /= np.linalg.norm(normal)
    return vectors - np.minimum(2 * vectors @ normal, 0)[:, None] * normal


def decode(spectrum, grid, n_adjacent=5):
    """Centre of the highest peak."""
    return AdjacentDecoder(n_adjacent).decode(spectrum, grid, neighbors=grid_neighbors(grid))


def summary(rows):
    """Median, mean and share within 5 degrees, of azimuths and on the sphere."""
    parts = []
    for n_angles in (1, 2):
        e = rows[rows[:, 1] == n_angles, 0]
        if len(e):
            parts.append(f"{n_angles}: {np.median(e):.2f} {e.mean():.2f} {(e < 5).mean():.0%}")
    return ", ".join(parts)


def train(records, held_out, output, *, n_steps, seed=0, every=100, alter=None):
    """Train, or continue, to the last of so many steps; ``alter`` changes the network before."""
    torch.manual_seed(seed)
    net = MaskedSteeringNet(**SIZES)
    if alter is not None:
        alter(net)
    batches = Batches(records, np.random.default_rng(seed))
    report = (lambda net: summary(errors(net, held_out))) if held_out else None
    settings = {"lr": _LR, "n_steps": n_steps, "seed": seed, "every": every}
    train_steps(net, batches, step_loss, Path(output), report=report, **settings)
    return net


def read_clips(data, folder, n_arrays, n_white, n_held_out):
    """Clips that are held out, and of training; those that are missing are rendered.

    Parameters
    ----------
    data : Path
        Folder of measured data, with speech and noise.
    folder : Path
        Folder of the clips.
    n_arrays, n_white, n_held_out : int
        Arrays with speech and with white noise to train on, and arrays that measure the errors.

    Returns
    -------
    held_out, records : list of Clips
        Clips of each array.
    """
    speech, recordings = read_sounds(data, training=True)
    held_out = render(folder / "held_out", n_held_out, read_sounds(data), first=100_000)
    records = render(folder / "training", n_arrays, (speech, recordings))
    return held_out, records + render(
        folder / "training", n_white, (None, recordings), first=900_000
    )


def main(argv=None):
    """Render what is missing, and train or continue."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.any_array.training")
    add_data_option(parser)
    parser.add_argument("--folder", type=Path, default=Path(".cache/any_array"))
    parser.add_argument("--arrays", type=int, default=2000, help="with speech")
    parser.add_argument("--white", type=int, default=200, help="arrays with sources of white noise")
    parser.add_argument("--held-out", type=int, default=40, help="arrays that measure the errors")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=100, help="steps between checkpoints")
    args = parser.parse_args(argv)
    check_data_option(parser, args)
    torch.set_num_threads(1)
    sizes = args.arrays, args.white, args.held_out
    held_out, records = read_clips(Path(args.data), args.folder, *sizes)
    run = args.folder / f"run_{args.arrays}_{args.white}_{args.steps}_{args.seed}"
    net = train(records, held_out, run, n_steps=args.steps, seed=args.seed, every=args.every)
    # Named as in a localizer, whose network comes first.
    save_file(torch.nn.Sequential(net).state_dict(), run / "masked_srp_phat.safetensors")


if __name__ == "__main__":
    main()
