"""Training of the weights: ``python -m benchmarks.accuracy.heads_weights.training``.

It renders clips of all heads, then trains in stages. Both may be interrupted: rendered clips are
kept, and training continues after the last finished stage.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy._data import add_data_option, check_data_option, read, skipping
from benchmarks.accuracy.any_array.data import read_sounds
from benchmarks.accuracy.binaural.data import with_mirror_images
from benchmarks.accuracy.heads_weights import data
from benchmarks.accuracy.heads_weights.clips import Cues
from sslearn import recipes
from sslearn.deep_learning import Training
from sslearn.simulation import Sounds

# Epochs and first learning rate of each stage, which ends at 0.
STAGES = ((8, 2e-3), (6, 5e-4))
BATCH_SIZE = 256
# Elevation in degrees of clips to train on: with those above, azimuths at ear level are worse.
HIGHEST = 50.0


def render(folder, measured, n_rounds, n_responses):
    """Cues of all heads, so many rounds of them, and of the held-out heads; kept in a folder.

    Parameters
    ----------
    folder : Path
        Folder of the cues, a file for each head and round; those that are there are not rendered
        again.
    measured : Path
        Folder of measured data.
    n_rounds : int
        Number of rounds, with other rooms, clips and sizes of the heads.
    n_responses : int
        Responses of each head and round; four clips each.

    Returns
    -------
    training, held_out : Cues
        Cues.
    """
    speech, recordings = read_sounds(measured, training=True)
    noises = Sounds(recordings)

    def cues(name, k, heads):
        for i, (head, load) in enumerate(heads.items()):
            path = folder / f"{name}_{k:02d}_{i:02d}_{n_responses}.npz"
            with skipping(head):
                if not path.exists():
                    seed = [i, k] if name == "training" else [i, 1000]
                    clips = data.training_cues(read(load), n_responses, speech, noises, seed=seed)
                    clips.save(path)
                    print(path.name, flush=True)
                yield Cues.load(path)

    held_out = list(cues("held_out", 0, data.held_out_heads(measured)))
    heads = data.training_heads(measured)
    training = [part for k in range(n_rounds) for part in cues("training", k, heads)]
    return Cues.join(training), Cues.join(held_out)


def train(training, held_out, folder, *, stages=STAGES, seed=0):
    """Train in stages, each from the weights of the one before, which is kept in the folder.

    Parameters
    ----------
    training, held_out : Cues
        Cues to train on, and those whose errors are shown.
    folder : Path
        Folder of the weights of each stage.
    stages : tuple of (int, float), default=STAGES
        Epochs and learning rate of each.
    seed : int, default=0
        Seed.

    Returns
    -------
    weights : dict of str to ndarray
        Weights, for cues as they are.
    """
    used = training.y[:, 1] <= HIGHEST
    X, y = with_mirror_images(training.X[used].astype(np.float32), training.y[used])
    scaler = StandardScaler().fit(X)
    X = scaler.transform(X)
    validation = {"X_val": scaler.transform(held_out.X.astype(np.float32)), "y_val": held_out.y}
    folder.mkdir(parents=True, exist_ok=True)
    last = None
    for i, (n_epochs, lr) in enumerate(stages):
        path = folder / f"stage_{i}.safetensors"
        if not path.exists():
            localizer = recipes.feed_forward(weights="heads", device="cpu", random_state=seed + i)
            localizer = localizer[-1].set_params(
                weights=last,
                max_epochs=n_epochs,
                lr=lr,
                batch_size=BATCH_SIZE,
                training=Training("adamw", schedule="cosine", keep="last"),
            )
            localizer.fit(X, y, **validation)
            save_file(localizer.weights_, path)
            print(path.name, localizer.history_["valid_error"].round(2), flush=True)
        last = path
    return fold_scaler(load_file(last), scaler)


def fold_scaler(weights, scaler):
    """Weights for inputs as they are, of those for scaled ones, in single precision.

    Parameters
    ----------
    weights : dict of str to ndarray
        Weights of an MLP.
    scaler : StandardScaler
        Fitted scaler.

    Returns
    -------
    weights : dict of str to ndarray
        Weights with ``W / scale`` and ``b - W mean / scale`` in the first layer.
    """
    first = weights["0.1.weight"] / scaler.scale_
    folded = {"0.1.weight": first, "0.1.bias": weights["0.1.bias"] - first @ scaler.mean_}
    kept = {k: v for k, v in weights.items() if not k.endswith("num_batches_tracked")}
    return {name: np.float32(value) for name, value in (kept | folded).items()}


def main():
    """Render what is missing, and train or continue."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.heads_weights.training")
    add_data_option(parser)
    parser.add_argument("--folder", type=Path, default=Path(".cache/heads_weights"))
    parser.add_argument("--rounds", type=int, default=5, help="of all heads")
    parser.add_argument("--responses", type=int, default=150, help="of each head and round")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    check_data_option(parser, args)
    torch.set_num_threads(1)
    clips = render(args.folder / "training", Path(args.data), args.rounds, args.responses)
    run = args.folder / f"run_{args.rounds}_{args.responses}_{args.seed}"
    save_file(train(*clips, run, seed=args.seed), run / "feed_forward_heads.safetensors")


if __name__ == "__main__":
    main()
