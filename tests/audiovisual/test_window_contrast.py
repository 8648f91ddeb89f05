"""Pretraining on windows: what is drawn, what is learned, and what is refused."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn.base import clone

from sslearn.audiovisual import WindowContrast
from sslearn.audiovisual._windows import WindowPairs, recolor
from sslearn.datasets import make_scenes
from sslearn.networks import SceneNet, VGGish, make_backbone

SCENES = make_scenes(6, random_state=0).data
IMAGES = list(SCENES["image"])
QUICK = WindowContrast(
    SceneNet(widths=(4, 6, 6, 5)), n_windows=40, batch_size=20, max_epochs=2, random_state=0
)


def coordinates(n=1, height=40, width=50):
    """Pictures whose colours are the row, the column and the number of the picture."""
    pictures = np.zeros((n, height, width, 3), dtype=np.uint8)
    pictures[..., 0] = np.arange(height)[:, None]
    pictures[..., 1] = np.arange(width)
    pictures[..., 2] = np.arange(n)[:, None, None]
    return torch.from_numpy(pictures)


def test_windows_are_partners_of_one_region():
    loader = WindowPairs(coordinates(3), 24, 32, 0, torch.zeros(1))
    windows = loader._draw(500).long().unflatten(0, (500, 2))
    assert windows.shape == (500, 2, 3, 24, 24)
    picture, corner = windows[:, :, 2], windows[:, :, :2, 0, 0]
    assert (picture == picture[:, :1, :1, :1]).all()
    assert picture.unique().tolist() == [0, 1, 2]
    # Consecutive rows and columns, everywhere in the picture.
    steps = torch.arange(24)
    assert (windows[:, :, 0] == corner[..., :1, None] + steps[:, None]).all()
    assert (windows[:, :, 1] == corner[..., 1:, None] + steps).all()
    assert corner.amin((0, 1)).tolist() == [0, 0]
    assert corner.amax((0, 1)).tolist() == [40 - 24, 50 - 24]
    assert (corner[:, 0] - corner[:, 1]).abs().amax(0).tolist() == [8, 8]


def test_colours_change_and_shapes_do_not():
    generator = torch.Generator().manual_seed(0)
    x = torch.full((400, 3, 8, 8), 0.4)
    x[:, :, 4:] = 0.6
    out = recolor(x.clone(), generator)
    assert ((out >= 0) & (out <= 1)).all()
    assert out.flatten(1).std(0).min() > 0.1
    step = (out[:, :, 4:] - out[:, :, :4]).mean((1, 2, 3))
    # Negatives turn the step around.
    assert 0.2 < (step < 0).float().mean() < 0.45


def test_channels_are_permuted():
    generator = torch.Generator().manual_seed(0)
    x = torch.zeros(400, 3, 8, 8)
    x[:, 0] = 1
    strongest = recolor(x, generator).mean((2, 3)).argmax(1)
    assert (torch.bincount(strongest, minlength=3) > 60).all()


def test_weights_are_those_of_the_network():
    pretext = clone(QUICK).fit(SCENES)
    network = SceneNet(widths=(4, 6, 6, 5), weights=pretext.weights_)
    module = make_backbone(network, (3, 64, 64)).eval()
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(module(x), pretext.module_(x))
        torch.testing.assert_close(pickle.loads(pickle.dumps(pretext)).module_(x), module(x))
    assert pretext.history_["epoch"].tolist() == [1, 2]
    assert np.isfinite(pretext.history_["train_loss"]).all()


def test_every_container_gives_the_same(tmp_path):
    expected = clone(QUICK).fit(SCENES).weights_
    paths = [tmp_path / f"{i}.png" for i in range(6)]
    for path, image in zip(paths, IMAGES, strict=True):
        Image.fromarray(image).save(path)
    shuffled = pd.Series(paths, index=[3, 1, 4, 0, 5, 2])
    containers = [
        np.array(IMAGES),
        SCENES[["audio", "image"]],
        SCENES.to_numpy(),
        list(zip(paths, SCENES["audio"], strict=True)),
        np.array(list(map(str, paths))),
        shuffled,
    ]
    for X in containers:
        weights = clone(QUICK).fit(X).weights_
        assert all((weights[key] == value).all() for key, value in expected.items())


def test_seeds():
    first, second = (clone(QUICK).set_params(random_state=s).fit(IMAGES) for s in (0, 1))
    assert (first.weights_["features.0.weight"] != second.weights_["features.0.weight"]).any()
    torch.manual_seed(0)
    state = torch.get_rng_state()
    again = clone(QUICK).fit(IMAGES)
    assert torch.equal(torch.get_rng_state(), state)
    assert (first.weights_["features.0.weight"] == again.weights_["features.0.weight"]).all()


def test_user_defaults_of_torch_do_not_count():
    expected = clone(QUICK).fit(IMAGES).weights_
    torch.set_default_dtype(torch.float64)
    try:
        weights = clone(QUICK).fit(IMAGES).weights_
    finally:
        torch.set_default_dtype(torch.float32)
    assert all((weights[key] == value).all() for key, value in expected.items())


def test_warm_start_continues():
    pretext = clone(QUICK).set_params(warm_start=True, max_epochs=1, lr=1e-9).fit(IMAGES)
    before = pretext.weights_["features.0.weight"]
    np.testing.assert_allclose(pretext.fit(IMAGES).weights_["features.0.weight"], before, atol=1e-6)


def test_pictures_of_any_size_and_networks_of_the_user():
    class Own(torch.nn.Conv2d):
        def __init__(self):
            super().__init__(3, 4, 3)

    pictures = [image[: 50 + i] for i, image in enumerate(IMAGES)]
    pretext = clone(QUICK).set_params(network=Own, image_size=40).fit(pictures)
    assert pretext.weights_.keys() == {"weight", "bias"}


def test_partners_are_found():
    data = make_scenes(100, random_state=1).data
    pretext = WindowContrast(max_epochs=10, n_windows=256, batch_size=32, random_state=0).fit(data)
    losses = pretext.history_["train_loss"]
    assert losses[0] < np.log(63) + 0.1  # chance
    assert losses[-3:].mean() < losses[0] - 0.15


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ([], ValueError, "at least one picture"),
        ("scenes.png", TypeError, "X must be a list or array of pictures"),
        (pd.DataFrame({"picture": IMAGES}), ValueError, "one column 'image'"),
        ([*IMAGES, IMAGES[0] / 255], TypeError, "The image in row 6 of X must be uint8"),
        ([*IMAGES, IMAGES[0][..., 0]], ValueError, "The image in row 6 of X must have shape"),
        ([*IMAGES, None], ValueError, "The image in row 6 of X is missing"),
        ([*IMAGES, "nowhere.png"], FileNotFoundError, "The image in row 6 of X .*nowhere"),
        (pd.Series([IMAGES[0], 3], index=["a", "b"]), TypeError, r"row 1 \(index b\)"),
    ],
    ids=["empty", "path", "column", "float", "gray", "missing", "file", "number"],
)
def test_bad_pictures(X, error, message):
    with pytest.raises(error, match=message):
        clone(QUICK).fit(X)


def test_corrupt_file(tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(b"no picture")
    with pytest.raises(ValueError, match="The image in row 1 of X cannot be read"):
        clone(QUICK).fit([IMAGES[0], path])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"window_size": 40}, "window_size must be at most region_size"),
        ({"image_size": 20}, "that at most image_size"),
        ({"window_size": 2}, "at least 4 pixels"),
        ({"network": VGGish()}, "LogMelPatches"),
        ({"network": 3}, "network"),
        ({"network": torch.nn.Identity}, "network must have weights to train; got .*Identity"),
        ({"temperature": 0}, "temperature"),
        ({"n_windows": 1}, "n_windows"),
    ],
    ids=str,
)
def test_bad_parameters(params, message):
    with pytest.raises((ValueError, TypeError), match=message):
        clone(QUICK).set_params(**params).fit(IMAGES)
