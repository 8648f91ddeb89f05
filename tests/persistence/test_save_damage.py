"""Files that are no model, are damaged, or were made to run code or to fill the memory."""

import hashlib
import io
import json
import os
import pickle
import struct
import sys
import wave
import zipfile

import numpy as np
import pytest
from scipy import sparse
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeRegressor

from sslearn.base import EncodedLocalizer
from sslearn.exceptions import ModelFileError
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.persistence import describe, load, save
from tests.persistence.crafting import archive_of, members_of, rewrite, rewrite_schema

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((12, 3)), RNG.uniform(-90, 90, 12)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.sslearn"
    save(KNeighborsLocalizer(3).fit(X, Y), path)
    return path


def refuse(path, match):
    for reader in (load, describe):
        with pytest.raises(ModelFileError, match=match) as error:
            reader(path)
        assert str(path) in str(error.value)


def test_every_altered_byte_is_refused(path):
    whole = path.read_bytes()
    for position in [*range(60), *RNG.integers(60, len(whole), 140)]:
        altered = bytearray(whole)
        altered[position] ^= 1 << int(RNG.integers(8))
        path.write_bytes(altered)
        with pytest.raises(ModelFileError):
            load(path)


def test_truncated_and_longer_files(path):
    whole = path.read_bytes()
    for size in (1, 7, 8, 30, 51, 52, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        refuse(path, "truncated" if size >= 8 else "not a model")
    path.write_bytes(whole + b"\0")
    refuse(path, f"too long: it must have {len(whole)} bytes")


def test_files_of_another_kind(path):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", None))
    refuse(path, "not a model.* a WAV file")
    path.write_bytes(pickle.dumps(KNeighborsLocalizer()))
    refuse(path, "a pickle, which joblib.load opens; use it only for files that you trust")
    path.write_bytes(archive_of([("schema.json", b"{}")]))
    refuse(path, "a zip archive")
    path.write_bytes(b"")
    refuse(path, "it is empty")
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"model\.sslearn"):
        load(path)


def test_newer_formats_ask_for_an_upgrade(path):
    whole = bytearray(path.read_bytes())
    whole[8:12] = struct.pack("<I", 2)
    path.write_bytes(whole)
    refuse(path, "has format 2, .* reads formats up to 1. Upgrade sslearn")


