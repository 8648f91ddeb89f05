"""Training time of SiameseEmbedding beside a bare torch loop over the same batches.

Both train the same network from the same weights with the same loss, optimizer, order of samples
and validation, on one thread. On a busy machine several threads of torch wait for each other
actively and are ten times slower; ``OMP_WAIT_POLICY=passive`` cures it.
"""

import numpy as np
import torch

from benchmarks.timing import compared
from sslearn.deep_learning._engine import build_module
from sslearn.embedding import SiameseEmbedding
from sslearn.losses import ContrastiveLoss
from sslearn.metrics import median_angular_error
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.networks import MLP

N_FEATURES, BATCH_SIZE, VALID_FRACTION = 729, 128, 0.3


def make_features(n_samples):
    """Noisy smooth functions of the azimuth, as wide as the cues of the paper."""
    rng = np.random.default_rng(0)
    azimuth = rng.uniform(-90, 90, n_samples)
    X = rng.normal(size=(n_samples, N_FEATURES)) + 3 * np.cos(
        np.deg2rad(azimuth)[:, None] + np.arange(N_FEATURES)
    )
    return X.astype(np.float32), azimuth


def bare_loop(X, y, max_epochs):
    """Train and validate with torch alone; return the validation errors."""
    module = build_module(lambda: MLP().build((N_FEATURES,), (3,)), 0, torch.float32, "cpu")
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, fused=True)
    criterion = ContrastiveLoss()
    generator = torch.Generator().manual_seed(0)
    features, targets = torch.from_numpy(X), torch.from_numpy(y.astype(np.float32))
    rows = torch.randperm(len(X), generator=generator)
    n_valid = int(VALID_FRACTION * len(X))
    train, valid = rows[n_valid:], rows[:n_valid][:2000]
    errors = []
    for _ in range(max_epochs):
        module.train()
        for part in train[torch.randperm(len(train), generator=generator)].split(BATCH_SIZE):
            optimizer.zero_grad()
            criterion(module(features[part]), targets[part]).backward()
            optimizer.step()
        module.eval()
        with torch.inference_mode():
            reference = module(features[train[:4000]]).numpy()
            query = module(features[valid]).numpy()
        neighbors = KNeighborsLocalizer().fit(reference, y[train[:4000]])
        errors.append(median_angular_error(y[valid], neighbors.predict(query)))
    return errors


def _embedding(max_epochs):
    # The bare loop trains once.
    return SiameseEmbedding(max_epochs=max_epochs, refit=False, random_state=0, device="cpu")


class SiameseFit:
    """The same for asv."""

    def setup(self):
        self.X, self.y = make_features(2000)
        self.embedding = _embedding(2)

    def time_fit(self):
        self.embedding.fit(self.X, self.y)

    def time_bare_loop(self):
        bare_loop(self.X, self.y, 2)

    def peakmem_fit(self):
        self.embedding.fit(self.X, self.y)


def measure(run):
    """Time of a training beside the bare loop."""
    torch.set_num_threads(1)
    n_samples, max_epochs, n_rounds = (500, 1, 1) if run.quick else (5000, 5, 5)
    X, y = make_features(n_samples)
    embedding = _embedding(max_epochs)
    figures = compared(lambda: embedding.fit(X, y), lambda: bare_loop(X, y, max_epochs), n_rounds)
    settings = {"what": f"SiameseEmbedding.fit, {n_samples} x {N_FEATURES}, {max_epochs} epochs"}
    settings["against"] = "bare torch loop, same batches and validation"
    run.add(settings, figures | {"aim": "1.15 times the time or less"})
