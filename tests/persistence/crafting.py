"""Model files as an attacker would write them: any members, with a valid checksum."""

import io
import json
import zipfile

from sslearn.persistence._container import write_container


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path, change):
    """Change the members of a file, and sign it again."""
    members = members_of(path)
    change(members)
    write_container(path, members)


def rewrite_schema(path, change):
    """Change the tree of a file, and sign it again."""

    def change_members(members):
        tree = json.loads(members["schema.json"])
        members["schema.json"] = json.dumps(change(tree) or tree)

    rewrite(path, change_members)


def archive_of(members, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()
