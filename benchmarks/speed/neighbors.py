"""Time of KNeighborsLocalizer.predict beside KNeighborsRegressor: 20,000 samples, 5,000 queries."""

import time

import numpy as np
from sklearn.neighbors import KNeighborsRegressor

from benchmarks.timing import compared
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


def predictions(n_features, per_angle=False, **params):
    """Our predict, and that of KNeighborsRegressor with inverse distances."""
    X, y, queries = make_data(n_features)
    ours = KNeighborsLocalizer(per_angle=per_angle, **params).fit(X, y)
    half = n_features // 2
    parts = [(slice(None, half), 0), (slice(half, None), 1)] if per_angle else [(slice(None),) * 2]
    theirs = [
        (KNeighborsRegressor(weights="distance").fit(X[:, columns], y[:, angles]), columns)
        for columns, angles in parts
    ]
    return (
        lambda: ours.predict(queries),
        lambda: [model.predict(queries[:, columns]) for model, columns in theirs],
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


def measure(run):
    """One row for each setting."""
    for n_features, per_angle, weights in (
        (3, False, "exponential"),
        (3, False, "distance"),
        (6, False, "exponential"),
        (6, True, "exponential"),
    ):
        pair = predictions(n_features, per_angle, weights=weights)
        figures = compared(*pair, 3 if run.quick else N_REPEATS, time.perf_counter)
        what = f"KNeighborsLocalizer.predict, {n_features} columns, weights={weights!r}"
        settings = {"what": what + ", per_angle=True" * per_angle}
        settings["against"] = "KNeighborsRegressor.predict"
        run.add(settings, figures | {"aim": "1.2 times the time or less"})
