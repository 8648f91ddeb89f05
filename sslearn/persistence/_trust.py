"""Names that a file may hold: classes of objects filled with values, and measures of errors."""

import importlib
import inspect
from abc import ABC

from sslearn.exceptions import ModelFileError
from sslearn.persistence._objects import nodes_of

# Rooms whose objects are part of estimators. The others read files or run commands.
_ROOMS = (
    "audiovisual",
    "base",
    "calibration",
    "decoding",
    "deep_learning",
    "doa",
    "embedding",
    "encoding",
    "ensemble",
    "features",
    "geometry",
    "losses",
    "metrics",
    "model_selection",
    "neighbors",
    "networks",
)
# Loaders that make an object without a call of its class, and fill it with values.
_FILLED = ("ObjectNode", "TupleNode")
# Parts of estimators of scikit-learn that skops does not trust by default.
_SKLEARN = (
    "sklearn.callback._progressbar",
    "sklearn.gaussian_process.kernels",
    "sklearn.metrics._scorer",
    "sklearn.model_selection._split",
    "sklearn.neural_network._stochastic_optimizers",
    "sklearn.utils._metadata_requests",
)
_MEASURES = ("_score", "_error", "_rate", "_loss")
# What no file of a model holds, whoever is trusted: these call what they name.
CALLS = {
    "MethodNode": "a bound method",
    "PartialNode": "a functools.partial",
    "OperatorFuncNode": "a function of operator",
    "ConstructorFromReduceNode": "an object made by a call",
}


def name_of(node):
    """Full name of the class or function of a node."""
    return f"{node['__module__']}.{node['__class__']}"


def allowed_names(tree, trusted, path):
    """List the names of a tree that are part of sslearn or of searches, if properly used.

    Parameters
    ----------
    tree : dict
        Tree of a file.
    trusted : collection of str
        Names that the user trusts.
    path : Path
        Path of the file, for messages.

    Returns
    -------
    names : list of str
        Names, with those in ``trusted``.

    Raises
    ------
    ModelFileError
        If the tree makes a call, or uses a name of sslearn in another way than as the class of a
        part of an estimator.
    """
    granted, others = set(), {}
    for where, node in nodes_of(tree):
        name, loader = name_of(node), node["__loader__"]
        if loader in CALLS:
            raise ModelFileError(
                f"{path} holds {CALLS[loader]} in {where or 'its root'}, {name}, which "
                "sslearn.save does not write: it was made to run code."
            )
        if name in trusted or loader == "JsonNode":
            continue
        if is_granted(node):
            granted.add(name)
        else:
            others[name] = where
    # skops would allow a granted name in every node.
    for name, where in others.items():
        if name in granted or name.startswith("sslearn."):
            raise ModelFileError(
                f"{path} names {name} in {where or 'its root'}, which is no part of an estimator "
                "in this version of sslearn. Upgrade sslearn, or do not use the file."
            )
    return sorted(granted.union(trusted))


def is_granted(node):
    """Return whether a node that skops does not trust is of sslearn or a search, properly used."""
    loader, name = node["__loader__"], name_of(node)
    if loader == "DTypeNode":
        return name == "numpy.dtype"
    if loader == "SparseNode":
        return name.startswith("scipy.sparse.")
    return _is_part(node) or (loader == "FunctionNode" and _is_measure(node))


def _is_part(node):
    """Return whether a node is filled with values, and its class runs no code for that."""
    module = node["__module__"]
    room = module.removeprefix("sslearn.").partition(".")[0]
    known = module in _SKLEARN or (module.startswith("sslearn.") and room in _ROOMS)
    if node["__loader__"] not in _FILLED or not known:
        return False
    cls = _find(module, node["__class__"])
    is_class = inspect.isclass(cls) and package_of(cls.__module__) == package_of(module)
    return is_class and all(map(_is_plain, cls.__mro__))


def _is_plain(base):
    """Return whether a class is of sslearn or scikit-learn, and so not of a file or of torch."""
    return package_of(base.__module__) in ("sslearn", "sklearn") or base in (object, tuple, ABC)


def package_of(module):
    """Package of a module."""
    return module.partition(".")[0]


def _is_measure(node):
    """Return whether a function is a public measure."""
    module, name = node["__module__"], node["__class__"]
    room = ".".join(module.split(".")[:2])
    if room not in ("sslearn.metrics", "sklearn.metrics") or not name.endswith(_MEASURES):
        return False
    found = _find(room, name)
    return inspect.isfunction(found) and module in (room, found.__module__)


def _find(module, name):
    """Object of a name, or None."""
    try:
        return getattr(importlib.import_module(module), name, None)
    except ImportError:
        return None
