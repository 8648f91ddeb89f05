"""Estimators as trees of plain values, written and read by skops, with their arrays apart.

The one module that uses private names of skops, whose public functions keep arrays inside.
"""

import sys
from contextlib import contextmanager
from pathlib import PurePath

import numpy as np
from sklearn.utils.metadata_routing import MetadataRequest


class _NoTorch:
    """Finder of modules to which torch is not installed."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "torch":
            raise ModuleNotFoundError("torch is not needed here", name=name)


@contextmanager
def _torch_left_alone():
    sys.meta_path.insert(0, _NoTorch)
    try:
        yield
    finally:
        sys.meta_path.remove(_NoTorch)


# skops imports every module of scikit-learn, one of which takes seconds to import torch.
with _torch_left_alone():
    from skops.io._audit import NODE_TYPE_MAPPING, Node, get_tree
    from skops.io._protocol import PROTOCOL
    from skops.io._trusted_types import NUMPY_DTYPE_TYPE_NAMES
    from skops.io._utils import LoadContext, SaveContext, _get_state, get_state

# skops chooses the loaders by this number, and those of older ones are laxer.
_OLDEST_PROTOCOL = 2
# Kinds of numbers that safetensors stores; others stay in the format of NumPy.
_TENSOR_KINDS = "biuf"


class _Members(dict):
    """Members by name, with the methods of a ZipFile that skops calls to write."""

    def writestr(self, name, content):
        self[name] = content

    def namelist(self):
        return list(self)


class _TensorNode(Node):
    """Array, or scalar of NumPy, among the tensors of a file."""

    def __init__(self, state, load_context, trusted=None):
        super().__init__(state, load_context, trusted)
        self.trusted = ["numpy.ndarray", *NUMPY_DTYPE_TYPE_NAMES]
        self._array = load_context.src.tensors[state["tensor"]]

    def _construct(self):
        return self._array if self.class_name == "ndarray" else self._array[()]


# An additional loader: files of skops itself are read as before.
NODE_TYPE_MAPPING["TensorNode", PROTOCOL] = _TensorNode


@_get_state.register(MetadataRequest)
@_get_state.register(type(MetadataRequest(owner=None).fit))
def _request_state(request, save_context):
    # Its owner is the estimator that holds it, but trees have no loops: the name must do.
    state = vars(request) | {"owner": type(request.owner).__name__}
    return {
        "__class__": type(request).__name__,
        "__module__": type(request).__module__,
        "__loader__": "ObjectNode",
        "content": get_state(state, save_context),
    }


def nodes_of(tree, path=""):
    """Nodes of a tree with the path to the object of each, as in ``steps[0].fs``.

    Parameters
    ----------
    tree : dict, list or tuple
        Tree, or a part of it.
    path : str, default=""
        Path to the part.

    Yields
    ------
    path : str
        Path to the object.
    node : dict
        Node, which says how to make it.
    """
    if isinstance(tree, (list, tuple)):
        for i, item in enumerate(tree):
            yield from nodes_of(item, f"{path}[{i}]")
    elif isinstance(tree, dict):
        is_node = isinstance(tree.get("__loader__"), str)
        if is_node:
            yield path.removeprefix("."), tree
        for key, item in tree.items():
            yield from nodes_of(item, path if is_node else f"{path}.{key}")


def to_tree(estimator):
    """Turn an estimator into a tree of plain values.

    Parameters
    ----------
    estimator : object
        Estimator.

    Returns
    -------
    tree : dict
        Tree.
    tensors : dict of str to ndarray
        Arrays of numbers, by their paths.
    members : dict of str to bytes
        Other members of the file.
    """
    written = _Members()
    context = SaveContext(written)
    tree = get_state(estimator, context)
    tree["protocol"] = context.protocol
    tensors, members, names, numbers = {}, {}, {}, {}
    for path, node in nodes_of(tree):
        # Equal numbers mean one object; addresses in memory would make each file another.
        node["__id__"] = numbers.setdefault(node["__id__"], len(numbers) + 1)
        if "file" not in node:
            continue
        file = PurePath(node.pop("file"))
        array = context.memo.get(int(file.stem)) if node["__loader__"] == "NdArrayNode" else None
        if _is_tensor(array):
            name = names.setdefault(file, path)
            tensors[name] = np.asarray(array, order="C")
            node |= {"__loader__": "TensorNode", "tensor": name}
            if isinstance(array, np.memmap):
                node["__class__"] = "ndarray"
        else:
            node["file"] = names.setdefault(file, f"array_{len(members)}{file.suffix}")
            members[node["file"]] = written[str(file)]
    return tree, tensors, members


def _is_tensor(array):
    """Tell whether safetensors keeps values, kind and order of an array."""
    if array is None or type(array) not in (np.ndarray, np.memmap, array.dtype.type):
        return False
    in_order = array.flags.c_contiguous or not array.flags.f_contiguous
    is_number = array.dtype.kind in _TENSOR_KINDS and array.dtype.itemsize <= 8
    return is_number and array.dtype.isnative and in_order


def from_tree(tree, source, allowed):
    """Read a tree without making its objects yet.

    Parameters
    ----------
    tree : dict
        Tree.
    source : object
        Members: a method ``read(name)``, and ``tensors``, arrays by name.
    allowed : list of str
        Names of classes and functions that may be used, beside the plain ones.

    Returns
    -------
    construct : callable
        Function that makes the object.
    unsafe : set of str
        Names of classes and functions that are needed, and not allowed.
    """
    protocol = tree["protocol"]
    if not _OLDEST_PROTOCOL <= protocol <= PROTOCOL:
        raise ValueError(
            f"protocol of skops must be {_OLDEST_PROTOCOL} to {PROTOCOL}; got {protocol}. Upgrade "
            "skops"
        )
    root = get_tree(tree, LoadContext(src=source, protocol=protocol), allowed)
    return root.construct, root.get_unsafe_set() - set(allowed)
