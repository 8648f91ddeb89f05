"""Scenes, trainings and scores of the study."""

import os
import time
from functools import cache

import joblib
import numpy as np
import torch
from sklearn.preprocessing import normalize

from benchmarks.accuracy._torch import set_up_torch
from benchmarks.accuracy.audio_visual.guesses import figures
from benchmarks.accuracy.audio_visual.systems import LONG
from sslearn.audiovisual import WindowContrast
from sslearn.datasets import make_scenes

# Seeds of the scenes. No setting was chosen on test scenes of this seed.
SEEDS = {"train": 0, "validation": 1, "test": 2026}
_N_DRAWN = 5
_make = cache(make_scenes)  # once in a process


def scenes(part, n_scenes):
    """The first scenes for training, validation or test."""
    return _make(n_scenes, random_state=SEEDS[part])


def measure(system, seed, sizes, folder):
    """Train a system with a seed, and score it.

    Parameters
    ----------
    system : System
        System.
    seed : int
        Seed of the weights, of the order, and of the views; the scenes stay.
    sizes : dict
        Numbers of scenes, epochs of the pretext, and ``max_epochs`` or None.
    folder : Path
        Folder of the features.

    Returns
    -------
    figures : dict
        Scores with the own sound and with another one, curve, maps, and processor time.
    """
    set_up_torch(1, "full")
    localizer, found = system.make(), {}
    if sizes["max_epochs"] is not None:
        localizer.set_params(max_epochs=sizes["max_epochs"])
    localizer.set_params(memory=str(folder / "features"), random_state=seed, device="cpu")
    if system.small:
        weights, found["pretext seconds"] = _pretext(seed, sizes, folder)
        localizer.set_params(image_network__weights=weights)
    train = scenes("train", sizes["n_train"])
    validation = scenes("validation", sizes["n_validation"])
    start = time.process_time()
    localizer.fit(train.data, X_val=validation.data, y_val=validation.target)
    found |= {"seconds": time.process_time() - start, "curve": _curve(localizer)}
    if system.small:
        found["agreement"] = _agreement(localizer.module_.image.network, validation)
    return found | scores(localizer, sizes["n_test"])


def _pretext(seed, sizes, folder):
    """Weights of the label-free network, and the processor time that they took."""
    path = folder / f"pretext_{sizes['n_train']}_{sizes['pretext_epochs']}_{seed}.joblib"
    if not path.exists():
        start = time.process_time()
        pretext = WindowContrast(max_epochs=sizes["pretext_epochs"], random_state=seed)
        weights = pretext.fit(scenes("train", sizes["n_train"]).data).weights_
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, (weights, time.process_time() - start))
    return joblib.load(path)


def scores(localizer, n_test):
    """Figures with the own sound and with that of another scene, and the first maps."""
    test = scenes("test", n_test)
    # Each picture gets the sound of another scene, in an order that all systems share.
    shuffled = test.data.assign(audio=np.roll(test.data["audio"].to_numpy(), 1))
    maps = localizer.similarity_map(test.data)
    found = figures(test.target, maps)
    others = figures(test.target, localizer.similarity_map(shuffled))
    found |= {f"shuffled {score}": value for score, value in others.items()}
    found["gap"] = found["pointing"] - found["shuffled pointing"]
    return found | {"maps": maps[:_N_DRAWN].astype(float).round(2).tolist()}


def train_longer(sizes, seed, hours, n_epochs, folder):
    """Train SSPL with predictive coding for hours, in rounds with views of their own.

    Features of the views stay in memory: on disk, each round would leave as many as a whole study.

    Parameters
    ----------
    sizes : tuple of (int, int, int)
        Scenes for training, validation and test.
    seed : int
        Seed of the first round.
    hours : float
        Hours after which no round begins.
    n_epochs : int
        Epochs of a round, which begins with a new optimizer.
    folder : Path
        Folder of what the last round has reached.

    Returns
    -------
    figures : dict
        As of :func:`measure`, with hours and epochs.
    """
    set_up_torch(1, "full")
    n_train, n_validation, n_test = sizes
    train, validation = scenes("train", n_train), scenes("validation", n_validation)
    path = folder / f"long_{n_train}_{seed}.joblib"
    path.parent.mkdir(parents=True, exist_ok=True)
    localizer = LONG.make().set_params(warm_start=True, max_epochs=n_epochs, device="cpu")
    took = {"seconds": 0.0, "hours spent": 0.0, "curve": []}
    if path.exists():
        localizer, took = joblib.load(path)
    while not took["curve"] or took["hours spent"] < hours:
        start, cpu = time.perf_counter(), time.process_time()
        localizer.set_params(random_state=seed + len(took["curve"]))
        localizer.fit(train.data, X_val=validation.data, y_val=validation.target)
        took["curve"] += _curve(localizer)
        took["hours spent"] += (time.perf_counter() - start) / 3600
        took["seconds"] += time.process_time() - cpu
        _replace(path, (localizer, took))
        print(f"    {len(took['curve'])} epochs, AUC {took['curve'][-1]:.3f}", flush=True)
    return took | {"epochs": len(took["curve"])} | scores(localizer, n_test)


def _agreement(network, scenes):
    """Share of the objects whose nearest neighbour, by the features at their centres, is of a kind.

    Neighbours are those of the largest cosine among all objects of the scenes.
    """
    pictures = torch.from_numpy(np.stack(scenes.data["image"].to_list())).permute(0, 3, 1, 2)
    with torch.inference_mode():
        features = network(pictures.float() / 255).numpy()
    boxes = np.stack(scenes.metadata["boxes"].to_list())  # (n_scenes, n_objects, 4)
    centres = (boxes[..., :2] + boxes[..., 2:]) / 2
    columns, rows = np.moveaxis((centres * features.shape[-1]).astype(int), -1, 0)
    found = features[np.arange(len(features))[:, None], :, rows, columns]
    found = normalize(found.reshape(-1, features.shape[1]))
    kinds = np.stack(scenes.metadata["classes"].to_list()).ravel()
    cosines = found @ found.T
    np.fill_diagonal(cosines, -np.inf)
    return float(np.mean(kinds[cosines.argmax(axis=1)] == kinds))


def _curve(localizer):
    """Area on the validation scenes after each epoch."""
    return (1 - localizer.history_["valid_error"]).round(4).tolist()


def _replace(path, value):
    """Write a file whole or not at all."""
    unfinished = path.with_name(f"{path.name}.part")
    joblib.dump(value, unfinished)
    os.replace(unfinished, path)
