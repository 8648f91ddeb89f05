"""Accuracy of localizers that take the positions of any array: simulated and measured rooms.

Measure all systems, one of them, or what the parts of masked SRP-PHAT gain::

    python -m benchmarks.accuracy.any_array simulated
    python -m benchmarks.accuracy.any_array measured --systems mvdr
    python -m benchmarks.accuracy.any_array ablations
    python -m benchmarks.accuracy.any_array own_array

Clips are simulated once and stay in ``--cache``, as do the trainings of ``ablations``.
``python -m benchmarks.accuracy.any_array.training`` trains the weights of the package.
"""

import warnings

from benchmarks.accuracy._data import MissingDataError
from benchmarks.accuracy.any_array import data
from benchmarks.accuracy.any_array.ablations import ablations
from benchmarks.accuracy.any_array.own_array import own_array
from benchmarks.accuracy.any_array.systems import SYSTEMS, figures, measure, strata
from benchmarks.study import Study
from sslearn.exceptions import AmbiguityWarning, ArrayMismatchWarning, UncertaintyWarning


def simulated(run):
    """Arrays, rooms, talkers and noises that are in no training."""
    args = run.args
    clips = data.simulated_tests(
        args.cache / "tests",
        args.data,
        args.n_arrays,
        args.n_clips,
        seed=args.seed,
        n_jobs=args.n_jobs,
    )
    for system, errors, cost in _errors(run, clips):
        for n_sources, part in errors.groupby("sources"):
            settings = {"system": system, "room": "simulated", "sources": n_sources}
            run.add(settings, figures(part) | cost | strata(part))


def measured(run):
    """Measured rooms, with noise of three levels."""
    args = run.args
    clips = list(data.measured_tests(args.data, args.n_spoken, seed=args.seed))
    if not clips:
        raise MissingDataError("no measured room")
    for system, errors, cost in _errors(run, clips):
        groups = errors.groupby(["array", "sources", "SNR (dB)"], sort=False)
        for (room, n_sources, snr), part in groups:
            settings = {"system": system, "room": room, "sources": n_sources, "snr": snr}
            run.add(settings, figures(part) | cost)


def _errors(run, clips):
    """Errors of each system, and milliseconds per clip."""
    # Of clips that are hard to localize, which is what the tables show.
    for warning in (AmbiguityWarning, ArrayMismatchWarning, UncertaintyWarning):
        warnings.simplefilter("ignore", warning)
    for system in run.args.systems:
        print(f"\n== {system}", flush=True)
        found = measure(system, clips)
        if found is not None:
            yield system, found[0], {"milliseconds": 1000 * found[1]}


def _options(parser):
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))


# Options of each part: the values of --quick and the defaults.
_SIZES = {
    "simulated": {"n_arrays": (5, 60), "n_clips": (2, 10)},
    "measured": {"n_spoken": (2, 60)},
    "ablations": {
        **{"n_trained": (4, 2000), "n_white": (1, 200), "n_held_out": (2, 40), "steps": (2, 300)}
    },
    "own_array": {"n_own": (6, 1200), "n_test": (3, 300), "epochs": (1, 4), "further": (1, 4)},
}
STUDY = Study(
    "any_array",
    "How well does one localizer for any array do, beside the classical ones?",
    dict(zip(_SIZES, (simulated, measured, ablations, own_array), strict=True)),
    sizes={name: values for sizes in _SIZES.values() for name, values in sizes.items()},
    options=_options,
    selections=("systems",),
    only={name: (part,) for part, sizes in _SIZES.items() for name in sizes},
)
main = STUDY.main


if __name__ == "__main__":
    main()
