"""Time of KNeighborsLocalizer.predict beside scikit-learn's KNeighborsRegressor.

Run ``python -m benchmarks.speed.neighbors``: it prints the ratio for each setting (aim: 1.2).
"""

import time

import numpy as np
from sklearn.neighbors import KNeighborsRegressor

from benchmarks.timing import timed
from sslearn.neighbors import KNeighborsLocalizer

N_TRAIN, N_QUERIES, N_REPEATS = 20_000, 5_000, 25


def make_data(n_features):
    """Embeddings of directions with noise, split into training samples and queries."""
    rng = np.random.default_rng(0)
    y = np.c_[rng.uniform(-180, 180, N_TRAIN), rng.uniform(-45, 45, N_TRAIN)]
    rad = np.deg2rad(y)
    base = np.c_[np.cos(rad[:, 0]), np.sin(rad[:, 0]), rad[:, 1]]
    X = np.hstack([base] * (n_features // 3)) + 0.02 * rng.standard_normal((N_TRAIN, n_features))
    queries = X[:N_QUERIES] + 0.01 * rng.standard_normal((N_QUERIES, n_features))
    return X, y, queries


def ratio(n_features, per_angle=False, **params):
    """Time of our predict over that of KNeighborsRegressor with inverse distances."""
    X, y, queries = make_data(n_features)
    ours = KNeighborsLocalizer(per_angle=per_angle, **params).fit(X, y)
    theirs = KNeighborsRegressor(weights="distance").fit(X, y)
    predictions = [lambda: ours.predict(queries), lambda: theirs.predict(queries)]
    if per_angle:
        half = n_features // 2
        parts = [(slice(None, half), 0), (slice(half, None), 1)]
        each = [
            (KNeighborsRegressor(weights="distance").fit(X[:, columns], y[:, angle]), columns)
            for columns, angle in parts
        ]
        predictions[1] = lambda: [model.predict(queries[:, columns]) for model, columns in each]
    times = timed(predictions, N_REPEATS, time.perf_counter).min(axis=0)
    return times[0] / times[1], *times


def main():
    """Print one line for each setting."""
    print(f"{N_TRAIN} training samples, {N_QUERIES} queries, azimuth and elevation")
    for n_features, per_angle, weights in (
        (3, False, "exponential"),
        (3, False, "distance"),
        (6, False, "exponential"),
        (6, True, "exponential"),
    ):
        value, ours, theirs = ratio(n_features, per_angle, weights=weights)
        print(
            f"{n_features} columns, weights={weights!r}, per_angle={per_angle}: "
            f"{1e3 * ours:.1f} ms, KNeighborsRegressor {1e3 * theirs:.1f} ms, ratio {value:.2f}"
        )


class TimePredict:
    """Predictions, for asv."""

    params = ([3, 6], ["exponential", "distance"])
    param_names = ("n_features", "weights")

    def setup(self, n_features, weights):
        """Fit on the training samples."""
        X, y, self.queries = make_data(n_features)
        self.model = KNeighborsLocalizer(weights=weights).fit(X, y)

    def time_predict(self, n_features, weights):
        """Predict all queries."""
        self.model.predict(self.queries)


if __name__ == "__main__":
    main()
