"""The cache of rendered chunks: what changes an entry, and entries that are damaged."""

import os
import pickle
import sys
import textwrap
import types
from functools import partial

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sslearn.datasets import make_binaural, structural_hrirs
from sslearn.simulation._cache import chunk_key, source_key

SHORT = {"n_samples": 3, "duration": 0.05, "random_state": 0}


@pytest.fixture(scope="module")
def head():
    return structural_hrirs(fs=16000)


@pytest.fixture
def module(monkeypatch):
    """Function that puts source into a module that can be imported, and returns the module."""

    def define(source):
        module = types.ModuleType("cells")
        monkeypatch.setitem(sys.modules, "cells", module)
        exec(textwrap.dedent(source), module.__dict__)
        return module

    return define


class Gain(TransformerMixin, BaseEstimator):
    """Transformer of this module, whose methods tests replace."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X * 2

    def halve(self, X):
        return X / 2


def test_edited_function_is_not_stale(tmp_path, head, module):
    def loudness(source):
        function = FunctionTransformer(module(source).function)
        return make_binaural(
            heads=head, batch_transform=function, memory=tmp_path, **SHORT
        ).data.std()

    first = loudness("def function(X):\n    return X * 2")
    assert loudness("def function(X):\n    return X * 8") == pytest.approx(4 * first)
    assert loudness("# moved\n\ndef function(X):\n    return X * 2") == first
    assert len(list(tmp_path.rglob("output.pkl"))) == 2


CHANGES = [
    ("def function(X):\n    return X * 2", "def function(X):\n    return X * 3"),
    ("def function(X, a=2):\n    return X * a", "def function(X, a=3):\n    return X * a"),
    ("def g(X): return X\ndef function(X): return g(X)",
     "def g(X): return -X\ndef function(X): return g(X)"),
    ("def function(X): return [x for x in X]", "def function(X): return [2 * x for x in X]"),
    ("def function(X): return X in {'a', 'b'}", "def function(X): return X in {'a', 'c'}"),
]  # fmt: skip


@pytest.mark.parametrize("wrap", [
    FunctionTransformer,
    lambda f: make_pipeline(FunctionTransformer(), FunctionTransformer(f)),
    lambda f: FunctionTransformer(partial(f)),
    lambda f: FunctionTransformer(np.abs, kw_args={}, inverse_func=f),
])  # fmt: skip
@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_key_knows_the_code(before, after, wrap, module):
    keys = [chunk_key("", wrap(module(source).function)) for source in (before, after, before)]
    assert keys[0] == keys[2] != keys[1]


def test_key_knows_the_methods_of_classes(monkeypatch):
    before = chunk_key("", make_pipeline(Gain()))
    monkeypatch.setattr(Gain, "transform", Gain.halve)
    assert chunk_key("", make_pipeline(Gain())) != before


def test_source_of_the_package_is_part_of_the_key():
    assert len(source_key()) == 32


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_lambda_is_refused_by_name(tmp_path, head, n_jobs):
    transform = FunctionTransformer(lambda X: 2 * X)
    params = {"heads": head, "batch_transform": transform} | SHORT
    with pytest.raises(TypeError, match=r"batch_transform cannot be cached: .*memory=None"):
        make_binaural(memory=tmp_path, n_jobs=n_jobs, **params)
    assert make_binaural(**params).data.shape == (3, 2, 800)


def test_flipped_bit_is_noticed(tmp_path, head):
    expected = make_binaural(heads=head, memory=tmp_path, **SHORT).data
    [path] = tmp_path.rglob("output.pkl")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="damaged: its clips are rendered again"):
        again = make_binaural(heads=head, memory=tmp_path, **SHORT).data
    assert_array_equal(again, expected)
    assert_array_equal(make_binaural(heads=head, memory=tmp_path, **SHORT).data, expected)


@pytest.mark.parametrize("other", [None, 5, ("a", b"b"), ([1], 2), np.zeros(3)], ids=repr)
def test_pickle_of_something_else(tmp_path, head, other):
    expected = make_binaural(heads=head, memory=tmp_path, **SHORT).data
    [path] = tmp_path.rglob("output.pkl")
    path.write_bytes(pickle.dumps(other))
    with pytest.warns(UserWarning, match="damaged"):
        assert_array_equal(make_binaural(heads=head, memory=tmp_path, **SHORT).data, expected)


def test_memory_of_any_kind(tmp_path, head):
    for n, memory in enumerate(
        (tmp_path / "a", str(tmp_path / "b"), joblib.Memory(tmp_path / "c"))
    ):
        make_binaural(heads=head, memory=memory, **SHORT)
        assert len(list(tmp_path.rglob("output.pkl"))) == n + 1
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="memory must be a folder that can be created"):
        make_binaural(heads=head, memory=tmp_path / "file" / "cache", **SHORT)


def test_what_no_seed_repeats_is_not_kept(tmp_path, head):
    make_binaural(heads=head, memory=tmp_path / "cache", **SHORT | {"random_state": None})
    assert not (tmp_path / "cache").exists()


def test_namesake_in_another_folder(tmp_path, head, monkeypatch):
    soundfile = pytest.importorskip("soundfile")
    results = []
    for level in (0.1, 0.3):
        folder = tmp_path / str(level)
        folder.mkdir()
        soundfile.write(folder / "a.wav", np.full(2000, level), 16000)
        os.utime(folder / "a.wav", (0, 0))
        monkeypatch.chdir(folder)
        params = {"heads": head, "sounds": ["a.wav"], "memory": tmp_path / "cache"}
        results.append(make_binaural(**params, **SHORT).data.std())
    assert results[1] == pytest.approx(3 * results[0], rel=1e-3)
