"""Write the model files that later versions must open: ``python write_files.py FOLDER``.

Files that are in the repository are never written again; a new format, or a new kind of estimator,
gets a folder of its own. ``expected.json`` holds the predictions, for inputs that NumPy draws.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sslearn
from sslearn import recipes
from sslearn.embedding import LaplacianEigenmaps
from sslearn.encoding import UnbiasedEncoding
from sslearn.geometry import circular_array, circular_grid
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.networks import MLP, PNN, IPDNet2
from sslearn.persistence import describe

RADIUS = 0.05
ARRAY = circular_array(4, RADIUS)
SHORT = {"max_epochs": 2, "random_state": 0, "device": "cpu"}
FRAMES = {"batch_transform__stft__n_fft": 64, "batch_transform__stft__hop_length": 64}


def make_audio(seed, n_samples, n_channels, n_times):
    """Noise that reaches each channel of a circle some samples later, and its azimuths."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((n_samples, n_times + 16))
    azimuth = 40.0 * (np.arange(n_samples) % 5 - 2)
    X = np.empty((n_samples, n_channels, n_times), np.float32)
    for i, channel in np.ndindex(n_samples, n_channels):
        angle = azimuth[i] - 360 * channel / n_channels
        start = 8 + round(RADIUS * np.cos(np.deg2rad(angle)) / 343 * 16000)
        X[i, channel] = noise[i, start : start + n_times]
    return X + 0.1 * rng.standard_normal(X.shape, np.float32), azimuth


def make_features(seed, n_samples):
    """Numbers that turn with an azimuth."""
    y = np.random.default_rng(seed).uniform(-180, 180, n_samples)
    return np.cos(np.deg2rad(y)[:, None] + np.arange(8)), y


def make_inputs(kind, seed):
    """Samples of one kind: "array", "ears", "track" or "features"."""
    shapes = {"array": (10, 4, 1600), "ears": (20, 2, 1600), "track": (2, 4, 1200)}
    return make_features(seed, 40) if kind == "features" else make_audio(seed, *shapes[kind])


def make_models():
    """Estimators to fit, by name, with the kind of their inputs."""
    knn = make_pipeline(StandardScaler(), KNeighborsLocalizer(3))
    small = {"siameseembedding__" + name: value for name, value in SHORT.items()}
    siamese = recipes.siamese(n_neighbors=3).set_params(
        binauralcues__n_fft=64, siameseembedding__network=MLP((8,)), **small
    )
    network = recipes.phase_network().set_params(
        network=PNN(4, hidden_layer_sizes=(8,)),
        encoding=UnbiasedEncoding(circular_grid(20)),
        **SHORT,
        **FRAMES,
    )
    # Few frequencies: the tables of the encoding are most of the file.
    tracks = recipes.ipdnet2(ARRAY, fs=2000, grid=circular_grid(60))
    tracks.set_params(network=IPDNet2(8, n_layers=2, n_groups=4), **SHORT)
    eigenmaps = LaplacianEigenmaps(2, n_neighbors=5, random_state=0)
    return {
        "srp_phat": (recipes.srp_phat(ARRAY, n_fft=64, grid=circular_grid(10)), "array"),
        "siamese": (siamese, "ears"),
        "phase_network": (network, "array"),
        "ipdnet2": (tracks, "track"),
        "search": (GridSearchCV(knn, {"kneighborslocalizer__n_neighbors": [2, 4]}), "features"),
        "eigenmaps": (eigenmaps, "features"),
    }


def answer(model, X):
    """Predictions, or coordinates, as plain lists."""
    return (model.predict if hasattr(model, "predict") else model.transform)(X)


def main(folder):
    """Fit all models, and write them with what they predict."""
    folder.mkdir(parents=True)
    expected = {}
    for name, (model, kind) in make_models().items():
        X, y = make_inputs(kind, seed=0)
        if kind == "track":
            y = np.repeat(y[:, None, None, None], 6, axis=1)
        card = {"data": f"{len(X)} samples of {kind}", "scores": {"training": 1.0}}
        sslearn.save(model.fit(X, y), folder / f"{name}.sslearn", card=card)
        predicted = answer(model, make_inputs(kind, seed=1)[0])
        expected[name] = {
            "class": type(model).__name__,
            "version": sslearn.__version__,
            "contract": describe(folder / f"{name}.sslearn").contract,
            "card": card,
            "kind": kind,
            "seed": 1,
            "predictions": predicted.tolist(),
        }
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
