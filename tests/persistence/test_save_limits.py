"""What a signed file may not do: fill the memory, take forever, or hide what it holds."""

import time

import numpy as np
import pytest
from scipy import sparse
from sklearn.preprocessing import FunctionTransformer

from sslearn.exceptions import ModelFileError
from sslearn.persistence import load, save
from tests.persistence.crafting import archive_of, rewrite, rewrite_schema

EMPTY = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": []}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.sslearn"
    save(FunctionTransformer(kw_args={"value": 1.5}), path)
    return path


def put(path, value):
    """Replace the value in a file by a node."""

    def change(tree):
        tree["content"]["content"]["kw_args"]["content"]["value"] = value

    rewrite_schema(path, change)


def doubled(n_times, stub):
    """List that holds itself twice, as it was before, again and again."""
    node = EMPTY | {"__id__": 1000}
    for i in range(n_times):
        again = stub(node)
        node = EMPTY | {"__id__": 1001 + i, "content": [node, again]}
    return node


STUBS = {
    "empty": lambda node: EMPTY | {"__id__": node["__id__"]},
    "number alone": lambda node: {"__id__": node["__id__"]},
    "cached": lambda node: EMPTY | {"__id__": node["__id__"], "__loader__": "CachedNode"},
}


@pytest.mark.parametrize("name", STUBS)
def test_a_list_that_doubles_is_refused(name, path):
    put(path, doubled(60, STUBS[name]))
    start = time.perf_counter()
    with pytest.raises(ModelFileError, match=r"model\.sslearn"):
        load(path)
    assert time.perf_counter() - start < 5


def test_an_array_of_objects_that_doubles_is_refused(path):
    shape = {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode"}
    sizes = [
        {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": "2"}
    ] * 2
    array = {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode"}
    content = [doubled(60, STUBS["empty"])] * 2
    put(path, array | {"type": "json", "content": content, "shape": shape | {"content": sizes}})
    with pytest.raises(ModelFileError, match=r"model\.sslearn"):
        load(path)


def test_a_member_that_many_arrays_share_is_refused(path):
    save(FunctionTransformer(kw_args={"value": np.array([1j])}), path)

    def change(tree):
        node = tree["content"]["content"]["kw_args"]["content"]["value"]
        del node["__id__"]
        copy = dict(node)
        node.clear()
        node.update(EMPTY | {"content": [copy] * 2})

    rewrite_schema(path, change)
    with pytest.raises(ModelFileError, match=r"array_0\.npy"):
        load(path)


LAX = {
    "array": ("NdArrayNode", np.array([1j])),
    "sparse": ("SparseMatrixNode", sparse.csr_array(np.eye(3))),
    "generator": ("RandomGeneratorNode", np.random.default_rng(0)),
}


@pytest.mark.parametrize("name", LAX)
def test_loaders_of_skops_that_check_less_are_refused(name, path):
    loader, value = LAX[name]
    save(FunctionTransformer(kw_args={"value": value}), path)
    assert type(load(path).kw_args["value"]) is type(value)

    def change(tree):
        tree["content"]["content"]["kw_args"]["content"]["value"]["__loader__"] = loader

    rewrite_schema(path, change)
    with pytest.raises(ModelFileError, match=f"the loader {loader} of skops"):
        load(path)


def test_a_size_is_no_scalar_of_that_size(path):
    """numpy.void(n) takes n bytes."""
    save(FunctionTransformer(kw_args={"value": np.int64(10**12)}), path)

    def change(tree):
        tree["content"]["content"]["kw_args"]["content"]["value"]["__class__"] = "void"

    rewrite_schema(path, change)
    assert load(path).kw_args["value"] == 10**12


def test_indices_of_sparse_arrays_are_checked(path):
    rows = sparse.csr_array(np.eye(3))
    rows.indices[1] = 10**6
    save(FunctionTransformer(kw_args={"value": rows}), path)
    with pytest.raises(ModelFileError, match="indices must be < 3"):
        load(path)


def test_a_generator_that_takes_hours_to_seed_is_refused(path):
    save(FunctionTransformer(kw_args={"value": np.random.default_rng(0)}), path)

    def change(tree):
        state = tree["content"]["content"]["kw_args"]["content"]["value"]["content"]
        state["seed_seq"]["content"]["pool_size"]["content"] = "1000000"

    rewrite_schema(path, change)
    with pytest.raises(ModelFileError, match="pool_size of a seed must be at most 64"):
        load(path)


def test_an_archive_in_the_place_of_an_array_is_refused(path):
    save(FunctionTransformer(kw_args={"value": np.array([1j])}), path)
    inner = archive_of([("data.npy", b"")])
    rewrite(path, lambda members: members.update({"array_0.npy": inner}))
    with pytest.raises(ModelFileError, match="cannot be read"):
        load(path)
