"""Bad pairs at every door that takes them: each error names the row and the cure."""

from copy import copy
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning

from sslearn.audiovisual import ImageAugmentation, Pairs
from sslearn.networks import MLP, SceneNet, VGGish
from tests.audiovisual.trivial import small

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (12, 16, 3), dtype=np.uint8)
SOUND = RNG.uniform(-0.5, 0.5, 16000)
N = 4
BOXES = np.array([[0.1, 0.2, 0.5, 0.7]] * N)


def rows(image=IMAGE, audio=SOUND):
    """Good pairs, but for one cell of row 2."""
    pairs = [(IMAGE, SOUND)] * N
    pairs[2] = image, audio
    return pairs


def table(**columns):
    return pd.DataFrame({"image": [IMAGE] * N, "audio": [SOUND] * N, **columns})


def zeroed(part):
    sound = SOUND.copy()
    sound[part] = 0
    return sound


# X, the error, and what it says after "X" or, for a single cell, after its row.
CONTAINERS = [
    (None, TypeError, r"a DataFrame with the columns 'image' and 'audio'.*NoneType"),
    ("a.jpg", TypeError, "got a str"),
    (
        {"image": [IMAGE], "audio": [SOUND]},
        TypeError,
        r"got a dict.*pd.DataFrame\({\"image\": list",
    ),
    (iter(rows()), TypeError, "got a list_iterator"),
    ([], ValueError, "at least one pair"),
    (table()[:0], ValueError, "at least one pair"),
    (([IMAGE] * N, [SOUND] * N), ValueError, r"two cells.*list of length 4 in row 0.*list\(zip\("),
    ([IMAGE] * N, ValueError, "two cells in each row.*ndarray of length 12 in row 0"),
    (np.zeros((N, 2)), ValueError, "two cells in each row.*ndarray of length 2 in row 0"),
    (np.array(["ab", "cd"]), ValueError, "two cells in each row.*str_ of length 2 in row 0"),
    ([3, 4], ValueError, "two cells in each row.*int in row 0"),
    ([IMAGE, SOUND], ValueError, r"length 12 in row 0. Did you mean \[\(image, sound\)\]"),
    (table().iloc[0], TypeError, r"got a Series. Did you mean X.iloc\[\[i\]\]"),
    (table()["image"], TypeError, r"got a Series. Did you mean pd.DataFrame"),
    ([*rows(), (IMAGE, SOUND, 1)], ValueError, "tuple of length 3 in row 4"),
    (table()[["image"]], ValueError, r"one column 'audio'; got \['image'\]. Rename"),
    (table().rename(columns=str.upper), ValueError, r"got \['IMAGE', 'AUDIO'\]. Rename"),
    (table()[["image", "audio", "audio"]], ValueError, "one column 'audio'"),
]
CELLS = [
    ({"image": None}, ValueError, "image .* is missing. Drop the row"),
    ({"image": np.nan}, ValueError, "image .* is missing"),
    ({"audio": np.float32("nan")}, ValueError, "audio .* is missing"),
    ({"audio": pd.NA}, ValueError, "audio .* is missing"),
    ({"audio": pd.NaT}, ValueError, "audio .* is missing"),
    ({"image": 3}, TypeError, "image .* must be a path .* or an array; got a int"),
    ({"audio": [0.1, 0.2]}, TypeError, "audio .* got a list. Convert it with np.asarray"),
    ({"audio": b"a.wav"}, TypeError, "audio .* got a bytes"),
    ({"image": "a dog"}, FileNotFoundError, "image .* there is no file 'a dog'"),
    ({"audio": "barking"}, FileNotFoundError, "audio .* there is no file 'barking'"),
    ({"image": "nowhere/a.jpg"}, FileNotFoundError, "relative to another folder"),
    ({"image": "."}, FileNotFoundError, "there is no file '.'"),
    ({"image": "a.wav", "audio": "a.jpg"}, ValueError, "Are the columns swapped"),
    ({"audio": "a.JPEG"}, ValueError, "Are the columns swapped"),
    ({"image": SOUND, "audio": IMAGE}, ValueError, "Are the columns swapped"),
    ({"image": SOUND[None], "audio": IMAGE}, ValueError, "Are the columns swapped"),
    ({"image": IMAGE / 255}, TypeError, r"image .* uint8.*np.round\(255 \* image\)"),
    ({"image": IMAGE[..., 0]}, ValueError, r"image .* \(height, width, 3\); got \(12, 16\)"),
    ({"image": np.moveaxis(IMAGE, 2, 0)}, ValueError, "image .* Channels first"),
    ({"image": IMAGE[:0]}, ValueError, "image .* must have pixels"),
    ({"audio": SOUND[:0]}, ValueError, "audio .* at least 0.025 s.*got 0 samples at 16000 Hz"),
    ({"audio": SOUND[:399]}, ValueError, "audio .* at least 0.025 s.*got 399 samples"),
    ({"audio": SOUND.reshape(-1, 2)}, ValueError, r"audio .* got \(8000, 2\).*use its .T"),
    ({"audio": SOUND.reshape(2, 2, 2, -1)}, ValueError, r"audio .* shape \(n_times,\) or"),
    ({"audio": (SOUND * 32767).astype(np.int16)}, TypeError, "audio .* divide by 32768"),
    ({"audio": SOUND.astype(np.float16)}, TypeError, "audio .* got dtype float16"),
    ({"audio": SOUND.astype(complex)}, TypeError, "audio .* got dtype complex128"),
    ({"audio": zeroed(slice(None))}, ValueError, "audio .* is silent.*Drop the row"),
    ({"audio": np.full(16000, 0.5)}, ValueError, "audio .* is silent"),
    ({"audio": SOUND * 1e-5}, ValueError, "audio .* is silent.*they differ by 1e-05"),
    (
        {"audio": np.where(SOUND > 0.4, np.inf, SOUND)},
        ValueError,
        "audio .* contains NaN or infinity",
    ),
    ({"audio": np.where(SOUND > 0.4, np.nan, SOUND)}, ValueError, "audio .* contains NaN"),
]


