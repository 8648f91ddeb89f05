"""Time and memory of LaplacianEigenmaps beside scikit-learn's SpectralEmbedding.

Run ``python -m benchmarks.speed.eigenmaps``: it prints the ratio of times at 10,000 x 729 (aim:
below 1), the angle between the subspaces, the growth from 10,000 to 40,000 samples (aim: below
n^1.7) and the peak memory of a process that embeds 40,000 samples (aim: below 4 GB).
"""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
from scipy.linalg import subspace_angles
from sklearn.manifold import SpectralEmbedding
from sklearn.neighbors import NearestNeighbors

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


def timed(function, *args):
    """Result and seconds."""
    start = time.perf_counter()
    result = function(*args)
    return result, time.perf_counter() - start


def angle(A, B):
    """Largest angle between two subspaces in degrees."""
    return np.rad2deg(subspace_angles(A, B)).max()


def recall(X, n_neighbors=10, n_queries=2000):
    """Share of the true neighbours that the search finds, over some samples."""
    found = nearest_neighbors(X, n_neighbors, np.random.RandomState(0))[1][:n_queries]
    search = NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute").fit(X)
    true = search.kneighbors(X[:n_queries], return_distance=False)
    return np.mean([np.isin(a, b).mean() for a, b in zip(true, found, strict=True)])


def compare():
    """Print the comparison with SpectralEmbedding; return our time."""
    X = make_data(SMALL)
    ours, time_ours = timed(LaplacianEigenmaps(random_state=0).fit, X)
    theirs, time_theirs = timed(SpectralEmbedding(3, n_neighbors=10, random_state=0).fit, X)
    same = SpectralEmbedding(3, affinity="precomputed", random_state=0)
    same.fit(ours.affinity_matrix_.toarray())
    print(
        f"{SMALL} x {N_FEATURES}: {time_ours:.2f} s, SpectralEmbedding {time_theirs:.2f} s, "
        f"ratio {time_ours / time_theirs:.2f}\n"
        f"angle between the subspaces: {angle(ours.embedding_, theirs.embedding_):.2f} degrees, "
        f"on the same graph {angle(ours.embedding_, same.embedding_):.2f} degrees\n"
        f"neighbours found: {100 * recall(X):.3f} %"
    )
    return time_ours


def embed_large():
    """Embed many samples; print seconds and the peak memory of this process in GB."""
    X = make_data(LARGE)
    _, seconds = timed(LaplacianEigenmaps(random_state=0).fit, X)
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


def main():
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="only embed the large set")
    if parser.parse_args().large:
        return embed_large()
    # First, because the peak of a new process starts from the memory of its parent.
    command = [sys.executable, "-m", "benchmarks.speed.eigenmaps", "--large"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    time_large, memory = map(float, output.split())
    time_small = compare()
    growth = np.log(time_large / time_small) / np.log(LARGE / SMALL)
    print(
        f"{LARGE} x {N_FEATURES}: {time_large:.2f} s, growth n^{growth:.2f}, "
        f"peak memory {memory:.2f} GB"
    )


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


if __name__ == "__main__":
    main()
