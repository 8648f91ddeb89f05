"""Nodes that ask a reader of skops' format to run or to build what no model holds."""

import json

# What a file must not get hold of: whatever runs code, opens files or reaches the network.
FOREIGN = [
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "open"),
    ("code", "InteractiveInterpreter"),
    ("ctypes", "CDLL"),
    ("functools", "reduce"),
    ("importlib", "import_module"),
    ("joblib", "load"),
    ("mailbox", "Mailbox"),
    ("numpy", "load"),
    ("numpy", "memmap"),
    ("operator", "methodcaller"),
    ("os", "remove"),
    ("os", "system"),
    ("pathlib", "Path"),
    ("pickle", "loads"),
    ("pty", "spawn"),
    ("shutil", "rmtree"),
    ("sklearn.datasets", "load_svmlight_file"),
    ("sklearn.utils._testing", "ignore_warnings"),
    ("skops.io", "load"),
    ("socket", "socket"),
    ("sslearn", "load"),
    ("sslearn.datasets", "load_sofa"),
    ("sslearn.networks._state_files", "load_state"),
    ("sslearn.persistence", "load"),
    ("sslearn.utils", "read_audio"),
    ("sslearn.utils", "import_optional"),
    ("sslearn.utils._optional", "import_module"),
    ("subprocess", "Popen"),
    ("timeit", "timeit"),
    ("torch", "load"),
    ("webbrowser", "open"),
]


def plain(value):
    """Node of a plain value."""
    return _node("builtins", "str", "JsonNode", content=json.dumps(value), is_json=True)


def _node(module, name, loader, **rest):
    # An id that no other node has.
    return {"__module__": module, "__class__": name, "__loader__": loader, "__id__": None, **rest}


def _items(loader, name, *items, module="builtins"):
    return _node(module, name, loader, content=list(items))


def _table(module, name, **items):
    content = {key: plain(value) for key, value in items.items()}
    kinds = _items("ListNode", "list", *[_node("builtins", "str", "TypeNode")] * len(items))
    return _node(module, name, "DictNode", content=content, key_types=kinds)


def payloads(module, name, command):
    """Every way to ask for an object or a call of one name, with a command as its argument."""
    words = _items("TupleNode", "tuple", plain(command))
    none = _table("builtins", "dict")
    function = _node(module, name, "FunctionNode")
    missing = {"main": none, "default_factory": function}
    pair, two = [plain(command), function], _items("TupleNode", "tuple", plain(2))
    parts = {"func": function, "args": words, "kwds": none, "namespace": none}
    return [
        function,
        _node(module, name, "TypeNode"),
        _node(module, name, "ObjectNode"),
        _node(module, name, "ObjectNode", content=_table("builtins", "dict", args=command)),
        _node(module, name, "ConstructorFromReduceNode", content=words),
        _node("functools", "partial", "PartialNode", content=parts),
        _node(module, name, "PartialNode", content=parts),
        _node("operator", name, "OperatorFuncNode", attrs=words),
        _node("operator", "methodcaller", "OperatorFuncNode", attrs=words),
        _node(module, name, "MethodNode", content={"func": "__init__", "obj": function}),
        _items("ListNode", name, plain(command), module=module),
        _items("SetNode", name, plain(command), module=module),
        _items("TupleNode", name, plain(command), module=module),
        _table(module, name, command=command),
        _node("collections", "defaultdict", "DefaultDictNode", content=missing),
        _node(module, name, "NdArrayNode", type="json", content=pair, shape=two),
        _node(module, name, "ArrayNode", tensor="weights"),
        _node(module, name, "LossNode", content=none, __reduce__={"args": words}),
        _node(module, name, "TreeNode", content=none, __reduce__={"args": words}),
        _node(module, name, "DTypeNode", content=function),
        _node(module, name, "RandomStateNode", content=none),
        _node(module, name, "GeneratorNode", content=none),
        _node(module, name, "BytesNode", file="model.json"),
        _node(module, name, "SliceNode", content={"start": 0, "stop": command, "step": None}),
    ]
