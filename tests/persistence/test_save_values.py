"""Values that come back from a file as they were, and those that are refused."""

import enum
from collections import OrderedDict, defaultdict
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sslearn.deep_learning import NeuralLocalizer
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.persistence import load, save
from sslearn.utils import read_audio


def again(estimator, folder):
    save(estimator, folder / "model.sslearn")
    return load(folder / "model.sslearn")


def test_every_value_comes_back_as_it_was(tmp_path):
    shared = np.arange(6.0)
    values = {
        "c": np.arange(6, dtype=np.int16).reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "strided": np.arange(12.0)[::2],
        "big-endian": np.arange(3, dtype=">f4"),
        "complex": np.exp(1j * np.arange(4)),
        "half": np.arange(3, dtype=np.float16),
        "text": np.array(["left", "right"]),
        "empty": np.zeros((0, 4)),
        "zero-dimensional": np.array(2.5),
        "masked": np.ma.MaskedArray([1.0, 2.0], [False, True]),
        "scalars": [np.float32(0.1), np.int64(3), np.bool_(True)],
        "numbers": [1, -2.5, 0.1 + 0.2, 5e-324, float("inf"), True, None, 10**30],
        "sign": -0.0,
        "words": ["a\0b", "\u00fc", "\ud800", ""],
        "date": np.array(["2026-11-29"], dtype="datetime64[D]"),
        "rows": np.array([(1, 2.5)], dtype=[("n", "i4"), ("x", "f8")]),
        "long": np.array([0.1], dtype=np.longdouble),
        "objects": np.array([[None, "a"], [1.5, (2, 3)]], dtype=object),
        "ordered": OrderedDict(b=1, a=2),
        "by number": {np.int64(3): 1, 2.5: 2, float("inf"): 3},
        "__loader__": {"__id__": 3, "content": "a text", "file": "a path", "tensor": 1},
        "dtype": np.dtype(np.float32),
        "tuple": (1, ("a", slice(2, None))),
        7: {"nested": {1.5, 2.5}},
        "twice": [shared, shared],
        "generator": np.random.default_rng(5),
    }
    loaded = again(FunctionTransformer(kw_args=values), tmp_path).kw_args
    assert list(loaded) == list(values)
    for key in (
        "c",
        "fortran",
        "strided",
        "big-endian",
        "complex",
        "half",
        "text",
        "empty",
        "date",
        "rows",
        "long",
    ):
        assert np.array_equal(loaded[key], values[key]) and loaded[key].dtype == values[key].dtype
    assert loaded["fortran"].flags.f_contiguous and not loaded["fortran"].flags.c_contiguous
    assert loaded["c"].flags.writeable
    assert loaded["zero-dimensional"].shape == () and loaded["zero-dimensional"] == 2.5
    assert loaded["masked"].mask.tolist() == [False, True]
    for one, other in zip(loaded["scalars"], values["scalars"], strict=True):
        assert type(one) is type(other) and one == other
    for key in ("numbers", "words", "dtype", "tuple", 7, "ordered", "by number", "__loader__"):
        assert loaded[key] == values[key] and type(loaded[key]) is type(values[key])
    assert list(loaded["ordered"]) == ["b", "a"]
    assert np.copysign(1, loaded["sign"]) == -1
    assert [*map(type, loaded["by number"])] == [np.int64, float, float]
    assert loaded["objects"].tolist() == values["objects"].tolist()
    assert loaded["twice"][0] is loaded["twice"][1]
    assert loaded["generator"].random() == values["generator"].random()


@pytest.mark.parametrize("kind", [np.random.RandomState, np.random.default_rng])
def test_shared_random_numbers_stay_shared(kind, tmp_path):
    rng = kind(5)
    rng.standard_normal()
    loaded = again(FunctionTransformer(kw_args={"one": rng, "other": [rng]}), tmp_path).kw_args
    assert loaded["one"] is loaded["other"][0]
    assert (loaded["one"].standard_normal(9) == rng.standard_normal(9)).all()


class Outer:
    class Inner:
        pass


class Side(enum.IntEnum):
    LEFT = 1


def objects(shape, item):
    array = np.empty(shape, dtype=object)
    for index in np.ndindex(array.shape):
        array[index] = item
    return array


REFUSED = {
    "kw_args.f": FunctionTransformer(kw_args={"f": lambda X: X}),
    "steps[0][1].func": make_pipeline(FunctionTransformer(partial(np.add, 1))),
    "kw_args.rows[1]": FunctionTransformer(kw_args={"rows": [1, (i for i in "ab")]}),
    "kw_args.inner": FunctionTransformer(kw_args={"inner": Outer.Inner()}),
    "kw_args.by_flag": FunctionTransformer(kw_args={"by_flag": {True: 1}}),
    "kw_args.alike": FunctionTransformer(kw_args={"alike": {1: 1, "1": 2}}),
    "kw_args.pairs": FunctionTransformer(kw_args={"pairs": {(1, 2): 3}}),
    "kw_args.path": FunctionTransformer(kw_args={"path": Path("weights.pt")}),
    "kw_args.side": FunctionTransformer(kw_args={"side": Side.LEFT}),
    "kw_args.lists": FunctionTransformer(kw_args={"lists": objects((2, 2), [1, 2])}),
    "kw_args.none": FunctionTransformer(kw_args={"none": objects((0, 3), None)}),
    "kw_args.single": FunctionTransformer(kw_args={"single": objects((), "a")}),
    "kw_args.default": FunctionTransformer(kw_args={"default": defaultdict(list, {1: [2]})}),
    "kw_args.part": FunctionTransformer(kw_args={"part": slice(np.int64(1), None)}),
    "kw_args.masked": FunctionTransformer(
        kw_args={"masked": np.ma.MaskedArray([1.0, 2.0], [False, True], fill_value=-7)}
    ),
    "func": FunctionTransformer(read_audio),
    "weights": KNeighborsLocalizer(weights=np.random.default_rng(0).normal),
    "loss": NeuralLocalizer(loss=KNeighborsLocalizer().get_params),
}


@pytest.mark.parametrize("path", REFUSED)
def test_what_a_file_cannot_name_is_refused_with_its_place(path, tmp_path):
    with pytest.raises(TypeError, match="cannot be saved") as error:
        save(REFUSED[path], tmp_path / "model.sslearn")
    assert str(error.value).startswith(f"{path} cannot be saved")
    assert not list(tmp_path.iterdir())


def test_objects_of_torch_are_refused(tmp_path):
    torch = pytest.importorskip("torch")
    model = FunctionTransformer(kw_args={"weights": torch.zeros(3)})
    with pytest.raises(TypeError, match=r"^kw_args\.weights cannot be saved: Tensor"):
        save(model, tmp_path / "model.sslearn")
