"""Options that several commands have, and checks of them."""

import math
import os

import click


class _Finite(click.FloatRange):
    """Range of numbers that holds neither NaN nor infinity."""

    def convert(self, value, param, ctx):
        number = super().convert(value, param, ctx)
        return number if math.isfinite(number) else self.fail("must be finite.", param, ctx)


SECONDS = _Finite(min=0, min_open=True)
START = _Finite(min=0)
SHARE = _Finite(min=0, max=1, max_open=True)
# No sound card is faster, and memory grows with the rate.
HERTZ = _Finite(min=0, max=1e6, min_open=True)


def jobs_option(text):
    """Option ``--jobs`` with its help."""

    def check(ctx, param, value):
        if value == 0:
            raise click.BadParameter("must be a number of workers, or -1 for one per core; got 0.")
        return value

    return click.option("-j", "--jobs", "n_jobs", type=int, callback=check, help=text)


def check_target(path, option, sources=()):
    """Check that a result can be written, before the work begins.

    Parameters
    ----------
    path : str or None
        File to write; None and "-" are standard output.
    option : str
        Option that names it.
    sources : iterable of str, default=()
        Files that are read.

    Raises
    ------
    UsageError
        If its folder does not exist, it may not be written, or it is one of ``sources``, which
        would be lost.
    """
    if path in (None, "-"):
        return
    folder = os.path.dirname(path)
    if folder and not os.path.isdir(folder):
        raise click.UsageError(f"{option} must be in a folder that exists; got {folder!r}.")
    if not os.access(path if os.path.exists(path) else folder or ".", os.W_OK):
        raise click.UsageError(f"{option} must be a file that may be written; got {path!r}.")
    if os.path.exists(path):
        for source in filter(os.path.exists, sources):
            if os.path.samefile(path, source):
                raise click.UsageError(f"{option} must not be a file that is read; got {path!r}.")
