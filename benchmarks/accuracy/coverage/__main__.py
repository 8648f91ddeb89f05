"""How often the sets of conformal localizers contain the source, and how wide they are.

Run everything within 10 minutes of one core, or see whether it runs::

    python -m benchmarks.accuracy.coverage all
    python -m benchmarks.accuracy.coverage all --quick

All clips are simulated. ``nominal`` measures clips like those that calibrate, ``shift`` other rooms
and heads.
"""

import warnings

import numpy as np
from sklearn.frozen import FrozenEstimator

from benchmarks.accuracy.coverage import data
from benchmarks.study import Study
from sslearn.calibration import ConformalLocalizer
from sslearn.exceptions import UncertaintyWarning
from sslearn.metrics import coverage_score, is_covered, mean_set_width
from sslearn.neighbors import KNeighborsLocalizer

METHODS = ("absolute", "normalized", "spectrum")
COVERAGES = (0.8, 0.9, 0.95)
SIZES = {"n_waves": (400, 20_000), "draws": (2, 10), "n_groups": (6, 40), "n_clips": (8, 40)}


def nominal(run):
    """Sets for clips like those that calibrate."""
    args = run.args
    for shape in data.ARRAYS:
        localizer, y = data.plane_waves(shape, args.n_waves, args.seed)
        rng = np.random.default_rng(args.seed)
        draws = [rng.permutation(len(y)) for _ in range(args.draws)]
        for method in METHODS:
            found = [_measure(localizer, y, order, method) for order in draws]
            for coverage, values in zip(COVERAGES, np.swapaxes(found, 0, 1), strict=True):
                covered, width = values.T
                figures = {"coverage": covered.mean(), "lowest": covered.min()}
                figures |= {"highest": covered.max(), "width": width.mean()}
                settings = {"sources": shape, "method": method, "aim": 100 * coverage}
                run.add(settings, figures)


def _measure(localizer, y, order, method):
    """Coverage in percent and width in degrees, for each coverage asked for."""
    known, new = np.split(order, 2)
    conformal = ConformalLocalizer(FrozenEstimator(localizer), method=method).fit(known, y[known])
    grid = conformal.grid_ if method == "spectrum" and y.ndim == 2 else None
    sets = [conformal.predict_set(new, coverage=coverage) for coverage in COVERAGES]
    return [
        (100 * coverage_score(y[new], each, grid=grid), mean_set_width(each, grid=grid))
        for each in sets
    ]


def shift(run):
    """Sets for other rooms and other heads, with two ways to calibrate."""
    args = run.args
    if run.quick:
        # So few rooms calibrate nothing.
        warnings.simplefilter("ignore", UncertaintyWarning)
    size = (args.n_groups, args.n_clips, args.seed)
    found = {}
    dry, y_dry, room = data.rooms((0.15, 0.4), *size)
    wet, y_wet, wet_room = data.rooms((0.5, 0.8), *size)
    cues, y_cues, head = data.heads(*size)
    rng = np.random.default_rng(args.seed)
    for _ in range(args.draws):
        first = np.isin(room, rng.permutation(args.n_groups)[: args.n_groups // 2])
        held = rng.random(len(room)) < 0.5
        tests = {
            "same rooms": (dry, y_dry, room, first & held),
            "new rooms": (dry, y_dry, room, ~first),
            "reverberant rooms": (wet, y_wet, wet_room, np.full(len(y_wet), True)),
        }
        known = np.flatnonzero(first & ~held)
        for method in METHODS[::2]:
            for way, groups in {"split": None, "grouped": room[known]}.items():
                localizer = ConformalLocalizer(FrozenEstimator(dry), method=method)
                localizer.fit(known, y_dry[known], groups=groups)
                for test, (inner, y, group, rows) in tests.items():
                    localizer.localizer_ = inner
                    key = ("SRP-PHAT", method, test, way)
                    value = _by_group(localizer, np.flatnonzero(rows), y[rows], group[rows])
                    found.setdefault(key, []).append(value)
        _add_heads(found, cues, y_cues, head, rng)
    for key, values in found.items():
        covered, lowest, width = np.transpose(values)
        figures = {"coverage": covered.mean(), "lowest": covered.min(), "highest": covered.max()}
        figures |= {"lowest group": lowest.mean(), "width": width.mean()}
        run.add(
            dict(zip(("localizer", "method", "test", "calibration"), key, strict=True)), figures
        )


def _add_heads(found, X, y, head, rng):
    first = np.isin(head, rng.permutation(head.max() + 1)[: (head.max() + 1) * 2 // 3])
    held = rng.random(len(head)) < 0.3
    known = first & ~held
    for way, groups in {"split": None, "grouped": head[known]}.items():
        seed = int(rng.integers(2**31))
        localizer = ConformalLocalizer(
            KNeighborsLocalizer(5), calibration_fraction=0.5, random_state=seed
        )
        localizer.fit(X[known], y[known], groups=groups)
        for test, rows in {"same heads": first & held, "new heads": ~first}.items():
            value = _by_group(localizer, X[rows], y[rows], head[rows])
            found.setdefault(("neighbours", "absolute", test, way), []).append(value)


def _by_group(localizer, X, y, group):
    """Coverage of all samples and of the group that is covered least, in percent, and width."""
    sets = localizer.predict_set(X)
    covered = 100 * is_covered(y, sets)
    lowest = min(covered[group == name].mean() for name in np.unique(group))
    return covered.mean(), lowest, mean_set_width(sets)


STUDY = Study(
    "coverage",
    "Do the sets of ConformalLocalizer contain the source as often as asked for, and how wide are "
    "they?",
    {"nominal": nominal, "shift": shift},
    sizes=SIZES,
    data=False,
)
main = STUDY.main


if __name__ == "__main__":
    main()
