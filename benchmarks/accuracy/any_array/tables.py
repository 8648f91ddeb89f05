"""Figures of each stratum, the tables of the page, and whether the aims are reached."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.accuracy._report import markdown_table, read_rows, write_results
from benchmarks.accuracy.any_array.systems import CLASSICAL, OURS, TITLES

PUBLISHED = json.loads(Path(__file__).with_name("published.json").read_text())
HIDDEN = ("settings", "strata")  # in JSON alone
FIGURES = ("median", "mean", "within 5 (%)")
_TOLERANCE = 5.0
# Edges of the strata, and what each is called; a value on an edge is in the lower one.
_EDGES = {
    "microphones": ((1, 3, 5, 8, 16), ("2 to 3", "4 to 5", "6 to 8", "9 to 16")),
    "aperture (cm)": ((0, 5, 15, np.inf), ("2 to 5", "5 to 15", "15 to 50")),
    "SNR (dB)": ((-np.inf, 5, 15, np.inf), ("below 5", "5 to 15", "above 15")),
    "reverberation (s)": ((0, 0.5, np.inf), ("below 0.5", "above 0.5")),
    "angles": ((0, 1, 2), ("azimuth", "and elevation")),
}
_STRATA = ("array", "microphones", "aperture (cm)", "noise", *tuple(_EDGES)[2:])
_MEASURED_AIMS = {0: (0.75, 0.0), 10: (1.0, 0.0), 30: (1.0, 0.3)}  # factor and degrees by dB
_MEAN, _MEDIAN, _WORSE = 0.55, 0.7, 0.3


def figures(errors):
    """Median and mean in degrees, and share of the errors of at most 5 degrees, in percent."""
    errors = np.asarray(errors, dtype=float)
    share = 100 * np.mean(errors <= _TOLERANCE)
    values = (np.median(errors), errors.mean(), share)
    return dict(zip(FIGURES, map(float, values), strict=True))


def simulated_rows(errors):
    """Rows of the clips of one source and of two, each with the figures of its strata.

    Parameters
    ----------
    errors : DataFrame
        What :func:`measure` returns.

    Returns
    -------
    rows : list of dict
        ``test``, the number of errors, their figures, and ``strata``.
    """
    rows = []
    for n_sources, part in errors.groupby("sources"):
        name = f"simulated, {'one source' if n_sources == 1 else 'two sources'}"
        strata = {
            f"{column}: {value}": {"errors": len(group)} | figures(group["error"])
            for column in _STRATA
            for value, group in part.groupby(_labels(part[column]), observed=True)
        }
        rows.append(_row(name, part) | {"strata": strata})
    return rows


def measured_rows(errors):
    """Rows of each measured room, number of sources and level of the noise."""
    groups = errors.groupby(["array", "sources", "SNR (dB)"], sort=False)
    return [
        _row(f"{room}, {'two sources, ' if n_sources > 1 else ''}{snr:g} dB", part)
        for (room, n_sources, snr), part in groups
    ]


def _labels(values):
    if values.name not in _EDGES:
        return values
    edges, names = _EDGES[values.name]
    return pd.cut(values, edges, labels=names)


def _row(name, part):
    missed = {"missed (%)": float(100 * part["missed"].mean())}
    return {"test": name, "errors": len(part)} | figures(part["error"]) | missed


def write(args, rows, *, settings, command, notes):
    """Write all rows that stand: those measured now instead of older ones of the same system."""
    stored = read_rows(args.name, settings=settings, folder=args.out)
    table = {(row["test"], row["system"]): row for row in [*stored, *rows]}
    tests = list(dict.fromkeys(row["test"] for row in table.values()))
    # Those of simulated clips first, rooms in their order.
    tests.sort(key=lambda test: not test.startswith("simulated"))
    order = {"test": tests.index, "system": TITLES.index}
    ordered = sorted(table.values(), key=lambda row: tuple(of(row[by]) for by, of in order.items()))
    parts = [notes, *_strata_tables(ordered), *_aims_table(table), _published_table()]
    write_results(
        args.name,
        "One localizer for any array",
        ordered,
        settings=settings,
        command=command,
        notes="\n\n".join(parts),
        folder=args.out,
        hidden=HIDDEN,
    )


def _cell(values):
    """Median, mean and share as text."""
    if values is None:
        return "-"
    text = ", ".join(f"{x:.2f}" for x in values[:2])
    return f"{text}, {values[2]:.0f} %" if len(values) > 2 else text


def _strata_tables(rows):
    """A table of strata by system for each of the tests that have strata."""
    tables = {}
    for row in rows:
        for name, stratum in row.get("strata", {}).items():
            line = tables.setdefault(row["test"], {}).setdefault(name, {"stratum": name})
            line["errors"] = stratum["errors"]
            line[row["system"]] = _cell([stratum[figure] for figure in FIGURES])
    for test, lines in tables.items():
        systems = [s for s in TITLES if any(s in line for line in lines.values())]
        lines = markdown_table(lines.values(), ("stratum", "errors", *systems))
        yield f"## {test[0].upper()}{test[1:]}\n\nMedian, mean, share within 5 degrees.\n\n{lines}"


def _published_table():
    systems = list(dict.fromkeys(name for row in PUBLISHED["rows"].values() for name in row))
    lines = [
        {"test": test} | {name: _cell(row.get(name)) for name in systems}
        for test, row in PUBLISHED["rows"].items()
    ]
    return f"## Prototypes\n\n{PUBLISHED['source']}.\n\n{markdown_table(lines, ('test', *systems))}"


def _aims_table(table):
    checked = aims(table)
    if checked:
        yield f"## Aims\n\n{markdown_table(checked, tuple(checked[0]))}"


def aims(table):
    """Compare masked SRP-PHAT with the best of the other systems, in each figure on its own.

    Parameters
    ----------
    table : dict of (str, str) to dict
        Rows by test and system.

    Returns
    -------
    rows : list of dict
        ``aim``, ``test``, ``holds`` and the figures, for each test that all were run on.
    """
    rows = []
    for (test, system), ours in table.items():
        others = [table[test, name] for name in CLASSICAL if (test, name) in table]
        if system not in OURS or not others:
            continue
        if "strata" not in ours:
            factor, offset = _MEASURED_AIMS[int(test.split()[-2])]
            rows.append(_aim(system, test, "mean", ours, others, factor, offset))
            continue
        rows.append(_aim(system, test, "mean", ours, others, _MEAN))
        rows.append(_aim(system, test, "median", ours, others, _MEDIAN))
        for name, stratum in ours["strata"].items():
            theirs = [row["strata"][name] for row in others]
            for figure in ("mean", "median"):
                rows.append(_aim(system, f"{test}, {name}", figure, stratum, theirs, 1.0, _WORSE))
    return rows


def _aim(system, test, figure, ours, others, factor, offset=0.0):
    best = min(row[figure] for row in others)
    limit = factor * best + offset
    times = "" if factor == 1 else f"{factor:g} x "
    return {
        "system": system,
        "test": test,
        "aim": f"{figure} <= {times}best{f' + {offset:g}' if offset else ''}",
        "holds": str(ours[figure] <= limit).lower(),
        "ours": ours[figure],
        "best other": best,
        "ratio": ours[figure] / best if best else float("nan"),
    }
