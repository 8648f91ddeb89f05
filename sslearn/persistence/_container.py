"""The file around a model: a checked header, then a zip archive without compression."""

import hashlib
import os
import re
import struct
from contextlib import contextmanager
from io import BytesIO
from secrets import token_hex
from zipfile import ZIP_STORED, BadZipFile, ZipFile

from sslearn.exceptions import ModelFileError

FORMAT_VERSION = 1
# Eight bytes that no text or audio file starts with, the format, the size of the file and the
# SHA-256 of all other bytes.
_MAGIC = b"\x89SSLEARN"
_FACTS = struct.Struct("<8sIQ")
_HEADER_SIZE = _FACTS.size + hashlib.sha256().digest_size
_MEMBER = re.compile(r"(model|schema)\.json|arrays\.safetensors|(array|object)_\d+\.(npy|npz|bin)")
_FOREIGN_STARTS = {
    b"RIFF": "a WAV file",
    b"fLaC": "a FLAC file",
    b"\x80": "a pickle, which joblib.load opens; use it only for files that you trust",
    b"PK": "a zip archive, perhaps of skops or torch",
    b"\x89HDF": "an HDF5 file",
}
# Sparse arrays are the one thing that is compressed, by SciPy.
_LARGEST_SWELL = 200


@contextmanager
def replacing(path):
    """Write a file; an existing one is replaced at once, when the new one is complete.

    Parameters
    ----------
    path : Path
        Path of the file.

    Yields
    ------
    file : file object
        New file, for reading and writing bytes.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"path must be in a folder that exists; got {path}.")
    if path.is_dir():
        raise IsADirectoryError(f"path must be that of a file; got the folder {path}.")
    temporary = path.with_name(f".{token_hex(8)}.tmp")
    try:
        with open(temporary, "x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_container(path, members):
    """Write a file of members by :func:`replacing`.

    Parameters
    ----------
    path : Path
        Path of the file.
    members : dict of str to bytes
        Content of each member of the archive.
    """
    with replacing(path) as file:
        file.write(bytes(_HEADER_SIZE))
        # Offsets count from the start of the file, so that unzip opens it.
        with ZipFile(file, "w", ZIP_STORED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        facts = _FACTS.pack(_MAGIC, FORMAT_VERSION, file.seek(0, os.SEEK_END))
        header = facts + _digest(file, facts)
        file.seek(0)
        file.write(header)


def _digest(file, facts):
    """SHA-256 of the facts and of all that follows the header."""
    file.seek(_HEADER_SIZE)
    return hashlib.file_digest(file, lambda: hashlib.sha256(facts)).digest()


@contextmanager
def open_container(path):
    """Open the archive of a file whose header, checksum and members are right.

    Parameters
    ----------
    path : Path
        Path of the file.

    Yields
    ------
    archive : ZipFile
        Archive, of which each member can be read.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelFileError
        If the file is not a model, is of a newer format, or is damaged.
    """
    with open(path, "rb") as file:
        _check_header(path, file)
        try:
            with ZipFile(file) as archive:
                _check_members(path, archive, os.fstat(file.fileno()).st_size)
                yield archive
        except (BadZipFile, NotImplementedError, EOFError) as error:
            raise ModelFileError(f"{path} holds no valid archive: {error}.") from error


def _check_header(path, file):
    header = file.read(_HEADER_SIZE)
    if not header.startswith(_MAGIC):
        raise ModelFileError(f"{path} is not a model that sslearn.save wrote{_kind_of(header)}.")
    if len(header) < _HEADER_SIZE:
        raise ModelFileError(f"{path} is truncated: {len(header)} bytes. Copy it again.")
    facts, digest = header[: _FACTS.size], header[_FACTS.size :]
    _, version, declared = _FACTS.unpack(facts)
    if version > FORMAT_VERSION:
        raise ModelFileError(
            f"{path} has format {version}, and this version of sslearn reads formats up to "
            f"{FORMAT_VERSION}. Upgrade sslearn."
        )
    size = os.fstat(file.fileno()).st_size
    if size != declared:
        state = "truncated" if size < declared else "too long"
        raise ModelFileError(
            f"{path} is {state}: it must have {declared} bytes, and has {size}. Copy it again."
        )
    if _digest(file, facts) != digest:
        raise ModelFileError(
            f"{path} is damaged: its bytes do not match its checksum. Copy it again."
        )


def _kind_of(header):
    kinds = (kind for start, kind in _FOREIGN_STARTS.items() if header.startswith(start))
    return next((f"; it starts like {kind}" for kind in kinds), "" if header else "; it is empty")


def _check_members(path, archive, size):
    """Raise for members that sslearn.save does not write, before one is read."""
    members = archive.infolist()
    names = [member.filename for member in members]
    strange = [name for name in names if not _MEMBER.fullmatch(name)]
    if strange or len(set(names)) < len(names):
        raise ModelFileError(
            f"{path} holds members that sslearn.save does not write: {(strange or names)[:3]}."
        )
    # Nothing is compressed or stored twice, so what is read is no larger than the file.
    if any(m.compress_type != ZIP_STORED or m.compress_size != m.file_size for m in members):
        raise ModelFileError(f"{path} holds compressed members, which sslearn.save does not write.")
    declared = sum(member.file_size for member in members)
    if declared > size:
        raise ModelFileError(f"{path} declares members of {declared} bytes, and has {size} bytes.")


class Members:
    """Members of an archive, each of which can be read once.

    Many objects made of one member would fill the memory from a short file.

    Parameters
    ----------
    archive : ZipFile
        Archive that ``open_container`` opened.
    """

    def __init__(self, archive):
        self._archive = archive
        self._unread = set(archive.namelist())

    def read(self, name):
        """Read a member.

        Parameters
        ----------
        name : str
            Name of the member.

        Returns
        -------
        content : bytes
            Content.

        Raises
        ------
        KeyError
            If there is no such member, or it has been read.
        ModelFileError
            If it is a sparse array that would fill the memory.
        """
        self._unread.remove(name)
        content = self._archive.read(name)
        if name.endswith(".npz"):
            with ZipFile(BytesIO(content)) as arrays:
                declared = sum(member.file_size for member in arrays.infolist())
            if declared > _LARGEST_SWELL * len(content):
                raise ModelFileError(
                    f"{self._archive.filename} holds a sparse array of {len(content)} bytes that "
                    f"declares {declared} bytes."
                )
        return content
