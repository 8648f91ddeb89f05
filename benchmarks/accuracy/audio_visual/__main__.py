"""Where in the picture the sound is: SSPL, SSPL with predictive coding and SACL on made scenes.

Run everything within 20 minutes of two cores, a row, a part of the table, or one longer training::

    python -m benchmarks.accuracy.audio_visual
    python -m benchmarks.accuracy.audio_visual --systems sspl sacl --seeds 0 1 2
    python -m benchmarks.accuracy.audio_visual --systems S4 S5 S6
    python -m benchmarks.accuracy.audio_visual --long --hours 2

Scenes are made from seeds; nothing has to be downloaded. JSON, Markdown, learning curves and maps
are written into ``benchmarks/results`` after each system. What was trained with the same settings
is not trained again, so an interrupted call can be repeated. Frozen features (1.5 GB in all), which
systems share, stay in ``--cache``, and so does what ``--long`` has reached.
"""

import argparse
import shlex
import sys
from pathlib import Path

from sklearn.utils.parallel import Parallel, delayed

from benchmarks.accuracy._budgets import without_folders
from benchmarks.accuracy._report import RESULTS
from benchmarks.accuracy.audio_visual import tables
from benchmarks.accuracy.audio_visual.bench import Bench, measure
from benchmarks.accuracy.audio_visual.notes import NOTES
from benchmarks.accuracy.audio_visual.systems import GUESSES, SYSTEMS, names_of

PARTS = ("systems", "S4", "S5", "S6")
# Training, validation and test scenes; training scenes, seeds and epochs of the ablations (None:
# those of the system), which compare rows with each other alone; epochs of the pretext.
_SIZES = ("n_train", "n_validation", "n_test", "n_ablation", "ablation_epochs", "pretext_epochs")
BUDGETS = {"small": (2000, 200, 500, 800, None, 25), "quick": (24, 8, 12, 24, 1, 1)}


def _parse(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.audio_visual")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--cache", type=Path, default=Path(".cache/audio_visual"))
    parser.add_argument("--name", help="stem of the files of results")
    parser.add_argument("--quick", action="store_true", help="a few scenes: does all of it run?")
    parser.add_argument(
        "--systems",
        nargs="+",
        choices=[GUESSES, *PARTS, *(name for name in SYSTEMS if name != "long")],
        default=[GUESSES, *PARTS],
        metavar="NAME",
        help=f"{GUESSES}, parts {', '.join(PARTS)}, or names: {', '.join(SYSTEMS)}",
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--long", action="store_true", help="one longer training with PCM alone")
    parser.add_argument("--hours", type=float, default=2.0, help="hours of --long")
    parser.add_argument("--n-jobs", type=int, default=2, help="systems trained at a time")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch, each")
    for size in _SIZES:
        parser.add_argument(f"--{size.replace('_', '-')}", type=int)
    args = parser.parse_args(argv)
    sizes = BUDGETS["quick" if args.quick else "small"]
    for size, value in zip(_SIZES, sizes, strict=True):
        if getattr(args, size) is None:
            setattr(args, size, value)
    args.options = without_folders(sys.argv[1:] if argv is None else argv)
    args.name = args.name or "audio_visual" + ("_quick" if args.quick else "")
    return args


def main(argv=None):
    """Measure the systems that the command line names."""
    args = _parse(argv)
    command = shlex.join(["python", "-m", "benchmarks.accuracy.audio_visual", *args.options])
    bench = Bench(args)

    def write(rows):
        rows = tables.write(args, rows, settings=bench.shared, command=command, notes=NOTES)
        tables.draw_maps(args.out / f"{args.name}_maps.jpg", bench.scenes["test"], rows)

    if args.long:
        write([bench.longer()])
        return
    if GUESSES in args.systems:
        write(bench.guesses())
    jobs = (delayed(measure)(args, name) for name in names_of(args.systems))
    for row in Parallel(args.n_jobs, return_as="generator_unordered", pre_dispatch="all")(jobs):
        write([row])


if __name__ == "__main__":
    main()
