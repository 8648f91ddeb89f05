"""Cache of rendered chunks: keys of its entries, and checks that they are intact."""

import hashlib
import os
import pickle
import types
import warnings
from functools import lru_cache, partial
from pathlib import Path

from joblib import hash as joblib_hash
from sklearn.utils.validation import check_memory

import sslearn

_ROOMS = ("utils", "geometry", "features", "simulation")  # what clips and features depend on


def open_memory(memory):
    """Cache of a folder.

    Parameters
    ----------
    memory : str, path-like, joblib.Memory or None
        Folder, cache or no cache.

    Returns
    -------
    memory : joblib.Memory
        The cache.

    Raises
    ------
    OSError
        If the folder cannot be created.
    """
    memory = os.fspath(memory) if isinstance(memory, os.PathLike) else memory
    try:
        return check_memory(memory)
    except OSError as error:
        raise OSError(f"memory must be a folder that can be created; got {memory!r}.") from error


def chunk_key(scene_key, batch_transform):
    """Hash of all that the features of a clip depend on.

    Parameters
    ----------
    scene_key : str
        Hash of all that the audio depends on.
    batch_transform : transformer or None
        Transformer of the audio.

    Returns
    -------
    key : str
        The hash, which includes the code of user-defined functions and classes.

    Raises
    ------
    TypeError
        If the transformer holds a function without a name, which cannot be stored.
    """
    try:
        # What pickle cannot store cannot be cached, and pickle stores functions by their names.
        return joblib_hash((scene_key, batch_transform, _code_of(batch_transform, set())))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            f"batch_transform cannot be cached: {error}. Use functions of a module, no lambda, or "
            "memory=None and store=None."
        ) from error


@lru_cache(maxsize=1)
def source_key():
    """Hash of the source of this package, as far as clips and features depend on it.

    Returns
    -------
    key : str
        The hash. It changes with every edit, while the version may not.
    """
    folder = Path(sslearn.__file__).parent
    digest = hashlib.md5(usedforsecurity=False)
    for path in sorted(path for room in _ROOMS for path in (folder / room).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _code_of(value, seen):
    """Code of the functions and classes behind an object, which its pickle only names."""
    value = getattr(value, "__func__", value)
    if id(value) in seen:
        return []
    seen.add(id(value))
    if isinstance(value, partial):
        return [code for part in (value.func, value.args) for code in _code_of(part, seen)]
    if isinstance(value, types.FunctionType):
        return [_instructions(value.__code__), repr(value.__defaults__), *_callees(value, seen)]
    if isinstance(value, (list, tuple)):
        return [code for item in value for code in _code_of(item, seen)]
    kind = value if isinstance(value, type) else type(value)
    # Not the code of libraries: `source_key` covers that of sslearn.
    if kind.__module__.partition(".")[0] in ("builtins", "numpy", "sklearn", "sslearn"):
        parts = []
    else:
        parts = [part for base in kind.__mro__[:-1] for part in vars(base).values()]
        parts = [part for part in parts if isinstance(part, (types.FunctionType, classmethod))]
    if hasattr(value, "get_params") and not isinstance(value, type):
        parts += value.get_params(deep=False).values()
    return [code for part in parts for code in _code_of(part, seen)]


def _callees(function, seen):
    """Code of the functions of the same module that a function names."""
    named = (function.__globals__.get(name) for name in function.__code__.co_names)
    own = [
        target
        for target in named
        if isinstance(target, (types.FunctionType, type))
        and target.__module__ == function.__module__
    ]
    return [code for target in own for code in _code_of(target, seen)]


def _instructions(code):
    """Instructions, names and constants; line numbers and addresses left out."""
    # Sets are sorted, because their order changes with the hash seed of the process.
    constants = [
        _instructions(part)
        if isinstance(part, types.CodeType)
        else repr(sorted(part, key=repr) if isinstance(part, frozenset) else part)
        for part in code.co_consts
    ]
    return code.co_code, code.co_names, constants


def through_cache(memory, function):
    """Function whose results are cached with a checksum.

    Parameters
    ----------
    memory : joblib.Memory
        The cache.
    function : callable
        Function of a module, of the arguments ``key``, ``start``, ``plan``, ``scene`` and
        ``transform``, of which the last two are part of the key.

    Returns
    -------
    function : callable
        The same function, if there is no cache. Otherwise one that reads the cache, and computes
        the results of a damaged file again, with a warning.
    """
    if memory.location is None:
        return function
    return partial(_recall, memory.cache(_sealed, ignore=["scene", "transform"]), function)


def is_cached(function, *args):
    """Whether a function of :func:`through_cache` has the result already.

    Parameters
    ----------
    function : callable
        The function.
    *args
        Its arguments.

    Returns
    -------
    is_cached : bool
        Whether the result is read rather than computed.
    """
    if not isinstance(function, partial):
        return False
    cached, *wrapped = function.args
    return cached.check_call_in_cache(*wrapped, *args)


def _sealed(function, key, start, plan, scene, transform):
    content = pickle.dumps(function(key, start, plan, scene, transform), protocol=5)
    return _checksum(content), content


def _recall(cached, *args):
    seal = cached(*args)
    if not _is_whole(seal):
        warnings.warn(
            "A file of the cache in `memory` is damaged: its clips are rendered again.",
            stacklevel=2,
        )
        cached.call_and_shelve(*args).clear()
        seal = cached(*args)
    return pickle.loads(seal[1])


def _is_whole(seal):
    kinds = [type(part) for part in seal] if isinstance(seal, tuple) else None
    return kinds == [str, bytes] and seal[0] == _checksum(seal[1])


def _checksum(content):
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
