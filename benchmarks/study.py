"""Runner of the studies: command line, folders, sizes, and rows that go into the store."""

import argparse
import shlex
import sys
from pathlib import Path

import pandas as pd

from benchmarks.accuracy._data import add_data_option, check_data_option, skipping
from benchmarks.store import RESULTS, Store, plain

# Options that change no figure: folders, and how the work is done.
_NO_SETTINGS = ("part", "data", "out", "cache", "n_jobs", "threads", "device", "quick", "full")
_QUICK_OUT = ".cache/quick_results"
_LONG = (list, dict)  # figures that are curves, which are stored and not printed


class Study:
    """A question, and the functions that measure its rows.

    Parameters
    ----------
    name : str
        Name of the package in ``benchmarks.accuracy``, and of the store.
    question : str
        What it asks, in one sentence.
    parts : callable or dict of str to callable
        Function of a :class:`Run` that measures rows, or several by their names; each one's
        docstring is printed as its title.
    sizes : dict of str to tuple, default=None
        Options by their names: the value of ``--quick``, the default, and, if there are three, the
        value of ``--full``. A dict names a value for each part that uses the option.
    options : callable, default=None
        Function of a parser that adds further options.
    selections : tuple of str, default=()
        Options that choose rows and are not settings of them.
    only : dict of str to tuple of str, default=None
        Options that only these parts use; they are no settings of the rows of other parts.
    data : bool, default=True
        Whether it reads the folder of measured data.
    module : str, default=None
        Module that runs it; ``benchmarks.accuracy.<name>`` if None.
    """

    def __init__(
        self, name, question, parts, *, sizes=None, options=None, selections=(), only=None,
        data=True, module=None,
    ):  # fmt: skip
        self.module = module or f"benchmarks.accuracy.{name}"
        self.name = name
        self.question = question
        self.parts = parts if isinstance(parts, dict) else {"": parts}
        self.sizes = sizes or {}
        self.options = options
        self.selections = selections
        self.only = only or {}
        self.data = data

    def parser(self):
        """Parser of the command line."""
        parser = argparse.ArgumentParser(prog=f"python -m {self.module}", description=self.question)
        if len(self.parts) > 1:
            parser.add_argument("part", choices=[*self.parts, "all"])
        if self.data:
            add_data_option(parser)
        parser.add_argument("--out", type=Path, help="folder of the results")
        parser.add_argument(
            "--cache",
            type=Path,
            default=Path(".cache", self.name),
            help="folder of rendered clips and of what is finished",
        )
        size = parser.add_mutually_exclusive_group()
        size.add_argument("--quick", action="store_true", help="small sizes: does all of it run?")
        if any(len(values) > 2 for values in self.sizes.values()):
            size.add_argument("--full", action="store_true", help="the published sizes, for a GPU")
        for option, values in self.sizes.items():
            flag = f"--{option.replace('_', '-')}"
            kind = int if isinstance(values[1], dict) else type(values[1])
            parser.add_argument(flag, type=kind, help=f"default {values[1]}")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--n-jobs", type=int, default=1, help="processes")
        if self.options is not None:
            self.options(parser)
        return parser

    def parse(self, argv):
        """Options of a command line, with the sizes that it stands for."""
        args = self.parser().parse_args(argv)
        column = 0 if args.quick else 2 if getattr(args, "full", False) else 1
        for option, values in self.sizes.items():
            if getattr(args, option) is None:
                setattr(args, option, values[min(column, len(values) - 1)])
        return args

    def of_part(self, args, part):
        """Options with the sizes of a part."""
        sizes = {name: getattr(args, name) for name in self.sizes}
        sizes = {k: v.get(part) if isinstance(v, dict) else v for k, v in sizes.items()}
        return argparse.Namespace(**vars(args) | sizes)

    def settings(self, args, part):
        """Settings that all rows of a part share: its name, and what may change a figure."""
        args = self.of_part(args, part)
        unused = [name for name, parts in self.only.items() if part not in parts]
        skipped = (*_NO_SETTINGS, *self.selections, *unused)
        options = {name: value for name, value in vars(args).items() if name not in skipped}
        quick = {"quick": True} if args.quick else {}
        return ({"part": part} if part else {}) | options | quick

    def main(self, argv=None):
        """Measure what the command line names.

        Parameters
        ----------
        argv : list of str, default=None
            Arguments; those of the process if None.
        """
        argv = list(sys.argv[1:] if argv is None else argv)
        args = self.parse(argv)
        if self.data:
            check_data_option(self.parser(), args)
            args.data = Path(args.data)
        args.out = args.out or (Path(_QUICK_OUT) if args.quick else RESULTS)
        part = getattr(args, "part", "")
        measured = []
        for name in self.parts if part == "all" else [part]:
            run = Run(self, name, args, argv)
            print(f"\n== {self.name} {name}: {self.parts[name].__doc__}", flush=True)
            with skipping(name or self.name):
                self.parts[name](run)
            measured += run.rows
        if not measured:
            print("nothing was measured, and nothing is written", flush=True)
            return
        print(pd.DataFrame(measured).to_string(index=False))
        print(f"\n{len(measured)} rows in {Store(self.name, args.out).path}", flush=True)


class Run:
    """One part of a study on its way: options, folders, and the rows that it measures.

    Attributes
    ----------
    args : argparse.Namespace
        All options.
    quick : bool
        Whether the sizes are those of ``--quick``.
    settings : dict
        Settings that all rows share: the part, and each option that may change a figure.
    rows : list of dict
        Settings and figures of the rows that this run measured, without curves.
    store : Store
        Where they are written.
    """

    def __init__(self, study, part, args, argv):
        self.args = study.of_part(args, part)
        self.quick = args.quick
        self.store = Store(study.name, args.out)
        self.rows = []
        self.settings = study.settings(args, part)
        words = [part if word == "all" else word for word in without_folders(argv)]
        self.command = shlex.join(["python", "-m", study.module, *words])

    def add(self, settings, figures, **measured):
        """Write a row and print it.

        Parameters
        ----------
        settings : dict
            Settings of this row, beside and before those of the run.
        figures : dict
            What was measured.
        **measured : object
            Further facts of the measurement.
        """
        settings, figures = plain(settings), plain(figures)
        self.store.add({**self.settings, **settings}, figures, command=self.command, **measured)
        shown = {name: value for name, value in figures.items() if not isinstance(value, _LONG)}
        self.rows.append({**settings, **shown})
        print(self.rows[-1], flush=True)

    def stored(self, settings):
        """Figures of the row with these settings, measured before; None if there are none."""
        wanted = plain({**self.settings, **settings})
        found = (row["figures"] for row in self.store.rows if row["settings"] == wanted)
        return next(found, None)


def without_folders(argv):
    """Arguments of a command line but for those that name folders or the work of a machine."""
    folders = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("--data", "--out", "--cache", "--n-jobs", "--threads", "--device"):
        folders.add_argument(name)
    return folders.parse_known_args(argv)[1]
