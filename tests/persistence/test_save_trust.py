"""Every class that a file may name does nothing when an object of it is filled."""

import importlib.util
import inspect
import pkgutil

import pytest
from sklearn.base import BaseEstimator

import sslearn
from sslearn.persistence import _trust

MODULES = [
    info.name
    for info in pkgutil.walk_packages(sslearn.__path__, "sslearn.")
    if info.name.split(".")[1] in _trust._ROOMS
]
# Where what runs when an object is made, filled or dropped may come from.
HARMLESS = {
    "__new__": (object, tuple),
    "__setstate__": (BaseEstimator,),
    "__del__": (),
    "__getattribute__": (object, tuple),
    "__setattr__": (object,),
}


def granted_classes():
    # Callbacks came with scikit-learn 1.9.
    modules = [
        name for name in _trust._SKLEARN if importlib.util.find_spec(name.rpartition(".")[0])
    ]
    for module in [*MODULES, *modules]:
        for name, value in vars(importlib.import_module(module)).items():
            node = {"__module__": module, "__class__": name, "__loader__": "ObjectNode"}
            if inspect.isclass(value) and _trust._is_part(node):
                yield value


CLASSES = sorted(set(granted_classes()), key=str)


def test_the_walk_sees_classes():
    names = {cls.__name__ for cls in CLASSES}
    assert {"NeuralLocalizer", "DelayFinder", "OutputSpec", "MLP", "_Scorer", "KFold"} <= names
    assert not {"Module", "Affine", "NearestNeighbors", "NeuralNet", "_UnsizedWav"} & names
    assert len(CLASSES) > 100


@pytest.mark.parametrize("method", HARMLESS)
def test_nothing_runs_when_an_object_is_filled(method):
    for cls in CLASSES:
        owner = next((base for base in cls.__mro__ if method in vars(base)), None)
        if owner is None or owner in HARMLESS[method]:
            continue
        # What dataclass and NamedTuple write, and a named tuple that checks its bounds.
        made = getattr(vars(owner)[method], "__func__", vars(owner)[method])
        written_by = made.__code__.co_filename.rpartition("/")[2]
        named = written_by.startswith("<") or cls.__name__ == "Hyperparameter"
        assert named or written_by == "dataclasses.py", cls


@pytest.mark.parametrize("room", sorted({m.split(".")[1] for m in MODULES}))
def test_functions_of_rooms_are_no_parts(room):
    module = importlib.import_module(f"sslearn.{room}")
    for name, value in vars(module).items():
        if inspect.isfunction(value):
            node = {"__module__": module.__name__, "__class__": name}
            for loader in ("ObjectNode", "TupleNode", "FunctionNode", "TypeNode"):
                is_measure = room == "metrics" and loader == "FunctionNode"
                granted = _trust.is_granted(node | {"__loader__": loader})
                assert not granted or (is_measure and name.endswith(_trust._MEASURES))
