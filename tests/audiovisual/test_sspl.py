"""Self-supervised predictive learning on squares that a person tells apart."""

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sslearn.audiovisual import ImageAugmentation, PredictiveAudioVisualLocalizer
from sslearn.networks import LogMelStatistics
from tests.audiovisual.trivial import make_pairs


class Cells(torch.nn.Module):
    """Mean colour of each of 8 x 8 cells, with a weight that must not be trained."""

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(3, 1, 1))

    def forward(self, pictures):
        return torch.nn.functional.adaptive_avg_pool2d(pictures, 8) * self.scale


X, BOXES = make_pairs()
SMALL = {
    "image_size": 32,
    "sound_duration": 0.975,
    "max_epochs": 1,
    "batch_size": 4,
    "hidden_size": 8,
    "projector_sizes": (8, 8, 8),
    "predictor_size": 4,
    "random_state": 0,
    "device": "cpu",
}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def make(**params):
    return PredictiveAudioVisualLocalizer(Cells, **SMALL | params)


def moved(localizer, other):
    """Names of weights that differ, without those that only batch norm counts."""
    return {
        name
        for name, value in localizer.weights_.items()
        if not np.array_equal(value, other.weights_[name]) and "num_batches" not in name
    }


@pytest.mark.parametrize("predictive_coding", [False, True])
def test_networks_are_frozen_and_all_else_is_trained(predictive_coding):
    params = {"predictive_coding": predictive_coding, "n_cycles": 2}
    slow, fast = (make(lr=lr, **params).fit(X) for lr in (1e-12, 1e-2))
    changed = moved(slow, fast)
    assert changed and all(name.startswith("head.") for name in changed)
    trained = {f"head.{name}" for name, _ in slow.module_.head.named_parameters()}
    assert trained <= changed
    assert any("coding" in name for name in changed) == predictive_coding


def test_heads_have_a_learning_rate_of_their_own():
    slow, fast = (make(lr=1e-12, head_lr=lr).fit(X) for lr in (1e-12, 1e-2))
    parts = {name.split(".")[1] for name in moved(slow, fast)}
    assert parts == {"projector", "predictor"}
    slow, fast = (make(lr=lr, head_lr=1e-12).fit(X) for lr in (1e-12, 1e-2))
    names = {name for name, _ in slow.module_.named_parameters()} & moved(slow, fast)
    assert {name.split(".")[1] for name in names} >= {"fc"}


def test_predictive_coding_has_a_learning_rate_of_its_own():
    params = {"predictive_coding": True, "n_cycles": 2, "lr": 1e-12, "head_lr": None}
    slow, fast = (make(coding_lr=lr, **params).fit(X) for lr in (1e-12, 1e-2))
    changed = moved(slow, fast)
    assert {
        f"head.coding.{name}" for name, _ in slow.module_.head.coding.named_parameters()
    } <= changed
    assert not changed & {"head.fc.0.weight", "head.projector.0.weight", "head.predictor.0.weight"}


def test_step_sizes_have_no_weight_decay():
    from sslearn.deep_learning import Training

    localizer = make(predictive_coding=True, n_cycles=1, lr=1e-3)
    localizer.set_params(training=Training("adamw", weight_decay=900.0, schedule="constant"))
    weights = localizer.fit(X).weights_
    # Feedback steps are not used in a single cycle, so that nothing but decay could move them.
    assert (weights["head.coding.feedback_rates.0"] == 0.5).all()
    assert abs(weights["head.coding.feed_forward_rates.0"] - 1).max() < 0.02
    assert abs(weights["head.coding.output.weight"]).max() < 0.2


@pytest.mark.parametrize("fusion", ["attention", "cat", "product", "sum"])
def test_maps_are_cosines_for_every_fusion(fusion):
    localizer = make(fusion=fusion).fit(X)
    maps = localizer.similarity_map(X)
    assert maps.shape == (len(X), 8, 8)
    assert abs(maps).max() <= 1 + 1e-6
    assert 0 <= localizer.score(X, BOXES) <= 1
    assert -1 <= localizer.history_["train_loss"][-1] <= 1
    assert localizer.weights_["head.projector.0.weight"].shape == (8, 6 if fusion == "cat" else 3)


def test_start_of_coding():
    name, weights = "head.coding.output.weight", {}
    for start in ("identity", "random"):
        localizer = make(predictive_coding=True, coding_start=start, lr=1e-12).fit(X)
        weights[start] = localizer.weights_[name][..., 0, 0]
    np.testing.assert_allclose(weights["identity"], np.eye(3), atol=1e-6)
    assert not np.allclose(weights["random"], np.eye(3), atol=0.1)


def test_sound_changes_the_coded_map():
    localizer = make(predictive_coding=True, n_cycles=2).fit(X)
    other = X.assign(audio=np.roll(X["audio"].to_numpy(), 1))
    assert not np.allclose(localizer.similarity_map(X), localizer.similarity_map(other), atol=1e-3)


@pytest.mark.parametrize(
    "sizes", [(), (8, 0), (8, -1), (8, 2.5), ((8, 8),), ("a",), np.zeros((2, 0), dtype=int)]
)
def test_projector_sizes_are_checked_before_any_picture_is_read(sizes):
    with pytest.raises(ValueError, match="projector_sizes"):
        make(projector_sizes=sizes).fit(X)


def test_maps_must_be_large_enough_for_coding():
    def small_map():
        return torch.nn.AdaptiveAvgPool2d(3)

    localizer = PredictiveAudioVisualLocalizer(small_map, predictive_coding=True, **SMALL)
    with pytest.raises(ValueError, match="4 x 4"):
        localizer.fit(X)


def test_views_must_be_large_enough_for_coding():
    params = {"augmentation": ImageAugmentation(crop=0.4), "predictive_coding": True, "n_cycles": 1}
    with pytest.raises(ValueError, match=r"4 x 4 cells or more; got 3 x 3. Raise image_size"):
        make(**params).fit(X)
    make(**params, cached_views=None).fit(X)


def test_networks_may_be_recipes_and_the_copy_learns_the_same():
    localizer = make(audio_network=LogMelStatistics(), projector_sizes=np.array([8, 8])).fit(X)
    assert moved(clone(localizer).fit(X), localizer) == set()
