"""NeuralLocalizer with the six targets of the ambisonic systems."""

import numpy as np
import pytest
import torch
from torch import nn

from sslearn.deep_learning import NeuralLocalizer
from sslearn.deep_learning._activation import last_activation
from sslearn.encoding import (
    AngleEncoding,
    ArgmaxDecoder,
    GaussianEncoding,
    GibbsWeightedEncoding,
    OneHotEncoding,
    UnbiasedEncoding,
    UnitVectorEncoding,
)
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_difference,
    fibonacci_grid,
    quasi_uniform_grid,
)
from sslearn.losses import AngularLoss, GibbsWeightedLoss, PermutationInvariantLoss
from sslearn.metrics import median_angular_error
from sslearn.networks import MLP, NetworkRecipe

GRID = quasi_uniform_grid(20)
SYSTEMS = {
    "spherical": {"encoding": AngleEncoding("sigmoid")},
    "angular": {"encoding": AngleEncoding("sigmoid"), "loss": "angular"},
    "cartesian": {"encoding": UnitVectorEncoding("sigmoid")},
    "one_hot": {"encoding": OneHotEncoding(GRID)},
    "gibbs": {"encoding": GaussianEncoding(GRID, width=40)},
    "gibbs_weighted": {"encoding": GibbsWeightedEncoding(GRID, width=40)},
    "angular vectors": {
        "encoding": UnitVectorEncoding(),
        "loss": AngularLoss("vectors", scale=None),
    },
}
NETWORK = MLP((64,), activation="relu", batch_norm="before", dropout=0.0)


def make_sphere(n_samples=900):
    y = np.random.default_rng(0).permutation(fibonacci_grid(n_samples))
    X = np.tanh(2 * angles_to_unit_vectors(y) @ np.random.default_rng(1).normal(size=(3, 20)))
    return X.astype(np.float32), y


def fast(**params):
    fixed = {"max_epochs": 10, "lr": 5e-3, "random_state": 0, "device": "cpu", "network": NETWORK}
    return NeuralLocalizer(**{**fixed, **params})


class PerFrame(NetworkRecipe):
    """The input itself, frame by frame, times a weight of 1."""

    def build(self, input_shape, output_shape):
        """A module with one weight for each output."""
        layer = nn.Linear(input_shape[-1], output_shape[0], bias=False)
        nn.init.eye_(layer.weight)
        return layer


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_learns_the_sphere(name):
    X, y = make_sphere()
    localizer = fast(optimizer="nadam", lr=1e-2, max_epochs=30, **SYSTEMS[name]).fit(
        X[:800], y[:800]
    )
    predicted = localizer.predict(X[800:])
    assert predicted.shape == (100, 2)
    # A guess is off by 90 degrees. Angles are hard to learn at the poles and at the wrap.
    tolerance = {"spherical": 45, "angular": 25}.get(name, 20)
    assert median_angular_error(y[800:], predicted) < tolerance
    activation = {"one_hot": "softmax", "angular vectors": None}.get(name, "sigmoid")
    assert localizer._activation == activation


def test_gibbs_weighted_loss_sees_raw_scores_in_training_alone():
    X, y = make_sphere(100)
    seen = []

    class Spy(GibbsWeightedLoss):
        def per_row(self, output, target):
            seen.append((output.min().item(), target.max().item()))
            return super().per_row(output, target)

    localizer = fast(**{**SYSTEMS["gibbs_weighted"], "loss": Spy()}, max_epochs=2).fit(X, y)
    assert min(low for low, _ in seen) < 0
    assert {high for _, high in seen} == {1.0}
    raw = localizer.net_.module_[0](torch.from_numpy(X))
    spectrum = localizer.spatial_spectrum(X)
    np.testing.assert_allclose(spectrum, raw.sigmoid().detach().numpy(), atol=1e-6)
    argmax = localizer.encoding_.set_params(decoder=ArgmaxDecoder()).inverse_transform(spectrum)
    np.testing.assert_array_equal(argmax, GRID[spectrum.argmax(axis=1)])


def test_gibbs_weighted_loss_fits_every_grid():
    for encoding in (OneHotEncoding(), UnbiasedEncoding(), GaussianEncoding()):
        loss = PermutationInvariantLoss("gibbs_weighted")
        assert last_activation("auto", encoding, loss) == "sigmoid"
        with pytest.raises(ValueError, match=r"\('sigmoid',\) for GibbsWeightedLoss"):
            last_activation("softmax", encoding, GibbsWeightedLoss())
    with pytest.raises(ValueError, match="need an encoding on a grid"):
        last_activation("auto", UnitVectorEncoding(), GibbsWeightedLoss())


@pytest.mark.parametrize(
    ("encoding", "loss", "cure"),
    [
        (AngleEncoding(), AngularLoss(), r"AngularLoss\('angles', scale='tanh'\)"),
        (AngleEncoding("sigmoid"), AngularLoss(scale="tanh"), r"scale='sigmoid'\)"),
        (UnitVectorEncoding(), AngularLoss(), r"AngularLoss\('vectors', scale=None\)"),
        (UnitVectorEncoding("sigmoid"), AngularLoss(), r"AngularLoss\('vectors', scale='sigmoid'"),
        (UnbiasedEncoding(), AngularLoss(), r"AngleEncoding\('sigmoid'\)"),
        (UnbiasedEncoding(), PermutationInvariantLoss("angular"), r"AngleEncoding\('sigmoid'\)"),
    ],
    ids=str,
)
def test_angular_loss_refuses_other_encodings(encoding, loss, cure):
    X, y = make_sphere(20)
    with pytest.raises(ValueError, match=f"encoding must have code=.* Use .*{cure}"):
        fast(encoding=encoding, loss=loss).fit(X, y)


@pytest.mark.parametrize("frame_mean", ["arithmetic", "circular"])
def test_frames_on_both_sides_of_the_wrap(frame_mean):
    rng = np.random.default_rng(0)
    y = rng.uniform(-90, 90, 40)
    X = (y / 180)[:, None, None] + rng.normal(scale=0.01, size=(40, 6, 1))
    encoding = AngleEncoding(frame_mean=frame_mean)
    localizer = fast(network=PerFrame(), encoding=encoding, activation=None, max_epochs=1, lr=1e-9)
    localizer.fit(X, y)
    # The network ends with a scale and a shift: azimuths are given to it the other way round.
    scale, shift = localizer._output_range
    behind = np.array([[179.0, -179.0, 178.0, -178.0, 179.0, -179.0]])
    predicted = localizer.predict(((behind / 180 - shift) / scale)[..., None])
    assert predicted.shape == (1,)
    expected = 0 if frame_mean == "arithmetic" else 180
    assert abs(circular_difference(predicted[0], expected)) < 1e-3


def test_nadam():
    X, y = make_sphere(64)
    curves = {
        name: fast(optimizer=name, max_epochs=3).fit(X, y).history_["train_loss"]
        for name in ("adam", "nadam")
    }
    assert np.isfinite(curves["nadam"]).all()
    assert (curves["nadam"] != curves["adam"]).all()
    with pytest.raises(ValueError, match="optimizer"):
        fast(optimizer="nesterov").fit(X, y)
