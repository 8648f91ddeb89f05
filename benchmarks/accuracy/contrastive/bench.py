"""What the parts share: sets of clips, and trainings that are cached."""

import time
from copy import deepcopy
from pathlib import Path

import numpy as np
from joblib import Memory
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy.binaural.data import Scenes, varying_rooms
from benchmarks.accuracy.binaural.systems import TRAINING, errors, make_system
from benchmarks.accuracy.contrastive.clips import FixedRoom
from sslearn.deep_learning import Training

TESTS = {
    "speech, 15 dB": {},
    "speech, 25 dB": {"snr": 25.0},
    "speech, no noise": {"snr": None},
}
# In the fixed room alone: its directions, once each, need more epochs.
FIXED_EPOCHS = 2


class Bench(Scenes):
    """Clips and trainings of a run.

    Parameters
    ----------
    run : Run
        What is run.
    """

    def __init__(self, run):
        super().__init__(run.args)
        self.run = run
        self._memory = Memory(Path(run.args.cache) / "models", verbose=0)

    def room(self, n_test):
        """The fixed room, tested from so many directions."""
        cache = Path(self.args.cache) / "fixed"
        options = {"seed": self.seed, "step": self.args.step, "n_test": n_test}
        return FixedRoom(self.data, cache, **options)

    def fixed_room(self, n_test):
        """Fixed room as it is published: the head turns, no sensor noise in training."""
        room = self.room(n_test)
        tests = {name: room.test(moves="head", **kwargs) for name, kwargs in TESTS.items()}
        return room.train(moves="head", snr=None), tests

    def varying(self):
        """Varying rooms: clips to train on, and the two tests by name."""
        return varying_rooms(self, suffixes=("",))

    def sets(self):
        """Yield name, training clips and tests of both sets; half the tests in the fixed room."""
        yield "varying rooms", *self.varying()
        yield "fixed room", *self.fixed_room(self.args.test_clips // 2)

    def fit(self, system, train, *, epochs=1.0, valid=(None, None), **settings):
        """Train a system, or read it from the cache.

        Parameters
        ----------
        system : str
            One of ``SYSTEMS``.
        train : tuple of (ndarray, ndarray)
            Cues and directions.
        epochs : float, default=1.0
            Factor of the number of epochs.
        valid : tuple of (ndarray, ndarray), default=(None, None)
            Cues and directions that choose the epoch; a part of ``train`` if None.
        **settings : dict
            Parameters of the embedding or localizer.

        Returns
        -------
        model : Pipeline
            Scaler, embedding and neighbours, or scaler and network.
        seconds : float
            Time of the training.
        """
        n_epochs = max(1, round(epochs * self.args.epochs))
        fit = self._memory.cache(_fit)
        return fit(system, *train, *valid, n_epochs, self.args.patience, self.seed, settings)

    def proceed(self, model, clips):
        """Continue the training of a system on other clips, which become its neighbours."""
        return self._memory.cache(_continue)(model, *clips, max(1, round(self.args.epochs / 2)))

    def add(self, system, model, tests, settings, figures=None, **measured):
        """Add a row for each test of a trained system."""
        for name, (X, y) in tests.items():
            found = errors(y, model.predict(X)) | (figures or {})
            self.run.add(settings | {"system": system, "test": name}, found, **measured)


def _set_up_torch():
    import torch

    torch.set_num_threads(1)
    # Faster matrix products where the processor supports them, twice as fast here.
    torch.set_float32_matmul_precision("medium")


def _fit(system, X, y, X_val, y_val, n_epochs, patience, seed, settings):
    _set_up_torch()
    parameters = {"random_state": seed} | ({} if system == "LEM" else {"max_epochs": n_epochs})
    training = {**TRAINING, "training": Training(patience=patience)}
    model = make_system(system, parameters, training)
    scaler, learner = model[0].fit(X), model[1].set_params(**settings)
    start = time.perf_counter()
    arguments = {} if system == "LEM" else {"y": y}
    if X_val is not None:
        arguments |= {"X_val": scaler.transform(X_val), "y_val": y_val}
    learner.fit(scaler.transform(X), **arguments)
    if len(model) > 2:
        model[2].fit(learner.transform(scaler.transform(X)), y)
    return model, time.perf_counter() - start


def _continue(model, X, y, n_epochs):
    _set_up_torch()
    scaler, embedding, neighbors = deepcopy(model)
    embedding.set_params(warm_start=True, max_epochs=n_epochs, lr=embedding.lr / 10)
    Z = embedding.fit_transform(scaler.transform(X), y)
    return make_pipeline(scaler, embedding, neighbors.fit(Z, y))


def nearest(X, X_test, *, scaled=True):
    """Row of X that is nearest to each row of ``X_test``, in standardised or in raw cues."""
    from sklearn.neighbors import NearestNeighbors

    if scaled:
        scaler = StandardScaler().fit(X)
        X, X_test = scaler.transform(X), scaler.transform(X_test)
    neighbors = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(X)
    return neighbors.kneighbors(X_test, return_distance=False)[:, 0]


def embed(model, X):
    """Embedding of a trained system."""
    return np.asarray(model[1].transform(model[0].transform(X)))
