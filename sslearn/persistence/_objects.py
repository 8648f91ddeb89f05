"""Estimators as trees of plain values, written and read by skops, with their arrays apart.

The one module that uses private names of skops, whose public functions keep arrays inside.
"""

import sys
from contextlib import contextmanager
from io import BytesIO
from pathlib import PurePath

import numpy as np
from sklearn.utils.metadata_routing import MetadataRequest


class _NoTorch:
    """Finder of modules for which torch is not installed."""

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
    from skops.io._numpy import RandomGeneratorNode
    from skops.io._protocol import PROTOCOL
    from skops.io._scipy import SparseMatrixNode
    from skops.io._trusted_types import NUMPY_DTYPE_TYPE_NAMES
    from skops.io._utils import LoadContext, SaveContext, _get_state, get_state

# skops chooses the loaders by this number, and those of older protocols check less.
_OLDEST_PROTOCOL = 2
# Kinds of numbers that safetensors stores; others stay in the format of NumPy.
_TENSOR_KINDS = "biuf"
# The time to seed a generator grows with the square of this; NumPy takes 4.
_LARGEST_POOL = 64


class _Members(dict):
    """Members by name, with the methods of a ZipFile that skops calls to write."""

    def writestr(self, name, content):
        self[name] = content

    def namelist(self):
        return list(self)


class _ArrayNode(Node):
    """Array, or scalar of NumPy, among the tensors of a file or in a separate member."""

    def __init__(self, state, load_context, trusted=None):
        super().__init__(state, load_context, trusted)
        self.trusted = ["numpy.ndarray", *NUMPY_DTYPE_TYPE_NAMES]
        source = load_context.src
        if "tensor" in state:
            self._array = source.tensors[state["tensor"]]
        else:
            content = BytesIO(source.read(state["file"]))
            self._array = np.lib.format.read_array(content, allow_pickle=False)

    def _construct(self):
        # Not by a call of the class: np.void(3) is three bytes, not the number 3.
        return self._array if self.class_name == "ndarray" else self._array[()]


class _SparseNode(SparseMatrixNode):
    """Sparse array whose indices are checked, because SciPy reads what they point to."""

    def _construct(self):
        array = super()._construct()
        if hasattr(array, "check_format"):
            array.check_format(full_check=True)
        return array


class _GeneratorNode(RandomGeneratorNode):
    """Generator of random numbers that is seeded at once."""

    def _construct(self):
        size = self.seed_seq_state.construct()["pool_size"]
        if size > _LARGEST_POOL:
            raise ValueError(f"pool_size of a seed must be at most {_LARGEST_POOL}; got {size}")
        return super()._construct()


# Stricter loaders, under new names, so that files of skops itself are read as before.
_STRICT = {
    "NdArrayNode": "ArrayNode",
    "SparseMatrixNode": "SparseNode",
    "RandomGeneratorNode": "GeneratorNode",
}
for _node in (_ArrayNode, _SparseNode, _GeneratorNode):
    NODE_TYPE_MAPPING[_node.__name__.removeprefix("_"), PROTOCOL] = _node


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
        Node, which describes how to make it.
    """
    if isinstance(tree, (list, tuple)):
        for i, item in enumerate(tree):
            yield from nodes_of(item, f"{path}[{i}]")
    elif isinstance(tree, dict):
        # A number without a loader would refer to an object that is made elsewhere.
        is_node = isinstance(tree.get("__loader__"), str) or not _is_content(tree.get("__id__", {}))
        if is_node:
            yield path.removeprefix("."), tree
        for key, item in tree.items():
            yield from nodes_of(item, path if is_node else f"{path}.{key}")


def _is_content(value):
    return isinstance(value, (dict, list))


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
    values : dict of int to object
        Objects of the nodes, by their numbers.
    """
    written = _Members()
    context = SaveContext(written)
    tree = get_state(estimator, context)
    tree["protocol"] = context.protocol
    tensors, members, names, numbers, values = {}, {}, {}, {}, {}
    for path, node in nodes_of(tree):
        # Equal numbers mean one object; addresses in memory would make each file another.
        number = numbers.setdefault(node["__id__"], len(numbers) + 1)
        values[number] = context.memo[node["__id__"]]
        node["__id__"] = number
        if _is_lax(node):
            node["__loader__"] = _STRICT[node["__loader__"]]
        if "file" not in node:
            continue
        file = PurePath(node.pop("file"))
        array = context.memo.get(int(file.stem)) if node["__loader__"] == "ArrayNode" else None
        if isinstance(array, np.memmap):
            node["__class__"] = "ndarray"
        if _is_tensor(array):
            node["tensor"] = names.setdefault(node["__id__"], path)
            tensors[node["tensor"]] = np.asarray(array, order="C")
        else:
            member = f"array_{len(members)}{file.suffix}"
            node["file"] = names.setdefault(node["__id__"], member)
            members[node["file"]] = written[str(file)]
    return tree, tensors, members, values


def _is_lax(node):
    """Return whether a node names a loader of skops that a stricter one replaces."""
    # Except arrays of objects, which are lists, and other classes, which need `trusted`.
    name = f"{node['__module__']}.{node['__class__']}"
    plain = "file" in node and name in ("numpy.ndarray", "numpy.memmap", *NUMPY_DTYPE_TYPE_NAMES)
    return node["__loader__"] in _STRICT and (plain or node["__loader__"] != "NdArrayNode")


def _is_tensor(array):
    """Return whether safetensors keeps the values, the dtype and the order of an array."""
    if array is None:
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
    _check_nodes(tree)
    root = get_tree(tree, LoadContext(src=source, protocol=protocol), allowed)
    return root.construct, root.get_unsafe_set() - set(allowed)


def _check_nodes(tree):
    """Raise an error if a node is not as :func:`to_tree` writes it.

    Repeated objects are written in full, so that a tree holds as many objects as it makes. With
    references, lists of lists that double each time would fill the memory from a short file.
    """
    known = {}
    for path, node in nodes_of(tree):
        if _is_lax(node):
            raise ValueError(f"{path} has the loader {node['__loader__']} of skops")
        number = node.get("__id__")
        first = node if number is None else known.setdefault(number, node)
        if first is not node and _unnumbered(first) != _unnumbered(node):
            raise ValueError(f"{path} repeats the number of another object, {number!r}")


def _unnumbered(tree):
    """A part of a tree without the numbers of objects and the names of arrays."""
    if isinstance(tree, list):
        return [_unnumbered(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    # The state of a random generator is a new array in each call of skops.
    labels = ("__id__", "tensor", "file")
    items = ((key, item) for key, item in tree.items() if key not in labels or _is_content(item))
    return {key: _unnumbered(item) for key, item in items}
