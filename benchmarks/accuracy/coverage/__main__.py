"""How often the sets of conformal localizers contain the source, and how wide they are.

Run everything within 10 minutes of one core, or see whether it runs::

    python -m benchmarks.accuracy.coverage
    python -m benchmarks.accuracy.coverage --quick

All clips are simulated. Two tables, as JSON and Markdown, and a picture are written into
``benchmarks/results``: sets for clips like those that calibrate, and for other rooms and heads.
"""

import argparse
import shlex
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.frozen import FrozenEstimator

from benchmarks.accuracy._report import RESULTS, write_results
from benchmarks.accuracy.coverage import data
from benchmarks.accuracy.coverage.picture import draw
from sslearn.calibration import ConformalLocalizer
from sslearn.exceptions import UncertaintyWarning
from sslearn.metrics import coverage_score, is_covered, mean_set_width
from sslearn.neighbors import KNeighborsLocalizer

METHODS = ("absolute", "normalized", "spectrum")
COVERAGES = (0.8, 0.9, 0.95)
# Clips of plane waves, draws, rooms or heads of each kind, and clips in each.
FULL, QUICK = (20_000, 10, 40, 40), (400, 2, 6, 8)
NOTES = (
    "Sets of SRP-PHAT for {n} plane waves in white noise, at -20 to 20 dB, from all around a "
    "circle of 4 microphones (5 cm), or all over the sphere around a tetrahedron (5 cm, grid of "
    "1000 directions). Half of the clips calibrate and {half} are held out, drawn {draws} times: "
    "mean coverage in percent, the lowest and the highest of a draw, and mean width in degrees (on "
    "the sphere, the diameter of a cap of the same area)."
)
SHIFT_NOTES = (
    "Sets that should contain 90 percent of the sources, over {draws} draws of rooms or heads. "
    "Rooms: SRP-PHAT, white noise, half of {n} rooms of 0.15 to 0.4 s of reverberation calibrate. "
    "Held-out clips are of these rooms, of the other ones, and of {n} rooms of 0.5 to 0.8 s. "
    "Heads: neighbours of binaural cues of two thirds of {n} heads; held-out clips are of these or "
    "of the other heads. Split: half of the clips calibrate, of heads that have trained too. "
    "Grouped: whole rooms or heads calibrate, and half of the heads train. Lowest group: coverage "
    "of the room or head that is covered least, mean over the draws. Width in degrees."
)


def nominal_rows(args):
    """Coverage and width for clips like those that calibrate."""
    rows = []
    for shape in data.ARRAYS:
        localizer, y = data.plane_waves(shape, args.n_waves, args.seed)
        rng = np.random.default_rng(args.seed)
        draws = [rng.permutation(len(y)) for _ in range(args.draws)]
        for method in METHODS:
            found = [_measure(localizer, y, order, method) for order in draws]
            for coverage, values in zip(COVERAGES, np.swapaxes(found, 0, 1), strict=True):
                covered, width = values.T
                row = {"sources": shape, "method": method, "aim (%)": 100 * coverage}
                row |= {"coverage (%)": float(covered.mean()), "lowest": float(covered.min())}
                row |= {"highest": float(covered.max()), "width": float(width.mean())}
                rows.append(row)
                print(rows[-1], flush=True)
    return rows


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


def shift_rows(args):
    """Coverage and width in other rooms and for other heads, of both ways to calibrate."""
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
    return [_shift_row(key, values) for key, values in found.items()]


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


def _shift_row(key, values):
    covered, lowest, width = np.transpose(values)
    row = dict(zip(("localizer", "method", "held out", "calibration"), key, strict=True))
    figures = {"coverage (%)": covered.mean(), "lowest": covered.min(), "highest": covered.max()}
    figures |= {"lowest group": lowest.mean(), "width": width.mean()}
    return row | {name: float(value) for name, value in figures.items()}


def main(argv=None):
    """Measure both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.coverage")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="a few clips: does all of it run?")
    args = parser.parse_args(argv)
    sizes = QUICK if args.quick else FULL
    args.n_waves, args.draws, args.n_groups, args.n_clips = sizes
    if args.quick:
        # So few rooms calibrate nothing.
        warnings.simplefilter("ignore", UncertaintyWarning)
    options = sys.argv[1:] if argv is None else argv
    shared = {
        "settings": {name: value for name, value in vars(args).items() if name != "out"},
        "command": shlex.join(["python", "-m", "benchmarks.accuracy.coverage", *options]),
        "folder": args.out,
    }
    end = "_quick" if args.quick else ""
    nominal, shift = nominal_rows(args), shift_rows(args)
    notes = NOTES.format(n=args.n_waves, half=args.n_waves // 2, draws=args.draws)
    write_results(f"coverage{end}", "Coverage of sets", nominal, notes=notes, **shared)
    notes = SHIFT_NOTES.format(draws=args.draws, n=args.n_groups)
    title = "Coverage of sets in other rooms and for other heads"
    write_results(f"coverage_shift{end}", title, shift, notes=notes, **shared)
    draw(nominal, shift, args.out / f"coverage{end}.png")


if __name__ == "__main__":
    main()
