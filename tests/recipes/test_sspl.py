import pytest
import torch

from sslearn import recipes
from sslearn.networks import PredictiveCoding

# Weights and, in 10^9 multiply-accumulate operations of two views, table S6.
CYCLES = [(0, 35.9), (1, 38.3), (3, 43.0), (5, 47.6), (6, 49.9), (7, 52.2), (8, 54.5)]


def make_head(localizer):
    with torch.device("meta"):
        return localizer._make_head((512, 14, 14), (3, 128))


def test_published_settings():
    localizer = recipes.sspl(random_state=3)
    assert localizer.predictive_coding and localizer.n_cycles == 5
    assert localizer.coding_start == "random"
    assert localizer.fusion == "attention"
    assert localizer.batch_size == 256
    assert localizer.image_size == 224
    assert localizer.sound_duration == 3.0
    assert localizer.cached_views is None
    assert not localizer.whiten
    assert localizer._frozen == (True, True)
    assert localizer.random_state == 3


@pytest.mark.parametrize(
    ("predictive_coding", "training_set", "expected"),
    [
        (False, "flickr10k", (2e-3, 5e-4, 100)),
        (False, "vggsound10k", (1e-2, 5e-3, 100)),
        (False, "flickr144k", (5e-3, 1e-3, 100)),
        (True, "flickr10k", (5e-5, 2e-5, 20)),
        (True, "vggsound144k", (1e-5, 1e-5, 20)),
    ],
)
def test_published_rates_and_epochs(predictive_coding, training_set, expected):
    localizer = recipes.sspl(predictive_coding, training_set=training_set)
    assert (localizer.head_lr, localizer.lr, localizer.max_epochs) == expected
    assert recipes.sspl(predictive_coding, max_epochs=3).max_epochs == 3


@pytest.mark.parametrize(
    ("predictive_coding", "expected"), [(False, 11_874_304), (True, 21_734_016)]
)
def test_published_numbers_of_trained_weights(predictive_coding, expected):
    head = make_head(recipes.sspl(predictive_coding))
    assert sum(p.numel() for p in head.parameters()) == expected


def test_published_numbers_of_frozen_weights():
    localizer = recipes.sspl()
    assert localizer.image_network.count_parameters((3, 224, 224)) == 14_714_688
    expected = 4_499_712 + 67_641_472
    assert localizer.audio_network.count_parameters((3, 96, 64)) == expected


@pytest.mark.parametrize(("n_cycles", "published"), CYCLES)
def test_published_operations(n_cycles, published):
    localizer = recipes.sspl(predictive_coding=False)
    macs = localizer.image_network.count_macs((3, 224, 224))
    macs += localizer.audio_network.count_macs((3, 96, 64))
    head = make_head(localizer)
    for name, layer in head.named_modules():
        if isinstance(layer, torch.nn.Linear):
            # The sound has three patches.
            macs += layer.weight.numel() * (3 if name.startswith("fc") else 1)
    if n_cycles:
        macs += PredictiveCoding(n_cycles).count_macs(((512, 14, 14), (128,)))
    assert 2e-9 * macs == pytest.approx(published, abs=0.1)


@pytest.mark.parametrize("params", [{"training_set": "imagenet"}, {"max_epochs": 0}])
def test_bad_values_are_named(params):
    with pytest.raises(ValueError, match=next(iter(params))):
        recipes.sspl(**params)
