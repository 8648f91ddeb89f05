"""What happens when altered model files are loaded: nothing may run, and damage must be found.

Run with ``python -m benchmarks.safety.altered_files``. The model files of the tests are altered in
10,000 ways, half of them damage, which must all be refused, half of them forgeries with the right
checksum, which must be refused or become an estimator of known parts alone. An audit hook counts
whatever runs a program or code, imports a module, or writes a file. No file may take more than 2 s
of processor time, and all of them together may not raise the peak of memory by 300 MB.
"""

import argparse
import importlib
import json
import pkgutil
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator

import sslearn
from benchmarks.safety import _alterations
from sslearn.exceptions import ModelFileError
from sslearn.persistence import describe

FILES = Path("tests/persistence/files")
MOST_SECONDS, MOST_MEGABYTES = 2.0, 300
_RUNS = ("exec", "import", "marshal.", "pickle.", "os.", "subprocess.", "shutil.", "socket.")
_RUNS += ("ctypes.", "urllib.", "webbrowser.", "function.__new__", "code.__new__", "pty.")
# These look, and change nothing.
_LOOKS = ("os.listdir", "os.scandir", "os.walk", "os.fwalk")
_KNOWN = ("sslearn", "sklearn", "numpy", "scipy", "builtins", "collections", "pandas")


class Watch:
    """Context that records what Python's audit events say was run, imported or written."""

    def __init__(self):
        self.events, self.on = [], False
        sys.addaudithook(self._hook)

    def __enter__(self):
        self.events, self.on = [], True
        return self

    def __exit__(self, *error):
        self.on = False

    def _hook(self, event, args):
        if self.on:
            writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
            if writes or (event.startswith(_RUNS) and event not in _LOOKS):
                self.events.append(f"{event} {args!r}"[:200])


def _holds_objects(value):
    return isinstance(value, np.ndarray) and value.dtype.hasobject


def strangers(value, seen=None):
    """Names of functions, classes and types of objects in a model that no model consists of."""
    seen = {} if seen is None else seen
    if id(value) in seen:
        return set()
    seen[id(value)] = value  # kept, so that no other object gets its id
    named = value if hasattr(value, "__qualname__") else type(value)
    names = {f"{named.__module__}.{named.__qualname__}"}
    found = set() if str(named.__module__).partition(".")[0] in _KNOWN else names
    if named is value and named.__module__ == "builtins" and not isinstance(value, type):
        found = names  # eval and its like
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, set)) or _holds_objects(value):
        parts = list(value)
    else:
        parts = list(getattr(value, "__dict__", {}).values()) if named is not value else []
    return found.union(*(strangers(part, seen) for part in parts))


def outcome(path, load, watch, is_forged):
    """What loading a file leads to: "refused", "loaded", or a complaint."""
    error, model = None, None
    with watch:
        try:
            model = load(path)
        except ModelFileError as refusal:
            error = refusal
        except BaseException as fault:  # safetensors panics are no Exception
            where = traceback.extract_tb(fault.__traceback__)[-1]
            return f"unclear: {type(fault).__name__} at {Path(where.filename).name}:{where.lineno}"
    if watch.events:
        return f"ran: {watch.events[0]}"
    if error is not None:
        return "refused"
    if not is_forged:
        return "damage not found"
    if load is describe:
        return "loaded"
    found = set() if isinstance(model, BaseEstimator) else {type(model).__name__}
    found |= strangers(model)
    return f"strange: {sorted(found)}" if found else "loaded"


def import_all():
    """Import what models consist of, so that no import is needed for any of them."""
    for module in pkgutil.walk_packages(sslearn.__path__, "sslearn."):
        if not module.name.endswith("__main__"):
            with suppress(ImportError):  # modules of extras
                importlib.import_module(module.name)


def fuzz(files, n_files, seed):
    """Load altered files.

    Returns
    -------
    report : dict
        Counts of outcomes by kind of alteration, complaints, and the cost of the worst file.
    """
    originals = [path.read_bytes() for path in files]
    counts, complaints, slowest = Counter(), [], (0.0, "")
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "altered.sslearn")
        for data in originals:  # the first use of anything imports and caches
            path.write_bytes(data)
            sslearn.load(path)
            for alter in (*_alterations.DAMAGE, *_alterations.FORGERIES):
                path.write_bytes(alter(np.random.default_rng(0), data))
                outcome(path, sslearn.load, watch, True)
        before = _peak()
        for i in range(n_files):
            rng = np.random.default_rng([seed, i])
            kinds = (_alterations.DAMAGE, _alterations.FORGERIES)[i % 2]
            alter = kinds[i // 2 % len(kinds)]
            original = originals[int(rng.integers(len(originals)))]
            altered = alter(rng, original)
            if altered == original:
                counts[alter.__name__, "as before"] += 1
                continue
            path.write_bytes(altered)
            load = describe if rng.random() < 0.1 else sslearn.load
            start = time.process_time()
            result = outcome(path, load, watch, kinds is _alterations.FORGERIES)
            slowest = max(slowest, (time.process_time() - start, f"{alter.__name__} {i}"))
            counts[alter.__name__, result.partition(":")[0]] += 1
            if result not in ("refused", "loaded"):
                complaints.append(f"{alter.__name__} {i}: {result}")
    return {
        "n_files": n_files,
        "outcomes": {f"{kind}: {result}": n for (kind, result), n in sorted(counts.items())},
        "complaints": complaints,
        "slowest_seconds": round(slowest[0], 3),
        "slowest": slowest[1],
        "peak_megabytes": round(_peak() - before, 1),
    }


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments=None):
    """Print a report as JSON; the exit code is 1 if a file did what none may do."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=10_000, help="number of altered files")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    import_all()
    report = fuzz(sorted(FILES.rglob("*.sslearn")), options.n, options.seed)
    print(json.dumps(report, indent=1))
    costly = report["slowest_seconds"] > MOST_SECONDS or report["peak_megabytes"] > MOST_MEGABYTES
    return int(bool(report["complaints"]) or costly)


if __name__ == "__main__":
    sys.exit(main())
