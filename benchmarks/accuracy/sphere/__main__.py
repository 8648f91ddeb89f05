"""Regression against classification on the sphere, after Perotin et al. (2019).

Train all systems or some of them, each from the start, or see whether it runs::

    python -m benchmarks.accuracy.sphere
    python -m benchmarks.accuracy.sphere --systems cartesian unbiased intensity
    python -m benchmarks.accuracy.sphere --epochs 9 --trunk-epochs 0 --precision bfloat16
    python -m benchmarks.accuracy.sphere --quick

All systems are trained on the same simulated clips. Those with the recurrent network may share
their first epochs (``--trunk-epochs``). What is trained stays in ``--cache``, so that two processes
may share the work, each with ``--systems`` of its own.
"""

import torch

from benchmarks.accuracy._torch import PRECISIONS, set_up_torch
from benchmarks.accuracy.sphere.tables import SYSTEMS
from benchmarks.accuracy.sphere.training import Bench
from benchmarks.study import Study

SIZES = {
    "clips": (96, 7500, 100_000),
    "test": (48, 1500, 6000),
    "epochs": (2, 3, 100),
    "trunk_epochs": (1, 16, 0),
    "batch_size": (8, 8, 64),
}


def measure(run):
    """Great-circle errors of all clips and of those of each condition."""
    args = run.args
    set_up_torch(args.threads, args.precision)
    bench = Bench(args, run.settings)
    for system in args.systems:
        found = bench.predictions(system)
        training = {name: value.item() for name, value in found.items() if name != "y"}
        for condition, figures in bench.clips("test").figures(found["y"]):
            if condition == "all":
                figures |= training
            settings = {"system": system, "condition": condition}
            run.add(settings, figures, torch=torch.__version__)


def options(parser):
    """Add the options of this study."""
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--test-seed", type=int, default=0, help="of the clips to test")
    parser.add_argument("--precision", choices=PRECISIONS, default="full", help="of training")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")


STUDY = Study(
    "sphere",
    "Are directions on the sphere better learned as a regression or as a classification, and how "
    "near do our labels and networks come?",
    measure,
    sizes=SIZES,
    options=options,
    selections=("systems",),
)
main = STUDY.main


if __name__ == "__main__":
    main()
