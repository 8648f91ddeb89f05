"""Write the tables of README and documentation from the stored results.

A page marks the place of a table by two comments, between which all is written anew::

    .. results: coverage.nominal

    .. end of results

Run ``python -m benchmarks.render`` after a measurement; ``--check`` only says which pages are not
up to date, ``--pictures`` draws the pictures in ``benchmarks/results`` too, and ``--markdown
coverage.nominal`` prints a table in Markdown.
"""

import argparse
import re
import sys
import textwrap
from pathlib import Path

from benchmarks.store import RESULTS, Store
from benchmarks.tables import all_tables, as_markdown, as_rst

ROOT = Path(__file__).parents[1]
# A block may be indented, for example into a dropdown.
_BLOCK = re.compile(
    r"^(?P<indent> *)\.\. results: (?P<name>\S+)\n.*?^(?P=indent)\.\. end of results$", re.M | re.S
)
_BUILT = ("_build", "auto_examples", "generated", "next")


def pages():
    """All pages that may have tables of results."""
    docs = sorted((ROOT / "docs").rglob("*.rst"))
    docs = [path for path in docs if not set(path.relative_to(ROOT).parts) & set(_BUILT)]
    return [ROOT / "README.rst", ROOT / "benchmarks" / "README.rst", *docs]


def rendered(text, tables, without_rows=()):
    """Text of a page with its tables written anew.

    Parameters
    ----------
    text : str
        Text of the page.
    tables : dict of str to Table
        All tables.
    without_rows : container of str, default=()
        Tables whose blocks stay as they are.

    Returns
    -------
    text : str
        The page as it should be.

    Raises
    ------
    ValueError
        If the page names a table that does not exist, or if a block does not end.
    """
    if len(re.findall(r"^ *\.\. results: ", text, re.M)) != len(_BLOCK.findall(text)):
        raise ValueError("each '.. results: NAME' must have its own '.. end of results'")

    def block(match):
        name = match["name"]
        if name in without_rows:
            return match[0]
        if name not in tables:
            raise ValueError(f"results must name one of {', '.join(tables)}; got {name!r}")
        block = f".. results: {name}\n\n{as_rst(tables[name])}\n\n.. end of results"
        return textwrap.indent(block, match["indent"])

    return _BLOCK.sub(block, text)


def _without_rows(tables):
    """Tables whose rows are not measured yet, and what is missing."""
    found = {}
    for name, table in tables.items():
        try:
            table.lay_out()
        except ValueError as error:
            found[name] = f"{name}: {error}"
    return found


def main(argv=None):
    """Write the pages, check them, or print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.render")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument("--pictures", action="store_true", help="draw the pictures too")
    parser.add_argument("--markdown", metavar="TABLE", help="print this table in Markdown")
    args = parser.parse_args(argv)
    tables = all_tables()
    if args.markdown:
        if args.markdown not in tables:
            parser.error(f"--markdown must be one of {', '.join(tables)}; got {args.markdown}")
        print(as_markdown(tables[args.markdown]))
        return
    if args.pictures:
        for name, draw in all_tables("PICTURES").items():
            study, _, picture = name.partition(".")
            draw(Store(study).rows, RESULTS / picture)
            print(RESULTS / picture)
    stale, without_rows = [], _without_rows(tables)
    for path in pages():
        old = path.read_text()
        try:
            new = rendered(old, tables, without_rows)
        except ValueError as error:
            sys.exit(f"{path.relative_to(ROOT)}: {error}")
        if new != old:
            stale.append(str(path.relative_to(ROOT)))
            if not args.check:
                path.write_text(new)
    print("\n".join(stale) or "all tables are up to date")
    if without_rows:
        sys.exit("not written, measure first:\n" + "\n".join(without_rows.values()))
    if args.check and stale:
        sys.exit("run `python -m benchmarks.render`")


if __name__ == "__main__":
    main()