MEMBERS = {
    "compressed": ("compressed members", zipfile.ZIP_DEFLATED, {}),
    "strange name": ("holds members that", zipfile.ZIP_STORED, {"../../evil.py": b""}),
    "folder": ("holds members that", zipfile.ZIP_STORED, {"a/": b""}),
    "no zip": ("no valid archive", None, {}),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_archives_that_save_does_not_write(name, path, monkeypatch):
    match, compression, more = MEMBERS[name]
    members = members_of(path) | more
    content = b"text" if compression is None else archive_of(members.items(), compression)
    sign(path, content)
    refuse(path, match)


def sign(path, archive):
    """Write an archive, or other bytes, behind a valid header."""
    facts = struct.pack("<8sIQ", b"\x89SSLEARN", 1, 52 + len(archive))
    path.write_bytes(facts + hashlib.sha256(facts + archive).digest() + archive)


def test_a_member_twice_is_refused(path):
    members = [*members_of(path).items()]
    with pytest.warns(UserWarning, match="Duplicate name"):
        sign(path, archive_of([*members, members[0]]))
    refuse(path, "holds members that")


def test_members_that_share_bytes_are_refused(path):
    # The entry of each member points to the same long bytes.
    archive = bytearray(
        archive_of([(f"array_{i}.bin", b"0" * (9 if i else 900)) for i in range(9)])
    )
    entry = b"PK\x01\x02"
    starts = [i for i in range(len(archive)) if archive[i : i + 4] == entry]
    for start in starts:
        archive[start + 16 : start + 28] = archive[starts[0] + 16 : starts[0] + 28]
        archive[start + 42 : start + 46] = archive[starts[0] + 42 : starts[0] + 46]
    sign(path, bytes(archive))
    refuse(path, "declares members of 8100 bytes")


def test_a_sparse_array_that_swells_is_refused(path):
    rows = sparse.csr_array(np.eye(3))
    save(FunctionTransformer(kw_args={"rows": rows}), path)
    assert (load(path).kw_args["rows"].toarray() == np.eye(3)).all()
    bomb = archive_of([("data.npy", bytes(50_000_000))], zipfile.ZIP_DEFLATED)
    rewrite(path, lambda members: members.update({"array_0.npz": bomb}))
    with pytest.raises(ModelFileError, match="declares 50000000 bytes"):
        load(path)


def test_arrays_of_a_false_shape_are_refused(path):
    save(FunctionTransformer(kw_args={"c": np.array([1j])}), path)
    buffer = io.BytesIO()
    header = {"descr": "<c16", "fortran_order": False, "shape": (2**50,)}
    np.lib.format.write_array_header_1_0(buffer, header)
    rewrite(path, lambda members: members.update({"array_0.npy": buffer.getvalue()}))
    with pytest.raises(ModelFileError, match="cannot be read"):
        load(path)
    rewrite(path, lambda members: members.update({"arrays.safetensors": b"\xff" * 64}))
    with pytest.raises(ModelFileError, match="cannot be read"):
        load(path)


@pytest.mark.parametrize("name", ["model.json", "schema.json", "arrays.safetensors"])
def test_members_that_are_absent_or_empty(name, path):
    rewrite(path, lambda members: members.update({name: b"[]"}))
    with pytest.raises(ModelFileError, match=r"model\.sslearn"):
        load(path)
    rewrite(path, lambda members: members.pop(name))
    with pytest.raises(ModelFileError, match=r"model\.sslearn"):
        load(path)


def test_descriptions_of_false_types_are_refused(path):
    def change(members):
        info = json.loads(members["model.json"]) | {"card": [1]}
        members["model.json"] = json.dumps(info)

    rewrite(path, change)
    refuse(path, "holds no valid description: its fields must be of types")


def test_a_tree_without_end_is_refused(path):
    deep = b'{"__loader__": "ListNode", "content": [' * 100_000
    rewrite(path, lambda members: members.update({"schema.json": deep}))
    with pytest.raises(ModelFileError, match="cannot be read: RecursionError"):
        load(path)


def node(loader, module, name, **fields):
    return {"__loader__": loader, "__module__": module, "__class__": name, **fields}


def plain(value):
    return node("JsonNode", "builtins", "str", content=json.dumps(value), is_json=True)


def filled(module, name, **state):
    keys = node("ListNode", "builtins", "list", content=[STR] * len(state))
    content = node("DictNode", "builtins", "dict", content=state, key_types=keys)
    return node("ObjectNode", module, name, content=content)


STR = node("TypeNode", "builtins", "str")
FILE = plain("a file")
TUPLE = node("TupleNode", "builtins", "tuple", content=[FILE])
EMPTY = node(
    "DictNode",
    "builtins",
    "dict",
    content={},
    key_types=node("ListNode", "builtins", "list", content=[]),
)
READ = node("FunctionNode", "sslearn.utils", "read_audio")
KNN_NODE = filled("sslearn.neighbors", "KNeighborsLocalizer")
NO_ARGS = node("TupleNode", "builtins", "tuple", content=[])
ATTACKS = {
    "system": node("FunctionNode", "os", "system"),
    "eval": node("TypeNode", "builtins", "eval"),
    "type of a module": node("TypeNode", "subprocess", "Popen"),
    "function": READ,
    "private function": node("FunctionNode", "sslearn.utils._audio", "read_audio"),
    "loader of data": node("FunctionNode", "sslearn.datasets", "load_sofa"),
    "function as a type": node("TypeNode", "sslearn.utils", "read_audio"),
    "class as a type": node("TypeNode", "sslearn.neighbors", "KNeighborsLocalizer"),
    "class as a function": node("FunctionNode", "sslearn.neighbors", "KNeighborsLocalizer"),
    "granted, then called": [
        KNN_NODE,
        node("FunctionNode", "sslearn.neighbors", "KNeighborsLocalizer"),
    ],
    "dotted name": [KNN_NODE, node("FunctionNode", "sslearn", "neighbors.KNeighborsLocalizer")],
    "module": node("FunctionNode", "sslearn.features._audio_reader", "os"),
    "imported class": filled("sslearn.neighbors", "NearestNeighbors"),
    "commands": filled("sslearn.cli", "main"),
    "main module": filled("sslearn.__main__", "main"),
    "file": filled("sslearn.utils._audio_files", "_UnsizedWav"),
    "torch module": filled("sslearn.networks.layers", "Affine"),
    "saver": node("FunctionNode", "sslearn.persistence", "load"),
    "partial": node(
        "PartialNode",
        "functools",
        "partial",
        content={"func": READ, "args": TUPLE, "kwds": EMPTY, "namespace": plain(None)},
    ),
    "disguised partial": node(
        "PartialNode",
        "sslearn.neighbors",
        "KNeighborsLocalizer",
        content={"func": READ, "args": TUPLE, "kwds": EMPTY, "namespace": plain(None)},
    ),
    "method": node(
        "MethodNode",
        "sslearn.neighbors",
        "KNeighborsLocalizer",
        content={"func": "fit", "obj": KNN_NODE},
    ),
    "methodcaller": node("OperatorFuncNode", "operator", "methodcaller", attrs=TUPLE),
    "reduce": node("ConstructorFromReduceNode", "os", "system", content=TUPLE),
    "reduce of ours": node(
        "ConstructorFromReduceNode", "sslearn.features", "AudioReader", content=TUPLE
    ),
    "loss of ours": node(
        "LossNode",
        "sslearn.neighbors",
        "KNeighborsLocalizer",
        content=EMPTY,
        __reduce__={"args": NO_ARGS},
    ),
    "tree of ours": node(
        "TreeNode",
        "sslearn.neighbors",
        "KNeighborsLocalizer",
        content=EMPTY,
        __reduce__={"args": NO_ARGS},
    ),
    "dict of ours": node(
        "DictNode", "sslearn.neighbors", "KNeighborsLocalizer", content={}, key_types=NO_ARGS
    ),
    "array of ours": node(
        "NdArrayNode",
        "sslearn.neighbors",
        "KNeighborsLocalizer",
        type="json",
        content=[],
        shape=NO_ARGS,
    ),
    "dtype filled": [
        node("DTypeNode", "numpy", "dtype", content=plain(1)),
        filled("numpy", "dtype", state=TUPLE),
    ],
    "key type": node(
        "DictNode",
        "builtins",
        "dict",
        content={"touch": FILE},
        key_types=node("ListNode", "builtins", "list", content=[node("TypeNode", "os", "system")]),
    ),
    "factory": node(
        "DefaultDictNode",
        "collections",
        "defaultdict",
        content={"main": EMPTY, "default_factory": node("FunctionNode", "os", "getcwd")},
    ),
    "callable in numpy": node("FunctionNode", "numpy", "load"),
    "bit generator": node(
        "GeneratorNode",
        "numpy.random._generator",
        "Generator",
        content={
            "bit_generator": node(
                "DictNode",
                "builtins",
                "dict",
                content={"bit_generator": plain("seed")},
                key_types=node("ListNode", "builtins", "list", content=[STR]),
            ),
            "seed_seq": EMPTY,
        },
    ),
    "old way": node("FunctionNode", "x", "y", content={"module_path": "os", "function": "system"}),
    "unknown class": filled("sslearn.neighbors", "NoSuchLocalizer"),
    "unknown loader": node("NoSuchNode", "builtins", "str"),
    "unknown tensor": node("ArrayNode", "numpy", "ndarray", tensor="none"),
    "no loader": {"content": 1},
}


@pytest.mark.parametrize("protocol", [2, 0])
@pytest.mark.parametrize("name", ATTACKS)
def test_no_file_makes_a_call(name, protocol, path, monkeypatch):
    called = []
    monkeypatch.setattr(os, "system", called.append)
    monkeypatch.setattr("sslearn.utils.read_audio", called.append)
    before = set(sys.modules)

    def change(tree):
        attack = ATTACKS[name]
        nodes = attack if isinstance(attack, list) else [attack]
        for i, item in enumerate(nodes):
            tree["content"]["content"][f"attack_{i}"] = item
            tree["content"]["key_types"]["content"].append(STR)
        tree["protocol"] = protocol

    rewrite_schema(path, change)
    with pytest.raises(ModelFileError, match=r"model\.sslearn"):
        load(path)
    assert not called
    assert not {"sslearn.cli", "sslearn.__main__"} & (set(sys.modules) - before)


def test_an_attack_is_refused_for_the_attack_alone(path):
    """The test above would pass if every rewritten file were refused."""

    def change(tree):
        tree["content"]["content"]["more"] = KNN_NODE
        tree["content"]["key_types"]["content"].append(STR)

    rewrite_schema(path, change)
    assert isinstance(load(path).more, KNeighborsLocalizer)


def test_older_protocols_of_skops_are_refused(path):
    rewrite_schema(path, lambda tree: tree.update(protocol=1))
    with pytest.raises(ModelFileError, match="protocol"):
        load(path)


def test_the_root_must_be_an_estimator(path):
    rewrite_schema(path, lambda tree: plain(3) | {"protocol": 2})
    with pytest.raises(ModelFileError, match="holds no estimator"):
        load(path)


def test_trees_of_scikit_learn_are_trusted_by_the_user_alone(path):
    model = EncodedLocalizer(DecisionTreeRegressor(random_state=0)).fit(X, Y)
    save(model, path)
    name = "sklearn.tree._tree.Tree"
    with pytest.raises(ModelFileError, match=rf"needs {name}"):
        load(path)
    assert (load(path, trusted=[name]).predict(X) == model.predict(X)).all()
