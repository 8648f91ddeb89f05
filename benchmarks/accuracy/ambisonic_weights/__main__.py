"""Accuracy of ``recipes.ambisonic_histogram(weights="pretrained")`` beside ``recipes.intensity``.

Measure all of it, or see whether it runs::

    python -m benchmarks.accuracy.ambisonic_weights all
    python -m benchmarks.accuracy.ambisonic_weights all --quick

``simulated`` measures speech and other sounds in simulated rooms, ``measured`` speech through
measured responses of arrays, and ``sphere`` the clips of ``benchmarks.accuracy.sphere``. Clips are
simulated once and stay in ``--cache``. ``python -m benchmarks.accuracy.ambisonic_weights.training``
trains the weights.
"""

import time
from functools import cache

import numpy as np

from benchmarks.accuracy.ambisonic_weights import conditions
from benchmarks.accuracy.sphere.data import FS
from benchmarks.accuracy.sphere.training import UNTRAINED, untrained
from benchmarks.study import Study
from sslearn import recipes
from sslearn.geometry import circular_difference, great_circle_distance

SIZES = {"clips": (4, 100), "measured_clips": (4, 60), "sphere_clips": (6, 1500)}


def simulated(run):
    """Speech and other sounds in simulated rooms and noise."""
    args = run.args
    _measure(run, conditions.simulated(args.cache, args.data, args.clips, seed=args.seed))


def measured(run):
    """Speech through measured responses of arrays around a centre; errors of the azimuth."""
    _measure(run, conditions.measured(run.args.data, run.args.measured_clips))


def sphere(run):
    """Clips of the study of the sphere; training used three of their recordings of noise."""
    args = run.args
    _measure(run, conditions.sphere(args.cache, args.data, args.sphere_clips, args.n_jobs))


def _measure(run, tests):
    for test in tests:
        for system, localizer in fitted(run.args.weights, test.settings["top"]).items():
            run.add(test.settings | {"system": system}, figures(localizer, test))


@cache
def fitted(weights, top):
    """Localizers by name; those without weights are the baselines of the study of the sphere."""
    localizers = {
        "masked_histogram": recipes.ambisonic_histogram(weights=weights, freq_range=(50, top))
    }
    localizers |= {name: untrained(name, freq_range=(200, top)) for name in UNTRAINED}
    X = np.random.default_rng(0).standard_normal((1, 4, FS), dtype=np.float32)
    return {name: localizer.fit(X, np.zeros((1, 2))) for name, localizer in localizers.items()}


def figures(localizer, test):
    """Figures of the errors of a localizer in degrees, and milliseconds per clip."""
    start = time.perf_counter()
    found = localizer.predict(test.X)
    duration = 1000 * (time.perf_counter() - start) / len(test.X)
    if test.azimuth_only:
        errors = np.abs(circular_difference(found[:, 0], test.y[:, 0]))
    else:
        errors = great_circle_distance(found, test.y)
    return {
        "median": np.median(errors),
        "mean": errors.mean(),
        "within 5": 100 * np.mean(errors <= 5),
        "tested": len(errors),
        "milliseconds": duration,
    }


def options(parser):
    """Add the options of this study."""
    parser.add_argument("--weights", default="pretrained", help="of the package, or a file")


STUDY = Study(
    "ambisonic_weights",
    "How well do the weights of the package localize sounds, rooms and noise that they were not "
    "trained on, compared with intensity?",
    {"simulated": simulated, "measured": measured, "sphere": sphere},
    sizes=SIZES,
    options=options,
)
main = STUDY.main


if __name__ == "__main__":
    main()
