"""Command lines of benchmarks that train networks with a small, a quick or the full budget."""

import argparse
import ctypes
import platform
import sys

import torch

from benchmarks.accuracy._data import add_data_option, check_data_option
from benchmarks.accuracy._report import RESULTS

# Parameters of ``mallopt``, and what is kept of freed memory, in bytes.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT = 2**30
# Precisions, and what the estimators call them; ``"tf32"`` tells products on a GPU alone.
PRECISIONS = {"full": "full", "tf32": "full", "bfloat16": "bfloat16"}


def budget_parser(name, sizes):
    """Parser of the options that these benchmarks share.

    Parameters
    ----------
    name : str
        Name of the benchmark's module.
    sizes : dict of str to type
        Sizes that make a budget.

    Returns
    -------
    parser : argparse.ArgumentParser
        The parser.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.accuracy.{name}")
    parser.set_defaults(stem=name)
    add_data_option(parser)
    parser.add_argument("--out", default=RESULTS, help="folder of the results")
    parser.add_argument("--cache", default=f".cache/{name}", help="clips, what is finished")
    parser.add_argument("--name", help="stem of the files of results")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a few clips: does all of it run?")
    size.add_argument("--full", action="store_true", help="the published budget, for a GPU")
    for size_name, kind in sizes.items():
        parser.add_argument(f"--{size_name.replace('_', '-')}", type=kind)
    parser.add_argument("--precision", choices=PRECISIONS, default="full", help="of training")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--n-jobs", type=int, default=1, help="workers that simulate")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def parse_budget(parser, budgets, sizes, argv):
    """Parse a command line and fill in the sizes of its budget.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        What :func:`budget_parser` returned, perhaps with further options.
    budgets : dict of str to tuple
        Sizes of ``"quick"``, ``"small"`` and ``"full"``.
    sizes : iterable of str
        Names of the sizes.
    argv : list of str or None
        Command line.

    Returns
    -------
    args : argparse.Namespace
        Options, with ``options``, the command line without the folders of one machine.
    """
    args = parser.parse_args(argv)
    check_data_option(parser, args)
    budget = "quick" if args.quick else "full" if args.full else "small"
    for name, value in zip(sizes, budgets[budget], strict=True):
        if getattr(args, name) is None:
            setattr(args, name, value)
    args.name = args.name or args.stem + ("" if budget == "small" else f"_{budget}")
    args.options = without_folders(sys.argv[1:] if argv is None else argv)
    return args


def without_folders(argv):
    """Arguments of a command line but for the folders of one machine."""
    folders = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("--data", "--out", "--cache"):
        folders.add_argument(name)
    return folders.parse_known_args(argv)[1]


def budget_key(args, sizes):
    """Name of a folder for what is finished with the budget, seed and precision of ``args``."""
    key = "_".join(f"{name[:5]}{getattr(args, name):g}" for name in sizes) + f"_seed{args.seed}"
    return key if args.precision == "full" else f"{key}_{args.precision}"


def set_up_torch(n_threads, precision):
    """Set the threads and the arithmetic of torch, and let freed memory be used again.

    Layers of a few dozen MB are otherwise taken from the system and given back at each step, which
    costs PNN a third of its time.

    Parameters
    ----------
    n_threads : int
        Threads.
    precision : {"full", "tf32", "bfloat16"}
        Precision of training.
    """
    torch.set_num_threads(n_threads)
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _KEPT)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT)
