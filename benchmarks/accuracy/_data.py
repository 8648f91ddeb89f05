"""The folder of measured data (``--data``), and what a study does where a part of it is missing."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path


class MissingDataError(Exception):
    """The folder of measured data lacks what a study reads."""


def add_data_option(parser):
    """Add ``--data`` to a command line; the default is ``SSLEARN_DATA``."""
    parser.add_argument(
        "--data",
        default=os.environ.get("SSLEARN_DATA"),
        help="folder of measured data, which may hold some of the sets only",
    )


def check_data_option(parser, args):
    """Exit with a message unless ``--data`` names a folder."""
    if not args.data:
        parser.error("--data or SSLEARN_DATA must name the folder of measured data; got neither")
    if not Path(args.data).is_dir():
        parser.error(f"--data (or SSLEARN_DATA) must name a folder; found none at {args.data}")


def read(load, *args, **kwargs):
    """Result of a loader.

    Parameters
    ----------
    load : callable
        Loader of measured data.
    *args, **kwargs
        Its arguments.

    Returns
    -------
    data : object
        What it returns.

    Raises
    ------
    MissingDataError
        If the folder or a file is missing, or does not hold the part that is asked for.
    """
    try:
        return load(*args, **kwargs)
    except (FileNotFoundError, ValueError) as error:
        raise MissingDataError(error) from error


def read_present(loads):
    """Results of loaders by name, without those whose data are missing.

    Parameters
    ----------
    loads : dict of str to callable
        Functions without arguments that :func:`read`.

    Returns
    -------
    found : dict of str to object
        At least one result.

    Raises
    ------
    MissingDataError
        If all are missing.
    """
    found = {}
    for name, load in loads.items():
        with skipping(name):
            found[name] = load()
    if not found:
        raise MissingDataError(f"the folder must hold one of {', '.join(loads)}")
    return found


@contextmanager
def skipping(name):
    """Skip the rest of the block where its data are missing, with a message that says what.

    Parameters
    ----------
    name : str
        Name of what is skipped.
    """
    try:
        yield
    except MissingDataError as error:
        print(f"skipped {name}: {error}", file=sys.stderr, flush=True)
