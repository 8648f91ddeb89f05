"""Alterations of model files: damage, which the checksum finds, and forgeries, which are signed.

Each takes a generator of random numbers and a file as bytes, and returns another file.
"""

import json
import struct
from zipfile import ZIP_DEFLATED

from benchmarks.safety._archives import (
    HEADER_SIZE,
    edit_json,
    nodes_of,
    put_together,
    sign,
    take_apart,
)
from benchmarks.safety._payloads import FOREIGN, payloads

# Values that no number, name or list of a file is ready for.
_STRANGE = [None, True, -1, 10**30, 1e308, "", "x" * 1000, [], {}, [[]], "../../etc/passwd", "nan"]
# Size of what a forged file declares or unpacks to.
_HUGE = 2**33
_NEW_ID = 10**9
_MARKER = "touch altered-file-ran-code"


def _splice(data, start, stop, new):
    return data[:start] + bytes(new) + data[stop:]


def _one_of(rng, items):
    return items[int(rng.integers(len(items)))]


def _place(rng, data, most=64):
    start = int(rng.integers(len(data)))
    return start, min(len(data), start + int(rng.integers(1, most)))


# ------------------------------------------------------------------ damage


def flip_bit(rng, data):
    """One bit."""
    at = int(rng.integers(len(data)))
    return _splice(data, at, at + 1, [data[at] ^ (1 << int(rng.integers(8)))])


def change_bytes(rng, data):
    """Some bytes in a row."""
    start, stop = _place(rng, data)
    return _splice(data, start, stop, rng.bytes(stop - start))


def change_header(rng, data):
    """A byte of magic, format, size or checksum."""
    at = int(rng.integers(HEADER_SIZE))
    return _splice(data, at, at + 1, [(data[at] + int(rng.integers(1, 256))) % 256])


def truncate(rng, data):
    """The end is missing."""
    return data[: int(rng.integers(len(data)))]


def insert(rng, data):
    """More bytes, in the middle or at the end."""
    at = int(rng.integers(len(data) + 1))
    return _splice(data, at, at, rng.bytes(int(rng.integers(1, 64))))


def remove(rng, data):
    """Some bytes are missing in the middle."""
    return _splice(data, *_place(rng, data), b"")


def repeat(rng, data):
    """A part comes twice."""
    start, stop = _place(rng, data, 4096)
    return _splice(data, start, start, data[start:stop])


def blank(rng, data):
    """A part is zero, as after a broken copy."""
    start, stop = _place(rng, data, 4096)
    return _splice(data, start, stop, bytes(stop - start))


# ------------------------------------------------------------------ forged archives


def flip_signed_bit(rng, data):
    """One bit anywhere behind the header, with the right checksum."""
    at = int(rng.integers(HEADER_SIZE, len(data)))
    return sign(_splice(data, at, at + 1, [data[at] ^ (1 << int(rng.integers(8)))]))


def flip_bits_of_member(rng, data):
    """Some bits of one member, with the right checksums of zip and file."""
    members = take_apart(data)
    name = str(rng.choice(list(members)))
    content = members[name]
    for _ in range(int(rng.integers(1, 4))):
        content = flip_bit(rng, content)
    return put_together(data, members | {name: content})


def swap_members(rng, data):
    """Two members under each other's name."""
    members = take_apart(data)
    one, other = rng.choice(list(members), 2, replace=False)
    return put_together(data, members | {one: members[other], other: members[one]})


def rename_member(rng, data):
    """A member under a name of another folder, or of nothing that is known."""
    members = take_apart(data)
    content = members.pop(str(rng.choice(list(members))))
    name = str(
        rng.choice(["../model.json", "/etc/passwd", "a/schema.json", "x.npy", "array_7.npy"])
    )
    return put_together(data, members | {name: content})


def drop_member(rng, data):
    """A member is missing."""
    members = take_apart(data)
    members.pop(str(rng.choice(list(members))))
    return put_together(data, members)


def double_member(rng, data):
    """A member comes twice, the second one empty."""
    members = list(take_apart(data).items())
    name, _ = _one_of(rng, members)
    return put_together(data, [*members, (name, b"{}")])


def compress(rng, data):
    """Members that unpack to far more than the file holds."""
    members = take_apart(data)
    name = str(rng.choice(list(members)))
    bomb = members[name] + b" " * 2**24
    return put_together(data, members | {name: bomb}, ZIP_DEFLATED)


def lie_about_sizes(rng, data):
    """A directory of the archive that declares a huge member."""
    at = data.rindex(b"PK\x01\x02") + 20 + 4 * int(rng.integers(2))
    return sign(_splice(data, at, at + 4, struct.pack("<I", 2**32 - 2)))


# ------------------------------------------------------------------ forged members


def describe_otherwise(rng, data):
    """A strange value in the description, or a key less or more."""

    def change(info):
        key = str(rng.choice([*info, "more"]))
        if rng.random() < 0.2:
            info.pop(key, None)
        else:
            info[key] = _one_of(rng, _STRANGE)

    return put_together(data, edit_json(take_apart(data), "model.json", change))


def _edit_node(rng, data, change, loader=None):
    """File whose tree has one node, of any loader, replaced by what ``change(node)`` returns."""

    def edit(tree):
        forest = [tree]  # the root can be replaced too
        by_loader = {}
        for owner, key in nodes_of(forest):
            by_loader.setdefault(owner[key]["__loader__"], []).append((owner, key))
        owner, key = _one_of(rng, by_loader[loader or _one_of(rng, sorted(by_loader))])
        # Of nodes with one id the first one counts.
        number = _NEW_ID if rng.random() < 0.8 else owner[key]["__id__"]
        owner[key] = change(owner[key]) | {"__id__": number}
        return forest[0]

    return put_together(data, edit_json(take_apart(data), "schema.json", edit))


