"""After a fit that was refused or interrupted an estimator is unfitted, never a mixture of two."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sslearn.deep_learning import NeuralLocalizer, Training
from sslearn.embedding import LaplacianEigenmaps, SiameseEmbedding
from sslearn.encoding import UnbiasedEncoding
from sslearn.features import STFT
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.networks import MLP

RNG = np.random.default_rng(0)
Y = RNG.uniform(-180, 180, 40)
NARROW, WIDE = RNG.standard_normal((40, 4)), RNG.standard_normal((40, 8))
TRAIN = {"max_epochs": 1, "random_state": 0}
BAD_Y = np.where(np.arange(40) == 3, np.nan, Y)

DIVERGING = {
    "lr": 1e30,
    "max_epochs": 5,
    "training": Training("sgd"),
    "network": MLP((8,), batch_norm=None, activation="relu"),
}


def neural(**params):
    return NeuralLocalizer(**TRAIN | params)


def answer(estimator, X):
    return (estimator.predict if hasattr(estimator, "predict") else estimator.transform)(X)


# Estimator, parameters and arguments of a refit that is refused, in the order of the checks.
REFUSED = {
    "neural-y": (neural(), {}, {"y": BAD_Y}),
    "neural-loss": (neural(), {"loss": "cross_entropy"}, {}),
    "neural-X_val": (neural(), {}, {"X_val": WIDE}),
    "neural-groups": (neural(), {}, {"groups": np.zeros(40)}),
    "neural-weight": (neural(), {}, {"sample_weight": np.zeros(40)}),
    "neural-encoding": (neural(), {"encoding": UnbiasedEncoding([0.0, np.nan])}, {}),
    "neural-diverged": (neural(), DIVERGING, {}),
    "siamese-y": (SiameseEmbedding(**TRAIN), {}, {"y": BAD_Y}),
    "siamese-labels": (SiameseEmbedding(**TRAIN), {"neighborhood": "label"}, {}),
    "siamese-device": (SiameseEmbedding(**TRAIN), {"device": "nowhere"}, {}),
    "neighbors-y": (KNeighborsLocalizer(), {}, {"y": BAD_Y}),
    "neighbors-number": (KNeighborsLocalizer(), {"n_neighbors": 41}, {}),
    "neighbors-blocks": (
        KNeighborsLocalizer(),
        {"per_angle": True},
        {"X": WIDE[:, :7], "y": np.column_stack([Y, Y / 4])},
    ),
    "eigenmaps": (LaplacianEigenmaps(2, n_neighbors=5), {"n_neighbors": 41}, {}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_refit(name):
    estimator, params, arguments = REFUSED[name]
    before = estimator.get_params(deep=False)
    estimator.fit(NARROW, Y)
    estimator.set_params(**params)
    with pytest.raises((ValueError, RuntimeError)):
        estimator.fit(**{"X": WIDE, "y": Y} | arguments)
    for X in (NARROW, WIDE):
        with pytest.raises(NotFittedError):
            answer(estimator, X)
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)
    assert answer(estimator.set_params(**before).fit(WIDE, Y), WIDE).shape[0] == 40


def test_refused_refit_with_batch_transform():
    audio = RNG.standard_normal((40, 2, 600))
    estimator = neural(batch_transform=STFT(64), max_epochs=1)
    with pytest.raises(TypeError, match="batch_transform must return real numbers"):
        estimator.fit(audio, Y)
    with pytest.raises(NotFittedError):
        estimator.predict(audio)


class CtrlC:
    """A scikit-learn callback in which the user gives up."""

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        raise KeyboardInterrupt

    def teardown(self, estimator, context):
        pass


@pytest.mark.parametrize("refit", [False, True])
@pytest.mark.parametrize(
    "estimator",
    [neural(), neural(warm_start=True), SiameseEmbedding(**TRAIN)],
    ids=lambda estimator: type(estimator).__name__,
)
def test_interrupted_fit(estimator, refit):
    pytest.importorskip("sklearn.callback")
    if refit:
        estimator.fit(NARROW, Y)
    with pytest.raises(KeyboardInterrupt):
        estimator.set_callbacks(CtrlC()).fit(NARROW, Y)
    with pytest.raises(NotFittedError):
        answer(estimator, NARROW)
    with pytest.raises(NotFittedError):
        estimator.module_.eval()
    assert len(answer(estimator.set_callbacks().fit(NARROW, Y), NARROW)) == 40


def test_warm_start_after_a_refused_fit_continues_with_the_last_weights():
    estimator = neural(warm_start=True).fit(NARROW, Y)
    again = neural(warm_start=True).fit(NARROW, Y)
    with pytest.raises(ValueError, match="NaN"):
        again.fit(NARROW, BAD_Y)
    expected, weights = estimator.fit(NARROW, Y).weights_, again.fit(NARROW, Y).weights_
    assert all(np.array_equal(weights[key], value) for key, value in expected.items())
