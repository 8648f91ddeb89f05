"""Tables of pages: rows of a store, laid out in reStructuredText or Markdown."""

import importlib
import json
import pkgutil
import string
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.store import Store, matches, plain

ACCURACY = Path(__file__).parent / "accuracy"
_EMPTY = "–"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Which rows of a store a table shows, and how.

    All formats are those of :meth:`str.format`. They name settings and figures of a row, and
    published figures, which are named ``"paper "`` and their own name. A cell is empty where a
    row lacks one of its names. Of a tuple of formats, the first counts whose names a row has.

    Attributes
    ----------
    study : str
        Name of the study, whose store has the rows.
    title : str
        What the figures are, with their unit.
    where : dict or list of dict
        Settings of the rows; a tuple lists the allowed values. Of several dicts, the rows of the
        first are shown first.
    index : dict of str to str
        Headers and formats of the first columns, by settings.
    cells : str or dict of str to str
        Headers and formats of the other columns, by figures; or one format, where ``columns`` is
        given.
    columns : str, default=""
        Setting each value of which has a column; the header is the value.
    extra : str, default=""
        What is added to each cell, for example published figures, where a row has them.
    names : dict of str to str, default={}
        What is shown for a value of a setting.
    order : dict of str to tuple, default={}
        Values of settings in the order in which they are shown; other values are left out.
    pool : dict of str to {"mean", "sum"}, default={}
        What is shown of figures where several rows claim the same cell.
    """

    study: str
    title: str
    where: dict | list
    index: dict
    cells: str | dict
    columns: str = ""
    extra: str = ""
    names: dict = field(default_factory=dict)
    order: dict = field(default_factory=dict)
    pool: dict = field(default_factory=dict)

    def lay_out(self, store=None):
        """Header, body and commands.

        Parameters
        ----------
        store : Store, default=None
            Store of the rows; that of the study if None.

        Returns
        -------
        header : list of str
            Headers of the columns.
        body : list of list of str
            Cells, row by row.
        commands : dict of str to list of int
            Commands that measure the rows, and which ones each of them measures, from 1.

        Raises
        ------
        ValueError
            If no row of the store matches, or if two rows claim the same cell, and ``pool`` does
            not say what to do with them.
        """
        body, columns, commands, claims = {}, {}, {}, {}
        for row in self._rows(store or Store(self.study)):
            values = {**row["settings"], **published(self.study, row["settings"]), **row["figures"]}
            shown = {name: self._name(value) for name, value in values.items()}
            key = tuple(_filled(text, {**values, **shown}) or "" for text in self.index.values())
            cells = self.cells
            if self.columns:
                cells = {str(shown.get(self.columns, "")): self.cells}
            for header, text in cells.items():
                columns.setdefault(header)
                line = body.setdefault(key, {})
                if _filled(text, values) is None:
                    continue
                claims.setdefault((key, header), []).append(values)
                joined = self._pooled(claims[key, header], key, header)
                line[header] = _filled(text, joined) + (_filled(self.extra, joined) or "")
            position = list(body).index(key) + 1
            numbers = commands.setdefault(row["command"], [])
            if position not in numbers:
                numbers.append(position)
        header = [*self.index, *columns]
        lines = [[*key, *(line.get(name, "") for name in columns)] for key, line in body.items()]
        return header, lines, commands

    def _pooled(self, claims, key, header):
        """Values of the rows that claim a cell, as those of one row."""
        if len(claims) > 1 and not self.pool:
            raise ValueError(
                f"rows of a table must differ in what its index and columns show; two rows "
                f"of {self.study!r} claim {key} / {header!r}. Narrow `where`: {self.title}"
            )
        values = dict(claims[-1])
        for name, how in self.pool.items():
            found = [each[name] for each in claims if name in each]
            if found:
                values[name] = np.mean(found) if how == "mean" else sum(found)
        return values

    def _rows(self, store):
        wheres = self.where if isinstance(self.where, list) else [self.where]
        rows = store.rows
        found = []
        for where in wheres:
            chosen = [row for row in rows if matches(row["settings"], where)]
            if not chosen:
                raise ValueError(f"no row of {store.path} has {where}: {self.title}")
            found += chosen
        for name, values in reversed(self.order.items()):
            values = plain(values)
            found = [row for row in found if row["settings"].get(name) in values]
            found.sort(key=lambda row: values.index(row["settings"].get(name)))
        return found

    def _name(self, value):
        return self.names.get(value, value) if isinstance(value, str) else value


def _filled(text, values):
    """Format with its values; None where one is missing. Of several formats, the first filled."""
    if isinstance(text, tuple):
        return next((each for each in (_filled(one, values) for one in text) if each), None)
    names = [name for _, name, _, _ in string.Formatter().parse(text) if name]
    if any(values.get(name) is None for name in names):
        return None
    return _FORMATTER.format(text, **{name: values[name] for name in names})


class _Formatter(string.Formatter):
    """Formatter whose ``g`` shows large figures without an exponent, ``2,560``."""

    def format_field(self, value, spec):
        text = super().format_field(value, spec)
        return f"{float(text):,.0f}" if spec.endswith("g") and "e+" in text else text


_FORMATTER = _Formatter()


def published(study, settings):
    """Published figures of a row, ``"paper "`` before their names.

    Parameters
    ----------
    study : str
        Name of the study; ``published.json`` in its folder lists ``where`` and ``figures``. A list
        in ``where`` is that of the allowed values.
    settings : dict
        Settings of the row.

    Returns
    -------
    figures : dict
        Figures of all entries whose ``where`` the settings match.
    """
    found = {}
    for entry in _entries(study):
        where = {k: tuple(v) if isinstance(v, list) else v for k, v in entry["where"].items()}
        if matches(settings, where):
            found |= {f"paper {name}": value for name, value in entry["figures"].items()}
    return found


@cache
def _entries(study):
    path = ACCURACY / study / "published.json"
    return json.loads(path.read_text()) if path.exists() else []


def all_tables(kind="TABLES"):
    """All tables by their names, ``"<study>.<table>"``, or all pictures (``kind="PICTURES"``).

    They stand in the modules ``tables`` of the studies. A picture is a function of the rows of the
    study's store and of the path that it saves to.
    """
    modules = ["benchmarks.highlights", "benchmarks.speed.tables"]
    modules += [
        f"benchmarks.accuracy.{module.name}.tables"
        for module in pkgutil.iter_modules([str(ACCURACY)])
        if module.ispkg and (ACCURACY / module.name / "tables.py").exists()
    ]
    found = {}
    for module in modules:
        study = module.removesuffix(".tables").rpartition(".")[2]
        entries = getattr(importlib.import_module(module), kind, {})
        found |= {f"{study}.{name}": entry for name, entry in entries.items()}
    return found


def as_rst(table):
    """Table in reStructuredText, with the commands that measure its rows."""
    header, body, commands = table.lay_out()
    rows = [[cell or _EMPTY for cell in line] for line in (header, *body)]
    widths = [max(len(line[i]) for line in rows) for i in range(len(header))]
    rule = "  ".join("=" * width for width in widths)
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in rows
    ]
    # A paragraph, since a caption scrolls with a wide table on a phone.
    text = [f"{table.title}:", "", ".. table::", "   :widths: auto", ""]
    text += [f"   {line}" for line in (rule, lines[0], rule, *lines[1:], rule)]
    if commands:
        text += ["", "Measured by::", ""]
        text += [f"   {line}" for line in _listed(commands, len(body))]
    return "\n".join(text)


def as_markdown(table):
    """Table in Markdown, with the commands that measure its rows."""
    header, body, commands = table.lay_out()
    lines = [f"**{table.title}**", ""]
    for line in (header, ["---"] * len(header), *body):
        lines.append("| " + " | ".join(cell or _EMPTY for cell in line) + " |")
    lines += ["", "```", *_listed(commands, len(body)), "```"]
    return "\n".join(lines)


def _listed(commands, n_rows):
    """Commands, each with the rows that it measures unless those are all."""
    lines = []
    for command, numbers in commands.items():
        rows = f"row{'s' if len(numbers) > 1 else ''} {_ranges(numbers)}"
        lines.append(command if len(numbers) == n_rows else f"{command}  # {rows}")
    return lines


def _ranges(numbers):
    """Numbers as text, ``1-3, 5``."""
    runs = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)
