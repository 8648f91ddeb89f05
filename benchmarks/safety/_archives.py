"""Model files taken apart, and put together again with the right checksum, as an attacker can."""

import hashlib
import io
import json
import struct
from zipfile import ZIP_STORED, ZipFile, ZipInfo

_FACTS = struct.Struct("<8sIQ")  # magic bytes, format, size of the file
HEADER_SIZE = _FACTS.size + 32  # then the SHA-256 of all else


def take_apart(data):
    """Members of a model file, by name."""
    with ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def put_together(data, members, compression=ZIP_STORED):
    """File with the magic bytes of another, and members as a dict or as pairs."""
    buffer = io.BytesIO()
    pairs = members.items() if isinstance(members, dict) else members
    with ZipFile(buffer, "w", compression) as archive:
        for name, content in pairs:
            archive.writestr(ZipInfo(name), content, compression)
    return sign(data[:HEADER_SIZE] + buffer.getvalue())


def sign(data):
    """File whose header has the size and the checksum of what follows."""
    magic, version, _ = _FACTS.unpack(data[: _FACTS.size])
    facts = _FACTS.pack(magic, version, len(data))
    digest = hashlib.sha256(facts + data[HEADER_SIZE:]).digest()
    return facts + digest + data[HEADER_SIZE:]


def edit_json(members, name, change):
    """Members with another JSON, ``change(value)`` or the value that it changed in place."""
    value = json.loads(members[name])
    changed = change(value)
    return members | {name: json.dumps(value if changed is None else changed).encode()}


def nodes_of(tree, found=None):
    """Lists and dicts of a tree that hold a node, with the key of each."""
    found = [] if found is None else found
    pairs = enumerate(tree) if isinstance(tree, list) else tree.items()
    for key, item in pairs:
        if isinstance(item, dict) and "__loader__" in item:
            found.append((tree, key))
        if isinstance(item, (dict, list)):
            nodes_of(item, found)
    return found
