"""Output of results: a table on a terminal, CSV or JSON lines for programs."""

import json
import sys
import textwrap
import threading

import click

_FORMATS = ("table", "csv", "jsonl")
# Decimals in a table; programs get eight significant digits.
_DECIMALS = {"azimuth": 1, "elevation": 1, "distance": 2, "time": 2}


def output_options(command):
    """Give a command the options ``--format`` and ``-o``, its parameters ``fmt`` and ``output``."""
    command = click.option(
        "--format",
        "fmt",
        type=click.Choice(_FORMATS),
        help="Default: a table on a terminal, else by the suffix of the file, else CSV.",
    )(command)
    return click.option(
        "-o", "--output", type=click.Path(dir_okay=False), help="File for the results; else stdout."
    )(command)


def is_terminal():
    """Whether results go to a terminal."""
    return sys.stdout.isatty()


class Output:
    """Rows of results, written as they come.

    Parameters
    ----------
    fmt : {"table", "csv", "jsonl"} or None
        Format; None chooses a table for a terminal, by the name of the file, or CSV.
    path : str or None
        File; None and "-" write to stdout.
    """

    def __init__(self, fmt=None, path=None):
        self.path = path or "-"
        self.fmt = fmt or self._usual_format()
        self._rows = []
        self._is_first = True

    def __enter__(self):
        self._file = click.open_file(self.path, "w", encoding="utf-8")
        return self

    def __exit__(self, *error):
        if self.fmt == "table" and self._rows:
            self._print_table()
        self._file.flush()
        if self.path != "-":
            self._file.close()

    def write(self, table):
        """Write the rows of a DataFrame; all that are written have the same columns."""
        if self.fmt == "table":
            self._rows.append(table)
        elif self.fmt == "csv":
            table.to_csv(self._file, index=False, header=self._is_first, float_format="%.8g")
        else:
            for row in table.to_dict("records"):
                cells = {name: _plain(value) for name, value in row.items()}
                self._file.write(json.dumps(cells, ensure_ascii=False) + "\n")
        self._is_first = False
        self._file.flush()

    def _usual_format(self):
        if self.path == "-":
            return "table" if is_terminal() else "csv"
        return "jsonl" if self.path.endswith((".jsonl", ".ndjson", ".json")) else "csv"

    def _print_table(self):
        import pandas as pd
        from rich import box
        from rich.console import Console
        from rich.table import Table

        rows = pd.concat(self._rows, ignore_index=True)
        printed = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in rows:
            is_number = pd.api.types.is_numeric_dtype(rows[name])
            printed.add_column(str(name), justify="right" if is_number else "left", overflow="fold")
        for row in rows.itertuples(index=False):
            printed.add_row(*map(cell_text, rows.columns, row))
        Console(file=self._file, highlight=False, markup=False).print(printed)


def _plain(value):
    """Value for JSON: None for NaN, Python's own numbers."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return None if value != value else float(f"{value:.8g}")
    return value


def cell_text(name, value):
    """Text of a value in a table."""
    if not isinstance(value, float):
        return str(value)
    if value != value:
        return ""
    decimals = _DECIMALS.get(str(name).rstrip("_0123456789"))
    return f"{value:.4g}" if decimals is None else f"{value:.{decimals}f}"


def note(text):
    """Write a text to stderr, in one line."""
    click.echo(" ".join(str(text).split()), err=True)


def notes():
    """Function like :func:`note` that writes each text once."""
    said = set()

    def say(text):
        if text not in said:
            said.add(text)
            note(text)

    return say


class Complaints:
    """Warnings as they are shown: short, each text once, with the file that it is about."""

    _now = threading.local()

    def __init__(self):
        self._files = {}

    @classmethod
    def name_file(cls, name):
        """Set the name of the file that this thread processes."""
        cls._now.name = name

    def show(self, message, category, filename, lineno, file=None, line=None):
        """Take the place of :func:`warnings.showwarning`."""
        text, name = " ".join(str(message).split()), getattr(self._now, "name", None)
        if text not in self._files:
            note(f"Warning: {text}" if name is None else f"Warning: {name}: {text}")
        self._files.setdefault(text, set()).add(name)

    def close(self):
        """Write the number of further files of each warning."""
        for text, names in self._files.items():
            if len(names) > 1:
                short = textwrap.shorten(text, 72, placeholder=" ...")
                note(f"Warning: {len(names) - 1} more file(s): {short}")
