"""What the studies share: options, sets of clips, trainings that are cached, rows of results."""

import shlex
import time
from copy import deepcopy
from functools import cached_property
from pathlib import Path

import numpy as np
from joblib import Memory
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy._binaural_data import varying_rooms
from benchmarks.accuracy._report import write_results
from benchmarks.accuracy._systems import NETWORK, PAPER, TRAINING, errors_beside, make_system
from benchmarks.accuracy.binaural import Bench
from benchmarks.accuracy.contrastive.clips import FixedRoom
from sslearn.deep_learning import Training

TESTS = {
    "speech, 15 dB": {},
    "speech, 25 dB": {"snr": 25.0},
    "speech, no noise": {"snr": None},
}
# In the studies of the fixed room alone: its directions, once each, need more epochs.
FIXED_EPOCHS = 2


class Studies(Bench):
    """Folders, sizes, clips and trainings of all studies.

    Parameters
    ----------
    args : argparse.Namespace
        Options of the command line.
    """

    def __init__(self, args):
        import torch

        super().__init__(args)
        torch.set_num_threads(1)
        # Where the processor has them, torch takes faster matrix products: twice as fast here.
        torch.set_float32_matmul_precision("medium")
        self._memory = Memory(Path(args.cache) / "models", verbose=0)

    @cached_property
    def fixed(self):
        """The fixed room."""
        return FixedRoom(
            self.data,
            Path(self.args.cache) / "fixed",
            seed=self.seed,
            step=self.size(2, 10),
            n_test=self.size(1000, 80),
        )

    def fixed_room(self):
        """Fixed room as it is published: the head turns, the training has no sensor noise."""
        tests = {name: self.fixed.test(moves="head", **kwargs) for name, kwargs in TESTS.items()}
        return self.fixed.train(moves="head", snr=None), tests

    def varying(self, n_train=None):
        """Varying rooms: clips to train on, and the two tests by name."""
        n_train = self.args.train if n_train is None else n_train
        return varying_rooms(self, self.size(n_train, 600), suffixes=("",))

    def sets(self):
        """Yield name, training clips and tests of both sets."""
        yield "varying rooms", *self.varying()
        yield "fixed room", *self.fixed_room()

    def fit(self, system, train, *, epochs=1.0, valid=(None, None), seed=None, **settings):
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
        seed : int, default=None
            Seed of the training; that of the command line if None.
        **settings : dict
            Parameters of the embedding or localizer.

        Returns
        -------
        model : Pipeline
            Scaler, embedding and neighbours, or scaler and network.
        seconds : float
            Time of the training.
        """
        seed = self.seed if seed is None else seed
        n_epochs = max(1, round(epochs * self.size(self.args.epochs, 4)))
        cached = self._memory.cache(_fit)
        return cached(system, *train, *valid, n_epochs, self.args.patience, seed, settings)

    def proceed(self, model, clips):
        """Continue the training of a system on other clips, which become its neighbours."""
        n_epochs = max(1, round(self.size(self.args.epochs, 4) / 2))
        return self._memory.cache(_continue)(model, *clips, n_epochs)

    def add(self, system, model, tests, *, published=None, **columns):
        """Add a row for each test of a trained system."""
        for name, (X, y) in tests.items():
            known = PAPER.get(published or name, {}).get(system)
            row = {"system": system, **columns, "test": name}
            self.add_row(row | errors_beside(y, model.predict(X), known))

    def add_row(self, row):
        """Add and print a row, without the columns that these studies do not use."""
        self.rows.append({k: v for k, v in row.items() if k not in ("lateral", "polar")})
        print(self.rows[-1], flush=True)

    def write(self, name, title, notes):
        """Write the rows that were gathered so far."""
        names = ("seed", "quick", "epochs", "train", "patience")
        settings = {key: getattr(self.args, key) for key in names} | TRAINING | NETWORK
        command = ["python", "-m", "benchmarks.accuracy.contrastive", name, *self.args.options]
        write_results(
            self.stem(name),
            title,
            self.rows,
            settings=settings,
            command=shlex.join(command),
            notes=notes,
            folder=self.args.out,
        )

    def picture(self, name):
        """Path of a picture."""
        folder = Path(self.args.out)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{self.stem(name)}.png"

    def stem(self, name):
        """Stem of the files of a study."""
        return f"contrastive_{name}" + ("_quick" if self.quick else "")


def _fit(system, X, y, X_val, y_val, n_epochs, patience, seed, settings):
    import torch

    torch.set_num_threads(1)
    # Where the processor has them, torch takes faster matrix products: twice as fast here.
    torch.set_float32_matmul_precision("medium")
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
    import torch

    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("medium")
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