def read(X, name="X"):
    pairs = Pairs(X, fs=16000, name=name)
    return pairs.images(range(len(pairs))), pairs.sounds(range(len(pairs)))


@cache
def fitted():
    return small(max_epochs=1).fit(rows())


# Functions of X, and the name of X in their messages.
DOORS = {
    "Pairs": (read, "X"),
    "Pairs-named": (lambda X: read(X, "pairs"), "pairs"),
    "fit": (lambda X: small().fit(X), "X"),
    "fit-uncached": (lambda X: small(cached_views=None, n_jobs=2).fit(X), "X"),
    "fit-X_val": (lambda X: small().fit(rows(), X_val=X, y_val=BOXES), "X_val"),
    "similarity_map": (lambda X: fitted().similarity_map(X), "X"),
    "predict": (lambda X: fitted().predict(X), "X"),
    "score": (lambda X: fitted().score(X, BOXES), "X"),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("X", "error", "message"), CONTAINERS)
def test_bad_containers(door, X, error, message):
    take, name = DOORS[door]
    if X is None and name == "X_val":
        pytest.skip("None means that there are no such pairs")
    with pytest.raises(error, match=f"^{name} must .*{message}"):
        take(X)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("cells", "error", "message"), CELLS)
def test_bad_cells(door, cells, error, message):
    take, name = DOORS[door]
    pattern = f"^The {message}" if message[:5] in ("image", "audio") else message
    with pytest.raises(error, match=pattern) as caught:
        take(rows(**cells))
    assert f" in row 2 of {name}" in str(caught.value)


