"""Time and memory of LaplacianEigenmaps beside scikit-learn's SpectralEmbedding."""

from functools import partial

import numpy as np
from scipy.linalg import subspace_angles
from sklearn.manifold import SpectralEmbedding
from sklearn.neighbors import NearestNeighbors

from benchmarks.timing import compared, in_new_process, peak_memory, timed
from sslearn.embedding import LaplacianEigenmaps
from sslearn.embedding._neighbor_search import nearest_neighbors

SMALL, LARGE, N_FEATURES, NOISE = 10_000, 40_000, 729, 0.05


def make_data(n_samples, n_features=N_FEATURES, dtype=np.float64):
    """Smooth nonlinear features of azimuth, elevation and a room, with noise."""
    rng = np.random.default_rng(0)
    azimuth, elevation = np.deg2rad(rng.uniform([-90, -45], [90, 45], (n_samples, 2))).T
    sources = np.c_[
        np.cos(azimuth) * np.cos(elevation),
        np.sin(azimuth) * np.cos(elevation),
        np.sin(elevation),
        0.3 * rng.uniform(size=n_samples),
    ]
    X = np.cos(sources @ rng.normal(0, 1.5, (4, n_features)) + rng.uniform(0, 6, n_features))
    return (X + NOISE * rng.standard_normal(X.shape)).astype(dtype)


def angle(A, B):
    """Largest angle between two subspaces in degrees."""
    return np.rad2deg(subspace_angles(A, B)).max()


def recall(X, n_neighbors=10, n_queries=2000):
    """Share of the true neighbours that the search finds, over some samples."""
    found = nearest_neighbors(X, n_neighbors, np.random.RandomState(0))[1][:n_queries]
    search = NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute").fit(X)
    true = search.kneighbors(X[:n_queries], return_distance=False)
    return np.mean([np.isin(a, b).mean() for a, b in zip(true, found, strict=True)])


def fit_large(n_samples):
    """Seconds and peak memory in MB of a process that embeds many samples."""
    fit = partial(LaplacianEigenmaps(random_state=0).fit, make_data(n_samples))
    return timed([fit], 1)[0, 0], peak_memory()


class TimeFit:
    """Fits, for asv."""

    params = ([2_000, SMALL],)
    param_names = ("n_samples",)

    def setup(self, n_samples):
        """Make the data."""
        self.X = make_data(n_samples)

    def time_fit(self, n_samples):
        """Embed them."""
        LaplacianEigenmaps(random_state=0).fit(self.X)

    def peakmem_fit(self, n_samples):
        """Embed them."""
        LaplacianEigenmaps(random_state=0).fit(self.X)


def measure(run):
    """Time, growth and memory, and how equal the results are."""
    small, large = (500, 2000) if run.quick else (SMALL, LARGE)
    X = make_data(small)
    ours = LaplacianEigenmaps(random_state=0)
    theirs = SpectralEmbedding(3, n_neighbors=10, random_state=0)
    figures = compared(partial(ours.fit, X), partial(theirs.fit, X), 1)
    against = {"against": "SpectralEmbedding"}
    what = f"LaplacianEigenmaps.fit, {small} x {N_FEATURES}"
    run.add({"what": what} | against, figures | {"aim": "less than its time"})
    same = SpectralEmbedding(3, affinity="precomputed", random_state=0)
    same.fit(ours.affinity_matrix_.toarray())
    figures = {"angle": angle(ours.embedding_, theirs.embedding_)}
    figures |= {"angle, same graph": angle(ours.embedding_, same.embedding_)}
    figures |= {"neighbours found": recall(X, n_queries=min(2000, small))}
    run.add({"what": "LaplacianEigenmaps, angle between the subspaces"} | against, figures)
    seconds, memory = in_new_process(fit_large, large)
    first = in_new_process(fit_large, small)[0]
    growth = np.log(seconds / first) / np.log(large / small)
    run.add(
        {"what": f"LaplacianEigenmaps.fit, {small} to {large} samples"},
        {"exponent": growth, "aim": "n^1.7 or less"},
    )
    what = f"LaplacianEigenmaps.fit, peak memory, {large} x {N_FEATURES}"
    run.add({"what": what}, {"memory": memory, "aim": "4000 MB or less"})
