"""Trees of estimators that a file can hold, or an error that names what it cannot."""

import importlib

import numpy as np

from sslearn.persistence._objects import nodes_of, to_tree
from sslearn.persistence._trust import CALLS, is_granted, name_of, package_of

_CURE = "Give a plain value, or a function or an object of a class at the top level of a module."


def storable_tree(estimator):
    """Turn an estimator into a tree whose objects can be found by their names.

    Parameters
    ----------
    estimator : estimator
        Estimator.

    Returns
    -------
    tree, tensors, members
        As :func:`sslearn.persistence._objects.to_tree` returns them first.

    Raises
    ------
    TypeError
        If a part cannot be stored; the message holds the path to it.
    """
    try:
        tree, tensors, members, values = to_tree(estimator)
    except Exception as error:
        path, culprit = _culprit(estimator)
        raise TypeError(
            _refusal(path, type(culprit).__name__, f"is not known to skops ({error})")
        ) from error
    for path, node in nodes_of(tree):
        _check_value(path, node, values[node["__id__"]])
        _check_node(path, node)
    return tree, tensors, members


def _refusal(path, what, reason):
    return f"{path or 'estimator'} cannot be saved: {what} {reason}. {_CURE}"


def _check_value(path, node, value):
    """Raise if a value would be read back as another one."""
    loader = node["__loader__"]
    if loader == "JsonNode" and type(value) not in (str, int, float, bool, type(None)):
        reason = "would come back as a plain number or text"
    elif loader == "NdArrayNode" and node["type"] == "json" and not _keeps_shape(value):
        reason = f"of objects would come back in another shape than {value.shape}"
    elif loader == "DefaultDictNode" and not all(type(key) is str for key in value):
        reason = f"must have texts as keys, not {list(value)}"
    elif loader == "SliceNode" and not {*map(type, node["content"].values())} <= {int, type(None)}:
        reason = f"must have bounds of Python, not {value}"
    elif loader == "MaskedArrayNode" and not np.array_equal(
        value.fill_value, np.ma.default_fill_value(value)
    ):
        reason = f"would lose its fill_value, {value.fill_value}"
    else:
        return
    raise TypeError(_refusal(path, type(value).__name__, reason))


def _keeps_shape(array):
    """Return whether the shape of an array of objects is that of its nested list."""
    return array.ndim == 1 or (
        array.ndim > 1 and np.array(array.tolist(), dtype=object).shape == array.shape
    )


def _check_node(path, node):
    loader, name = node["__loader__"], name_of(node)
    if loader in CALLS:
        raise TypeError(_refusal(path, name, f"is {CALLS[loader]}, which a file must not make"))
    if loader == "DictNode":
        _check_keys(path, node["content"])
    if package_of(node["__module__"]) == "torch":
        raise TypeError(_refusal(path, name, "is an object of torch"))
    if loader in ("FunctionNode", "TypeNode", "ObjectNode"):
        found = getattr(importlib.import_module(node["__module__"]), node["__class__"], None)
        if found is None:
            raise TypeError(_refusal(path, name, "is a lambda, or defined within another thing"))
        node["__module__"] = _public_module(found, node)
    if package_of(node["__module__"]) == "sslearn" and not is_granted(node):
        raise TypeError(_refusal(path, name, "is of sslearn, and no part of an estimator"))


def _check_keys(path, content):
    """Raise if keys would be read back as others, because keys of JSON are texts."""
    plain = all(type(key) in (str, int, float) for key in content)
    if not plain or len({str(key) for key in content}) < len(content):
        raise TypeError(_refusal(path, "a dict", f"has keys that JSON mixes up, {list(content)}"))


def _public_module(found, node):
    """Module of a class without the private part, which later versions may move."""
    parts = node["__module__"].split(".")
    room = ".".join(parts[:2])
    if parts[0] != "sslearn" or len(parts) < 3:
        return node["__module__"]
    is_public = getattr(importlib.import_module(room), node["__class__"], None) is found
    return room if is_public else node["__module__"]


def _culprit(value, path=""):
    """Path to the smallest part of an object that cannot be stored, and the part."""
    if isinstance(value, dict):
        parts = {f"{path}.{key}": item for key, item in value.items()}
    elif isinstance(value, (list, tuple)):
        parts = {f"{path}[{i}]": item for i, item in enumerate(value)}
    elif hasattr(value, "get_params"):
        parts = {f"{path}.{key}": item for key, item in value.__getstate__().items()}
    else:
        parts = {}
    for inner, item in parts.items():
        try:
            to_tree(item)
        except Exception:
            return _culprit(item, inner)
    return path.removeprefix("."), value