def _payloads(rng):
    return payloads(*_one_of(rng, FOREIGN), _MARKER)


def rename_class(rng, data):
    """A node of another class or function."""
    module, name = _one_of(rng, FOREIGN)
    return _edit_node(rng, data, lambda node: node | {"__module__": module, "__class__": name})


def change_loader(rng, data):
    """A node that is made in another way, by its own or another name."""
    loader = _one_of(rng, _payloads(rng))["__loader__"]
    return _edit_node(rng, data, lambda node: node | {"__loader__": loader})


def graft(rng, data):
    """A node that runs a command if it can."""
    payload = _one_of(rng, _payloads(rng))
    return _edit_node(rng, data, lambda node: payload)


def graft_at_root(rng, data):
    """The same in place of the whole model, read as an older version of skops did."""
    payload = _one_of(rng, _payloads(rng)) | {"protocol": int(rng.integers(3))}
    return put_together(
        data, take_apart(data) | {"schema.json": json.dumps(payload | {"__id__": 1}).encode()}
    )


def change_protocol(rng, data):
    """Another version of skops' format, and a node that it may read otherwise."""

    def change(tree):
        tree["protocol"] = _one_of(rng, [0, 1, 99, -1, True, None, "2", 1.5])

    altered = put_together(data, edit_json(take_apart(data), "schema.json", change))
    return altered if rng.random() < 0.5 else graft(rng, altered)


def change_value(rng, data):
    """A strange value at any key of a node, or a key less."""

    def change(node):
        key = str(rng.choice(list(node)))
        if rng.random() < 0.2:
            return {k: v for k, v in node.items() if k != key}
        return node | {key: _one_of(rng, _STRANGE)}

    return _edit_node(rng, data, change)


def change_plain(rng, data):
    """A strange plain value, which a reader may take for a number, a shape or a name."""

    def change(node):
        return node | {"content": json.dumps(_one_of(rng, _STRANGE))}

    return _edit_node(rng, data, change, "JsonNode")


def point_back(rng, data):
    """A node that says it is another one, perhaps the one it is part of."""

    def edit(tree):
        owner, key = _one_of(rng, nodes_of(tree))
        cached = {"__loader__": "CachedNode", "__module__": None, "__class__": None}
        owner[key] = cached | {"__id__": int(rng.integers(1, 30))}

    return put_together(data, edit_json(take_apart(data), "schema.json", edit))


def nest(rng, data):
    """Lists in lists, deeper than any reader recurses."""
    members = take_apart(data)
    depth = int(rng.integers(1000, 200_000))
    name = str(rng.choice(["model.json", "schema.json"]))
    nested = b"[" * depth + b"]" * depth
    if rng.random() < 0.5:
        head, _, tail = members[name].rpartition(b"}")
        nested = head + b', "deep": ' + nested + b"}" + tail
    return put_together(data, members | {name: nested})


def declare_tensors(rng, data):
    """Tensors of another kind, shape or place than their bytes."""
    members = take_apart(data)
    content = members["arrays.safetensors"]
    n_header = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + n_header])
    name = str(rng.choice(list(header)))
    kind = int(rng.integers(5))
    if kind == 0:
        header[name]["shape"] = [_HUGE, _HUGE]
    elif kind == 1:
        header[name]["data_offsets"] = [0, int(rng.integers(_HUGE))]
    elif kind == 2:
        header[name]["dtype"] = str(rng.choice(["F64", "I8", "BF16", "O", "F8_E4M3", ""]))
    elif kind == 3:
        header[f"{name}.more"] = header.pop(name)
    else:
        header[name] = _one_of(rng, _STRANGE)
    text = json.dumps(header).encode()
    size = len(text) if rng.random() < 0.8 else int(rng.integers(2**62))
    content = struct.pack("<Q", size) + text + content[8 + n_header :]
    return put_together(data, members | {"arrays.safetensors": content})


def declare_arrays(rng, data):
    """An array in NumPy's format that is huge, or holds objects, which NumPy pickles."""
    members = take_apart(data)
    described = [
        {"descr": "|O", "fortran_order": False, "shape": (1,)},
        {"descr": "<f8", "fortran_order": False, "shape": (_HUGE, 16)},
        {"descr": "<U4000000000", "fortran_order": False, "shape": (4,)},
        {"descr": [("a", "|O")], "fortran_order": False, "shape": ()},
    ]
    text = repr(_one_of(rng, described)).encode().ljust(117) + b"\n"
    array = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text
    array += b"\x80\x04cposix\nsystem\n(S'" + _MARKER.encode() + b"'\ntR."
    node = {"__class__": "ndarray", "__module__": "numpy", "__loader__": "ArrayNode"}
    node |= {"file": "array_90.npy"}
    altered = put_together(data, members | {"array_90.npy": array})
    return _edit_node(rng, altered, lambda old: node)


DAMAGE = (flip_bit, change_bytes, change_header, truncate, insert, remove, repeat, blank)
FORGERIES = (
    flip_signed_bit,
    flip_bits_of_member,
    swap_members,
    rename_member,
    drop_member,
    double_member,
    compress,
    lie_about_sizes,
    describe_otherwise,
    rename_class,
    change_loader,
    graft,
    graft_at_root,
    change_protocol,
    change_value,
    change_plain,
    point_back,
    nest,
    declare_tensors,
    declare_arrays,
)
