import pytest
import torch

from sslearn import recipes
from sslearn.networks import PredictiveCoding
from tests.recipes.first_step import first_step

PICTURE, PATCHES, MAP, EMBEDDING = (3, 224, 224), (3, 96, 64), (512, 14, 14), (128,)
# Cycles, and 10^9 multiply-accumulate operations of two views: table S6.
CYCLES = [(0, 35.9), (1, 38.3), (3, 43.0), (5, 47.6), (6, 49.9), (7, 52.2), (8, 54.5)]
# Rates of the heads and of all else, and epochs: table S1 and the released program.
SCHEDULES = {
    "flickr10k": ((2e-3, 5e-4, 100), (5e-5, 2e-5, 20)),
    "vggsound10k": ((1e-2, 5e-3, 100), (5e-5, 2e-5, 20)),
    "flickr144k": ((5e-3, 1e-3, 100), (5e-5, 2e-5, 20)),
    "vggsound144k": ((5e-3, 1e-3, 100), (1e-5, 1e-5, 20)),
}


def make_head(localizer):
    with torch.device("meta"):
        return localizer._make_head(MAP, (3, *EMBEDDING))


def test_published_settings():
    localizer = recipes.sspl(random_state=3)
    assert localizer.predictive_coding and localizer.n_cycles == 5
    assert localizer.coding_start == "random"
    assert localizer.fusion == "attention"
    assert localizer.batch_size == 256
    assert localizer.image_size == 224
    assert localizer.fs == 16000 and localizer.sound_duration == 3.0
    assert localizer.cached_views is None
    assert not localizer.whiten
    assert localizer.random_state == 3
    assert localizer.training.schedule == "constant" and localizer.training.keep == "last"
    assert localizer.training.drop_last
    views = localizer.augmentation.get_params()
    assert views["crop"] == 224 / 246
    assert [name for name, value in views.items() if value is True] == ["horizontal_flip"]


@pytest.mark.parametrize("training_set", SCHEDULES)
@pytest.mark.parametrize("predictive_coding", [False, True])
def test_published_rates_and_epochs(predictive_coding, training_set):
    localizer = recipes.sspl(predictive_coding, training_set=training_set)
    expected = SCHEDULES[training_set][predictive_coding]
    assert (localizer.head_lr, localizer.lr, localizer.max_epochs) == expected
    assert recipes.sspl(predictive_coding, max_epochs=3).max_epochs == 3


def test_published_numbers_of_weights():
    localizer = recipes.sspl()
    parts = make_head(localizer).named_children()
    sizes = {name: sum(p.numel() for p in part.parameters()) for name, part in parts}
    assert sizes == {
        "fc": 328_704,
        "coding": 9_859_712,
        "projector": 9_445_376,
        "predictor": 2_100_224,
    }
    assert sum(sizes.values()) == 21_734_016
    assert sum(p.numel() for p in make_head(recipes.sspl(False)).parameters()) == 11_874_304
    assert localizer.image_network.count_parameters(PICTURE) == 14_714_688
    assert localizer.audio_network.count_parameters(PATCHES) == 4_499_712 + 67_641_472


@pytest.mark.parametrize(("n_cycles", "published"), CYCLES)
def test_published_operations(n_cycles, published):
    localizer = recipes.sspl(predictive_coding=False)
    macs = localizer.image_network.count_macs(PICTURE)
    macs += localizer.audio_network.count_macs(PATCHES)
    for name, layer in make_head(localizer).named_modules():
        if isinstance(layer, torch.nn.Linear):
            # The sound has three patches.
            macs += layer.weight.numel() * (3 if name.startswith("fc") else 1)
    if n_cycles:
        macs += PredictiveCoding(n_cycles).count_macs((MAP, EMBEDDING))
    # The sound is counted with each of the two views, as published.
    assert 2e-9 * macs == pytest.approx(published, abs=0.06)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_first_step():
    localizer = recipes.sspl(random_state=0)
    step = first_step(localizer)
    head = {f"head.{name}" for name, _ in localizer.module_.head.named_parameters()}
    # The networks are no part of what is trained.
    assert step.learning == step.settings.keys() == head and not step.still
    assert isinstance(step.optimizer, torch.optim.AdamW)
    assert step.optimizer.defaults["betas"] == (0.9, 0.999)
    for name, settings in step.settings.items():
        part = "rates" if "_rates." in name else name.split(".")[1]
        expected = {"rates": (2e-5, 0.0), "fc": (2e-5, 1e-4), "coding": (2e-5, 1e-4)}
        assert settings == expected.get(part, (5e-5, 1e-4)), name


@pytest.mark.parametrize("params", [{"training_set": "imagenet"}, {"max_epochs": 0}])
def test_bad_values_are_named(params):
    with pytest.raises(ValueError, match=next(iter(params))):
        recipes.sspl(**params)
