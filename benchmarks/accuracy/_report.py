"""JSON and Markdown of a table of results, beside the figures of the paper."""

import json
import platform
from pathlib import Path

import sslearn

RESULTS = Path(__file__).parents[1] / "results"


def _cell(value):
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def markdown_table(rows, columns):
    """Markdown of a list of dicts; a missing value is a dash."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        lines.append("| " + " | ".join(_cell(row.get(c, "-")) for c in columns) + " |")
    return "\n".join(lines)


def read_rows(name, *, settings, folder=RESULTS):
    """Rows of a table written before.

    Parameters
    ----------
    name : str
        Stem of the files.
    settings : dict
        What the rows must have been measured with.
    folder : Path, default=benchmarks/results
        Where the files are.

    Returns
    -------
    rows : list of dict
        None of them, if there is no such table or it has other settings.
    """
    path = Path(folder) / f"{name}.json"
    record = json.loads(path.read_text()) if path.exists() else {"settings": {}}
    return record["rows"] if settings.items() <= record["settings"].items() else []


def write_results(name, title, rows, *, settings, command, notes="", folder=RESULTS, hidden=()):
    """Write ``<name>.json`` and ``<name>.md``.

    Parameters
    ----------
    name : str
        Stem of the files.
    title : str
        Heading of the page.
    rows : list of dict
        One row per system and test; without any, nothing is written.
    settings : dict
        What was run.
    command : str
        The command that measures it again.
    notes : str, default=""
        What a reader has to know.
    folder : Path, default=benchmarks/results
        Where the files go.
    hidden : tuple of str, default=()
        Columns that only the JSON has.
    """
    if not rows:
        print(f"nothing was measured: {name} is not written", flush=True)
        return
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    settings = {**settings, "python": platform.python_version(), "sslearn": sslearn.__version__}
    record = {"title": title, "command": command, "settings": settings, "rows": rows}
    # Whole or not at all: another process may read it.
    unfinished = folder / f"{name}.json.part"
    unfinished.write_text(json.dumps(record, indent=1, default=str) + "\n")
    unfinished.replace(folder / f"{name}.json")
    columns = list(dict.fromkeys(key for row in rows for key in row if key not in hidden))
    text = f"# {title}\n\n`{command}`\n\n{markdown_table(rows, columns)}\n\n{notes}".strip() + "\n"
    listed = ", ".join(f"{key} {value}" for key, value in settings.items())
    (folder / f"{name}.md").write_text(f"{text}\nSettings: {listed}.\n")
    print(f"\n{text}\nwritten: {folder / name}.json, .md", flush=True)
