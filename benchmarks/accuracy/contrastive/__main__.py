"""Studies of Tang, Taseska and van Waterschoot 2022 that take minutes on one core.

Run one of them, or all::

    python -m benchmarks.accuracy.contrastive strict
    python -m benchmarks.accuracy.contrastive all --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured heads and speech. Cues and trained
networks stay in ``--cache``, so that an interrupted run continues; JSON, Markdown and pictures are
written into ``benchmarks/results``.
"""

import argparse
import sys

from benchmarks.accuracy._budgets import without_folders
from benchmarks.accuracy._data import add_data_option, check_data_option, skipping
from benchmarks.accuracy._report import RESULTS
from benchmarks.accuracy.contrastive.banks import bank
from benchmarks.accuracy.contrastive.bench import Studies
from benchmarks.accuracy.contrastive.pictures import nearest, radii
from benchmarks.accuracy.contrastive.strict import TRAININGS, strict
from benchmarks.accuracy.contrastive.tables import dropout, fixed, personal, reduced

STUDIES = {f.__name__: f for f in (strict, fixed, dropout, reduced, radii, nearest, personal, bank)}


def main(argv=None):
    """Run the studies that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.contrastive")
    parser.add_argument("study", choices=[*STUDIES, "all"])
    add_data_option(parser)
    parser.add_argument("--out", default=RESULTS, help="folder of the results")
    parser.add_argument("--cache", default=".cache/contrastive", help="cues and networks")
    parser.add_argument("--trainings", nargs="+", choices=TRAININGS, help="only these, for strict")
    parser.add_argument("--epochs", type=int, default=30, help="twice as many in strict, fixed")
    parser.add_argument("--patience", type=int, default=10, help="epochs without a better error")
    parser.add_argument("--train", type=int, default=4000, help="clips of varying rooms")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n-jobs", type=int, default=1, help="workers that simulate")
    parser.add_argument("--quick", action="store_true", help="small sizes: does all of it run?")
    parser.set_defaults(yaw=None, places=0)
    args = parser.parse_args(argv)
    check_data_option(parser, args)
    argv = without_folders(sys.argv[1:] if argv is None else argv)
    args.options = [argument for argument in argv if argument != args.study]
    for name in STUDIES if args.study == "all" else [args.study]:
        print(f"\n== {name}: {STUDIES[name].__doc__}", flush=True)
        with skipping(name):
            STUDIES[name](Studies(args))


if __name__ == "__main__":
    main()
