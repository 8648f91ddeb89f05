"""Accuracy of localizers that take the positions of any array: simulated and measured rooms.

Measure all systems, one row, or see whether it runs::

    python -m benchmarks.accuracy.any_array
    python -m benchmarks.accuracy.any_array --systems mvdr --tests simulated
    python -m benchmarks.accuracy.any_array --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data. Clips are simulated once and
stay in ``--cache``. JSON and Markdown are written into ``benchmarks/results`` after each system;
rows of other systems on the same clips stay until they are measured again.
"""

import argparse
import platform
import shlex
import sys
import warnings
from pathlib import Path

import numpy as np
import scipy

from benchmarks.accuracy._data import add_data_option, check_data_option, skipping
from benchmarks.accuracy._report import RESULTS
from benchmarks.accuracy.any_array import data, tables
from benchmarks.accuracy.any_array.systems import SYSTEMS, available, measure
from sslearn.exceptions import AmbiguityWarning, ArrayMismatchWarning, UncertaintyWarning

# Arrays, clips of each, clips of each measured room and level.
FULL, QUICK = (60, 10, 60), (5, 2, 2)
NOTES = (
    "Errors in degrees of {arrays} simulated arrays ({clips} clips each) of 2 to 16 microphones, "
    "2 to 50 cm wide, at 0.7 to 3 m from one or two talkers in rooms of 0.2 to 1 s: white noise, "
    "diffuse noise from recordings, or one interferer, at -5 to 30 dB below the direct sound. "
    "No array, room, talker or noise of these is in any training; all reflections are simulated. "
    "Measured rooms: R3VIVAL (7 microphones in space) and Polimi (8 of the line, loudspeakers at "
    "0.6 m and beyond) with speech played through the responses, half of the clips in white and "
    "half in diffuse noise, relative to all sound of the talkers; UWA (pair, sweep) and MOM (ring "
    "of 6, two sources; azimuth and elevation) are recordings, to which white noise is added. "
    "Two sources are matched to the predictions; one without a prediction is missed and counts as "
    "an error of 90 degrees. Masked SRP-PHAT leaves out sources whose share is below its "
    "threshold; without one it returns the given number of sources, as the other systems do. "
    "TDOA finds one source."
)


def _tests(args):
    """Clips of the tests that the command line names, by name."""
    folder, tests = Path(args.data), {}
    if "simulated" in args.tests:
        with skipping("simulated"):
            settings = {"seed": args.seed, "n_jobs": args.n_jobs}
            sizes = args.arrays, args.clips
            tests["simulated"] = data.simulated_tests(args.cache, folder, *sizes, **settings)
    if "measured" in args.tests:
        measured = list(data.measured_tests(folder, args.measured, seed=args.seed))
        tests |= {"measured": measured} if measured else {}
    return tests


def _rows(system, tests, settings):
    """Rows of a system."""
    rows = []
    for name, clips in tests.items():
        measured = measure(system, clips)
        if measured is None:
            continue
        errors, localizer, seconds = measured
        shared = {"ms per clip": 1000 * seconds}
        shared |= {"settings": settings | {"localizer": localizer}}
        found = getattr(tables, f"{name}_rows")(errors)
        rows += [{"system": SYSTEMS[system][0], **row, **shared} for row in found]
    return rows


def _parse(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.any_array")
    add_data_option(parser)
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    kinds = ["simulated", "measured"]
    parser.add_argument("--tests", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--quick", action="store_true", help="a few clips: does all of it run?")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n-jobs", type=int, default=None, help="processes that render clips")
    parser.add_argument(
        "--cache", type=Path, default=Path(".cache/any_array/tests"), help="of clips"
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    args = parser.parse_args(argv)
    check_data_option(parser, args)
    args.arrays, args.clips, args.measured = QUICK if args.quick else FULL
    args.name = "any_array_quick" if args.quick else "any_array"
    return args


def main(argv=None):
    """Measure the systems that the command line names."""
    args = _parse(argv)
    # Of clips that are hard to localize, which is what the tables show.
    for warning in (AmbiguityWarning, ArrayMismatchWarning, UncertaintyWarning):
        warnings.simplefilter("ignore", warning)
    tests = _tests(args)
    shared = {name: getattr(args, name) for name in ("arrays", "clips", "measured", "seed")}
    versions = {"numpy": np.__version__, "scipy": scipy.__version__}
    versions |= {"machine": platform.machine()}
    for system in args.systems:
        if not available(system):
            print(f"skipped {system}: sslearn.recipes has none", file=sys.stderr, flush=True)
            continue
        print(f"\n== {SYSTEMS[system][0]}", flush=True)
        command = ["python", "-m", "benchmarks.accuracy.any_array", "--systems", system]
        command += ["--quick"] if args.quick else []
        own = {"command": shlex.join(command), **shared, **data.SCENES, **versions}
        tables.write(
            args,
            _rows(system, tests, own),
            settings=shared,
            command="python -m benchmarks.accuracy.any_array" + (" --quick" if args.quick else ""),
            notes=NOTES.format(**shared),
        )


if __name__ == "__main__":
    main()