@pytest.mark.parametrize("batch_size", [2, 3])
def test_rows_are_counted_over_batches(batch_size):
    model = clone(fitted()).set_params(batch_size=batch_size)
    for take in (model.fit, copy(fitted()).set_params(batch_size=batch_size).predict):
        with pytest.raises(ValueError, match=r"audio in row 2 of X .*is silent"):
            take(rows(audio=zeroed(slice(None))))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (BOXES[:3], "must hold boxes of each pair of X(_val)?, 4; got 3"),
        (BOXES * 224, "fractions of the picture.*looks like pixels"),
        (BOXES[:, 0], r"\(n_samples, 4\) or \(n_samples, n_boxes, 4\)"),
        (["a"] * 4, "must hold numbers"),
        (None, "must hold boxes; got None"),
    ],
)
def test_bad_boxes(y, message):
    with pytest.raises(ValueError, match=f"^y.*{message}"):
        fitted().score(rows(), y)
    with pytest.raises(ValueError, match="X_val and y_val" if y is None else f"^y_val.*{message}"):
        small().fit(rows(), X_val=rows(), y_val=y)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"sound_duration": 0.97}, ValueError, r"'sound_duration' .* range \[0.975, 3600.0\]"),
        ({"fs": 8000}, ValueError, r"'fs' .* range \[15000.0, inf\)"),
        ({"image_size": 0}, ValueError, "'image_size' .* range"),
        ({"image_size": 1}, ValueError, "at least 4 pixels a side"),
        ({"cached_views": 0}, ValueError, "'cached_views' .* range"),
        ({"sound_duration": 48000}, ValueError, "'sound_duration' .* range"),
        ({"augmentation": ImageAugmentation(crop=3)}, ValueError, "'crop' .*ImageAugmentation"),
        ({"augmentation": "flip"}, ValueError, "'augmentation' .*ImageAugmentation"),
        ({"batch_size": 1}, ValueError, "'batch_size' .* range"),
        ({"memory": 3}, ValueError, "'memory'"),
        ({"whiten": None}, ValueError, "'whiten'"),
        ({"device": "nowhere"}, ValueError, "device must name a torch device"),
        ({"n_jobs": 0}, ValueError, "n_jobs"),
        ({"image_network": VGGish()}, ValueError, r"got input_shape=\(3, 32, 32\)"),
        ({"audio_network": SceneNet()}, ValueError, r"got input_shape=\(1, 96, 64\)"),
        ({"image_network": MLP((3,))}, ValueError, "'image_network' .*Backbone"),
        ({"image_network": SceneNet}, TypeError, "must return a torch.nn.Module"),
        ({"image_network": SceneNet(weights="no.pt")}, FileNotFoundError, "weights .* no.pt"),
    ],
)
def test_bad_parameters(params, error, message):
    with pytest.raises(error, match=message):
        small().set_params(**params).fit(rows())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: model.fit(rows()[:1]), "X must have at least 2 pairs; got 1"),
        (
            lambda model: model.fit(rows(), X_val=rows()),
            "X_val and y_val .*got X_val without y_val",
        ),
        (lambda model: model.similarity_map(rows(), size=0), "size must be a positive integer"),
        (lambda model: model.similarity_map(rows(), size=2.5), "size must be .*; got 2.5"),
        (lambda model: model.similarity_map(rows(), size="224"), "size must be .*; got '224'"),
        (lambda model: model.similarity_map(rows(), size=True), "size must be .*; got True"),
        (lambda model: model.predict_boxes(rows(), threshold=True), "threshold .*; got True"),
        (lambda model: model.predict_boxes(rows(), threshold=2), "threshold must be in .*; got 2"),
        (lambda model: model.predict_boxes(rows(), threshold="median"), "got 'median'"),
        (lambda model: model.predict_boxes(rows(), threshold=np.nan), "got nan"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call(copy(fitted()))


def test_no_box_at_all():
    with pytest.warns(UndefinedMetricWarning, match="4 of 4 pictures have no box with area"):
        assert fitted().score(rows(), BOXES * np.nan) == 0


def test_not_fitted():
    for call in ("similarity_map", "predict", "predict_boxes"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(small(), call)(rows())
    with pytest.raises(NotFittedError, match="not fitted yet"):
        small().score(rows(), BOXES)
