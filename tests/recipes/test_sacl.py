import pytest
import torch

from sslearn import recipes
from tests.recipes.first_step import first_step


def test_published_settings():
    localizer = recipes.sacl(random_state=3)
    assert localizer.train_networks
    assert localizer.segments == "felzenszwalb"
    assert localizer.negative_ratio == 0.75
    assert localizer.temperature == 0.005
    assert localizer.batch_size == 64 and localizer.max_epochs == 100
    assert localizer.image_size == 224
    assert localizer.fs == 16000 and localizer.sound_duration == 3.0
    assert localizer.cached_views is None
    assert localizer.training.schedule == "constant" and localizer.training.keep == "last"
    assert localizer.random_state == 3
    views = localizer.augmentation.get_params()
    assert views["crop"] == 224 / 246
    changes = {name for name, value in views.items() if value is True}
    assert changes == {"horizontal_flip", "color_jitter", "gray", "blur"}


@pytest.mark.parametrize(
    ("training_set", "lr"),
    [("flickr10k", 2e-4), ("vggsound10k", 2e-4), ("flickr144k", 1e-4), ("vggsound144k", 1e-4)],
)
def test_learning_rates(training_set, lr):
    assert recipes.sacl(training_set=training_set).lr == lr


def test_published_number_of_weights():
    localizer = recipes.sacl()
    image = localizer.image_network.count_parameters((3, 224, 224))
    sound = localizer.audio_network.count_parameters((3, 96, 64))
    head = localizer._make_head((512, 14, 14), (3, 128))
    assert image + sound + sum(p.numel() for p in head.parameters()) == 83_646_400


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_first_step():
    pytest.importorskip("skimage")
    localizer = recipes.sacl(random_state=0)
    step = first_step(localizer)
    # The names without those of the encoders.
    module = localizer.module_.trained()
    assert step.learning == {name for name, _ in module.named_parameters()} and not step.still
    assert {name.split(".")[0] for name in step.learning} == {"image", "audio", "head"}
    assert step.settings == dict.fromkeys(step.learning, (2e-4, 1e-4))
    assert isinstance(step.optimizer, torch.optim.AdamW)
    assert step.optimizer.defaults["betas"] == (0.9, 0.999)


def test_unknown_training_set_is_named():
    with pytest.raises(ValueError, match="training_set"):
        recipes.sacl(training_set="imagenet")
