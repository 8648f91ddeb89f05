"""What a process that has never seen the estimators makes of their files.

``python fresh_process.py FOLDER`` reads ``inputs.pkl``, names with their samples and the types to
trust, and writes ``answers.pkl``: for each name and format the outcome of :func:`examine`, or the
error. Nothing but sslearn is imported, and models are loaded while pickle is out of order.
"""

import hashlib
import pickle
import sys
from contextlib import contextmanager
from pathlib import Path

import joblib
import numpy as np

FORMATS = ("sslearn", "pkl", "joblib")


def answer(estimator, X):
    """What a fitted estimator says of X, as an array, or a list where lengths differ.

    One that only learns, for others, says its weights.
    """
    methods = ("similarity_map", "predict", "transform")
    method = next((name for name in methods if hasattr(estimator, name)), None)
    if method is None:
        return np.concatenate([values.ravel() for values in estimator.weights_.values()])
    result = getattr(estimator, method)(X)
    return result if isinstance(result, list) else np.asarray(result)


def portrait(value, seen=()):
    """Nested tuples of names, numbers and hashes that are equal if objects are, to the last bit."""
    if isinstance(value, np.ndarray) and value.dtype.names:  # what pads its rows is arbitrary
        return "table", *((name, portrait(value[name])) for name in value.dtype.names)
    if isinstance(value, np.ndarray) and value.dtype != object:
        content = np.ascontiguousarray(value).tobytes()
        return "array", value.dtype.str, value.shape, hashlib.sha256(content).hexdigest()
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes, np.generic)):
        return type(value).__name__, repr(value)
    if isinstance(value, type):
        return "class", value.__module__, value.__qualname__
    if id(value) in seen:
        return "seen", seen.index(id(value))
    seen = (*seen, id(value))
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, dict):
        return kind, tuple((portrait(k, seen), portrait(v, seen)) for k, v in value.items())
    if isinstance(value, (list, tuple, np.ndarray)):
        shape = getattr(value, "shape", len(value))
        return kind, shape, tuple(portrait(each, seen) for each in value)
    if isinstance(value, (set, frozenset)):
        return kind, tuple(sorted(portrait(each, seen) for each in value))
    if isinstance(value, np.random.RandomState):
        return kind, portrait(value.get_state(), seen)
    if callable(value) and hasattr(value, "__qualname__"):
        return "function", value.__module__, value.__qualname__
    # Without the version of scikit-learn, which is part of its state in a pickle alone.
    state = value.__getstate__() or {}
    if isinstance(state, dict):
        state = {k: v for k, v in sorted(state.items()) if k != "_sklearn_version"}
    return kind, portrait(state, seen)


def examine(estimator, X):
    """Answer, state, and what a user sees of an estimator."""
    # The state first: some searches for neighbours count their queries.
    state = portrait(estimator)
    params = portrait(dict(sorted(estimator.get_params().items())))
    return answer(estimator, X), state, params, repr(estimator)


@contextmanager
def without_pickle():
    """Context in which whatever reads a pickle raises."""
    import torch

    def refuse(*args, **kwargs):
        raise AssertionError("a pickle was read")

    readers = [
        (pickle, "load"),
        (pickle, "loads"),
        (pickle, "Unpickler"),
        (pickle, "_Unpickler"),
        (joblib, "load"),
        (torch, "load"),
    ]
    kept = [getattr(*reader) for reader in readers]
    for reader in readers:
        setattr(*reader, refuse)
    _guard.on = True
    try:
        yield
    finally:
        _guard.on = False
        for reader, function in zip(readers, kept, strict=True):
            setattr(*reader, function)


def _guard(event, args):
    # Every unpickler of Python and of its extensions names what it imports.
    if _guard.on and event == "pickle.find_class":
        raise AssertionError(f"a pickle named {args[1:]}")


_guard.on = False


def _load(path, trusted):
    if path.suffix == ".pkl":
        return pickle.loads(path.read_bytes())
    if path.suffix == ".joblib":
        return joblib.load(path)
    import sslearn

    with without_pickle():
        return sslearn.load(path, trusted=trusted)


def _outcome(path, X, trusted):
    try:
        return examine(_load(path, trusted), X)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def main(folder):
    """Examine the files of a folder."""
    sys.addaudithook(_guard)
    inputs = pickle.loads((folder / "inputs.pkl").read_bytes())
    answers = {
        (name, kind): _outcome(folder / f"{name}.{kind}", X, trusted)
        for name, (X, trusted) in inputs.items()
        for kind in FORMATS
    }
    (folder / "answers.pkl").write_bytes(pickle.dumps(answers))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
