"""How often faults of a set-up are found, and how often there is a false alarm.

Real recordings, measured responses with speech, and simulations, each described rightly and
falsified::

    python -m benchmarks.accuracy.diagnose measured --sets UWA MOM
    python -m benchmarks.accuracy.diagnose all --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data. ``--sets`` chooses sets by the
beginnings of their names.
"""

import warnings
from zlib import crc32

import numpy as np

from benchmarks.accuracy._data import skipping
from benchmarks.accuracy.diagnose import sets
from benchmarks.accuracy.diagnose.faults import FAULTS
from benchmarks.study import Study
from sslearn import recipes
from sslearn.doa import diagnose_recording
from sslearn.exceptions import ArrayMismatchWarning


def measured(run):
    """Real recordings, and measured responses with speech."""
    measure(run, sets.measured())


def simulated(run):
    """Simulated arrays."""
    measure(run, sets.simulated())


def measure(run, functions):
    """Rows of each set: the right description and every fault."""
    for name, trials in functions.items():
        if not name.startswith(tuple(run.args.sets)):
            continue
        # Each set is drawn alone: its rows do not depend on which others are measured.
        rng = np.random.default_rng([run.args.seed, crc32(name.encode())])
        with skipping(name):
            right = [
                (np.asarray(X, dtype=float), mics, sets.FS)
                for X, mics in trials(run.args.data, rng, run.args.trials)
            ]
            found = [alarms(*trial) for trial in right]
            figures = count([bool(rows) for rows, _ in found], found)
            figures["rows"] = ", ".join(sorted(set().union(*(rows for rows, _ in found))))
            run.add({"set": name, "case": "right"}, figures)
            for case, (row, falsify) in FAULTS.items():
                wrong = [falsify(*trial, rng) for trial in right]
                found = [alarms(*trial) for trial in wrong if trial is not None]
                if found:
                    figures = count([row in rows for rows, _ in found], found)
                    run.add({"set": name, "case": case}, figures)


def alarms(X, mics, fs):
    """Rows with a warning or an error; whether a localizer warns."""
    X = X.astype(np.float32)
    verdicts = diagnose_recording(X, mics, fs=fs)["verdict"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        localizer = recipes.tdoa(mics, fs=fs).fit(X[:1])
        localizer.predict(X)
    warned = any(issubclass(warning.category, ArrayMismatchWarning) for warning in caught)
    return set(verdicts.index[verdicts.isin(["warning", "error"])]), warned


def count(hits, found):
    """Numbers of trials, of those in which the table of checks and a localizer warn."""
    return {"tried": len(found), "found": sum(hits), "warned": sum(warned for _, warned in found)}


def _options(parser):
    parser.add_argument("--sets", nargs="+", default=[""], help="beginnings of names of sets")


STUDY = Study(
    "diagnose",
    "How often does diagnose_recording find a fault of a set-up, and how often is there a false "
    "alarm?",
    {"measured": measured, "simulated": simulated},
    sizes={"trials": (1, 3, 12)},
    options=_options,
    selections=("sets",),
)
main = STUDY.main


if __name__ == "__main__":
    main()
