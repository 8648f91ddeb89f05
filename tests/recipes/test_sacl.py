import pytest

from sslearn import recipes


def test_published_settings():
    localizer = recipes.sacl(random_state=3)
    assert localizer.temperature == 0.005
    assert localizer.negative_ratio == 0.75
    assert localizer.batch_size == 64
    assert localizer.image_size == 224
    assert localizer.segments == "felzenszwalb"
    assert localizer.cached_views is None
    assert localizer.training.schedule == "constant"
    assert localizer.train_networks
    assert localizer.random_state == 3


@pytest.mark.parametrize(("training_set", "lr"), [("flickr10k", 2e-4), ("vggsound144k", 1e-4)])
def test_learning_rates(training_set, lr):
    assert recipes.sacl(training_set=training_set).lr == lr


def test_published_number_of_weights():
    localizer = recipes.sacl()
    image = localizer.image_network.count_parameters((3, 224, 224))
    sound = localizer.audio_network.count_parameters((3, 96, 64))
    head = localizer._make_head((512, 14, 14), (3, 128))
    assert image + sound + sum(p.numel() for p in head.parameters()) == 83_646_400


def test_unknown_training_set_is_named():
    with pytest.raises(ValueError, match="training_set"):
        recipes.sacl(training_set="imagenet")
